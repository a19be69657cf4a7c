//! Which applications are one case seen through several connections.
//!
//! A person who applies on a board shows in the board's export, in its mail and in the applicant tracking system. That is one
//! case: it is counted once, for the channel of whoever knows best, and what the tellings say differently is listed.
//!
//! - Of one *person* (`candidate_links`), applications through different connections are one case when they are for the
//!   same job (requisition or normalised title, or one of them names none) and begin at most 14 days apart. See
//!   [`application::Application::can_be`] for the whole rule, and [`cases::join_persons`] for the order of joining.
//! - Where no phone or mail is told, the same whole name, channel and title on the same or the next day join too, if nobody
//!   else can be meant ([`same_name`]).
//! - Two applications of one connection are always two.
//! - The channel is that of the connection that carries one channel alone, then a source that somebody named, then what stands
//!   in for an empty source; the earliest of equals ([`verdict`]).
//!
//! What is found is a function of what the store holds. Only what can link at all is read: persons and names that more than one
//! connection knows; after a small change, the persons that it reaches; of very many, a part at a time ([`relink_in_parts`]).

pub mod application;
pub mod cases;
mod read;
pub mod same_name;
pub mod verdict;

use crate::PipelineError;
use crate::changes::{CHANGED_APPLICATIONS, Scope};
use crate::link::changed::{MOVED, REACHED};
use crate::link::read::case_hash;
use crate::refill::{Next, json_blocks};
use crate::staging::Staging;
use application::{Application, Rules, Words};
use cases::{Cases, join_persons};
use inflow_config::Config;
use inflow_store::Store;
use read::{Parts, Selection};
use std::collections::HashMap;
use verdict::{Book, Conflict, Link};

/// Rows of the two tables, sorted by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Linked {
    /// Members of cases that have several.
    pub links: Vec<Link>,
    /// What they say differently.
    pub conflicts: Vec<Conflict>,
}

/// Finds the cases. `connections` are the names by [`Application::connection`], sorted. The result does not depend on the
/// order of the applications.
pub fn link(applications: &[Application], connections: &[String], words: &Words, rules: Rules) -> Linked {
    let mut cases = Cases::new(applications, rules);
    join_persons(&mut cases);
    let doubts = same_name::join_names(&mut cases);
    let (found, basis) = cases.finish();
    let book = Book { applications, connections, words, basis: &basis };
    let mut linked = Linked::default();
    let mut case_of: HashMap<usize, String> = HashMap::new();
    for members in found {
        let (links, conflicts) = book.judge(members.clone());
        let case = links.first().map(|link| link.case_id.clone()).unwrap_or_default();
        case_of.extend(members.into_iter().map(|at| (at, case.clone())));
        linked.links.extend(links);
        linked.conflicts.extend(conflicts);
    }
    linked.conflicts.extend(doubts.into_iter().map(|members| book.doubt(members, &case_of)));
    linked.links.sort_by(|a, b| (&a.connection, &a.source_id).cmp(&(&b.connection, &b.source_id)));
    linked.conflicts.sort();
    linked
}

/// Candidates of persons that several connections know, so many of which are read at a time: their applications fit the memory, here and in the engine.
const PART: u64 = 500_000;

/// Reads the applications of a database, links them and replaces its tables `application_links` and `application_conflicts`.
/// The candidates must have been linked before.
///
/// # Errors
/// When the store refuses.
pub async fn relink(store: &Store, config: &Config, database: &str) -> Result<(), PipelineError> {
    relink_in_parts(store, config, database, PART).await
}

/// The same in parts of about so many candidates.
///
/// # Errors
/// When the store refuses.
pub async fn relink_in_parts(store: &Store, config: &Config, database: &str, candidates: u64) -> Result<(), PipelineError> {
    let next = Next::begin(store, database, LINKS).await?;
    let next_conflicts = Next::begin(store, database, CONFLICTS).await?;
    let link_and_insert = async |selection: Selection<'_>| {
        let linked = read_and_link(store, config, database, &selection).await?;
        next.insert(&LINK_COLUMNS, json_blocks(&linked.links)?).await?;
        next_conflicts.insert(&CONFLICT_COLUMNS, json_blocks(&linked.conflicts)?).await
    };
    match Parts::of(store, database, candidates).await? {
        None => link_and_insert(Selection::Everything).await?,
        Some(parts) => {
            for part in parts.numbers() {
                link_and_insert(Selection::Part(&parts, part)).await?;
            }
            parts.drop().await?;
        }
    }
    next_conflicts.put_in_place().await?;
    next.put_in_place().await
}

const LINKS: &str = "application_links";
const CONFLICTS: &str = "application_conflicts";
const LINK_COLUMNS: [&str; 7] = ["connection", "source_id", "case_id", "place", "members", "basis", "channel"];
const CONFLICT_COLUMNS: [&str; 10] = ["case_id", "field", "connections", "source_ids", "told", "taken", "reason", "channel", "store", "at"];

async fn read_and_link(store: &Store, config: &Config, database: &str, selection: &Selection<'_>) -> Result<Linked, PipelineError> {
    let read = read::read(store, config, database, selection).await?;
    tokio::task::spawn_blocking(move || link(&read.applications, &read.connections, &read.words, Rules::default()))
        .await
        .map_err(|error| PipelineError::Stopped(error.to_string()))
}

/// Links the applications of the candidates that were linked anew, and those whose own words the segments changed. What becomes of a
/// person's applications depends on no others', unless they can be joined by name alone: then all are read. Writes down which applications are to be
/// counted anew, with all that are or were of one case with them.
///
/// # Errors
/// When the store refuses.
pub(crate) async fn relink_changed(store: &Store, config: &Config, database: &str, scope: &Scope) -> Result<(), PipelineError> {
    let Some(brought) = scope.brought("segment") else { return Ok(()) };
    let [applications, events, postings, candidates, named] =
        ["applications", "stage_events", "postings", "candidate_links", "case_candidates"].map(|table| format!("{database}.{table}"));
    let changed = Staging::emptied(store, database, CHANGED_APPLICATIONS).await?;
    // A board's postings may come by another connection than its applications. By hash: texts of a million would take their time.
    let of_postings = ["connection", "channel"]
        .map(|by| format!("cityHash64({by}, posting_source_id) IN (SELECT cityHash64({by}, source_id) FROM {postings} WHERE {brought})"));
    let of_postings = of_postings.join(" OR ");
    let moved = format!("cityHash64(connection, candidate_source_id) IN (SELECT candidate FROM {database}.{MOVED})");
    changed
        .select(&format!(
            "SELECT connection, source_id FROM {applications} WHERE {brought} OR {of_postings} OR {moved} \
             UNION DISTINCT SELECT connection, application_source_id FROM {events} WHERE {brought}"
        ))
        .await?;
    // A word of a posting or an event may join or part the applications of a person whose own rows say nothing new.
    let reached = format!("{database}.{REACHED}");
    let case = case_hash("applications");
    let own = format!("SELECT candidate FROM {named} FINAL WHERE case_hash IN (SELECT {case} FROM {})", changed.name());
    let of_persons = format!("SELECT component FROM {candidates} WHERE candidate IN ({own})");
    let sql = format!("INSERT INTO {reached} SELECT candidate FROM {candidates} FINAL WHERE component IN ({of_persons})");
    store.execute(&sql, &[], &[("final", "0")]).await?;
    let cases = Staging::in_memory(store, database, "link_cases", "case_hash UInt64").await?;
    cases
        .select(&format!(
            "SELECT case_hash FROM {named} FINAL WHERE candidate IN (SELECT candidate FROM {reached}) UNION DISTINCT SELECT {case} FROM {}",
            changed.name()
        ))
        .await?;
    let all = read::names_may_join(store, database).await?;
    let cases_name = cases.name();
    let selection = if all { Selection::Everything } else { Selection::Cases(&cases_name) };
    let linked = read_and_link(store, config, database, &selection).await?;
    let next = Next::begin(store, database, LINKS).await?;
    let next_conflicts = Next::begin(store, database, CONFLICTS).await?;
    if !all {
        let within = format!("{case} IN (SELECT case_hash FROM {cases_name})");
        next.keep(&format!("NOT {within}")).await?;
        next_conflicts.keep(&format!("case_id NOT IN (SELECT case_id FROM {} WHERE {within})", next.current())).await?;
    }
    next.insert(&LINK_COLUMNS, json_blocks(&linked.links)?).await?;
    next_conflicts.insert(&CONFLICT_COLUMNS, json_blocks(&linked.conflicts)?).await?;
    count_anew(&changed, &next.current(), &next.name()).await?;
    next_conflicts.put_in_place().await?;
    next.put_in_place().await?;
    cases.drop().await
}

/// Adds the applications whose case is another than before, and those that are or were of one case with any that is to be counted anew.
async fn count_anew(changed: &Staging<'_>, before: &str, after: &str) -> Result<(), PipelineError> {
    let different = |one: &str, other: &str| {
        let row = "(connection, source_id, cityHash64(case_id, place, members, basis, channel))";
        format!("SELECT connection, source_id FROM {one} WHERE {row} NOT IN (SELECT {row} FROM {other})")
    };
    changed.select(&format!("{} UNION DISTINCT {}", different(before, after), different(after, before))).await?;
    let of_one_case = |table: &str| {
        let mine =
            format!("SELECT case_id FROM {table} WHERE (connection, source_id) IN (SELECT connection, source_id FROM {})", changed.name());
        format!("SELECT connection, source_id FROM {table} WHERE case_id IN ({mine})")
    };
    changed.select(&format!("{} UNION DISTINCT {}", of_one_case(before), of_one_case(after))).await
}

#[cfg(test)]
mod tests;
