//! The local days of single stores, read of as many as a job can look at.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde_json::{Map, Value};

use super::Desk;
use super::days::{Series, text};
use crate::AnalyticsError;
use crate::report::instant;

/// How far back and for how many stores a job reads.
pub(super) struct Reach {
    /// Days back.
    pub(super) days: u64,
    /// A store of fewer cases in these days is left out.
    pub(super) least: u64,
    /// Of the others, so many at most, the largest first.
    pub(super) most: u64,
}

/// Who applied at each store of each channel, the largest of these pairs first. Cases without a store are in none.
pub(super) async fn of_channels(desk: &Desk<'_>, reach: &Reach) -> Result<Vec<Series>, AnalyticsError> {
    let days = desk.days().await?;
    let rows = read(desk, include_str!("../../sql/jobs/store_days.sql"), reach).await?;
    let series = rows.iter().filter_map(|row| days.whole_days(desk, text(row, "channel")?, text(row, "store")?, &counts(row)));
    Ok(series.collect())
}

/// Runs a statement that reads `$daily`, cases by channel, store and local day.
async fn read(desk: &Desk<'_>, sql: &str, reach: &Reach) -> Result<Vec<Map<String, Value>>, AnalyticsError> {
    let daily = if desk.days().await?.by_case {
        include_str!("../../sql/jobs/daily_of_stores_by_case.sql")
    } else {
        include_str!("../../sql/jobs/daily_of_stores.sql")
    };
    let params = [
        ("from", (desk.now.date_naive() - Days::new(reach.days)).to_string()),
        ("as_of", instant(desk.now)),
        ("least", reach.least.to_string()),
        ("most", reach.most.to_string()),
    ];
    let rows = desk.marts.store.rows(&desk.marts.here(&sql.replace("$daily", daily)), &params).await;
    rows.map_err(AnalyticsError::store("cannot read the days of stores"))
}

/// The column `days`: pairs of a day and its cases.
fn counts(row: &Map<String, Value>) -> BTreeMap<NaiveDate, u32> {
    let pairs = row.get("days").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let pair = |pair: &Value| Some((pair.get(0)?.as_str()?.parse().ok()?, u32::try_from(pair.get(1)?.as_u64()?).ok()?));
    pairs.iter().filter_map(pair).collect()
}
