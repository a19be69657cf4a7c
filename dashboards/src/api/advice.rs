//! What is advised: where the money should go, at which hour to post, and what is to be expected.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use inflow_analytics::Query;
use inflow_store::DecisionRow;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::Words;
use super::decisions::Decision;
use crate::access::{Part, Principal};
use crate::body::Params;
use crate::csv::plain;
use crate::failure::Failure;
use crate::router::Shared;

/// What an advice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum AdviceKind {
    /// Where the money of the next four weeks should go: the metric `budget_advice`.
    Budget,
    /// At which hour to post: the metric `posting_time`.
    PostingTime,
    /// Who is to be expected in the next 28 days: the metric `forecast`. There is nothing to decide on it.
    Forecast,
}

const KINDS: [AdviceKind; 3] = [AdviceKind::Budget, AdviceKind::PostingTime, AdviceKind::Forecast];

impl AdviceKind {
    /// As it stands in the address of an advice and in what was decided on it, whatever its metric is called.
    fn name(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::PostingTime => "posting_time",
            Self::Forecast => "forecast",
        }
    }

    fn metric(self) -> &'static str {
        match self {
            Self::Budget => "budget_advice",
            Self::PostingTime | Self::Forecast => self.name(),
        }
    }

    /// The key that tells the advice of one channel apart.
    fn key(self) -> Option<&'static str> {
        match self {
            Self::Budget => Some("people"),
            Self::PostingTime => None,
            Self::Forecast => Some("stage"),
        }
    }
}

/// Parameters of what is advised.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AdviceParams {
    /// Only this kind
    #[param(inline)]
    kind: Option<AdviceKind>,
    /// Only this channel
    channel: Option<String>,
}

/// Why it is advised.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Reason {
    /// A word for it, such as `cheaper_here`.
    code: String,
    /// The same as a sentence.
    sentence: Words,
}

/// How far the truth may be from it.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Interval {
    /// The figure in `says` that it is of.
    of: &'static str,
    /// Lower end.
    low: f64,
    /// Upper end.
    high: f64,
    /// How often such an interval holds the truth.
    level: f64,
}

/// Something that is advised for a channel.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Advice {
    /// Which: kind, whom it is of where there are several, channel.
    #[schema(example = "budget/attended/boss")]
    pub(super) id: String,
    /// What it is about.
    kind: AdviceKind,
    /// The channel.
    channel: String,
    /// The figures, as the metric has them; money as decimal strings.
    #[schema(value_type = BTreeMap<String, Option<Value>>)]
    pub(super) says: Map<String, Value>,
    /// Why.
    reason: Reason,
    /// How far the truth may be from it; null where nothing measured it.
    interval: Option<Interval>,
    /// Of a budget: the probability that the channel's money brings more where the plan puts it; null where nothing moves.
    probability: Option<f64>,
    /// How sure it is: `ok`, `few`, `partial`, `no_data`, `no_spend`, `mixed`.
    status: String,
    /// Share of the days looked at that the channel's connections delivered.
    covered: Option<f64>,
    /// Whether it can be accepted or rejected.
    pub(super) can_be_decided: bool,
    /// What was last decided on it.
    decision: Option<Decision>,
}

/// What is advised.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AdviceList {
    /// One entry an advice, budget first.
    advice: Vec<Advice>,
}

/// What is advised, with reasons
///
/// As of the last analysis. When to refresh which posting is told by `/api/v1/repost-plan`.
#[utoipa::path(get, path = "/api/v1/advice", tag = "advice", params(AdviceParams), responses((status = 200, body = AdviceList)))]
pub(super) async fn advice(
    State(shared): State<Shared>,
    principal: Principal,
    Params(params): Params<AdviceParams>,
) -> Result<Json<AdviceList>, Failure> {
    principal.enter(Part::Advice)?;
    let kinds: Vec<AdviceKind> = KINDS.into_iter().filter(|kind| params.kind.is_none_or(|wanted| wanted == *kind)).collect();
    Ok(Json(AdviceList { advice: standing(&shared, &kinds, params.channel.as_deref()).await? }))
}

/// The advice that stands under an id.
pub(super) async fn find(shared: &Shared, id: &str) -> Result<Option<Advice>, Failure> {
    let mut parts = id.split('/');
    let (kind, channel) = (parts.next().unwrap_or_default(), parts.next_back().unwrap_or_default());
    let Some(kind) = KINDS.into_iter().find(|known| known.name() == kind) else { return Ok(None) };
    // A channel that is not configured has no advice; it would be an error to ask for it.
    if shared.config.channel(channel).is_none() {
        return Ok(None);
    }
    Ok(standing(shared, &[kind], Some(channel)).await?.into_iter().find(|advice| advice.id == id))
}

async fn standing(shared: &Shared, kinds: &[AdviceKind], channel: Option<&str>) -> Result<Vec<Advice>, Failure> {
    let decided: BTreeMap<String, DecisionRow> = shared.figures.decided().await?.into_iter().map(|row| (row.advice.clone(), row)).collect();
    let now = shared.clock.now();
    let today = now.with_timezone(&shared.config.settings.company.timezone).date_naive();
    let mut all = Vec::new();
    for kind in kinds {
        let query = Query {
            metric: kind.metric().to_owned(),
            version: None,
            by: vec!["channel".to_owned()],
            from: today,
            to: today,
            tz: None,
            as_of: now,
            filters: channel.iter().map(|channel| ("channel".to_owned(), vec![(*channel).to_owned()])).collect(),
        };
        let rows = shared.figures.report(&query).await?.rows;
        all.extend(rows.into_iter().map(|row| told(*kind, row, &decided)));
    }
    Ok(all)
}

fn told(kind: AdviceKind, mut row: Map<String, Value>, decided: &BTreeMap<String, DecisionRow>) -> Advice {
    let text = |row: &Map<String, Value>, column: &str| plain(row.get(column));
    let channel = text(&row, "channel");
    let key = kind.key().map(|key| format!("{}/", text(&row, key))).unwrap_or_default();
    let id = format!("{}/{key}{channel}", kind.name());
    let number = |column: &str| row.get(column).and_then(Value::as_f64);
    let interval = |of, low, high| Some(Interval { of, low: number(low)?, high: number(high)?, level: 0.95 });
    let interval = match kind {
        AdviceKind::Budget => interval("plan_gain", "plan_low", "plan_high"),
        AdviceKind::PostingTime => interval("lift", "lift_low", "lift_high"),
        AdviceKind::Forecast => interval("value", "low95", "high95"),
    };
    let code = match kind {
        AdviceKind::Budget => text(&row, "reason"),
        AdviceKind::PostingTime => text(&row, "proof"),
        AdviceKind::Forecast => text(&row, "method"),
    };
    let (probability, covered) = (number("probability"), number("covered"));
    let status = text(&row, "status");
    for column in ["channel", "status", "covered"] {
        row.remove(column);
    }
    Advice {
        decision: decided.get(&id).cloned().map(Decision::from),
        can_be_decided: kind != AdviceKind::Forecast,
        reason: Reason { sentence: sentence(kind, &code), code },
        says: row,
        id,
        kind,
        channel,
        interval,
        probability,
        status,
        covered,
    }
}

/// A reason in words; of a code that this does not know, the code.
fn sentence(kind: AdviceKind, code: &str) -> Words {
    let (en, zh) = match (kind, code) {
        (AdviceKind::Budget, "cheaper_here") => {
            ("the next person costs less here than where the money comes from", "在此渠道再多一人的成本低于资金来源渠道")
        }
        (AdviceKind::Budget, "dearer_here") => {
            ("the next person costs more here than where the money goes", "在此渠道再多一人的成本高于资金去向渠道")
        }
        (AdviceKind::Budget, "even") => ("the next person costs as much here as elsewhere", "再多一人的成本与其他渠道相当"),
        (AdviceKind::Budget, "only_channel") => ("there is no other channel to move money to or from", "没有其他渠道可调入或调出"),
        (AdviceKind::Budget, "no_spend") => ("nothing was spent here in the last four weeks", "近四周该渠道没有花费"),
        (AdviceKind::Budget, "rejected") => {
            ("a person rejected to move its money, so that it keeps what it costs now", "有人否决了调整,因此维持现有花费")
        }
        (AdviceKind::Budget | AdviceKind::PostingTime, "no_data") => {
            ("the connection has not delivered, so that who came is unknown", "连接未送达数据,来人情况未知")
        }
        (AdviceKind::PostingTime, "proven") => {
            ("reposts at hours drawn at random measured that it brings more", "随机时段重发已实测证明效果更好")
        }
        (AdviceKind::PostingTime, "unproven") => (
            "it is when most people apply; nothing has measured yet that posting then brings more",
            "此时投递最集中,但尚未实测证明此时发布效果更好",
        ),
        (AdviceKind::PostingTime, "refuted") => {
            ("reposts at hours drawn at random measured that it brings no more", "随机时段重发实测表明效果并不更好")
        }
        (AdviceKind::Forecast, "") => ("there is too little history to expect anything from", "历史数据不足,无法预测"),
        (AdviceKind::Forecast, "pooled") => ("a share of what is expected of the small ones together", "按占比分摊小单元合计的预测"),
        (AdviceKind::Forecast, "seasonal_naive") => {
            ("the last week repeated: nothing did better on past days", "重复最近一周:在历史上没有更好的方法")
        }
        (AdviceKind::Forecast, _) => {
            ("what the past leads to expect, by the method that did best on past days", "由历史推算,采用回测最优的方法")
        }
        _ => (code, code),
    };
    Words { en: en.to_owned(), zh: zh.to_owned() }
}
