//! The cases of an alert, by all that they can have in common.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use inflow_statistics::causes::{Cause, Cell};
use inflow_statistics::threshold::Side;
use inflow_store::quote_text;
use serde_json::{Map, Value};

use super::{Numbers, Standing, rows, text};
use crate::AnalyticsError;
use crate::catalogue::Metric;
use crate::jobs::Desk;
use crate::report::{Query, instant, statement_of};
use crate::slices::{SLICES, Slices};
use crate::statement::{statement, substitute};
use crate::thresholds::{Kind, Watch};

/// Factors of invitations and of everything else, those first that say most: of what the same cases have in common the first is told.
const FACTORS: [&str; 16] = [
    "link",
    "receipt",
    "template",
    "told_by",
    "posting_cluster",
    "requisition",
    "recruiter",
    "job_family",
    "store",
    "department",
    "city",
    "channel",
    "kind",
    "hour",
    "weekday",
    "stage",
];
/// The values of a calendar are no factors of a metric's dimensions.
const PERIODS: [&str; 3] = ["day", "week", "month"];

/// Cells, and what their numbers mean.
#[derive(Debug, Default)]
pub(super) struct Cells {
    pub(super) factors: Vec<&'static str>,
    pub(super) values: Vec<String>,
    pub(super) of: Vec<Cell>,
    /// Of each cell: how many were opened, of how many it is known.
    openings: Vec<(u64, u64)>,
}

impl Cells {
    /// Rows with a column for each factor, and `bad` of `cases`.
    fn read(factors: Vec<&'static str>, rows: &[Map<String, Value>]) -> Self {
        let mut numbers = Numbers::default();
        let (mut cells, mut openings) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for row in rows {
            let number = |column: &str| text(row, column).parse::<f64>().unwrap_or_default();
            // What is not said is no candidate.
            let values = factors.iter().map(|factor| Some(text(row, factor)).filter(|v| !v.is_empty()).map(|v| numbers.of(v))).collect();
            let (cases, bad) = (number("cases").max(0.0) as u64, number("bad"));
            if cases == 0 && bad <= 0.0 {
                continue;
            }
            cells.push(Cell { values, cases, bad });
            let count = |column: &str| row.get(column).and_then(Value::as_u64).unwrap_or_default();
            openings.push((count("opened"), count("may_open")));
        }
        Self { factors, values: numbers.words, of: cells, openings }
    }

    /// Of the cases of a cause and of all others that no cause found before it has: how many were opened, of how many that is known.
    pub(super) fn opened(&self, cause: &Cause, all: &[Cause]) -> [(u64, u64); 2] {
        let mut out = [(0, 0); 2];
        for (cell, (opened, known)) in self.of.iter().zip(&self.openings) {
            if all.iter().any(|before| before.step < cause.step && before.has(cell)) {
                continue;
            }
            let other = usize::from(!cause.has(cell));
            out[other].0 += opened;
            out[other].1 += known;
        }
        out
    }
}

/// The cases of a rule's figure.
pub(super) async fn of_rule(desk: &Desk<'_>, watch: &Watch<'_>, alert: &Standing) -> Result<Cells, AnalyticsError> {
    if matches!(watch.metric.id, "no_show" | "no_reply") && watch.measure.kind == Kind::Rate {
        return of_invitations(desk, watch, alert).await;
    }
    let factors = dimensions(watch.metric);
    let (cases, bad) = match (watch.measure.kind, watch.measure.column) {
        (Kind::Figure { .. }, "vacancy_rate") => ("denominator", "gap".to_owned()),
        (Kind::Cost, _) => ("denominator", "numerator".to_owned()),
        _ if watch.levels.side == Side::Above => ("denominator", "numerator".to_owned()),
        _ => ("denominator", "denominator - numerator".to_owned()),
    };
    let asked = rows_of_rule(desk, watch, alert, (alert.since, alert.day), &factors);
    let named: Vec<String> = factors.iter().map(|name| format!("toString(`{name}`) AS `{name}`")).collect();
    let comma = if named.is_empty() { "" } else { ", " };
    let sql = format!("SELECT {}{comma}toString({cases}) AS cases, toString({bad}) AS bad FROM (\n{asked}) LIMIT 200000", named.join(", "));
    Ok(Cells::read(factors, &rows(desk, &sql).await?))
}

/// The rows of a rule's metric that are of the slice of its alert, in a period, by dimensions that the slice's own are among.
pub(super) fn rows_of_rule(desk: &Desk<'_>, watch: &Watch<'_>, alert: &Standing, period: (NaiveDate, NaiveDate), by: &[&str]) -> String {
    let asked = ask(desk, watch.metric, alert, Some(watch), period, by);
    format!("SELECT * FROM (\n{asked}) WHERE {}", picked(watch, alert))
}

/// Applications of the days before and of those since.
pub(super) async fn of_fall(desk: &Desk<'_>, alert: &Standing, watch: Option<&Watch<'_>>, back: i64) -> Result<Cells, AnalyticsError> {
    let metric = crate::catalogue::metric("volume")?;
    let factors = dimensions(metric);
    let before = (alert.since - Days::new(back as u64), alert.since - Days::new(1));
    let named: Vec<String> = factors.iter().map(|name| format!("toString(`{name}`) AS `{name}`")).collect();
    let counted = |(from, to), word: &str| {
        let asked = ask(desk, metric, alert, watch, (from, to), &factors);
        format!("SELECT {}, applications AS told, {word} AS earlier FROM (\n{asked})", named.join(", "))
    };
    let sql = format!(
        "SELECT {}, toString(sum(told)) AS cases, toString(sumIf(told, earlier)) AS bad FROM (\n{}\nUNION ALL\n{}\n) GROUP BY ALL LIMIT 200000",
        factors.join(", "),
        counted(before, "1"),
        counted((alert.since, alert.day), "0")
    );
    Ok(Cells::read(factors, &rows(desk, &sql).await?))
}

/// Dimensions of a metric that are factors, in the order of those.
fn dimensions(metric: &Metric) -> Vec<&'static str> {
    FACTORS.into_iter().filter(|factor| metric.dimensions.contains(factor) && !PERIODS.contains(factor)).collect()
}

fn query(desk: &Desk<'_>, metric: &Metric, alert: &Standing, watch: Option<&Watch<'_>>, (from, to): (NaiveDate, NaiveDate)) -> Query {
    let mut filters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if let Some(watch) = watch {
        let of_rule = [("channel", &watch.rule.channel), ("store", &watch.rule.store)];
        filters.extend(of_rule.into_iter().filter(|(_, v)| !v.is_empty()).map(|(n, v)| (n.to_owned(), v.clone())));
    }
    let known = metric.filters();
    let of_slice = alert.of.iter().filter(|(name, _)| SLICES.contains(&name.as_str()) && known.contains(&name.as_str()));
    filters.extend(of_slice.map(|(name, value)| (name.clone(), vec![value.clone()])));
    Query { metric: metric.id.to_owned(), version: None, by: Vec::new(), from, to, tz: None, as_of: desk.now, filters }
}

fn ask(
    desk: &Desk<'_>,
    metric: &Metric,
    alert: &Standing,
    watch: Option<&Watch<'_>>,
    period: (NaiveDate, NaiveDate),
    by: &[&str],
) -> String {
    statement_of(metric, &query(desk, metric, alert, watch, period), by)
}

/// Which of the metric's rows are the alert's: the keys of the rule and of the slice, and a dimension that is no filter.
fn picked(watch: &Watch<'_>, alert: &Standing) -> String {
    let of_rule = watch.rule.only.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let of_slice = alert.of.iter().map(|(key, value)| (key.as_str(), value.as_str())).filter(|(key, _)| !SLICES.contains(key));
    let conditions: Vec<String> =
        of_rule.chain(of_slice).map(|(key, value)| format!("toString(`{key}`) = {}", quote_text(value))).collect();
    if conditions.is_empty() { "1".to_owned() } else { conditions.join(" AND ") }
}

/// What is judged of an invitation and what is bad, as `sql/no_show.sql` and `sql/no_reply.sql` have it; a test holds the sums to theirs.
const JUDGED: [(&str, &str, &str, &str); 2] = [
    (
        "no_show",
        "deadline",
        "if(isNull(scheduled_at), deadline_at, appointment_over)",
        "result = 'undelivered' AND NOT attended AS undelivered, result = 'declined' AND NOT attended AS declined, \
         result != 'cancelled' AND NOT undelivered AND NOT declined AS counts, \
         counts AND NOT (attended AND (isNotNull(scheduled_at) OR isNull(attended_at) OR attended_at <= deadline_at)) AS bad",
    ),
    (
        "no_reply",
        "sent",
        "at + if(sent_precision = 'day', toIntervalHour(48), toIntervalHour(24))",
        "result = 'undelivered' AND NOT attended AS undelivered, result != 'cancelled' AND NOT undelivered AS counts, \
         counts AND NOT (isNull(replied_at) AND (attended OR result IN ('confirmed', 'declined') OR (result = 'no_show' AND isNotNull(scheduled_at)))) \
         AND NOT (isNotNull(replied_at) AND replied_at <= {as_of:DateTime64(3, 'UTC')} \
         AND replied_at <= at + if(sent_precision = 'day', toIntervalHour(48), toIntervalHour(24))) AS bad",
    ),
];

async fn of_invitations(desk: &Desk<'_>, watch: &Watch<'_>, alert: &Standing) -> Result<Cells, AnalyticsError> {
    let Some((_, clock, due, judged)) = JUDGED.into_iter().find(|(metric, ..)| *metric == watch.metric.id) else {
        return Ok(Cells::default());
    };
    let sql = include_str!("../../../sql/jobs/causes_of_invitations.sql");
    let sql = sql.replace("$clock", clock).replace("$due", due).replace("$judged", judged);
    let query = query(desk, watch.metric, alert, Some(watch), (alert.since, alert.day));
    let by: Vec<&str> = SLICES.into_iter().chain(["kind"]).collect();
    let asked = statement(&sql, &Slices::of_report(&by, &query.filters));
    let quoted: Vec<String> = by.iter().map(|name| quote_text(name)).collect();
    let arguments = [
        ("from", quote_text(&query.from.to_string())),
        ("to", quote_text(&query.to.to_string())),
        ("tz", "''".to_owned()),
        ("as_of", quote_text(&instant(desk.now))),
        ("by", format!("[{}]", quoted.join(", "))),
    ];
    let asked = format!("SELECT * FROM (\n{}) WHERE {}", substitute(&asked, &arguments), picked(watch, alert));
    let factors = FACTORS.into_iter().filter(|factor| *factor != "stage").collect();
    Ok(Cells::read(factors, &rows(desk, &asked).await?))
}

/// What people call a value: the title of a posting or an opening, else the value.
pub(super) async fn title(desk: &Desk<'_>, factor: &str, value: &str) -> Result<String, AnalyticsError> {
    // Both are known by a connection and an id of it; a cluster by those of its first posting.
    let table = match factor {
        "posting_cluster" => "postings",
        "requisition" => "requisitions",
        _ => return Ok(value.to_owned()),
    };
    let Some((connection, id)) = value.split_once('/') else { return Ok(value.to_owned()) };
    let [connection, id] = [connection, id].map(quote_text);
    let sql = format!("SELECT any(title) AS title FROM inflow.{table} FINAL WHERE connection = {connection} AND source_id = {id}");
    let found = rows(desk, &sql).await?;
    let title = found.first().map(|row| text(row, "title")).filter(|title| !title.is_empty());
    Ok(title.unwrap_or(value).to_owned())
}
