//! Alerts on a rate: they begin at a limit and end under a lower one, so that a rate near the limit does not flicker.

use crate::interval::{Interval, wilson};

/// Fewer cases than this are not judged.
pub const FEWEST: u64 = 20;
/// Limits of invitations whose people did not come.
pub const NO_SHOW: [f64; 3] = [0.05, 0.08, 0.10];
/// Limit of messages that nobody answered.
pub const NO_REPLY: f64 = 0.20;
/// An alert ends when the rate is under this share of its limit.
const CLEARS_AT: f64 = 0.8;

/// What must reach the limit for an alert to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// The rate.
    #[default]
    Rate,
    /// The lower end of its 95 % Wilson interval.
    Interval,
}

/// When an alert begins and ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// An alert begins at this share of cases, itself included.
    pub limit: f64,
    /// An alert ends under this share.
    pub clear: f64,
    /// Fewer cases change nothing.
    pub fewest: u64,
    /// What begins it.
    pub mode: Mode,
}

impl Rule {
    /// Begins at a limit, ends under four fifths of it, judges 20 cases and more by their rate.
    pub fn at(limit: f64) -> Self {
        Self { limit, clear: limit * CLEARS_AT, fewest: FEWEST, mode: Mode::Rate }
    }
}

/// How sure it is that the true rate is at the limit or above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// The whole 95 % interval is.
    Sure,
    /// The rate is, its interval reaches under the limit.
    Unsure,
}

impl Certainty {
    /// As reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sure => "sure",
            Self::Unsure => "unsure",
        }
    }
}

/// What a rule makes of a rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// Whether the alert is on.
    pub alert: bool,
    /// How sure, while the rate is at the limit or above; none when it has fallen under it and the alert only has not ended.
    pub certainty: Option<Certainty>,
    /// Whether there were too few cases, so that the alert stays as it was.
    pub few: bool,
    /// 95 % Wilson interval of the rate; none without cases.
    pub interval: Option<Interval>,
}

/// Judges `events` of `cases`, the alert having been on or not.
pub fn judge(rule: &Rule, was_on: bool, events: u64, cases: u64) -> Judgement {
    let interval = wilson(events, cases);
    let few = cases < rule.fewest;
    let (Some(bounds), false) = (interval, few) else {
        return Judgement { alert: was_on, certainty: None, few: true, interval };
    };
    let rate = events as f64 / cases as f64;
    // 8 of 100 is at 8 %, whatever binary fractions make of it.
    let reaches = |value: f64, limit: f64| value >= limit - 1e-12;
    let begins = match rule.mode {
        Mode::Rate => reaches(rate, rule.limit),
        Mode::Interval => reaches(bounds.low, rule.limit),
    };
    let certainty = reaches(rate, rule.limit).then(|| if reaches(bounds.low, rule.limit) { Certainty::Sure } else { Certainty::Unsure });
    Judgement { alert: begins || (was_on && reaches(rate, rule.clear)), certainty, few, interval }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nine_of_a_hundred_is_over_eight_percent_and_not_sure() {
        let rule = Rule::at(0.08);
        let nine = judge(&rule, false, 9, 100);
        assert!(nine.alert && nine.certainty == Some(Certainty::Unsure));
        assert!(judge(&rule, false, 8, 100).alert);
        assert!(!judge(&rule, false, 7, 100).alert);
        // 15 of 148 is [0.0624, 0.1605] (Newcombe 1998, table I, method 3); 81 of 263 is [0.2553, 0.3662].
        assert_eq!(judge(&rule, false, 15, 148).certainty, Some(Certainty::Unsure));
        assert_eq!(judge(&Rule::at(NO_REPLY), false, 81, 263).certainty, Some(Certainty::Sure));
    }

    #[test]
    fn the_interval_must_pass_the_limit_when_asked() {
        let rule = Rule { mode: Mode::Interval, ..Rule::at(0.08) };
        // The lower ends are 4.8, 7.8 and 8.5 %.
        let alerts = [9, 13, 14].map(|events| judge(&rule, false, events, 100).alert);
        assert_eq!(alerts, [false, false, true]);
    }

    #[test]
    fn an_alert_ends_under_its_lower_limit() {
        let rule = Rule::at(0.10);
        assert!(judge(&rule, true, 9, 100).alert && !judge(&rule, false, 9, 100).alert);
        assert_eq!(judge(&rule, true, 9, 100).certainty, None);
        assert!(judge(&rule, true, 8, 100).alert);
        assert!(!judge(&rule, true, 7, 100).alert);
    }

    #[test]
    fn few_cases_change_nothing() {
        let rule = Rule::at(0.05);
        assert!(!judge(&rule, false, 19, 19).alert && judge(&rule, true, 0, 19).alert);
        assert!(judge(&rule, false, 20, 20).alert);
        let none = judge(&rule, false, 0, 0);
        assert!(none.few && none.interval.is_none() && !none.alert);
    }

    proptest! {
        #[test]
        fn more_events_never_end_an_alert(limit in 0.01_f64..0.5, cases in 20_u64..500, events in 0_u64..500, was_on: bool) {
            let events = events.min(cases - 1);
            let rule = Rule::at(limit);
            prop_assert!(!judge(&rule, was_on, events, cases).alert || judge(&rule, was_on, events + 1, cases).alert);
            let by_interval = Rule { mode: Mode::Interval, ..rule };
            prop_assert!(!judge(&by_interval, false, events, cases).alert || judge(&rule, false, events, cases).alert);
        }
    }
}
