//! `/alert/{alert}/ack`: what the link of an alert's message opens. Opening it answers nothing, since programs open links of messages to look at them: the
//! page has one button, which says that somebody sees to the alert. A link is let in by its signature ([`inflow_actions::alert::link`]) and not by a token; it
//! shows what its message said and nothing else.

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use inflow_actions::alert::link::BadLink;
use inflow_config::Lang;
use inflow_store::{Acknowledged, AlertEventRow};

use crate::body::Params;
use crate::failure::Failure;
use crate::router::Shared;
use crate::todo::{POLICY, Signed, escaped, language};

/// Who answers by a link, in the audit.
const ACTOR: &str = "link of an alert";

fn check(shared: &Shared, alert: &str, signed: &Signed) -> Result<(), Failure> {
    let checked = shared.figures.alert_signer()?.check(alert, signed.until, &signed.sig, shared.clock.now());
    checked.map_err(|bad| {
        let (status, detail) = match bad {
            BadLink::Expired => (StatusCode::GONE, "the link could be used for a month"),
            BadLink::Unsigned => (StatusCode::FORBIDDEN, "the link is not signed by this store, or was changed"),
        };
        Failure::new(status, detail).hint("`inflow alerts ack KEY --by NAME` does the same")
    })
}

/// `GET`: asks.
pub(crate) async fn page(
    State(shared): State<Shared>,
    Path(alert): Path<String>,
    headers: HeaderMap,
    Params(signed): Params<Signed>,
) -> Result<Response, Failure> {
    check(&shared, &alert, &signed)?;
    let row = shared.figures.alert_told(&alert).await?.ok_or_else(unknown)?;
    let lang = language(&headers);
    let button = match lang {
        Lang::En => "I see to it",
        Lang::Zh => "由我处理",
    };
    // Without an action a form goes to the address of its page.
    Ok(shown(StatusCode::OK, lang, &row, &format!("<form method=\"post\"><button>{button}</button></form>")))
}

/// `POST`: answers, once.
pub(crate) async fn answer(
    State(shared): State<Shared>,
    Path(alert): Path<String>,
    headers: HeaderMap,
    Params(signed): Params<Signed>,
) -> Result<Response, Failure> {
    check(&shared, &alert, &signed)?;
    let lang = language(&headers);
    let (status, row, [en, zh]) = match shared.figures.acknowledge_alert(ACTOR, &alert).await? {
        Acknowledged::Kept(row) => (StatusCode::OK, row, ["Noted. Others are not told of it.", "已记录,不再升级通知。"]),
        Acknowledged::Before(row, _) => (StatusCode::CONFLICT, row, ["Somebody sees to it already.", "已有人处理。"]),
        Acknowledged::Unknown => return Err(unknown()),
    };
    let said = match lang {
        Lang::En => en,
        Lang::Zh => zh,
    };
    Ok(shown(status, lang, &row, &format!("<p>{said}</p>")))
}

fn unknown() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "nobody was told of such an alert").hint("its message was sent by another data folder")
}

fn shown(status: StatusCode, lang: Lang, row: &AlertEventRow, below: &str) -> Response {
    let (code, title) = match lang {
        Lang::En => ("en", "Alert"),
        Lang::Zh => ("zh", "告警"),
    };
    let lines: Vec<String> = row.text.lines().map(|line| format!("<p>{}</p>", escaped(line))).collect();
    let lines = lines.join("");
    let html = format!(
        "<!doctype html><html lang=\"{code}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <h1>{title}</h1>{lines}{below}</html>"
    );
    let mut response = (status, html).into_response();
    let head = response.headers_mut();
    head.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    head.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    head.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
