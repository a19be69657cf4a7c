//! The weeks of channels as budget advice needs them.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use inflow_config::Stage;
use serde_json::Value;

use super::Recent;
use crate::AnalyticsError;
use crate::jobs::Desk;
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

/// What the days of a week add up to.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// Refunds count below zero.
    cents: i64,
    applied: u64,
    attended: u64,
    onboarded: u64,
}

/// The weeks of one channel, the newest first, without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct History {
    pub(super) weeks: Vec<Told>,
}

impl History {
    /// Cents of the last four weeks.
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

    /// Sum over the weeks of [`Self::recent`] of what each has of something, the newest first.
    pub(super) fn recent_sum(&self, ripe: usize, of: &BTreeMap<usize, f64>) -> f64 {
        let weeks = self.weeks.iter().enumerate().skip(ripe).take(RECENT).filter(|(_, week)| week.covered);
        weeks.filter_map(|(place, _)| of.get(&place)).sum()
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
    /// Cents of each day with spend; refunds count below zero.
    pub(super) spent: BTreeMap<String, BTreeMap<NaiveDate, i64>>,
    /// On which week 0 ends.
    pub(super) last_day: Option<NaiveDate>,
}

impl Known {
    fn nothing() -> Self {
        Self { channels: BTreeMap::new(), spent: BTreeMap::new(), last_day: None }
    }

    /// The same with channels of which nothing is known yet.
    pub(super) fn with<'a>(&self, channels: impl Iterator<Item = &'a String>) -> Self {
        let mut known = self.clone();
        let week = Told { cents: 0, applied: 0, attended: 0, onboarded: 0, covered: false };
        for channel in channels {
            known.channels.entry(channel.clone()).or_insert_with(|| History { weeks: vec![week; 4] });
        }
        known
    }

    /// Cents of so many days after one, as far as spend is known.
    pub(super) fn spent_within(&self, channel: &str, day: NaiveDate, days: u32) -> u64 {
        let last = day.checked_add_days(chrono::Days::new(u64::from(days))).unwrap_or(NaiveDate::MAX);
        let after = self.spent.get(channel).into_iter().flat_map(|days| days.range(day..=last).filter(|(at, _)| **at > day));
        after.map(|(_, cents)| cents).sum::<i64>().max(0) as u64
    }

    /// How many of the newest weeks are too young to say who of their people counts.
    pub(super) fn ripe(&self, ripening: u32, now: DateTime<Utc>) -> usize {
        let age = self.last_day.map_or(0, |last| (now.date_naive() - last).num_days().max(0) / 7);
        (i64::from(ripening) - age).max(0) as usize
    }
}

pub(super) async fn read(desk: &Desk<'_>) -> Result<Known, AnalyticsError> {
    let (spent, last) = spend(desk).await?;
    let Some(last) = last else { return Ok(Known::nothing()) };
    let days = desk.days().await?;
    let week_of = |day: NaiveDate| usize::try_from((last - day).num_days()).ok().map(|back| back / 7).filter(|week| *week < WEEKS);
    let mut channels: BTreeMap<String, BTreeMap<usize, Sums>> = BTreeMap::new();
    let mut add = |channel: &str, day: NaiveDate, add: &dyn Fn(&mut Sums)| {
        if let Some(week) = week_of(day) {
            add(channels.entry(channel.to_owned()).or_default().entry(week).or_default());
        }
    };
    let mut days_spent: BTreeMap<String, BTreeMap<NaiveDate, i64>> = BTreeMap::new();
    for (channel, day, cents) in spent {
        add(&channel, day, &|sums| sums.cents += cents);
        *days_spent.entry(channel).or_default().entry(day).or_default() += cents;
    }
    for (channel, counts) in days.entered(Stage::Applied) {
        for (day, entered) in counts {
            add(channel, *day, &|sums| {
                sums.applied += entered.cases;
                sums.attended += entered.attended;
                sums.onboarded += entered.onboarded;
            });
        }
    }
    if channels.is_empty() {
        return Ok(Known::nothing());
    }
    let is_covered = |channel: &str, week: usize| (0..7).all(|back| days.is_covered(channel, last - Days::new((7 * week + back) as u64)));
    let first = channels.values().filter_map(first_told).max();
    let channels = channels.into_iter().map(|(channel, weeks)| {
        // Spend of before anybody's people were told of says nothing of what it brought. The first week itself is seldom whole.
        let oldest = first_told(&weeks).or(first).map_or(0, |week| week.max(1));
        let told = |week: usize| {
            let Sums { cents, applied, attended, onboarded } = weeks.get(&week).copied().unwrap_or_default();
            // A refund that exceeds what was spent is no negative budget.
            Told { cents: cents.max(0) as u64, applied, attended, onboarded, covered: is_covered(&channel, week) }
        };
        let weeks = (0..oldest.max(4)).map(told).collect();
        (channel, History { weeks })
    });
    Ok(Known { channels: channels.collect(), spent: days_spent, last_day: Some(last) })
}

/// By channel and week, the newest numbered 0: weeks that postings were live, added up over the postings.
pub(super) async fn live(desk: &Desk<'_>, last: NaiveDate, ripe: usize) -> Result<BTreeMap<String, BTreeMap<usize, f64>>, AnalyticsError> {
    let params = [("last", last.to_string()), ("weeks", (ripe + RECENT).to_string()), ("as_of", instant(desk.now))];
    let sql = desk.marts.here(include_str!("../../sql/jobs/posting_weeks.sql"));
    let rows = desk.marts.store.rows(&sql, &params).await.map_err(AnalyticsError::store("cannot read how long postings were live"))?;
    let mut live: BTreeMap<String, BTreeMap<usize, f64>> = BTreeMap::new();
    for row in &rows {
        let channel = row.get("channel").and_then(Value::as_str).unwrap_or_default();
        let week = row.get("week").and_then(Value::as_u64).unwrap_or_default() as usize;
        let weeks = row.get("live").and_then(Value::as_f64).unwrap_or_default();
        live.entry(channel.to_owned()).or_default().insert(week, weeks);
    }
    Ok(live)
}

/// Channel, day, cents.
type Spent = Vec<(String, NaiveDate, i64)>;

/// What the days cost that end on the last one whose spend is known, and that day.
async fn spend(desk: &Desk<'_>) -> Result<(Spent, Option<NaiveDate>), AnalyticsError> {
    let zone = desk.config.settings.company.timezone;
    let yesterday = desk.now.with_timezone(&zone).date_naive() - Days::new(1);
    let params = [("yesterday", yesterday.to_string()), ("days", (7 * WEEKS).to_string())];
    let sql = desk.marts.here(include_str!("../../sql/jobs/spend_of_days.sql"));
    let rows = desk.marts.store.rows(&sql, &params).await.map_err(AnalyticsError::store("cannot read what channels cost"))?;
    let (mut spent, mut last) = (Spent::new(), None);
    for row in &rows {
        let text = |column: &str| row.get(column).and_then(Value::as_str).unwrap_or_default();
        let Ok(day) = text("day").parse() else { continue };
        match text("channel") {
            "" => last = Some(day),
            channel => spent.push((channel.to_owned(), day, whole(row.get("cents")).unwrap_or_default())),
        }
    }
    Ok((spent, last))
}

/// The oldest week of which people are known.
fn first_told(weeks: &BTreeMap<usize, Sums>) -> Option<usize> {
    weeks.iter().filter(|(_, week)| week.applied > 0).map(|(week, _)| *week).max()
}

/// Whole numbers of 64 bits may come as text.
fn whole(value: Option<&Value>) -> Option<i64> {
    let value = value?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
