//! The demand plan: whether the intervals of heads, hires and applications hold what turns out to be needed.
//!
//! A world has a business of one to four years of weeks (level, growth, a yearly season, noise that lasts), a staff that was hired over the last
//! years and leaves by true hazards, and channels with true shares. Then twelve weeks come, people leave one by one, and what the week took that the plan
//! called the hardest is reckoned from what came.

use inflow_statistics::demand::{Attrition, Channel, Demand, SETTLED, Staff, Step, plan};
use inflow_statistics::forecast::periods::outlook;
use inflow_statistics::sampling::{normal, poisson};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::Verdict;

const AHEAD: usize = 12;
const YEAR: f64 = 365.0;

struct Business {
    level: f64,
    growth: f64,
    season: f64,
    peak: f64,
    noise: f64,
    lasts: f64,
}

impl Business {
    fn draw(random: &mut StdRng) -> Self {
        Self {
            level: random.random_range(300.0..20_000.0),
            growth: random.random_range(-0.1..0.25),
            season: random.random_range(0.0..0.3),
            peak: random.random_range(0.0..1.0),
            noise: random.random_range(0.02..0.12),
            lasts: random.random_range(0.0..0.8),
        }
    }

    fn weeks(&self, count: usize, random: &mut StdRng) -> Vec<f64> {
        let mut noise = normal(random) * self.noise;
        let mut week = |week: usize, random: &mut StdRng| {
            noise = self.lasts * noise + (1.0 - self.lasts * self.lasts).sqrt() * self.noise * normal(random);
            let year = week as f64 / 52.0;
            self.level * (self.growth * year + self.season * (std::f64::consts::TAU * (year - self.peak)).cos() + noise).exp()
        };
        (0..count).map(|place| week(place, random)).collect()
    }
}

/// Days until somebody leaves, of hazards before and after being settled.
fn stay([early, late]: [f64; 2], random: &mut StdRng) -> f64 {
    let mut of = |hazard: f64| -random.random_range(f64::MIN_POSITIVE..1.0_f64).ln() / hazard;
    let first = of(early);
    if first < SETTLED { first } else { SETTLED + of(late) }
}

/// Tenure in days and days to come.
type Person = (f64, f64);
/// Exits over person-days.
type Seen = (u64, f64);

/// Who was hired over three years and is there, by tenure in days and days to come; and exits over person-days of the last year, new and settled.
fn staff(heads: usize, hazards: [f64; 2], random: &mut StdRng) -> (Vec<Person>, [Seen; 2]) {
    let (mut there, mut seen) = (Vec::new(), [(0, 0.0); 2]);
    while there.len() < heads {
        let tenure = random.random_range(0.0..3.0 * YEAR);
        let stays = stay(hazards, random);
        let until = stays.min(tenure);
        let since = (tenure - YEAR).max(0.0);
        seen[0].1 += (until.min(SETTLED) - since).max(0.0);
        seen[1].1 += (until - since.max(SETTLED)).max(0.0);
        if stays > tenure {
            there.push((tenure, stays - tenure));
        } else if stays > since {
            seen[usize::from(stays > SETTLED)].0 += 1;
        }
    }
    (there, seen)
}

#[derive(Default)]
struct Held {
    within: u32,
    under: u32,
    all: u32,
}

impl Held {
    fn add(&mut self, said: Step, truth: f64) {
        self.within += u32::from(said.low <= truth && truth <= said.high);
        self.under += u32::from(truth < said.low);
        self.all += 1;
    }

    fn verdict(&self, promise: &str, low: f64) -> Verdict {
        let all = f64::from(self.all.max(1));
        println!("   {promise}: {} figures, truth below {:.1} %", self.all, 100.0 * f64::from(self.under) / all);
        Verdict::share(promise, f64::from(self.within) / all, low, 0.985)
    }
}

/// See the module's comment.
pub fn run(worlds: u32, seed: u64) -> Vec<Verdict> {
    let mut random = StdRng::seed_from_u64(seed);
    let (mut units, mut hires, mut applications, mut cents) = (Held::default(), Held::default(), Held::default(), Held::default());
    for _ in 0..worlds {
        let business = Business::draw(&mut random);
        let past = random.random_range(52..208);
        let weeks = business.weeks(past + AHEAD, &mut random);
        let known: Vec<Option<f64>> = weeks.iter().take(past).map(|units| Some(*units)).collect();
        let hazards = [random.random_range(0.001..0.006), random.random_range(0.0003..0.002)];
        let heads = random.random_range(8..80);
        let (there, [new, settled]) = staff(heads, hazards, &mut random);
        // As many heads as the last weeks took, and some to hire.
        let each = weeks[past - 4..past].iter().sum::<f64>() / 4.0 / (heads as f64 * random.random_range(1.0..1.3));
        let shares: Vec<(f64, f64, u64)> = (0..random.random_range(2..6))
            .map(|_| (random.random_range(0.02..0.15), random.random_range(50.0..600.0), random.random_range(0..9_000)))
            .collect();
        let channels: Vec<Channel> = shares
            .iter()
            .map(|(share, mean, price)| {
                let applied = poisson(*mean, &mut random);
                let onboarded = (0..applied).filter(|_| random.random_bool(*share)).count() as u64;
                Channel { applied, onboarded, cents: applied * price, weight: 1.0, posting_weeks: 0.0 }
            })
            .collect();
        let staff = Staff {
            new: there.iter().map(|(tenure, _)| SETTLED - tenure).filter(|left| *left > 0.0).collect(),
            settled: there.iter().filter(|(tenure, _)| *tenure >= SETTLED).count() as u64,
            attrition: Attrition::Observed { new, settled },
        };
        let starts: Vec<f64> = (0..AHEAD).map(|week| 7.0 * week as f64).collect();
        let lead = random.random_range(14.0..42.0);
        let Some(outlook) = outlook(&known, 52, AHEAD) else { continue };
        let demand = Demand {
            outlook: &outlook,
            starts: &starts,
            units_per_head: each,
            shrinkage: 0.0,
            lead,
            staff: &staff,
            channels: &channels,
            shown: AHEAD,
            weeks: &[0; AHEAD],
        };
        let needs = plan(&demand).expect("a period and a productivity");
        // What came.
        let stays = |days: f64| (-hazards[0] * days.min(SETTLED) - hazards[1] * (days - SETTLED).max(0.0)).exp();
        let needed = |week: usize| {
            let left = there.iter().filter(|(_, days)| *days < starts[week]).count() as f64;
            (weeks[past + week] / each - (heads as f64 - left)).max(0.0) / stays(starts[week] - lead)
        };
        let truth = needs.hardest.map_or(0.0, needed);
        let all: f64 = channels.iter().map(|channel| channel.applied as f64).sum();
        let share: f64 = channels.iter().zip(&shares).map(|(channel, (share, _, _))| channel.applied as f64 / all * share).sum();
        let price: f64 = channels.iter().zip(&shares).map(|(channel, (_, _, price))| channel.applied as f64 / all * *price as f64).sum();
        for week in [0, 5, 11] {
            units.add(needs.periods[week].units, weeks[past + week]);
        }
        if truth > 0.0 || needs.hires.high > 0.0 {
            hires.add(needs.hires, truth);
            applications.add(needs.applications.expect("people applied"), truth / share);
            cents.add(needs.cents.expect("people applied"), truth / share * price);
        }
    }
    vec![
        units.verdict("95 % intervals of a week's units hold what came, 92-98.5 %", 0.92),
        hires.verdict("95 % intervals of hires hold what turned out to be needed, 92-98.5 %", 0.92),
        applications.verdict("those of applications, 92-98.5 %", 0.92),
        cents.verdict("those of money, 92-98.5 %", 0.92),
    ]
}
