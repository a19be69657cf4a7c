//! Candidates' cases and the stages that they entered.

use super::{Fault, Mapped, Mapper, Read, bounds};
use crate::frame::{Cell, Row};
use crate::normalise::pay::{self, PayError};
use crate::normalise::profile;
use crate::{tables, version};
use inflow_config::Stage;
use inflow_connectors::landing::{Line, LineIdentity};
use inflow_connectors::spec::{Event, Kind, Precision, Unreadable};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

impl Mapper {
    pub(super) fn application(&self, number: u64, line: &Line, out: &mut Mapped) -> Read<()> {
        let scope = self.scope(line);
        let version = self.version(line, &scope)?;
        let mut row = Self::row(&tables::APPLICATIONS, &line.id, version, line.gone);
        self.fill(&mut row, &scope)?;
        let channel = self.channels.of_source(row.get_text("source_word"));
        row.text("channel", channel);
        let (events, unreadable) = self.stream.read_events(&scope, self.fetched_at, &self.words);
        if row.get_text("status").is_empty() {
            row.text("status", outcome(&events));
        }
        let identity = line.identity.as_ref();
        // A case whose source names no candidate: the case itself stands for the person until a link says otherwise.
        let candidate = identity.map(|i| i.candidate.clone()).filter(|id| !id.is_empty()).unwrap_or_else(|| line.id.clone());
        row.text("candidate_source_id", candidate.clone());
        self.set_profile(&mut row);
        // The candidate may have other cases, which may say more by now: one that is gone says nothing of the person. Whom no
        // case names any more is not linked.
        let person = (!line.gone).then(|| Self::person(&candidate, identity, version));
        out.push(&row);
        out.extend(person);
        if !line.gone {
            self.take_events(number, line, &line.id, version, (events, unreadable), out);
        }
        Ok(())
    }

    /// What the person can do and wants, read out of the words of the source; what cannot be read says why.
    fn set_profile(&self, row: &mut Row) {
        let mut reasons: Vec<String> = Vec::new();
        let mut read = |row: &mut Row, column: &'static str, value: &dyn Fn(&str) -> Result<Cell, profile::Unknown>| {
            if row.get_text(column).is_empty() {
                return;
            }
            let cell = value(row.get_text(column)).unwrap_or_else(|reason| {
                reasons.push(format!("{column}: {reason}"));
                Cell::Null
            });
            row.set(column, cell);
        };
        let text = |word: &str| Cell::Text(word.to_owned());
        read(row, "education", &|said| profile::education(said).map(text));
        read(row, "experience_years", &|said| profile::experience(said).map(|years| Cell::Text(years.to_string())));
        read(row, "night_shift", &|said| profile::yes_no(said).map(text));
        read(row, "tags", &|said| Ok(Cell::Texts(profile::tags(said).iter().collect())));
        reasons.extend(set_expected_pay(row, &self.base_currency));
        if !reasons.is_empty() {
            row.set("reasons", Cell::Texts(reasons.iter().collect()));
        }
    }

    /// The row of `candidates` for what identifies a person.
    pub(super) fn person(candidate: &str, identity: Option<&LineIdentity>, version: u64) -> Row {
        let mut person = Self::row(&tables::CANDIDATES, candidate, version, false);
        if let Some(identity) = identity {
            let digests = &identity.digests;
            person
                .set("digest_kind", Cell::Texts(digests.iter().map(|digest| digest.kind.as_str()).collect()))
                .set("digest_normaliser", Cell::Numbers(digests.iter().map(|digest| digest.normaliser).collect()))
                .set("digest_value", Cell::Digests(digests.iter().map(|digest| digest.value).collect()))
                .text("key_id", digests.first().map(|digest| digest.key_id.as_str()).unwrap_or_default())
                .set("flags", Cell::Texts(identity.flags.iter().map(|flag| flag.as_str()).collect()));
        }
        person
    }

    pub(super) fn events(&self, number: u64, line: &Line, out: &mut Mapped) {
        let scope = self.scope(line);
        let Some(application) = self.stream.application.as_ref().and_then(|path| scope.text(path, None)) else {
            out.faults.push(Fault {
                line: number,
                field: "application".to_owned(),
                reason: "an event without the application it belongs to".to_owned(),
            });
            return;
        };
        let parent = match self.version(line, &scope) {
            Ok(version) => version,
            Err((field, reason)) => {
                out.faults.push(Fault { line: number, field, reason });
                return;
            }
        };
        let read = self.stream.read_events(&scope, self.fetched_at, &self.words);
        self.take_events(number, line, &application, parent, read, out);
    }

    /// The events that a line tells of an application, and what of them cannot be read. `parent` is the line's version.
    fn take_events(
        &self,
        number: u64,
        line: &Line,
        application: &str,
        parent: u64,
        (events, unreadable): (Vec<Event>, Vec<Unreadable>),
        out: &mut Mapped,
    ) {
        let unknown: BTreeSet<String> = unreadable.iter().filter_map(|bad| bad.unknown_word.clone()).collect();
        for word in unknown {
            *out.unknown_words.entry(word).or_default() += 1;
        }
        out.faults.extend(unreadable.into_iter().map(|bad| Fault { line: number, field: bad.field, reason: bad.reason }));
        for event in events {
            match bounds::instant("event.at", event.at) {
                Ok(_) => out.push(&self.event(line, application, parent, event)),
                Err((field, reason)) => out.faults.push(Fault { line: number, field, reason }),
            }
        }
    }

    fn event(&self, line: &Line, application: &str, parent: u64, event: Event) -> Row {
        let ms = event.at.timestamp_millis();
        // Of several sightings the earliest counts, whatever order they arrive in; else the record's newest word counts.
        let version = if event.precision == Precision::Observed { version::earliest(ms, line.content_hash) } else { parent };
        let gone = line.gone && self.stream.kind == Kind::Events;
        // A sighting stays true; a history that the record carries is what its newest version says.
        let embedded = self.stream.kind == Kind::Applications && event.precision != Precision::Observed;
        let mut row = Self::row(&tables::STAGE_EVENTS, &event.id, version, gone);
        row.text("application_source_id", application)
            .text("stage", event.stage.as_str())
            .text("stage_word", event.word)
            .set("occurred_at", Cell::Instant(ms))
            .text("precision", event.precision.as_str())
            .set("retracts", Cell::Unsigned(u64::from(event.retracts)))
            .set("embedded", Cell::Unsigned(u64::from(embedded)))
            .text("reason", event.reason)
            .text("recruiter", event.recruiter);
        row
    }
}

/// Fills the columns of the expected pay from its text where the mapping gave no numbers, and says why it could not.
fn set_expected_pay(row: &mut Row, base_currency: &str) -> Option<String> {
    let has_numbers = !matches!((row.get("expected_pay_min"), row.get("expected_pay_max")), (Cell::Null, Cell::Null));
    if has_numbers {
        row.text("expected_pay_currency", base_currency);
        return None;
    }
    if row.get_text("expected_pay_text").is_empty() {
        return None;
    }
    match pay::parse(row.get_text("expected_pay_text")) {
        Ok(read) => {
            let cell = |number: Option<Decimal>| number.map_or(Cell::Null, |n| Cell::Text(n.to_string()));
            row.set("expected_pay_min", cell(read.min))
                .set("expected_pay_max", cell(read.max))
                .text("expected_pay_currency", read.currency)
                .text("expected_pay_period", read.period.as_str());
            None
        }
        // Nothing said is no fault.
        Err(PayError::NotStated) => None,
        Err(reason) => Some(format!("expected_pay: {reason}")),
    }
}

/// The status of a case whose source has no field for it: that of the last terminal event its record tells and did not
/// take back.
fn outcome(events: &[Event]) -> &'static str {
    let last = events
        .iter()
        .filter(|event| !event.retracts && !taken_back(events, event))
        .filter_map(|event| Some((event.at, status_of(event.stage)?)))
        .max_by_key(|(at, _)| *at);
    last.map_or("open", |(_, status)| status)
}

fn taken_back(events: &[Event], event: &Event) -> bool {
    events.iter().any(|other| other.retracts && other.stage == event.stage && other.at >= event.at)
}

fn status_of(stage: Stage) -> Option<&'static str> {
    match stage {
        Stage::Onboarded | Stage::PassedProbation => Some("hired"),
        Stage::Rejected => Some("rejected"),
        Stage::Withdrawn => Some("withdrawn"),
        _ => None,
    }
}
