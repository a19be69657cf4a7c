//! Figures that are made up, and a state that is kept in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use inflow_actions::alert::link::AlertSigner;
use inflow_actions::feed::Openings;
use inflow_actions::repost::link::Signer;
use inflow_analytics::{Definition, Meaning, Metric, NO_DIMENSION, Part, Query, Report, Unmapped, metric};
use inflow_store::{
    Acknowledged, After, AlertDecision, AlertDecisionRow, AlertEvent, AlertEventRow, AuditRow, DecisionRow, MessageRow, MessageState,
    RepostDecision, RepostLeftRow, RepostSlotRow, RepostState, RunFilter, RunRow, TokenRow, TokenUse,
};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use serde_json::{Map, Value, json};

use crate::access::NewToken;
use crate::failure::Failure;
use crate::figures::{AlertNotes, Figures, Health, Reach, Stamp};
use crate::measures::Measure;

/// What an id of an application begins with, here alone.
pub(super) const CASE: &str = "hr/case-";

/// Remembers what it was asked.
#[derive(Default)]
pub(super) struct Invented {
    pub(super) asked: Mutex<Vec<Query>>,
    pub(super) broken: bool,
    pub(super) generation: Mutex<u32>,
    pub(super) tokens: Mutex<Vec<TokenRow>>,
    pub(super) uses: Mutex<Vec<TokenUse>>,
    pub(super) audit: Mutex<Vec<AuditRow>>,
    pub(super) decisions: Mutex<Vec<DecisionRow>>,
    pub(super) runs: Mutex<Vec<RunRow>>,
    pub(super) slots: Mutex<Vec<RepostSlotRow>>,
    pub(super) alert_decisions: Mutex<Vec<AlertDecisionRow>>,
    pub(super) openings: Mutex<Option<Openings>>,
}

fn of<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().expect("no panic elsewhere")
}

impl Invented {
    /// A token that holds, as its bearer has it.
    pub(super) fn token(&self, name: &str, role: &str, requisitions: &[&str]) -> String {
        let made = NewToken::make().expect("randomness");
        of(&self.tokens).push(TokenRow {
            prefix: made.prefix,
            name: name.to_owned(),
            hash: made.hash,
            role: role.to_owned(),
            requisitions: requisitions.iter().map(|one| (*one).to_owned()).collect(),
            per_minute: 10_000,
            created_at: DateTime::UNIX_EPOCH,
            expires_at: None,
            revoked_at: None,
        });
        made.secret
    }

    /// Changes the token of a name.
    pub(super) fn change(&self, name: &str, change: impl FnOnce(&mut TokenRow)) {
        change(of(&self.tokens).iter_mut().find(|token| token.name == name).expect("a token"));
    }

    pub(super) fn last_asked(&self) -> Query {
        of(&self.asked).pop().expect("a query")
    }
}

/// A row with something in each column.
fn row(metric: &Metric, by: &[String], number: usize) -> Map<String, Value> {
    let columns = by.iter().map(String::as_str).chain(metric.keys.iter().copied()).chain(metric.columns.iter().copied());
    let cell = |column: &str| match column {
        "application" | "case" => json!(format!("{CASE}{number:02}")),
        "applications" if metric.id == "conflicts" => json!(format!("{CASE}{number:02} | mail/{number}")),
        "channel" => json!("boss"),
        "people" => json!("attended"),
        "stage" => json!("applied"),
        "reason" => json!("cheaper_here"),
        "proof" => json!("unproven"),
        "method" => json!("ets"),
        "day" | "judged_to" => json!("2026-11-20"),
        "change" => json!("raised"),
        "alarm" | "certainty" => json!("sure"),
        "status" => json!("ok"),
        "currency" => json!("CNY"),
        _ if metric.money.contains(&column) => json!("1234.50"),
        _ if metric.keys.contains(&column) || metric.dimensions.contains(&column) => json!(format!("{column} {number}")),
        _ => json!(0.25),
    };
    columns.map(|column| (column.to_owned(), cell(column))).collect()
}

fn report(query: &Query, rows: usize) -> Result<Report, Failure> {
    let metric = metric(&query.metric).map_err(|error| Failure::explained(&error))?;
    let by = match query.by.as_slice() {
        [] => metric.default_by.iter().map(|name| (*name).to_owned()).collect(),
        [none] if none == NO_DIMENSION => Vec::new(),
        by => by.to_vec(),
    };
    let columns = by.iter().cloned().chain(metric.keys.iter().chain(&metric.columns).map(|name| (*name).to_owned())).collect();
    Ok(Report {
        metric: metric.id.to_owned(),
        version: metric.version,
        definition: Definition {
            title: metric.title.clone(),
            meaning: metric.meaning.clone(),
            numerator: metric.numerator,
            denominator: metric.denominator,
            clock: metric.clock,
            exclusions: metric.exclusions,
            superseded: metric.superseded.clone(),
        },
        from: query.from,
        to: query.to,
        tz: "Asia/Shanghai".to_owned(),
        as_of: query.as_of,
        rows: (0..rows).map(|number| row(metric, &by, number)).collect(),
        reconciles: metric.has_money.then(|| json!({"ties": true, "ledger": "99.00"}).as_object().cloned().unwrap_or_default()),
        columns,
        shares: metric.shares.clone(),
    })
}

/// The rows after one, newest first.
fn after<T: Clone>(all: &[T], key: impl Fn(&T) -> (DateTime<Utc>, String), after: Option<&After>, limit: usize) -> Vec<T> {
    let mut all = all.to_vec();
    all.sort_by_key(|row| std::cmp::Reverse(key(row)));
    all.retain(|row| after.is_none_or(|after| key(row) < (after.at, after.id.clone())));
    all.truncate(limit);
    all
}

#[async_trait]
impl Figures for Invented {
    async fn report(&self, query: &Query) -> Result<Report, Failure> {
        of(&self.asked).push(query.clone());
        report(query, 1)
    }

    async fn health(&self) -> Result<BTreeMap<String, Health>, Failure> {
        let failing = Health {
            status: "failing".to_owned(),
            channels: vec!["seen".to_owned()],
            last_success_at: Some("2026-11-12T06:05:00Z".parse().expect("an instant")),
            error_kind: "unreachable".to_owned(),
            ..Health::default()
        };
        Ok([("sheet".to_owned(), failing.clone()), ("removed".to_owned(), failing)].into())
    }

    async fn unmapped(&self) -> Result<BTreeMap<String, Vec<Unmapped>>, Failure> {
        let word = Unmapped {
            of: Meaning::Channel,
            kind: "applications".to_owned(),
            word: "某某网".to_owned(),
            records: 37,
            message: "37 applications came from \"某某网\", which is no channel yet".to_owned(),
            section: Some("source_map"),
            line: Some("\"某某网\" = \"boss\"".to_owned()),
        };
        Ok([("sheet".to_owned(), vec![word])].into())
    }

    async fn reach(&self) -> Result<Reach, Failure> {
        Ok(Reach { first: "2026-06-01".parse().ok(), last: "2026-11-20".parse().ok(), stores: vec!["north".to_owned()] })
    }

    async fn stamp(&self) -> Result<Stamp, Failure> {
        Ok(Stamp { stamp: "7-0-9".to_owned(), analysing: true })
    }

    async fn ready(&self) -> Result<(), Failure> {
        if self.broken { Err(Failure::bad_request("no store")) } else { Ok(()) }
    }

    async fn measures(&self) -> Result<Vec<Measure>, Failure> {
        self.ready().await?;
        let up = Measure::gauge("inflow_connection_up", "Invented").with(vec![("connection", "a \"sheet\"".to_owned())], 1.0);
        let runs = Measure::counter("inflow_connection_runs", "Invented too");
        Ok(vec![up, runs.with(vec![("connection", "sheet".to_owned()), ("status", "ok".to_owned())], 12.5)])
    }

    fn register(&self, registry: &mut Registry) {
        let asked: Counter = Counter::default();
        asked.inc_by(3);
        registry.register("inflow_invented", "Asked", asked);
    }

    async fn part(&self, query: &Query, part: &Part) -> Result<Report, Failure> {
        of(&self.asked).push(query.clone());
        let mut whole = report(query, 7)?;
        let last = part.after.last().cloned().unwrap_or_default();
        let id =
            |row: &Map<String, Value>| row.get("application").or(row.get("entry")).and_then(Value::as_str).unwrap_or_default().to_owned();
        whole.rows.retain(|row| id(row) > last);
        whole.rows.truncate(part.limit);
        Ok(whole)
    }

    fn generation(&self) -> Option<String> {
        Some(of(&self.generation).to_string())
    }

    async fn runs(&self, filter: &RunFilter, from: Option<&After>, limit: usize) -> Result<Vec<RunRow>, Failure> {
        let fits = |row: &&RunRow| filter.statuses.is_empty() || filter.statuses.contains(&row.status);
        let runs: Vec<RunRow> = of(&self.runs).iter().filter(fits).cloned().collect();
        Ok(after(&runs, |row| (row.started_at, row.run_id.clone()), from, limit))
    }

    async fn tokens(&self) -> Result<Arc<Vec<TokenRow>>, Failure> {
        Ok(Arc::new(of(&self.tokens).clone()))
    }

    async fn record_uses(&self, uses: &[TokenUse]) -> Result<(), Failure> {
        of(&self.uses).extend_from_slice(uses);
        Ok(())
    }

    async fn audit(&self, actor: &str, action: &str, detail: &str) -> Result<(), Failure> {
        let mut lines = of(&self.audit);
        let at = "2026-11-20T20:00:00Z".parse().expect("an instant");
        let id = lines.len().to_string();
        lines.push(AuditRow { at, id, actor: actor.to_owned(), action: action.to_owned(), detail: detail.to_owned() });
        Ok(())
    }

    async fn audited(&self, from: Option<&After>, limit: usize) -> Result<Vec<AuditRow>, Failure> {
        Ok(after(&of(&self.audit), |line| (line.at, line.id.clone()), from, limit))
    }

    async fn decisions(&self, from: Option<&After>, limit: usize) -> Result<Vec<DecisionRow>, Failure> {
        Ok(after(&of(&self.decisions), |row| (row.decided_at, row.id.clone()), from, limit))
    }

    async fn decided(&self) -> Result<Vec<DecisionRow>, Failure> {
        Ok(of(&self.decisions).clone())
    }

    async fn decide(&self, actor: &str, decision: DecisionRow) -> Result<DecisionRow, Failure> {
        let decision = DecisionRow { id: format!("d{}", of(&self.decisions).len()), ..decision };
        of(&self.decisions).push(decision.clone());
        self.audit(actor, "decide", &decision.id).await?;
        Ok(decision)
    }

    async fn repost_slots(&self, channel: Option<&str>, from: DateTime<Utc>, before: DateTime<Utc>) -> Result<Vec<RepostSlotRow>, Failure> {
        let fits = |row: &&RepostSlotRow| (from..before).contains(&row.at) && channel.is_none_or(|channel| channel == row.channel);
        Ok(of(&self.slots).iter().filter(fits).cloned().collect())
    }

    async fn openings(&self, _: DateTime<Utc>) -> Result<Openings, Failure> {
        Ok(self.openings.lock().expect("no panic elsewhere").clone().expect("a test that asks for openings gives them"))
    }

    async fn repost_left(&self, _: Option<&str>) -> Result<Vec<RepostLeftRow>, Failure> {
        Ok(vec![RepostLeftRow {
            connection: "boss".to_owned(),
            posting_source_id: "P9".to_owned(),
            channel: "boss".to_owned(),
            title: "Invented clerk".to_owned(),
            reason: "rests".to_owned(),
            reason_en: "it was refreshed too recently".to_owned(),
            reason_zh: "距上次刷新时间过短".to_owned(),
            made_at: DateTime::UNIX_EPOCH,
        }])
    }

    async fn repost_slot(&self, slot: &str) -> Result<Option<RepostSlotRow>, Failure> {
        Ok(of(&self.slots).iter().find(|row| row.slot == slot).cloned())
    }

    async fn decide_repost(&self, actor: &str, slot: &str, done: bool) -> Result<RepostDecision, Failure> {
        let mut slots = of(&self.slots);
        let Some(row) = slots.iter_mut().find(|row| row.slot == slot) else { return Ok(RepostDecision::Unknown) };
        if !row.state.is_open() {
            return Ok(RepostDecision::Closed(Box::new(row.clone())));
        }
        row.state = if done { RepostState::Done } else { RepostState::Skipped };
        row.decided_by = actor.to_owned();
        Ok(RepostDecision::Kept(Box::new(row.clone())))
    }

    fn signer(&self) -> Result<Signer, Failure> {
        Ok(Signer::new([3; 32]))
    }

    async fn alert_notes(&self) -> Result<AlertNotes, Failure> {
        let letter = MessageRow {
            message: told().letter,
            period: told().raised_on,
            receiver: "hr".to_owned(),
            kind: "alert".to_owned(),
            state: MessageState::Sent,
            attempts: 1,
            first_at: DateTime::UNIX_EPOCH,
            last_at: DateTime::UNIX_EPOCH,
            next_at: None,
            error: String::new(),
        };
        Ok(AlertNotes { events: vec![told()], decisions: of(&self.alert_decisions).clone(), messages: vec![letter] })
    }

    async fn alert_told(&self, alert: &str) -> Result<Option<AlertEventRow>, Failure> {
        Ok(Some(told()).filter(|row| row.alert == alert))
    }

    async fn acknowledge_alert(&self, actor: &str, alert: &str) -> Result<Acknowledged, Failure> {
        let Some(row) = self.alert_told(alert).await? else { return Ok(Acknowledged::Unknown) };
        let mut said = of(&self.alert_decisions);
        if let Some(before) = said.iter().find(|row| row.id == alert) {
            return Ok(Acknowledged::Before(row, before.clone()));
        }
        said.push(AlertDecisionRow {
            id: alert.to_owned(),
            kind: AlertDecision::Ack,
            rule: String::new(),
            slice: String::new(),
            channel: String::new(),
            until: None,
            reason: String::new(),
            decided_by: actor.to_owned(),
            at: DateTime::UNIX_EPOCH,
        });
        Ok(Acknowledged::Kept(row))
    }

    fn alert_signer(&self) -> Result<AlertSigner, Failure> {
        Ok(AlertSigner::new([4; 32]))
    }
}

/// The alert that people were told of: the one of the invented report `threshold`.
pub(super) fn told() -> AlertEventRow {
    let raised_on = "2026-11-20".parse().expect("a day");
    AlertEventRow {
        alert: inflow_actions::alert::key("rule 0", "slice 0", raised_on),
        event: AlertEvent::Begin,
        rule: "rule 0".to_owned(),
        slice: "slice 0".to_owned(),
        channels: vec!["boss".to_owned()],
        raised_on,
        at: DateTime::UNIX_EPOCH,
        letter: "alert-1".to_owned(),
        receivers: vec!["hr".to_owned()],
        text: "No-shows: BOSS 12 %\nLikely causes:\n- link to <go.test.example>".to_owned(),
    }
}
