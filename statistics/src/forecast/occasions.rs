//! Promotions and holidays: days of a class of their own, whose factor is learnt from the days of that class that have been.

use std::collections::BTreeMap;

use super::weekday::Adjusted;
use super::{ORDINARY, Series};

/// How many people's worth of belief that a class of days is like any other: the shape of the gamma prior with mean 1 (a standard deviation of
/// 50 %). Gamma and Poisson are conjugate, so the factor is the posterior mean.
const PRIOR: f64 = 4.0;
/// Variance of a factor from one year to the next: a standard deviation of 20 %. One or two occurrences cannot tell, so it is assumed.
const BETWEEN_YEARS: f64 = 0.04;

/// What a class of days does to a day's count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Effect {
    /// Times the ordinary day.
    pub factor: f64,
    /// Its standard deviation as a share of itself.
    pub relative_error: f64,
}

/// Effects by class.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Effects(BTreeMap<u8, Effect>);

impl Effects {
    /// Learns from the observed days of each class against what an ordinary day would have brought.
    pub fn of(series: Series<'_>, adjusted: &Adjusted) -> Self {
        let mut seen: BTreeMap<u8, Class> = BTreeMap::new();
        let mut last = BTreeMap::new();
        for (day, (count, class)) in series.counts.iter().zip(series.classes).enumerate() {
            let (Some(count), false) = (count, *class == ORDINARY) else { continue };
            let known = seen.entry(*class).or_default();
            known.counted += count;
            known.expected += adjusted.at(day, adjusted.levels[day]);
            // Days more than a week apart are two occurrences.
            known.occurrences += f64::from(last.insert(*class, day).is_none_or(|last| day - last > super::weekday::WEEK));
        }
        Self(seen.into_iter().map(|(class, seen)| (class, seen.effect())).collect())
    }

    /// That of a day; a class that never was counts as an ordinary day about which little is known.
    pub fn at(&self, class: u8) -> Effect {
        match class {
            ORDINARY => Effect { factor: 1.0, relative_error: 0.0 },
            _ => self.0.get(&class).copied().unwrap_or_else(|| Class::default().effect()),
        }
    }

    /// Whether a class has been seen.
    pub fn knows(&self, class: u8) -> bool {
        class == ORDINARY || self.0.contains_key(&class)
    }
}

#[derive(Default)]
struct Class {
    counted: f64,
    expected: f64,
    occurrences: f64,
}

impl Class {
    fn effect(&self) -> Effect {
        let factor = (PRIOR + self.counted) / (PRIOR + self.expected);
        let variance = 1.0 / (PRIOR + self.counted) + BETWEEN_YEARS * (1.0 + 1.0 / self.occurrences.max(1.0));
        Effect { factor, relative_error: variance.sqrt() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effects(counts: &[Option<f64>], classes: &[u8]) -> Effects {
        let ordinary: Vec<Option<f64>> = counts.iter().zip(classes).map(|(count, class)| count.filter(|_| *class == ORDINARY)).collect();
        Effects::of(Series { counts, classes }, &Adjusted::of(&ordinary))
    }

    /// Twenty a day, sixty on three days of a promotion: (4 + 180) / (4 + 60).
    #[test]
    fn a_promotion_is_learnt_and_drawn_towards_an_ordinary_day() {
        let mut counts = vec![Some(20.0); 100];
        let mut classes = vec![ORDINARY; 100];
        counts[50..53].fill(Some(60.0));
        classes[50..53].fill(1);
        let effects = effects(&counts, &classes);
        assert!((effects.at(1).factor - 184.0 / 64.0).abs() < 1e-9, "{effects:?}");
        assert!(effects.knows(1) && !effects.knows(2));
        assert!(effects.at(2).relative_error > effects.at(1).relative_error && (effects.at(2).factor - 1.0).abs() < 1e-12);
    }

    #[test]
    fn one_person_does_not_make_a_promotion() {
        let mut counts = vec![Some(0.1); 100];
        let mut classes = vec![ORDINARY; 100];
        counts[50] = Some(1.0);
        classes[50] = 1;
        assert!(effects(&counts, &classes).at(1).factor < 1.3);
    }
}
