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

use crate::failure::PageError;
use crate::figures::{Figures, StoreFigures};
use crate::guard::{self, Guard};
use crate::hooks::{self, HookReceiver};
use crate::reports::Reports;
use crate::{api, assets, measures};

/// Reports that run at one time.
const REPORTS_AT_ONCE: usize = 4;
/// How long requests under way may take once the server is told to stop.
const GRACE: Duration = Duration::from_secs(2);

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
    pub(crate) hooks: Option<Arc<dyn HookReceiver>>,
    /// Deliveries that are read at one time.
    pub(crate) deliveries: Arc<Semaphore>,
}

/// Page and API. Fails when the password of readers is configured and cannot be read.
pub fn router(state: PageState) -> Result<Router, PageError> {
    let PageState { store, config, clock, hooks } = state;
    let figures = StoreFigures { store, config: Arc::clone(&config), reports: Reports::default() };
    router_over(Arc::new(figures), config, clock, hooks)
}

/// [`router`] over any source of figures.
pub(crate) fn router_over(
    figures: Arc<dyn Figures>,
    config: Arc<Config>,
    clock: SharedClock,
    hooks: Option<Arc<dyn HookReceiver>>,
) -> Result<Router, PageError> {
    let guard = Arc::new(Guard::of(&config)?);
    let (turns, deliveries) = (Arc::new(Semaphore::new(REPORTS_AT_ONCE)), Arc::new(Semaphore::new(hooks::AT_ONCE)));
    let shared = Shared { figures, config, clock, turns, hooks, deliveries };
    let fresh = SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let answers = Router::new()
        .route("/api/v1/metrics", get(api::metrics))
        .route("/api/v1/report/{metric}", get(api::report))
        .route("/api/v1/connections", get(api::connections))
        .route("/api/v1/overview", get(api::overview))
        .route("/metrics", get(measures::scrape))
        .route("/api/v1/stamp", get(api::stamp))
        .route("/healthz", get(api::alive))
        .route("/readyz", get(api::ready))
        .route("/hooks/{connection}", post(hooks::deliver))
        .layer(fresh);
    let page =
        Router::new().route("/", get(assets::page)).route("/finance", get(assets::finance)).route("/assets/{name}", get(assets::asset));
    let mut app = answers
        .merge(page)
        .fallback(api::nowhere)
        .method_not_allowed_fallback(api::read_only)
        .layer(middleware::from_fn_with_state(guard, guard::check))
        .with_state(shared);
    for (name, value) in security_headers() {
        app = app.layer(SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value)));
    }
    Ok(app)
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
    let app = router(state)?;
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
    Ok(())
}
