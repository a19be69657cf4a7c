//! The weeks of channels as budget advice needs them.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::Value;

use super::Recent;
use crate::AnalyticsError;
use crate::jobs::{Desk, days};
use crate::report::instant;

/// Weeks looked at: a year, and those that are not ripe.
const WEEKS: usize = 60;
/// Weeks of the rule of thumb.
const RECENT: usize = 13;

/// One week of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) cents: u64,
    pub(super) applied: u64,
    pub(super) attended: u64,
    pub(super) onboarded: u64,
    /// Whether the channel's connections delivered all of it.
    pub(super) covered: bool,
}

/// The weeks of one channel, the newest first, without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct History {
    pub(super) weeks: Vec<Told>,
}

impl History {
    /// Cents of the last four weeks. A refund that exceeds what was spent is no negative budget.
    pub(super) fn spend(&self) -> u64 {
        self.weeks.iter().take(4).map(|week| week.cents).sum()
    }

    /// The share of the last 13 weeks that was delivered.
    pub(super) fn covered(&self) -> f64 {
        let weeks = self.weeks.iter().take(RECENT);
        let (covered, all) = weeks.fold((0_u32, 0_u32), |sum, week| (sum.0 + u32::from(week.covered), sum.1 + 1));
        if all == 0 { 0.0 } else { f64::from(covered) / f64::from(all) }
    }

    pub(super) fn delivered(&self) -> bool {
        self.covered() > 0.0
    }

    /// Applications of the weeks of [`Self::recent`].
    pub(super) fn recent_applied(&self, ripe: usize) -> u64 {
        self.weeks.iter().skip(ripe).take(RECENT).filter(|week| week.covered).map(|week| week.applied).sum()
    }

    /// The last 13 of the weeks that are ripe.
    pub(super) fn recent(&self, ripe: usize) -> Recent {
        self.weeks.iter().skip(ripe).take(RECENT).filter(|week| week.covered).fold(Recent::default(), |sum, week| Recent {
            spend: sum.spend + week.cents,
            attended: sum.attended + week.attended,
            onboarded: sum.onboarded + week.onboarded,
        })
    }
}

/// All that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) channels: BTreeMap<String, History>,
    /// On which week 0 ends.
    pub(super) last_day: Option<NaiveDate>,
}

impl Known {
    /// How many of the newest weeks are too young to say who of their people counts.
    pub(super) fn ripe(&self, ripening: u32, now: DateTime<Utc>) -> usize {
        let age = self.last_day.map_or(0, |last| (now.date_naive() - last).num_days().max(0) / 7);
        (i64::from(ripening) - age).max(0) as usize
    }
}

pub(super) async fn read(desk: &Desk<'_>) -> Result<Known, AnalyticsError> {
    let zone = desk.config.settings.company.timezone;
    let yesterday = desk.now.with_timezone(&zone).date_naive() - Days::new(1);
    let params = [("yesterday", yesterday.to_string()), ("as_of", instant(desk.now)), ("weeks", WEEKS.to_string())];
    let sql = desk.marts.here(include_str!("../../sql/jobs/budget_weeks.sql"));
    let rows = desk.marts.store.rows(&sql, &params).await.map_err(AnalyticsError::store("cannot read the weeks of channels"))?;
    let mut channels: BTreeMap<String, BTreeMap<usize, Told>> = BTreeMap::new();
    let mut last_day = None;
    for row in &rows {
        let number = |column: &str| whole(row.get(column)).unwrap_or(0).max(0) as u64;
        let (Some(channel), Some(week)) = (row.get("channel").and_then(Value::as_str), whole(row.get("week"))) else { continue };
        let ends: Option<NaiveDate> = row.get("last_day").and_then(Value::as_str).and_then(|day| day.parse().ok());
        last_day = last_day.or_else(|| ends.map(|ends| ends + Days::new(7 * week.max(0) as u64)));
        let told = Told {
            cents: number("cents"),
            applied: number("applied"),
            attended: number("attended"),
            onboarded: number("onboarded"),
            covered: true,
        };
        channels.entry(channel.to_owned()).or_default().insert(week.max(0) as usize, told);
    }
    let Some(last) = last_day else { return Ok(Known { channels: BTreeMap::new(), last_day }) };
    let covered = days::covered(desk, last - Days::new(7 * WEEKS as u64 - 1)).await?;
    let is_covered = |channel: &str, week: usize| {
        let day = |back: usize| last - Days::new((7 * week + back) as u64);
        (0..7).all(|back| covered.get(&(channel.to_owned(), day(back))).is_none_or(|share| *share >= 1.0))
    };
    let first = channels.values().filter_map(first_told).max();
    let channels = channels.into_iter().map(|(channel, weeks)| {
        // Spend of before anybody's people were told of says nothing of what it brought. The first week itself is seldom whole.
        let oldest = first_told(&weeks).or(first).map_or(0, |week| week.max(1));
        let told = |week: usize| {
            let told = weeks.get(&week).copied().unwrap_or(Told { cents: 0, applied: 0, attended: 0, onboarded: 0, covered: true });
            Told { covered: is_covered(&channel, week), ..told }
        };
        let weeks = (0..oldest.max(4)).map(told).collect();
        (channel, History { weeks })
    });
    Ok(Known { channels: channels.collect(), last_day })
}

/// The oldest week of which people are known.
fn first_told(weeks: &BTreeMap<usize, Told>) -> Option<usize> {
    weeks.iter().filter(|(_, week)| week.applied > 0).map(|(week, _)| *week).max()
}

/// Whole numbers of 64 bits may come as text.
fn whole(value: Option<&Value>) -> Option<i64> {
    let value = value?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
