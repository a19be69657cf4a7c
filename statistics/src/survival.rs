//! Time to an event when not everybody has been followed to the end: Kaplan-Meier and Aalen-Johansen.
//!
//! A follow-up begins at zero (an application, a hire, an opening) and ends after `time` with one of three outcomes. Young
//! cohorts are right-censored: who is still open counts as at risk until then and as nothing after. At a tied time events
//! come before censorings, so that who is censored at `t` was at risk at `t`.
//!
//! - [`KaplanMeier`]: one event and no other way out. Who left in another way is not "censored": use the next.
//! - [`CumulativeIncidence`]: an event and a competing one (rejection competes with hire). One minus a Kaplan-Meier curve that
//!   censors the competing event answers "if nobody were rejected" and is too high.
//!
//! At time `t`, from the distinct times `t_j <= t` with `n_j` at risk, `d_j` events of any kind and `e_j` of interest:
//!
//! ```text
//! S(t)   = prod (1 - d_j / n_j)                                                    Kaplan & Meier 1958
//! V_S(t) = S(t)^2 * sum d_j / (n_j (n_j - d_j))                                    Greenwood 1926
//! F(t)   = sum S(t_(j-1)) e_j / n_j                                                Aalen & Johansen 1978
//! V_F(t) = sum (F(t) - F(t_j))^2 d_j / (n_j (n_j - d_j))                           Marubini & Valsecchi 1995
//!        + sum S(t_(j-1))^2 e_j (n_j - e_j) / n_j^3
//!        - 2 sum (F(t) - F(t_j)) S(t_(j-1)) e_j / n_j^2
//! 95 %   : x ^ exp(-+ z sqrt(V) / (x ln x)),  x = S or F,  z = 1.959964            log(-log): Kalbfleisch & Prentice 1980; Choudhury 2002
//! ```
//!
//! Without censoring `V_S` and `V_F` are the binomial variance. Where the estimate is 0 or 1 the log(-log) interval does not exist;
//! then the Wilson interval of the count that was followed so far stands in (Rothman 1978), never a certainty.

mod incidence;
mod kaplan_meier;

pub use incidence::{CumulativeIncidence, IncidenceStep};
pub use kaplan_meier::{KaplanMeier, Quantile, SurvivalStep};

use crate::interval::{Interval, Z_95, wilson};

/// How a follow-up ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Outcome {
    /// The event of interest (hired; left the company).
    Event,
    /// Another event, after which the one of interest cannot happen (rejected, withdrawn). Ends a follow-up for [`KaplanMeier`] as a censoring does.
    Competing,
    /// Still open when last seen.
    Censored,
}

/// One subject: followed from 0 to `time` (days, or any one unit), and what was seen then.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct FollowUp {
    /// Length of the follow-up, finite and not negative.
    pub time: f64,
    /// How it ended.
    pub outcome: Outcome,
}

/// A follow-up whose length is no length.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("follow-up {index} has the length {time}, which is not a finite number from 0 up")]
pub struct BadTime {
    /// Which one, from 0.
    pub index: usize,
    /// What was given.
    pub time: f64,
}

/// A probability at a time.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Probability {
    /// The estimate.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// 95 %, log(-log) (see the module).
    pub interval: Interval,
    /// How many were followed to this time at least.
    pub at_risk: u64,
}

/// How many of each kind at one time.
#[derive(Debug, Clone, Copy)]
struct Tie {
    time: f64,
    at_risk: u64,
    events: u64,
    competing: u64,
}

/// Distinct times in order, with the numbers at each.
fn ties(follow_ups: &[FollowUp]) -> Result<Vec<Tie>, BadTime> {
    if let Some((index, bad)) = follow_ups.iter().enumerate().find(|(_, follow_up)| !(follow_up.time.is_finite() && follow_up.time >= 0.0))
    {
        return Err(BadTime { index, time: bad.time });
    }
    let mut sorted = follow_ups.to_vec();
    sorted.sort_by(|a, b| a.time.total_cmp(&b.time));
    let mut at_risk = sorted.len() as u64;
    let mut ties = Vec::new();
    for group in sorted.chunk_by(|a, b| a.time <= b.time && b.time <= a.time) {
        let count = |outcome| group.iter().filter(|follow_up| follow_up.outcome == outcome).count() as u64;
        ties.push(Tie { time: group[0].time, at_risk, events: count(Outcome::Event), competing: count(Outcome::Competing) });
        at_risk -= group.len() as u64;
    }
    Ok(ties)
}

/// How many were followed to `time` at least.
fn at_risk(ties: &[Tie], time: f64) -> u64 {
    ties.iter().find(|tie| tie.time >= time).map_or(0, |tie| tie.at_risk)
}

/// Of how many the state at `time` is known: those who had one of the counted events before it, and those followed to it.
fn known(ties: &[Tie], time: f64, counted: fn(&Tie) -> u64) -> u64 {
    ties.iter().take_while(|tie| tie.time < time).map(counted).sum::<u64>() + at_risk(ties, time)
}

/// The log(-log) interval of a probability; where it does not exist the Wilson one of none or all of `known`.
fn log_log(value: f64, standard_error: f64, known: u64) -> Interval {
    if value > 0.0 && value < 1.0 && standard_error > 0.0 {
        let reach = Z_95 * standard_error / (value * value.ln()).abs();
        return Interval { low: value.powf(reach.exp()), high: value.powf((-reach).exp()) };
    }
    let successes = if value >= 0.5 { known } else { 0 };
    wilson(successes, known).unwrap_or(Interval { low: 0.0, high: 1.0 })
}
