//! Shrunk shares and rates, and claims that one channel is better than another.
//!
//! The truth between channels is lognormal in the odds (sometimes with one outlier), never the beta or gamma of the estimator; sizes span what one company has, from
//! a new channel to a main one.

use inflow_statistics::interval::Interval;
use inflow_statistics::ranking::{Comparison, Kind, Observed, rank, shrink};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::Verdict;
use crate::draws::{binomial, log_even, normal, poisson};

/// Ends of the bins of claimed P(A > B).
const BINS: [f64; 8] = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.000_001];

/// Ends of the bins of claimed P(best).
const FIRSTS: [f64; 7] = [0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 1.000_001];

#[derive(Default)]
struct Found {
    inside: f64,
    entries: f64,
    /// Squared errors of the plain share, the pooled share and the shrunk one.
    plain: f64,
    pooled: f64,
    shrunk: f64,
    /// Claims, of which true, and their sum, by bin.
    claims: [[f64; 3]; BINS.len() - 1],
    /// The same as reports reckon it.
    quick: [[f64; 3]; BINS.len() - 1],
    /// The same of claims to be the best of all.
    firsts: [[f64; 3]; FIRSTS.len() - 1],
    /// Claimed and true best of those first in rank.
    leaders: [f64; 2],
    worlds: f64,
}

/// Coverage of credible intervals, calibration of claims, and what shrinkage gains.
pub fn run(worlds: u32, seed: u64) -> Vec<Verdict> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut found = Found::default();
    for _ in 0..worlds {
        found.shares(&mut random);
    }
    let better = calibration("P(A > B)", &BINS, &found.claims);
    let quick = calibration("P(A > B), as reports reckon it,", &BINS, &found.quick);
    let best = calibration("P(best) ", &FIRSTS, &found.firsts);
    let gain = |other: f64| (found.shrunk / other).sqrt();
    println!("root mean square error: shrunk / plain share {:.3}, shrunk / pooled share {:.3}", gain(found.plain), gain(found.pooled));
    println!(
        "first in rank: claimed best {:.1} %, true {:.1} %",
        found.leaders[0] / found.worlds * 100.0,
        found.leaders[1] / found.worlds * 100.0
    );
    vec![
        Verdict::share("95 % credible intervals of shrunk shares cover 93-97 %", found.inside / found.entries, 0.93, 0.97),
        Verdict::share("claims of P(A > B) differ from the truth by less than 2 points, bins weighted by their claims", better, 0.0, 0.02),
        Verdict::share("claims of reports differ from the truth by less than 2 points, bins weighted by their claims", quick, 0.0, 0.02),
        Verdict::share("claims of P(best) differ from the truth by less than 2 points, bins weighted by their claims", best, 0.0, 0.02),
        Verdict {
            promise: "a shrunk share is nearer to the truth than the plain and the pooled one".to_owned(),
            found: format!("errors of {:.0} % and {:.0} % of theirs", gain(found.plain) * 100.0, gain(found.pooled) * 100.0),
            kept: gain(found.plain) < 1.0 && gain(found.pooled) < 1.0,
        },
        Verdict::share("95 % credible intervals of shrunk hourly rates cover 93-97 %", rates(worlds, &mut random), 0.93, 0.97),
    ]
}

/// Prints claims against what was true and returns the mean difference, each claim with its bin's.
fn calibration(name: &str, bins: &[f64], claims: &[[f64; 3]]) -> f64 {
    println!("{name} claimed    claims   claimed on average     true");
    for (bin, [number, right, sum]) in bins.windows(2).zip(claims) {
        let (claimed, kept) = (sum / number * 100.0, right / number * 100.0);
        println!("{:.2} - {:.2}        {number:>8.0}              {claimed:>6.2} %   {kept:>6.2} %", bin[0], bin[1].min(1.0));
    }
    claims.iter().map(|[_, right, sum]| (sum - right).abs()).sum::<f64>() / claims.iter().map(|[number, ..]| number).sum::<f64>()
}

/// Counts a claim in its bin.
fn count(bins: &[f64], claims: &mut [[f64; 3]], claim: f64, kept: bool) {
    let bin = bins.partition_point(|&end| end <= claim).clamp(1, bins.len() - 1) - 1;
    let [number, right, sum] = &mut claims[bin];
    *number += 1.0;
    *right += f64::from(u8::from(kept));
    *sum += claim;
}

fn holds(interval: Interval, truth: f64) -> f64 {
    f64::from(u8::from(interval.low <= truth && truth <= interval.high))
}

impl Found {
    /// One company: 2 to 12 channels.
    fn shares(&mut self, random: &mut StdRng) {
        let channels = random.random_range(2..=12);
        let (centre, spread) = (log_even(random, 0.05, 1.0).ln(), random.random_range(0.05..0.9));
        let outlier = random.random_bool(0.2);
        let truth = |channel| {
            let odds = (centre + spread * normal(random) + if outlier && channel == 0 { 1.0 } else { 0.0 }).exp();
            odds / (1.0 + odds)
        };
        let truths: Vec<f64> = (0..channels).map(truth).collect();
        let observe = |&share: &f64| {
            let trials = if random.random_bool(0.03) { 0 } else { log_even(random, 5.0, 900.0) as u64 };
            Observed { count: binomial(random, trials, share), size: trials as f64 }
        };
        let observed: Vec<_> = truths.iter().map(observe).collect();
        let ranks = rank(Kind::Share, &observed).expect("counts are possible");
        let pooled = observed.iter().map(|one| one.count as f64).sum::<f64>() / observed.iter().map(|one| one.size).sum::<f64>();
        let best = (0..truths.len()).max_by(|&a, &b| truths[a].total_cmp(&truths[b])).expect("there are channels");
        for (i, found) in ranks.iter().enumerate() {
            self.inside += holds(found.shrunk.interval, truths[i]);
            self.entries += 1.0;
            if observed[i].size > 0.0 {
                self.plain += (observed[i].count as f64 / observed[i].size - truths[i]).powi(2);
                self.pooled += (pooled - truths[i]).powi(2);
                self.shrunk += (found.shrunk.mean - truths[i]).powi(2);
            }
            for (j, &claim) in found.over.iter().enumerate().filter(|&(j, &claim)| j != i && claim >= 0.5) {
                count(&BINS, &mut self.claims, claim, truths[i] > truths[j]);
            }
            count(&FIRSTS, &mut self.firsts, found.best, best == i);
        }
        let quick = Comparison::new(Kind::Share, &observed).expect("counts are possible").expect("shares have a scale");
        for i in 0..channels {
            for (j, claim) in (0..channels).map(|j| (j, quick.over(i, j))).filter(|&(j, claim)| j != i && claim >= 0.5) {
                count(&BINS, &mut self.quick, claim, truths[i] > truths[j]);
            }
        }
        let first = ranks.iter().position(|found| found.rank == 1).expect("somebody is first");
        self.leaders[0] += ranks[first].best;
        self.leaders[1] += f64::from(u8::from(first == best));
        self.worlds += 1.0;
    }
}

/// A week's 168 hours of one channel in a fifth of the worlds: day and night, lunch and evening, and a lognormal difference of each hour.
fn rates(worlds: u32, random: &mut StdRng) -> f64 {
    let (mut inside, mut all) = (0.0, 0.0);
    for _ in 0..worlds.div_ceil(5) {
        let (level, spread, weeks) = (log_even(random, 0.05, 3.0), random.random_range(0.1..0.6), random.random_range(2.0..26.0));
        let truth = |hour: u32| {
            let of_day = f64::from(hour % 24);
            let evening = (-((of_day - 19.5) / 2.5).powi(2)).exp();
            level * (if of_day < 7.0 { 0.15 } else { 0.8 } + 1.5 * evening) * (spread * normal(random)).exp()
        };
        let truths: Vec<f64> = (0..168).map(truth).collect();
        let observe = |&rate: &f64| {
            let exposure = weeks * random.random_range(0.5..3.0);
            Observed { count: poisson(random, rate * exposure), size: exposure }
        };
        let observed: Vec<_> = truths.iter().map(observe).collect();
        for (found, truth) in shrink(Kind::Rate, &observed).expect("counts are possible").iter().zip(truths) {
            inside += holds(found.interval, truth);
            all += 1.0;
        }
    }
    inside / all
}
