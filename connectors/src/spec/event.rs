//! Stage events out of a record, by the `events` of its stream.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use inflow_config::Stage;

use super::columns::FieldType;
use super::field::{Cell, Field, Scope};
use super::stream::{EventMap, Stream, composite};
use super::time::Precision;

/// A stage event as a record tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Stable id within the application.
    pub id: String,
    /// Canonical stage.
    pub stage: Stage,
    /// The source's word for it.
    pub word: String,
    /// When.
    pub at: DateTime<Utc>,
    /// How exactly.
    pub precision: Precision,
    /// Takes back earlier events of this stage.
    pub retracts: bool,
    /// Why; empty when not said.
    pub reason: String,
    /// Pseudonymous code of who did it; empty when not said.
    pub recruiter: String,
}

/// Something in a record that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Column, or `event.<name>.<part>`.
    pub field: String,
    /// What was found and what was expected.
    pub reason: String,
    /// The stage word that no map has, when that is what is wrong.
    pub unknown_word: Option<String>,
}

/// Why an element makes no event.
struct Wrong {
    part: &'static str,
    reason: String,
    unknown_word: Option<String>,
}

impl From<(&'static str, String)> for Wrong {
    fn from((part, reason): (&'static str, String)) -> Wrong {
        Wrong { part, reason, unknown_word: None }
    }
}

/// The stage words of one stream of a connection. Compared without case and surrounding blanks.
#[derive(Debug, Clone)]
pub struct StageWords(HashMap<String, Stage>);

impl StageWords {
    /// The connection's own words, then the stream's, then the board's.
    pub fn new(connection: &BTreeMap<String, Stage>, stream: &Stream, board: &BTreeMap<String, Stage>) -> StageWords {
        let mut words = HashMap::new();
        for (word, stage) in [connection, &stream.stages, board].into_iter().flatten() {
            words.entry(folded(word)).or_insert(*stage);
        }
        StageWords(words)
    }

    /// The stage of a word; the canonical names mean themselves.
    pub fn stage(&self, word: &str) -> Option<Stage> {
        if let Some(stage) = self.0.get(word) {
            return Some(*stage);
        }
        let folded = folded(word);
        self.0.get(&folded).copied().or_else(|| folded.parse().ok())
    }
}

fn folded(word: &str) -> String {
    word.trim().to_lowercase()
}

impl Stream {
    /// Every stage event that a record tells, unreadable ones apart. `scope` is that of the record,
    /// `fetched_at` the instant of events that have none of their own.
    pub fn read_events(&self, scope: &Scope<'_>, fetched_at: DateTime<Utc>, words: &StageWords) -> (Vec<Event>, Vec<Unreadable>) {
        let mut events = Vec::new();
        let mut bad = Vec::new();
        for map in &self.events {
            for element in map.elements(scope.record) {
                let scope = Scope { element, ..*scope };
                match Self::read_event(map, &scope, fetched_at, words) {
                    Ok(Some(event)) => events.push(event),
                    Ok(None) => {}
                    Err(Wrong { part, reason, unknown_word }) => {
                        bad.push(Unreadable { field: format!("event.{}.{part}", map.name), reason, unknown_word });
                    }
                }
            }
        }
        (events, bad)
    }

    fn read_event(map: &EventMap, scope: &Scope<'_>, fetched_at: DateTime<Utc>, words: &StageWords) -> Result<Option<Event>, Wrong> {
        if map.when.as_ref().is_some_and(|when| !when.holds(scope)) {
            return Ok(None);
        }
        let Some(word) = text(&map.stage, scope).map_err(|reason| ("stage", reason))? else { return Ok(None) };
        if map.ignore.iter().any(|ignored| ignored.to_lowercase() == word.to_lowercase()) {
            return Ok(None);
        }
        let stage = Self::event_stage(map, &word, scope, words)?;
        let (at, precision) = instant(map, scope, fetched_at).map_err(|reason| ("at", reason))?;
        let optional = |part: &'static str, field: &Option<Field>| match field {
            Some(field) => text(field, scope).map(Option::unwrap_or_default).map_err(|reason| (part, reason)),
            None => Ok(String::new()),
        };
        let retracts = match &map.retracts {
            Some(field) => field.read(FieldType::Bool, scope).map_err(|reason| ("retracts", reason))?,
            None => None,
        };
        let id = composite(&map.id, scope.element).unwrap_or_else(|| match precision {
            Precision::Observed => format!("{}/{}", map.name, stage.as_str()),
            _ => format!("{}/{}/{}", map.name, stage.as_str(), at.timestamp_millis()),
        });
        Ok(Some(Event {
            id,
            stage,
            word,
            at,
            precision,
            retracts: retracts == Some(Cell::Bool(true)),
            reason: optional("reason", &map.reason)?,
            recruiter: optional("recruiter", &map.recruiter)?,
        }))
    }

    fn event_stage(map: &EventMap, word: &str, scope: &Scope<'_>, words: &StageWords) -> Result<Stage, Wrong> {
        if let Some(stage) = words.stage(word) {
            return Ok(stage);
        }
        if let Some(other) = &map.stage_else
            && let Some(other) = text(other, scope).map_err(|reason| ("stage_else", reason))?
            && let Some(stage) = words.stage(&other)
        {
            return Ok(stage);
        }
        map.unmapped.ok_or_else(|| Wrong {
            part: "stage",
            reason: format!("the stage word {word:?} is not mapped; add it to the connection's [stages]"),
            unknown_word: Some(word.to_owned()),
        })
    }
}

fn text(field: &Field, scope: &Scope<'_>) -> Result<Option<String>, String> {
    Ok(field.read(FieldType::Text, scope)?.and_then(|cell| cell.as_text().map(str::to_owned)))
}

fn instant(map: &EventMap, scope: &Scope<'_>, fetched_at: DateTime<Utc>) -> Result<(DateTime<Utc>, Precision), String> {
    let read = match &map.at {
        Some(field) => field.read(FieldType::Time, scope)?,
        None => None,
    };
    Ok(match read {
        Some(Cell::Time(at, precision)) => (at, map.precision.unwrap_or(precision)),
        _ => (fetched_at, Precision::Observed),
    })
}
