//! What the bad cases of an alarming figure have in common: which value of which factor (one link, one template, one store) holds more of them
//! than the rest's figure leads to expect, and how much of what is too many that explains.
//!
//! ```text
//! share   bad of cases       P(X >= bad here), X hypergeometric: Fisher's exact test, one-sided (Fisher 1935)
//! cost    money for people   P(X <= people here), X binomial of all people by the share of the money (Przyborowski & Wilenski 1940)
//! fall    earlier and later  Fisher's test of who came earlier: here more of them stayed away than elsewhere
//! ```
//!
//! Candidates are parts of each other and exclude each other, so that their q-values are those of Benjamini and Yekutieli, which assume nothing.
//! The surest candidate is named, its cases are set aside, and the rest is looked at again: what is only its shadow (the store of a dead
//! link's people) has nothing left to explain then. A cause is what goes with the bad cases, which need not be why they are bad.

use std::collections::BTreeMap;

use statrs::distribution::{Binomial, Discrete, DiscreteCDF, Hypergeometric};

use crate::discovery::{Dependence, q_values};

/// Cases that are alike in all factors.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The value of each factor, as numbers of the caller's; `None` is no candidate and belongs to the rest.
    pub values: Vec<Option<u32>>,
    /// How many; of a fall, both earlier and later ones.
    pub cases: u64,
    /// How many of them are bad; of a cost, the money; of a fall, the earlier ones.
    pub bad: f64,
}

/// What makes the figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measure {
    /// A share of bad cases; at `quiet` nothing would be too many.
    Share {
        /// A share of one.
        quiet: f64,
    },
    /// Money for each case; at `quiet` nothing would be too much.
    Cost {
        /// Money for a case.
        quiet: f64,
    },
    /// Fewer cases than earlier: of each earlier one, so many were to be expected.
    Fall {
        /// Expected over earlier.
        ratio: f64,
    },
}

/// What it takes to be named.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Bad cases (of a cost: people whom its money would bring at the price of all) that a candidate holds at least.
    pub fewest: u64,
    /// Share of what is too many that it explains at least.
    pub least_share: f64,
    /// Its q-value is under this.
    pub false_discoveries: f64,
    /// So many are named at most.
    pub most: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { fewest: 5, least_share: 0.3, false_discoveries: 0.05, most: 3 }
    }
}

/// What stands out. Its figures are of the cases that no cause named before it explains.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    /// Which factor, by its place.
    pub factor: usize,
    /// Which value of it.
    pub value: u32,
    /// Cases that have it.
    pub cases: u64,
    /// The bad ones of them.
    pub bad: f64,
    /// Cases that do not.
    pub rest_cases: u64,
    /// The bad ones of those.
    pub rest_bad: f64,
    /// Bad cases beyond those that the rest's figure leads to expect; of a fall, cases that stayed away.
    pub excess: f64,
    /// Share of all that is too many, at most 1.
    pub share: f64,
    /// Against having the rest's figure.
    pub p_value: f64,
    /// Over all candidates.
    pub q_value: f64,
    /// How many were found before it, whose cases its figures are without.
    pub step: usize,
    /// Values of other factors that the same bad cases have.
    pub also: Vec<(usize, u32)>,
}

impl Cause {
    /// Whether the cases of a cell have its value.
    pub fn has(&self, cell: &Cell) -> bool {
        cell.values.get(self.factor) == Some(&Some(self.value))
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    cases: u64,
    bad: f64,
}

impl Tally {
    fn add(&mut self, cell: &Cell) {
        self.cases += cell.cases;
        self.bad += cell.bad;
    }

    fn less(self, other: Self) -> Self {
        Self { cases: self.cases - other.cases, bad: self.bad - other.bad }
    }

    fn held(self, measure: Measure, all: Self) -> f64 {
        match measure {
            Measure::Cost { .. } => self.bad * all.cases as f64 / all.bad,
            _ => self.bad,
        }
    }
}

impl Measure {
    /// What is too many of it.
    fn beyond(self, all: Tally) -> f64 {
        match self {
            Self::Share { quiet } | Self::Cost { quiet } => all.bad - all.cases as f64 * quiet,
            Self::Fall { ratio } => all.bad * ratio - (all.cases as f64 - all.bad),
        }
    }

    fn excess(self, here: Tally, rest: Tally) -> f64 {
        match self {
            Self::Share { .. } | Self::Cost { .. } => here.bad - here.cases as f64 * rest.bad / rest.cases as f64,
            Self::Fall { .. } => self.beyond(here),
        }
    }

    fn p_value(self, here: Tally, all: Tally) -> f64 {
        match self {
            Self::Share { .. } | Self::Fall { .. } => upper_tail(here, all),
            Self::Cost { .. } => Binomial::new((here.bad / all.bad).clamp(0.0, 1.0), all.cases).map_or(1.0, |table| table.cdf(here.cases)),
        }
    }
}

/// The probability of so many bad cases here and more, the margins given.
fn upper_tail(here: Tally, all: Tally) -> f64 {
    let (seen, bad) = (here.bad as u64, all.bad as u64);
    // At the expected number and under it nothing stands out.
    if here.bad * all.cases as f64 <= all.bad * here.cases as f64 {
        return 1.0;
    }
    let Ok(table) = Hypergeometric::new(all.cases, bad, here.cases) else { return 1.0 };
    let mut sum = 0.0_f64;
    for at in seen..=bad.min(here.cases) {
        let term = table.ln_pmf(at).exp();
        sum += term;
        // Beyond the mode each is smaller than the one before.
        if term < sum * 1e-16 {
            break;
        }
    }
    sum.min(1.0)
}

/// What stands out among the cells of an alarming figure, the largest share first; empty: nothing does.
///
/// `factors` are in the order of preference among those that the same cases have, the most telling first. A candidate that all cases have, or
/// whose rest is empty, is none.
pub fn causes(cells: &[Cell], measure: Measure, settings: &Settings) -> Vec<Cause> {
    let mut open: Vec<&Cell> = cells.iter().collect();
    let total = measure.beyond(sum(&open));
    let mut found = Vec::new();
    // What is left may be quiet: then it needs no explanation.
    while found.len() < settings.most && measure.beyond(sum(&open)) > 0.0 {
        let Some(cause) = surest(&open, measure, total, settings) else { break };
        open.retain(|cell| !cause.has(cell));
        found.push(Cause { step: found.len(), ..cause });
    }
    found.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.p_value.total_cmp(&b.p_value)));
    found
}

fn sum(cells: &[&Cell]) -> Tally {
    let mut all = Tally::default();
    for cell in cells {
        all.add(cell);
    }
    all
}

fn surest(cells: &[&Cell], measure: Measure, total: f64, settings: &Settings) -> Option<Cause> {
    let all = sum(cells);
    let mut tallies: BTreeMap<(usize, u32), Tally> = BTreeMap::new();
    for cell in cells {
        for (factor, value) in cell.values.iter().enumerate() {
            if let Some(value) = value {
                tallies.entry((factor, *value)).or_default().add(cell);
            }
        }
    }
    tallies.retain(|_, here| here.held(measure, all) >= settings.fewest as f64 && here.cases < all.cases);
    let p_values: Vec<f64> = tallies.values().map(|here| measure.p_value(*here, all)).collect();
    let q_values = q_values(&p_values, Dependence::Any);
    let tested = tallies.iter().zip(p_values.into_iter().zip(q_values));
    let named: Vec<Cause> = tested
        .filter(|(_, (_, q))| *q < settings.false_discoveries)
        .map(|((&(factor, value), &here), (p_value, q_value))| {
            let rest = all.less(here);
            let excess = measure.excess(here, rest);
            let share = (excess / total).min(1.0);
            let [cases, rest_cases] = [here.cases, rest.cases];
            Cause {
                factor,
                value,
                cases,
                bad: here.bad,
                rest_cases,
                rest_bad: rest.bad,
                excess,
                share,
                p_value,
                q_value,
                step: 0,
                also: Vec::new(),
            }
        })
        .filter(|cause| cause.share >= settings.least_share)
        .collect();
    let best = named.iter().min_by(|a, b| a.p_value.total_cmp(&b.p_value).then(a.cases.cmp(&b.cases)).then(a.factor.cmp(&b.factor)))?;
    let also =
        named.iter().filter(|other| other.factor != best.factor && is_same(cells, best, other)).map(|other| (other.factor, other.value));
    Some(Cause { also: also.collect(), ..best.clone() })
}

/// Whether two candidates are nearly the same bad cases, and nearly the same cases.
fn is_same(cells: &[&Cell], a: &Cause, b: &Cause) -> bool {
    let (mut both, mut either) = (Tally::default(), Tally::default());
    for cell in cells {
        match (a.has(cell), b.has(cell)) {
            (true, true) => {
                both.add(cell);
                either.add(cell);
            }
            (false, false) => {}
            _ => either.add(cell),
        }
    }
    both.bad >= 0.9 * either.bad && both.cases as f64 >= 0.9 * either.cases as f64
}

/// Wilcoxon's rank-sum test (Wilcoxon 1945; Mann & Whitney 1947) that the later values are not smaller than the earlier ones, one-sided, exact with
/// ties as midranks: the share of all choices of as many values whose ranks sum to no more. 1 when either is empty.
pub fn rank_sum_lower(earlier: &[f64], later: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> = earlier.iter().map(|value| (*value, false)).chain(later.iter().map(|value| (*value, true))).collect();
    if earlier.is_empty() || later.is_empty() {
        return 1.0;
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Twice the midrank, a whole number.
    let mut ranks: Vec<usize> = Vec::with_capacity(all.len());
    for group in all.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let first = ranks.len() + 1;
        ranks.extend(std::iter::repeat_n(first + (first + group.len() - 1), group.len()));
    }
    let seen: usize = ranks.iter().zip(&all).filter(|(_, (_, late))| *late).map(|(rank, _)| rank).sum();
    let most: usize = ranks.iter().sum();
    let width = most + 1;
    // Ways to choose so many values with such a sum.
    let mut ways = vec![0.0_f64; (later.len() + 1) * width];
    ways[0] = 1.0;
    for rank in ranks {
        for chosen in (0..later.len()).rev() {
            for sum in (0..width - rank).rev() {
                let from = ways[chosen * width + sum];
                if from > 0.0 {
                    ways[(chosen + 1) * width + sum + rank] += from;
                }
            }
        }
    }
    let of_all = &ways[later.len() * width..];
    of_all.iter().take(seen + 1).sum::<f64>() / of_all.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    const LINK: usize = 0;
    const STORE: usize = 2;

    fn cell(values: &[u32], cases: u64, bad: f64) -> Cell {
        Cell { values: values.iter().map(|value| Some(*value)).collect(), cases, bad }
    }

    /// Invitations with a link (of four), a template (of five), a store (of twelve), a recruiter (of nine) and an hour (of ten), and who is bad.
    fn world(seed: u64, cases: usize, chance: impl Fn(&[u32]) -> f64) -> Vec<Cell> {
        let mut dice = StdRng::seed_from_u64(seed);
        (0..cases)
            .map(|_| {
                let values: Vec<u32> = [4, 5, 12, 9, 10].into_iter().map(|of| dice.random_range(0..of)).collect();
                let bad = f64::from(u8::from(dice.random_bool(chance(&values))));
                cell(&values, 1, bad)
            })
            .collect()
    }

    #[test]
    fn the_tail_is_that_of_fishers_test() {
        // R: fisher.test(matrix(c(3, 1, 1, 3), 2), alternative = "greater")$p.value is 0.2429.
        let (here, all) = (Tally { cases: 4, bad: 3.0 }, Tally { cases: 8, bad: 4.0 });
        assert!((upper_tail(here, all) - 0.242_857_142_857).abs() < 1e-9);
        // Of like-sex twins: fisher.test(Convictions, alternative = "less") of the other cell, 0.0004652.
        let (here, all) = (Tally { cases: 13, bad: 10.0 }, Tally { cases: 30, bad: 12.0 });
        assert!((upper_tail(here, all) - 0.000_465_2).abs() < 5e-8);
    }

    #[test]
    fn the_rank_sum_is_exact() {
        // Hollander & Wolfe 1973, p. 69 (R's ?wilcox.test): permeability, alternative "greater", W = 35, p = 0.1272.
        let x = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
        let y = [1.15, 0.88, 0.90, 0.74, 1.21];
        assert!((rank_sum_lower(&x, &y) - 0.127_206_1).abs() < 1e-6);
        // Three smallest of thirteen: one choice in 286. Ties alone say nothing.
        let earlier: Vec<f64> = (10..20).map(f64::from).collect();
        assert!((rank_sum_lower(&earlier, &[1.0, 2.0, 3.0]) - 1.0 / 286.0).abs() < 1e-12);
        assert!((rank_sum_lower(&[1.0; 5], &[1.0; 3]) - 1.0).abs() < 1e-12 && (rank_sum_lower(&[], &[1.0]) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_dead_link_is_found_and_its_store_is_not_blamed() {
        // Every person of store 1 and some of store 2 got link 1.
        let cells = [cell(&[1, 1], 60, 24.0), cell(&[1, 2], 20, 9.0), cell(&[0, 2], 400, 16.0), cell(&[0, 3], 300, 12.0)];
        let found = causes(&cells, Measure::Share { quiet: 0.04 }, &Settings::default());
        let [cause] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((cause.factor, cause.value, cause.cases, cause.bad, cause.rest_cases, cause.rest_bad), (0, 1, 80, 33.0, 700, 28.0));
        assert!((cause.excess - (33.0 - 80.0 * 0.04)).abs() < 1e-9 && cause.share > 0.95 && cause.q_value < 1e-6, "{cause:?}");
        // What the same cases have is said with it, the factor that comes first as the cause.
        let same = [cell(&[1, 7, 1], 80, 33.0), cell(&[0, 6, 1], 350, 14.0), cell(&[0, 6, 2], 350, 14.0)];
        let found = causes(&same, Measure::Share { quiet: 0.04 }, &Settings::default());
        assert_eq!(found.iter().map(|cause| (cause.factor, cause.also.as_slice())).collect::<Vec<_>>(), [(0, [(1, 7)].as_slice())]);
    }

    #[test]
    fn money_and_missing_people_have_causes_too() {
        // A board that takes 6,000 for 20 people, beside two at 40 each.
        let cells = [cell(&[0], 100, 4_000.0), cell(&[1], 100, 4_000.0), cell(&[2], 20, 6_000.0)];
        let found = causes(&cells, Measure::Cost { quiet: 50.0 }, &Settings::default());
        assert_eq!(found.iter().map(|cause| cause.value).collect::<Vec<_>>(), [2]);
        assert!((found[0].excess - (6_000.0 - 20.0 * 40.0)).abs() < 1e-9);
        // A hundred came in four weeks; of fifty that one posting brought nobody came in the next week, of the others as many as ever.
        let cells = [cell(&[0], 50, 50.0), cell(&[1], 63, 50.0)];
        let found = causes(&cells, Measure::Fall { ratio: 0.25 }, &Settings::default());
        assert_eq!(found.iter().map(|cause| (cause.value, cause.share)).collect::<Vec<_>>(), [(0, 1.0)]);
    }

    #[test]
    fn planted_causes_are_found_and_where_there_is_none_none_is_named() {
        let settings = Settings::default();
        let quiet = Measure::Share { quiet: 0.08 };
        let (mut link, mut pair, mut nothing) = (0, 0, 0);
        for seed in 0..400 {
            // A quarter of the links does not open; the alert is at 12 % instead of 5 %.
            let found = causes(&world(seed, 500, |values| if values[LINK] == 1 { 0.32 } else { 0.05 }), quiet, &settings);
            link += usize::from(found.iter().map(|cause| (cause.factor, cause.value)).collect::<Vec<_>>() == [(LINK, 1)]);
            // Two at once.
            let bad = |values: &[u32]| {
                if values[LINK] == 1 {
                    0.35
                } else if values[STORE] == 3 {
                    0.6
                } else {
                    0.05
                }
            };
            let found = causes(&world(seed + 1_000, 1_000, bad), quiet, &settings);
            let mut named: Vec<(usize, u32)> = found.iter().map(|cause| (cause.factor, cause.value)).collect();
            named.sort_unstable();
            pair += usize::from(named == [(LINK, 1), (STORE, 3)]);
            // Everybody is twice as unreliable.
            nothing += usize::from(!causes(&world(seed + 2_000, 500, |_| 0.16), quiet, &settings).is_empty());
        }
        assert!(link >= 380, "one cause, and it alone: {link} of 400");
        assert!(pair >= 360, "both of two: {pair} of 400");
        assert!(nothing <= 20, "no cause, and one is named: {nothing} of 400");
    }

    proptest! {
        #[test]
        fn what_is_named_explains_what_it_must(
            cells in prop::collection::vec((0_u32..3, 0_u32..4, 1_u64..60, 0.0_f64..1.0), 1..12), quiet in 0.01_f64..0.5,
        ) {
            let cells: Vec<Cell> = cells.into_iter().map(|(a, b, cases, share)| cell(&[a, b], cases, (cases as f64 * share).floor())).collect();
            let settings = Settings::default();
            for cause in causes(&cells, Measure::Share { quiet }, &settings) {
                prop_assert!(cause.share >= settings.least_share && cause.share <= 1.0 && cause.q_value < settings.false_discoveries);
                prop_assert!(cause.bad >= settings.fewest as f64 && cause.bad <= cause.cases as f64 && cause.excess > 0.0 && cause.rest_cases > 0);
            }
        }
    }
}
