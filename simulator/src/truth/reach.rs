//! Which stages an application has entered, and when.

use chrono::{DateTime, NaiveDate, Utc};
use inflow_config::Stage;

use crate::world::{Application, Precision, Reached, local_day};

/// How an entry is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    Exact,
    Day,
    Observed,
    Implied,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) at: DateTime<Utc>,
    /// The local day of `at`.
    pub(super) day: NaiveDate,
    pub(super) known: Known,
}

impl Entry {
    fn new(at: DateTime<Utc>, precision: Precision) -> Self {
        let known = match precision {
            Precision::Exact => Known::Exact,
            Precision::Day => Known::Day,
            Precision::Observed => Known::Observed,
        };
        Self { at, day: local_day(at), known }
    }
}

/// An application with its entries, one for each stage of [`Stage::ALL`].
pub(super) struct Case<'w> {
    pub(super) index: usize,
    pub(super) application: &'w Application,
    entries: [Option<Entry>; 12],
}

impl<'w> Case<'w> {
    pub(super) fn of(index: usize, application: &'w Application) -> Self {
        let mut entries = Stage::ALL.map(|stage| told(application, stage));
        // Who reached a later stage has reached the skipped ones, at the later instant.
        let mut later: Option<Entry> = None;
        for rank in (0..10).rev() {
            entries[rank] = entries[rank].or_else(|| later.map(|entry| Entry { known: Known::Implied, ..entry }));
            let earliest = [later, entries[rank]].into_iter().flatten().min_by_key(|entry| entry.at);
            later = earliest;
        }
        Self { index, application, entries }
    }

    pub(super) fn entered(&self, stage: Stage) -> Option<Entry> {
        Stage::ALL.iter().zip(&self.entries).find(|(found, _)| **found == stage).and_then(|(_, entry)| *entry)
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (Stage, Entry)> {
        Stage::ALL.into_iter().zip(self.entries).filter_map(|(stage, entry)| Some((stage, entry?)))
    }

    pub(super) fn belongs(&self, store: Option<&str>, channel: &str) -> bool {
        self.application.channel == channel && store.is_none_or(|store| self.application.store == store)
    }
}

/// The first entry that the source tells and does not take back.
fn told(application: &Application, stage: Stage) -> Option<Entry> {
    let events = || application.events.iter().filter(|event| event.stage == stage);
    let taken_back = events().filter(|event| event.retracts).map(|event| event.at).max();
    let stands = |event: &&Reached| !event.retracts && taken_back.is_none_or(|at| event.at > at);
    let mut entries: Vec<Entry> = events().filter(stands).map(|event| Entry::new(event.at, event.precision)).collect();
    if stage == Stage::Applied {
        entries.extend(application.applied_at.map(|at| Entry::new(at, application.precision)));
    }
    entries.into_iter().min_by_key(|entry| entry.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Shown;

    fn at(hour: u32) -> DateTime<Utc> {
        crate::world::instant("2026-06-01".parse().unwrap(), hour, 0, 0)
    }

    fn case(events: Vec<Reached>) -> Application {
        Application {
            id: "1".into(),
            candidate_id: "1".into(),
            channel: "boss",
            source_word: "BOSS直聘",
            store: "美妆店",
            department: String::new(),
            person: 0,
            phone: Shown::Absent,
            email: Shown::Absent,
            posting: 0,
            searched: false,
            moved_at: at(0),
            first_at: at(0),
            applied_at: None,
            events,
            precision: Precision::Exact,
        }
    }

    fn event(stage: Stage, hour: u32, retracts: bool) -> Reached {
        Reached { stage, at: at(hour), precision: Precision::Exact, retracts, reason: None }
    }

    #[test]
    fn a_later_stage_implies_the_earlier_ones() {
        let application = case(vec![event(Stage::Applied, 1, false), event(Stage::Attended, 5, false)]);
        let case = Case::of(0, &application);
        let entry = |stage| case.entered(stage).map(|entry| (entry.at, entry.known));
        assert_eq!(entry(Stage::Viewed), Some((at(1), Known::Implied)));
        assert_eq!(entry(Stage::Applied), Some((at(1), Known::Exact)));
        assert_eq!(entry(Stage::Invited), Some((at(5), Known::Implied)));
        assert_eq!(entry(Stage::Offered), None);
    }

    #[test]
    fn what_is_taken_back_was_not_reached() {
        let application = case(vec![event(Stage::Invited, 2, false), event(Stage::Attended, 3, false), event(Stage::Attended, 4, true)]);
        let case = Case::of(0, &application);
        assert!(case.entered(Stage::Attended).is_none());
        assert_eq!(case.entered(Stage::Applied).map(|entry| entry.at), Some(at(2)));
    }

    #[test]
    fn a_rejection_implies_nothing() {
        let application = case(vec![event(Stage::Contacted, 1, false), event(Stage::Rejected, 9, false)]);
        let case = Case::of(0, &application);
        assert!(case.entered(Stage::Applied).is_none());
        assert!(case.entered(Stage::Rejected).is_some());
    }
}
