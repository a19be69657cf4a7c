//! The local days of single stores, read of as many as a job can look at.
//!
//! Their number has no bound, and each costs a job some milliseconds: the largest are looked at one by one.

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

/// Stores over all channels: the largest by themselves, the others as a pool.
pub(super) struct OfAll {
    /// The days of each channel at each of the largest stores, by store.
    pub(super) own: BTreeMap<String, Vec<Series>>,
    /// The days of each channel at all other stores together.
    pub(super) pool: Vec<Series>,
    /// The largest of the pool, with the cases that each brought lately.
    pub(super) members: Vec<(String, u64)>,
    /// Cases that all of the pool brought lately.
    pub(super) lately: u64,
    /// How many stores the pool has.
    pub(super) pooled: usize,
}

/// Who applied at each store. A store has days of its own when it is one of the largest and brought somebody `history` days ago or earlier; of the
/// others `members` are named, by the last `lately` days.
pub(super) async fn of_all(desk: &Desk<'_>, reach: &Reach, history: u64, lately: u64, members: u64) -> Result<OfAll, AnalyticsError> {
    let days = desk.days().await?;
    let back = |days: u64| (desk.now.date_naive() - Days::new(days)).to_string();
    let more = [("began", back(history)), ("recent", back(lately)), ("members", members.to_string())];
    let place = include_str!("../../sql/jobs/placed_stores.sql");
    let [series, pool] = [include_str!("../../sql/jobs/days_of_placed_stores.sql"), include_str!("../../sql/jobs/pooled_stores.sql")]
        .map(|sql| sql.replace("$placed", place));
    let (series, pool) = tokio::try_join!(read_with(desk, &series, reach, &more), read_with(desk, &pool, reach, &more))?;
    let mut found = OfAll { own: BTreeMap::new(), pool: Vec::new(), members: Vec::new(), lately: 0, pooled: 0 };
    for row in &series {
        let (Some(channel), Some(store)) = (text(row, "channel"), text(row, "own_store")) else { continue };
        let Some(series) = days.whole_days(desk, channel, store, &counts(row)) else { continue };
        match store {
            "" => found.pool.push(series),
            _ => found.own.entry(store.to_owned()).or_default().push(series),
        }
    }
    let number = |row: &Map<String, Value>, column: &str| row.get(column).and_then(Value::as_u64).unwrap_or_default();
    if let Some(row) = pool.first() {
        (found.lately, found.pooled) = (number(row, "all_lately"), number(row, "pooled") as usize);
    }
    found.members = pool.iter().filter_map(|row| Some((text(row, "store")?.to_owned(), number(row, "lately")))).collect();
    Ok(found)
}

/// Runs a statement that reads `$daily`, cases by channel, store and local day.
async fn read(desk: &Desk<'_>, sql: &str, reach: &Reach) -> Result<Vec<Map<String, Value>>, AnalyticsError> {
    read_with(desk, sql, reach, &[]).await
}

async fn read_with(desk: &Desk<'_>, sql: &str, reach: &Reach, more: &[(&str, String)]) -> Result<Vec<Map<String, Value>>, AnalyticsError> {
    let daily = if desk.days().await?.by_case {
        include_str!("../../sql/jobs/daily_of_stores_by_case.sql")
    } else {
        include_str!("../../sql/jobs/daily_of_stores.sql")
    };
    let mut params = vec![
        ("from", (desk.now.date_naive() - Days::new(reach.days)).to_string()),
        ("as_of", instant(desk.now)),
        ("least", reach.least.to_string()),
        ("most", reach.most.to_string()),
    ];
    params.extend(more.iter().cloned());
    let rows = desk.marts.store.rows(&desk.marts.here(&sql.replace("$daily", daily)), &params).await;
    rows.map_err(AnalyticsError::store("cannot read the days of stores"))
}

/// The column `days`: pairs of a day and its cases.
fn counts(row: &Map<String, Value>) -> BTreeMap<NaiveDate, u32> {
    let pairs = row.get("days").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let pair = |pair: &Value| Some((pair.get(0)?.as_str()?.parse().ok()?, u32::try_from(pair.get(1)?.as_u64()?).ok()?));
    pairs.iter().filter_map(pair).collect()
}
