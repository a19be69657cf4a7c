//! The mart `application_stages`, the largest: made whole, or by what changed.
//!
//! Its view reads two tiers of `application_stage_tiers`: a base, and what replaces the base's rows of changed cases. Both belong to a
//! generation, the greatest of which counts, so that a new base is in place with its first and only step.

use serde_json::{Map, Value};

use crate::AnalyticsError;
use crate::analyze::{Marts, Scope};

const TABLE: &str = "application_stage_tiers";
/// Sums of it by day, in the same generations and tiers.
const DAYS: &str = "stage_days";

/// The applications that changed, put aside: the statement looks at them from several sides.
const NEWS: &str = "stage_news";
const CHANGED: &str = "SELECT connection, source_id, channel, store, department, city, requisition_source_id, posting_source_id, recruiter, \
    candidate_source_id, applied_at, applied_precision, first_at, first_precision, version \
    FROM inflow.applications FINAL \
    PREWHERE source_id IN (SELECT source_id FROM inflow.changed_applications) \
    WHERE deleted = 0 AND (connection, source_id) IN (SELECT connection, source_id FROM inflow.changed_applications)";
const ALL: &str = "inflow.applications FINAL WHERE deleted = 0";

/// Everything is made anew when more than one in this many of the base's rows is replaced. Each change copies what the second tier holds,
/// and reports look rows of the base up in it: at a twentieth that is a fifth of a processor second a change and 5 % of a report (4.8
/// million rows, 240 thousand replaced), while making everything anew, spread over the dozen days that lead there, costs no more than a day.
const MOST_REPLACED: u64 = 20;

/// What the table holds.
struct Tiers {
    /// The generation that counts; 0: none.
    generation: u64,
    base: u64,
    replacing: u64,
}

/// How the mart was brought up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    /// Everything was made anew.
    Anew,
    /// What changed was.
    ByChange,
}

/// Brings the mart, and its sums by day, up to date.
pub(crate) async fn rebuild(marts: &Marts<'_>, scope: &Scope) -> Result<Made, AnalyticsError> {
    let tiers = tiers(marts).await?;
    if *scope != Scope::All && tiers.generation > 0 && days_fit(marts, tiers.generation).await? {
        let changed = number(marts, "SELECT count() AS changed FROM inflow.changed_applications", "changed").await?;
        if changed == 0 {
            return Ok(Made::ByChange);
        }
        if tiers.replacing.saturating_add(changed).saturating_mul(MOST_REPLACED) <= tiers.base {
            let generation = tiers.generation;
            marts.execute(&format!("CREATE OR REPLACE TABLE inflow.{NEWS} ENGINE = Memory AS {CHANGED}")).await?;
            let sql = sql(marts, &format!("inflow.{NEWS}")).await?;
            marts.rebuild_partition(TABLE, &format!("({generation}, 1)"), &sql, &params(false, generation)).await?;
            marts.execute(&format!("DROP TABLE inflow.{NEWS} SYNC")).await?;
            rebuild_days(marts, generation, 1).await?;
            return Ok(Made::ByChange);
        }
    }
    let generation = tiers.generation + 1;
    // Of a rebuild that was cut off before it dropped what it replaced.
    let left = (partitions(marts, TABLE).await?, partitions(marts, DAYS).await?);
    marts.rebuild_partition(TABLE, &format!("({generation}, 0)"), &sql(marts, ALL).await?, &params(true, generation)).await?;
    rebuild_days(marts, generation, 0).await?;
    for (table, left) in [(TABLE, left.0), (DAYS, left.1)] {
        marts.store.drop_partitions(marts.db, table, &left).await.map_err(AnalyticsError::store("cannot drop the rows before"))?;
    }
    Ok(Made::Anew)
}

async fn rebuild_days(marts: &Marts<'_>, generation: u64, tier: u8) -> Result<(), AnalyticsError> {
    let params = [("generation", generation.to_string()), ("tier", tier.to_string())];
    marts.rebuild_partition(DAYS, &format!("({generation}, {tier})"), include_str!("../sql/marts/stage_days.sql"), &params).await
}

/// Whether the sums by day are of this generation, and of the zones that channels are in now. Rows of the mart carry days of those zones too.
async fn days_fit(marts: &Marts<'_>, generation: u64) -> Result<bool, AnalyticsError> {
    let sql = "SELECT max(generation) AS generation, countIf(zone != $zone) AS moved FROM inflow.stage_days";
    let row = rows(marts, sql).await?.into_iter().next();
    let of = |key: &str| row.as_ref().and_then(|row| row.get(key)?.as_u64());
    Ok(of("generation") == Some(generation) && of("moved") == Some(0))
}

fn params(everything: bool, generation: u64) -> [(&'static str, String); 2] {
    [("everything", u8::from(everything).to_string()), ("generation", generation.to_string())]
}

async fn sql(marts: &Marts<'_>, current: &str) -> Result<String, AnalyticsError> {
    let tellings = include_str!("../sql/marts/application_tellings.sql");
    let several = if number(marts, "SELECT count() AS members FROM inflow.application_links", "members").await? > 0 {
        include_str!("../sql/marts/cases_of_several.sql").replace("$tellings", &tellings.replace("$members", "IN"))
    } else {
        String::new()
    };
    Ok(include_str!("../sql/marts/application_stages.sql")
        .replace("$current", current)
        .replace("$alone", &tellings.replace("$members", "NOT IN"))
        .replace("$of_several", &several))
}

async fn tiers(marts: &Marts<'_>) -> Result<Tiers, AnalyticsError> {
    let sql = "SELECT generation, countIf(tier = 0) AS base, countIf(tier = 1) AS replacing FROM inflow.application_stage_tiers \
               GROUP BY generation ORDER BY generation DESC LIMIT 1";
    let row = rows(marts, sql).await?.into_iter().next();
    let of = |key: &str| row.as_ref().and_then(|row| row.get(key)?.as_u64()).unwrap_or_default();
    Ok(Tiers { generation: of("generation"), base: of("base"), replacing: of("replacing") })
}

async fn partitions(marts: &Marts<'_>, table: &str) -> Result<Vec<String>, AnalyticsError> {
    let sql = format!("SELECT DISTINCT toString((generation, tier)) AS partition FROM inflow.{table} ORDER BY partition");
    Ok(rows(marts, &sql).await?.iter().filter_map(|row| row.get("partition")?.as_str().map(str::to_owned)).collect())
}

async fn number(marts: &Marts<'_>, sql: &str, column: &str) -> Result<u64, AnalyticsError> {
    Ok(rows(marts, sql).await?.first().and_then(|row| row.get(column)?.as_u64()).unwrap_or_default())
}

async fn rows(marts: &Marts<'_>, sql: &str) -> Result<Vec<Map<String, Value>>, AnalyticsError> {
    marts.store.rows(&marts.here(sql), &[]).await.map_err(AnalyticsError::store("cannot read application_stages"))
}
