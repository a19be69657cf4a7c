//! The share that has not had the event yet.

use super::{BadTime, FollowUp, Probability, Tie, at_risk, known, log_log, ties};

/// Survival after each time at which an event was seen.
#[derive(Debug, Clone)]
pub struct KaplanMeier {
    ties: Vec<Tie>,
    steps: Vec<SurvivalStep>,
}

/// One step of the curve.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct SurvivalStep {
    /// When.
    pub time: f64,
    /// Followed to this time at least.
    pub at_risk: u64,
    /// Had the event at this time.
    pub events: u64,
    /// Survival after it, with its interval.
    pub survival: Probability,
}

/// The time by which a share has had the event. An end is `None` where the curve was not followed far enough to show it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Quantile {
    /// First time at which the curve is at or below one minus the share.
    pub value: Option<f64>,
    /// The same of the curve's lower limits.
    pub low: Option<f64>,
    /// The same of the curve's upper limits.
    pub high: Option<f64>,
}

impl KaplanMeier {
    /// Estimates the curve; [`super::Outcome::Competing`] ends a follow-up as a censoring does. Nobody gives a curve that answers `None` everywhere.
    pub fn fit(follow_ups: &[FollowUp]) -> Result<Self, BadTime> {
        let ties = ties(follow_ups)?;
        let (mut survival, mut greenwood) = (1.0, 0.0);
        let mut steps = Vec::new();
        for tie in ties.iter().filter(|tie| tie.events > 0) {
            let (n, d) = (tie.at_risk as f64, tie.events as f64);
            survival *= 1.0 - d / n;
            // After the last one is gone survival is 0 for certain in the sample, and the sum has no meaning.
            greenwood += if tie.at_risk > tie.events { d / (n * (n - d)) } else { 0.0 };
            let standard_error = survival * f64::sqrt(greenwood);
            let interval = log_log(survival, standard_error, known(&ties, tie.time, |tie| tie.events));
            let survival = Probability { value: survival, standard_error, interval, at_risk: tie.at_risk };
            steps.push(SurvivalStep { time: tie.time, at_risk: tie.at_risk, events: tie.events, survival });
        }
        Ok(Self { ties, steps })
    }

    /// Every step, in order of time.
    pub fn steps(&self) -> &[SurvivalStep] {
        &self.steps
    }

    /// The share that has not had the event by `time` (the step at `time` included). `None` when nobody was followed that far and
    /// the curve has not reached 0: what is not known is not extrapolated.
    pub fn at(&self, time: f64) -> Option<Probability> {
        let at_risk = at_risk(&self.ties, time);
        let step = self.steps.iter().rev().find(|step| step.time <= time);
        match step {
            Some(step) if at_risk > 0 || step.survival.value <= 0.0 => Some(Probability { at_risk, ..step.survival }),
            None if at_risk > 0 => Some(Probability { value: 1.0, standard_error: 0.0, interval: log_log(1.0, 0.0, at_risk), at_risk }),
            _ => None,
        }
    }

    /// The time by which `share` has had the event, with the interval of Brookmeyer & Crowley 1982 on the log(-log) scale.
    pub fn quantile(&self, share: f64) -> Quantile {
        // A product of fractions that is 0.5 on paper may be a hair above it.
        let level = 1.0 - share + 1e-9;
        let first = |curve: fn(&SurvivalStep) -> f64| self.steps.iter().find(|step| curve(step) <= level).map(|step| step.time);
        Quantile {
            value: first(|step| step.survival.value),
            low: first(|step| step.survival.interval.low),
            high: first(|step| step.survival.interval.high),
        }
    }

    /// The time by which half have had the event.
    pub fn median(&self) -> Quantile {
        self.quantile(0.5)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Outcome;
    use super::*;

    fn events(times: &[f64]) -> impl Iterator<Item = FollowUp> {
        times.iter().map(|&time| FollowUp { time, outcome: Outcome::Event })
    }

    fn censored(times: &[f64]) -> impl Iterator<Item = FollowUp> {
        times.iter().map(|&time| FollowUp { time, outcome: Outcome::Censored })
    }

    /// Freireich et al. 1963, Blood 21:699, the 21 children on 6-MP; weeks in remission.
    fn six_mp() -> Vec<FollowUp> {
        let relapsed = [6.0, 6.0, 6.0, 7.0, 10.0, 13.0, 16.0, 22.0, 23.0];
        let open = [6.0, 9.0, 10.0, 11.0, 17.0, 19.0, 20.0, 25.0, 32.0, 32.0, 34.0, 35.0];
        events(&relapsed).chain(censored(&open)).collect()
    }

    /// Survival and standard errors: Kleinbaum & Klein, Survival Analysis (3rd ed.), table of the treatment group in chapter 2, and the log-log limits
    /// as Stata's `sts list` prints them for these data (Rodríguez, Generalized Linear Models, "The Gehan Survival Data").
    #[test]
    fn six_mp_trial() {
        let published = [
            (6.0, 21, 3, 0.8571, 0.0764, 0.6197, 0.9516),
            (7.0, 17, 1, 0.8067, 0.0869, 0.5631, 0.9228),
            (10.0, 15, 1, 0.7529, 0.0963, 0.5032, 0.8894),
            (13.0, 12, 1, 0.6902, 0.1068, 0.4316, 0.8491),
            (16.0, 11, 1, 0.6275, 0.1141, 0.3675, 0.8049),
            (22.0, 7, 1, 0.5378, 0.1282, 0.2678, 0.7468),
            (23.0, 6, 1, 0.4482, 0.1346, 0.1881, 0.6801),
        ];
        let curve = KaplanMeier::fit(&six_mp()).unwrap();
        assert_eq!(curve.steps().len(), published.len());
        for (step, (time, at_risk, events, survival, error, low, high)) in curve.steps().iter().zip(published) {
            assert_eq!((step.time, step.at_risk, step.events), (time, at_risk, events));
            for (found, printed) in [
                (step.survival.value, survival),
                (step.survival.standard_error, error),
                (step.survival.interval.low, low),
                (step.survival.interval.high, high),
            ] {
                assert!((found - printed).abs() < 6e-5, "week {time}: {found} against {printed}");
            }
        }
    }

    /// Survival at a day between steps is the last step's; beyond the last follow-up nothing is known.
    #[test]
    fn between_steps_and_beyond() {
        let curve = KaplanMeier::fit(&six_mp()).unwrap();
        let day = |time| curve.at(time).map(|found| ((found.value * 1e4).round() / 1e4, found.at_risk));
        assert_eq!(day(0.0), Some((1.0, 21)));
        assert_eq!(day(6.0), Some((0.8571, 21)));
        assert_eq!(day(21.0), Some((0.6275, 7)));
        assert_eq!(day(35.0), Some((0.4482, 1)));
        assert_eq!(day(35.1), None);
        let before = curve.at(5.0).unwrap();
        assert!(before.interval.low < 0.9 && before.interval.high >= 1.0, "no event yet is no certainty: {before:?}");
    }

    /// The medians of Kleinbaum & Klein (23 and 8 weeks); their limits are where the limits above cross one half.
    #[test]
    fn medians() {
        assert_eq!(KaplanMeier::fit(&six_mp()).unwrap().median(), Quantile { value: Some(23.0), low: Some(13.0), high: None });
        let placebo = [1., 1., 2., 2., 3., 4., 4., 5., 5., 8., 8., 8., 8., 11., 11., 12., 12., 15., 17., 22., 23.]
            .map(|time| FollowUp { time, outcome: Outcome::Event });
        let curve = KaplanMeier::fit(&placebo).unwrap();
        assert_eq!(curve.median(), Quantile { value: Some(8.0), low: Some(4.0), high: Some(11.0) });
        let last = curve.at(100.0).unwrap();
        assert!(last.value <= 0.0 && last.interval.high > 0.1 && last.interval.low <= 0.0, "{last:?}");
    }

    #[test]
    fn nobody_one_and_no_length() {
        let nobody = KaplanMeier::fit(&[]).unwrap();
        assert_eq!((nobody.at(0.0), nobody.median()), (None, Quantile { value: None, low: None, high: None }));
        let one = KaplanMeier::fit(&censored(&[90.0]).collect::<Vec<_>>()).unwrap().at(90.0).unwrap();
        assert!(one.value >= 1.0 && one.interval.low < 0.25, "{one:?}");
        for time in [f64::NAN, f64::INFINITY, -1.0] {
            assert!(KaplanMeier::fit(&censored(&[3.0, time]).collect::<Vec<_>>()).is_err_and(|error| error.index == 1));
        }
    }

    proptest! {
        /// Without censoring the curve is the share that is left and Greenwood is the binomial variance.
        #[test]
        fn without_censoring_it_is_a_share(times in proptest::collection::vec(0_u8..50, 1..80), day in 0_u8..50) {
            let follow_ups: Vec<_> = times.iter().map(|&time| FollowUp { time: f64::from(time), outcome: Outcome::Event }).collect();
            let left = times.iter().filter(|&&time| time > day).count() as f64 / times.len() as f64;
            let found = KaplanMeier::fit(&follow_ups).unwrap().at(f64::from(day)).unwrap();
            prop_assert!((found.value - left).abs() < 1e-9);
            prop_assert!((found.standard_error - (left * (1.0 - left) / times.len() as f64).sqrt()).abs() < 1e-9);
            prop_assert!(found.interval.low <= found.value + 1e-9 && found.value <= found.interval.high + 1e-9);
        }
    }
}
