//! The marts of single postings: made whole, or for the postings that changed.

use crate::AnalyticsError;
use crate::analyze::{Marts, Scope};
use crate::job_families::with_openings;

/// Keys of the postings that changed.
pub(crate) const CHANGED: &str = "(SELECT connection, source_id FROM inflow.changed_postings)";

/// Makes `published_postings` and `posting_spans`.
pub(crate) async fn rebuild(marts: &Marts<'_>, scope: &Scope) -> Result<(), AnalyticsError> {
    for (table, sql) in [
        ("published_postings", include_str!("../sql/marts/published_postings.sql")),
        ("posting_spans", include_str!("../sql/marts/posting_spans.sql")),
    ] {
        let sql = with_openings(sql);
        let sql = match scope {
            Scope::All => restricted(&sql, ["", "", ""]),
            Scope::Changed(_) => of_changed(table, &sql),
        };
        marts.rebuild(table, &sql, &[]).await?;
    }
    Ok(())
}

/// What a mart of postings holds of those that did not change, and of the changed ones what the statement says.
pub(crate) fn of_changed(table: &str, sql: &str) -> String {
    let [keys, events] = ["source_id", "posting_source_id"].map(|id| format!("PREWHERE (connection, {id}) IN {CHANGED}"));
    let forms = format!("PREWHERE form IN (SELECT form FROM inflow.posting_forms WHERE (connection, source_id) IN {CHANGED})");
    let anew = restricted(sql, [&keys, &events, &forms]);
    format!("SELECT * FROM inflow.{table} WHERE (connection, source_id) NOT IN {CHANGED} UNION ALL SELECT * FROM ({anew})")
}

/// The statement of a mart of postings, comments left out, for the keys that are given.
pub(crate) fn restricted(sql: &str, [of_these, of_their_events, of_their_forms]: [&str; 3]) -> String {
    let body = sql.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
    body.replace("$of_these", of_these).replace("$of_their_events", of_their_events).replace("$of_their_forms", of_their_forms)
}
