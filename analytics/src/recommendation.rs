//! Which open applications to look at first, learnt from what became of past ones.
//!
//! Ridge logistic regression ([`inflow_statistics::logistic`]) on the traits of a closed list ([`traits::Trait`]). Outcome: taken on and still there
//! after [`STAY_DAYS`] days, of the applications whose resume came at least [`RIPE_DAYS`] days ago and that are resolved; open ones are no failures.
//! The model is fitted to older outcomes and judged on newer ones first, and where it does not tell those apart, or where there are too
//! few, tag rules (`personas.toml`) stand in and no score is given.
//!
//! A score orders; nothing here or anywhere rejects, and there is no verdict that says so. It is off until the configuration names the impact
//! assessment that covers it (PIPL art. 24 and 55).

use crate::AnalyticsError;
use crate::jobs::Desk;
use chrono::{DateTime, Utc};
use inflow_config::Personas;
use inflow_statistics::logistic::{Design, Later, LogisticError, Model, fit, judge_later};

mod audit;
mod card;
mod cases;
mod read;
mod traits;

pub use audit::{Audit, AuditedGroup};
pub use card::{ModelCard, Resolution, State, Tenth, Weight};
pub use cases::{RIPE_DAYS, SILENT_DAYS, STAY_DAYS};
pub use read::{Basis, RecommendQuery, Recommendation, Recommended, recommendations};
pub use traits::Reason;

use cases::{Case, Known};
use traits::{Layout, tag_reasons};

/// Outcomes under which nothing is learnt.
pub const LEAST_OUTCOMES: usize = 200;
/// Outcomes of either kind under which nothing is.
const LEAST_OF_EITHER: usize = 20;
/// The share of outcomes, the newest, that judges the fit to the others.
const HELD_OUT: f64 = 0.3;
const RIDGES: [f64; 6] = [0.3, 1.0, 3.0, 10.0, 30.0, 100.0];
const FOLDS: usize = 5;
/// Of what is learnt and how: a change makes another version of every model.
const METHOD: u32 = 1;

/// Both marts' rows.
pub(crate) async fn advise(desk: &Desk<'_>, impact_assessment: &str) -> Result<(ModelCard, Vec<Recommended>), AnalyticsError> {
    let known = cases::read(desk).await?;
    Ok(decide(&known, &desk.config.personas, impact_assessment, desk.now))
}

/// What was learnt: how it did on newer outcomes, and a fit to all of them.
struct Learnt {
    layout: Layout,
    later: Later,
    model: Model,
}

fn decide(known: &Known, personas: &Personas, impact_assessment: &str, now: DateTime<Utc>) -> (ModelCard, Vec<Recommended>) {
    let past: Vec<(&Case, bool)> = known.cases.iter().filter_map(|case| Some((case, case.outcome()?))).collect();
    let open = known.cases.iter().filter(|case| case.open);
    let mut card = ModelCard::of(&past, &known.resolutions, impact_assessment, now);
    let (state, learnt) = learn(&past);
    card.state = state;
    if let Some(learnt) = &learnt {
        card.describe(learnt);
    }
    let row = |case: &Case| Recommended::of(case, &card);
    let rows = match learnt.filter(|_| state == State::Fitted) {
        Some(learnt) => open.map(|case| row(case).scored(case, &learnt)).collect(),
        None => open.filter_map(|case| row(case).by_tags(case, personas)).collect(),
    };
    (card, rows)
}

fn learn(past: &[(&Case, bool)]) -> (State, Option<Learnt>) {
    let stayed = past.iter().filter(|(_, outcome)| *outcome).count();
    if past.len() < LEAST_OUTCOMES || stayed < LEAST_OF_EITHER || past.len() - stayed < LEAST_OF_EITHER {
        return (State::TooFew, None);
    }
    let (cases, outcomes): (Vec<&Case>, Vec<bool>) = past.iter().copied().unzip();
    let layout = Layout::of(&cases);
    if layout.width() == 0 {
        return (State::NoTraits, None);
    }
    match fitted(layout, &cases, &outcomes) {
        Ok(learnt) if learnt.later.tells_apart() => (State::Fitted, Some(learnt)),
        Ok(learnt) => (State::CannotTell, Some(learnt)),
        // The newer ones, or the older ones, ended all alike.
        Err(_) => (State::CannotTell, None),
    }
}

fn fitted(layout: Layout, cases: &[&Case], outcomes: &[bool]) -> Result<Learnt, LogisticError> {
    let values: Vec<f64> = cases.iter().flat_map(|case| layout.row(case)).collect();
    let design = Design::new(&values, layout.width())?;
    let later = judge_later(design, outcomes, HELD_OUT, &RIDGES, FOLDS)?;
    // The ridge is the inverse variance of what traits do, which more outcomes do not change.
    let model = fit(design, outcomes, later.ridge)?;
    Ok(Learnt { layout, later, model })
}

impl Recommended {
    fn of(case: &Case, card: &ModelCard) -> Self {
        Self {
            connection: case.connection.clone(),
            source_id: case.source_id.clone(),
            channel: case.channel.clone(),
            store: case.store.clone(),
            department: case.department.clone(),
            applied_at: case.applied_at.clone(),
            local_day: case.local_day.clone(),
            basis: Basis::Model,
            score: None,
            low: None,
            high: None,
            carried: 0,
            wanted: 0,
            reasons: Vec::new(),
            model_version: card.model_version.clone(),
            fitted_at: card.fitted_at.clone(),
        }
    }

    fn scored(self, case: &Case, learnt: &Learnt) -> Self {
        let numbers = learnt.layout.row(case);
        let score = learnt.model.score(&numbers);
        Self {
            score: Some(rounded(score.probability)),
            low: Some(rounded(score.low)),
            high: Some(rounded(score.high)),
            reasons: learnt.layout.reasons(case, &learnt.model.contributions(&numbers)),
            ..self
        }
    }

    /// None when no persona is for its job.
    fn by_tags(self, case: &Case, personas: &Personas) -> Option<Self> {
        let of_job = personas.persona.iter().filter(|persona| case.personas.contains(&persona.id));
        let carried = |wanted: &[String]| wanted.iter().filter(|tag| case.tags.contains(*tag)).count();
        let share = |wanted: &[String]| carried(wanted) as f64 / wanted.len().max(1) as f64;
        // Of equal ones the first of the file.
        let best = of_job.rev().max_by(|a, b| share(&a.tags).total_cmp(&share(&b.tags)))?;
        let (carried, wanted) = (carried(&best.tags) as u32, best.tags.len() as u32);
        Some(Self { basis: Basis::TagRules, carried, wanted, reasons: tag_reasons(case, &best.tags), ..self })
    }
}

/// Four decimals: the same text on every machine.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests;
