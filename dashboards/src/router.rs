//! The routes, the headers of every answer, and serving them.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{self, HeaderName};
use axum::middleware;
use axum::routing::{get, post};
use inflow_config::{Config, SharedClock};
use inflow_store::Store;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::access::{self, Meter, Sessions};
use crate::failure::PageError;
use crate::figures::{Figures, StoreFigures};
use crate::guard::{self, Guard};
use crate::hooks::{self, HookReceiver};
use crate::reports::Reports;
use crate::{ack, api, assets, feed, login, measures, tag, todo};

/// Reports that run at one time.
const REPORTS_AT_ONCE: usize = 4;
/// How long requests under way may take once the server is told to stop.
const GRACE: Duration = Duration::from_secs(2);
/// How often the store is told how much tokens are used: what a power cut can lose.
const TOLD_EVERY: Duration = Duration::from_secs(30);

/// What page and API are served from.
#[derive(Clone)]
pub struct PageState {
    store: Store,
    config: Arc<Config>,
    clock: SharedClock,
    hooks: Option<Arc<dyn HookReceiver>>,
}

impl PageState {
    /// The page of one store under one configuration; `clock` says what today is.
    pub fn new(store: Store, config: Arc<Config>, clock: SharedClock) -> Self {
        Self { store, config, clock, hooks: None }
    }

    /// Takes what is sent to `/hooks/{connection}`; without it there is nothing at those addresses.
    #[must_use]
    pub fn with_hooks(self, receiver: Arc<dyn HookReceiver>) -> Self {
        Self { hooks: Some(receiver), ..self }
    }
}

/// What handlers share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) figures: Arc<dyn Figures>,
    pub(crate) config: Arc<Config>,
    pub(crate) clock: SharedClock,
    pub(crate) turns: Arc<Semaphore>,
    /// The company's own openings, as they were read last.
    pub(crate) openings: Arc<feed::Kept>,
    pub(crate) hooks: Option<Arc<dyn HookReceiver>>,
    /// Deliveries that are read at one time.
    pub(crate) deliveries: Arc<Semaphore>,
    /// Whether whoever reads must say who it is.
    pub(crate) needs_login: bool,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) meter: Arc<Meter>,
}

impl Shared {
    /// Tells the store how much tokens were used. What it does not take is told the next time.
    pub(crate) async fn tell_uses(&self) {
        let uses = self.meter.untold();
        if self.figures.record_uses(&uses).await.is_err() {
            self.meter.back(uses);
        }
    }
}

/// Page and API, without the network.
///
/// # Errors
/// When the machine gives no randomness to sign sessions with.
pub fn router(state: PageState) -> Result<Router, PageError> {
    Ok(over(shared(state)?))
}

fn shared(state: PageState) -> Result<Shared, PageError> {
    let PageState { store, config, clock, hooks } = state;
    let figures = StoreFigures { store, config: Arc::clone(&config), reports: Reports::default() };
    shared_over(Arc::new(figures), config, clock, hooks)
}

/// What handlers share, over any source of figures.
pub(crate) fn shared_over(
    figures: Arc<dyn Figures>,
    config: Arc<Config>,
    clock: SharedClock,
    hooks: Option<Arc<dyn HookReceiver>>,
) -> Result<Shared, PageError> {
    let (turns, deliveries) = (Arc::new(Semaphore::new(REPORTS_AT_ONCE)), Arc::new(Semaphore::new(hooks::AT_ONCE)));
    let serve = &config.settings.serve;
    let needs_login = serve.asks_for_tokens();
    let sessions = Arc::new(Sessions::new(serve.behind_proxy)?);
    Ok(Shared { figures, config, clock, turns, openings: Arc::default(), hooks, deliveries, needs_login, sessions, meter: Arc::default() })
}

/// Page and API over what they share.
pub(crate) fn over(shared: Shared) -> Router {
    let guard = Arc::new(Guard::of(&shared.config));
    let (described, _) = api::routes().split_for_parts();
    let others = Router::new()
        .route("/metrics", get(measures::scrape))
        .route("/healthz", get(api::alive))
        .route("/readyz", get(api::ready))
        .route("/hooks/{connection}", post(hooks::deliver))
        .route("/todo/{slot}/{answer}", get(todo::page).post(todo::answer))
        .route("/alert/{alert}/ack", get(ack::page).post(ack::answer))
        .route("/feed/{name}", get(feed::document))
        .route("/feed/jobs/{id}", get(feed::job))
        .route("/login", get(login::page).post(login::sign_in))
        .route("/logout", post(login::sign_out));
    let page =
        Router::new().route("/", get(assets::page)).route("/finance", get(assets::finance)).route("/assets/{name}", get(assets::asset));
    let mut app = described
        .layer(middleware::from_fn(tag::tagged))
        .merge(others)
        .merge(page)
        .fallback(api::nowhere)
        .method_not_allowed_fallback(api::other_method)
        .layer(middleware::from_fn_with_state(shared.clone(), access::enter))
        .layer(middleware::from_fn_with_state(guard, guard::check))
        .with_state(shared);
    // Refusals too.
    app = app.layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
    for (name, value) in security_headers() {
        // The page of a to-do has a policy of its own, for its one button.
        let value = HeaderValue::from_static(value);
        app = match name {
            header::CONTENT_SECURITY_POLICY => app.layer(SetResponseHeaderLayer::if_not_present(name, value)),
            _ => app.layer(SetResponseHeaderLayer::overriding(name, value)),
        };
    }
    app
}

/// On every answer, refusals too. No inline script or style, nothing from elsewhere, no frames.
fn security_headers() -> [(HeaderName, &'static str); 7] {
    [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ]
}

/// Serves page and API on `listener` until `shutdown` is ready; requests under way get a few seconds to finish.
pub async fn serve(listener: TcpListener, state: PageState, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), PageError> {
    let shared = shared(state)?;
    let app = over(shared.clone());
    let counting = shared.clone();
    let counted = tokio::spawn(async move {
        loop {
            tokio::time::sleep(TOLD_EVERY).await;
            counting.tell_uses().await;
        }
    });
    let asked = Arc::new(Notify::new());
    let told = Arc::clone(&asked);
    let signal = async move {
        shutdown.await;
        told.notify_one();
    };
    // A browser may hold a connection open without asking anything; it does not hold up the end.
    let patience = async move {
        asked.notified().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = axum::serve(listener, app).with_graceful_shutdown(signal) => ended?,
        () = patience => {}
    }
    counted.abort();
    shared.tell_uses().await;
    Ok(())
}
