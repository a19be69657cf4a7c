//! Budget advice, followed week by week for 12 weeks, against an oracle that knows the true curves.
//!
//! A world has 3 to 8 channels. What people cost differs by channel, and how they grow with spend is a Hill, a power or a log curve: two
//! of the three are not what is fitted. It starts from money that was given out without regard to either, and from 26 to 52
//! weeks of counts that are over-dispersed and shaken in common, with spend that varied as companies' spend does: slowly and
//! by chance, in promotions, not at all in some weeks, and in one channel of seven never. A week's people are known two weeks later. The total stays what it was.
//!
//! Gain: expected people a week after 12 weeks, over those of the start. The oracle's gain is the most that any allocation has which 12 such
//! moves could lead each channel to (0.75^12 to 1.25^12 times its start, not under the floor). Regret is the part of it that the advice has not reached, over all worlds.

use inflow_statistics::allocation::{self, Channel};
use inflow_statistics::response::{self, Week};
use inflow_statistics::sampling::{negative_binomial, normal};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::Verdict;

const WEEKS: usize = 12;
/// Weeks until it is known who of a week's people counts.
const DELAY: usize = 2;

/// How people grow with spend; spend as a share of the start.
enum Shape {
    Hill(f64),
    Power(f64),
    Log(f64),
}

struct Truth {
    shape: Shape,
    /// People a week at the start's spend.
    people: f64,
    /// Spend a week at the start, cents.
    start: f64,
    /// Spread of weekly spend in the past; 0: a subscription.
    variation: f64,
    /// Size of the negative binomial.
    size: f64,
}

impl Truth {
    fn draw(random: &mut StdRng) -> Self {
        let shape = match random.random_range(0..3) {
            0 => Shape::Hill(random.random_range(0.2..4.0)),
            1 => Shape::Power(random.random_range(0.25..0.8)),
            _ => Shape::Log(random.random_range(0.1..2.0)),
        };
        let people = (normal(random) * 0.6 + 3.0).exp().clamp(2.0, 80.0);
        let cost = 30_000.0 * (normal(random) * 0.7).exp();
        let variation = if random.random_bool(1.0 / 7.0) { 0.0 } else { random.random_range(0.2..0.6) };
        Self { shape, people, start: (people * cost).round(), variation, size: random.random_range(15.0..100.0) }
    }

    /// Expected people of a week by its spend, cents.
    fn mean(&self, spend: f64) -> f64 {
        let spend = spend / self.start;
        self.people
            * match self.shape {
                Shape::Hill(k) => spend * (1.0 + k) / (k + spend),
                Shape::Power(exponent) => spend.powf(exponent),
                Shape::Log(b) => (spend / b).ln_1p() / (1.0 / b).ln_1p(),
            }
    }
}

/// The past: weekly spend that wanders, with promotions and pauses.
fn history(truth: &[Truth], weeks: usize, random: &mut StdRng) -> Vec<Vec<(f64, u64)>> {
    let mut rows: Vec<Vec<(f64, u64)>> = truth.iter().map(|_| Vec::new()).collect();
    let mut wander: Vec<f64> = truth.iter().map(|_| normal(random)).collect();
    for _ in 0..weeks {
        let shock = (normal(random) * 0.1).exp();
        for ((truth, rows), wander) in truth.iter().zip(&mut rows).zip(&mut wander) {
            *wander = 0.7 * *wander + (1.0 - 0.49_f64).sqrt() * normal(random);
            let mut spend = truth.start * (truth.variation * *wander).exp();
            if truth.variation > 0.0 {
                spend *= match random.random_range(0..20) {
                    0 => 0.0,
                    1 => 1.6,
                    _ => 1.0,
                };
            }
            rows.push((spend, negative_binomial(truth.mean(spend) * shock, truth.size, random)));
        }
    }
    rows
}

/// The best within what 12 moves can reach: steps to the best next one, as far as the true curves say.
fn oracle(truth: &[Truth], settings: &allocation::Settings) -> f64 {
    let total: f64 = truth.iter().map(|one| one.start).sum();
    let reach = |up: bool| (1.0 + if up { settings.max_move } else { -settings.max_move }).powi(WEEKS as i32);
    let least = |one: &Truth| (one.start * reach(false)).max((settings.floor * total).min(one.start));
    let mut spend: Vec<f64> = truth.iter().map(least).collect();
    let step = total / 4000.0;
    let mut left = total - spend.iter().sum::<f64>();
    while left > 0.0 {
        let part = step.min(left);
        let gain = |place: usize| truth[place].mean(spend[place] + part) - truth[place].mean(spend[place]);
        let open = (0..truth.len()).filter(|place| spend[*place] + part <= truth[*place].start * reach(true));
        let Some(best) = open.max_by(|a, b| gain(*a).total_cmp(&gain(*b))) else { break };
        spend[best] += part;
        left -= part;
    }
    people(truth, &spend)
}

fn people(truth: &[Truth], spend: &[f64]) -> f64 {
    truth.iter().zip(spend).map(|(one, spend)| one.mean(*spend)).sum()
}

/// Stated probabilities of gain and what came of them, by tenths.
#[derive(Default)]
struct Calibration {
    tenths: [(f64, f64, f64); 10],
    inside: (u32, u32),
}

impl Calibration {
    fn add(&mut self, plan: &allocation::Plan, gain: f64) {
        let Some(probability) = plan.probability else { return };
        let tenth = &mut self.tenths[((probability * 10.0) as usize).min(9)];
        *tenth = (tenth.0 + 1.0, tenth.1 + probability, tenth.2 + f64::from(u8::from(gain > 0.0)));
        self.inside.0 += u32::from(plan.interval.low <= gain && gain <= plan.interval.high);
        self.inside.1 += 1;
    }

    /// Mean distance between stated and seen, weighted by how often it was stated.
    fn error(&self) -> f64 {
        let n: f64 = self.tenths.iter().map(|tenth| tenth.0).sum();
        self.tenths.iter().map(|tenth| (tenth.1 - tenth.2).abs()).sum::<f64>() / n.max(1.0)
    }

    fn print(&self) {
        for (tenth, (n, stated, seen)) in self.tenths.iter().enumerate().filter(|(_, tenth)| tenth.0 >= 20.0) {
            println!(
                "   gain said to be {}0-{}0 % likely: {n:6} moves, said {:.1} %, seen {:.1} %",
                tenth,
                tenth + 1,
                100.0 * stated / n,
                100.0 * seen / n
            );
        }
        println!(
            "   95 % interval of the move's gain holds the true one: {:.1} %",
            100.0 * f64::from(self.inside.0) / f64::from(self.inside.1.max(1))
        );
    }
}

/// What the advice reached, added up over worlds.
#[derive(Default)]
struct Reached {
    worlds: u32,
    start: f64,
    best: f64,
    /// After each week.
    weeks: [f64; WEEKS],
}

impl Reached {
    fn add(&mut self, start: f64, best: f64, weeks: &[f64; WEEKS]) {
        self.worlds += 1;
        self.start += start;
        self.best += best;
        self.weeks.iter_mut().zip(weeks).for_each(|(sum, week)| *sum += week);
    }

    /// The part of the oracle's gain that is reached after a week.
    fn part(&self, week: usize) -> f64 {
        (self.weeks[week] - self.start) / (self.best - self.start)
    }

    fn print(&self, which: &str) {
        let weeks: Vec<String> = (0..WEEKS).map(|week| format!("{:.0}", 100.0 * self.part(week))).collect();
        println!(
            "   {which}: {} worlds, {:.0} people a week, the oracle's {:+.0} %; per cent of that by week {}",
            self.worlds,
            self.start / f64::from(self.worlds.max(1)),
            100.0 * (self.best / self.start - 1.0),
            weeks.join(" ")
        );
    }
}

/// One week: what is known by then is fitted, the money moves.
fn advise(rows: &[Vec<(f64, u64)>], spend: &[u64], seed: u64, settings: &allocation::Settings) -> allocation::Plan {
    let week = |(spend, people): &(f64, u64)| Week { spend: *spend, people: *people };
    let known: Vec<response::Channel> = rows
        .iter()
        .zip(spend)
        .map(|(rows, now)| response::Channel { weeks: rows.iter().take(rows.len() - DELAY).map(week).collect(), spend: *now as f64 })
        .collect();
    let fitted = response::fit(&known, &response::Settings { draws: 300, seed, ..response::Settings::default() });
    let channels: Vec<Channel<'_>> = spend.iter().zip(&fitted).map(|(spend, one)| Channel::new(*spend, &one.curves)).collect();
    allocation::allocate(&channels, None, settings).expect("what is spent now fits")
}

/// See the module's comment.
pub fn run(worlds: u32, seed: u64) -> Vec<Verdict> {
    let settings = allocation::Settings { steps: 500, ..allocation::Settings::default() };
    let (mut all, mut small, mut large) = (Reached::default(), Reached::default(), Reached::default());
    let (mut first, mut every) = (Calibration::default(), Calibration::default());
    for world in 0..worlds {
        let mut random = StdRng::seed_from_u64(seed.wrapping_mul(1_000_003) + u64::from(world));
        let truth: Vec<Truth> = (0..random.random_range(3..9)).map(|_| Truth::draw(&mut random)).collect();
        let weeks = random.random_range(26..=52);
        let mut rows = history(&truth, weeks, &mut random);
        let mut spend: Vec<u64> = truth.iter().map(|one| one.start as u64).collect();
        let mean = |spend: &[u64]| people(&truth, &spend.iter().map(|cents| *cents as f64).collect::<Vec<_>>());
        let start = mean(&spend);
        let mut reached = [0.0; WEEKS];
        for (week, reached) in reached.iter_mut().enumerate() {
            let plan = advise(&rows, &spend, u64::from(world) * 100 + week as u64, &settings);
            let to: Vec<u64> = plan.moves.iter().map(|one| one.to).collect();
            let gain = mean(&to) - mean(&spend);
            every.add(&plan, gain);
            if week == 0 {
                first.add(&plan, gain);
            }
            spend = to;
            *reached = mean(&spend);
            let shock = (normal(&mut random) * 0.1).exp();
            for ((truth, rows), spend) in truth.iter().zip(&mut rows).zip(&spend) {
                rows.push((*spend as f64, negative_binomial(truth.mean(*spend as f64) * shock, truth.size, &mut random)));
            }
        }
        let best = oracle(&truth, &settings);
        all.add(start, best, &reached);
        if start < 100.0 { &mut small } else { &mut large }.add(start, best, &reached);
    }
    all.print("all");
    small.print("under 100 people a week");
    large.print("the others");
    println!("   the first move of each world:");
    first.print();
    println!("   all moves:");
    every.print();
    vec![
        Verdict::share("budget regret under 10 % of the oracle's gain after 12 weeks", 1.0 - all.part(WEEKS - 1), -0.01, 0.1),
        Verdict::share("stated probability of a first move's gain within 5 points of what is seen", first.error(), 0.0, 0.05),
        Verdict::share("stated probability of any move's gain within 5 points of what is seen", every.error(), 0.0, 0.05),
    ]
}
