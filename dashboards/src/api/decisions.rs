//! What people said to advice.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use chrono::{DateTime, Utc};
use inflow_store::DecisionRow;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::advice;
use super::lists::{PageParams, after, key};
use crate::access::{Part, Principal};
use crate::body::{Body, Params};
use crate::failure::Failure;
use crate::paging::{Asked, Page};
use crate::router::Shared;

/// Longest name and reason, in characters.
const NAME: usize = 200;
const REASON: usize = 2000;

/// Whether an advice is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    /// It is.
    Accepted,
    /// It is not.
    Rejected,
}

/// A decision to be kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"advice": "budget/attended/boss", "verdict": "rejected", "by": "Lin Example", "reason": "the contract ends in December"}))]
pub(super) struct NewDecision {
    /// The advice, by its id.
    advice: String,
    /// Whether it is followed.
    verdict: Verdict,
    /// Who decided [default: the name of the token]
    #[schema(min_length = 1, max_length = 200)]
    by: Option<String>,
    /// Why.
    #[schema(min_length = 1, max_length = 2000)]
    reason: String,
}

/// A decision on an advice.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(super) struct Decision {
    /// Its id.
    id: String,
    /// When.
    decided_at: DateTime<Utc>,
    /// The advice.
    #[schema(example = "budget/attended/boss")]
    advice: String,
    /// `accepted` or `rejected`.
    verdict: String,
    /// Who decided.
    by: String,
    /// Why.
    reason: String,
    /// What the advice said then.
    #[schema(value_type = std::collections::BTreeMap<String, Option<Value>>)]
    stated: Map<String, Value>,
}

impl From<DecisionRow> for Decision {
    fn from(row: DecisionRow) -> Self {
        Self {
            id: row.id,
            decided_at: row.decided_at,
            advice: row.advice,
            verdict: row.verdict,
            by: row.decided_by,
            reason: row.reason,
            stated: serde_json::from_str(&row.stated).unwrap_or_default(),
        }
    }
}

/// What was decided, newest first
///
/// All decisions stay; the newest on an advice is the one that holds.
#[utoipa::path(get, path = "/api/v1/decisions", tag = "advice", params(PageParams), responses((status = 200, body = Page<Decision>)))]
pub(super) async fn list(
    State(shared): State<Shared>,
    principal: Principal,
    uri: Uri,
    Params(params): Params<PageParams>,
) -> Result<(HeaderMap, Json<Page<Decision>>), Failure> {
    principal.enter(Part::Decisions)?;
    let asked = Asked::read("decisions", &uri, params.limit, params.cursor.as_deref())?;
    let found = shared.figures.decisions(after(asked.after.as_ref())?.as_ref(), asked.limit + 1).await?;
    let found: Vec<Decision> = found.into_iter().map(Decision::from).collect();
    Ok(asked.page(found, shared.clock.now(), |one| key(one.decided_at, &one.id)))
}

/// Accepts or rejects an advice, in a person's name and with a reason
///
/// It is kept with what the advice says now, and stands in the audit. The roles admin and manager decide.
#[utoipa::path(
    post, path = "/api/v1/decisions", tag = "advice", request_body = NewDecision,
    responses((status = 201, description = "It is kept", body = Decision))
)]
pub(super) async fn decide(
    State(shared): State<Shared>,
    principal: Principal,
    Body(new): Body<NewDecision>,
) -> Result<(StatusCode, Json<Decision>), Failure> {
    principal.enter(Part::Decide)?;
    let Some(token) = principal.token() else { return Err(Failure::new(StatusCode::UNAUTHORIZED, "a token is needed")) };
    let by = new.by.as_deref().map_or(token.name.as_str(), str::trim);
    let reason = new.reason.trim();
    for (name, text, longest) in [("by", by, NAME), ("reason", reason, REASON)] {
        if text.is_empty() || text.chars().count() > longest {
            return Err(unprocessable(format!("{name:?} must say something, in at most {longest} characters")));
        }
    }
    let standing = advice::find(&shared, &new.advice).await?;
    let Some(standing) = standing else {
        return Err(unprocessable(format!("there is no advice {:?}", new.advice)).hint("/api/v1/advice lists what is advised now"));
    };
    if !standing.can_be_decided {
        return Err(unprocessable(format!("{:?} is an expectation, and there is nothing to decide on it", new.advice)));
    }
    let row = DecisionRow {
        id: String::new(),
        decided_at: shared.clock.now(),
        advice: standing.id,
        verdict: if new.verdict == Verdict::Accepted { "accepted" } else { "rejected" }.to_owned(),
        decided_by: by.to_owned(),
        token: token.prefix.clone(),
        reason: reason.to_owned(),
        stated: Value::Object(standing.says).to_string(),
    };
    let kept = shared.figures.decide(&token.name, row).await?;
    Ok((StatusCode::CREATED, Json(kept.into())))
}

fn unprocessable(sentence: String) -> Failure {
    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, sentence)
}
