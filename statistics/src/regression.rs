//! Poisson and quasi-Poisson regression with a log link, fitted by iteratively reweighted least squares (McCullagh and Nelder 1989, chapters 2
//! and 6), with prior weights, offsets and a ridge penalty.
//!
//! The penalty is a normal prior of mean 0 on each coefficient that has one: a factor level of which every count is zero keeps a finite
//! effect, and one of which little is known stays near the others. Without a penalty the fit is the one that R's `glm` makes.

use thiserror::Error;

/// Iterations after which a fit that still moves is refused. R's `glm` takes 25.
const MOST_ITERATIONS: usize = 50;
/// A fit stands when the deviance moves by less than this share of itself.
const TOLERANCE: f64 = 1e-9;
/// Linear predictors are kept within this distance of 0, so that no step overflows.
const FARTHEST: f64 = 30.0;

/// Why a regression has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RegressionError {
    /// Lengths of rows, counts, weights, offsets or penalties do not fit together.
    #[error("rows, counts, weights, offsets and penalties differ in length")]
    Shape,
    /// Columns that say the same, or too few rows.
    #[error("the columns of the design are not independent")]
    Singular,
    /// Fisher scoring moved on after the last iteration, as when a level without a penalty has only zeros.
    #[error("the fit did not converge")]
    NotConverged,
}

/// What a count is explained by: one row an observation, one column a regressor. Only what is not 0 is kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Design {
    columns: usize,
    entries: Vec<(usize, f64)>,
    /// Where each row ends in `entries`.
    ends: Vec<usize>,
    /// Whether some row had another length.
    ragged: bool,
}

impl Design {
    /// No rows yet.
    pub fn new(columns: usize) -> Self {
        Self { columns, ..Self::default() }
    }

    /// Adds an observation; a row shorter or longer than the design is wide makes every fit refuse.
    pub fn push(&mut self, row: &[f64]) {
        self.ragged |= row.len() != self.columns;
        self.entries.extend(row.iter().copied().enumerate().filter(|(_, value)| *value != 0.0));
        self.ends.push(self.entries.len());
    }

    fn rows(&self) -> impl Iterator<Item = &[(usize, f64)]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(begin, end)| &self.entries[begin..*end])
    }
}

/// What a fit takes beside the design and the counts. Empty slices stand for weights of 1, offsets and penalties of 0, and a start from the counts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terms<'a> {
    /// Prior weights of the observations.
    pub weights: &'a [f64],
    /// Added to the linear predictor: the logarithm of an exposure.
    pub offsets: &'a [f64],
    /// Of each coefficient, the inverse of its prior's variance.
    pub penalty: &'a [f64],
    /// Coefficients to start from, such as those of yesterday's fit.
    pub start: &'a [f64],
}

/// A fitted regression.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// One a column, on the scale of the logarithm.
    pub coefficients: Vec<f64>,
    /// Covariance of the coefficients at a dispersion of 1, row by row.
    pub covariance: Vec<f64>,
    /// Expected counts.
    pub fitted: Vec<f64>,
    /// How much each observation pulls its own expectation: the diagonal of the hat matrix.
    pub leverage: Vec<f64>,
    /// Twice the distance in log-likelihood to a fit that is exact.
    pub deviance: f64,
    /// Pearson's statistic.
    pub pearson: f64,
    /// Observations with a weight less the effective number of coefficients.
    pub freedom: f64,
}

impl Fit {
    /// Pearson's estimate of the dispersion; 1 when there is no freedom left to estimate it.
    pub fn dispersion(&self) -> f64 {
        if self.freedom > 0.0 { self.pearson / self.freedom } else { 1.0 }
    }

    /// Standard errors of the coefficients at this dispersion.
    pub fn standard_errors(&self, dispersion: f64) -> Vec<f64> {
        let columns = self.coefficients.len();
        (0..columns).map(|at| (dispersion * self.covariance[at * columns + at]).sqrt()).collect()
    }

    /// Linear predictor of a row, without an offset.
    pub fn predictor(&self, row: &[f64]) -> f64 {
        dot(row, &self.coefficients)
    }

    /// Variance of a linear combination of the coefficients, at a dispersion of 1.
    pub fn variance(&self, combination: &[f64]) -> f64 {
        let entries: Vec<(usize, f64)> = combination.iter().copied().enumerate().filter(|(_, value)| *value != 0.0).collect();
        quadratic(&self.covariance, combination.len(), &entries)
    }
}

/// Fits counts of mean `exp(offset + row · coefficients)` and of a variance proportional to the mean.
///
/// # Errors
/// When lengths differ, when columns depend on each other, and when no finite answer is reached.
pub fn poisson(design: &Design, counts: &[f64], terms: &Terms<'_>) -> Result<Fit, RegressionError> {
    let columns = design.columns;
    let fits = |slice: &[f64], length: usize| slice.is_empty() || slice.len() == length;
    let shaped = columns > 0
        && !design.ragged
        && design.ends.len() == counts.len()
        && fits(terms.weights, counts.len())
        && fits(terms.offsets, counts.len())
        && fits(terms.penalty, columns)
        && fits(terms.start, columns);
    if !shaped {
        return Err(RegressionError::Shape);
    }
    let weight = |row: usize| terms.weights.get(row).copied().unwrap_or(1.0);
    let offset = |row: usize| terms.offsets.get(row).copied().unwrap_or(0.0);
    let mut predictors: Vec<f64> = if terms.start.is_empty() {
        counts.iter().map(|count| (count + 0.1).ln()).collect()
    } else {
        design.rows().enumerate().map(|(row, values)| (offset(row) + along(values, terms.start)).clamp(-FARTHEST, FARTHEST)).collect()
    };
    let mut fitted: Vec<f64> = predictors.iter().map(|predictor| predictor.exp()).collect();
    // What the deviance of an exact fit is, of which the rest is linear in the predictors.
    let exact: Vec<f64> = counts.iter().map(|count| if *count > 0.0 { count * (count.ln() - 1.0) } else { 0.0 }).collect();
    let mut deviance = f64::INFINITY;
    for _ in 0..MOST_ITERATIONS {
        let (mut normal, mut right) = (vec![0.0; columns * columns], vec![0.0; columns]);
        for (row, values) in design.rows().enumerate() {
            let working = predictors[row] - offset(row) + (counts[row] - fitted[row]) / fitted[row];
            accumulate(&mut normal, &mut right, values, weight(row) * fitted[row], working);
        }
        for (column, penalty) in terms.penalty.iter().enumerate() {
            normal[column * columns + column] += penalty;
        }
        let covariance = inverse(&mut normal, columns).ok_or(RegressionError::Singular)?;
        let coefficients: Vec<f64> = covariance.chunks_exact(columns).map(|row| dot(row, &right)).collect();
        let mut moved: f64 = terms.penalty.iter().zip(&coefficients).map(|(penalty, value)| penalty * value * value).sum();
        for (row, values) in design.rows().enumerate() {
            predictors[row] = (offset(row) + along(values, &coefficients)).clamp(-FARTHEST, FARTHEST);
            fitted[row] = predictors[row].exp();
            moved += 2.0 * weight(row) * (exact[row] - counts[row] * predictors[row] + fitted[row]);
        }
        if (moved - deviance).abs() < TOLERANCE * (moved.abs() + 0.1) {
            return Ok(finish(design, counts, fitted, coefficients, covariance, &weight));
        }
        deviance = moved;
    }
    Err(RegressionError::NotConverged)
}

fn finish(
    design: &Design,
    counts: &[f64],
    fitted: Vec<f64>,
    coefficients: Vec<f64>,
    covariance: Vec<f64>,
    weight: &dyn Fn(usize) -> f64,
) -> Fit {
    let leverage: Vec<f64> = design
        .rows()
        .enumerate()
        .map(|(row, values)| weight(row) * fitted[row] * quadratic(&covariance, coefficients.len(), values))
        .collect();
    let observed = (0..counts.len()).filter(|row| weight(*row) > 0.0).count() as f64;
    let sum =
        |term: &dyn Fn(f64, f64) -> f64| counts.iter().zip(&fitted).enumerate().map(|(row, (y, mu))| weight(row) * term(*y, *mu)).sum();
    Fit {
        deviance: sum(&deviance_of),
        pearson: sum(&|y, mu| (y - mu).powi(2) / mu),
        freedom: observed - leverage.iter().sum::<f64>(),
        coefficients,
        covariance,
        fitted,
        leverage,
    }
}

fn deviance_of(count: f64, mean: f64) -> f64 {
    let ratio = if count > 0.0 { count * (count / mean).ln() } else { 0.0 };
    2.0 * (ratio - (count - mean))
}

/// Adds a row to the normal equations, of which the lower triangle is kept.
fn accumulate(normal: &mut [f64], right: &mut [f64], values: &[(usize, f64)], importance: f64, working: f64) {
    let columns = right.len();
    for (place, (at, value)) in values.iter().enumerate() {
        let scaled = importance * value;
        right[*at] += scaled * working;
        for (other, with) in &values[..=place] {
            normal[at * columns + other] += scaled * with;
        }
    }
}

fn along(values: &[(usize, f64)], coefficients: &[f64]) -> f64 {
    values.iter().map(|(at, value)| value * coefficients[*at]).sum()
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

fn quadratic(matrix: &[f64], columns: usize, values: &[(usize, f64)]) -> f64 {
    values.iter().map(|(at, value)| value * along(values, &matrix[at * columns..(at + 1) * columns])).sum()
}

/// Inverse of a symmetric positive definite matrix by Cholesky's decomposition, which overwrites it; none when it is singular.
fn inverse(matrix: &mut [f64], size: usize) -> Option<Vec<f64>> {
    for at in 0..size {
        let before = matrix[at * size + at];
        for row in at..size {
            let known: f64 = (0..at).map(|column| matrix[row * size + column] * matrix[at * size + column]).sum();
            let value = matrix[row * size + at] - known;
            if row == at {
                if value.is_nan() || value <= before.abs() * 1e-12 {
                    return None;
                }
                matrix[at * size + at] = value.sqrt();
            } else {
                matrix[row * size + at] = value / matrix[at * size + at];
            }
        }
    }
    // Columns of the inverse of the lower triangle, then the product with its transpose.
    let mut lower = vec![0.0; size * size];
    for column in 0..size {
        lower[column * size + column] = 1.0 / matrix[column * size + column];
        for row in column + 1..size {
            let known: f64 = (column..row).map(|at| matrix[row * size + at] * lower[at * size + column]).sum();
            lower[row * size + column] = -known / matrix[row * size + row];
        }
    }
    let mut out = vec![0.0; size * size];
    for row in 0..size {
        for column in 0..=row {
            let value: f64 = (row..size).map(|at| lower[at * size + row] * lower[at * size + column]).sum();
            out[row * size + column] = value;
            out[column * size + row] = value;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn design(columns: usize, rows: &[Vec<f64>]) -> Design {
        let mut design = Design::new(columns);
        for row in rows {
            design.push(row);
        }
        design
    }

    fn close(found: &[f64], published: &[f64], within: f64) {
        assert_eq!(found.len(), published.len());
        for (found, published) in found.iter().zip(published) {
            assert!((found - published).abs() < within, "{found} is not {published}");
        }
    }

    /// Dobson 1990, An Introduction to Generalized Linear Models, page 93, as in the example of R's `glm`.
    #[test]
    fn dobsons_randomised_trial() {
        let counts = [18.0, 17.0, 15.0, 20.0, 10.0, 20.0, 25.0, 13.0, 12.0];
        let level = |at: usize, wanted: usize| f64::from(u8::from(at == wanted));
        let rows: Vec<Vec<f64>> =
            (0..9).map(|at| vec![1.0, level(at % 3, 1), level(at % 3, 2), level(at / 3, 1), level(at / 3, 2)]).collect();
        let fit = poisson(&design(5, &rows), &counts, &Terms::default()).unwrap();
        close(&fit.coefficients, &[3.045, -0.4543, -0.2930, 0.0, 0.0], 5e-4);
        close(&fit.standard_errors(1.0), &[0.1709, 0.2022, 0.1927, 0.2, 0.2], 5e-5);
        close(&[fit.deviance, fit.freedom], &[5.1291, 4.0], 5e-5);
        let started = poisson(&design(5, &rows), &counts, &Terms { start: &fit.coefficients, ..Terms::default() }).unwrap();
        close(&started.coefficients, &fit.coefficients, 1e-6);
    }

    /// McCullagh and Nelder 1989, section 6.3.2, tables 6.2 and 6.3: damage to ships by waves. The dispersion is 1.69, and the standard errors
    /// of the table take it. Months of service are the exposure.
    #[test]
    fn damage_to_ships() {
        // Type, years of construction, period of operation, aggregate months of service, incidents.
        let ships: [(usize, usize, usize, f64, f64); 34] = [
            (0, 0, 0, 127.0, 0.0),
            (0, 0, 1, 63.0, 0.0),
            (0, 1, 0, 1095.0, 3.0),
            (0, 1, 1, 1095.0, 4.0),
            (0, 2, 0, 1512.0, 6.0),
            (0, 2, 1, 3353.0, 18.0),
            (0, 3, 1, 2244.0, 11.0),
            (1, 0, 0, 44_882.0, 39.0),
            (1, 0, 1, 17_176.0, 29.0),
            (1, 1, 0, 28_609.0, 58.0),
            (1, 1, 1, 20_370.0, 53.0),
            (1, 2, 0, 7064.0, 12.0),
            (1, 2, 1, 13_099.0, 44.0),
            (1, 3, 1, 7117.0, 18.0),
            (2, 0, 0, 1179.0, 1.0),
            (2, 0, 1, 552.0, 1.0),
            (2, 1, 0, 781.0, 0.0),
            (2, 1, 1, 676.0, 1.0),
            (2, 2, 0, 783.0, 6.0),
            (2, 2, 1, 1948.0, 2.0),
            (2, 3, 1, 274.0, 1.0),
            (3, 0, 0, 251.0, 0.0),
            (3, 0, 1, 105.0, 0.0),
            (3, 1, 0, 288.0, 0.0),
            (3, 1, 1, 192.0, 0.0),
            (3, 2, 0, 349.0, 2.0),
            (3, 2, 1, 1208.0, 11.0),
            (3, 3, 1, 2051.0, 4.0),
            (4, 0, 0, 45.0, 0.0),
            (4, 1, 0, 789.0, 7.0),
            (4, 1, 1, 437.0, 7.0),
            (4, 2, 0, 1157.0, 5.0),
            (4, 2, 1, 2161.0, 12.0),
            (4, 3, 1, 542.0, 1.0),
        ];
        let level = |at: usize, wanted: usize| f64::from(u8::from(at == wanted));
        let rows: Vec<Vec<f64>> = ships
            .iter()
            .map(|(kind, built, period, _, _)| {
                let mut row = vec![1.0];
                row.extend((1..5).map(|wanted| level(*kind, wanted)));
                row.extend((1..4).map(|wanted| level(*built, wanted)));
                row.push(*period as f64);
                row
            })
            .collect();
        let counts: Vec<f64> = ships.iter().map(|ship| ship.4).collect();
        let offsets: Vec<f64> = ships.iter().map(|ship| ship.3.ln()).collect();
        let fit = poisson(&design(9, &rows), &counts, &Terms { offsets: &offsets, ..Terms::default() }).unwrap();
        close(&fit.coefficients, &[-6.41, -0.54, -0.69, -0.08, 0.33, 0.70, 0.82, 0.45, 0.38], 6e-3);
        close(&[fit.deviance, fit.freedom, fit.dispersion()], &[38.7, 25.0, 1.69], 6e-3);
        close(&fit.standard_errors(fit.dispersion())[1..], &[0.23, 0.43, 0.38, 0.31, 0.19, 0.22, 0.30, 0.15], 6e-3);
    }

    #[test]
    fn a_level_of_zeros_needs_the_penalty() {
        let rows = [vec![1.0, 0.0], vec![1.0, 0.0], vec![1.0, 1.0], vec![1.0, 1.0]];
        let counts = [4.0, 6.0, 0.0, 0.0];
        let design = design(2, &rows);
        let free = poisson(&design, &counts, &Terms::default());
        assert!(free.is_err() || free.is_ok_and(|fit| fit.coefficients[1] < -20.0));
        let kept = poisson(&design, &counts, &Terms { penalty: &[0.0, 1.0], ..Terms::default() }).unwrap();
        assert!((-3.0..-1.0).contains(&kept.coefficients[1]), "{kept:?}");
    }

    #[test]
    fn what_cannot_be_fitted_is_refused() {
        let twice = design(2, &[vec![1.0, 1.0], vec![1.0, 1.0], vec![1.0, 1.0]]);
        assert_eq!(poisson(&twice, &[1.0, 2.0, 3.0], &Terms::default()), Err(RegressionError::Singular));
        assert_eq!(poisson(&twice, &[1.0, 2.0], &Terms::default()), Err(RegressionError::Shape));
        assert_eq!(poisson(&Design::new(0), &[], &Terms::default()), Err(RegressionError::Shape));
    }

    proptest! {
        /// The score equations of a Poisson regression with an intercept: what is expected sums to what was counted.
        #[test]
        fn expectations_sum_to_the_counts(counts in prop::collection::vec(0_u32..40, 5..60)) {
            prop_assume!(counts.iter().any(|count| *count > 0));
            let rows: Vec<Vec<f64>> = (0..counts.len()).map(|at| vec![1.0, at as f64 / counts.len() as f64]).collect();
            let counts: Vec<f64> = counts.into_iter().map(f64::from).collect();
            if let Ok(fit) = poisson(&design(2, &rows), &counts, &Terms::default()) {
                let (expected, counted): (f64, f64) = (fit.fitted.iter().sum(), counts.iter().sum());
                prop_assert!((expected - counted).abs() < 1e-3 * counted.max(1.0), "{expected} {counted}");
                prop_assert!((fit.leverage.iter().sum::<f64>() - 2.0).abs() < 1e-3);
            }
        }
    }
}
