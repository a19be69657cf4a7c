//! The facts of cases, from the store: ids, stages and instants, and nothing that names anybody.
//!
//! A case is an application of one connection, under whose id the ATS knows the candidate; its stages are those that any connection tells of it.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use inflow_config::{Config, Processes, Stage};
use inflow_store::{Store, StoreError, array_literal};
use serde_json::{Map, Value};

use super::case::{Assessment, Case, Invitation};

/// Cases in which nothing happened for so long are left alone, unless a step of theirs waits or a certificate is about to end.
const QUIET_FOR: TimeDelta = TimeDelta::days(90);

/// What is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The cases, by connection and id.
    pub cases: Vec<Case>,
}

type Row = Map<String, Value>;

/// Whose rows are, by the links between connections: with `AS told` before it, and `PERSON` as a column.
const LINKED: &str = "LEFT JOIN (SELECT toString(connection) AS by_connection, source_id AS of_candidate, any(person_id) AS person_id \
    FROM inflow.candidate_links FINAL WHERE deleted = 0 GROUP BY by_connection, of_candidate) AS p \
    ON p.by_connection = toString(told.connection) AND p.of_candidate = told.candidate_source_id";
const PERSON: &str = "multiIf(told.candidate_source_id = '', '', p.person_id != '', p.person_id, \
    concat(toString(told.connection), '/', told.candidate_source_id)) AS person";

/// Applications that are looked at: what moved lately, what a step waits for, whose certificate is about to end.
const WANTED: &str = "(
    SELECT toString(connection), source_id FROM inflow.applications FINAL
        WHERE coalesce(applied_at, first_at) >= fromUnixTimestamp64Milli({since:Int64})
    UNION ALL
    SELECT toString(connection), source_id FROM inflow.application_stages WHERE settled_at >= fromUnixTimestamp64Milli({since:Int64})
    UNION ALL
    SELECT toString(connection), application_source_id FROM inflow.invitations FINAL WHERE sent_at >= fromUnixTimestamp64Milli({since:Int64})
    UNION ALL
    SELECT toString(m.connection), m.source_id FROM inflow.application_links AS m WHERE m.case_id IN (
        SELECT l.case_id FROM inflow.application_links AS l INNER JOIN inflow.application_stages AS s
            ON s.connection = l.connection AND s.source_id = l.source_id WHERE s.settled_at >= fromUnixTimestamp64Milli({since:Int64}))
    UNION ALL
    SELECT toString(connection), application_source_id FROM inflow.assessments FINAL
        WHERE kind = 'health_certificate' AND valid_until BETWEEN {today:Date} - 1 AND {warned:Date}
    UNION ALL
    SELECT toString(a.connection), a.source_id FROM inflow.applications AS a FINAL
        WHERE (a.connection, a.candidate_source_id) IN (
            SELECT connection, candidate_source_id FROM inflow.assessments FINAL
            WHERE kind = 'health_certificate' AND candidate_source_id != '' AND valid_until BETWEEN {today:Date} - 1 AND {warned:Date}
            UNION ALL
            SELECT connection, source_id FROM inflow.candidate_links FINAL WHERE deleted = 0 AND person_id IN (
                SELECT person_id FROM inflow.candidate_links FINAL WHERE deleted = 0 AND (connection, source_id) IN (
                    SELECT connection, candidate_source_id FROM inflow.assessments FINAL
                    WHERE kind = 'health_certificate' AND valid_until BETWEEN {today:Date} - 1 AND {warned:Date})))
    UNION ALL
    SELECT toString(connection), application FROM inflow_state.process_steps FINAL WHERE state IN ('planned', 'begun', 'failed', 'open') AND kind != 'known'
)";

/// Reads the cases that processes may have something to do for at `now`.
///
/// # Errors
/// When the store fails.
pub async fn read_cases(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<Facts, StoreError> {
    let processes = &config.processes;
    let today = now.with_timezone(&config.settings.company.timezone).date_naive();
    let params = [
        ("since", (now - QUIET_FOR).timestamp_millis().to_string()),
        ("today", today.to_string()),
        ("warned", (today + TimeDelta::days(furthest_warning(processes))).to_string()),
        ("connections", array_literal(&processes.connection)),
    ];
    let led = "(empty({connections:Array(String)}) OR has({connections:Array(String)}, toString(connection)))";
    let applications = format!(
        "SELECT toString(told.connection) AS connection, told.source_id AS source_id, told.candidate_source_id AS candidate, {PERSON}, \
         toString(told.store) AS store, toString(told.recruiter) AS recruiter, toString(told.status) AS status, \
         toUnixTimestamp64Milli(coalesce(told.first_at, told.applied_at)) AS first \
         FROM (SELECT * FROM inflow.applications FINAL WHERE deleted = 0 AND NOT startsWith(source_id, 'erased-') AND {led} \
         AND (toString(connection), source_id) IN {WANTED}) AS told {LINKED} ORDER BY connection, source_id"
    );
    let mut cases: Vec<Found> = Vec::new();
    for row in store.rows(&applications, &params).await? {
        let ended = matches!(text(&row, "status").as_str(), "rejected" | "withdrawn");
        let case = Case {
            connection: text(&row, "connection"),
            application: text(&row, "source_id"),
            candidate: text(&row, "candidate"),
            store: text(&row, "store"),
            recruiter: text(&row, "recruiter"),
            ended,
            ..Case::default()
        };
        cases.push(Found { case, person: text(&row, "person"), first: instant(&row, "first") });
    }
    let found = Index::new(&cases);
    // A case's stages stand under its first member; the other members are the same case.
    let stages = format!(
        "SELECT toString(if(m.source_id != '', m.connection, s.connection)) AS connection, if(m.source_id != '', m.source_id, s.source_id) AS source_id, \
         toString(s.job_family) AS job_family, toString(s.store) AS store, toString(s.recruiter) AS recruiter, toString(s.stage) AS stage, \
         toUnixTimestamp64Milli(s.entered_at) AS at \
         FROM inflow.application_stages AS s \
         LEFT JOIN (SELECT f.connection AS first_connection, f.source_id AS first_id, m.connection AS connection, m.source_id AS source_id \
             FROM inflow.application_links AS m INNER JOIN (SELECT case_id, connection, source_id FROM inflow.application_links WHERE place = 1) AS f \
             ON f.case_id = m.case_id) AS m ON m.first_connection = s.connection AND m.first_id = s.source_id \
         WHERE (connection, source_id) IN {WANTED}"
    );
    for row in store.rows(&stages, &params).await? {
        let (Some(case), Some(at)) = (found.of(&mut cases, &row), instant(&row, "at")) else { continue };
        for (own, told) in [(&mut case.job_family, "job_family"), (&mut case.store, "store"), (&mut case.recruiter, "recruiter")] {
            if own.is_empty() {
                *own = text(&row, told);
            }
        }
        if let Ok(stage) = text(&row, "stage").parse::<Stage>() {
            case.ended |= stage.terminal();
            case.stages.entry(stage).and_modify(|known| *known = at.min(*known)).or_insert(at);
        }
    }
    let left = format!(
        "SELECT toString(told.connection) AS connection, told.application_source_id AS source_id, {PERSON} \
         FROM (SELECT * FROM inflow.employment FINAL WHERE deleted = 0 AND (isNotNull(left_on) OR status = 'left')) AS told {LINKED}"
    );
    for row in store.rows(&left, &[]).await? {
        if let Some(case) = found.of(&mut cases, &row) {
            case.ended = true;
        }
    }
    invitations(store, &params, &found, &mut cases).await?;
    assessments(store, &found, &mut cases).await?;
    Ok(Facts { cases: cases.into_iter().map(|found| found.case).collect() })
}

async fn invitations(store: &Store, params: &[inflow_store::Param<'_>], found: &Index, cases: &mut [Found]) -> Result<(), StoreError> {
    let milli = |name: &str, told: &str| format!("toUnixTimestamp64Milli(told.{told}_at) AS {name}");
    let instants = ["sent", "opened", "replied", "attended", "deadline", "scheduled"].map(|name| milli(name, name)).join(", ");
    let sql = format!(
        "SELECT toString(told.connection) AS connection, told.source_id AS id, told.application_source_id AS source_id, {PERSON}, \
         toString(told.kind) AS kind, toString(told.result) AS result, {instants} \
         FROM (SELECT * FROM inflow.invitations FINAL WHERE deleted = 0 \
         AND coalesce(sent_at, scheduled_at, deadline_at) >= fromUnixTimestamp64Milli({{since:Int64}})) AS told {LINKED} ORDER BY sent, connection, id"
    );
    for row in store.rows(&sql, params).await? {
        let sent_at = instant(&row, "sent");
        let result = text(&row, "result");
        let scheduled_at = instant(&row, "scheduled");
        // What is known to have happened, and not when, happened at the latest instant that is known.
        let told = |happened: bool, at: Option<DateTime<Utc>>| at.or(scheduled_at.or(sent_at).filter(|_| happened));
        let invitation = Invitation {
            id: text(&row, "id"),
            kind: text(&row, "kind").parse().ok(),
            sent_at,
            opened_at: instant(&row, "opened"),
            replied_at: instant(&row, "replied").or(sent_at.filter(|_| matches!(result.as_str(), "confirmed" | "declined"))),
            taken_at: told(result == "attended", instant(&row, "attended")),
            deadline_at: instant(&row, "deadline"),
            scheduled_at,
            over: matches!(result.as_str(), "cancelled" | "declined" | "undelivered"),
        };
        if let Some(case) = found.newest(cases, &row, sent_at) {
            case.invitations.push(invitation);
        }
    }
    Ok(())
}

async fn assessments(store: &Store, found: &Index, cases: &mut [Found]) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT toString(told.connection) AS connection, told.application_source_id AS source_id, {PERSON}, toString(told.kind) AS kind, \
         told.name AS name, toString(told.result) AS result, toString(told.status) AS status, toUnixTimestamp64Milli(told.taken_at) AS taken, \
         toString(told.valid_until) AS until \
         FROM (SELECT * FROM inflow.assessments FINAL WHERE deleted = 0) AS told {LINKED} ORDER BY connection, told.source_id"
    );
    for row in store.rows(&sql, &[]).await? {
        let Ok(kind) = text(&row, "kind").parse() else { continue };
        let assessment = Assessment {
            kind,
            name: text(&row, "name"),
            at: instant(&row, "taken"),
            result: text(&row, "result"),
            status: text(&row, "status"),
            valid_until: text(&row, "until").parse::<NaiveDate>().ok(),
        };
        // A certificate is a person's: it counts for every case of the person there.
        for at in found.all(&row) {
            if let Some(found) = cases.get_mut(at) {
                found.case.assessments.push(assessment.clone());
            }
        }
    }
    Ok(())
}

/// A case, whose it is, and when it began.
struct Found {
    case: Case,
    person: String,
    first: Option<DateTime<Utc>>,
}

/// Cases by their ids and by their persons.
struct Index {
    applications: HashMap<(String, String), usize>,
    persons: HashMap<String, Vec<usize>>,
}

impl Index {
    fn new(cases: &[Found]) -> Self {
        let mut index = Self { applications: HashMap::new(), persons: HashMap::new() };
        for (at, Found { case, person, .. }) in cases.iter().enumerate() {
            index.applications.insert((case.connection.clone(), case.application.clone()), at);
            if !person.is_empty() {
                index.persons.entry(person.clone()).or_default().push(at);
            }
        }
        index
    }

    /// The cases that a row names: by its application, else by its person.
    fn all(&self, row: &Row) -> Vec<usize> {
        let own = self.applications.get(&(text(row, "connection"), text(row, "source_id")));
        match own {
            Some(at) => vec![*at],
            None => self.persons.get(&text(row, "person")).cloned().unwrap_or_default(),
        }
    }

    fn of<'c>(&self, cases: &'c mut [Found], row: &Row) -> Option<&'c mut Case> {
        let at = self.all(row).last().copied()?;
        cases.get_mut(at).map(|found| &mut found.case)
    }

    /// The newest case that had begun by an instant.
    fn newest<'c>(&self, cases: &'c mut [Found], row: &Row, by: Option<DateTime<Utc>>) -> Option<&'c mut Case> {
        let began = |at: &usize| cases.get(*at).and_then(|found| found.first);
        let all = self.all(row);
        let newest = all.iter().copied().filter(|at| by.is_none() || began(at).is_none_or(|first| Some(first) <= by)).max_by_key(began);
        let at = newest.or_else(|| all.first().copied())?;
        cases.get_mut(at).map(|found| &mut found.case)
    }
}

fn furthest_warning(processes: &Processes) -> i64 {
    let gates = processes.process.iter().flat_map(|process| &process.gate);
    gates.flat_map(|gate| &gate.warn_days).copied().max().map_or(0, i64::from)
}

fn text(row: &Row, key: &str) -> String {
    row.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn instant(row: &Row, key: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(row.get(key)?.as_i64()?)
}
