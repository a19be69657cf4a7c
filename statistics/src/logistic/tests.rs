use proptest::prelude::*;

use super::*;

/// Temperature (Fahrenheit) and thermal distress of an O-ring in the 23 flights before Challenger's last. Dalal, Fowlkes and Hoadley,
/// Journal of the American Statistical Association 84 (1989) 945-957, table 1.
const FLIGHTS: [(f64, bool); 23] = [
    (66.0, false),
    (70.0, true),
    (69.0, false),
    (68.0, false),
    (67.0, false),
    (72.0, false),
    (73.0, false),
    (70.0, false),
    (57.0, true),
    (63.0, true),
    (70.0, true),
    (78.0, false),
    (67.0, false),
    (53.0, true),
    (67.0, false),
    (75.0, false),
    (70.0, false),
    (81.0, false),
    (76.0, false),
    (79.0, false),
    (75.0, true),
    (76.0, false),
    (58.0, true),
];

/// `mtcars` of R: cylinders, horsepower, weight, manual transmission. Motor Trend 1974, after Henderson and Velleman, Biometrics 37 (1981) 391-411.
const CARS: [(f64, f64, f64, bool); 32] = [
    (6.0, 110.0, 2.62, true),
    (6.0, 110.0, 2.875, true),
    (4.0, 93.0, 2.32, true),
    (6.0, 110.0, 3.215, false),
    (8.0, 175.0, 3.44, false),
    (6.0, 105.0, 3.46, false),
    (8.0, 245.0, 3.57, false),
    (4.0, 62.0, 3.19, false),
    (4.0, 95.0, 3.15, false),
    (6.0, 123.0, 3.44, false),
    (6.0, 123.0, 3.44, false),
    (8.0, 180.0, 4.07, false),
    (8.0, 180.0, 3.73, false),
    (8.0, 180.0, 3.78, false),
    (8.0, 205.0, 5.25, false),
    (8.0, 215.0, 5.424, false),
    (8.0, 230.0, 5.345, false),
    (4.0, 66.0, 2.2, true),
    (4.0, 52.0, 1.615, true),
    (4.0, 65.0, 1.835, true),
    (4.0, 97.0, 2.465, false),
    (8.0, 150.0, 3.52, false),
    (8.0, 150.0, 3.435, false),
    (8.0, 245.0, 3.84, false),
    (8.0, 175.0, 3.845, false),
    (4.0, 66.0, 1.935, true),
    (4.0, 91.0, 2.14, true),
    (4.0, 113.0, 1.513, true),
    (8.0, 264.0, 3.17, true),
    (6.0, 175.0, 2.77, true),
    (8.0, 335.0, 3.57, true),
    (4.0, 109.0, 2.78, true),
];

fn near(found: f64, published: f64, within: f64) {
    assert!((found - published).abs() <= within, "{found} is not {published}");
}

fn flights(ridge: f64) -> Model {
    let values: Vec<f64> = FLIGHTS.iter().map(|(temperature, _)| *temperature).collect();
    let outcomes: Vec<bool> = FLIGHTS.iter().map(|(_, distress)| *distress).collect();
    fit(Design::new(&values, 1).unwrap(), &outcomes, ridge).unwrap()
}

/// R 4 `glm(Fail > 0 ~ Temp, family = binomial)`: 15.0429 (7.3786), -0.2322 (0.1082), deviances 28.267 and 20.315, as printed in
/// Math 325 of Brigham Young University Idaho, "Challenger logistic regression".
#[test]
fn challenger() {
    let model = flights(0.0);
    near(model.intercept, 15.0429, 5e-5);
    near(model.weights[0], -0.2322, 5e-5);
    near(model.standard_errors[0], 7.3786, 5e-5);
    near(model.standard_errors[1], 0.1082, 5e-5);
    near(model.null_deviance, 28.267, 5e-4);
    near(model.deviance, 20.315, 5e-4);
    let last = model.score(&[31.0]);
    assert!(last.probability > 0.999 && last.low < 0.9 && last.high <= 1.0, "{last:?}");
}

/// `glm(am ~ cyl + hp + wt, data = mtcars, family = binomial)`, as printed in the R tutorial of Tutorials Point, "R - Logistic Regression":
/// 19.70288 (8.11637), 0.48760 (1.07162), 0.03259 (0.01886), -9.14947 (4.15332); deviances 43.2297 and 9.8415.
#[test]
fn manual_transmission() {
    let values: Vec<f64> = CARS.iter().flat_map(|(cylinders, power, weight, _)| [*cylinders, *power, *weight]).collect();
    let outcomes: Vec<bool> = CARS.iter().map(|car| car.3).collect();
    let model = fit(Design::new(&values, 3).unwrap(), &outcomes, 0.0).unwrap();
    near(model.intercept, 19.70288, 5e-6);
    for (found, published) in model.weights.iter().zip([0.48760, 0.03259, -9.14947]) {
        near(*found, published, 5e-6);
    }
    for (found, published) in model.standard_errors.iter().zip([8.11637, 1.07162, 0.01886, 4.15332]) {
        near(*found, published, 2e-5);
    }
    near(model.null_deviance, 43.2297, 5e-5);
    near(model.deviance, 9.8415, 5e-5);
}

#[test]
fn a_ridge_draws_weights_to_nothing_and_keeps_the_share() {
    let (free, held, tight) = (flights(0.0), flights(1.0), flights(1e9));
    assert!(free.weights[0].abs() > held.weights[0].abs() && held.weights[0].abs() > 1e-3);
    near(tight.weights[0], 0.0, 1e-6);
    near(tight.score(&[31.0]).probability, 7.0 / 23.0, 1e-6);
}

#[test]
fn contributions_sum_to_the_log_odds() {
    let model = flights(0.0);
    let of_mean = model.log_odds(&model.means);
    for temperature in [31.0, 60.0, 81.0] {
        let added: f64 = model.contributions(&[temperature]).iter().sum();
        near(of_mean + added, model.log_odds(&[temperature]), 1e-12);
        near(model.intercept + model.weights[0] * temperature, model.log_odds(&[temperature]), 1e-9);
    }
}

#[test]
fn what_cannot_be_fitted_says_why() {
    let one = [1.0, 2.0, 3.0, 4.0];
    let design = Design::new(&one, 1).unwrap();
    assert_eq!(fit(design, &[false; 4], 1.0).unwrap_err(), LogisticError::OneOutcome);
    assert_eq!(fit(design, &[true; 3], 1.0).unwrap_err(), LogisticError::Shape { rows: 4, outcomes: 3 });
    assert_eq!(fit(design, &[false, false, true, true], 0.0).unwrap_err(), LogisticError::NoMaximum);
    assert!(fit(design, &[false, false, true, true], 0.1).is_ok());
    assert_eq!(Design::new(&one, 3).unwrap_err(), LogisticError::Shape { rows: 1, outcomes: 0 });
    assert_eq!(Design::new(&[], 1).unwrap_err(), LogisticError::Shape { rows: 0, outcomes: 0 });
    assert_eq!(Design::new(&[f64::NAN], 1).unwrap_err(), LogisticError::NotFinite);
    assert!(cross_validate(design, &[true; 4], &[1.0], 2).is_err());
}

#[test]
fn a_feature_that_never_varies_has_no_weight() {
    let values = [1.0, 5.0, 2.0, 5.0, 3.0, 5.0, 4.0, 5.0];
    let model = fit(Design::new(&values, 2).unwrap(), &[false, true, false, true], 0.0).unwrap();
    assert_eq!((model.weights[1], model.standard_errors[2]), (0.0, 0.0));
    assert!(model.weights[0] > 0.0);
    let score = model.score(&[2.5, 5.0]);
    near(score.probability, 0.5, 1e-9);
}

/// scikit-learn, documentation of `roc_auc_score` (0.75) and `brier_score_loss` (0.0375).
#[test]
fn published_scores() {
    near(area_under_curve(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]).unwrap(), 0.75, 1e-12);
    let found = calibration(&[0.1, 0.9, 0.8, 0.3], &[false, true, true, false]).unwrap();
    near(found.brier, 0.0375, 1e-12);
    near(found.brier_of_share, 0.25, 1e-12);
}

/// Hanley and McNeil, Radiology 143 (1982) 29-36: an area of 0.893 of 51 abnormal and 58 normal images has a standard error of 0.032.
#[test]
fn the_error_of_an_area() {
    // 0.0325 of the rounded area; the paper has more digits of it.
    near(area_error(0.893, 51, 58).unwrap(), 0.032, 6e-4);
    assert_eq!((area_error(0.7, 0, 9), area_error(1.0, 3, 3)), (None, Some(0.0)));
}

#[test]
fn equal_probabilities_tell_nothing_apart() {
    assert_eq!(area_under_curve(&[0.3; 4], &[true, false, true, false]), Some(0.5));
    assert_eq!(area_under_curve(&[0.3; 2], &[true; 2]), None);
    let found = calibration(&[0.3; 4], &[true, false, false, false]).unwrap();
    assert_eq!((found.slope, found.reliability.len(), found.reliability[0].cases), (None, 1, 4));
    assert_eq!(calibration(&[], &[]), None);
    assert_eq!(calibration(&[0.5], &[true, false]), None);
}

#[test]
fn probabilities_that_are_right_have_slope_one() {
    // Of rows with probability p the share p happened.
    let mut rows = Vec::new();
    for (chance, happened) in [(0.1, 10), (0.25, 25), (0.5, 50), (0.8, 80)] {
        rows.extend((0..100).map(|row| (chance, row < happened)));
    }
    let (predicted, outcomes): (Vec<f64>, Vec<bool>) = rows.iter().copied().unzip();
    let right = calibration(&predicted, &outcomes).unwrap();
    near(right.slope.unwrap(), 1.0, 1e-6);
    assert!(right.reliability.iter().all(|part| (part.predicted - part.observed).abs() < 1e-9));
    // Log-odds twice too far out: too sure by half.
    let doubled: Vec<f64> = predicted.iter().map(|p: &f64| (p / (1.0 - p)).powi(2)).map(|odds| odds / (1.0 + odds)).collect();
    near(calibration(&doubled, &outcomes).unwrap().slope.unwrap(), 0.5, 1e-6);
}

#[test]
fn the_ridge_is_chosen_by_rows_that_were_not_seen() {
    // Twenty features of noise for forty rows: without a ridge the fit believes them.
    let noise = |row: usize, feature: usize| (((row * 7919 + feature * 104_729 + row * feature * 31) % 1000) as f64) / 1000.0;
    let values: Vec<f64> = (0..40).flat_map(|row| (0..20).map(move |feature| noise(row, feature))).collect();
    let outcomes: Vec<bool> = (0..40).map(|row| (row * 13) % 7 < 3).collect();
    let found = cross_validate(Design::new(&values, 20).unwrap(), &outcomes, &[0.01, 1.0, 100.0, 10_000.0], 5).unwrap();
    assert!(found.ridge >= 100.0, "{found:?}");
    assert_eq!(found.predicted.len(), 40);
    assert!(found.predicted.iter().all(|chance| (0.0..=1.0).contains(chance)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// At the maximum the slope is nothing: residuals balance the penalty of each feature, and sum to 0.
    #[test]
    fn the_slope_at_the_fit_is_nothing(rows in prop::collection::vec((-5.0..5.0_f64, -100.0..100.0_f64, any::<bool>()), 8..60), ridge in 0.05..20.0_f64) {
        let values: Vec<f64> = rows.iter().flat_map(|(a, b, _)| [*a, *b]).collect();
        let outcomes: Vec<bool> = rows.iter().map(|row| row.2).collect();
        prop_assume!(outcomes.iter().any(|outcome| *outcome) && outcomes.iter().any(|outcome| !outcome));
        let model = fit(Design::new(&values, 2).unwrap(), &outcomes, ridge).unwrap();
        let residual: Vec<f64> = values.chunks(2).zip(&outcomes)
            .map(|(row, outcome)| f64::from(u8::from(*outcome)) - model.score(row).probability).collect();
        prop_assert!(residual.iter().sum::<f64>().abs() < 1e-6);
        for feature in 0..2 {
            let column: Vec<f64> = values.iter().skip(feature).step_by(2).copied().collect();
            let mean = column.iter().sum::<f64>() / column.len() as f64;
            let variance = column.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / column.len() as f64;
            let pull: f64 = residual.iter().zip(&column).map(|(miss, value)| miss * (value - mean)).sum();
            prop_assert!((pull - ridge * model.weights[feature] * variance).abs() < 1e-5 * (1.0 + pull.abs()));
        }
    }

    /// Intervals hold their probability, and everything is a probability.
    #[test]
    fn scores_are_probabilities(temperature in -1000.0..1000.0_f64, ridge in 0.01..10.0_f64) {
        let score = flights(ridge).score(&[temperature]);
        prop_assert!(0.0 <= score.low && score.low <= score.probability && score.probability <= score.high && score.high <= 1.0);
    }
}
