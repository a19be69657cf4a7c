//! What is known of a case when it is looked at.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use inflow_config::{AssessmentKind, InvitationKind, Process, Stage};

/// A case of one application, as its sources tell it now. It names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Case {
    /// Connection of the application.
    pub connection: String,
    /// Its id there.
    pub application: String,
    /// Id of its candidate there.
    pub candidate: String,
    /// Family of jobs, as in reports.
    pub job_family: String,
    /// Store.
    pub store: String,
    /// Recruiter, a pseudonymous code.
    pub recruiter: String,
    /// Rejected, withdrawn, or left after a hire: nothing is due any more.
    pub ended: bool,
    /// When it entered each canonical stage.
    pub stages: BTreeMap<Stage, DateTime<Utc>>,
    /// Its invitations.
    pub invitations: Vec<Invitation>,
    /// Its assessments.
    pub assessments: Vec<Assessment>,
}

/// An invitation to an interview.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Invitation {
    /// Its id at the connection.
    pub id: String,
    /// Its kind, where the source says one that is known.
    pub kind: Option<InvitationKind>,
    /// When it was sent.
    pub sent_at: Option<DateTime<Utc>>,
    /// When it was opened.
    pub opened_at: Option<DateTime<Utc>>,
    /// When it was answered.
    pub replied_at: Option<DateTime<Utc>>,
    /// When the interview was taken.
    pub taken_at: Option<DateTime<Utc>>,
    /// Until when it must be taken.
    pub deadline_at: Option<DateTime<Utc>>,
    /// The appointment.
    pub scheduled_at: Option<DateTime<Utc>>,
    /// Cancelled, declined, or it could not be delivered: no ladder goes on.
    pub over: bool,
}

/// A test, a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// Its kind.
    pub kind: AssessmentKind,
    /// Which test.
    pub name: String,
    /// When it was taken, or handed in.
    pub at: Option<DateTime<Utc>>,
    /// passed, failed or empty.
    pub result: String,
    /// pending, taken, missed; of certificates valid, expired, missing.
    pub status: String,
    /// Last day of a certificate.
    pub valid_until: Option<NaiveDate>,
}

impl Invitation {
    /// When the candidate first showed to have seen it.
    pub fn seen_at(&self) -> Option<DateTime<Utc>> {
        [self.opened_at, self.replied_at, self.taken_at].into_iter().flatten().min()
    }

    /// When the candidate first answered it, or came.
    pub fn answered_at(&self) -> Option<DateTime<Utc>> {
        [self.replied_at, self.taken_at].into_iter().flatten().min()
    }
}

impl Case {
    /// When a stage of a process was reached; who reached a later canonical stage has reached it as well.
    pub fn reached(&self, process: &Process, place: usize) -> Option<DateTime<Utc>> {
        let stage = process.stage.get(place)?;
        if let Some(kind) = stage.invitation {
            return self.invitations.iter().filter(|invitation| invitation.kind == Some(kind)).filter_map(|taken| taken.taken_at).min();
        }
        let rank = stage.id.parse::<Stage>().ok()?.rank();
        self.stages.iter().filter(|(own, _)| own.rank() >= rank && !own.terminal()).map(|(_, at)| *at).min()
    }

    /// The furthest stage of a process that was reached, with its place.
    pub fn furthest(&self, process: &Process) -> Option<(usize, DateTime<Utc>)> {
        (0..process.stage.len()).rev().find_map(|place| Some((place, self.reached(process, place)?)))
    }
}
