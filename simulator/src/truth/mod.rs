//! What a pull of a world must find, counted from the world itself.
//!
//! Nothing here shares code with the product. The definitions are those of the design:
//!
//! - an application counts on the local day of `applied`; who reached a later stage has reached the
//!   skipped ones at the later instant;
//! - a conversion is the cohort of those who entered the first stage on a day of the period, and the
//!   share of them that reached the second one ever;
//! - candidates are the connected groups of candidate rows that share a whole phone or mail;
//! - cost accrues by service day: differences of the rounded cumulative amount, half up;
//! - the heat counts instants that the source tells to the second; days and implied instants are
//!   left out and counted.

mod cost;
mod people;
mod reach;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, Utc};
use inflow_config::Stage;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use crate::world::{CHANNELS, Precision, World, cell, local_day};
use people::Persons;
use reach::{Case, Known};
pub use rows::{Conversion, Cost, Heat, Peak, Period, StageCount, Totals, Truth, Volume};

/// A channel of a store; without a store, of all.
type Grain = (Option<&'static str>, &'static str);

/// A period while it is counted.
struct Counting<'w> {
    world: &'w World,
    cases: &'w [Case<'w>],
    /// Cases whose resume came within the period.
    applied: Vec<&'w Case<'w>>,
    persons: &'w Persons,
    from: NaiveDate,
    to: NaiveDate,
}

const LADDER: usize = 10;

impl Truth {
    pub(crate) fn of(world: &World) -> Self {
        let persons = Persons::link(world);
        let cases: Vec<Case<'_>> = world.applications.iter().enumerate().map(|(index, case)| Case::of(index, case)).collect();
        let period = |name, from| Counting::new(world, &cases, &persons, from, world.to).period(name);
        let month = world.to - Days::new(29);
        Self {
            scenario: world.scenario,
            seed: world.seed,
            now: world.now,
            timezone: "Asia/Shanghai",
            currency: "CNY",
            periods: vec![period("all", world.from), period("last_30", month)],
        }
    }

    /// The truth between two local days, both included.
    pub fn between(world: &World, from: NaiveDate, to: NaiveDate) -> Period {
        let persons = Persons::link(world);
        let cases: Vec<Case<'_>> = world.applications.iter().enumerate().map(|(index, case)| Case::of(index, case)).collect();
        Counting::new(world, &cases, &persons, from, to).period("between")
    }

    /// The whole history.
    pub fn all(&self) -> &Period {
        &self.periods[0]
    }

    /// Its last thirty days.
    pub fn last_30(&self) -> &Period {
        &self.periods[1]
    }

    /// As JSON; amounts are decimal strings.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// The grains of a table: each channel, then each store of each channel.
fn grains<'a>(stores: &BTreeSet<&'a str>) -> Vec<(Option<&'a str>, &'static str)> {
    let stores = std::iter::once(None).chain(stores.iter().copied().map(Some));
    stores.flat_map(|store| CHANNELS.iter().map(move |channel| (store, channel.id))).collect()
}

impl<'w> Counting<'w> {
    fn new(world: &'w World, cases: &'w [Case<'w>], persons: &'w Persons, from: NaiveDate, to: NaiveDate) -> Self {
        let within = |case: &&Case<'_>| case.entered(Stage::Applied).is_some_and(|entry| (from..=to).contains(&entry.day));
        Self { world, cases, applied: cases.iter().filter(within).collect(), persons, from, to }
    }

    fn within(&self, day: NaiveDate) -> bool {
        (self.from..=self.to).contains(&day)
    }

    fn period(&self, name: &'static str) -> Period {
        let stores: BTreeSet<&'static str> = self.world.applications.iter().map(|application| application.store).collect();
        let volume = self.volume(&stores);
        let cost = self.cost();
        let channels = volume.iter().filter(|row| row.store.is_none());
        let (postings, applications) = channels.fold((0, 0), |sums, row| (sums.0 + row.postings, sums.1 + row.applications));
        let company = |row: &&Cost| row.store.is_none();
        let unallocated_cost = cost.iter().filter(company).filter(|row| row.channel == "unallocated").map(|row| row.amount).sum();
        let ledger_cost: Decimal = cost.iter().filter(company).map(|row| row.amount).sum();
        let totals = Totals {
            postings,
            applications,
            candidates: self.persons.distinct(self.applied.iter().map(|case| case.index)),
            channel_cost: ledger_cost - unallocated_cost,
            unallocated_cost,
            ledger_cost,
        };
        Period {
            name,
            from: self.from,
            to: self.to,
            totals,
            stages: self.stages(&stores),
            conversion: self.conversion(&stores),
            volume,
            cost,
            application_heat: self.application_heat(),
            posting_heat: self.posting_heat(),
        }
    }

    fn volume(&self, stores: &BTreeSet<&'static str>) -> Vec<Volume> {
        let row = |(store, channel)| {
            let mine = |case: &&&Case<'_>| case.belongs(store, channel);
            let postings = self.world.postings.iter().filter(|posting| {
                posting.channel == channel && store.is_none_or(|store| posting.store == store) && self.within(local_day(posting.posted_at))
            });
            let applied: Vec<usize> = self.applied.iter().filter(mine).map(|case| case.index).collect();
            Volume {
                channel,
                store,
                postings: postings.count() as u64,
                applications: applied.len() as u64,
                candidates: self.persons.distinct(applied.iter().copied()),
                linkable: applied.iter().filter(|index| self.persons.linkable(**index)).count() as u64,
            }
        };
        grains(stores).into_iter().map(row).collect()
    }

    fn stages(&self, stores: &BTreeSet<&'static str>) -> Vec<StageCount> {
        let mut counts: BTreeMap<(Grain, Stage), (u64, u64)> = BTreeMap::new();
        for case in self.cases {
            for (stage, entry) in case.entries().filter(|(_, entry)| self.within(entry.day)) {
                for store in [None, Some(case.application.store)] {
                    let count = counts.entry(((store, case.application.channel), stage)).or_default();
                    count.0 += 1;
                    count.1 += u64::from(entry.known == Known::Implied);
                }
            }
        }
        let row = |(store, channel): Grain, stage| {
            let (entered, implied) = counts.get(&((store, channel), stage)).copied().unwrap_or_default();
            StageCount { channel, store, stage, entered, implied }
        };
        grains(stores).into_iter().flat_map(|grain| Stage::ALL.into_iter().map(move |stage| row(grain, stage))).collect()
    }

    fn conversion(&self, stores: &BTreeSet<&'static str>) -> Vec<Conversion> {
        let mut counts: BTreeMap<(Grain, Stage, Stage), (u64, u64)> = BTreeMap::new();
        let pairs = || (0..LADDER).flat_map(|from| (from + 1..LADDER).map(move |to| (Stage::ALL[from], Stage::ALL[to])));
        for case in self.cases {
            for (from, _) in case.entries().filter(|(stage, entry)| !stage.terminal() && self.within(entry.day)) {
                for (_, to) in pairs().filter(|(stage, _)| *stage == from) {
                    let reached = u64::from(case.entered(to).is_some());
                    for store in [None, Some(case.application.store)] {
                        let count = counts.entry(((store, case.application.channel), from, to)).or_default();
                        count.0 += reached;
                        count.1 += 1;
                    }
                }
            }
        }
        let mut rows = Vec::new();
        for (store, channel) in grains(stores) {
            for (from_stage, to_stage) in pairs() {
                let (numerator, denominator) = counts.get(&((store, channel), from_stage, to_stage)).copied().unwrap_or_default();
                rows.push(Conversion { channel, store, from_stage, to_stage, numerator, denominator });
            }
        }
        rows
    }

    fn cost(&self) -> Vec<Cost> {
        let amounts = cost::accrued(self.world, self.from, self.to);
        let mut stores: Vec<Option<&'static str>> = amounts.keys().map(|(store, _)| *store).collect();
        stores.dedup();
        let mut rows = Vec::new();
        for store in stores {
            for channel in CHANNELS.iter().map(|channel| channel.id).chain(["unallocated"]) {
                let amount = amounts.get(&(store, channel)).copied().unwrap_or_default();
                let resumes = self.applied.iter().filter(|case| case.belongs(store, channel)).count() as u64;
                let each = amount.checked_div(Decimal::from(resumes));
                let cost_per_resume = each.map(|each| each.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero));
                rows.push(Cost { channel, store, amount, resumes, cost_per_resume });
            }
        }
        rows
    }

    fn application_heat(&self) -> Vec<Heat> {
        let instants = self.applied.iter().filter_map(|case| {
            let entry = case.entered(Stage::Applied)?;
            Some((case.application.channel, (entry.known == Known::Exact).then_some(entry.at)))
        });
        heats(&instants.collect::<Vec<_>>())
    }

    fn posting_heat(&self) -> Vec<Heat> {
        let postings = self.world.postings.iter().filter(|posting| self.within(local_day(posting.posted_at)));
        let instants = postings.map(|posting| (posting.channel, (posting.precision == Precision::Exact).then_some(posting.posted_at)));
        heats(&instants.collect::<Vec<_>>())
    }
}

fn heats(instants: &[(&'static str, Option<DateTime<Utc>>)]) -> Vec<Heat> {
    let channels = CHANNELS.iter().map(|channel| Some(channel.id)).chain([None]);
    channels
        .map(|channel| {
            let mut cells = vec![0; 168];
            let mut left_out = 0;
            for (_, at) in instants.iter().filter(|(name, _)| channel.is_none_or(|channel| *name == channel)) {
                match at.map(cell) {
                    Some((weekday, hour)) => cells[((weekday - 1) * 24 + hour) as usize] += 1,
                    None => left_out += 1,
                }
            }
            let peak = peak(&cells);
            Heat { channel, cells, left_out, peak }
        })
        .collect()
}

fn peak(cells: &[u64]) -> Option<Peak> {
    let count = cells.iter().copied().max().filter(|count| *count > 0)?;
    let ties = cells.iter().filter(|cell| **cell == count).count() as u64;
    let first = cells.iter().position(|cell| *cell == count)? as u32;
    Some(Peak { weekday: first / 24 + 1, hour: first % 24, count, ties })
}
