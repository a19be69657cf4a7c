//! The mart `application_stages`, the largest: made whole, or by what changed.
//!
//! Its view reads two tiers of `application_stage_tiers`: a base, and what replaces the base's rows of changed cases. Both belong to a
//! generation, the greatest of which counts, so that a new base is in place with its first and only step. A base of very many applications is
//! filled a part at a time: by connection, in whose order the tables lie, and cases of several connections by themselves.

use inflow_config::Config;
use inflow_store::quote_text;
use serde_json::{Map, Value};

use crate::AnalyticsError;
use crate::analyze::{Marts, Scope};
use crate::job_families::{Families, with_openings};

const TABLE: &str = "application_stage_tiers";
/// Sums of it by day, in the same generations and tiers.
const DAYS: &str = "stage_days";

/// The applications that changed, put aside: the statement looks at them from several sides.
const NEWS: &str = "stage_news";
const CHANGED: &str = "SELECT connection, source_id, channel, store, department, city, requisition_source_id, posting_source_id, title, recruiter, \
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
pub(crate) async fn rebuild(marts: &Marts<'_>, config: &Config, scope: &Scope) -> Result<Made, AnalyticsError> {
    let tellings = with_openings(&Families::new(config).written_into(include_str!("../sql/marts/application_tellings.sql")));
    let tiers = tiers(marts).await?;
    if *scope != Scope::All && tiers.generation > 0 && days_fit(marts, tiers.generation).await? {
        let changed = marts.number("SELECT count() FROM inflow.changed_applications").await?;
        if changed == 0 {
            return Ok(Made::ByChange);
        }
        if tiers.replacing.saturating_add(changed).saturating_mul(MOST_REPLACED) <= tiers.base {
            let generation = tiers.generation;
            marts.execute(&format!("CREATE OR REPLACE TABLE inflow.{NEWS} ENGINE = Memory AS {CHANGED}")).await?;
            let several = of_several(marts).await? > 0;
            let part = Part { alone: Some(Slice::All), several: several.then_some(Slice::All) };
            let select = part.sql(&tellings, &format!("inflow.{NEWS} WHERE 1"));
            marts.rebuild_partition(TABLE, &format!("({generation}, 1)"), &[select], &params(false, generation)).await?;
            marts.execute(&format!("DROP TABLE inflow.{NEWS} SYNC")).await?;
            rebuild_days(marts, generation, 1).await?;
            return Ok(Made::ByChange);
        }
    }
    let generation = tiers.generation + 1;
    // Of a rebuild that was cut off before it dropped what it replaced.
    let left = (partitions(marts, TABLE).await?, partitions(marts, DAYS).await?);
    let selects: Vec<String> = parts(marts).await?.iter().map(|part| part.sql(&tellings, ALL)).collect();
    marts.rebuild_partition(TABLE, &format!("({generation}, 0)"), &selects, &params(true, generation)).await?;
    rebuild_days(marts, generation, 0).await?;
    for (table, left) in [(TABLE, left.0), (DAYS, left.1)] {
        marts.store.drop_partitions(marts.db, table, &left).await.map_err(AnalyticsError::store("cannot drop the rows before"))?;
    }
    Ok(Made::Anew)
}

async fn rebuild_days(marts: &Marts<'_>, generation: u64, tier: u8) -> Result<(), AnalyticsError> {
    let params = [("generation", generation.to_string()), ("tier", tier.to_string())];
    marts
        .rebuild_partition(DAYS, &format!("({generation}, {tier})"), &[include_str!("../sql/marts/stage_days.sql").to_owned()], &params)
        .await
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

/// Applications whose cases one statement makes: what it joins is held in memory, and not all that joins can spill.
struct Part {
    /// Cases of one application.
    alone: Option<Slice>,
    /// Cases that several connections tell of.
    several: Option<Slice>,
}

/// Which of them.
#[derive(Debug, Clone)]
enum Slice {
    All,
    /// Of these connections, by whose names the tables are sorted; of one that has very many, those whose hash leaves `at` when divided by `of`.
    Connections {
        names: Vec<String>,
        of: u64,
        at: u64,
    },
    /// Cases whose hash leaves `at` when divided by `of`.
    Cases {
        of: u64,
        at: u64,
    },
}

impl Slice {
    /// Rows of its connections.
    fn connections(&self) -> String {
        match self {
            Slice::All | Slice::Cases { .. } => "1".to_owned(),
            Slice::Connections { names, .. } => {
                format!("connection IN ({})", names.iter().map(|name| quote_text(name)).collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// Rows of its applications, whose id is in a column.
    fn applications(&self, id: &str) -> String {
        match self {
            Slice::Connections { of, at, .. } if *of > 1 => format!("{} AND cityHash64({id}) % {of} = {at}", self.connections()),
            _ => self.connections(),
        }
    }

    /// Its cases.
    fn cases(&self) -> String {
        match self {
            Slice::Cases { of, at } => format!("cityHash64(case_id) % {of} = {at}"),
            _ => "1".to_owned(),
        }
    }
}

impl Part {
    /// The statement for it, over what connections tell and the newest rows of applications (a table and its condition).
    fn sql(&self, tellings: &str, current: &str) -> String {
        let tellings = |slice: &Slice, members: &str| {
            let cases = format!("SELECT connection, source_id FROM inflow.application_links WHERE {}", slice.cases());
            tellings
                .replace("$members", members)
                .replace("$cases", &cases)
                .replace("$current", current)
                .replace("$part(application_source_id)", &slice.applications("application_source_id"))
                .replace("$part(source_id)", &slice.applications("source_id"))
                .replace("$connections", &slice.connections())
        };
        let alone = self.alone.as_ref().map(|slice| tellings(slice, "NOT IN"));
        let several = self.several.as_ref().map(|slice| {
            let told = tellings(slice, "IN");
            include_str!("../sql/marts/cases_of_several.sql").replace("$tellings", &told).replace("$of_cases", &slice.cases())
        });
        let told: Vec<String> = alone.into_iter().chain(several).collect();
        include_str!("../sql/marts/application_stages.sql").replace("$told", &told.join("\nUNION ALL\n"))
    }
}

/// What one statement each makes of everything, so many applications at a time at most.
async fn parts(marts: &Marts<'_>) -> Result<Vec<Part>, AnalyticsError> {
    let several = of_several(marts).await?;
    let rows = rows(marts, "SELECT toString(connection) AS connection, count() AS applications FROM inflow.applications GROUP BY connection ORDER BY connection").await?;
    let known = rows.iter().filter_map(|row| Some((row.get("connection")?.as_str()?.to_owned(), row.get("applications")?.as_u64()?)));
    Ok(into_parts(known.collect(), several, marts.part))
}

/// See [`parts`]: applications by connection, and those of them that are in cases of several.
fn into_parts(known: Vec<(String, u64)>, several: u64, most: u64) -> Vec<Part> {
    let most = most.max(1);
    if known.iter().map(|(_, many)| many).sum::<u64>() <= most {
        return vec![Part { alone: Some(Slice::All), several: (several > 0).then_some(Slice::All) }];
    }
    let mut parts = Vec::new();
    let (mut names, mut held) = (Vec::new(), 0);
    let end = |names: &mut Vec<String>, parts: &mut Vec<Slice>, of: u64| {
        let names = std::mem::take(names);
        if !names.is_empty() {
            parts.extend((0..of).map(|at| Slice::Connections { names: names.clone(), of, at }));
        }
    };
    for (name, many) in known {
        if held + many > most {
            end(&mut names, &mut parts, 1);
            held = 0;
        }
        names.push(name);
        held += many;
        if many > most {
            end(&mut names, &mut parts, many.div_ceil(most));
            held = 0;
        }
    }
    end(&mut names, &mut parts, 1);
    let of = several.div_ceil(most);
    let cases = (0..of).map(|at| Part { alone: None, several: Some(Slice::Cases { of, at }) });
    parts.into_iter().map(|slice| Part { alone: Some(slice), several: None }).chain(cases).collect()
}

/// Applications in cases of several.
async fn of_several(marts: &Marts<'_>) -> Result<u64, AnalyticsError> {
    marts.number("SELECT count() FROM inflow.application_links").await
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

async fn rows(marts: &Marts<'_>, sql: &str) -> Result<Vec<Map<String, Value>>, AnalyticsError> {
    marts.store.rows(&marts.here(sql), &[]).await.map_err(AnalyticsError::store("cannot read application_stages"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(known: &[(&str, u64)], several: u64, most: u64) -> Vec<String> {
        let known = known.iter().map(|(name, many)| ((*name).to_owned(), *many)).collect();
        let said = |part: &Part| match (&part.alone, &part.several) {
            (Some(Slice::All), several) => if several.is_some() { "all, several too" } else { "all" }.to_owned(),
            (Some(slice), None) => slice.applications("id"),
            (None, Some(slice)) => slice.cases(),
            other => panic!("{other:?}"),
        };
        into_parts(known, several, most).iter().map(said).collect()
    }

    #[test]
    fn every_application_is_of_one_part_and_no_part_is_large() {
        assert_eq!(said(&[], 0, 5), ["all"]);
        assert_eq!(said(&[("a", 2), ("b", 3)], 0, 5), ["all"]);
        assert_eq!(said(&[("a", 2), ("b", 3)], 4, 5), ["all, several too"]);
        assert_eq!(said(&[("a", 2), ("b", 3), ("c", 1)], 0, 5), ["connection IN ('a', 'b')", "connection IN ('c')"]);
        let split = said(&[("a", 2), ("it's", 11), ("c", 1), ("d", 2)], 6, 5);
        let of_large = |at: u64| format!("connection IN ('it\\'s') AND cityHash64(id) % 3 = {at}");
        let expected = ["connection IN ('a')", &of_large(0), &of_large(1), &of_large(2), "connection IN ('c', 'd')"];
        assert_eq!(split[..5], expected);
        assert_eq!(split[5..], ["cityHash64(case_id) % 2 = 0", "cityHash64(case_id) % 2 = 1"]);
    }
}
