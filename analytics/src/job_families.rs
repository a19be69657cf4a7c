//! Which job a posting or a requisition is of: the marts `posting_jobs` and `requisition_jobs`, and what stands on them.
//!
//! A posting's cluster changes without a word of the posting, and a requisition may come after the applications that name it. What
//! such a change reaches is added to the tables of what changed.

use inflow_config::Config;
use inflow_store::{quote_text, within_segments};

use crate::AnalyticsError;
use crate::analyze::{Marts, Scope};
use crate::postings::{CHANGED, of_changed, restricted};
use crate::words::any_word;

const POSTINGS: &str = "posting_jobs";
const REQUISITIONS: &str = "requisition_jobs";
/// What stood there before, as far as it may have changed.
const POSTINGS_BEFORE: &str = "posting_jobs_before";
const REQUISITIONS_BEFORE: &str = "requisition_jobs_before";

/// Makes both marts: all anew, or by what changed. Then `changed_postings` and `changed_applications` hold those too whose job became another.
pub(crate) async fn rebuild(marts: &Marts<'_>, config: &Config, scope: &Scope) -> Result<(), AnalyticsError> {
    let families = Families::new(config);
    let postings = families.written_into(include_str!("../sql/marts/posting_jobs.sql"));
    let requisitions = families.written_into(include_str!("../sql/marts/requisition_jobs.sql"));
    let Scope::Changed(segments) = scope else {
        marts.rebuild(POSTINGS, &restricted(&postings, ["", "", ""]), &[]).await?;
        return marts.rebuild(REQUISITIONS, &requisitions, &[]).await;
    };
    let brought = format!("SELECT count() FROM inflow.requisitions WHERE {}", within_segments("segment", segments));
    let [of_postings, of_requisitions] =
        [marts.number("SELECT count() FROM inflow.changed_postings").await?, marts.number(&brought).await?];
    if of_postings == 0 && of_requisitions == 0 {
        return Ok(());
    }
    let of_changed_postings = format!("SELECT * FROM inflow.{POSTINGS} WHERE (connection, source_id) IN {CHANGED}");
    marts.execute(&format!("CREATE OR REPLACE TABLE inflow.{POSTINGS_BEFORE} ENGINE = Memory AS {of_changed_postings}")).await?;
    marts
        .execute(&format!("CREATE OR REPLACE TABLE inflow.{REQUISITIONS_BEFORE} ENGINE = Memory AS SELECT * FROM inflow.{REQUISITIONS}"))
        .await?;
    if of_requisitions > 0 {
        marts.rebuild(REQUISITIONS, &requisitions, &[]).await?;
    }
    if of_postings > 0 {
        marts.rebuild(POSTINGS, &of_changed(POSTINGS, &postings), &[]).await?;
    }
    note_moved(marts, &of_changed_postings).await?;
    for table in [POSTINGS_BEFORE, REQUISITIONS_BEFORE] {
        marts.execute(&format!("DROP TABLE inflow.{table} SYNC")).await?;
    }
    Ok(())
}

/// Adds the postings and applications whose job is another than before, with all members of the cases of such applications. Who changed cases
/// has noted the members of before already.
async fn note_moved(marts: &Marts<'_>, of_changed_postings: &str) -> Result<(), AnalyticsError> {
    let differing = |columns: &str, before: &str, after: &str| {
        format!("SELECT {columns} FROM (({before} EXCEPT {after}) UNION ALL ({after} EXCEPT {before}))")
    };
    let moved_requisitions =
        differing("source_id", &format!("SELECT * FROM inflow.{REQUISITIONS_BEFORE}"), &format!("SELECT * FROM inflow.{REQUISITIONS}"));
    let moved_postings = differing("connection, source_id", &format!("SELECT * FROM inflow.{POSTINGS_BEFORE}"), of_changed_postings);
    let of_requisitions =
        format!("SELECT connection, source_id FROM inflow.{POSTINGS} WHERE requisition_source_id IN ({moved_requisitions})");
    let applications = format!(
        "SELECT connection, source_id FROM inflow.applications \
         WHERE (connection, posting_source_id) IN ({moved_postings} UNION ALL {of_requisitions}) OR requisition_source_id IN ({moved_requisitions})"
    );
    let members = "SELECT connection, source_id FROM inflow.application_links WHERE case_id IN (SELECT case_id FROM inflow.application_links \
                   WHERE (connection, source_id) IN (SELECT connection, source_id FROM inflow.changed_applications))";
    for (table, keys) in
        [("changed_applications", applications.as_str()), ("changed_applications", members), ("changed_postings", &of_requisitions)]
    {
        let new = format!(
            "SELECT DISTINCT connection, source_id FROM ({keys}) WHERE (connection, source_id) NOT IN (SELECT connection, source_id FROM inflow.{table})"
        );
        marts.execute(&format!("INSERT INTO inflow.{table} {new}")).await?;
    }
    Ok(())
}

/// The families of the configuration, as SQL.
pub(crate) struct Families(Vec<(String, String)>);

impl Families {
    /// The longest words first: of several in a title the longest decides, of equals the first by letters.
    pub(crate) fn new(config: &Config) -> Self {
        let mut words: Vec<(&String, &String)> =
            config.settings.job_families.iter().flat_map(|(family, words)| words.iter().map(move |word| (word, family))).collect();
        words.sort_by_key(|(word, _)| (std::cmp::Reverse(word.chars().count()), *word));
        Self(words.into_iter().map(|(word, family)| (word.clone(), family.clone())).collect())
    }

    /// Puts an expression in the place of `$family_of(title)`: the family whose word stands in the title, or nothing.
    pub(crate) fn written_into(&self, sql: &str) -> String {
        let mut out = sql.to_owned();
        while let Some((before, after)) = out.split_once("$family_of(") {
            let (title, rest) = after.split_once(')').unwrap_or((after, ""));
            let title = format!("lowerUTF8({title})");
            let each =
                self.0.iter().map(|(word, family)| format!("{}, {}", any_word(&title, std::slice::from_ref(word)), quote_text(family)));
            let each: Vec<String> = each.chain(["''".to_owned()]).collect();
            let family = if self.0.is_empty() { each.concat() } else { format!("multiIf({})", each.join(", ")) };
            out = format!("{before}{family}{rest}");
        }
        out
    }
}

/// Puts an expression in the place of `$opening(connection, told)`: of the requisitions of an id (`requisition_jobs`) the connection's own, else the only
/// one; a tuple of connection, requisition and job family.
pub(crate) fn with_openings(sql: &str) -> String {
    let mut out = sql.to_owned();
    while let Some((before, after)) = out.split_once("$opening(") {
        let (arguments, rest) = after.split_once(')').unwrap_or((after, ""));
        let (connection, told) = arguments.split_once(", ").unwrap_or((arguments, ""));
        out = format!("{before}if(length({told}) = 1, {told}[1], arrayFirst(o -> o.1 = {connection}, {told})){rest}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_words_the_longest_decides() {
        let families = Families(vec![("销售经理".to_owned(), "管理".to_owned()), ("销售".to_owned(), "销售".to_owned())]);
        assert_eq!(
            families.written_into("$family_of(t) AS family"),
            "multiIf((multiSearchAny(lowerUTF8(t), ['销售经理'])), '管理', (multiSearchAny(lowerUTF8(t), ['销售'])), '销售', '') AS family"
        );
        assert_eq!(Families(Vec::new()).written_into("$family_of(t) AS family"), "'' AS family");
    }

    #[test]
    fn an_opening_is_the_connections_own_or_the_only_one() {
        assert_eq!(with_openings("$opening(a.c, q.told).2"), "if(length(q.told) = 1, q.told[1], arrayFirst(o -> o.1 = a.c, q.told)).2");
    }
}
