//! Which priors explain all channels together, and how well.

use std::collections::BTreeMap;

use statrs::function::beta::ln_beta;
use statrs::function::gamma::ln_gamma;

use super::{BadCount, Kind, Observed, check};

/// Cells along each axis while the region is sought, and at last.
const CELLS: usize = 11;

/// A prior and its share of the posterior.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// Alpha and beta of a share, shape and rate of a rate.
    pub(super) prior: (f64, f64),
    pub(super) weight: f64,
}

/// The posterior of the prior, on a grid.
#[derive(Debug, Clone)]
pub(super) struct Hyper {
    pub(super) kind: Kind,
    pub(super) nodes: Vec<Node>,
}

/// What a [`Prior`] was fitted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Basis {
    /// Maximum likelihood.
    Likelihood,
    /// Fewer than three entries with trials, or no more difference between them than chance makes: the prior with the mean and variance of a new entry,
    /// averaged over the priors as in the module's text.
    Averaged,
}

/// One prior for all.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Prior {
    /// Alpha of a share's beta, shape of a rate's gamma.
    pub a: f64,
    /// Beta of a share's beta, rate of a rate's gamma (in the unit of the exposure).
    pub b: f64,
    /// How it was found.
    pub basis: Basis,
}

/// Equal entries count once, with their number.
fn distinct(observed: &[Observed]) -> Vec<(Observed, f64)> {
    let mut counts: BTreeMap<(u64, u64), (Observed, f64)> = BTreeMap::new();
    for &one in observed.iter().filter(|one| one.size > 0.0) {
        counts.entry((one.count, one.size.to_bits())).or_insert((one, 0.0)).1 += 1.0;
    }
    counts.into_values().collect()
}

/// A rectangle of (location of the mean, spread).
#[derive(Debug, Clone, Copy)]
struct Region {
    location: (f64, f64),
    spread: (f64, f64),
}

impl Region {
    fn cell(&self, row: usize, column: usize) -> (f64, f64) {
        let at = |(low, high): (f64, f64), index: usize| low + (high - low) * (index as f64 + 0.5) / CELLS as f64;
        (at(self.location, row), at(self.spread, column))
    }
}

/// The likelihood of all entries given a prior.
struct Likelihood<'a> {
    kind: Kind,
    entries: &'a [(Observed, f64)],
}

impl Likelihood<'_> {
    /// The prior at a location (log-odds or log of the mean) and spread.
    fn prior(&self, location: f64, spread: f64) -> (f64, f64) {
        let concentration = 1.0 / (spread * spread);
        match self.kind {
            Kind::Share => (concentration / (1.0 + (-location).exp()), concentration / (1.0 + location.exp())),
            Kind::Rate => (concentration, concentration / location.exp()),
        }
    }

    /// Beta-binomial or negative binomial, less what does not depend on the prior.
    fn log(&self, location: f64, spread: f64) -> f64 {
        let (a, b) = self.prior(location, spread);
        let entry = |one: &Observed| {
            let count = one.count as f64;
            match self.kind {
                Kind::Share => ln_beta(a + count, b + (one.size - count)) - ln_beta(a, b),
                // ln(b / (b + E)) is small for a narrow prior, so it is not taken as a difference of logarithms.
                Kind::Rate => ln_gamma(a + count) - ln_gamma(a) - a * (one.size / b).ln_1p() - count * (b + one.size).ln(),
            }
        };
        self.entries.iter().map(|(one, times)| times * entry(one)).sum()
    }

    /// Weight before the data of a cell that is even in (location, spread): uniform in the mean of a share, Jeffreys' in the mean of a rate.
    fn log_prior(&self, location: f64) -> f64 {
        match self.kind {
            Kind::Share => -location.exp().ln_1p() - (-location).exp().ln_1p(),
            Kind::Rate => 0.5 * location,
        }
    }

    /// Everything that is possible before the data. None where a rate has no exposure.
    fn everything(&self) -> Option<Region> {
        let (count, size) =
            self.entries.iter().fold((0.0, 0.0), |(count, size), (one, times)| (count + times * one.count as f64, size + times * one.size));
        match self.kind {
            Kind::Share => {
                let middle = ((count + 0.5) / (size - count + 0.5)).ln();
                Some(Region { location: (middle - 8.0, middle + 8.0), spread: (1e-3, 1.0) })
            }
            Kind::Rate if size > 0.0 => {
                let middle = ((count + 0.5) / size).ln();
                Some(Region { location: (middle - 8.0, middle + 8.0), spread: (1e-3, 1.25) })
            }
            Kind::Rate => None,
        }
    }

    /// The log weights of a region's cells.
    fn weigh(&self, region: &Region) -> Vec<Vec<f64>> {
        (0..CELLS)
            .map(|row| {
                let weight = |column| {
                    let (location, spread) = region.cell(row, column);
                    self.log(location, spread) + self.log_prior(location)
                };
                (0..CELLS).map(weight).collect()
            })
            .collect()
    }
}

/// The cells of an axis that hold more than 1e-4 of the fullest, and one more on both sides.
fn shrink_axis((low, high): (f64, f64), masses: &[f64]) -> (f64, f64) {
    let fullest = masses.iter().copied().fold(0.0, f64::max);
    let width = (high - low) / masses.len() as f64;
    let first = masses.iter().position(|&mass| mass > 1e-4 * fullest).unwrap_or(0);
    let last = masses.iter().rposition(|&mass| mass > 1e-4 * fullest).unwrap_or(masses.len() - 1);
    (low.max(low + (first as f64 - 1.0) * width), high.min(low + (last as f64 + 2.0) * width))
}

impl Hyper {
    /// Finds the region that the data leave and weighs its cells. None for rates without any exposure.
    pub(super) fn fit(kind: Kind, observed: &[Observed]) -> Option<Self> {
        let entries = distinct(observed);
        let likelihood = Likelihood { kind, entries: &entries };
        let mut region = likelihood.everything()?;
        let mut cells;
        let mut rounds = 0;
        loop {
            let logs = likelihood.weigh(&region);
            let highest = logs.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
            cells = logs.into_iter().map(|row| row.into_iter().map(|log| (log - highest).exp()).collect::<Vec<_>>()).collect::<Vec<_>>();
            let rows: Vec<f64> = cells.iter().map(|row| row.iter().sum()).collect();
            let columns: Vec<f64> = (0..CELLS).map(|column| cells.iter().map(|row| row[column]).sum()).collect();
            let smaller = Region { location: shrink_axis(region.location, &rows), spread: shrink_axis(region.spread, &columns) };
            let length = |(low, high): (f64, f64)| high - low;
            let gain = length(smaller.location) * length(smaller.spread) / (length(region.location) * length(region.spread));
            rounds += 1;
            if gain > 0.8 || rounds > 20 {
                break;
            }
            region = smaller;
        }
        let cell = |(row, column): (usize, usize)| {
            let (location, spread) = region.cell(row, column);
            Node { prior: likelihood.prior(location, spread), weight: cells[row][column] }
        };
        let mut nodes: Vec<_> =
            (0..CELLS * CELLS).map(|index| cell((index / CELLS, index % CELLS))).filter(|node| node.weight > 2e-3).collect();
        let total: f64 = nodes.iter().map(|node| node.weight).sum();
        for node in &mut nodes {
            node.weight /= total;
        }
        Some(Self { kind, nodes })
    }

    /// The prior with the mean and variance of a new entry.
    fn averaged(&self) -> Prior {
        let moments = |(a, b): (f64, f64)| match self.kind {
            Kind::Share => (a / (a + b), a * b / ((a + b) * (a + b) * (a + b + 1.0))),
            Kind::Rate => (a / b, a / (b * b)),
        };
        let average = |of: &dyn Fn((f64, f64)) -> f64| self.nodes.iter().map(|node| node.weight * of(node.prior)).sum::<f64>();
        let mean = average(&|prior| moments(prior).0);
        let variance = average(&|prior| moments(prior).1 + (moments(prior).0 - mean).powi(2));
        let (a, b) = match self.kind {
            Kind::Share => {
                let concentration = mean * (1.0 - mean) / variance - 1.0;
                (mean * concentration, (1.0 - mean) * concentration)
            }
            Kind::Rate => (mean * mean / variance, mean / variance),
        };
        Prior { a, b, basis: Basis::Averaged }
    }
}

/// One prior for all entries: maximum likelihood where there are three and they differ by more than chance, else averaged (see [`Basis`]). None for
/// rates without any exposure.
pub fn fit_prior(kind: Kind, observed: &[Observed]) -> Result<Option<Prior>, BadCount> {
    check(kind, observed)?;
    let entries = distinct(observed);
    let likelihood = Likelihood { kind, entries: &entries };
    let (Some(everything), Some(hyper)) = (likelihood.everything(), Hyper::fit(kind, observed)) else { return Ok(None) };
    if entries.iter().map(|(_, times)| times).sum::<f64>() < 3.0 {
        return Ok(Some(hyper.averaged()));
    }
    let mut region = everything;
    let mut best = (0.0, 0.0);
    // Each time 0.6 of the region's sides: at last a hundred thousandth of them.
    for _ in 0..24 {
        let cells = (0..CELLS * CELLS).map(|index| region.cell(index / CELLS, index % CELLS));
        let heights = cells.map(|cell| (cell, likelihood.log(cell.0, cell.1)));
        best = heights.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(best, |(cell, _)| cell);
        let around = |(low, high): (f64, f64), at: f64, (least, most): (f64, f64)| {
            let half = 0.3 * (high - low);
            ((at - half).max(least), (at + half).min(most))
        };
        region = Region {
            location: around(region.location, best.0, everything.location),
            spread: around(region.spread, best.1, everything.spread),
        };
    }
    // At an edge the likelihood has no maximum: no difference between entries, or more than a prior with one peak can hold.
    let (least, most) = everything.spread;
    if best.1 < 2.0 * least || best.1 > 0.999 * most {
        return Ok(Some(hyper.averaged()));
    }
    let (a, b) = likelihood.prior(best.0, best.1);
    Ok(Some(Prior { a, b, basis: Basis::Likelihood }))
}

/// Tarone 1982: tumours in groups of rats, as Gelman et al. print them in table 5.1.
#[cfg(test)]
pub(super) fn rat_tumours() -> Vec<Observed> {
    let earlier = [
        (0, 20),
        (0, 20),
        (0, 20),
        (0, 20),
        (0, 20),
        (0, 20),
        (0, 20),
        (0, 19),
        (0, 19),
        (0, 19),
        (0, 19),
        (0, 18),
        (0, 18),
        (0, 17),
        (1, 20),
        (1, 20),
        (1, 20),
        (1, 20),
        (1, 19),
        (1, 19),
        (1, 18),
        (1, 18),
        (2, 25),
        (2, 24),
        (2, 23),
        (2, 20),
        (2, 20),
        (2, 20),
        (2, 20),
        (2, 20),
        (2, 20),
        (1, 10),
        (5, 49),
        (2, 19),
        (5, 46),
        (3, 27),
        (2, 17),
        (7, 49),
        (7, 47),
        (3, 20),
        (3, 20),
        (2, 13),
        (9, 48),
        (10, 50),
        (4, 20),
        (4, 20),
        (4, 20),
        (4, 20),
        (4, 20),
        (4, 20),
        (4, 20),
        (10, 48),
        (4, 19),
        (4, 19),
        (4, 19),
        (5, 22),
        (11, 46),
        (12, 49),
        (5, 20),
        (5, 20),
        (6, 23),
        (5, 19),
        (6, 22),
        (6, 20),
        (6, 20),
        (6, 20),
        (16, 52),
        (15, 47),
        (15, 46),
        (9, 24),
        (4, 14),
    ];
    earlier.into_iter().map(|(count, trials)| Observed { count, size: f64::from(trials) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Boys among the first twelve children of 6115 families in Saxony (Geissler 1889; Lindsey & Altham 1998): the beta-binomial's maximum likelihood is
    /// alpha 34.09558, beta 31.5715 (Wikipedia, "Beta-binomial distribution", from Lindsey & Altham), to the four digits that its optimizer reached: ours is higher
    /// by 1.5e-6 in the log likelihood.
    #[test]
    fn saxony() {
        let families = [3, 24, 104, 286, 670, 1033, 1343, 1112, 829, 478, 181, 45, 7];
        let observed: Vec<_> =
            (0_u64..).zip(families).flat_map(|(boys, times)| vec![Observed { count: boys, size: 12.0 }; times]).collect();
        let prior = fit_prior(Kind::Share, &observed).unwrap().unwrap();
        assert_eq!(prior.basis, Basis::Likelihood);
        assert!((prior.a - 34.095_58).abs() < 1e-2 && (prior.b - 31.5715).abs() < 1e-2, "{prior:?}");
    }

    /// The posterior of (alpha, beta) in Gelman et al. 5.3: its mean is (2.4, 14.3).
    #[test]
    fn rat_tumour_prior() {
        let hyper = Hyper::fit(Kind::Share, &rat_tumours()).unwrap();
        let mean = |of: fn((f64, f64)) -> f64| hyper.nodes.iter().map(|node| node.weight * of(node.prior)).sum::<f64>();
        let (alpha, beta) = (mean(|prior| prior.0), mean(|prior| prior.1));
        assert!((alpha - 2.4).abs() < 0.1 && (beta - 14.3).abs() < 0.4, "{alpha} {beta}");
    }

    /// Accidents of 647 women in five weeks (Greenwood & Yule 1920): by the method of moments their negative binomial has shape 0.865 and mean 0.465.
    #[test]
    fn accidents() {
        let women = [447, 132, 42, 21, 3, 2];
        let observed: Vec<_> =
            (0_u64..).zip(women).flat_map(|(accidents, times)| vec![Observed { count: accidents, size: 1.0 }; times]).collect();
        let prior = fit_prior(Kind::Rate, &observed).unwrap().unwrap();
        assert_eq!(prior.basis, Basis::Likelihood);
        assert!((prior.a / prior.b - 301.0 / 647.0).abs() < 1e-4, "the mean of a negative binomial is fitted exactly: {prior:?}");
        assert!((prior.a - 0.865).abs() < 0.05, "{prior:?}");
    }

    #[test]
    fn too_few_or_too_alike() {
        let alike = fit_prior(Kind::Share, &[Observed { count: 30, size: 100.0 }; 5]).unwrap().unwrap();
        assert_eq!(alike.basis, Basis::Averaged);
        assert!((alike.a / (alike.a + alike.b) - 0.3).abs() < 0.03 && alike.a + alike.b > 10.0, "{alike:?}");
        for observed in [vec![], vec![Observed { count: 4, size: 4.0 }], vec![Observed { count: 0, size: 0.0 }; 3]] {
            let prior = fit_prior(Kind::Share, &observed).unwrap().unwrap();
            assert!(
                prior.basis == Basis::Averaged && prior.a > 0.0 && prior.b > 0.0 && (prior.a + prior.b).is_finite(),
                "{observed:?}: {prior:?}"
            );
        }
        assert_eq!(fit_prior(Kind::Rate, &[]).unwrap(), None);
    }
}
