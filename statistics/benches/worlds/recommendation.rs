//! Scores of people from past outcomes: whether the probabilities that are stated are those that hold for people who come later.
//!
//! A world has people with tags (some rare, some that come together) and years of experience, and a chance of being hired and staying that
//! a few of the tags move, in a third of the worlds one only beside another, so that the truth is not the model's form. In half of the worlds
//! the chance of all has risen or fallen over the time that outcomes are known of.
//!
//! What is judged is what the job does: the ridge is chosen and the scores are judged in time ([`judge_later`]), then all outcomes are fitted.

use inflow_statistics::logistic::{Design, calibration, fit, judge_later};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::Verdict;

/// The penalties that the job tries.
const RIDGES: [f64; 6] = [0.3, 1.0, 3.0, 10.0, 30.0, 100.0];
/// The share of outcomes, the newest, that judges.
const HELD_OUT: f64 = 0.3;
/// People who come later.
const LATER: usize = 2000;

struct World {
    tags: Vec<f64>,
    weights: Vec<f64>,
    experience: f64,
    beside: Option<(usize, usize, f64)>,
    base: f64,
    /// Log-odds by which the chance was lower when the outcomes began.
    drift: f64,
}

impl World {
    fn draw(random: &mut StdRng, signal: bool) -> Self {
        let count = random.random_range(4..20);
        let weight = |random: &mut StdRng| match random.random_range(0..3) {
            0 if signal => random.random_range(0.3..1.4) * if random.random_bool(0.5) { 1.0 } else { -1.0 },
            _ => 0.0,
        };
        Self {
            tags: (0..count).map(|_| random.random_range(0.03..0.6)).collect(),
            weights: (0..count).map(|_| weight(random)).collect(),
            experience: if signal { random.random_range(-0.1..0.3) } else { 0.0 },
            beside: (signal && random.random_bool(0.33)).then(|| (0, random.random_range(1..count), random.random_range(0.3..1.0))),
            base: random.random_range(-2.5..-0.3),
            drift: if random.random_bool(0.5) { random.random_range(-0.4..0.4) } else { 0.0 },
        }
    }

    /// Features of a person, and the true chance; `ago` from 1, when the outcomes began, to 0.
    fn person(&self, random: &mut StdRng, ago: f64) -> (Vec<f64>, f64) {
        let mut row: Vec<f64> = self.tags.iter().map(|share| f64::from(u8::from(random.random_bool(*share)))).collect();
        // Who has the first tag often has the second.
        if row[0] > 0.0 && random.random_bool(0.5) {
            row[1] = 1.0;
        }
        let years: f64 = random.random_range(0.0..8.0);
        let tags: f64 = row.iter().zip(&self.weights).map(|(has, weight)| has * weight).sum();
        let beside = self.beside.map_or(0.0, |(one, other, weight)| row[one] * row[other] * weight);
        row.push(years);
        (row, 1.0 / (1.0 + (-(self.base - self.drift * ago + tags + beside + self.experience * years)).exp()))
    }

    /// In the order in which they came; the last of `past` ones is of now.
    fn people(&self, random: &mut StdRng, count: usize, past: bool) -> (Vec<f64>, Vec<f64>, Vec<bool>) {
        let (mut values, mut chances, mut outcomes) = (Vec::new(), Vec::new(), Vec::new());
        for place in 0..count {
            let ago = if past { 1.0 - place as f64 / count as f64 } else { 0.0 };
            let (row, chance) = self.person(random, ago);
            values.extend(row);
            chances.push(chance);
            outcomes.push(random.random_bool(chance));
        }
        (values, chances, outcomes)
    }
}

#[derive(Default)]
struct Tally {
    worlds: u32,
    large: f64,
    slopes: Vec<f64>,
    area_gap: f64,
    covered: f64,
    stated: f64,
    mean_miss: f64,
    share_miss: f64,
}

pub fn run(worlds: u32, seed: u64) -> Vec<Verdict> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut tally = Tally::default();
    let (mut idle, mut believed) = (0_u32, 0_u32);
    for world in 0..worlds {
        let signal = world % 4 != 0;
        let drawn = World::draw(&mut random, signal);
        let width = drawn.tags.len() + 1;
        let count = random.random_range(200..2000);
        let (values, _, outcomes) = drawn.people(&mut random, count, true);
        let design = Design::new(&values, width).expect("a world has people");
        let Ok(judged) = judge_later(design, &outcomes, HELD_OUT, &RIDGES, 5) else { continue };
        let stated = &judged.calibration;
        let area = stated.area_under_curve.expect("both outcomes were seen");
        let works = judged.tells_apart();
        if !signal {
            idle += 1;
            believed += u32::from(works);
            continue;
        }
        if !works {
            continue;
        }
        let model = fit(design, &outcomes, judged.ridge).expect("it was fitted in parts");
        let (later, chances, became) = drawn.people(&mut random, LATER, false);
        let scores: Vec<_> = later.chunks_exact(width).map(|row| model.score(row)).collect();
        let predicted: Vec<f64> = scores.iter().map(|score| score.probability).collect();
        let found = calibration(&predicted, &became).expect("people came later");
        let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / LATER as f64;
        let seen = outcomes.iter().filter(|outcome| **outcome).count() as f64 / outcomes.len() as f64;
        tally.worlds += 1;
        tally.large += mean(&mut predicted.iter().zip(&chances).map(|(p, c)| p - c));
        tally.slopes.extend(found.slope);
        tally.area_gap += area - found.area_under_curve.unwrap_or(area);
        tally.covered += mean(&mut scores.iter().zip(&chances).map(|(s, c)| f64::from(u8::from(s.low <= *c && *c <= s.high))));
        tally.stated += 1.0;
        tally.mean_miss += mean(&mut predicted.iter().zip(&chances).map(|(p, c)| (p - c).powi(2))).sqrt();
        tally.share_miss += mean(&mut chances.iter().map(|c| (seen - c).powi(2))).sqrt();
    }
    verdicts(&mut tally, idle, believed)
}

fn verdicts(tally: &mut Tally, idle: u32, believed: u32) -> Vec<Verdict> {
    let worlds = f64::from(tally.worlds.max(1));
    tally.slopes.sort_by(f64::total_cmp);
    let at = |share: f64| tally.slopes.get((tally.slopes.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
    let slope = at(0.5);
    println!(
        "{} worlds in which the scores were taken for use; slopes on later people: {:.2}, {:.2}, {:.2} (5 %, median, 95 %)",
        tally.worlds,
        at(0.05),
        slope,
        at(0.95)
    );
    println!(
        "root mean square distance from the true chance: {:.4}, of the plain share {:.4}",
        tally.mean_miss / worlds,
        tally.share_miss / worlds
    );
    println!("intervals of scores hold the true chance: {:.2} %", tally.covered / worlds * 100.0);
    let large = tally.large / worlds * 100.0;
    let gap = tally.area_gap / worlds * 100.0;
    let kept = tally.mean_miss < tally.share_miss * 0.7;
    vec![
        Verdict {
            promise: "stated chances are right on average within half a point".to_owned(),
            found: format!("{large:+.2} points"),
            kept: large.abs() < 0.5,
        },
        Verdict {
            promise: "median calibration slope on later people 0.9-1.1".to_owned(),
            found: format!("{slope:.3}"),
            kept: (0.9..=1.1).contains(&slope),
        },
        Verdict {
            promise: "the printed area under the curve is that of later people within a point".to_owned(),
            found: format!("{gap:+.2} points"),
            kept: gap.abs() < 1.0,
        },
        Verdict {
            promise: "scores are 30 % nearer to the true chance than the plain share".to_owned(),
            found: format!("{:.1} %", (1.0 - tally.mean_miss / tally.share_miss.max(1e-12)) * 100.0),
            kept,
        },
        Verdict::share(
            "where nothing tells people apart, scores are withheld (at most 5 % are not)",
            f64::from(believed) / f64::from(idle.max(1)),
            0.0,
            0.05,
        ),
    ]
}
