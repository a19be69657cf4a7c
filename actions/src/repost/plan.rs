//! The plan: a function of what is known, the limits and a seed. It reads no clock, no store and no randomness of its own, so the same situation
//! gives the same plan.
//!
//! Days are planned one after the other. On each, the postings that have waited longest come first; each gets the open quarter-hour that is worth
//! most and breaks no limit, or, for an opt-in share that the seed draws, an hour drawn at random among the working hours of the day, which alone
//! measures what an hour is worth. What a quarter-hour is worth: the people that a live posting is to expect in the three hours from it on
//! ([`WINDOW`]), by the heat of the channel. When people apply is not yet when to post, so such a gain is `unproven`; where drawn reposts
//! have measured the advised hour, that lift takes its place.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use inflow_config::{RepostChannel, Reposts};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;

use super::calendar::Calendar;

/// Hours after a refresh in which it is at the top of the board's list.
pub const WINDOW: u32 = 3;
/// Slots begin on quarter-hours: every zone in use is a multiple of them.
const QUARTER: TimeDelta = TimeDelta::minutes(15);
/// A person needs so long to hear of a slot.
pub(super) const NOTICE: TimeDelta = TimeDelta::minutes(15);
/// A posting that ends sooner than this after a slot is left alone.
const WORTHWHILE: TimeDelta = TimeDelta::hours(24);
/// No zone is further from UTC.
const FURTHEST: TimeDelta = TimeDelta::hours(15);

/// What is decided on.
#[derive(Debug, Clone)]
pub struct Situation<'c> {
    /// Nothing is planned before.
    pub now: DateTime<Utc>,
    /// First local day.
    pub from: NaiveDate,
    /// Last local day, included.
    pub to: NaiveDate,
    /// Draws the random hours; the same seed draws the same ones.
    pub seed: u64,
    /// The limits.
    pub rules: &'c Reposts,
    /// Which days are worked.
    pub calendar: Calendar<'c>,
    /// The channels to plan, in the order in which they choose.
    pub channels: Vec<ChannelState>,
    /// Postings that are live on them.
    pub postings: Vec<PostingState>,
    /// What was done or promised already; it uses up limits, and stays where it is.
    pub taken: Vec<Taken>,
    /// Postings and local days of which a person said no.
    pub skipped: BTreeSet<(String, String, NaiveDate)>,
}

/// A channel.
#[derive(Debug, Clone)]
pub struct ChannelState {
    /// Its id.
    pub id: String,
    /// Zone of its days and hours.
    pub zone: Tz,
    /// What a refresh costs on days before the first of `prices`, in hundredths of the company's currency.
    pub price: u64,
    /// What it costs from a day of the channel's zone on, where that changes.
    pub prices: BTreeMap<NaiveDate, u64>,
    /// When people apply.
    pub heat: Heat,
    /// What drawn reposts have measured, where they have.
    pub advice: Option<Advice>,
    /// What the budget of finance.toml leaves, where one names the channel.
    pub pace: Option<Pace>,
}

impl ChannelState {
    /// What a refresh costs on a day of the channel's zone, in hundredths.
    pub fn price_on(&self, day: NaiveDate) -> u64 {
        self.prices.range(..=day).next_back().map_or(self.price, |(_, price)| *price)
    }

    /// What it costs at an instant.
    pub fn price_at(&self, at: DateTime<Utc>) -> u64 {
        self.price_on(at.with_timezone(&self.zone).date_naive())
    }
}

/// Applications per live posting hour, by weekday from Monday and hour; none where nothing is known.
#[derive(Debug, Clone, Default)]
pub struct Heat(pub BTreeMap<(u8, u8), HeatCell>);

/// A cell of the week.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeatCell {
    /// Applications per live posting hour.
    pub rate: f64,
    /// 95 % interval.
    pub low: f64,
    /// 95 % interval.
    pub high: f64,
}

/// A measured hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Advice {
    /// Local hour.
    pub hour: u8,
    /// People at it over those at a working hour drawn at random; its interval does not hold 1.
    pub lift: Estimate,
}

/// A month's budget of which something is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// First day of the month.
    pub month: NaiveDate,
    /// First day that it has still to pay for.
    pub today: NaiveDate,
    /// What is left, in hundredths.
    pub left: u64,
}

/// A live posting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostingState {
    /// Its channel.
    pub channel: String,
    /// Its connection, which is the account that it was put up by.
    pub connection: String,
    /// Its id there.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The job that it is of; empty while not known.
    pub cluster: String,
    /// When it was last refreshed or put up.
    pub last: DateTime<Utc>,
    /// Its announced end.
    pub closes_at: Option<DateTime<Utc>>,
}

/// A refresh that was carried out, or that a person has been asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Channel.
    pub channel: String,
    /// Connection.
    pub connection: String,
    /// Posting.
    pub posting: String,
    /// Job of the posting; may be empty.
    pub cluster: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What it costs, in hundredths.
    pub cost: u64,
}

/// A number with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Why a slot is where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Drawn reposts have measured that the hour brings more.
    Measured,
    /// Of the open hours of the day it is the one after which most people apply.
    Peak,
    /// Of those that limits left open.
    BestLeft,
    /// Its hour was drawn at random, to measure what an hour is worth.
    Drawn,
    /// Nothing is known of the hours: it is the first open one.
    NoFigures,
}

/// Why a posting has no slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyNot {
    /// No working hour is left in the period.
    NoOpenHour,
    /// It was refreshed too recently.
    Rests,
    /// It ends soon.
    Ends,
    /// A person said no.
    Skipped,
    /// The channel has no refresh left on the days in question.
    ChannelQuota,
    /// The account has none.
    AccountQuota,
    /// Refreshes of the day or month may cost no more.
    CostLimit,
    /// The budget of the month is spent, or ahead of the calendar.
    Budget,
    /// Other slots of the channel, or of the same job elsewhere, are too near.
    TooNear,
}

/// A planned refresh.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slot {
    /// Channel.
    pub channel: String,
    /// Connection.
    pub connection: String,
    /// Posting.
    pub posting: String,
    /// Its title.
    pub title: String,
    /// Its job; may be empty.
    pub cluster: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The same by the clock on the wall in the channel's zone.
    pub local: NaiveDateTime,
    /// The hours that it was drawn from; none when it was not.
    pub drawn_from: Option<Vec<u8>>,
    /// Why then.
    pub why: Why,
    /// People more than at a working hour at random; none where nothing is known.
    pub gain: Option<Estimate>,
    /// Whole days since the posting was last up.
    pub rested: i64,
    /// What it costs, in hundredths.
    pub cost: u64,
}

/// A posting without a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// Channel.
    pub channel: String,
    /// Connection.
    pub connection: String,
    /// Posting.
    pub posting: String,
    /// Its title.
    pub title: String,
    /// Why it has none.
    pub why: WhyNot,
}

/// What is to be done, and what is not.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Plan {
    /// By instant, channel and posting.
    pub slots: Vec<Slot>,
    /// By channel and posting.
    pub left: Vec<Left>,
}

/// Plans the refreshes of a period. Every limit of the rules holds over slots and [`Situation::taken`] together.
pub fn plan(situation: &Situation<'_>) -> Plan {
    let mut desk = Desk { situation, taken: situation.taken.clone(), why_not: BTreeMap::new(), slots: Vec::new() };
    let weeks: Vec<Option<Week<'_>>> = situation.channels.iter().map(|channel| Week::of(situation, channel)).collect();
    for day in situation.from.iter_days().take_while(|day| *day <= situation.to) {
        for week in weeks.iter().flatten() {
            desk.fill(week, day);
        }
    }
    let mut slots = desk.slots;
    slots.sort_by(|a, b| (a.at, &a.channel, &a.connection, &a.posting).cmp(&(b.at, &b.channel, &b.connection, &b.posting)));
    let planned: BTreeSet<(&str, &str)> = slots.iter().map(|slot| (slot.connection.as_str(), slot.posting.as_str())).collect();
    let mut left: Vec<Left> = situation
        .postings
        .iter()
        .filter(|one| situation.channels.iter().any(|channel| channel.id == one.channel) && !planned.contains(&(&one.connection, &one.id)))
        .map(|one| Left {
            channel: one.channel.clone(),
            connection: one.connection.clone(),
            posting: one.id.clone(),
            title: one.title.clone(),
            why: desk.why_not.get(&(one.connection.as_str(), one.id.as_str())).copied().unwrap_or(WhyNot::NoOpenHour),
        })
        .collect();
    left.sort_by(|a, b| (&a.channel, &a.connection, &a.posting).cmp(&(&b.channel, &b.connection, &b.posting)));
    Plan { slots, left }
}

/// An open quarter-hour.
#[derive(Debug, Clone, Copy)]
struct Open {
    at: DateTime<Utc>,
    local: NaiveDateTime,
    worth: Option<Estimate>,
}

/// The open quarter-hours of a channel by local day.
struct Week<'s> {
    state: &'s ChannelState,
    rules: &'s RepostChannel,
    days: BTreeMap<NaiveDate, Vec<Open>>,
    /// What a working hour at random is worth.
    usual: Option<f64>,
}

impl<'s> Week<'s> {
    fn of(situation: &'s Situation<'_>, state: &'s ChannelState) -> Option<Self> {
        let rules = situation.rules.of(&state.id)?;
        let mut days: BTreeMap<NaiveDate, Vec<Open>> = BTreeMap::new();
        for day in situation.from.iter_days().take_while(|day| *day <= situation.to && *day < NaiveDate::MAX) {
            if !situation.calendar.is_worked(day) {
                continue;
            }
            let midnight = day.and_time(NaiveTime::MIN).and_utc();
            let quarters = (0..)
                .map(|quarter| midnight - FURTHEST + QUARTER * quarter)
                .take_while(|at| *at < midnight + TimeDelta::days(1) + FURTHEST);
            let open = quarters.filter(|at| *at >= situation.now + NOTICE).filter_map(|at| {
                let local = at.with_timezone(&state.zone).naive_local();
                let is_open = local.date() == day && situation.rules.is_open(rules, local.time());
                is_open.then(|| Open { at, local, worth: worth(state, at) })
            });
            days.insert(day, open.collect());
        }
        let all: Vec<f64> = days.values().flatten().filter_map(|open| open.worth.map(|worth| worth.value)).collect();
        let usual = (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64);
        Some(Self { state, rules, days, usual })
    }

    /// People more than at a working hour at random.
    fn gain(&self, open: &Open) -> Option<Estimate> {
        let usual = self.usual?;
        if let Some(advice) = self.state.advice.filter(|advice| u32::from(advice.hour) == open.local.hour()) {
            return Some(advice.lift.map(|lift| usual * (lift - 1.0)));
        }
        open.worth.map(|worth| worth.map(|people| people - usual))
    }

    fn is_measured(&self, open: &Open) -> bool {
        self.state.advice.is_some_and(|advice| u32::from(advice.hour) == open.local.hour() && advice.lift.low > 1.0)
    }

    fn drawn_hours(&self, day: NaiveDate) -> Vec<u8> {
        let hours: BTreeSet<u8> = self.days.get(&day).into_iter().flatten().map(|open| open.local.hour() as u8).collect();
        hours.into_iter().collect()
    }
}

impl Estimate {
    fn map(self, to: impl Fn(f64) -> f64) -> Self {
        Self { value: to(self.value), low: to(self.low), high: to(self.high) }
    }
}

/// The people that one live posting is to expect in the [`WINDOW`] after an instant: sums of the cells that it reaches into. The ends of the
/// interval are sums of ends, which is wider than that of the sum.
fn worth(state: &ChannelState, at: DateTime<Utc>) -> Option<Estimate> {
    let hours = (0..WINDOW).map(|hour| {
        let local = (at + TimeDelta::hours(i64::from(hour))).with_timezone(&state.zone);
        state.heat.0.get(&(local.weekday().number_from_monday() as u8, local.hour() as u8)).copied()
    });
    let cells: Vec<HeatCell> = hours.collect::<Option<_>>()?;
    let sum = |of: fn(&HeatCell) -> f64| cells.iter().map(of).sum::<f64>();
    Some(Estimate { value: sum(|cell| cell.rate), low: sum(|cell| cell.low), high: sum(|cell| cell.high) })
}

/// Where slots are put.
struct Desk<'s, 'c> {
    situation: &'s Situation<'c>,
    taken: Vec<Taken>,
    why_not: BTreeMap<(&'s str, &'s str), WhyNot>,
    slots: Vec<Slot>,
}

impl<'s> Desk<'s, '_> {
    /// Plans a channel's day: the drawn ones first, since a drawn hour that others push aside would measure nothing.
    fn fill(&mut self, week: &Week<'s>, day: NaiveDate) {
        let hours = week.drawn_hours(day);
        if hours.is_empty() {
            return;
        }
        let mut waiting: Vec<(&'s PostingState, DateTime<Utc>)> = self
            .situation
            .postings
            .iter()
            .filter(|posting| posting.channel == week.state.id)
            .map(|posting| (posting, self.last_before(posting, day, week.state.zone)))
            .collect();
        waiting.sort_by(|a, b| (a.1, &a.0.connection, &a.0.id).cmp(&(b.1, &b.0.connection, &b.0.id)));
        let share = week.rules.random_share.and_then(|share| share.to_f64()).unwrap_or(0.0);
        let is_drawn = |posting: &PostingState| dice(self.situation.seed, "draw", posting, day) < share;
        let (drawn, mut advised): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(posting, _)| is_drawn(posting));
        for (posting, last) in drawn {
            let at = (dice(self.situation.seed, "hour", posting, day) * hours.len() as f64) as usize;
            let hour = hours[at.min(hours.len() - 1)];
            let open: Vec<Open> = week.days[&day].iter().filter(|open| open.local.hour() == u32::from(hour)).copied().collect();
            // An hour that is taken is not drawn again, which would prefer the empty ones: the posting is planned by advice.
            if !self.put(week, day, posting, last, &open, Some(&hours)) {
                advised.push((posting, last));
            }
        }
        let mut best = week.days[&day].clone();
        // What was measured goes before what the heat makes likely. Instants are in order, and stay so among equals.
        let key = |open: &Open| (week.is_measured(open), week.gain(open).map_or(f64::MIN, |gain| gain.value));
        best.sort_by(|a, b| key(b).0.cmp(&key(a).0).then(key(b).1.total_cmp(&key(a).1)));
        for (posting, last) in advised {
            self.put(week, day, posting, last, &best, None);
        }
    }

    /// When a posting was last up, before a day ends.
    fn last_before(&self, posting: &PostingState, day: NaiveDate, zone: Tz) -> DateTime<Utc> {
        let own = self.taken.iter().filter(|one| one.connection == posting.connection && one.posting == posting.id).map(|one| one.at);
        own.filter(|at| at.with_timezone(&zone).date_naive() <= day).fold(posting.last, DateTime::max)
    }

    fn put(
        &mut self,
        week: &Week<'s>,
        day: NaiveDate,
        posting: &'s PostingState,
        last: DateTime<Utc>,
        open: &[Open],
        hours: Option<&[u8]>,
    ) -> bool {
        // What stands against the posting itself is said before what stands against the day.
        let found = self.first_that_fits(week, posting, open).and_then(|found| self.whole_day(week, day, posting).map_or(Ok(found), Err));
        let (place, open) = match found {
            Ok(found) => found,
            Err(why_not) => {
                self.why_not.insert((&posting.connection, &posting.id), why_not);
                return false;
            }
        };
        let gain = week.gain(&open);
        let why = match (hours, gain) {
            (Some(_), _) => Why::Drawn,
            (None, None) => Why::NoFigures,
            (None, Some(_)) if week.is_measured(&open) => Why::Measured,
            (None, Some(_)) if place == 0 => Why::Peak,
            (None, Some(_)) => Why::BestLeft,
        };
        self.taken.push(Taken {
            channel: posting.channel.clone(),
            connection: posting.connection.clone(),
            posting: posting.id.clone(),
            cluster: posting.cluster.clone(),
            at: open.at,
            cost: week.state.price_on(day),
        });
        self.slots.push(Slot {
            channel: posting.channel.clone(),
            connection: posting.connection.clone(),
            posting: posting.id.clone(),
            title: posting.title.clone(),
            cluster: posting.cluster.clone(),
            at: open.at,
            local: open.local,
            drawn_from: hours.map(<[u8]>::to_vec),
            why,
            gain,
            rested: (open.at - last).num_days(),
            cost: week.state.price_on(day),
        });
        true
    }

    /// What stands against a whole day.
    fn whole_day(&self, week: &Week<'_>, day: NaiveDate, posting: &PostingState) -> Option<WhyNot> {
        let Week { state, rules, .. } = week;
        if self.situation.skipped.contains(&(posting.connection.clone(), posting.id.clone(), day)) {
            return Some(WhyNot::Skipped);
        }
        let of_channel = || self.taken.iter().filter(|one| one.channel == state.id);
        let local = |one: &Taken| one.at.with_timezone(&state.zone).date_naive();
        let today: Vec<&Taken> = of_channel().filter(|one| local(one) == day).collect();
        if today.len() >= rules.per_day as usize {
            return Some(WhyNot::ChannelQuota);
        }
        let per_account = rules.per_account.unwrap_or(rules.per_day) as usize;
        if today.iter().filter(|one| one.connection == posting.connection).count() >= per_account {
            return Some(WhyNot::AccountQuota);
        }
        let of_month = || of_channel().filter(|one| (local(one).year(), local(one).month()) == (day.year(), day.month()));
        let spent_today: u64 = today.iter().map(|one| one.cost).sum();
        let spent_month: u64 = of_month().map(|one| one.cost).sum();
        let price = state.price_on(day);
        let over = |spent: u64, most: Option<Decimal>| most.is_some_and(|most| spent + price > hundredths(most)) && price > 0;
        if over(spent_today, rules.cost_per_day) || over(spent_month, rules.cost_per_month) {
            return Some(WhyNot::CostLimit);
        }
        let pace = state.pace.filter(|pace| (pace.month.year(), pace.month.month()) == (day.year(), day.month()) && price > 0);
        let may = pace.is_none_or(|pace| {
            // What is still to come; what was done is in the ledger, or will be, and `left` is without it.
            let planned: u64 = of_month().filter(|one| one.at >= self.situation.now).map(|one| one.cost).sum();
            planned + price <= pace.until(day)
        });
        (!may).then_some(WhyNot::Budget)
    }

    /// The first of these quarter-hours that breaks nothing, with its place among them.
    fn first_that_fits(&self, week: &Week<'_>, posting: &PostingState, open: &[Open]) -> Result<(usize, Open), WhyNot> {
        let mut why_not = BTreeSet::new();
        for (place, one) in open.iter().enumerate() {
            match self.stands_against(week, posting, one.at) {
                None => return Ok((place, *one)),
                Some(why) => why_not.insert(why),
            };
        }
        Err(why_not.last().copied().unwrap_or(WhyNot::NoOpenHour))
    }

    fn stands_against(&self, week: &Week<'_>, posting: &PostingState, at: DateTime<Utc>) -> Option<WhyNot> {
        let within =
            |other: DateTime<Utc>, least: std::time::Duration| (at - other).abs() < TimeDelta::from_std(least).unwrap_or(TimeDelta::MAX);
        if posting.closes_at.is_some_and(|end| at + WORTHWHILE > end) {
            return Some(WhyNot::Ends);
        }
        let own = |one: &&Taken| one.connection == posting.connection && one.posting == posting.id;
        if within(posting.last, week.rules.rest) || self.taken.iter().filter(own).any(|one| within(one.at, week.rules.rest)) {
            return Some(WhyNot::Rests);
        }
        let near = |one: &Taken| {
            one.channel == posting.channel && within(one.at, week.rules.gap)
                || !posting.cluster.is_empty() && one.cluster == posting.cluster && within(one.at, self.situation.rules.between_same_job)
        };
        self.taken.iter().any(near).then_some(WhyNot::TooNear)
    }
}

impl Pace {
    /// What may be spent from today to the end of a day of the month: its share of the days that are left.
    pub fn until(&self, day: NaiveDate) -> u64 {
        let next = self.month.checked_add_months(chrono::Months::new(1)).unwrap_or(self.month);
        let last = next.checked_sub_days(Days::new(1)).unwrap_or(self.month);
        let first = self.today.max(self.month);
        let (gone, all) = ((day - first).num_days() + 1, (last - first).num_days() + 1);
        let (gone, all) = (gone.clamp(0, all.max(0)) as u64, all.max(1) as u64);
        (u128::from(self.left) * u128::from(gone) / u128::from(all)) as u64
    }
}

/// Money in whole hundredths, rounded down.
pub(super) fn hundredths(amount: Decimal) -> u64 {
    (amount * Decimal::ONE_HUNDRED).floor().to_u64().unwrap_or(0)
}

/// From 0 to below 1, the same for the same seed, question, posting and day.
fn dice(seed: u64, question: &str, posting: &PostingState, day: NaiveDate) -> f64 {
    let mut hasher = blake3::Hasher::new();
    for part in [question, &posting.connection, &posting.id, &day.to_string()] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    hasher.update(&seed.to_le_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    // 53 bits are what a double holds.
    (u64::from_le_bytes(first) >> 11) as f64 / (1_u64 << 53) as f64
}

mod at_hand;
pub use at_hand::Against;

#[cfg(test)]
mod tests;
