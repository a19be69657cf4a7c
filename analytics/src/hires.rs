//! The marts of what came of cases: which case each row of employment, assessments and invitations tells of, what assessments
//! led to, and who was taken on.
//!
//! What becomes of a hire is a matter of one person: the cases of that person, and what is told of them. So a change needs the hires of the
//! persons anew that it reaches, and leaves all others as they are. The stages of these persons are put aside once, since the statement
//! that makes hires looks at them from many sides.

use inflow_config::{Config, Sources};
use inflow_store::{array_literal, quote_text, within_segments};
use serde_json::Value;

use crate::AnalyticsError;
use crate::analyze::{Marts, Scope};
use crate::job_families::with_openings;

/// Keys of the persons whose hires are made.
const PERSONS: &str = "hire_persons";
/// Their stages from the acceptance on.
const TAKEN: &str = "hire_taken";
/// Those, and the beginnings of all cases of persons who were taken on.
const STAGES: &str = "hire_stages";
/// What employment told of before.
const BEFORE: &str = "case_rows_before";

/// The cases that changed, by key.
const CHANGED: &str = "case_key IN (SELECT sipHash64(connection, source_id) FROM inflow.changed_applications)";

/// Notes whose the changed cases were, before `application_stages` says whose they are.
pub(crate) async fn begin(marts: &Marts<'_>) -> Result<(), AnalyticsError> {
    marts.execute(&format!("CREATE OR REPLACE TABLE inflow.{PERSONS} (person_key UInt64) ENGINE = Memory")).await?;
    let of_changed = format!("SELECT DISTINCT person_key FROM inflow.application_stage_tiers WHERE stage_rank = 1 AND {CHANGED}");
    marts.execute(&format!("INSERT INTO inflow.{PERSONS} {of_changed}")).await
}

/// Makes `case_rows`, `assessed` and `hires`: all anew, or with [`begin`] before it for the persons that a change reaches. They stand on
/// `application_stages` and `channels`.
pub(crate) async fn rebuild(marts: &Marts<'_>, config: &Config, scope: &Scope) -> Result<(), AnalyticsError> {
    let of_employment = "SELECT * FROM inflow.case_rows WHERE kind = 'employment'";
    let told = told(marts).await?;
    if told {
        marts.execute(&format!("CREATE OR REPLACE TABLE inflow.{BEFORE} ENGINE = Memory AS {of_employment}")).await?;
        marts.rebuild("case_rows", include_str!("../sql/marts/case_rows.sql"), &[]).await?;
        marts.rebuild("assessed", include_str!("../sql/marts/assessed.sql"), &[]).await?;
    }
    let engine = match scope {
        Scope::All => {
            marts.execute(&format!("CREATE OR REPLACE TABLE inflow.{PERSONS} (person_key UInt64) ENGINE = Memory")).await?;
            let all = format!(
                "SELECT person_key FROM inflow.application_stages WHERE stage_rank BETWEEN 8 AND 10 \
                 UNION DISTINCT SELECT sipHash64(person_id) FROM ({of_employment})"
            );
            marts.execute(&format!("INSERT INTO inflow.{PERSONS} {all}")).await?;
            // Of all hires of years: more than memory should hold.
            "MergeTree ORDER BY tuple()"
        }
        Scope::Changed(segments) => {
            let brought = within_segments("segment", segments);
            marts.execute(&format!("INSERT INTO inflow.{PERSONS} {}", reached(told, &brought))).await?;
            "Memory"
        }
    };
    put_aside(marts, engine, told).await?;
    hires(marts, &config.settings.sources, scope).await?;
    let left = if told { &[PERSONS, TAKEN, STAGES, BEFORE][..] } else { &[PERSONS, TAKEN, STAGES] };
    for table in left {
        marts.execute(&format!("DROP TABLE inflow.{table} SYNC")).await?;
    }
    Ok(())
}

/// Puts the stages of the noted persons aside. Of cases that led to nothing the channel and the beginning are known, which makes them touches: all else of
/// a million beginnings would be read for a few persons.
async fn put_aside(marts: &Marts<'_>, engine: &str, told: bool) -> Result<(), AnalyticsError> {
    let columns = "connection, source_id, channel, store, department, city, posting_source_id, recruiter, job_family, requisition, \
                   posting_cluster, person_id, stage_rank, entered_at, precision, case_key";
    let persons = format!("(SELECT person_key FROM inflow.{PERSONS})");
    let taken = format!("SELECT {columns} FROM inflow.application_stages WHERE stage_rank IN (8, 9, 10) AND person_key IN {persons}");
    marts.execute(&format!("CREATE OR REPLACE TABLE inflow.{TAKEN} ENGINE = {engine} AS {taken}")).await?;
    let employment = format!("inflow.case_rows WHERE kind = 'employment' AND sipHash64(person_id) IN {persons}");
    let mut cases = format!("SELECT {columns} FROM inflow.{TAKEN}");
    if told {
        // Nobody but employment may tell that it led to something.
        cases = format!(
            "{cases} UNION ALL SELECT {columns} FROM inflow.application_stages WHERE stage_rank = 1 AND case_key IN (SELECT case_key FROM {employment})"
        );
    }
    let people = format!("SELECT person_id FROM inflow.{TAKEN} UNION DISTINCT SELECT person_id FROM {employment}");
    let stages = format!(
        "SELECT {columns} FROM inflow.{TAKEN} UNION ALL \
         SELECT c.connection, c.source_id, b.channel, c.store, c.department, c.city, c.posting_source_id, c.recruiter, \
         c.job_family, c.requisition, c.posting_cluster, p.person_id, b.stage_rank, b.entered_at, '', b.case_key \
         FROM (SELECT channel, stage_rank, entered_at, case_key, person_key FROM inflow.application_stages \
         WHERE stage_rank = 1 AND person_key IN (SELECT sipHash64(person_id) FROM ({people}))) AS b \
         LEFT ANY JOIN ({cases}) AS c ON c.case_key = b.case_key \
         INNER JOIN (SELECT sipHash64(person_id) AS person_key, person_id FROM ({people})) AS p ON p.person_key = b.person_key"
    );
    marts.execute(&format!("CREATE OR REPLACE TABLE inflow.{STAGES} ENGINE = {engine} AS {stages}")).await
}

/// An application of a part of the marts stands for so many hires' stages: a hire carries a dozen texts through as many steps.
const STAGES_A_PART: u64 = 4;

/// Fills `hires` with those of the noted persons, beside those that stay. Those of very many persons are made a part of the persons at a time.
async fn hires(marts: &Marts<'_>, sources: &Sources, scope: &Scope) -> Result<(), AnalyticsError> {
    let of_these = format!("sipHash64(person_id) IN (SELECT person_key FROM inflow.{PERSONS})");
    let sql = with_openings(&with_sources(include_str!("../sql/marts/hires.sql"), sources));
    let made = |stages: &str, of_part: &str| {
        sql.replace("$stages", stages)
            .replace("$case_rows", &format!("(SELECT * FROM inflow.case_rows WHERE kind = 'employment' AND {of_these}{of_part})"))
    };
    let whole = made(&format!("inflow.{STAGES}"), "");
    let selects = match scope {
        Scope::All => {
            let taken = marts.number(&format!("SELECT count() FROM inflow.{TAKEN}")).await?;
            match taken.div_ceil((marts.part / STAGES_A_PART).max(1)) {
                0 | 1 => vec![whole],
                of => (0..of)
                    .map(|at| {
                        let of_part = format!("sipHash64(person_id) % {of} = {at}");
                        made(&format!("(SELECT * FROM inflow.{STAGES} WHERE {of_part})"), &format!(" AND {of_part}"))
                    })
                    .collect(),
            }
        }
        Scope::Changed(_) => vec![format!("SELECT * FROM inflow.hires WHERE NOT {of_these} UNION ALL SELECT * FROM ({whole})")],
    };
    let params = [("window_days", sources.window_days.to_string()), ("protect_days", sources.protect_days.to_string())];
    marts.rebuild_in_parts("hires", &selects, &params).await
}

/// Whether anything tells of cases, or did.
async fn told(marts: &Marts<'_>) -> Result<bool, AnalyticsError> {
    let counts = ["employment", "assessments", "invitations", "case_rows"].map(|table| format!("(SELECT count() FROM inflow.{table})"));
    let rows = marts.store.rows(&marts.here(&format!("SELECT {} AS told SETTINGS final = 0", counts.join(" + "))), &[]).await;
    let rows = rows.map_err(AnalyticsError::store("cannot read what is told of cases"))?;
    Ok(rows.first().and_then(|row| row.get("told").and_then(Value::as_u64)).is_some_and(|told| told > 0))
}

/// A SELECT of the persons that a change reaches, beside those whose the changed cases were: whose they are, whom employment tells of
/// otherwise than before, and whose requisition was told anew.
fn reached(told: bool, brought: &str) -> String {
    let requisitions = format!("SELECT source_id FROM inflow.requisitions WHERE {brought}");
    let postings = format!("SELECT source_id FROM inflow.postings WHERE requisition_source_id IN ({requisitions})");
    let mut each = vec![
        format!("SELECT person_key FROM inflow.application_stage_tiers WHERE tier = 1 AND stage_rank = 1 AND {CHANGED}"),
        format!(
            "SELECT person_key FROM inflow.application_stages WHERE stage_rank = 1 AND EXISTS ({requisitions}) \
             AND (requisition_source_id IN ({requisitions}) OR posting_source_id IN ({postings}))"
        ),
    ];
    if told {
        let now = "SELECT * FROM inflow.case_rows WHERE kind = 'employment'";
        let rows =
            format!("SELECT connection, source_id FROM inflow.employment WHERE {brought} OR requisition_source_id IN ({requisitions})");
        each.push(format!("SELECT sipHash64(person_id) FROM (SELECT * FROM inflow.{BEFORE} EXCEPT {now})"));
        each.push(format!("SELECT sipHash64(person_id) FROM ({now} EXCEPT SELECT * FROM inflow.{BEFORE})"));
        each.push(format!(
            "SELECT sipHash64(person_id) FROM inflow.case_rows WHERE kind = 'employment' AND (connection, source_id) IN ({rows})"
        ));
    }
    each.join(" UNION ALL ")
}

/// Puts the rule of the official source where the SQL asks for it.
fn with_sources(sql: &str, sources: &Sources) -> String {
    let overrides: Vec<String> = sources
        .overrides
        .iter()
        .map(|decided| {
            let [hire, channel, reason] = [&decided.hire, &decided.channel, &decided.reason].map(|text| quote_text(text));
            format!("({hire}, {channel}, {reason})")
        })
        .collect();
    let words: Vec<String> = sources
        .words
        .iter()
        .map(|(word, channel)| format!("({}, {})", quote_text(&word.trim().to_lowercase()), quote_text(channel)))
        .collect();
    sql.replace("$overrides", &format!("CAST([{}], 'Array(Tuple(String, String, String))')", overrides.join(", ")))
        .replace("$words", &format!("CAST([{}], 'Array(Tuple(String, String))')", words.join(", ")))
        .replace("$protected", &format!("CAST({}, 'Array(String)')", array_literal(&sources.protected)))
}
