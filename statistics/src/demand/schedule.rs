//! Which openings to open when, and what they take by week.
//!
//! Heads that lack from a period on until the end of what is looked at are asked for for good; heads that lack only until the business falls again are asked
//! for temporarily. Both leave as new people do, and who leaves is replaced. Each opening is opened so many days before its period as people take to start.

use serde::Serialize;

use super::{Demand, Path, SETTLED, Step, mean_step, stays};

/// What is asked for in one week.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WeekNeed {
    /// Openings, both kinds together.
    pub openings: Step,
    /// Openings for good; the mean, so that weeks add up.
    pub lasting: Step,
    /// Openings until the business falls again.
    pub temporary: Step,
    /// Applications that they take; none where no channel has any.
    pub applications: Option<Step>,
    /// Cents that the applications cost.
    pub cents: Option<Step>,
    /// The same by channel, in their order.
    pub channels: Vec<ChannelNeed>,
}

/// The part of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ChannelNeed {
    /// Applications.
    pub applications: Step,
    /// Postings that bring them in a week, at what a live one brings now; none where none was live.
    pub postings: Option<Step>,
    /// Cents.
    pub cents: Step,
}

/// Openings by period of one draw: for good, temporary, and temporary heads at work.
pub(super) struct Opened {
    lasting: Vec<f64>,
    temporary: Vec<f64>,
    pub(super) at_work: Vec<f64>,
}

impl Opened {
    /// From the first period that is in reach of the lead time.
    pub(super) fn of(path: &Path, demand: &Demand<'_>) -> Self {
        let count = demand.shown.min(path.gap.len());
        let mut opened = Self { lasting: vec![0.0; count], temporary: vec![0.0; count], at_work: vec![0.0; count] };
        // The least that will lack from each period on.
        let mut sustained = path.gap.clone();
        for place in (0..sustained.len().saturating_sub(1)).rev() {
            sustained[place] = sustained[place].min(sustained[place + 1]);
        }
        let (mut lasting, mut temporary, mut before) = (0.0_f64, 0.0_f64, None);
        for place in (0..count).filter(|place| demand.starts[*place] >= demand.lead) {
            let days = before.map_or(0.0, |before| demand.starts[place] - before);
            before = Some(demand.starts[place]);
            let stay = stays(path.hazards, SETTLED, days);
            lasting *= stay;
            temporary *= stay;
            let more = (sustained[place].max(0.0) - lasting).max(0.0);
            lasting += more;
            let excess = (path.gap[place].max(0.0) - lasting).max(0.0);
            opened.lasting[place] = more;
            opened.temporary[place] = (excess - temporary).max(0.0);
            temporary = excess;
            opened.at_work[place] = temporary;
        }
        opened
    }
}

/// What each week asks for; `weeks` says in which one the openings of each period are opened.
pub(super) fn weeks(draws: &[(Path, Opened)], demand: &Demand<'_>, weeks: &[usize]) -> Vec<WeekNeed> {
    let count = weeks.iter().max().map_or(0, |last| last + 1);
    let applied = demand.channels.iter().any(|channel| channel.applied > 0);
    let sum = |of: &[f64], week: usize| of.iter().zip(weeks).filter(|(_, at)| **at == week).map(|(heads, _)| heads).sum::<f64>();
    (0..count)
        .map(|week| {
            let of = |figure: &dyn Fn(&Path, &Opened) -> f64| mean_step(draws.iter().map(|(path, opened)| figure(path, opened)).collect());
            let applications = |path: &Path, opened: &Opened| (sum(&opened.lasting, week) + sum(&opened.temporary, week)) / path.conversion;
            let channels = (0..demand.channels.len()).map(|place| {
                let channel = &demand.channels[place];
                let part = |path: &Path, opened: &Opened| applications(path, opened) * path.mix[place];
                ChannelNeed {
                    applications: of(&part),
                    postings: (channel.posting_weeks > 0.0).then(|| of(&|path, opened| part(path, opened) / path.each_posting[place])),
                    cents: of(&|path, opened| part(path, opened) * channel.each()),
                }
            });
            WeekNeed {
                openings: of(&|_, opened| sum(&opened.lasting, week) + sum(&opened.temporary, week)),
                lasting: of(&|_, opened| sum(&opened.lasting, week)),
                temporary: of(&|_, opened| sum(&opened.temporary, week)),
                applications: applied.then(|| of(&applications)),
                cents: applied.then(|| of(&|path, opened| applications(path, opened) * path.cents)),
                channels: if applied { channels.collect() } else { Vec::new() },
            }
        })
        .collect()
}
