//! The plan of reposts in the simulator's company: people look for work when its appliances shop's did, and see a posting the less the longer ago it was
//! refreshed. The planner knows the first half of the year; what its slots bring is counted in the second.

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Timelike, Utc};
use chrono_tz::Asia::Shanghai;
use inflow_actions::repost::{Calendar, ChannelState, Heat, HeatCell, Plan, PostingState, Situation, plan, slot_key};
use inflow_config::{Holidays, RepostChannel, Reposts};
use inflow_simulator::{Precision, scenario};
use inflow_statistics::uplift::{Posting, Settings, advise};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const POSTINGS: usize = 12;
/// Hours after a refresh in which what it brings is counted, as the job `posting_times` does.
const WINDOW: TimeDelta = TimeDelta::hours(24);

/// When people looked for work, in order.
struct Town {
    looking: Vec<DateTime<Utc>>,
    /// First local day that the planner does not know.
    half: NaiveDate,
    last: NaiveDate,
}

impl Town {
    fn new() -> Self {
        let world = scenario("seed", 7).unwrap();
        let shop = world.applications.iter().filter(|one| one.store == "家电店" && one.precision == Precision::Exact);
        let mut looking: Vec<DateTime<Utc>> = shop.filter_map(|one| one.applied_at).collect();
        looking.sort();
        assert!(looking.len() > 500, "{}", looking.len());
        Self { looking, half: world.from + (world.to - world.from) / 2, last: world.to - Days::new(2) }
    }

    /// The share of those who look that a posting gets, by the time since it was refreshed: boards sort by it.
    fn share(since: TimeDelta) -> f64 {
        0.02 + 0.35 * (-(since.num_minutes() as f64) / 180.0).exp()
    }

    /// The chance of each who looks in the day after a refresh.
    fn chances(&self, at: DateTime<Utc>) -> impl Iterator<Item = f64> {
        let first = self.looking.partition_point(|one| *one < at);
        self.looking[first..].iter().take_while(move |one| **one < at + WINDOW).map(move |one| Self::share(*one - at))
    }

    fn expected(&self, at: DateTime<Utc>) -> f64 {
        self.chances(at).sum()
    }

    /// What the first half shows, as the metric application_heat has it for postings that are always live.
    fn heat(&self) -> Heat {
        let mut counts: BTreeMap<(u8, u8), f64> = BTreeMap::new();
        let local = self.looking.iter().map(|one| one.with_timezone(&Shanghai));
        for one in local.filter(|one| one.date_naive() < self.half) {
            *counts.entry((one.weekday().number_from_monday() as u8, one.hour() as u8)).or_default() += 1.0;
        }
        let exposure = 13.0 * POSTINGS as f64;
        let cell = |weekday, hour| {
            let count = counts.get(&(weekday, hour)).copied().unwrap_or_default();
            let give = 1.96 * count.max(1.0_f64).sqrt();
            let cell = HeatCell { rate: count / exposure, low: (count - give).max(0.0) / exposure, high: (count + give) / exposure };
            ((weekday, hour), cell)
        };
        Heat((1..=7).flat_map(|weekday| (0..24).map(move |hour| (weekday, hour))).map(|(weekday, hour)| cell(weekday, hour)).collect())
    }
}

fn rules(share: &str) -> Reposts {
    let channel = RepostChannel {
        id: "zhaopin".to_owned(),
        mode: inflow_config::RepostMode::Todo,
        enabled: None,
        per_day: 3,
        per_account: None,
        gap: Duration::from_mins(15),
        rest: Duration::from_hours(72),
        price: None,
        cost_per_day: None,
        cost_per_month: None,
        random_share: Some(share.parse().unwrap()),
        working_hours: None,
    };
    Reposts { channel: vec![channel], holidays: Holidays::None, ..Reposts::default() }
}

fn planned(town: &Town, rules: &Reposts, seed: u64) -> Plan {
    let postings = (0..POSTINGS).map(|number| PostingState {
        channel: "zhaopin".to_owned(),
        connection: "zhaopin".to_owned(),
        id: format!("P{number}"),
        title: "家电客服".to_owned(),
        cluster: String::new(),
        last: town.looking[0],
        closes_at: None,
    });
    let state = ChannelState {
        id: "zhaopin".to_owned(),
        zone: Shanghai,
        price: 0,
        prices: std::collections::BTreeMap::new(),
        heat: town.heat(),
        advice: None,
        pace: None,
    };
    plan(&Situation {
        now: town.half.and_time(chrono::NaiveTime::MIN).and_utc() - TimeDelta::hours(8),
        from: town.half,
        to: town.last,
        seed,
        rules,
        calendar: Calendar::new(rules, "CN"),
        channels: vec![state],
        postings: postings.collect(),
        taken: Vec::new(),
        skipped: BTreeSet::new(),
    })
}

/// The same days at nine, as people do who refresh when they come to work.
fn at_nine(at: DateTime<Utc>) -> DateTime<Utc> {
    let local = at.with_timezone(&Shanghai);
    at - TimeDelta::hours(i64::from(local.hour()) - 9) - TimeDelta::minutes(i64::from(local.minute()))
}

#[test]
fn the_plan_brings_more_than_nine_o_clock_does() {
    let town = Town::new();
    let rules = rules("0");
    let slots = planned(&town, &rules, 1).slots;
    assert!(slots.len() > 100, "{}", slots.len());
    let (plan, nine): (f64, f64) = slots
        .iter()
        .map(|slot| (town.expected(slot.at), town.expected(at_nine(slot.at))))
        .fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    println!("{} slots: {plan:.1} people as planned, {nine:.1} at nine", slots.len());
    assert!(plan > 1.2 * nine, "{plan} {nine}");
    let hours: BTreeSet<u32> = slots.iter().map(|slot| slot.local.hour()).collect();
    assert!(hours.iter().all(|hour| (17..20).contains(hour)), "the seed's story: weekdays at 18:00: {hours:?}");
}

/// Two hundred companies of the same truth, each with its own draws and its own luck: nineteen of twenty intervals hold the truth.
#[test]
fn the_stated_interval_of_the_lift_covers_the_truth() {
    let town = Town::new();
    let rules = rules("0.5");
    let is_worked = |day: &NaiveDate| day.weekday().number_from_monday() <= 5;
    let days: Vec<NaiveDate> = town.half.iter_days().take_while(|day| *day <= town.last).filter(is_worked).collect();
    let mean = |hour: u8| {
        let at = |day: &NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::hours(i64::from(hour) - 8);
        days.iter().map(|day| town.expected(at(day))).sum::<f64>() / days.len() as f64
    };
    let hours: Vec<u8> = (9..20).collect();
    let usual = hours.iter().map(|hour| mean(*hour)).sum::<f64>() / hours.len() as f64;
    let (mut covered, mut said, mut proven) = (0, 0, 0);
    for seed in 0..200 {
        let mut luck = StdRng::seed_from_u64(seed);
        let postings: Vec<Posting> = planned(&town, &rules, seed)
            .slots
            .iter()
            .map(|slot| {
                let key = slot_key(&slot.channel, &slot.connection, &slot.posting, slot.at);
                let people = town.chances(slot.at).filter(|chance| luck.random_bool(*chance)).count() as u64;
                let key = u64::from_str_radix(&key.chars().take(16).collect::<String>(), 16).unwrap();
                Posting { key, hour: slot.local.hour() as u8, drawn: slot.drawn_from.is_some(), people }
            })
            .collect();
        let Some(advice) = advise(&postings, &hours, &Settings::default()) else { continue };
        let Some(lift) = advice.lift else { continue };
        let truth = mean(advice.hour) / usual;
        said += 1;
        covered += u32::from(lift.interval.low <= truth && truth <= lift.interval.high);
        proven += u32::from(lift.interval.low > 1.0);
    }
    println!("{said} intervals, {covered} hold the truth, {proven} lie above 1");
    // 95 % of two hundred, less three standard errors.
    assert!(
        said >= 150 && f64::from(covered) / f64::from(said) > 0.95 - 3.0 * (0.95 * 0.05 / f64::from(said)).sqrt(),
        "{covered} of {said}"
    );
}
