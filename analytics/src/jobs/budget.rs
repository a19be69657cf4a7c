//! The mart `budget_moves`: the advice as it stands, for people who came to an interview and for hires.

use serde::Serialize;

use super::Desk;
use crate::AnalyticsError;
use crate::budget::{Advised, BudgetPlan, money, plans};
use crate::report::instant;

/// Name of the table and of the job.
pub(crate) const TABLE: &str = "budget_moves";

#[derive(Serialize)]
struct Row<'a> {
    people: crate::People,
    channel: &'a str,
    spend: String,
    advised_from: String,
    advised: String,
    least: String,
    most: String,
    next_cost_before: Option<String>,
    next_cost_after: Option<String>,
    gain: f64,
    probability: Option<f64>,
    basis: inflow_statistics::response::Basis,
    obstacle: &'static str,
    reason: crate::BudgetReason,
    spend_90: String,
    attended_90: u64,
    onboarded_90: u64,
    status: &'static str,
    covered: f64,
    plan_probability: Option<f64>,
    plan_gain: f64,
    plan_low: f64,
    plan_high: f64,
    plan_worst: f64,
    plan_expected: f64,
    currency: &'a str,
    last_day: String,
    made_as_of: String,
}

pub(crate) async fn run(desk: &Desk<'_>) -> Result<(), AnalyticsError> {
    let plans = plans(desk).await?;
    let rows: Vec<Row<'_>> = plans.iter().flat_map(|plan| plan.channels.iter().map(|one| row(plan, one))).collect();
    desk.write(TABLE, &rows).await
}

fn row<'a>(plan: &'a BudgetPlan, one: &'a Advised) -> Row<'a> {
    Row {
        people: plan.people,
        channel: &one.channel,
        spend: money(one.spend),
        advised_from: money(one.from),
        advised: money(one.advised),
        least: money(one.least),
        most: money(one.most),
        next_cost_before: one.next_cost_before.map(money),
        next_cost_after: one.next_cost_after.map(money),
        gain: one.gain,
        probability: one.probability,
        basis: one.basis,
        obstacle: one.rule_of_thumb().unwrap_or_default(),
        reason: one.reason,
        spend_90: money(one.recent.spend),
        attended_90: one.recent.attended,
        onboarded_90: one.recent.onboarded,
        status: one.status,
        covered: one.covered,
        plan_probability: plan.probability,
        plan_gain: plan.gain,
        plan_low: plan.low,
        plan_high: plan.high,
        plan_worst: plan.worst,
        plan_expected: plan.expected,
        currency: &plan.currency,
        last_day: plan.last_day.unwrap_or_default().to_string(),
        made_as_of: instant(plan.as_of),
    }
}
