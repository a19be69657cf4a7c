//! Errors of forecasts, scaled so that series of any size can be compared.
//!
//! Both divide by the in-sample one-season-ahead error of the seasonal-naive forecast: 1 is as good as repeating the last season was on the
//! history. For counts that are mostly zero the squared one is the one to choose by, as the absolute one is smallest for a forecast of zero
//! (Kolassa 2016, International Journal of Forecasting 32(3), 788-803).

/// Mean absolute scaled error (Hyndman & Koehler 2006, International Journal of Forecasting 22(4), 679-688; seasonal form of Hyndman &
/// Athanasopoulos 2018, section 3.4).
///
/// `history` is what the forecast was made from, `season` its period in observations. None when there is nothing to compare or when the
/// history repeats itself exactly.
pub fn mase(history: &[f64], season: usize, actual: &[f64], forecast: &[f64]) -> Option<f64> {
    scaled(history, season, actual, forecast, f64::abs)
}

/// Root mean squared scaled error (Makridakis, Spiliotis & Assimakopoulos 2022, International Journal of Forecasting 38(4), 1325-1336; there
/// with the naive forecast of a period of 1). Arguments and None as in [`mase`].
pub fn rmsse(history: &[f64], season: usize, actual: &[f64], forecast: &[f64]) -> Option<f64> {
    scaled(history, season, actual, forecast, |error| error * error).map(f64::sqrt)
}

fn scaled(history: &[f64], season: usize, actual: &[f64], forecast: &[f64], loss: impl Fn(f64) -> f64) -> Option<f64> {
    let error = mean(actual.iter().zip(forecast).map(|(actual, forecast)| loss(actual - forecast)))?;
    let scale = mean(history.iter().zip(history.iter().skip(season)).map(|(before, after)| loss(after - before)))?;
    (scale > 0.0).then(|| error / scale)
}

pub(super) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quarterly Australian beer production (R package fpp2, `ausbeer`), 1992 to 2007.
    const BEER: [f64; 64] = [
        443.0, 410.0, 420.0, 532.0, 433.0, 421.0, 410.0, 512.0, 449.0, 381.0, 423.0, 531.0, 426.0, 408.0, 416.0, 520.0, 409.0, 398.0,
        398.0, 507.0, 432.0, 398.0, 406.0, 526.0, 428.0, 397.0, 403.0, 517.0, 435.0, 383.0, 424.0, 521.0, 421.0, 402.0, 414.0, 500.0,
        451.0, 380.0, 416.0, 492.0, 428.0, 408.0, 406.0, 506.0, 435.0, 380.0, 421.0, 490.0, 435.0, 390.0, 412.0, 454.0, 416.0, 403.0,
        408.0, 482.0, 438.0, 386.0, 405.0, 491.0, 427.0, 383.0, 394.0, 473.0,
    ];
    /// The same, 2008 to the second quarter of 2010.
    const LATER: [f64; 10] = [420.0, 390.0, 410.0, 488.0, 415.0, 398.0, 419.0, 488.0, 414.0, 374.0];

    /// Hyndman & Athanasopoulos 2018 (Forecasting: principles and practice, 2nd edition), section 3.4: MASE of the mean, naive and
    /// seasonal-naive methods is 2.44, 4.01 and 0.94.
    #[test]
    fn beer_of_forecasting_principles_and_practice() {
        let last = |back: usize| BEER[BEER.len() - back];
        let mean = BEER.iter().sum::<f64>() / BEER.len() as f64;
        let seasonal: Vec<f64> = (0..10).map(|quarter| last(4 - quarter % 4)).collect();
        for (forecast, expected) in [(vec![mean; 10], 2.44), (vec![last(1); 10], 4.01), (seasonal, 0.94)] {
            let found = mase(&BEER, 4, &LATER, &forecast).unwrap();
            assert!((found - expected).abs() < 0.005, "{found} for {expected}");
        }
    }

    #[test]
    fn what_repeats_itself_or_is_not_there_has_no_scale() {
        assert_eq!(mase(&[1.0, 2.0, 1.0, 2.0], 2, &[1.0], &[1.0]), None);
        assert_eq!(rmsse(&BEER, 4, &[], &[]), None);
        assert_eq!(rmsse(&BEER[..3], 4, &LATER, &LATER), None);
    }

    /// Differences of the history 2 and 2, errors 1 and 3: sqrt(5 / 4).
    #[test]
    fn squared_errors_are_scaled_before_the_root() {
        assert!((rmsse(&[0.0, 2.0, 4.0], 1, &[5.0, 5.0], &[6.0, 2.0]).unwrap() - 1.25_f64.sqrt()).abs() < 1e-12);
    }
}
