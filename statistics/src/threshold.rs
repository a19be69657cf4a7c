//! Alerts on a figure: they begin at a level and end beyond another one on the quiet side, so that a figure near a level does not flicker.
//!
//! ```text
//! rate    k of n       Wilson score interval     z = (k/n - L) / sqrt(L (1-L) / n)
//! count   x            Byar's interval           z = 3 sqrt(x) (1 - 1/9x - (L/x)^1/3), and of fewer, with y = x + 1, 3 sqrt(y) ((L/y)^1/3 - 1 + 1/9y)
//! cost    a / x        a over the ends of x      that of the count, of the other side, with the level a / L
//! ```
//!
//! z is the score of the figure against a level L: the ends of the 95 % interval are the levels against which it is 1.96 (Wilson 1927; Breslow & Day
//! 1987, vol. II, formula 2.13, solved for z). Its tail is the p-value that [`crate::discovery`] takes when one rule looks at many slices.

use statrs::function::erf::erfc;

use crate::interval::{Interval, byar, wilson};

/// Fewer cases than this are not judged.
pub const FEWEST: u64 = 20;
/// Limits of invitations whose people did not come.
pub const NO_SHOW: [f64; 3] = [0.05, 0.08, 0.10];
/// Limit of messages that nobody answered.
pub const NO_REPLY: f64 = 0.20;
/// An alert ends when the figure is under this share of its level (over the inverse share, of one on what is low).
pub const CLEARS_AT: f64 = 0.8;
/// False discoveries among the slices of a rule in [`Mode::Interval`]: what one slice alone needs for its interval to lie beyond.
pub const FALSE_DISCOVERIES: f64 = 0.025;

/// What must reach the level for an alert to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// The figure itself.
    #[default]
    Literal,
    /// The whole 95 % interval.
    Interval,
}

/// On which side of its level a figure is alarming.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// At the level and above.
    Above,
    /// At the level and below.
    Below,
}

impl Side {
    /// Whether a value is at a level or beyond it: 8 of 100 is at 8 %, whatever binary fractions make of it.
    fn reached(self, value: f64, level: f64) -> bool {
        let slack = 1e-12 * level.abs().max(1.0);
        match self {
            Self::Above => value >= level - slack,
            Self::Below => value <= level + slack,
        }
    }

    /// The end of an interval that is the last to pass a level.
    fn last_end(self, interval: Interval) -> f64 {
        match self {
            Self::Above => interval.low,
            Self::Below => interval.high,
        }
    }
}

/// When an alert begins and ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// Which side of the level is alarming.
    pub side: Side,
    /// An alert begins at this figure, itself included.
    pub raise: f64,
    /// An alert ends where the figure is no longer here or beyond.
    pub clear: f64,
    /// Fewer cases change nothing; a figure that is made of no cases is not held to it.
    pub fewest: u64,
    /// What begins it.
    pub mode: Mode,
}

impl Rule {
    /// Begins at a level and above, ends under four fifths of it, judges 20 cases and more by their figure.
    pub fn at(raise: f64) -> Self {
        Self { side: Side::Above, raise, clear: raise * CLEARS_AT, fewest: FEWEST, mode: Mode::Literal }
    }
}

/// What is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Figure {
    /// Events of cases.
    Rate {
        /// Cases with the event.
        events: u64,
        /// All cases.
        cases: u64,
    },
    /// A count, itself chance.
    Count(u64),
    /// A known amount over a count that is chance.
    Cost {
        /// In any unit.
        amount: f64,
        /// People it was spent on.
        people: u64,
    },
    /// A figure that was reckoned elsewhere.
    Stated {
        /// The figure; none when it is not known yet.
        value: Option<f64>,
        /// Its 95 % interval, where it has one.
        interval: Option<Interval>,
        /// Of how many cases it is, where it is of cases.
        cases: Option<u64>,
    },
}

impl Figure {
    /// The figure; none without cases.
    pub fn value(&self) -> Option<f64> {
        match *self {
            Self::Rate { events, cases } => (cases > 0).then(|| events as f64 / cases as f64),
            Self::Count(count) => Some(count as f64),
            Self::Cost { amount, people } => (people > 0).then(|| amount / people as f64),
            Self::Stated { value, .. } => value,
        }
    }

    /// Its 95 % interval.
    pub fn interval(&self) -> Option<Interval> {
        match *self {
            Self::Rate { events, cases } => wilson(events, cases),
            Self::Count(count) => Some(byar(count)),
            Self::Cost { people: 0, .. } => None,
            Self::Cost { amount, people } => {
                let Interval { low, high } = byar(people);
                // More came back than was paid: the more people, the nearer to nothing.
                Some(if amount < 0.0 {
                    Interval { low: amount / low, high: amount / high }
                } else {
                    Interval { low: amount / high, high: amount / low }
                })
            }
            Self::Stated { interval, .. } => interval,
        }
    }

    /// How many cases it is made of.
    pub fn cases(&self) -> Option<u64> {
        match *self {
            Self::Rate { cases, .. } => Some(cases),
            Self::Count(_) => None,
            Self::Cost { people, .. } => Some(people),
            Self::Stated { cases, .. } => cases,
        }
    }

    /// One-sided p-value against the true figure not being beyond a level on the alarming side; none where there is no distribution to ask.
    pub fn p_value(&self, side: Side, level: f64) -> Option<f64> {
        let z = match *self {
            Self::Rate { events, cases } if cases > 0 && level > 0.0 && level < 1.0 => {
                let n = cases as f64;
                let score = (events as f64 / n - level) / (level * (1.0 - level) / n).sqrt();
                if side == Side::Above { score } else { -score }
            }
            Self::Count(count) if level > 0.0 => score_of_count(count, side, level),
            // The cost is high where the people are few.
            Self::Cost { amount, people } if people > 0 && amount > 0.0 && level > 0.0 => {
                score_of_count(people, if side == Side::Above { Side::Below } else { Side::Above }, amount / level)
            }
            _ => return None,
        };
        Some(0.5 * erfc(z / std::f64::consts::SQRT_2))
    }
}

/// Byar's interval, solved for z: how far a count lies beyond an expectation.
fn score_of_count(count: u64, side: Side, expected: f64) -> f64 {
    match side {
        Side::Above if count == 0 => f64::NEG_INFINITY,
        Side::Above => {
            let x = count as f64;
            3.0 * x.sqrt() * (1.0 - 1.0 / (9.0 * x) - (expected / x).cbrt())
        }
        Side::Below => {
            let y = count as f64 + 1.0;
            3.0 * y.sqrt() * ((expected / y).cbrt() - 1.0 + 1.0 / (9.0 * y))
        }
    }
}

/// How sure it is that the true figure is at the level or beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// The whole 95 % interval is.
    Sure,
    /// The figure is, its interval is not, or there is none.
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

/// What a rule makes of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// Whether the alert is on.
    pub alert: bool,
    /// How sure, while the figure is at the level or beyond; none when it has fallen back and the alert only has not ended.
    pub certainty: Option<Certainty>,
    /// Whether there were too few cases, so that the alert stays as it was.
    pub few: bool,
}

/// Judges a figure, the alert having been on or not.
///
/// `q_value` is the figure's among the slices that the rule looks at on the day ([`crate::discovery::q_values`] of [`Figure::p_value`]s), if it has one: in
/// [`Mode::Interval`] an alert begins only with a discovery.
pub fn judge(rule: &Rule, was_on: bool, figure: &Figure, q_value: Option<f64>) -> Judgement {
    let few = figure.cases().is_some_and(|cases| cases < rule.fewest);
    let (Some(value), false) = (figure.value(), few) else {
        return Judgement { alert: was_on, certainty: None, few: true };
    };
    let reached = rule.side.reached(value, rule.raise);
    let sure = reached && figure.interval().is_some_and(|interval| rule.side.reached(rule.side.last_end(interval), rule.raise));
    let begins = match rule.mode {
        Mode::Literal => reached,
        Mode::Interval => sure && q_value.is_none_or(|q| q <= FALSE_DISCOVERIES + 1e-12),
    };
    let certainty = reached.then_some(if sure { Certainty::Sure } else { Certainty::Unsure });
    Judgement { alert: begins || (was_on && rule.side.reached(value, rule.clear)), certainty, few }
}

#[cfg(test)]
mod tests;
