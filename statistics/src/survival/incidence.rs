//! The share that has had the event of interest, while another one competes.

use super::{BadTime, FollowUp, Outcome, Probability, Tie, at_risk, known, log_log, ties};

/// Cumulative incidence of the event of interest after each time at which any event was seen.
#[derive(Debug, Clone)]
pub struct CumulativeIncidence {
    ties: Vec<Tie>,
    jumps: Vec<Jump>,
}

/// What happened at one time: the terms that every later variance needs.
#[derive(Debug, Clone, Copy)]
struct Jump {
    time: f64,
    at_risk: f64,
    events: f64,
    any: f64,
    /// Share still open before and after this time.
    before: f64,
    after: f64,
    incidence: f64,
}

/// One step of the curve.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct IncidenceStep {
    /// When.
    pub time: f64,
    /// Share that has had the event of interest by then.
    pub incidence: Probability,
    /// Share that has had the competing event by then.
    pub competing: f64,
    /// Share that is still open.
    pub open: f64,
}

impl CumulativeIncidence {
    /// Estimates the curve. Nobody gives a curve that answers `None` everywhere.
    pub fn fit(follow_ups: &[FollowUp]) -> Result<Self, BadTime> {
        let ties = ties(follow_ups)?;
        let (mut open, mut incidence) = (1.0, 0.0);
        let mut jumps = Vec::new();
        for tie in ties.iter().filter(|tie| tie.events + tie.competing > 0) {
            let (n, events, any) = (tie.at_risk as f64, tie.events as f64, (tie.events + tie.competing) as f64);
            let before = open;
            incidence += before * events / n;
            open *= 1.0 - any / n;
            jumps.push(Jump { time: tie.time, at_risk: n, events, any, before, after: open, incidence });
        }
        Ok(Self { ties, jumps })
    }

    /// The incidence of the competing event instead: the same follow-ups with the two exchanged.
    pub fn fit_competing(follow_ups: &[FollowUp]) -> Result<Self, BadTime> {
        let exchanged: Vec<_> = follow_ups
            .iter()
            .map(|follow_up| FollowUp {
                outcome: match follow_up.outcome {
                    Outcome::Event => Outcome::Competing,
                    Outcome::Competing => Outcome::Event,
                    Outcome::Censored => Outcome::Censored,
                },
                ..*follow_up
            })
            .collect();
        Self::fit(&exchanged)
    }

    /// Every step, in order of time.
    pub fn steps(&self) -> impl Iterator<Item = IncidenceStep> + '_ {
        self.jumps.iter().filter_map(|jump| self.at(jump.time))
    }

    /// The shares by `time` (the step at `time` included). `None` when somebody is still open and nobody was followed that far: what is not known is not
    /// extrapolated.
    pub fn at(&self, time: f64) -> Option<IncidenceStep> {
        let at_risk = at_risk(&self.ties, time);
        let jumps = self.jumps.get(..self.jumps.partition_point(|jump| jump.time <= time))?;
        let (open, incidence) = jumps.last().map_or((1.0, 0.0), |last| (last.after, last.incidence));
        if at_risk == 0 && (jumps.is_empty() || open > 1e-12) {
            return None;
        }
        let standard_error = variance(jumps, incidence).max(0.0).sqrt();
        let interval = log_log(incidence, standard_error, known(&self.ties, time, |tie| tie.events + tie.competing));
        let incidence = Probability { value: incidence, standard_error, interval, at_risk };
        Some(IncidenceStep { time, incidence, competing: (1.0 - open - incidence.value).max(0.0), open })
    }
}

/// `V_F` of the module's formulas, at the time of the last of `jumps`.
fn variance(jumps: &[Jump], incidence: f64) -> f64 {
    jumps
        .iter()
        .map(|jump| {
            let later = incidence - jump.incidence;
            let n = jump.at_risk;
            // Where nobody is left nothing can come later, and the first term is 0 times infinity.
            let leaving = if n > jump.any { later * later * jump.any / (n * (n - jump.any)) } else { 0.0 };
            let entering = jump.before * jump.before * jump.events * (n - jump.events) / (n * n * n);
            leaving + entering - 2.0 * later * jump.before * jump.events / (n * n)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::KaplanMeier;
    use super::*;

    /// Three causes; `cause` is the one of interest, the others compete.
    fn follow_ups(cause: u8) -> Vec<FollowUp> {
        let times = [1, 1, 2, 4, 4, 4, 6, 6, 7, 8, 9, 9, 9, 1, 2, 2, 4, 4];
        let causes = [1, 1, 1, 2, 2, 2, 3, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        times
            .into_iter()
            .zip(causes)
            .map(|(time, found)| FollowUp {
                time: f64::from(time),
                outcome: match found {
                    0 => Outcome::Censored,
                    found if found == cause => Outcome::Event,
                    _ => Outcome::Competing,
                },
            })
            .collect()
    }

    /// Estimates as R's cmprsk `cuminc` and standard errors as Stata's `stcompet` give them for these 18 follow-ups, published in the tests of
    /// statsmodels (`statsmodels/duration/tests/test_survfunc.py`, `test_incidence`). Tied times, three causes, censoring between.
    #[test]
    fn eighteen_follow_ups() {
        let published: [(u8, f64, f64, f64); 8] = [
            (1, 1.0, 0.111_111_11, 0.074_074_07),
            (1, 2.0, 0.170_370_37, 0.089_762_51),
            (1, 9.0, 0.170_370_37, 0.089_762_51),
            (2, 4.0, 0.207_407_41, 0.106_103_91),
            (2, 9.0, 0.207_407_41, 0.106_103_91),
            (3, 6.0, 0.177_777_78, 0.111_961_47),
            (3, 7.0, 0.266_666_67, 0.127_877_81),
            (3, 9.0, 0.266_666_67, 0.127_877_81),
        ];
        for (cause, time, incidence, error) in published {
            let found = CumulativeIncidence::fit(&follow_ups(cause)).unwrap().at(time).unwrap().incidence;
            assert!((found.value - incidence).abs() < 5e-9, "cause {cause} at {time}: {found:?}");
            assert!((found.standard_error - error).abs() < 5e-9, "cause {cause} at {time}: {found:?}");
        }
    }

    /// The interval by hand from the published estimate and error: `F ^ exp(-+ 1.959964 * se / (F ln F))` (Choudhury 2002; Pintilie 2006; tidycmprsk 1.1.0 `cuminc`).
    #[test]
    fn log_log_interval() {
        let interval = CumulativeIncidence::fit(&follow_ups(1)).unwrap().at(9.0).unwrap().incidence.interval;
        // se / (F |ln F|) = 0.08976251 / (0.17037037 * 1.76978) = 0.297703; times z = 0.583487; exp = 1.792277.
        assert!((interval.low - 0.041_92).abs() < 5e-5, "{interval:?}");
        assert!((interval.high - 0.372_5).abs() < 5e-4, "{interval:?}");
    }

    /// The whole row of the same follow-ups, computed apart from the module's formulas in another language, for whoever writes them in SQL: time, at risk, F, error, low,
    /// high, open.
    #[test]
    fn rows_for_other_implementations() {
        for (time, at_risk, row) in [
            (1.0, 18, [0.111_111, 0.074_074, 0.018_642, 0.297_513, 0.888_889]),
            (2.0, 15, [0.170_370, 0.089_763, 0.041_923, 0.372_525, 0.829_630]),
            (4.0, 12, [0.170_370, 0.089_763, 0.041_923, 0.372_525, 0.622_222]),
            (9.0, 3, [0.170_370, 0.089_763, 0.041_923, 0.372_525, 0.355_556]),
        ] {
            let step = CumulativeIncidence::fit(&follow_ups(1)).unwrap().at(time).unwrap();
            let Probability { value, standard_error, interval, at_risk: found } = step.incidence;
            assert_eq!(found, at_risk);
            for (found, expected) in [value, standard_error, interval.low, interval.high, step.open].into_iter().zip(row) {
                assert!((found - expected).abs() < 1e-6, "{time}: {step:?}");
            }
        }
    }

    #[test]
    fn nobody_nothing_yet_and_too_far() {
        assert_eq!(CumulativeIncidence::fit(&[]).unwrap().at(0.0), None);
        let open = |time| FollowUp { time, outcome: Outcome::Censored };
        let young = CumulativeIncidence::fit(&[open(3.0), open(5.0), open(9.0)]).unwrap();
        let found = young.at(4.0).unwrap();
        assert!(found.incidence.value <= 0.0 && found.incidence.at_risk == 2 && found.incidence.interval.high > 0.6, "{found:?}");
        assert_eq!(young.at(10.0), None);
        let rejected = CumulativeIncidence::fit(&[FollowUp { time: 2.0, outcome: Outcome::Competing }; 30]).unwrap().at(400.0).unwrap();
        assert!(rejected.open <= 0.0 && rejected.competing >= 1.0, "{rejected:?}");
        assert!((rejected.incidence.interval.high - 0.113_5).abs() < 5e-4, "0 of 30 by Wilson: {rejected:?}");
    }

    fn any_follow_up() -> impl Strategy<Value = FollowUp> {
        (0_u8..30, prop_oneof![Just(Outcome::Event), Just(Outcome::Competing), Just(Outcome::Censored)])
            .prop_map(|(time, outcome)| FollowUp { time: f64::from(time), outcome })
    }

    proptest! {
        /// Hired, rejected and open make one; the open share is the Kaplan-Meier curve of "any event"; the interval holds the estimate.
        #[test]
        fn the_three_shares_make_one(follow_ups in proptest::collection::vec(any_follow_up(), 1..80), day in 0_u8..30) {
            let day = f64::from(day);
            let hired = CumulativeIncidence::fit(&follow_ups).unwrap().at(day);
            let rejected = CumulativeIncidence::fit_competing(&follow_ups).unwrap().at(day);
            prop_assert_eq!(hired.is_some(), rejected.is_some());
            let (Some(hired), Some(rejected)) = (hired, rejected) else { return Ok(()) };
            prop_assert!((hired.incidence.value + rejected.incidence.value + hired.open - 1.0).abs() < 1e-9);
            let any: Vec<_> = follow_ups
                .iter()
                .map(|follow_up| FollowUp { outcome: if follow_up.outcome == Outcome::Censored { Outcome::Censored } else { Outcome::Event }, ..*follow_up })
                .collect();
            let open = KaplanMeier::fit(&any).unwrap().at(day).unwrap();
            prop_assert!((hired.open - open.value).abs() < 1e-9);
            let Probability { value, interval, standard_error, .. } = hired.incidence;
            prop_assert!(interval.low <= value + 1e-9 && value <= interval.high + 1e-9 && standard_error.is_finite());
        }

        /// Without competitors it is one minus Kaplan-Meier, its error Greenwood's.
        #[test]
        fn without_competitors_it_is_kaplan_meier(follow_ups in proptest::collection::vec(any_follow_up(), 1..80), day in 0_u8..30) {
            let alone: Vec<_> = follow_ups.into_iter().filter(|follow_up| follow_up.outcome != Outcome::Competing).collect();
            let incidence = CumulativeIncidence::fit(&alone).unwrap().at(f64::from(day)).map(|step| step.incidence);
            let survival = KaplanMeier::fit(&alone).unwrap().at(f64::from(day));
            prop_assert_eq!(incidence.is_some(), survival.is_some());
            if let (Some(incidence), Some(survival)) = (incidence, survival) {
                prop_assert!((incidence.value + survival.value - 1.0).abs() < 1e-9);
                prop_assert!((incidence.standard_error - survival.standard_error).abs() < 1e-7, "{incidence:?} {survival:?}");
            }
        }
    }
}
