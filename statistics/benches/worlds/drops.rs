//! Drops of daily applications: how soon they are found, and how often an alarm has no drop behind it.
//!
//! A world is a company of four channels, 1 to 200 applications a day, over two years: weekdays, growth or decline, a level that wanders,
//! over-dispersion, public holidays and a long one, promotions that nobody marked, days that were not covered. The second year is
//! judged day by day for false alarms; then each channel drops by 30 to 100 % at some day of it and is judged again from there on.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use inflow_statistics::drops::{Alarm, Day, Drop, Settings, assess, decide};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::Verdict;

const CHANNELS: usize = 4;
pub(super) const DAYS: usize = 730;
pub(super) const JUDGED: usize = 365;
/// Days until a drop counts as not found.
pub(super) const PATIENCE: usize = 15;
/// Accepted false alarms a channel and year: the curve.
const RATES: [f64; 6] = [0.02, 0.06, 0.2, 0.6, 2.0, 6.0];
/// An alarm this long after another is one of its own.
pub(super) const APART: usize = 14;
const HOLIDAY: u8 = 0;
const LONG_HOLIDAY: u8 = 1;

/// What is true of a channel: the mean of each day, and its over-dispersion.
pub(super) struct Truth {
    pub(super) means: Vec<f64>,
    overdispersion: f64,
    pub(super) covered: Vec<bool>,
}

pub(super) fn special(day: usize) -> Option<u8> {
    match day % 365 {
        40..48 => Some(LONG_HOLIDAY),
        0 | 94..97 | 120..125 | 172..175 | 273..280 => Some(HOLIDAY),
        _ => None,
    }
}

/// Of a channel with between one and `largest` applications a day.
pub(super) fn truth(random: &mut StdRng, largest: f64) -> Truth {
    let level = largest.powf(random.random());
    let weekend = random.random_range(0.25..1.1);
    let weekdays: Vec<f64> =
        (0..7).map(|day| if day < 5 { random.random_range(0.85..1.15) } else { weekend * random.random_range(0.9..1.1) }).collect();
    let growth = random.random_range(-0.4..0.6);
    let wander = random.random_range(0.0..0.03);
    let quiet = [random.random_range(0.4..0.9), random.random_range(0.1..0.5)];
    let mut promotions = vec![1.0; DAYS];
    for _ in 0..6 {
        let first = random.random_range(0..DAYS - 3);
        let lift = random.random_range(1.3..2.5);
        promotions[first..first + 3].iter_mut().for_each(|day| *day = lift);
    }
    let mut drift = 0.0;
    let means = (0..DAYS)
        .map(|day| {
            if day % 7 == 0 {
                drift += wander * normal(random);
            }
            let holiday = special(day).map_or(1.0, |kind| quiet[usize::from(kind)] * (0.1 * normal(random)).exp());
            level * weekdays[day % 7] * (growth * day as f64 / 365.0 + drift).exp() * holiday * promotions[day]
        })
        .collect();
    let mut covered = vec![true; DAYS];
    for _ in 0..4 {
        let first = random.random_range(0..DAYS - 5);
        let length = random.random_range(1..5);
        covered[first..first + length].iter_mut().for_each(|day| *day = false);
    }
    Truth { means, overdispersion: 10.0_f64.powf(random.random_range(-3.0..-1.2)), covered }
}

fn normal(random: &mut StdRng) -> f64 {
    let (radius, angle): (f64, f64) = (random.random_range(f64::MIN_POSITIVE..1.0), random.random());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// A gamma variate by Marsaglia and Tsang (2000), shape at least 1.
fn gamma(random: &mut StdRng, shape: f64) -> f64 {
    let d = shape - 1.0 / 3.0;
    loop {
        let x = normal(random);
        let v = (1.0 + x / (9.0 * d).sqrt()).powi(3);
        let u: f64 = random.random_range(f64::MIN_POSITIVE..1.0);
        if v > 0.0 && u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

/// A Poisson variate: halved until small, then by multiplication.
fn count(random: &mut StdRng, mean: f64) -> u32 {
    if mean > 20.0 {
        return count(random, mean / 2.0) + count(random, mean / 2.0);
    }
    let (limit, mut product, mut events) = ((-mean).exp(), random.random::<f64>(), 0);
    while product > limit {
        product *= random.random::<f64>();
        events += 1;
    }
    events
}

pub(super) fn day_of(truth: &Truth, day: usize, remains: f64, random: &mut StdRng) -> Day {
    let shape = 1.0 / truth.overdispersion;
    let mean = truth.means[day] * remains * gamma(random, shape) / shape;
    let events = count(random, mean);
    Day { count: truth.covered[day].then_some(events), weekday: (day % 7) as u8, special: special(day) }
}

#[derive(Default)]
struct Tally {
    /// Begun alarms without a drop, by rate.
    false_alarms: [u32; RATES.len()],
    channel_years: f64,
    /// By size and depth: drops, and by delay in days those found by a sure and by an unsure alarm.
    found: BTreeMap<(usize, usize), Found>,
    /// Delays at each rate, of drops of three quarters and more of channels of 20 a day and more.
    delays: [Vec<usize>; RATES.len()],
    took: Duration,
    assessed: u32,
}

#[derive(Default, Clone)]
struct Found {
    drops: u32,
    sure: [u32; PATIENCE],
    unsure: [u32; PATIENCE],
    dated: u32,
}

const SIZES: [f64; 6] = [3.0, 6.0, 12.0, 25.0, 60.0, f64::INFINITY];
const DEPTHS: [f64; 4] = [0.45, 0.6, 0.75, 1.01];

/// See the module.
pub fn run(worlds: u32, seed: u64) -> Vec<Verdict> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut tally = Tally::default();
    for _ in 0..worlds {
        let truths: Vec<Truth> = (0..CHANNELS).map(|_| truth(&mut random, 200.0)).collect();
        let series: Vec<Vec<Day>> =
            truths.iter().map(|truth| (0..DAYS).map(|day| day_of(truth, day, 1.0, &mut random)).collect()).collect();
        quiet_year(&series, &mut tally);
        for (channel, truth) in truths.iter().enumerate() {
            drop_of(&series, channel, truth, &mut random, &mut tally);
        }
    }
    print(&tally);
    verdicts(&tally)
}

fn judged(series: &[Vec<Day>], day: usize, tally: &mut Tally) -> Vec<(usize, Drop)> {
    let begun = Instant::now();
    let settings = Settings::default();
    let drops = series.iter().enumerate().filter_map(|(channel, days)| Some((channel, assess(days, day, &settings).evidence?))).collect();
    tally.took += begun.elapsed();
    tally.assessed += series.len() as u32;
    drops
}

fn alarms(judged: &[(usize, Drop)], settings: &Settings) -> Vec<(usize, Alarm)> {
    let drops: Vec<Drop> = judged.iter().map(|(_, drop)| *drop).collect();
    decide(&drops, settings).into_iter().zip(judged).map(|((_, alarm), (channel, _))| (*channel, alarm)).collect()
}

/// Sure alarms at another rate than the default.
fn at_rate(rate: f64) -> Settings {
    Settings { sure: rate, unsure: rate, ..Settings::default() }
}

fn quiet_year(series: &[Vec<Day>], tally: &mut Tally) {
    let mut last = vec![[None::<usize>; RATES.len()]; series.len()];
    for day in DAYS - JUDGED..DAYS {
        let judged = judged(series, day, tally);
        for (place, rate) in RATES.iter().enumerate() {
            for (channel, _) in alarms(&judged, &at_rate(*rate)).into_iter().filter(|(_, alarm)| *alarm == Alarm::Sure) {
                let before = last[channel][place].replace(day);
                if before.is_none_or(|before| day - before > APART) {
                    tally.false_alarms[place] += 1;
                }
            }
        }
    }
    tally.channel_years += (series.len() * JUDGED) as f64 / 365.25;
}

/// From a day on that is not within a holiday, nor just before one, so that the delay is the detector's own.
fn drop_of(series: &[Vec<Day>], channel: usize, truth: &Truth, random: &mut StdRng, tally: &mut Tally) {
    let start = loop {
        let start = random.random_range(DAYS - JUDGED..DAYS - PATIENCE);
        if (start..start + 5).all(|day| special(day).is_none() && truth.covered[day]) {
            break start;
        }
    };
    let fall = random.random_range(0.3..1.0);
    let mut days = series[channel].clone();
    for (day, fallen) in days.iter_mut().enumerate().skip(start) {
        *fallen = day_of(truth, day, 1.0 - fall, random);
    }
    let mean = truth.means[start - 28..start].iter().sum::<f64>() / 28.0;
    let place = |value: f64, bounds: &[f64]| bounds.iter().position(|bound| value < *bound).unwrap_or(bounds.len() - 1);
    let key = (place(mean, &SIZES), place(fall, &DEPTHS));
    let mut delays = [None::<usize>; RATES.len()];
    let (mut sure, mut unsure, mut dated) = (None, None, false);
    // The other channels of the day are quiet: they are judged once, by themselves, in the quiet year.
    for day in start..start + PATIENCE {
        let Some((_, drop)) = judged(std::slice::from_ref(&days), day, tally).pop() else { continue };
        for (place, rate) in RATES.iter().enumerate() {
            let alarm = alone(drop, &at_rate(*rate));
            if alarm == Alarm::Sure {
                delays[place].get_or_insert(day - start);
            }
        }
        let alarm = alone(drop, &Settings::default());
        if alarm >= Alarm::Unsure {
            unsure.get_or_insert(day - start);
        }
        if alarm == Alarm::Sure && sure.is_none() {
            sure = Some(day - start);
            dated = drop.since.abs_diff(start) <= 2;
        }
    }
    let found = tally.found.entry(key).or_default();
    found.drops += 1;
    found.dated += u32::from(dated);
    if let Some(delay) = sure {
        found.sure[delay] += 1;
    }
    if let Some(delay) = unsure {
        found.unsure[delay] += 1;
    }
    if mean >= 12.0 && fall >= 0.6 {
        for (delays, delay) in tally.delays.iter_mut().zip(delays) {
            delays.push(delay.unwrap_or(PATIENCE));
        }
    }
}

/// The alarm of a channel among quiet ones.
fn alone(drop: Drop, settings: &Settings) -> Alarm {
    let quiet = Drop { p_value: 1.0, ..drop };
    let all: Vec<Drop> = std::iter::once(drop).chain((1..CHANNELS).map(|_| quiet)).collect();
    decide(&all, settings).first().map_or(Alarm::Quiet, |(_, alarm)| *alarm)
}

fn print(tally: &Tally) {
    println!(
        "  accepted a year   false alarms in 100 channel-years   delay in days of a drop of 60 % and more at 12 a day and more: median, 90 %, found within 2"
    );
    for (place, rate) in RATES.iter().enumerate() {
        let mut delays = tally.delays[place].clone();
        delays.sort_unstable();
        let at = |share: f64| delays.get((delays.len() as f64 * share) as usize).copied().unwrap_or_default();
        let soon = delays.iter().filter(|delay| **delay <= 2).count() as f64 / delays.len().max(1) as f64;
        let often = f64::from(tally.false_alarms[place]) / tally.channel_years * 100.0;
        println!("  {rate:>15.3}   {often:>34.2}   {:>3} {:>3} {:>6.1} %", at(0.5), at(0.9), soon * 100.0);
    }
    println!(
        "  mean a day, fall: drops, share found by a sure alarm on its day 0, within 1, 2, 4, 7, 14; dated to within 2 days; by an unsure one within 1, 2, 4"
    );
    for ((size, depth), found) in &tally.found {
        let within =
            |delays: &[u32; PATIENCE], days: usize| 100.0 * f64::from(delays[..=days].iter().sum::<u32>()) / f64::from(found.drops);
        let sure = [0, 1, 2, 4, 7, 14].map(|days| format!("{:>4.0}", within(&found.sure, days))).join("");
        let unsure = [1, 2, 4].map(|days| format!("{:>4.0}", within(&found.unsure, days))).join("");
        let dated = 100.0 * f64::from(found.dated) / f64::from(found.sure.iter().sum::<u32>().max(1));
        println!(
            "  under {:>4}, under {:>4.0} %: {:>5}  {sure}  dated {dated:>3.0}  unsure {unsure}",
            SIZES[*size],
            (DEPTHS[*depth] * 100.0).min(100.0),
            found.drops
        );
    }
    println!("  {:.3} ms a channel and day", tally.took.as_secs_f64() * 1000.0 / f64::from(tally.assessed));
}

fn verdicts(tally: &Tally) -> Vec<Verdict> {
    let default = RATES.iter().position(|rate| (*rate - Settings::default().sure).abs() < 1e-12).unwrap_or_default();
    let often = f64::from(tally.false_alarms[default]) / tally.channel_years * 100.0;
    let clear = tally.found.iter().filter(|((size, depth), _)| *size >= 3 && *depth >= 3);
    let (mut drops, mut soon) = (0, 0);
    for (_, found) in clear {
        drops += found.drops;
        soon += found.sure[..=2].iter().sum::<u32>();
    }
    let share = f64::from(soon) / f64::from(drops.max(1));
    vec![
        Verdict {
            promise: "at most one false alarm in 100 channel-years".to_owned(),
            found: format!("{often:.2} in {:.0} channel-years", tally.channel_years),
            kept: often <= 1.0,
        },
        Verdict::share("drops by three quarters and more of channels of 12 a day and more are found within 2 days", share, 0.95, 1.0),
    ]
}
