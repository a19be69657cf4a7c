//! Forecasts of series that are too small, or too many, to be forecast one by one: the forecast of all of them together, shared out.
//!
//! A series that brought k of the n people whom its m fellows brought lately gets the share s = (k + 1/2) / (n + m/2) of what is forecast of all (the mean
//! of Dirichlet's distribution under Jeffreys' prior; Gelman et al. 2013, Bayesian Data Analysis, 3rd edition, section 3.4), so that the shares make
//! one. With V people forecast of all, whose variance W is read from its 95 % range, the count of the series has
//!
//! ```text
//! mean      s V
//! variance  s² W  +  s (1 - s) V  +  V² s (1 - s) / (n + m/2 + 1)
//! ```
//!
//! what all are off by, who of them falls to it, and that its share is not known. Ends are those of a negative binomial count of this mean and
//! variance.

use super::interval::Range;
use super::{Ahead, Forecast, Method, Status};
use crate::farrington::lower_quantile;
use crate::interval::Z_95;

/// What a series has of what it is pooled with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// People whom it brought lately.
    pub own: u64,
    /// People whom all of the pool, itself included, brought in the same days.
    pub all: u64,
    /// How many series the pool has.
    pub series: usize,
}

impl Share {
    /// Prior and people together.
    fn weight(self) -> f64 {
        self.all as f64 + self.series as f64 / 2.0
    }

    /// Mean of the share.
    pub fn mean(self) -> f64 {
        ((self.own as f64 + 0.5) / self.weight().max(0.5)).min(1.0)
    }
}

impl Forecast {
    /// The part of this forecast, of a pool, that is one series' of it. It is `few`, as no history of its own stands behind it.
    #[must_use]
    pub fn shared(&self, share: Share) -> Self {
        Self {
            status: Status::Few,
            method: Method::Pooled,
            backtest_ratio: None,
            origins: 0,
            days: self.days.iter().map(|day| part(day, share)).collect(),
            total: part(&self.total, share),
            unseen: self.unseen.clone(),
        }
    }
}

fn part(all: &Ahead, share: Share) -> Ahead {
    let s = share.mean();
    let deviation = (all.range95.high - all.range95.low) / (2.0 * Z_95);
    let value = s * all.value;
    let variance = s * s * deviation * deviation + s * (1.0 - s) * all.value * (1.0 + all.value / (share.weight() + 1.0));
    let dispersion = if value > 0.0 { (variance / value).max(1.0) } else { 1.0 };
    let range = |level: f64| Range {
        low: (lower_quantile((1.0 - level) / 2.0, value, dispersion) as f64).min(value.round()),
        high: (lower_quantile(f64::midpoint(1.0, level), value, dispersion) as f64).max(value.round()),
    };
    Ahead { value, naive: s * all.naive, range80: range(0.8), range95: range(0.95) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;
    use crate::sampling::poisson;

    fn pool(value: f64, low: f64, high: f64) -> Forecast {
        let range = Range { low, high };
        let all = Ahead { value, naive: value / 2.0, range80: range, range95: range };
        Forecast {
            status: Status::Ok,
            method: Method::Ets,
            backtest_ratio: Some(0.8),
            origins: 12,
            days: vec![all],
            total: all,
            unseen: vec![3],
        }
    }

    /// By hand: s = 20.5 / 205, V = 200, W = (40 / 3.92)² = 104.1; mean 20, variance 0.01 * 104.1 + 0.09 * 200 + 0.09 * 40000 / 206 = 36.5. The normal
    /// of that has 8.2 and 31.8 as its ends; of the skewed count 2.5 % lie below 9 and above 33.
    #[test]
    fn a_tenth_of_two_hundred() {
        let found = pool(200.0, 180.0, 220.0).shared(Share { own: 20, all: 200, series: 10 });
        assert_eq!((found.status, found.method, found.backtest_ratio, found.unseen), (Status::Few, Method::Pooled, None, vec![3]));
        assert!((found.total.value - 20.0).abs() < 1e-12 && (found.total.naive - 10.0).abs() < 1e-12);
        assert_eq!((found.total.range95.low, found.total.range95.high), (9.0, 33.0));
        assert_eq!((found.total.range80.low, found.total.range80.high), (13.0, 28.0));
    }

    #[test]
    fn who_brought_nobody_may_bring_somebody() {
        let found = pool(100.0, 80.0, 120.0).shared(Share { own: 0, all: 100, series: 8 });
        assert!(found.total.value > 0.4 && found.total.value < 0.5 && found.total.range95.high >= 2.0, "{found:?}");
        // Of a pool of one all is its own, also where nobody came lately.
        let alone = pool(10.0, 5.0, 15.0).shared(Share { own: 0, all: 0, series: 1 });
        assert!((alone.total.value - 10.0).abs() < 1e-12, "{alone:?}");
        let nobody = pool(0.0, 0.0, 0.0).shared(Share { own: 0, all: 0, series: 1 });
        assert_eq!((nobody.total.value, nobody.total.range95.high), (0.0, 0.0));
    }

    /// Eight series of 0.05 to 2 people a day: shares from eight weeks, the pool forecast as what it brought in them.
    #[test]
    fn ranges_hold_what_comes_of_a_series() {
        let mut random = StdRng::seed_from_u64(1);
        let (mut in80, mut in95, mut all) = (0, 0, 0);
        for _ in 0..400 {
            let rates: [f64; 8] = std::array::from_fn(|_| 0.05 * 40.0_f64.powf(random.random()));
            let own = rates.map(|rate| poisson(56.0 * rate, &mut random));
            let sum = own.iter().sum::<u64>();
            // What four weeks bring, and half of that again for a mean known from eight.
            let value = sum as f64 / 2.0;
            let reach = Z_95 * (1.5 * value).sqrt();
            let whole = pool(value, value - reach, value + reach);
            for (rate, own) in rates.iter().zip(own) {
                let came = poisson(28.0 * rate, &mut random) as f64;
                let found = whole.shared(Share { own, all: sum, series: 8 }).total;
                all += 1;
                in80 += u32::from(found.range80.low <= came && came <= found.range80.high);
                in95 += u32::from(found.range95.low <= came && came <= found.range95.high);
            }
        }
        let share = |hits: u32| f64::from(hits) / f64::from(all);
        // Whole numbers, so on the safe side.
        assert!((0.79..0.90).contains(&share(in80)) && (0.94..0.985).contains(&share(in95)), "{} {}", share(in80), share(in95));
    }

    proptest! {
        #[test]
        fn shares_make_one_and_ranges_hold_their_value(own in prop::collection::vec(0_u64..400, 1..12), value in 0.0_f64..3000.0, half in 0.0_f64..500.0) {
            let all = own.iter().sum();
            let whole = pool(value, (value - half).max(0.0), value + half);
            let parts: Vec<Forecast> = own.iter().map(|k| whole.shared(Share { own: *k, all, series: own.len() })).collect();
            prop_assert!((parts.iter().map(|part| part.total.value).sum::<f64>() - value).abs() < 1e-6 * (1.0 + value));
            for part in parts {
                let ends = [0.0, part.total.range95.low, part.total.range80.low, part.total.range80.high, part.total.range95.high];
                prop_assert!(ends.windows(2).all(|pair| pair[0] <= pair[1]), "{part:?}");
                prop_assert!(part.total.range95.low <= part.total.value.round() && part.total.value.round() <= part.total.range95.high, "{part:?}");
            }
        }
    }
}
