//! Weekday factors of counts, and the history with its gaps filled.

/// Days in a week.
pub(super) const WEEK: usize = 7;
/// A weekday on which less than this share of a mean day comes says nothing about the level: dividing by its factor would blow up its noise.
const QUIET: f64 = 0.25;
/// How many ordinary days on each side fill a gap.
const AROUND: usize = 7;

/// A history taken apart: what of a mean day comes on each weekday, and the days with that taken out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Adjusted {
    /// By the day's place in the history modulo 7; their mean is 1.
    pub factors: [f64; WEEK],
    /// The level of each day, weekdays taken out and gaps filled from the days around.
    pub levels: Vec<f64>,
}

impl Adjusted {
    /// `days` without those that are missing or out of the ordinary.
    pub fn of(days: &[Option<f64>]) -> Self {
        let factors = factors(days);
        Self { factors, levels: levels(days, &factors) }
    }

    /// What a day at this place would be at this level.
    pub fn at(&self, day: usize, level: f64) -> f64 {
        level * self.factors[day % WEEK]
    }

    /// The history with its gaps filled by what is expected there.
    pub fn filled(&self, days: &[Option<f64>]) -> Vec<f64> {
        days.iter().enumerate().map(|(day, count)| count.unwrap_or_else(|| self.at(day, self.levels[day]))).collect()
    }
}

/// Ratio of each weekday's counts to the level of their weeks (classical multiplicative decomposition), drawn towards 1 as far as noise
/// would make them differ anyway (empirical Bayes, method of moments).
fn factors(days: &[Option<f64>]) -> [f64; WEEK] {
    let (mut seen, mut expected) = ([0.0; WEEK], [0.0; WEEK]);
    let (mut squares, mut pairs) = (0.0, 0.0);
    for (day, count) in days.iter().enumerate() {
        let (Some(count), Some(level)) = (count, week_around(days, day)) else { continue };
        seen[day % WEEK] += count;
        expected[day % WEEK] += level;
        if let Some(Some(before)) = day.checked_sub(WEEK).and_then(|before| days.get(before)) {
            squares += (count - before).powi(2);
            pairs += count + before;
        }
    }
    if expected.iter().any(|&expected| expected <= 0.0) {
        return [1.0; WEEK];
    }
    // Differences to the week before have twice the variance of a day.
    let dispersion = if pairs > 0.0 { (squares / pairs).max(1.0) } else { 1.0 };
    let raw: [f64; WEEK] = std::array::from_fn(|weekday| seen[weekday] / expected[weekday]);
    let noise: [f64; WEEK] = std::array::from_fn(|weekday| dispersion * raw[weekday].max(QUIET) / expected[weekday]);
    let spread = raw.iter().map(|factor| (factor - 1.0).powi(2)).sum::<f64>() / (WEEK as f64 - 1.0);
    let real = (spread - noise.iter().sum::<f64>() / WEEK as f64).max(0.0);
    let drawn: [f64; WEEK] =
        std::array::from_fn(|weekday| 1.0 + (raw[weekday] - 1.0) * real / (real + noise[weekday]).max(f64::MIN_POSITIVE));
    let mean = drawn.iter().sum::<f64>() / WEEK as f64;
    drawn.map(|factor| factor / mean)
}

/// Mean of the seven days around one, when all are there.
fn week_around(days: &[Option<f64>], day: usize) -> Option<f64> {
    let from = day.checked_sub(WEEK / 2)?;
    let week = days.get(from..from + WEEK)?;
    week.iter().try_fold(0.0, |sum, count| count.map(|count| sum + count)).map(|sum| sum / WEEK as f64)
}

fn levels(days: &[Option<f64>], factors: &[f64; WEEK]) -> Vec<f64> {
    let known: Vec<Option<f64>> = days
        .iter()
        .enumerate()
        .map(|(day, count)| count.filter(|_| factors[day % WEEK] >= QUIET).map(|count| count / factors[day % WEEK]))
        .collect();
    (0..days.len()).map(|day| known[day].unwrap_or_else(|| around(&known, day))).collect()
}

fn around(known: &[Option<f64>], day: usize) -> f64 {
    let before = known[..day].iter().rev().flatten().take(AROUND);
    let after = known[day..].iter().flatten().take(AROUND);
    super::accuracy::mean(before.chain(after).copied()).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strong_weekday_is_kept_and_noise_is_not() {
        let strong: Vec<Option<f64>> = (0..140).map(|day| Some(if day % 7 < 5 { 120.0 } else { 50.0 })).collect();
        let factors = Adjusted::of(&strong).factors;
        assert!((factors[0] - 1.2).abs() < 0.01 && (factors[6] - 0.5).abs() < 0.01, "{factors:?}");
        // One person on every third day: 3 and 7 have no common beat.
        let flat: Vec<Option<f64>> = (0..63).map(|day| Some(if day % 3 == 0 { 1.0 } else { 0.0 })).collect();
        assert!(Adjusted::of(&flat).factors.iter().all(|factor| (factor - 1.0).abs() < 0.05));
    }

    #[test]
    fn a_gap_is_filled_from_the_days_around_and_not_with_zero() {
        let mut days: Vec<Option<f64>> = (0..70).map(|day| Some(if day % 7 < 5 { 12.0 } else { 5.0 })).collect();
        days[20..40].fill(None);
        let adjusted = Adjusted::of(&days);
        let filled = adjusted.filled(&days);
        assert!((filled[28] - 12.0).abs() < 0.5 && (filled[27] - 5.0).abs() < 0.5, "{filled:?}");
    }

    #[test]
    fn nothing_at_all_is_zero_without_division_by_it() {
        for days in [vec![Some(0.0); 30], vec![None; 30], Vec::new()] {
            let adjusted = Adjusted::of(&days);
            assert!(adjusted.filled(&days).iter().all(|value| *value == 0.0));
            assert!(adjusted.factors.iter().all(|factor| (factor - 1.0).abs() < 1e-12));
        }
    }
}
