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
//! All is computed anew after each run from what the store holds, and is a function of that alone. Only what can link at all
//! is read: persons and names that more than one connection knows.

pub mod application;
pub mod cases;
mod read;
pub mod same_name;
pub mod verdict;

use crate::PipelineError;
use crate::refill::{json_blocks, refill};
use application::{Application, Rules, Words};
use cases::{Cases, join_persons};
use inflow_config::Config;
use inflow_store::Store;
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

/// Reads the applications of a database, links them and replaces its tables `application_links` and `application_conflicts`.
/// The candidates must have been linked before.
///
/// # Errors
/// When the store refuses.
pub async fn relink(store: &Store, config: &Config, database: &str) -> Result<Linked, PipelineError> {
    let read = read::read(store, config, database).await?;
    let linked = tokio::task::spawn_blocking(move || link(&read.applications, &read.connections, &read.words, Rules::default()))
        .await
        .map_err(|error| PipelineError::Stopped(error.to_string()))?;
    let columns = ["connection", "source_id", "case_id", "place", "members", "basis", "channel"];
    refill(store, database, "application_links", &columns, json_blocks(&linked.links)?).await?;
    let columns = ["case_id", "field", "connections", "source_ids", "told", "taken", "reason", "channel", "store", "at"];
    refill(store, database, "application_conflicts", &columns, json_blocks(&linked.conflicts)?).await?;
    Ok(linked)
}

#[cfg(test)]
mod tests;
