//! What is to become of a slot whose time has come, and of one that was called for: pure.

use chrono::{DateTime, TimeDelta, Utc};
use inflow_connectors::Called;
use inflow_connectors::spec::{Meaning, RefreshLimits};
use inflow_store::{RepostConclusion, RepostSlotRow, RepostState};

use super::super::plan::{Against, Situation, WhyNot};

/// A slot is carried out so much later than planned, at most: what it is worth was reckoned for its hour.
pub const LATE: TimeDelta = TimeDelta::hours(1);
/// A slot of unknown outcome is asked about for so long after its time, and
pub const GIVE_UP_AFTER: TimeDelta = TimeDelta::hours(24);
/// so many calls are made for it; then a person is asked.
pub const MOST_ATTEMPTS: u32 = 6;
/// Minutes after the first call, the second, and so on.
const PAUSES: [i64; 6] = [1, 5, 15, 30, 60, 120];
/// A call that did not leave is tried again after this.
const NOT_SENT: TimeDelta = TimeDelta::minutes(5);
/// A slot that is carried out within this of its time counts for limits as if it were then: they were planned to the minute.
pub(in crate::repost) const PROMPT: TimeDelta = TimeDelta::minutes(5);

/// What is to be done for a slot now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Call, with its key.
    Call,
    /// Look again later.
    Wait,
    /// It is not to be carried out any more; the code of the reason.
    Missed(&'static str),
    /// Nobody knows whether it was carried out, and asking on is of no use: a person is to look.
    GiveUp(String),
}

/// What is to be done for a slot whose time has come. `limits` are the board's own, beside those of `reposts.toml`.
pub fn verdict(row: &RepostSlotRow, situation: &Situation<'_>, limits: RefreshLimits, now: DateTime<Utc>) -> Verdict {
    if row.state == RepostState::Sent {
        // It is the same refresh: limits hold it already. If the call before did not arrive this one refreshes, so not in quiet hours.
        let attempts = row.call.attempts;
        if attempts >= MOST_ATTEMPTS || now - row.at > GIVE_UP_AFTER {
            let said = if row.call.said.is_empty() { "no answer" } else { row.call.said.as_str() };
            return Verdict::GiveUp(format!("{attempts} calls, and nobody knows whether it was done: {said}"));
        }
        return if situation.is_open(&row.channel, now) { Verdict::Call } else { Verdict::Wait };
    }
    if now - row.at > LATE {
        return Verdict::Missed("late");
    }
    let at = if now - row.at < PROMPT { row.at } else { now };
    if !situation.is_open(&row.channel, now) {
        return Verdict::Missed(Against::ClosedHours.as_str());
    }
    let near = Some(Against::Limit(WhyNot::TooNear));
    let against = situation.stands_against(&row.channel, &row.connection, &row.posting_source_id, at);
    // What is too near now may not be soon; what the board forbids today stays forbidden.
    let against = if against.is_none() || against == near { board(row, situation, limits, at).or(against) } else { against };
    match against {
        None => Verdict::Call,
        Some(Against::Limit(WhyNot::TooNear)) => Verdict::Wait,
        Some(against) => Verdict::Missed(against.as_str()),
    }
}

/// What the board itself allows.
fn board(row: &RepostSlotRow, situation: &Situation<'_>, limits: RefreshLimits, at: DateTime<Utc>) -> Option<Against> {
    let zone = situation.channels.iter().find(|one| one.id == row.channel)?.zone;
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    let own = || situation.taken.iter().filter(|one| one.connection == row.connection);
    if limits.per_day.is_some_and(|most| own().filter(|one| day(one.at) == day(at)).count() >= most as usize) {
        return Some(Against::Limit(WhyNot::AccountQuota));
    }
    let rest = TimeDelta::from_std(limits.rest).unwrap_or(TimeDelta::MAX);
    let last = situation.postings.iter().find(|one| one.connection == row.connection && one.id == row.posting_source_id);
    let refreshed = own().filter(|one| one.posting == row.posting_source_id).map(|one| one.at).chain(last.map(|one| one.last));
    refreshed.into_iter().any(|last| (at - last).abs() < rest).then_some(Against::Limit(WhyNot::Rests))
}

/// What a slot becomes by what came of its call.
pub fn concluded(row: &RepostSlotRow, called: Called, now: DateTime<Utc>) -> RepostConclusion {
    let word = |meaning: Meaning| meaning.as_str().to_owned();
    match called {
        Called::Said(meaning @ (Meaning::Done | Meaning::Already)) => {
            RepostConclusion::Done { outcome: word(meaning), already: meaning == Meaning::Already }
        }
        // A person could do as little.
        Called::Said(meaning @ (Meaning::Gone | Meaning::QuotaSpent)) => {
            RepostConclusion::Missed { outcome: word(meaning), said: String::new() }
        }
        Called::Said(Meaning::NotAllowed) => RepostConclusion::Failed { outcome: word(Meaning::NotAllowed), said: String::new() },
        Called::Refused(said) => RepostConclusion::Failed { outcome: "refused".to_owned(), said },
        Called::NotSent(said) => RepostConclusion::NotSent { next_at: now + NOT_SENT, said },
        Called::Unknown(said) => {
            let pause = PAUSES[(row.call.attempts.saturating_sub(1) as usize).min(PAUSES.len() - 1)];
            RepostConclusion::Unknown { next_at: now + TimeDelta::minutes(pause), said }
        }
    }
}

#[cfg(test)]
mod tests;
