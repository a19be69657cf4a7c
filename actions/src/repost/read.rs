//! What the plan is made on, out of the store.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use inflow_analytics::{AnalyticsError, Query, report};
use inflow_config::{Config, Currency, Explain, RepostChannel, TermsKind};
use inflow_store::{RepostSlotRow, RepostState, Store, StoreError};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::calendar::Calendar;
use super::carry::{PROMPT, is_imminent};
use super::plan::{Advice, ChannelState, Estimate, Heat, HeatCell, Pace, PostingState, Situation, Taken, hundredths};

/// Days whose applications say when people apply.
const HEAT_DAYS: u64 = 91;

/// Why a situation cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A metric cannot be reported.
    #[error(transparent)]
    Analytics(#[from] AnalyticsError),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Explain for ReadError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Analytics(error) => error.hint(),
            Self::Store(error) => error.hint(),
        }
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::Analytics(error) => error.exit_code(),
            Self::Store(error) => error.exit_code(),
        }
    }
}

/// Live postings: of each its last span, unless it has ended.
const POSTINGS: &str = "
SELECT
    toString(p.channel) AS channel, toString(p.connection) AS connection, p.source_id AS id, p.title AS title, c.cluster_id AS cluster,
    toUnixTimestamp64Milli(greatest(s.opened_at, coalesce(s.refreshed_at, s.opened_at))) AS last,
    if(isNull(s.closed_at), NULL, toUnixTimestamp64Milli(assumeNotNull(s.closed_at))) AS closes_at
FROM (SELECT * FROM inflow.postings FINAL WHERE deleted = 0 AND status = 'open' AND has({channels:Array(String)}, channel)) AS p
INNER JOIN (SELECT * FROM inflow.posting_spans ORDER BY span DESC LIMIT 1 BY connection, source_id) AS s
    ON s.connection = p.connection AND s.source_id = p.source_id
LEFT JOIN inflow.posting_clusters AS c ON c.connection = p.connection AND c.source_id = p.source_id
WHERE s.opened_at <= {now:DateTime64(3, 'UTC')} AND (isNull(s.closed_at) OR assumeNotNull(s.closed_at) > {now:DateTime64(3, 'UTC')})
ORDER BY channel, connection, id";

/// Refreshes that boards tell of, whoever did them.
const SEEN: &str = "
SELECT toString(p.channel) AS channel, toString(p.connection) AS connection, p.source_id AS id, p.title AS title, c.cluster_id AS cluster,
    toUnixTimestamp64Milli(e.occurred_at) AS last, NULL AS closes_at
FROM (SELECT * FROM inflow.posting_events FINAL WHERE deleted = 0 AND event = 'refreshed' AND precision = 'exact'
    AND occurred_at >= {from:DateTime64(3, 'UTC')} AND occurred_at <= {now:DateTime64(3, 'UTC')}) AS e
INNER JOIN (SELECT * FROM inflow.postings FINAL WHERE deleted = 0 AND has({channels:Array(String)}, channel)) AS p
    ON p.connection = e.connection AND p.source_id = e.posting_source_id
LEFT JOIN inflow.posting_clusters AS c ON c.connection = p.connection AND c.source_id = p.source_id
ORDER BY channel, connection, id, last";

#[derive(Deserialize)]
struct PostingRow {
    channel: String,
    connection: String,
    id: String,
    title: String,
    cluster: String,
    last: i64,
    closes_at: Option<i64>,
}

impl<'c> Situation<'c> {
    /// What is known now of the channels of `reposts.toml` (those named, or all), for the local days `from` to `to`.
    ///
    /// # Errors
    /// When the store does not answer or was never analysed.
    pub async fn read(
        store: &Store,
        config: &'c Config,
        now: DateTime<Utc>,
        (from, to): (NaiveDate, NaiveDate),
        only: &[String],
    ) -> Result<Self, ReadError> {
        let planned = |rules: &&RepostChannel| rules.enabled.unwrap_or(true) && (only.is_empty() || only.contains(&rules.id));
        let rules: Vec<&RepostChannel> = config.reposts.channel.iter().filter(planned).collect();
        let ids: Vec<String> = rules.iter().map(|rules| rules.id.clone()).collect();
        let reader = Reader { store, config, now, ids };
        let worth = (reader.heat().await?, reader.advice().await?);
        Self::of(&reader, (from, to), &rules, worth, |slot| is_imminent(config, slot, now)).await
    }

    /// What stands for or against carrying slots out now: all of that but when people apply.
    ///
    /// # Errors
    /// When the store does not answer or was never analysed.
    pub async fn at_hand(store: &Store, config: &'c Config, now: DateTime<Utc>) -> Result<Self, ReadError> {
        let rules: Vec<&RepostChannel> = config.reposts.channel.iter().filter(|rules| rules.enabled.unwrap_or(true)).collect();
        let ids: Vec<String> = rules.iter().map(|rules| rules.id.clone()).collect();
        let reader = Reader { store, config, now, ids };
        // Zones are within a day of the company's.
        let today = reader.today();
        Self::of(&reader, (today - Days::new(1), today + Days::new(1)), &rules, (BTreeMap::new(), BTreeMap::new()), |_| false).await
    }

    async fn of(
        reader: &Reader<'c, '_>,
        (from, to): (NaiveDate, NaiveDate),
        rules: &[&RepostChannel],
        (mut heat, mut advice): (BTreeMap<String, Heat>, BTreeMap<String, Advice>),
        is_promised: impl Fn(&RepostSlotRow) -> bool,
    ) -> Result<Self, ReadError> {
        let (config, now) = (reader.config, reader.now);
        let mut left = reader.budgets().await?;
        let today = now.with_timezone(&config.settings.company.timezone).date_naive();
        let first = reader.month_of(from).date_naive();
        let channels = rules.iter().map(|rules| ChannelState {
            id: rules.id.clone(),
            zone: config.channel_timezone(&rules.id),
            price: price(config, rules, first),
            prices: prices(config, rules, first, to),
            heat: heat.remove(&rules.id).unwrap_or_default(),
            advice: advice.remove(&rules.id),
            pace: left.remove(&rules.id).map(|left| Pace { month: today.with_day(1).unwrap_or(today), today, left }),
        });
        let channels: Vec<ChannelState> = channels.collect();
        let mut situation = Self {
            now,
            from,
            to,
            seed: seed(reader.store)?,
            rules: &config.reposts,
            calendar: Calendar::of(config),
            channels,
            postings: reader.postings().await?,
            taken: Vec::new(),
            skipped: BTreeSet::new(),
        };
        let slots = reader.slots(from, to).await?;
        let promised: Vec<RepostSlotRow> = slots.iter().filter(|slot| is_promised(slot)).cloned().collect();
        situation.remember(slots, reader.seen(from).await?);
        situation.promise(promised);
        Ok(situation)
    }

    /// Counts slots that the machine is about to carry out. They count as of their time, or as of now where it is late with them.
    fn promise(&mut self, slots: Vec<RepostSlotRow>) {
        for slot in slots {
            let Some(channel) = self.channels.iter().find(|channel| channel.id == slot.channel) else { continue };
            let at = if slot.at < self.now - PROMPT { self.now } else { slot.at };
            self.taken.push(taken(slot, at, channel));
        }
    }

    /// Counts a slot that is being called for.
    pub(super) fn take(&mut self, slot: &RepostSlotRow) {
        let known = |one: &Taken| one.connection == slot.connection && one.posting == slot.posting_source_id && one.at == when(slot);
        let channel = self.channels.iter().find(|channel| channel.id == slot.channel);
        if let Some(channel) = channel.filter(|_| !self.taken.iter().any(known)) {
            self.taken.push(taken(slot.clone(), when(slot), channel));
        }
    }

    /// What was done, promised and refused.
    fn remember(&mut self, slots: Vec<RepostSlotRow>, seen: Vec<PostingState>) {
        for slot in slots {
            let Some(channel) = self.channels.iter().find(|channel| channel.id == slot.channel) else { continue };
            let at = match slot.state {
                RepostState::Done | RepostState::Sent => when(&slot),
                RepostState::Told | RepostState::Failed => slot.at,
                RepostState::Skipped => {
                    self.skipped.insert((slot.connection, slot.posting_source_id, slot.at.with_timezone(&channel.zone).date_naive()));
                    continue;
                }
                RepostState::Planned | RepostState::Missed | RepostState::Withdrawn => continue,
            };
            self.taken.push(taken(slot, at, channel));
        }
        for one in seen {
            // The board tells of what was done by plan as well.
            let known = |taken: &Taken| {
                taken.connection == one.connection && taken.posting == one.id && (taken.at - one.last).abs() < TimeDelta::hours(2)
            };
            if self.taken.iter().any(known) {
                continue;
            }
            let cost = self.channels.iter().find(|channel| channel.id == one.channel).map_or(0, |channel| channel.price_at(one.last));
            self.taken.push(Taken {
                channel: one.channel,
                connection: one.connection,
                posting: one.id,
                cluster: one.cluster,
                at: one.last,
                cost,
            });
        }
    }
}

/// It costs what it was planned at, or more where the price has risen by the day of `at`.
fn taken(slot: RepostSlotRow, at: DateTime<Utc>, channel: &ChannelState) -> Taken {
    Taken {
        channel: slot.channel,
        connection: slot.connection,
        posting: slot.posting_source_id,
        cluster: slot.cluster_id,
        at,
        cost: hundredths(slot.cost).max(channel.price_at(at)),
    }
}

/// When a slot was carried out, or may have been. One that the machine called for in its minute counts as of then, so that what was planned side
/// by side stays so.
fn when(slot: &RepostSlotRow) -> DateTime<Utc> {
    let called = slot.call.called_at.map(|called| if (called - slot.at).abs() < PROMPT { slot.at } else { called });
    called.or(slot.decided_at).unwrap_or(slot.at)
}

/// The seed of this store: a plan that is made anew draws the same hours, and nobody can tell them from the configuration.
fn seed(store: &Store) -> Result<u64, StoreError> {
    let key = store.signing_key("repost draws")?;
    Ok(key.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte)))
}

/// What one refresh costs on a day: as `reposts.toml` says, else by contract, else nothing.
fn price(config: &Config, rules: &RepostChannel, day: NaiveDate) -> u64 {
    if let Some(price) = rules.price {
        return hundredths(price);
    }
    let terms = config.channel(&rules.id).into_iter().flat_map(|channel| &channel.terms);
    let holds = terms.filter(|terms| terms.kind == TermsKind::Refresh && terms.from <= day && terms.to.is_none_or(|to| day <= to));
    let Some(terms) = holds.max_by_key(|terms| terms.from) else { return 0 };
    let currency: Currency = terms.currency.unwrap_or(config.settings.company.currency);
    let rate = config.settings.rate(currency, terms.from).unwrap_or(Decimal::ONE);
    // Rounded up: a limit is not passed for a fraction.
    hundredths((terms.price * rate * Decimal::ONE_HUNDRED).ceil() / Decimal::ONE_HUNDRED)
}

/// The days of a period on which the price becomes another, with what it becomes.
fn prices(config: &Config, rules: &RepostChannel, first: NaiveDate, to: NaiveDate) -> BTreeMap<NaiveDate, u64> {
    let mut before = price(config, rules, first);
    let mut changes = BTreeMap::new();
    for day in first.iter_days().take_while(|day| *day <= to) {
        let now = price(config, rules, day);
        if now != before {
            changes.insert(day, now);
            before = now;
        }
    }
    changes
}

struct Reader<'c, 's> {
    store: &'s Store,
    config: &'c Config,
    now: DateTime<Utc>,
    ids: Vec<String>,
}

impl Reader<'_, '_> {
    fn query(&self, metric: &str, from: NaiveDate, to: NaiveDate) -> Query {
        let filters = BTreeMap::from([("channel".to_owned(), self.ids.clone())]);
        Query { metric: metric.to_owned(), version: None, by: Vec::new(), from, to, tz: None, as_of: self.now, filters }
    }

    async fn rows(&self, metric: &str, from: NaiveDate, to: NaiveDate) -> Result<Vec<Map<String, Value>>, AnalyticsError> {
        if self.ids.is_empty() {
            return Ok(Vec::new());
        }
        Ok(report(self.store, self.config, &self.query(metric, from, to)).await?.rows)
    }

    fn today(&self) -> NaiveDate {
        self.now.with_timezone(&self.config.settings.company.timezone).date_naive()
    }

    async fn heat(&self) -> Result<BTreeMap<String, Heat>, AnalyticsError> {
        let yesterday = self.today() - Days::new(1);
        let mut heat: BTreeMap<String, Heat> = BTreeMap::new();
        for row in self.rows("application_heat", yesterday - Days::new(HEAT_DAYS - 1), yesterday).await? {
            let (Some(channel), Some(weekday), Some(hour)) = (text(&row, "channel"), number(&row, "weekday"), number(&row, "hour")) else {
                continue;
            };
            let (Some(rate), Some(low), Some(high)) = (number(&row, "shrunk"), number(&row, "low"), number(&row, "high")) else { continue };
            if number(&row, "total").is_none_or(|total| total <= 0.0) {
                continue;
            }
            // The interval is of the cell alone, the rate borrows from other channels.
            let cell = HeatCell { rate, low: low.min(rate), high: high.max(rate) };
            heat.entry(channel.to_owned()).or_default().0.insert((weekday as u8, hour as u8), cell);
        }
        Ok(heat)
    }

    async fn advice(&self) -> Result<BTreeMap<String, Advice>, AnalyticsError> {
        let mut advice = BTreeMap::new();
        for row in self.rows("posting_time", self.today(), self.today()).await? {
            let measured = text(&row, "basis") == Some("experiment") && matches!(text(&row, "proof"), Some("proven" | "refuted"));
            let (Some(channel), Some(hour), true) = (text(&row, "channel"), number(&row, "hour"), measured) else { continue };
            if let (Some(value), Some(low), Some(high)) = (number(&row, "lift"), number(&row, "lift_low"), number(&row, "lift_high")) {
                advice.insert(channel.to_owned(), Advice { hour: hour as u8, lift: Estimate { value, low, high } });
            }
        }
        Ok(advice)
    }

    /// What is left of the month's budgets that name a channel and nothing else.
    async fn budgets(&self) -> Result<BTreeMap<String, u64>, AnalyticsError> {
        let budgeted = self.config.finance.budget.iter().any(|budget| budget.channel.is_some());
        let month = self.today().with_day(1).unwrap_or(self.today());
        let rows = if budgeted { self.rows("budget", month, self.today()).await? } else { Vec::new() };
        let left = rows.iter().filter_map(|row| {
            let of = text(row, "budget_of").filter(|of| self.ids.iter().any(|id| id == of))?;
            let left: Decimal = text(row, "left")?.parse().ok()?;
            Some((of.to_owned(), hundredths(left.max(Decimal::ZERO))))
        });
        Ok(left.collect())
    }

    async fn postings(&self) -> Result<Vec<PostingState>, StoreError> {
        self.read(POSTINGS, self.now).await
    }

    /// Refreshes since the first of the month of a day or of today, whichever is earlier; a day more for zones.
    async fn seen(&self, from: NaiveDate) -> Result<Vec<PostingState>, StoreError> {
        self.read(SEEN, self.month_of(from)).await
    }

    async fn read(&self, sql: &str, from: DateTime<Utc>) -> Result<Vec<PostingState>, StoreError> {
        if self.ids.is_empty() {
            return Ok(Vec::new());
        }
        let instant = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M:%S%.3f").to_string();
        let params = [("channels", inflow_store::array_literal(&self.ids)), ("now", instant(self.now)), ("from", instant(from))];
        let rows = self.store.rows(sql, &params).await?;
        let read = |row: Map<String, Value>| serde_json::from_value::<PostingRow>(Value::Object(row)).ok();
        let at = |millis: i64| DateTime::from_timestamp_millis(millis).unwrap_or_default();
        let state = |row: PostingRow| PostingState {
            channel: row.channel,
            connection: row.connection,
            id: row.id,
            title: row.title,
            cluster: row.cluster,
            last: at(row.last),
            closes_at: row.closes_at.map(at),
        };
        Ok(rows.into_iter().filter_map(read).map(state).collect())
    }

    fn month_of(&self, from: NaiveDate) -> DateTime<Utc> {
        let first = from.min(self.today());
        first.with_day(1).unwrap_or(first).and_time(NaiveTime::MIN).and_utc() - TimeDelta::days(1)
    }

    async fn slots(&self, from: NaiveDate, to: NaiveDate) -> Result<Vec<RepostSlotRow>, StoreError> {
        let month_end = to.checked_add_months(chrono::Months::new(1)).unwrap_or(to);
        self.store.repost_slots(None, self.month_of(from), month_end.and_time(NaiveTime::MIN).and_utc()).await
    }
}

fn text<'r>(row: &'r Map<String, Value>, column: &str) -> Option<&'r str> {
    row.get(column)?.as_str()
}

fn number(row: &Map<String, Value>, column: &str) -> Option<f64> {
    row.get(column)?.as_f64()
}

#[cfg(test)]
mod tests;
