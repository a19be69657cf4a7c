//! The same limits once more, at the moment of carrying a slot out: since it was planned, others may have refreshed, a call may be under way whose
//! outcome nobody knows, and the posting may be gone.

use chrono::{NaiveTime, TimeZone};

use super::{BTreeMap, DateTime, Desk, Situation, Utc, Week, WhyNot};

/// What stands against carrying a refresh out now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// The channel is not planned any more.
    NotPlanned,
    /// Nobody works now, or the hours are quiet.
    ClosedHours,
    /// The posting is not live any more.
    NotLive,
    /// A limit.
    Limit(WhyNot),
}

impl Against {
    /// The word in tables and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotPlanned => "not_planned",
            Self::ClosedHours => "closed_hours",
            Self::NotLive => "not_live",
            Self::Limit(why) => why.as_str(),
        }
    }
}

impl Situation<'_> {
    /// Whether an instant is one at which a channel's postings may be refreshed: on a worked day, in working hours and no quiet ones.
    pub fn is_open(&self, channel: &str, at: DateTime<Utc>) -> bool {
        let zone = self.channels.iter().find(|one| one.id == channel).map(|one| one.zone);
        let (Some(zone), Some(rules)) = (zone, self.rules.of(channel)) else { return false };
        let local = at.with_timezone(&zone).naive_local();
        self.calendar.is_worked(local.date()) && self.rules.is_open(rules, local.time())
    }

    /// What stands against refreshing a posting at an instant; `None`: nothing. [`Situation::taken`] must not hold the refresh in question.
    pub fn stands_against(&self, channel: &str, connection: &str, posting: &str, at: DateTime<Utc>) -> Option<Against> {
        let state = self.channels.iter().find(|one| one.id == channel);
        let (Some(state), Some(rules)) = (state, self.rules.of(channel)) else { return Some(Against::NotPlanned) };
        if !self.is_open(channel, at) {
            return Some(Against::ClosedHours);
        }
        let Some(live) = self.postings.iter().find(|one| one.channel == channel && one.connection == connection && one.id == posting)
        else {
            return Some(Against::NotLive);
        };
        let day = at.with_timezone(&state.zone).date_naive();
        // What was spent today may not be in the ledger yet, from which the budget is reckoned: all of the day counts.
        let midnight = state.zone.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest().map_or(at, |midnight| midnight.to_utc());
        let situation = Situation { now: midnight, ..self.clone() };
        let desk = Desk { situation: &situation, taken: situation.taken.clone(), why_not: BTreeMap::new(), slots: Vec::new() };
        let week = Week { state, rules, days: BTreeMap::new(), usual: None };
        desk.stands_against(&week, live, at).or_else(|| desk.whole_day(&week, day, live)).map(Against::Limit)
    }
}
