//! The marts of single postings: made whole, or for the postings that changed.

use crate::AnalyticsError;
use crate::analyze::{Marts, Scope};

const CHANGED: &str = "(SELECT connection, source_id FROM inflow.changed_postings)";

/// Makes `published_postings` and `posting_spans`.
pub(crate) async fn rebuild(marts: &Marts<'_>, scope: &Scope) -> Result<(), AnalyticsError> {
    for (table, sql) in [
        ("published_postings", include_str!("../sql/marts/published_postings.sql")),
        ("posting_spans", include_str!("../sql/marts/posting_spans.sql")),
    ] {
        let sql = match scope {
            Scope::All => restricted(sql, ["", "", ""]),
            Scope::Changed(_) => {
                let [keys, events] = ["source_id", "posting_source_id"].map(|id| format!("PREWHERE (connection, {id}) IN {CHANGED}"));
                let forms = format!("PREWHERE form IN (SELECT form FROM inflow.posting_forms WHERE (connection, source_id) IN {CHANGED})");
                let anew = restricted(sql, [&keys, &events, &forms]);
                format!("SELECT * FROM inflow.{table} WHERE (connection, source_id) NOT IN {CHANGED} UNION ALL SELECT * FROM ({anew})")
            }
        };
        marts.rebuild(table, &sql, &[]).await?;
    }
    Ok(())
}

fn restricted(sql: &str, [of_these, of_their_events, of_their_forms]: [&str; 3]) -> String {
    let body = sql.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
    body.replace("$of_these", of_these).replace("$of_their_events", of_their_events).replace("$of_their_forms", of_their_forms)
}
