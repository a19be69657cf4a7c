//! Closing a month: freezing its figures, so that they stay whatever is imported, replayed, erased or recomputed later.
//!
//! A closing copies the costs of its days (`spend_days`) and the later changes that count in its month into the state, with the figures that were
//! reported, the versions of all definitions and a hash of all that. From then on, what the closed months would hold less what was frozen for
//! them counts in the first month that is open (`later_costs`), so that books and ledger are equal in total at any time.
//!
//! Everything is written before the closing is noted, and counts from that one insert on: a process that dies on the way has closed nothing. Later
//! changes are made for the books before and after it, and a reader takes those of the books that are noted.

mod books;
mod later;
mod month;
mod off;
mod refusal;
mod text;

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, SubsecRound, Utc};
use inflow_config::{Config, SharedClock};
use inflow_store::{ClosingRow, STATE_DATABASE, Store};
use serde_json::{Map, Value, json};

use crate::AnalyticsError;
use crate::analyze::{Marts, Scope, analyze};
use crate::catalogue::{catalogue, metric};
use crate::report::{Query, Report, report_untied, tie};

use books::{Books, Next};
pub(crate) use later::rebuild_later;
pub use month::Month;
pub use off::Off;
pub use refusal::Refusal;
pub(crate) use text::closing_text;
pub use text::{ClosingCheck, check_closings};

/// Metrics whose rows a closing keeps as they were reported, by channel, and by channel and store.
const FIGURES: [&str; 4] = ["spend", "cost_per_resume", "cost_per_attended", "cost_per_onboarded"];
const GROUPINGS: [&[&str]; 2] = [&["channel"], &["channel", "store"]];

/// A month that was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// What was noted.
    pub row: ClosingRow,
    /// Channels of which connections did not deliver all of the month.
    pub partial: Vec<String>,
}

impl Books {
    pub(crate) async fn read(store: &Store) -> Result<Self, AnalyticsError> {
        Ok(Self(store.closings().await.map_err(AnalyticsError::store("cannot read which months are closed"))?))
    }
}

/// All closings there were, reopened ones too, in the order in which they were made.
///
/// # Errors
/// When the store does.
pub async fn closings(store: &Store) -> Result<Vec<ClosingRow>, AnalyticsError> {
    Ok(Books::read(store).await?.0)
}

/// Closes a month on the marts as they are; the caller sees to it that they are up to date and that nobody else analyses. `despite` is why it is closed
/// although spend does not tie to the ledger, or the ledger not to wallets and bank; these are named before the reason.
///
/// # Errors
/// [`AnalyticsError::Refused`] when the month may not be closed; else when the store fails.
pub async fn close(
    store: &Store,
    config: &Config,
    clock: &SharedClock,
    month: Month,
    by: &str,
    despite: Option<&str>,
) -> Result<Closed, AnalyticsError> {
    let by = said("--by", by)?;
    let despite = despite.map(|reason| said("--despite", reason)).transpose()?;
    let books = Books::read(store).await?;
    let now = clock.now().trunc_subsecs(3);
    let base = config.settings.company.currency;
    let next = books.may_close(month, now.with_timezone(&config.settings.company.timezone).date_naive(), base.as_str())?;
    let ties = ties(store, month, &next, now).await?;
    let off = off::ties_off(store, config, month, next.from, now).await?;
    let despite = match (ties, off.as_slice(), despite) {
        (Ok(()), [], _) => String::new(),
        (Err(_), [], Some(reason)) => reason,
        (_, off, Some(reason)) => format!("{}: {reason}", off.iter().map(off::Off::name).collect::<Vec<_>>().join(", ")),
        (Err(refusal), _, None) => return Err(refusal.into()),
        (Ok(()), _, None) => return Err(Refusal::TiesOff { month, off }.into()),
    };
    store.forget_frozen(month.first(), next.number).await.map_err(failed(month))?;
    freeze(store, &books, month, &next).await?;
    let partial = freeze_figures(store, config, month, &next, now).await?;
    let (total, carried, lines) = totals(store, month, &next).await?;
    let mut row = ClosingRow {
        month: month.first(),
        number: next.number,
        sequence: next.sequence,
        from_day: next.from,
        to_day: month.last(),
        closed_at: now,
        closed_by: by,
        despite,
        base: base.to_string(),
        total,
        carried,
        lines,
        versions: versions(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        previous: books.0.last().map(|row| row.hash.clone()).unwrap_or_default(),
        hash: String::new(),
        reopened_at: None,
        reopened_by: String::new(),
        reopen_reason: String::new(),
    };
    row.hash = text::hash_of_new(store, &row).await?;
    note(store, config, &books, &row).await?;
    let detail = json!({"month": month.to_string(), "number": row.number, "by": row.closed_by, "despite": row.despite, "hash": row.hash});
    store.audit(&row.closed_by, "close", &detail.to_string()).await.map_err(failed(month))?;
    Ok(Closed { row, partial })
}

/// Reopens the last closed month: its days, and the official sources of who started then, are as they are now, and what it had frozen is kept for whoever
/// looks back.
///
/// # Errors
/// [`AnalyticsError::Refused`] when it is not the last closed month; else when the store fails.
pub async fn reopen(
    store: &Store,
    config: &Config,
    clock: &SharedClock,
    month: Month,
    by: &str,
    reason: &str,
) -> Result<ClosingRow, AnalyticsError> {
    let (by, reason) = (said("--by", by)?, said("--reason", reason)?);
    let books = Books::read(store).await?;
    let mut row = books.may_reopen(month)?.clone();
    row.reopened_at = Some(clock.now().trunc_subsecs(3));
    row.reopened_by = by;
    row.reopen_reason = reason;
    note(store, config, &books, &row).await?;
    let detail =
        json!({"month": month.to_string(), "number": row.number, "by": row.reopened_by, "reason": row.reopen_reason, "hash": row.hash});
    store.audit(&row.reopened_by, "reopen", &detail.to_string()).await.map_err(failed(month))?;
    let sources = format!("SELECT count() FROM {STATE_DATABASE}.closed_sources WHERE month = '{}' AND number = {}", row.month, row.number);
    if Marts::live(store, config).number(&sources).await? > 0 {
        // What is owed follows the official source, and cost what is owed.
        let of_sources = ["hires", "journal", "spend_days"].map(str::to_owned);
        analyze(store, config, clock, &of_sources, &Scope::All).await?;
    }
    Ok(row)
}

fn said(option: &'static str, text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() { Err(Refusal::Unsaid { option }) } else { Ok(text.to_owned()) }
}

fn failed(month: Month) -> impl FnOnce(inflow_store::StoreError) -> AnalyticsError {
    AnalyticsError::store(format!("cannot close {month}"))
}

/// From here on the closing, or its reopening, counts.
async fn note(store: &Store, config: &Config, books: &Books, row: &ClosingRow) -> Result<(), AnalyticsError> {
    later::rebuild_for(&Marts::live(store, config), &[books, &books.with(row)]).await?;
    store.record_closing(row).await.map_err(failed(Month::of(row.month)))
}

fn query(metric: &str, by: &[&str], from: chrono::NaiveDate, month: Month, as_of: DateTime<Utc>) -> Query {
    Query {
        metric: metric.to_owned(),
        version: None,
        by: by.iter().map(|name| (*name).to_owned()).collect(),
        from,
        to: month.last(),
        tz: None,
        as_of,
        filters: BTreeMap::new(),
    }
}

/// Whether all that would be frozen ties to the ledger.
async fn ties(store: &Store, month: Month, next: &Next, now: DateTime<Utc>) -> Result<Result<(), Refusal>, AnalyticsError> {
    let tie = tie(store, metric("spend")?, &query("spend", &[], next.from, month, now)).await?.unwrap_or_default();
    if tie.get("ties") == Some(&Value::Bool(true)) {
        return Ok(Ok(()));
    }
    let text = |name: &str| tie.get(name).and_then(Value::as_str).unwrap_or_default();
    let unconverted = tie.get("unconverted").and_then(Value::as_u64).unwrap_or_default();
    Ok(Err(Refusal::DoesNotTie { month, difference: format!("{} {}", text("difference"), text("currency")), unconverted }))
}

/// Costs, official sources and people of the days that are closed.
async fn freeze(store: &Store, books: &Books, month: Month, next: &Next) -> Result<(), AnalyticsError> {
    let params = [
        ("month", month.first().to_string()),
        ("number", next.number.to_string()),
        ("from", next.from.to_string()),
        ("to", month.last().to_string()),
        ("generation", books.generation().to_string()),
    ];
    for (table, select) in [
        ("closed_costs", include_str!("../../sql/shared/freeze_costs.sql")),
        ("closed_sources", include_str!("../../sql/shared/freeze_sources.sql")),
        ("closed_people", include_str!("../../sql/shared/freeze_people.sql")),
    ] {
        let sql = format!("INSERT INTO {STATE_DATABASE}.{table}\n{select}");
        // Where the newest version is meant the SQL says so.
        store.execute(&sql, &params, &[("final", "0")]).await.map_err(failed(month))?;
    }
    Ok(())
}

/// The figures as they are reported now; gives the channels of which something is missing.
async fn freeze_figures(
    store: &Store,
    config: &Config,
    month: Month,
    next: &Next,
    now: DateTime<Utc>,
) -> Result<Vec<String>, AnalyticsError> {
    let mut body = String::new();
    let mut partial = Vec::new();
    for id in FIGURES {
        for by in GROUPINGS {
            let report = report_untied(store, config, &query(id, by, month.first(), month, now)).await?;
            if id == "spend" && by.len() == 1 {
                partial = channels_in_part(&report);
            }
            for row in &report.rows {
                let row = json!({
                    "month": month.first().to_string(), "number": next.number, "metric": id, "version": report.version, "by": by.join(","),
                    "row": in_order(row),
                });
                body.push_str(&row.to_string());
                body.push('\n');
            }
        }
    }
    if !body.is_empty() {
        store.insert(STATE_DATABASE, "closed_figures", &[], "JSONEachRow", Bytes::from(body), "").await.map_err(failed(month))?;
    }
    Ok(partial)
}

fn channels_in_part(report: &Report) -> Vec<String> {
    let text = |row: &Map<String, Value>, name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    report.rows.iter().filter(|row| text(row, "status") == "partial").map(|row| text(row, "channel")).collect()
}

/// A row as JSON, its keys in the order of their letters.
fn in_order(row: &Map<String, Value>) -> String {
    json!(row.iter().collect::<BTreeMap<_, _>>()).to_string()
}

/// What was frozen: total, later changes in it, and rows.
async fn totals(store: &Store, month: Month, next: &Next) -> Result<(String, String, u64), AnalyticsError> {
    let sql = format!(
        "SELECT toDecimalString(sum(amount), 2) AS total, toDecimalString(sumIf(amount, from_month < toStartOfMonth(posted_on)), 2) AS carried, \
         count() AS lines FROM {STATE_DATABASE}.closed_costs WHERE month = {{month:Date}} AND number = {{number:UInt32}}"
    );
    let params = [("month", month.first().to_string()), ("number", next.number.to_string())];
    let row = store.rows(&sql, &params).await.map_err(failed(month))?.pop().unwrap_or_default();
    let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or("0.00").to_owned();
    Ok((text("total"), text("carried"), row.get("lines").and_then(Value::as_u64).unwrap_or_default()))
}

/// Versions of all definitions.
fn versions() -> String {
    json!(catalogue().iter().map(|metric| (metric.id, metric.version)).collect::<BTreeMap<_, _>>()).to_string()
}
