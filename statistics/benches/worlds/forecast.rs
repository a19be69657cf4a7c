//! Forecasts of daily counts, four weeks ahead, against the seasonal-naive one: series as channels have them.

use std::f64::consts::TAU;

use inflow_statistics::forecast::{Ahead, Forecast, ORDINARY, Range, Series, forecast, mase, rmsse};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use statrs::distribution::{ContinuousCDF, Gamma};

use crate::Verdict;

const HORIZON: usize = 28;
/// One promotion, named to the forecast.
const PROMOTION: u8 = 1;

/// What a series is like.
#[derive(Debug, Clone, Copy)]
enum Class {
    FlatSmall,
    Weekday,
    Trend,
    Promotion,
    LevelShift,
    Intermittent,
    OverDispersed,
    YearlyWave,
}

const CLASSES: [Class; 8] = [
    Class::FlatSmall,
    Class::Weekday,
    Class::Trend,
    Class::Promotion,
    Class::LevelShift,
    Class::Intermittent,
    Class::OverDispersed,
    Class::YearlyWave,
];

struct World {
    /// History, then what came.
    counts: Vec<f64>,
    /// Whether each day was observed.
    observed: Vec<bool>,
    classes: Vec<u8>,
    history: usize,
}

/// What the worlds of a class came to.
#[derive(Default)]
struct Found {
    worlds: u32,
    rmsse: f64,
    naive_rmsse: f64,
    mase: f64,
    naive_mase: f64,
    days: u32,
    in80: u32,
    in95: u32,
    totals80: u32,
    totals95: u32,
}

/// Classes in turn; 70 to 400 days of history, in every third world with a gap and scattered days that were not observed.
pub fn run(worlds: u32, seed: u64) -> Vec<Verdict> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut found: Vec<Found> = CLASSES.iter().map(|_| Found::default()).collect();
    for number in 0..worlds as usize {
        let class = number % CLASSES.len();
        let world = draw(CLASSES[class], number % 3 == 0, &mut random);
        let counts: Vec<Option<f64>> = (0..world.history).map(|day| world.observed[day].then_some(world.counts[day])).collect();
        let Some(forecast) = forecast(Series { counts: &counts, classes: &world.classes }, HORIZON) else { continue };
        found[class].add(&world, &forecast);
    }
    println!("class          worlds  RMSSE (naive)  ratio   MASE (naive)  ratio   80 %   95 %  sum 80 %  sum 95 %");
    let mut all = Found::default();
    let mut verdicts = Vec::new();
    for (class, found) in CLASSES.iter().zip(&found) {
        found.print(&format!("{class:?}"));
        let ratio = found.rmsse / found.naive_rmsse;
        verdicts.push(Verdict {
            promise: format!("{class:?}: no worse than seasonal-naive (RMSSE)"),
            found: format!("{ratio:.3}"),
            kept: ratio <= 1.0,
        });
        all.merge(found);
    }
    all.print("all");
    let ratio = all.rmsse / all.naive_rmsse;
    verdicts.push(Verdict { promise: "better than seasonal-naive in total".to_owned(), found: format!("{ratio:.3}"), kept: ratio < 0.95 });
    verdicts.push(Verdict::share("80 % ranges hold 78-88 % of days (whole numbers reach further)", all.share(all.in80), 0.78, 0.88));
    verdicts.push(Verdict::share("95 % ranges hold 93-97 % of days", all.share(all.in95), 0.93, 0.97));
    verdicts.push(Verdict::share("80 % ranges of sums hold 76-90 %", f64::from(all.totals80) / f64::from(all.worlds), 0.76, 0.90));
    verdicts.push(Verdict::share("95 % ranges of sums hold 92-99 %", f64::from(all.totals95) / f64::from(all.worlds), 0.92, 0.99));
    verdicts
}

fn draw(class: Class, gaps: bool, random: &mut StdRng) -> World {
    let history = random.random_range(70..=400);
    let length = history + HORIZON;
    let level = match class {
        Class::FlatSmall => random.random_range(0.3..3.0),
        Class::Intermittent => random.random_range(0.03..0.3),
        _ => random.random_range(3.0..60.0),
    };
    let week: [f64; 7] = match class {
        Class::FlatSmall | Class::Intermittent => [1.0; 7],
        _ => {
            let (weekend, start) = (random.random_range(0.2..1.1), random.random_range(0..7_usize));
            std::array::from_fn(|day| if (day + start) % 7 < 5 { random.random_range(0.85..1.15) } else { weekend })
        }
    };
    let yearly_growth: f64 = random.random_range(-0.8..1.2);
    let shift_day = random.random_range(history / 4..history);
    let shift = if random.random_bool(0.5) { random.random_range(0.4..0.7) } else { random.random_range(1.4..2.5) };
    let (depth, phase) = (random.random_range(0.2..0.6), random.random_range(0.0..TAU));
    let (boost, in_history, ahead) =
        (random.random_range(1.3..3.5), random.random_range(20..history - 12), history + random.random_range(0..HORIZON - 8));
    let promoted =
        |day: usize| matches!(class, Class::Promotion) && [in_history, ahead].iter().any(|&from| (from..from + 8).contains(&day));
    let shape = if matches!(class, Class::OverDispersed) { Gamma::new(4.0, 4.0).ok() } else { None };
    let counts = (0..length)
        .map(|day| {
            let along = day as f64 / 365.0;
            let form = match class {
                Class::Trend => (1.0 + yearly_growth * along).max(0.1),
                Class::LevelShift if day >= shift_day => shift,
                Class::YearlyWave => 1.0 + depth * (TAU * along + phase).sin(),
                _ => 1.0,
            };
            // The boost of a year is that of the last one, more or less.
            let promotion = if promoted(day) { boost * if day >= history { random.random_range(0.8..1.2) } else { 1.0 } } else { 1.0 };
            let burst = shape.as_ref().map_or(1.0, |gamma| gamma.inverse_cdf(random.random_range(0.0001..0.9999)));
            poisson(level * week[day % 7] * form * promotion * burst, random)
        })
        .collect();
    let gap = if gaps { random.random_range(0..history - 10) } else { length };
    let observed =
        (0..length).map(|day| day >= history || !(gaps && ((gap..gap + 10).contains(&day) || random.random_bool(0.02)))).collect();
    let classes = (0..length).map(|day| if promoted(day) { PROMOTION } else { ORDINARY }).collect();
    World { counts, observed, classes, history }
}

/// Arrivals with exponential gaps until the day is over.
fn poisson(mean: f64, random: &mut StdRng) -> f64 {
    let mut arrivals = 0.0;
    let mut time = -random.random_range(f64::MIN_POSITIVE..1.0).ln();
    while time < mean {
        arrivals += 1.0;
        time -= random.random_range(f64::MIN_POSITIVE..1.0).ln();
    }
    arrivals
}

impl Found {
    fn add(&mut self, world: &World, forecast: &Forecast) {
        let (history, came) = world.counts.split_at(world.history);
        let value: Vec<f64> = forecast.days.iter().map(|day| day.value).collect();
        let naive: Vec<f64> = forecast.days.iter().map(|day| day.naive).collect();
        let errors = |forecast: &[f64]| Some((rmsse(history, 7, came, forecast)?, mase(history, 7, came, forecast)?));
        let (Some((square, absolute)), Some((naive_square, naive_absolute))) = (errors(&value), errors(&naive)) else { return };
        self.worlds += 1;
        self.rmsse += square;
        self.mase += absolute;
        self.naive_rmsse += naive_square;
        self.naive_mase += naive_absolute;
        let inside = |range: Range, count: f64| u32::from(range.low <= count && count <= range.high);
        for (day, &count) in forecast.days.iter().zip(came) {
            self.days += 1;
            self.in80 += inside(day.range80, count);
            self.in95 += inside(day.range95, count);
        }
        let total: &Ahead = &forecast.total;
        let sum = came.iter().sum();
        self.totals80 += inside(total.range80, sum);
        self.totals95 += inside(total.range95, sum);
        debug_assert!(forecast.backtest_ratio.is_none_or(|ratio| ratio <= 1.0));
    }

    fn merge(&mut self, other: &Self) {
        self.worlds += other.worlds;
        self.rmsse += other.rmsse;
        self.naive_rmsse += other.naive_rmsse;
        self.mase += other.mase;
        self.naive_mase += other.naive_mase;
        self.days += other.days;
        self.in80 += other.in80;
        self.in95 += other.in95;
        self.totals80 += other.totals80;
        self.totals95 += other.totals95;
    }

    fn share(&self, inside: u32) -> f64 {
        f64::from(inside) / f64::from(self.days.max(1))
    }

    fn print(&self, name: &str) {
        let n = f64::from(self.worlds.max(1));
        println!(
            "{name:<14} {:>6}  {:>5.3} ({:>5.3})  {:>5.3}  {:>5.3} ({:>5.3})  {:>5.3}  {:>5.1}  {:>5.1}  {:>8.1}  {:>8.1}",
            self.worlds,
            self.rmsse / n,
            self.naive_rmsse / n,
            self.rmsse / self.naive_rmsse,
            self.mase / n,
            self.naive_mase / n,
            self.mase / self.naive_mase,
            100.0 * self.share(self.in80),
            100.0 * self.share(self.in95),
            100.0 * f64::from(self.totals80) / n,
            100.0 * f64::from(self.totals95) / n,
        );
    }
}
