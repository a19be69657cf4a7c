//! Why a posting is in its cluster: its members, and what each pair that holds them together stands on.

use super::compare::{Comparison, compare};
use super::decisions::Decisions;
use super::form::{Form, Posting};
use crate::PipelineError;
use inflow_config::Config;
use inflow_store::{DERIVED_DATABASE, Store, array_literal};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A member of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// `connection/source_id`.
    pub key: String,
    /// Channel.
    pub channel: String,
    /// Title as posted.
    pub title: String,
    /// Company as posted.
    pub company: String,
    /// City.
    pub city: String,
    /// Status.
    pub status: String,
    /// When it was posted; empty when unknown.
    pub posted_at: String,
}

/// Two postings and what was found of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// One posting's key.
    pub a: String,
    /// The other's.
    pub b: String,
    /// What people decided of the two: `same`, `different`, or nothing.
    pub decided: Option<&'static str>,
    /// How they compare.
    #[serde(flatten)]
    pub comparison: Comparison,
}

/// A posting's cluster.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The posting asked for.
    pub posting: String,
    /// Its cluster: the smallest key of a member. Empty before the first analysis.
    pub cluster_id: String,
    /// All members, by key.
    pub members: Vec<Member>,
    /// The pairs that hold the members together. Postings of equal words are shown with the first of them only.
    pub pairs: Vec<Pair>,
}

/// Explains the cluster of a posting, which is named by `connection/source_id`, or by its id alone where no other has it.
///
/// # Errors
/// When there is no such posting or several, or the store refuses.
pub async fn explain(store: &Store, config: &Config, id: &str) -> Result<Explanation, PipelineError> {
    let posting = find(store, id).await?;
    let sql = format!(
        "SELECT c.cluster_id AS cluster_id, concat(toString(m.connection), '/', m.source_id) AS key FROM {DERIVED_DATABASE}.posting_clusters AS c FINAL \
         INNER JOIN {DERIVED_DATABASE}.posting_clusters AS m FINAL ON m.cluster_id = c.cluster_id \
         WHERE concat(toString(c.connection), '/', c.source_id) = {{key:String}} ORDER BY key"
    );
    let rows = store.rows(&sql, &[("key", posting.clone())]).await?;
    let cluster_id = rows.first().map(|row| text(row, "cluster_id")).unwrap_or_default();
    let keys: Vec<String> = if rows.is_empty() { vec![posting.clone()] } else { rows.iter().map(|row| text(row, "key")).collect() };
    let read = read(store, &keys).await?;
    let members = read.iter().map(|(member, _)| member.clone()).collect();
    let forms: Vec<(String, Form)> = read.iter().map(|(member, posting)| (member.key.clone(), Form::of(posting))).collect();
    let pairs = holding(&forms, &Decisions::load(&config.dir)?);
    Ok(Explanation { posting, cluster_id, members, pairs })
}

/// Compares two postings, of one cluster or not.
///
/// # Errors
/// When there is no such posting or several, or the store refuses.
pub async fn compare_two(store: &Store, config: &Config, one: &str, other: &str) -> Result<Pair, PipelineError> {
    let (a, b) = (find(store, one).await?, find(store, other).await?);
    let read = read(store, &[a.clone(), b.clone()]).await?;
    let form = |key: &str| read.iter().find(|(member, _)| member.key == key).map(|(_, posting)| Form::of(posting));
    let (Some(x), Some(y)) = (form(&a), form(&b)) else { return Err(PipelineError::NoPosting { id: other.to_owned(), like: Vec::new() }) };
    let decided = decided(&Decisions::load(&config.dir)?, &a, &b);
    Ok(Pair { decided, comparison: compare(&x, &y), a, b })
}

/// Pairs that are of one job or decided: of each form with the first posting of each other, and of each posting with the first of its form.
fn holding(forms: &[(String, Form)], decisions: &Decisions) -> Vec<Pair> {
    let mut first: BTreeMap<u64, usize> = BTreeMap::new();
    for (at, (_, form)) in forms.iter().enumerate() {
        first.entry(form.id).or_insert(at);
    }
    let mut pairs = Vec::new();
    for (at, (a, form)) in forms.iter().enumerate() {
        for (of, (b, other)) in forms.iter().enumerate().skip(at + 1) {
            let decided = decided(decisions, a, b);
            let firsts = first[&form.id] == at && (first[&other.id] == of || form.id == other.id);
            if decided.is_none() && !firsts {
                continue;
            }
            let comparison = compare(form, other);
            if decided.is_some() || comparison.same {
                pairs.push(Pair { a: a.clone(), b: b.clone(), decided, comparison });
            }
        }
    }
    pairs.sort_by(|x, y| y.comparison.score.total_cmp(&x.comparison.score));
    pairs
}

fn decided(decisions: &Decisions, a: &str, b: &str) -> Option<&'static str> {
    let names = |pairs: &[(String, String)]| pairs.iter().any(|(x, y)| (x == a && y == b) || (x == b && y == a));
    if names(&decisions.different) { Some("different") } else { names(&decisions.same).then_some("same") }
}

/// The key of the one posting that is meant.
async fn find(store: &Store, id: &str) -> Result<String, PipelineError> {
    let sql = format!(
        "SELECT concat(toString(connection), '/', source_id) AS key FROM {DERIVED_DATABASE}.postings FINAL \
         WHERE deleted = 0 AND (source_id = {{id:String}} OR key = {{id:String}}) ORDER BY key != {{id:String}}, key LIMIT 6"
    );
    let keys: Vec<String> = store.rows(&sql, &[("id", id.to_owned())]).await?.iter().map(|row| text(row, "key")).collect();
    match keys.as_slice() {
        [only] => Ok(only.clone()),
        [first, ..] if first == id => Ok(first.clone()),
        _ => Err(PipelineError::NoPosting { id: id.to_owned(), like: keys }),
    }
}

/// Postings by their keys.
async fn read(store: &Store, keys: &[String]) -> Result<Vec<(Member, Posting)>, PipelineError> {
    let sql = format!(
        "SELECT concat(toString(connection), '/', source_id) AS key, toString(channel) AS on_channel, title, company, place, toString(city) AS in_city, toString(country) AS in_country, \
         toString(store) AS shop, toString(status) AS state, ifNull(toString(posted_at), '') AS posted, toFloat64(pay_min) AS low, \
         toFloat64(pay_max) AS high, concat(toString(pay_currency), ' ', toString(pay_period)) AS unit, body \
         FROM {DERIVED_DATABASE}.postings FINAL WHERE deleted = 0 AND has({{keys:Array(String)}}, key) ORDER BY key"
    );
    let rows = store.rows(&sql, &[("keys", array_literal(keys))]).await?;
    let read = |row: &Map<String, Value>| {
        let member = Member {
            key: text(row, "key"),
            channel: text(row, "on_channel"),
            title: text(row, "title"),
            company: text(row, "company"),
            city: text(row, "in_city"),
            status: text(row, "state"),
            posted_at: text(row, "posted"),
        };
        let posting = Posting {
            key: member.key.clone(),
            title: member.title.clone(),
            company: member.company.clone(),
            place: text(row, "place"),
            city: member.city.clone(),
            country: text(row, "in_country"),
            store: text(row, "shop"),
            pay_min: row.get("low").and_then(Value::as_f64),
            pay_max: row.get("high").and_then(Value::as_f64),
            pay_unit: text(row, "unit"),
            body: text(row, "body"),
        };
        (member, posting)
    };
    Ok(rows.iter().map(read).collect())
}

fn text(row: &Map<String, Value>, column: &str) -> String {
    row.get(column).and_then(Value::as_str).unwrap_or_default().to_owned()
}
