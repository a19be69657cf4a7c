//! The plan of reposts: JSON, csv, or a calendar.

use axum::Json;
use axum::extract::State;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use inflow_actions::repost::{Sentence, calendar_file, outcome_sentence};
use inflow_config::{Lang, did_you_mean};
use inflow_store::{RepostCall, RepostLeftRow, RepostSlotRow, RepostState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Words;
use super::report::negotiated;
use crate::access::{Part, Principal};
use crate::assets;
use crate::body::Params;
use crate::failure::Failure;
use crate::router::Shared;
use crate::{query, reposts};

/// Days that are told when nobody says otherwise.
const DAYS: u64 = 7;

/// Parameters of the plan.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RepostParams {
    /// First day in the zone of each slot's channel [default: today]
    #[param(value_type = Option<NaiveDate>)]
    from: Option<String>,
    /// Last day, included [default: 6 days after the first]
    #[param(value_type = Option<NaiveDate>)]
    to: Option<String>,
    /// Only this channel
    channel: Option<String>,
}

/// A gain with its interval.
#[derive(Debug, Serialize, ToSchema)]
struct Gain {
    /// People more than at a working hour at random.
    value: f64,
    /// Lower end of its 95 % interval.
    low: f64,
    /// Upper end.
    high: f64,
}

/// A planned refresh.
#[derive(Debug, Serialize, ToSchema)]
struct RepostSlot {
    /// Idempotency key of the action.
    slot: String,
    /// When.
    at: DateTime<Utc>,
    /// The same by the clock on the wall.
    #[schema(example = "2026-11-30 18:00")]
    local: String,
    /// IANA zone of that clock.
    timezone: String,
    /// Channel.
    channel: String,
    /// Connection of the posting.
    connection: String,
    /// Its id there.
    posting: String,
    /// Its title.
    title: String,
    /// Whether its hour was drawn at random, to measure what an hour is worth.
    drawn: bool,
    /// `measured`, `peak`, `best_left`, `drawn`, `no_figures`; readers accept others.
    #[schema(example = "peak")]
    code: String,
    /// The reason for people.
    reason: Words,
    /// What is expected of it; null where nothing is known. Proven only with the code `measured`.
    gain: Option<Gain>,
    /// What it costs, a decimal string.
    cost: String,
    /// Currency of that.
    currency: String,
    /// `planned`, `sent` (the machine called; the outcome is not known yet), `told` (a person was asked), `done`, `failed` (the machine gave up; a person is
    /// to be asked), `skipped`, `missed`, `withdrawn`; readers accept others.
    #[schema(example = "planned")]
    state: &'static str,
    /// What the machine did for it; null where people carry slots out.
    call: Option<RepostCalled>,
    /// When it was done or skipped.
    decided_at: Option<DateTime<Utc>>,
    /// When it was planned.
    made_at: DateTime<Utc>,
}

/// What the machine did for a slot.
#[derive(Debug, Serialize, ToSchema)]
struct RepostCalled {
    /// Calls that were made.
    attempts: u32,
    /// The first one.
    called_at: Option<DateTime<Utc>>,
    /// `done`, `already`, `unknown`, `refused`, `not_allowed`, `gone`, `quota_spent`, `late`, `closed_hours`, or a limit; readers accept others.
    #[schema(example = "done")]
    outcome: String,
    /// The same for people.
    why: Words,
    /// What was answered, in one line; may be empty.
    said: String,
}

impl RepostCalled {
    fn of(call: RepostCall) -> Option<Self> {
        if call.outcome.is_empty() {
            return None;
        }
        let Sentence { en, zh } = outcome_sentence(&call.outcome);
        Some(Self { attempts: call.attempts, called_at: call.called_at, outcome: call.outcome, why: Words { en, zh }, said: call.said })
    }
}

/// A posting without a slot.
#[derive(Debug, Serialize, ToSchema)]
struct RepostLeft {
    /// Channel.
    channel: String,
    /// Connection of the posting.
    connection: String,
    /// Its id there.
    posting: String,
    /// Its title.
    title: String,
    /// `rests`, `channel_quota` and the like; readers accept others.
    #[schema(example = "rests")]
    code: String,
    /// The reason for people.
    reason: Words,
}

/// The plan of reposts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RepostPlan {
    /// First day.
    from: NaiveDate,
    /// Last day, included.
    to: NaiveDate,
    /// By instant; withdrawn ones are left out.
    slots: Vec<RepostSlot>,
    /// Postings that the newest plan gave no slot, whatever days are asked for.
    left: Vec<RepostLeft>,
}

impl From<RepostSlotRow> for RepostSlot {
    fn from(row: RepostSlotRow) -> Self {
        let gain = row.gain.zip(row.gain_low).zip(row.gain_high).map(|((value, low), high)| Gain { value, low, high });
        Self {
            slot: row.slot,
            at: row.at,
            local: row.local,
            timezone: row.timezone,
            channel: row.channel,
            connection: row.connection,
            posting: row.posting_source_id,
            title: row.title,
            drawn: !row.hours.is_empty(),
            code: row.reason,
            reason: Words { en: row.reason_en, zh: row.reason_zh },
            gain,
            cost: row.cost.to_string(),
            currency: row.currency,
            state: row.state.as_str(),
            call: RepostCalled::of(row.call),
            decided_at: row.decided_at,
            made_at: row.made_at,
        }
    }
}

impl From<RepostLeftRow> for RepostLeft {
    fn from(row: RepostLeftRow) -> Self {
        Self {
            channel: row.channel,
            connection: row.connection,
            posting: row.posting_source_id,
            title: row.title,
            code: row.reason,
            reason: Words { en: row.reason_en, zh: row.reason_zh },
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Csv,
    Calendar,
}

const FORMS: [(Form, &str); 3] = [(Form::Json, "application/json"), (Form::Csv, "text/csv"), (Form::Calendar, "text/calendar")];

/// When to refresh which posting
///
/// As `inflow plan repost` kept it last, with what became of it; withdrawn slots are left out. As JSON, csv (`Accept: text/csv`) or a calendar
/// (`Accept: text/calendar`), whose events keep their UIDs, and in which withdrawn slots are cancelled. Links that answer stand in to-dos alone, never here.
#[utoipa::path(
    get, path = "/api/v1/repost-plan", tag = "advice", params(RepostParams),
    responses((status = 200, description = "The plan", content(
        (RepostPlan = "application/json"), (String = "text/csv"), (String = "text/calendar")
    )))
)]
pub(super) async fn repost_plan(
    State(shared): State<Shared>,
    principal: Principal,
    headers: HeaderMap,
    Params(params): Params<RepostParams>,
) -> Result<Response, Failure> {
    principal.enter(Part::Advice)?;
    let form = negotiated(&headers, &FORMS)?;
    let config = &shared.config;
    if let Some(channel) = params.channel.as_deref().filter(|id| config.channel(id).is_none()) {
        let known: Vec<&str> = config.channels.iter().map(|one| one.id.as_str()).collect();
        let hint = did_you_mean(channel, known.iter().copied()).unwrap_or_else(|| format!("known: {}", known.join(", ")));
        return Err(Failure::bad_request(format!("there is no channel {channel:?}")).hint(hint));
    }
    let now = shared.clock.now();
    let today = now.with_timezone(&config.settings.company.timezone).date_naive();
    let from = params.from.clone().unwrap_or_else(|| today.to_string());
    let first: NaiveDate = from.parse().unwrap_or(today);
    let last = first.checked_add_days(Days::new(DAYS - 1)).unwrap_or(first).to_string();
    let (from, to) = query::period(Some(&from), Some(params.to.as_deref().unwrap_or(&last)), now, config.settings.company.timezone)?;
    // Zones are within a day of UTC; which day a slot is of is said by its own clock.
    let (begin, end) =
        (from.and_time(NaiveTime::MIN).and_utc() - TimeDelta::days(1), to.and_time(NaiveTime::MIN).and_utc() + TimeDelta::days(2));
    let mut slots = shared.figures.repost_slots(params.channel.as_deref(), begin, end).await?;
    let (first, last) = (from.to_string(), to.to_string());
    let day = |slot: &RepostSlotRow| slot.local.split(' ').next().unwrap_or_default().to_owned();
    slots.retain(|slot| (first.as_str()..=last.as_str()).contains(&day(slot).as_str()));
    // A calendar that has an event must be told that it is off.
    if form != Form::Calendar {
        slots.retain(|slot| slot.state != RepostState::Withdrawn);
    }
    match form {
        Form::Json => {
            let left = shared.figures.repost_left(params.channel.as_deref()).await?;
            let plan = RepostPlan {
                from,
                to,
                slots: slots.into_iter().map(RepostSlot::from).collect(),
                left: left.into_iter().map(RepostLeft::from).collect(),
            };
            Ok(Json(plan).into_response())
        }
        Form::Csv => {
            let text = reposts::csv(&slots).map_err(|error| {
                tracing::error!(%error, "a plan cannot be written");
                Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "the plan cannot be written")
            })?;
            Ok(file(text, "text/csv; charset=utf-8; header=present", "csv"))
        }
        Form::Calendar => {
            let lang = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).map_or(Lang::En, assets::language);
            Ok(file(calendar_file(&slots, config, lang, None), "text/calendar; charset=utf-8", "ics"))
        }
    }
}

fn file(text: String, kind: &'static str, ending: &str) -> Response {
    let mut response = text.into_response();
    let head = response.headers_mut();
    head.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"reposts.{ending}\"")) {
        head.insert(CONTENT_DISPOSITION, name);
    }
    response
}
