//! Does what is due, each step once as far as anybody can tell.
//!
//! A pass is: read what is remembered, ask the engine for every case, remember what is new, then hand over what waits. Between any two notes the
//! process may be stopped: a step that was not noted is planned again under the same key; one that was noted and not sent is sent by the next pass;
//! one that was handed over without its answer being seen is handed over again under the same key, by which a gateway knows it.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use inflow_config::{Config, Gateway, Process, Receiver, Template};
use inflow_connectors::identity::IdentityKeys;
use inflow_store::{StepKind, StepRow, StepState, Store, StoreError};

use super::case::Case;
use super::contacts::{Contact, ContactSource, opt_out_digests};
use super::engine::{Action, Due, Look, key};
use super::message::Filled;
use super::words::{language, proposal_words, task_words};
use crate::send::{Letter, MOST, SendError, backoff};
use crate::words::pick;

/// A step that was due longer ago than this and is not remembered is not made any more. So nobody has to read what was done before.
pub const HORIZON: TimeDelta = TimeDelta::days(120);
/// Steps that leave in one pass; the others wait for the next.
const AT_ONCE: usize = 500;

/// Where steps are remembered.
pub trait Memory {
    /// What is still to happen, and what was due or changed since an instant.
    fn steps(&self, since: DateTime<Utc>) -> impl Future<Output = Result<Vec<StepRow>, StoreError>> + Send;
    /// Remembers, all or nothing.
    fn note(&self, rows: &[StepRow]) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// Who wants no messages, as keyed hashes.
    fn opt_outs(&self) -> impl Future<Output = Result<HashSet<String>, StoreError>> + Send;
}

impl Memory for Store {
    async fn steps(&self, since: DateTime<Utc>) -> Result<Vec<StepRow>, StoreError> {
        Store::steps(self, since).await
    }

    async fn note(&self, rows: &[StepRow]) -> Result<(), StoreError> {
        self.note_steps(rows).await
    }

    async fn opt_outs(&self) -> Result<HashSet<String>, StoreError> {
        Store::opt_outs(self).await
    }
}

/// What hands messages over.
pub trait Ways {
    /// To a candidate.
    fn send(&self, gateway: &Gateway, contact: &Contact, message: &Filled) -> impl Future<Output = Result<(), SendError>> + Send;
    /// To a receiver of `messages.toml`.
    fn tell(&self, receiver: &Receiver, letter: &Letter) -> impl Future<Output = Result<(), SendError>> + Send;
}

/// Leads cases.
#[derive(Debug)]
pub struct Runner<'a, M, C, W> {
    /// Where steps are remembered.
    pub memory: &'a M,
    /// How candidates are reached.
    pub contacts: &'a C,
    /// How messages leave.
    pub ways: &'a W,
    /// The rules.
    pub config: &'a Config,
    /// Keys under which opt-outs are kept.
    pub keys: &'a IdentityKeys,
}

/// What a pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pass {
    /// Steps that are new, by state.
    pub planned: BTreeMap<&'static str, usize>,
    /// Steps that are no longer due.
    pub obsolete: usize,
    /// What was handed over, or could not be.
    pub rounds: Vec<Round>,
}

/// One hand-over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// The step as it is remembered now.
    pub row: StepRow,
    /// What to do about it, if it failed.
    pub hint: Option<String>,
}

impl<M: Memory + Sync, C: ContactSource + Sync, W: Ways + Sync> Runner<'_, M, C, W> {
    /// One pass over these cases at `now`: all of which something may be due, or of which a step waits. What waits for a case that is not among
    /// them is no longer due: its application is gone.
    ///
    /// # Errors
    /// When the store fails. What a gateway refuses is in the answer and holds up nobody else.
    pub async fn pass(&self, cases: &[Case], now: DateTime<Utc>) -> Result<Pass, StoreError> {
        let rows = self.memory.steps(now - HORIZON).await?;
        let mut known: HashMap<String, StepRow> = rows.into_iter().map(|row| (row.key.clone(), row)).collect();
        let mut pass = Pass::default();
        let since = self.known_since(&mut known, now).await?;
        let (new, obsolete) = self.changes(cases, &known, &since, now);
        for row in &new {
            *pass.planned.entry(row.state.as_str()).or_default() += 1;
        }
        pass.obsolete = obsolete.len();
        let noted: Vec<StepRow> = new.into_iter().chain(obsolete).collect();
        self.memory.note(&noted).await?;
        known.extend(noted.into_iter().map(|row| (row.key.clone(), row)));
        let by_case: HashMap<(&str, &str), &Case> =
            cases.iter().map(|case| ((case.connection.as_str(), case.application.as_str()), case)).collect();
        let mut waiting: Vec<&StepRow> = known.values().filter(|row| leaves(row, now)).collect();
        waiting.sort_by(|a, b| (a.due_at, &a.key).cmp(&(b.due_at, &b.key)));
        if waiting.is_empty() {
            return Ok(pass);
        }
        let opt_outs = self.memory.opt_outs().await?;
        for row in waiting.into_iter().take(AT_ONCE) {
            let case = by_case.get(&(row.connection.as_str(), row.application.as_str())).copied();
            pass.rounds.extend(self.hand_over(row, case, &known, &opt_outs, now).await?);
        }
        Ok(pass)
    }

    /// Since when each process is known: what was due before is not done. New ones are known from now on.
    async fn known_since(
        &self,
        known: &mut HashMap<String, StepRow>,
        now: DateTime<Utc>,
    ) -> Result<BTreeMap<String, DateTime<Utc>>, StoreError> {
        let mut since = BTreeMap::new();
        let mut new = Vec::new();
        for process in &self.config.processes.process {
            let own = key(&["known", &process.id]);
            // Since the future is said by a clock that was wrong.
            let at = known.get(&own).map(|row| row.first_at).filter(|at| *at <= now);
            since.insert(process.id.clone(), at.unwrap_or(now));
            if at.is_none() {
                new.push(StepRow { key: own, process: process.id.clone(), ..empty(StepKind::Known, StepState::Done, now) });
            }
        }
        self.memory.note(&new).await?;
        known.extend(new.into_iter().map(|row| (row.key.clone(), row)));
        Ok(since)
    }

    /// Steps that are not remembered yet, and remembered ones that are no longer due.
    fn changes(
        &self,
        cases: &[Case],
        known: &HashMap<String, StepRow>,
        since: &BTreeMap<String, DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> (Vec<StepRow>, Vec<StepRow>) {
        let mut new = Vec::new();
        let mut standing = HashSet::new();
        for case in cases {
            let Some(process) = self.config.processes.of_family(&case.job_family) else { continue };
            let since = since.get(&process.id).copied().unwrap_or(now);
            for due in self.look(process, now).standing(case) {
                standing.insert(due.key.clone());
                let remembered = known.contains_key(&due.key) || due.due_at < now - HORIZON;
                if !remembered && (due.ageless || due.due_at >= since) {
                    self.plan(process, case, due, now, &mut new);
                }
            }
        }
        let gone = |row: &&StepRow| {
            // A notice is about a task: it goes where the task goes.
            let about = if row.kind == StepKind::Notice { &row.what } else { &row.key };
            let waits = matches!(row.state, StepState::Planned | StepState::Failed | StepState::Begun | StepState::Open);
            waits && row.kind != StepKind::Known && !standing.contains(about)
        };
        let obsolete =
            known.values().filter(gone).map(|row| StepRow { state: StepState::Obsolete, last_at: now, next_at: None, ..row.clone() });
        (new, obsolete.collect())
    }

    fn look<'l>(&self, process: &'l Process, now: DateTime<Utc>) -> Look<'l> {
        Look { process, quiet: self.config.processes.quiet, zone: self.config.settings.company.timezone, now }
    }

    /// The row of a step, and of those who are told of it.
    fn plan(&self, process: &Process, case: &Case, due: Due, now: DateTime<Utc>, rows: &mut Vec<StepRow>) {
        let late = now - due.due_at > TimeDelta::from_std(self.config.processes.patience()).unwrap_or(TimeDelta::MAX);
        let (kind, state, what, notify) = match due.action {
            Action::Message(template) if late && !due.ageless => (StepKind::Message, StepState::Lapsed, template, Vec::new()),
            Action::Message(template) => (StepKind::Message, StepState::Planned, template, Vec::new()),
            Action::Task { what, notify } => (StepKind::Task, StepState::Open, what, notify),
            Action::Propose { ending, notify } => (StepKind::Proposal, StepState::Open, ending.as_str().to_owned(), notify),
        };
        let row = StepRow {
            key: due.key,
            process: process.id.clone(),
            rule: due.rule,
            step: due.step,
            connection: case.connection.clone(),
            application: case.application.clone(),
            subject: due.subject,
            what,
            due_at: due.due_at,
            ..empty(kind, state, now)
        };
        rows.extend(notify.into_iter().map(|receiver| StepRow {
            key: key(&["notice", &row.key, &receiver]),
            kind: StepKind::Notice,
            state: StepState::Planned,
            what: row.key.clone(),
            receiver,
            ..row.clone()
        }));
        rows.push(row);
    }

    /// Hands a step over and notes what became of it; `None` when it waits.
    async fn hand_over(
        &self,
        row: &StepRow,
        case: Option<&Case>,
        known: &HashMap<String, StepRow>,
        opt_outs: &HashSet<String>,
        now: DateTime<Utc>,
    ) -> Result<Option<Round>, StoreError> {
        let ready = match (row.kind, case) {
            // Without its case it is obsolete by now; a pass that did not come to note that leaves it to the next.
            (StepKind::Message, None) => return Ok(None),
            (StepKind::Message, Some(case)) => self.ready(row, case, opt_outs, now).await,
            _ => self.notice(row, case, known),
        };
        let ready = match ready {
            Ok(Ready::Waits) => return Ok(None),
            Ok(Ready::Ends(state)) => {
                let row = StepRow { state, last_at: now, next_at: None, error: String::new(), ..row.clone() };
                self.memory.note(std::slice::from_ref(&row)).await?;
                return Ok(Some(Round { row, hint: None }));
            }
            Ok(ready) => Ok(ready),
            Err(error) => Err(error),
        };
        let attempts = row.attempts + 1;
        let begun = StepRow { state: StepState::Begun, attempts, last_at: now, next_at: Some(now + backoff(attempts)), ..row.clone() };
        let outcome = match ready {
            Ok(ready) => {
                self.memory.note(std::slice::from_ref(&begun)).await?;
                match ready {
                    Ready::Message(gateway, contact, message) => self.ways.send(gateway, &contact, &message).await,
                    Ready::Notice(receiver, letter) => self.ways.tell(receiver, &letter).await,
                    Ready::Waits | Ready::Ends(_) => Ok(()),
                }
            }
            Err(error) => Err(error),
        };
        let (ended, hint) = match outcome {
            Ok(()) => (StepRow { state: StepState::Sent, next_at: None, error: String::new(), ..begun }, None),
            Err(error) => {
                let asked = error.after.and_then(|after| TimeDelta::from_std(after).ok()).map(|after| now + after.min(TimeDelta::days(1)));
                let again = error.transient && attempts < MOST;
                let state = if again { StepState::Failed } else { StepState::GivenUp };
                let next_at = begun.next_at.max(asked).filter(|_| again);
                (StepRow { state, next_at, error: error.message, ..begun }, error.hint)
            }
        };
        self.memory.note(std::slice::from_ref(&ended)).await?;
        Ok(Some(Round { row: ended, hint }))
    }

    /// Contact data and text of a message, if it may leave now.
    async fn ready(&self, row: &StepRow, case: &Case, opt_outs: &HashSet<String>, now: DateTime<Utc>) -> Result<Ready<'_>, SendError> {
        let processes = &self.config.processes;
        let Some((template, gateway)) = self.way(&row.what) else {
            return Err(SendError::refused(format!("there is no template `{}` in process.toml any more", row.what)));
        };
        let process = processes.of_family(&case.job_family);
        if process.is_some_and(|process| self.look(process, now).awake(now) > now) {
            return Ok(Ready::Waits);
        }
        let today = now.with_timezone(&self.config.settings.company.timezone).date_naive();
        if let Some(processor) = gateway.processor.as_deref().and_then(|id| processes.processor(id))
            && !processor.holds(today)
        {
            let hint = format!("[[processor]] `{}` in process.toml: contract_from and contract_until", processor.id);
            return Err(SendError::later(format!("the contract with {} does not hold today", processor.id)).hint(hint));
        }
        let Some(contact) = self.contacts.contact(case).await? else { return Ok(Ready::Ends(StepState::Unreachable)) };
        let by_mail = gateway.shape == inflow_config::GatewayShape::Email;
        if (by_mail && contact.email.is_empty()) || (contact.phone.is_empty() && contact.email.is_empty()) {
            return Ok(Ready::Ends(StepState::Unreachable));
        }
        if opt_out_digests(self.keys, self.config, &contact.phone, &contact.email).iter().any(|digest| opt_outs.contains(digest)) {
            return Ok(Ready::Ends(StepState::OptedOut));
        }
        let message = Filled::new(template, self.config, case, &row.subject, &contact, now)?;
        Ok(Ready::Message(gateway, contact, Filled { key: row.key.clone(), ..message }))
    }

    fn way(&self, template: &str) -> Option<(&Template, &Gateway)> {
        let template = self.config.processes.template(template)?;
        Some((template, self.config.processes.gateway(&template.gateway)?))
    }

    /// What a receiver is told of a task: which case by its id, and nothing of the person.
    fn notice(&self, row: &StepRow, case: Option<&Case>, known: &HashMap<String, StepRow>) -> Result<Ready<'_>, SendError> {
        let Some(task) = known.get(&row.what).filter(|task| task.state == StepState::Open) else {
            return Ok(Ready::Ends(StepState::Obsolete));
        };
        let Some(receiver) = self.config.messages.receiver(&row.receiver) else {
            return Err(SendError::refused(format!("`{}` is no receiver of messages.toml any more", row.receiver)));
        };
        let lang = language(self.config);
        let words = match task.kind {
            StepKind::Proposal => proposal_words(&task.what, lang).to_owned(),
            _ => task_words(&task.what, lang),
        };
        let mut of = format!("{}:{}", row.connection, row.application);
        for part in case.iter().flat_map(|case| [&case.job_family, &case.store, &case.recruiter]).filter(|part| !part.is_empty()) {
            of.push_str(" · ");
            of.push_str(part);
        }
        let short: String = task.key.chars().take(8).collect();
        let subject = pick(lang, "Recruiting task", "招聘待办");
        let command = if task.kind == StepKind::Proposal { "confirm" } else { "done" };
        let how = pick(lang, "when it is done", "处理后请执行");
        let text = format!("{subject}: {words}\n{of}\n{how}: inflow process {command} {short} --reason ..");
        Ok(Ready::Notice(receiver, Letter { subject: format!("{subject} {short}"), text, attachments: Vec::new(), key: row.key.clone() }))
    }
}

/// What is handed over.
enum Ready<'c> {
    Message(&'c Gateway, Contact, Filled),
    Notice(&'c Receiver, Letter),
    /// Not now.
    Waits,
    /// Never, and so.
    Ends(StepState),
}

/// Whether a step is to be handed over now.
fn leaves(row: &StepRow, now: DateTime<Utc>) -> bool {
    let waits = matches!(row.state, StepState::Planned | StepState::Failed | StepState::Begun);
    // Nobody waits longer than this: a next time further off was noted by a clock that was wrong.
    let soon = row.next_at.is_none_or(|next| next <= now || next - now > TimeDelta::days(2));
    waits && soon && matches!(row.kind, StepKind::Message | StepKind::Notice)
}

fn empty(kind: StepKind, state: StepState, now: DateTime<Utc>) -> StepRow {
    StepRow {
        key: String::new(),
        process: String::new(),
        rule: String::new(),
        step: String::new(),
        kind,
        connection: String::new(),
        application: String::new(),
        subject: String::new(),
        what: String::new(),
        receiver: String::new(),
        state,
        attempts: 0,
        due_at: now,
        first_at: now,
        last_at: now,
        next_at: None,
        error: String::new(),
        decided_by: String::new(),
        reason: String::new(),
    }
}
