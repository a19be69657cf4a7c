//! From business ahead to heads, hires, applications and money, each with what the steps before it leave unsure.
//!
//! Every draw takes one path: units of each period (Student's t around the outlook), leavers (constant hazards before and after a tenure of
//! [`SETTLED`] days, with the gamma posterior of exits over days at risk under Jeffreys' prior; piecewise exponential survival, Friedman 1982, Annals of
//! Statistics 10), applications a hire takes (beta posterior of each channel's share, Jeffreys' prior), and what an application costs. Quantiles
//! of the draws are the intervals. Needed is what the period in reach asks for that is expected to ask for most.

mod schedule;

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde::Serialize;

use crate::forecast::periods::Outlook;
use crate::sampling::{gamma, normal};

use schedule::Opened;

pub use schedule::{ChannelNeed, WeekNeed};

/// Days of employment after which somebody counts as settled.
pub const SETTLED: f64 = 90.0;
/// Days in a month.
const MONTH: f64 = 30.4375;
const DRAWS: usize = 4000;
const SEED: u64 = 20_240_229;

/// Leavers over days at risk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Attrition {
    /// As observed, of people in their first [`SETTLED`] days and of the others: (leavers, person-days).
    Observed {
        /// In their first days.
        new: (u64, f64),
        /// Later.
        settled: (u64, f64),
    },
    /// A share of the people that leaves in a month, taken as known.
    Given(f64),
}

/// Who works now.
#[derive(Debug, Clone, PartialEq)]
pub struct Staff {
    /// For each of those who are not settled, the days until they are.
    pub new: Vec<f64>,
    /// The others.
    pub settled: u64,
    /// How they leave.
    pub attrition: Attrition,
}

/// What a channel brought of late.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Channel {
    /// Applications.
    pub applied: u64,
    /// Of them those who were onboarded.
    pub onboarded: u64,
    /// Cents that they cost.
    pub cents: u64,
    /// By how much its part of the applications is to grow: 1 keeps the mix of now.
    pub weight: f64,
    /// Weeks that its postings were live for them, added up over the postings; 0: not known.
    pub posting_weeks: f64,
}

impl Channel {
    /// Cents of an application.
    fn each(&self) -> f64 {
        if self.applied > 0 { self.cents as f64 / self.applied as f64 } else { 0.0 }
    }
}

/// All that a plan stands on.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand<'a> {
    /// Units of the periods, from the first one after the history.
    pub outlook: &'a Outlook,
    /// Days from now to the beginning of each of them; negative where it has begun.
    pub starts: &'a [f64],
    /// Units that a head at work does in a period.
    pub units_per_head: f64,
    /// The share of paid time in which nobody works: leave, sickness, training.
    pub shrinkage: f64,
    /// Days from asking for people until they start.
    pub lead: f64,
    /// Who works now.
    pub staff: &'a Staff,
    /// What channels bring.
    pub channels: &'a [Channel],
    /// Of the periods those that are planned; the ones after them only say whether people will still be needed.
    pub shown: usize,
    /// In which week the openings for each planned period are opened, numbered from 0.
    pub weeks: &'a [usize],
}

/// A figure and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Step {
    /// Median of the draws; of what is to add up over weeks, the mean.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// One period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PeriodNeed {
    /// Units.
    pub units: Step,
    /// Heads that they take.
    pub heads: Step,
    /// Of today's heads those who will have left.
    pub leavers: Step,
    /// Heads that lack when nobody is hired; negative: to spare.
    pub gap: Step,
    /// Whether people asked for now start in time for it.
    pub in_reach: bool,
    /// Of those who lack the ones who are asked for only until the business falls again; the mean.
    pub temporary: Step,
}

/// What has to be done now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Needs {
    /// One a period.
    pub periods: Vec<PeriodNeed>,
    /// The place among them of the one that asks for most hires; none when no period is in reach.
    pub hardest: Option<usize>,
    /// People to hire for the hardest period, those included who will leave before it.
    pub hires: Step,
    /// Share of applications that ends in a hire, at the mix of now; none without applications.
    pub conversion: Option<Step>,
    /// Applications that the hires take.
    pub applications: Option<Step>,
    /// Cents that the applications cost at the average cost of now.
    pub cents: Option<Step>,
    /// Share of people that leaves in a month: in their first days, and later.
    pub attrition: [Step; 2],
    /// What is to be done in each of the weeks.
    pub weeks: Vec<WeekNeed>,
}

/// The plan. Deterministic. None without periods, a productivity or a shrinkage under 1.
pub fn plan(demand: &Demand<'_>) -> Option<Needs> {
    let each = demand.units_per_head * (1.0 - demand.shrinkage);
    let count = demand.outlook.values.len().min(demand.starts.len());
    if count == 0 || each.is_nan() || each <= 0.0 {
        return None;
    }
    let mut random = StdRng::seed_from_u64(SEED);
    let path = |path: Path| {
        let opened = Opened::of(&path, demand);
        (path, opened)
    };
    let draws: Vec<(Path, Opened)> = (0..DRAWS).map(|_| path(Path::draw(demand, each, count, &mut random))).collect();
    let of = |figure: &dyn Fn(&Path) -> f64| step(draws.iter().map(|(path, _)| figure(path)).collect());
    let shown = demand.shown.min(count);
    let in_reach = |place: usize| demand.starts[place] >= demand.lead;
    let period = |place: usize| PeriodNeed {
        units: of(&|path| path.units[place]),
        heads: of(&|path| path.units[place] / each),
        leavers: of(&|path| path.leavers[place]),
        gap: of(&|path| path.gap[place]),
        in_reach: in_reach(place),
        temporary: mean_step(draws.iter().map(|(_, opened)| opened.at_work[place]).collect()),
    };
    let needed = |place: &usize| draws.iter().map(|(path, _)| path.needed(demand, *place)).sum::<f64>();
    let hardest = (0..shown).filter(|place| in_reach(*place)).max_by(|a, b| needed(a).total_cmp(&needed(b)).then(b.cmp(a)));
    let applied = demand.channels.iter().any(|channel| channel.applied > 0);
    let hires = |path: &Path| hardest.map_or(0.0, |place| path.needed(demand, place));
    let applications = |path: &Path| hires(path) / path.conversion;
    Some(Needs {
        periods: (0..shown).map(period).collect(),
        hardest,
        hires: of(&hires),
        conversion: applied.then(|| of(&|path| path.conversion)),
        applications: applied.then(|| of(&applications)),
        cents: applied.then(|| of(&|path| applications(path) * path.cents)),
        attrition: [0, 1].map(|place| of(&|path| 1.0 - (-path.hazards[place] * MONTH).exp())),
        weeks: schedule::weeks(&draws, demand, &demand.weeks[..shown.min(demand.weeks.len())]),
    })
}

/// One draw of everything.
struct Path {
    units: Vec<f64>,
    leavers: Vec<f64>,
    gap: Vec<f64>,
    /// A day's, new and settled.
    hazards: [f64; 2],
    conversion: f64,
    /// Of an application.
    cents: f64,
    /// Part of each channel in the applications.
    mix: Vec<f64>,
    /// Applications of a live posting in a week, by channel.
    each_posting: Vec<f64>,
}

impl Path {
    fn draw(demand: &Demand<'_>, each: f64, count: usize, random: &mut StdRng) -> Self {
        let Outlook { values, spreads, freedom, .. } = demand.outlook;
        // What the outlook gets wrong it gets wrong for a while.
        let shock = (normal(random) / gamma(freedom / 2.0, freedom / 2.0, random).sqrt()).clamp(-6.0, 6.0);
        let units: Vec<f64> = values.iter().zip(spreads).take(count).map(|(value, spread)| value * (spread * shock).exp()).collect();
        let hazards = hazards(demand.staff.attrition, random);
        let heads = demand.staff.new.len() as f64 + demand.staff.settled as f64;
        let luck = normal(random);
        let leavers: Vec<f64> = demand.starts.iter().take(count).map(|days| leavers(demand.staff, hazards, *days, luck)).collect();
        let gap = units.iter().zip(&leavers).map(|(units, left)| units / each - (heads - left)).collect();
        let (conversion, cents, mix) = yields(demand.channels, random);
        let rate = |channel: &Channel| {
            if channel.posting_weeks > 0.0 { gamma(channel.applied as f64 + 0.5, channel.posting_weeks, random) } else { 1.0 }
        };
        let each_posting = demand.channels.iter().map(rate).collect();
        Self { units, leavers, gap, hazards, conversion, cents, mix, each_posting }
    }

    /// Hires that fill the gap of a period, of whom some leave between their first day and its beginning.
    fn needed(&self, demand: &Demand<'_>, place: usize) -> f64 {
        let days = (demand.starts[place] - demand.lead).max(0.0);
        self.gap[place].max(0.0) / stays(self.hazards, SETTLED, days)
    }
}

/// Probability to stay so many days, `new` of which are those of somebody who is not settled.
fn stays([early, late]: [f64; 2], new: f64, days: f64) -> f64 {
    (-early * days.min(new) - late * (days - new).max(0.0)).exp()
}

fn hazards(attrition: Attrition, random: &mut StdRng) -> [f64; 2] {
    match attrition {
        Attrition::Given(month) => [-(1.0 - month.clamp(0.0, 0.99)).ln() / MONTH; 2],
        Attrition::Observed { new, settled } => {
            let all = (new.0 + settled.0, new.1 + settled.1);
            // Who was never there early, or late, is taken to leave as all do.
            let of = |part: (u64, f64)| if part.1 > 0.0 { part } else { all };
            [of(new), of(settled)].map(|(exits, days)| if days > 0.0 { gamma(exits as f64 + 0.5, days, random) } else { 0.0 })
        }
    }
}

fn leavers(staff: &Staff, hazards: [f64; 2], days: f64, luck: f64) -> f64 {
    let days = days.max(0.0);
    let left = |new: f64| 1.0 - stays(hazards, new, days);
    let chances = staff.new.iter().map(|new| (left(*new), 1.0)).chain([(left(0.0), staff.settled as f64)]);
    let (mean, variance) =
        chances.fold((0.0, 0.0), |sum, (chance, heads)| (sum.0 + heads * chance, sum.1 + heads * chance * (1.0 - chance)));
    (mean + luck * variance.sqrt()).clamp(0.0, staff.new.len() as f64 + staff.settled as f64)
}

/// Share of applications that ends in a hire, cents of an application, and the parts of channels, at the mix that their weights make.
fn yields(channels: &[Channel], random: &mut StdRng) -> (f64, f64, Vec<f64>) {
    let weighed = |channel: &Channel| channel.applied as f64 * channel.weight;
    let all: f64 = channels.iter().map(weighed).sum();
    if all <= 0.0 {
        return (1.0, 0.0, vec![0.0; channels.len()]);
    }
    let mix: Vec<f64> = channels.iter().map(|channel| weighed(channel) / all).collect();
    let (mut conversion, mut cents) = (0.0, 0.0);
    for (channel, part) in channels.iter().zip(&mix).filter(|(channel, _)| channel.applied > 0) {
        let hits = gamma(channel.onboarded.min(channel.applied) as f64 + 0.5, 1.0, random);
        let misses = gamma(channel.applied.saturating_sub(channel.onboarded) as f64 + 0.5, 1.0, random);
        conversion += part * hits / (hits + misses);
        cents += part * channel.each();
    }
    (conversion, cents, mix)
}

/// The mean in the place of the median: means add up over weeks.
fn mean_step(draws: Vec<f64>) -> Step {
    let mean = draws.iter().sum::<f64>() / draws.len().max(1) as f64;
    Step { value: mean, ..step(draws) }
}

fn step(mut draws: Vec<f64>) -> Step {
    draws.sort_by(f64::total_cmp);
    let at =
        |share: f64| draws.get(((draws.len() as f64 * share) as usize).min(draws.len().saturating_sub(1))).copied().unwrap_or_default();
    Step { value: at(0.5), low: at(0.025), high: at(0.975) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::periods::PeriodMethod;

    fn sure(values: &[f64]) -> Outlook {
        Outlook {
            method: PeriodMethod::Naive,
            values: values.to_vec(),
            spreads: vec![0.0; values.len()],
            freedom: 3.0,
            origins: 3,
            ratio: None,
        }
    }

    fn channel(applied: u64, onboarded: u64, cents: u64) -> Channel {
        Channel { applied, onboarded, cents, weight: 1.0, posting_weeks: 0.0 }
    }

    fn near(step: Step, value: f64, share: f64) -> bool {
        (step.value - value).abs() <= share * value.abs().max(1e-9)
    }

    #[test]
    fn each_step_follows_from_the_one_before() {
        let outlook = sure(&[1200.0, 1500.0, 1800.0]);
        let staff = Staff { new: Vec::new(), settled: 10, attrition: Attrition::Given(0.1) };
        let channels = [channel(30_000, 3_000, 90_000_000), channel(10_000, 200, 0)];
        let demand = Demand {
            outlook: &outlook,
            starts: &[0.0, MONTH, 2.0 * MONTH],
            units_per_head: 125.0,
            shrinkage: 0.2,
            lead: MONTH,
            staff: &staff,
            channels: &channels,
            shown: 3,
            weeks: &[0, 0, 1],
        };
        let needs = plan(&demand).unwrap();
        // 100 units a paid head: 12, 15 and 18 heads; of 10 there are 9 and 8.1 left.
        let heads: Vec<f64> = needs.periods.iter().map(|period| period.heads.value).collect();
        assert!((heads[0] - 12.0).abs() + (heads[1] - 15.0).abs() + (heads[2] - 18.0).abs() < 1e-9, "{heads:?}");
        assert!((needs.periods[2].leavers.value - 1.9).abs() < 0.1, "{:?}", needs.periods[2]);
        assert_eq!(needs.periods.map_reach(), [false, true, true]);
        // 18 - 8.1 heads, and a tenth of those who start a month before leaves.
        assert!(needs.hardest == Some(2) && near(needs.hires, 9.9 / 0.9, 0.02), "{:?}", needs.hires);
        // 3200 hires of 40 000 applications, which cost 22.50 each.
        assert!(near(needs.conversion.unwrap(), 0.08, 0.02) && near(needs.applications.unwrap(), 11.0 / 0.08, 0.03));
        assert!(near(needs.cents.unwrap(), 11.0 / 0.08 * 2250.0, 0.03), "{:?}", needs.cents);
        assert!(near(needs.attrition[0], 0.1, 1e-9));
        assert_eq!(plan(&demand), Some(needs), "the same again");
    }

    trait Reach {
        fn map_reach(&self) -> Vec<bool>;
    }

    impl Reach for Vec<PeriodNeed> {
        fn map_reach(&self) -> Vec<bool> {
            self.iter().map(|period| period.in_reach).collect()
        }
    }

    #[test]
    fn new_people_leave_as_new_people_do() {
        // 30 of 3 000 person-days new (a month: 26 %), 10 of 30 000 settled (1 %).
        let attrition = Attrition::Observed { new: (30, 3_000.0), settled: (10, 30_000.0) };
        let outlook = sure(&[0.0]);
        let of = |new: Vec<f64>, settled: u64| {
            let staff = Staff { new, settled, attrition };
            let demand = Demand {
                outlook: &outlook,
                starts: &[60.0],
                units_per_head: 1.0,
                shrinkage: 0.0,
                lead: 0.0,
                staff: &staff,
                channels: &[],
                shown: 1,
                weeks: &[0],
            };
            plan(&demand).unwrap()
        };
        let settled = of(Vec::new(), 100);
        assert!(near(settled.periods[0].leavers, 100.0 * (1.0 - (-0.02_f64).exp()), 0.15), "{settled:?}");
        let half = of(vec![30.0; 100], 0);
        assert!(near(half.periods[0].leavers, 100.0 * (1.0 - (-0.31_f64).exp()), 0.05), "{half:?}");
        assert!(half.attrition[0].low < half.attrition[0].value && half.attrition[0].value < half.attrition[0].high);
        // More than enough people: nobody is to be hired, and nothing is known of channels.
        assert_eq!((half.hires.value, half.conversion, half.applications), (0.0, None, None));
    }

    #[test]
    fn nothing_in_reach_asks_for_nobody() {
        let outlook = sure(&[100.0]);
        let staff = Staff { new: Vec::new(), settled: 1, attrition: Attrition::Given(0.0) };
        let demand = Demand {
            outlook: &outlook,
            starts: &[10.0],
            units_per_head: 10.0,
            shrinkage: 0.0,
            lead: 30.0,
            staff: &staff,
            channels: &[],
            shown: 1,
            weeks: &[0],
        };
        let needs = plan(&demand).unwrap();
        assert_eq!((needs.hardest, needs.hires.value, needs.periods[0].gap.value), (None, 0.0, 9.0));
        assert_eq!(plan(&Demand { shrinkage: 1.0, ..demand.clone() }), None);
        assert_eq!(plan(&Demand { starts: &[], ..demand }), None);
    }

    /// Ten heads do 1000 units; the business is at 1000, at 3000 in two weeks, and at 1200 from then on.
    #[test]
    fn a_peak_takes_temporary_heads_and_a_rise_lasting_ones() {
        let outlook = sure(&[1000.0, 1000.0, 3000.0, 3000.0, 1200.0, 1200.0, 1200.0]);
        let starts: Vec<f64> = (0..7).map(|week| f64::from(week) * 7.0).collect();
        let staff = Staff { new: Vec::new(), settled: 10, attrition: Attrition::Given(0.0) };
        let channels = [Channel { posting_weeks: 3_000.0, weight: 2.0, ..channel(30_000, 3_000, 90_000_000) }, channel(60_000, 6_000, 0)];
        let demand = Demand {
            outlook: &outlook,
            starts: &starts,
            units_per_head: 100.0,
            shrinkage: 0.0,
            lead: 14.0,
            staff: &staff,
            channels: &channels,
            shown: 6,
            // Those of the first three weeks are opened now, the others a week later each.
            weeks: &[0, 0, 0, 1, 2, 3],
        };
        let needs = plan(&demand).unwrap();
        let heads: Vec<(f64, f64)> = needs.weeks.iter().map(|week| (week.lasting.value, week.temporary.value)).collect();
        assert_eq!(heads, [(2.0, 18.0), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0)]);
        let at_work: Vec<f64> = needs.periods.iter().map(|period| period.temporary.value).collect();
        assert_eq!(at_work, [0.0, 0.0, 18.0, 18.0, 0.0, 0.0]);
        let now = &needs.weeks[0];
        // Twenty hires of one in ten; half of the applications through each channel, as the first one's part is doubled.
        let [first, second] = now.channels.as_slice() else { panic!("{now:?}") };
        assert!(near(now.applications.unwrap(), 200.0, 0.02), "{now:?}");
        assert!(near(first.applications, 100.0, 0.02) && near(second.applications, 100.0, 0.02));
        // Thirty yuan each, and ten a posting and week.
        assert!(
            near(first.cents, 100.0 * 3_000.0, 0.02) && near(second.cents, 0.0, 1e-9) && near(now.cents.unwrap(), 100.0 * 3_000.0, 0.02)
        );
        assert!(near(first.postings.unwrap(), 10.0, 0.03) && second.postings.is_none(), "{first:?}");
        // The end of what is looked at does not pass for a rise: without the weeks after the peak all would be lasting.
        let blind = plan(&Demand { starts: &starts[..4], shown: 4, weeks: &[0, 0, 0, 1], ..demand }).unwrap();
        assert_eq!((blind.weeks[0].lasting.value, blind.weeks[0].temporary.value), (20.0, 0.0));
    }

    /// Who leaves is replaced.
    #[test]
    fn weeks_replace_who_leaves() {
        let outlook = sure(&[100.0; 20]);
        let starts: Vec<f64> = (0..20).map(|week| f64::from(week) * 7.0).collect();
        let staff = Staff { new: Vec::new(), settled: 100, attrition: Attrition::Given(0.1) };
        let weeks: Vec<usize> = (0..20).collect();
        let demand = Demand {
            outlook: &outlook,
            starts: &starts,
            units_per_head: 1.0,
            shrinkage: 0.0,
            lead: 0.0,
            staff: &staff,
            channels: &[],
            shown: 20,
            weeks: &weeks,
        };
        let needs = plan(&demand).unwrap();
        // A tenth a month of a hundred, in 19 weeks, whoever of them has left.
        let all: f64 = needs.weeks.iter().map(|week| week.lasting.value + week.temporary.value).sum();
        let truth = 100.0 * -(0.9_f64.ln()) / MONTH * 19.0 * 7.0;
        assert!((all / truth - 1.0).abs() < 0.1, "{all} {truth}");
        assert!(needs.weeks.iter().all(|week| week.applications.is_none() && week.channels.is_empty()));
    }
}
