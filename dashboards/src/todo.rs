//! `/todo/{slot}/{answer}`: what the links of a to-do open. Opening one answers nothing, since programs open links of messages to look at them: the page
//! has one button, which does. A link is let in by its signature ([`inflow_actions::repost::link`]) and not by a token; it shows one slot and
//! no figure of anything else.

use axum::extract::{Path, State};
use axum::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use inflow_actions::repost::link::{Answer, BadLink};
use inflow_config::Lang;
use inflow_store::{RepostDecision, RepostSlotRow, RepostState};
use serde::Deserialize;

use crate::assets;
use crate::body::Params;
use crate::failure::Failure;
use crate::router::Shared;

/// Who answers by a link, in the audit.
const ACTOR: &str = "link of a to-do";
/// The policy of every page, but for its own button.
pub(crate) const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What a link carries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signed {
    pub(crate) until: i64,
    pub(crate) sig: String,
}

fn checked(shared: &Shared, slot: &str, answer: &str, signed: &Signed) -> Result<Answer, Failure> {
    let unknown = || Failure::new(StatusCode::NOT_FOUND, format!("no link answers {answer:?}")).hint("a link ends in /done or /skip");
    let answer = Answer::of(answer).ok_or_else(unknown)?;
    let checked = shared.figures.signer()?.check(slot, answer, signed.until, &signed.sig, shared.clock.now());
    checked.map_err(|bad| {
        let (status, detail) = match bad {
            BadLink::Expired => (StatusCode::GONE, "the link could be used until a week after its slot"),
            BadLink::Unsigned => (StatusCode::FORBIDDEN, "the link is not signed by this store, or was changed"),
        };
        Failure::new(status, detail).hint("`inflow plan repost --apply` hands out new ones")
    })?;
    Ok(answer)
}

/// `GET`: asks.
pub(crate) async fn page(
    State(shared): State<Shared>,
    Path((slot, answer)): Path<(String, String)>,
    headers: HeaderMap,
    Params(signed): Params<Signed>,
) -> Result<Response, Failure> {
    let answer = checked(&shared, &slot, &answer, &signed)?;
    let row = shared.figures.repost_slot(&slot).await?.ok_or_else(unknown)?;
    let lang = language(&headers);
    if !row.state.is_open() {
        return Ok(shown(StatusCode::OK, lang, &row, &format!("<p>{}</p>", standing(lang, row.state))));
    }
    let button = match (answer, lang) {
        (Answer::Done, Lang::En) => "It was refreshed",
        (Answer::Done, Lang::Zh) => "已刷新",
        (Answer::Skip, Lang::En) => "Skip it",
        (Answer::Skip, Lang::Zh) => "跳过",
    };
    // Without an action a form goes to the address of its page.
    Ok(shown(StatusCode::OK, lang, &row, &format!("<form method=\"post\"><button>{button}</button></form>")))
}

/// `POST`: answers, once.
pub(crate) async fn answer(
    State(shared): State<Shared>,
    Path((slot, answer)): Path<(String, String)>,
    headers: HeaderMap,
    Params(signed): Params<Signed>,
) -> Result<Response, Failure> {
    let answer = checked(&shared, &slot, &answer, &signed)?;
    let lang = language(&headers);
    match shared.figures.decide_repost(ACTOR, &slot, answer == Answer::Done).await? {
        RepostDecision::Kept(row) => Ok(shown(StatusCode::OK, lang, &row, &format!("<p>{}</p>", standing(lang, row.state)))),
        RepostDecision::Closed(row) => Ok(shown(StatusCode::CONFLICT, lang, &row, &format!("<p>{}</p>", standing(lang, row.state)))),
        RepostDecision::Unknown => Err(unknown()),
    }
}

fn unknown() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "there is no such slot").hint("the plan was made in another data folder")
}

pub(crate) fn language(headers: &HeaderMap) -> Lang {
    headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).map_or(Lang::En, assets::language)
}

fn standing(lang: Lang, state: RepostState) -> &'static str {
    match (state, lang) {
        (RepostState::Done, Lang::En) => "Noted as done. The link is used up.",
        (RepostState::Done, Lang::Zh) => "已记为完成。该链接已失效。",
        (RepostState::Skipped, Lang::En) => "Noted as skipped. The link is used up.",
        (RepostState::Skipped, Lang::Zh) => "已记为跳过。该链接已失效。",
        (RepostState::Withdrawn, Lang::En) => "A later plan has this slot no more.",
        (RepostState::Withdrawn, Lang::Zh) => "新的计划已取消该时段。",
        (RepostState::Sent, Lang::En) => "The program is at it.",
        (RepostState::Sent, Lang::Zh) => "程序正在处理。",
        (RepostState::Missed, Lang::En) => "Its time has passed.",
        (RepostState::Missed, Lang::Zh) => "已错过时段。",
        (_, Lang::En) => "It is planned.",
        (_, Lang::Zh) => "已计划。",
    }
}

fn shown(status: StatusCode, lang: Lang, row: &RepostSlotRow, below: &str) -> Response {
    let (code, title, reason) = match lang {
        Lang::En => ("en", "Refresh a posting", &row.reason_en),
        Lang::Zh => ("zh", "刷新职位", &row.reason_zh),
    };
    let [name, local, channel, reason] = [&row.title, &row.local, &row.channel, reason].map(|text| escaped(text));
    let html = format!(
        "<!doctype html><html lang=\"{code}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <h1>{name}</h1><p>{local} · {channel}</p><p>{reason}</p>{below}</html>"
    );
    let mut response = (status, html).into_response();
    let head = response.headers_mut();
    head.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    head.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    head.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
