//! The metrics, as the headers of their SQL files state them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use inflow_config::Name;
use serde::Serialize;

use crate::AnalyticsError;
use crate::slices::{PARAMETERS, SLICES, Slices};
use crate::statement::statement;

/// A metric: its definition in words and in SQL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Metric {
    /// Name, as in `inflow report <id>`.
    pub id: &'static str,
    /// A changed definition is a new version.
    pub version: u32,
    /// Short name for people.
    pub title: Name,
    /// One sentence (口径).
    pub meaning: Name,
    /// What is counted.
    pub numerator: &'static str,
    /// What it is divided by.
    pub denominator: &'static str,
    /// Which instant decides the day and hour.
    pub clock: &'static str,
    /// What is left out.
    pub exclusions: &'static str,
    /// What a report can be grouped by; `day`, `week` and `month` one at a time.
    pub dimensions: Vec<&'static str>,
    /// Grouping of a report that does not say.
    pub default_by: Vec<&'static str>,
    /// Columns that tell the rows of one group apart, e.g. `from_stage` and `to_stage`.
    pub keys: Vec<&'static str>,
    /// The other columns of a report, in order.
    pub columns: Vec<&'static str>,
    /// Those of them that are amounts of money; `currency` stands beside them.
    pub money: Vec<&'static str>,
    /// Dimensions that say something of a person; a file keeps rows of few people by them to itself (see `Report::for_export`).
    pub sensitive: Vec<&'static str>,
    /// Columns that count people by them.
    pub people: Vec<&'static str>,
    /// Those of them that are shares of one, for people to read as percentages.
    pub shares: Vec<&'static str>,
    /// Whether a report shows money, and so its tie to the ledger.
    pub has_money: bool,
    /// Of a definition that another has taken the place of: until when, and what the next one says differently.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded: Option<Superseded>,
    /// The definition itself.
    #[serde(skip)]
    pub sql: &'static str,
}

/// How a definition came to be an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Superseded {
    /// The day on which the next version took its place, such as 2026-11-26.
    pub until: &'static str,
    /// What the next version says differently.
    pub changed: Name,
}

/// What the columns of a rate are called.
const RATE: [&str; 7] = ["value", "low", "high", "pooled_value", "estimate", "estimate_low", "estimate_high"];
/// Columns that are shares in every metric.
const ALWAYS_SHARES: [&str; 5] = ["share", "covered", "maturity", "key_share", "official_share"];

impl Metric {
    /// Name of the view that holds this version.
    pub fn view(&self) -> String {
        format!("metric_{}_v{}", self.id, self.version)
    }

    /// What a report of it can be filtered by.
    pub fn filters(&self) -> Vec<&'static str> {
        SLICES.into_iter().filter(|name| PARAMETERS.contains(name) || self.dimensions.contains(name)).collect()
    }

    /// The definition as one statement with the parameters `from`, `to`, `tz`, `as_of`, `by`, `channel` and `store`: what its view is made of.
    pub(crate) fn statement(&self) -> String {
        statement(self.sql, &Slices::of_view(&self.dimensions))
    }

    /// The same for one report, whose dimensions and filters stand in it; the parameters are those of the view.
    pub(crate) fn statement_by(&self, by: &[&str], filters: &BTreeMap<String, Vec<String>>) -> String {
        statement(self.sql, &Slices::of_report(by, filters))
    }

    pub(crate) fn parse(sql: &'static str) -> Self {
        let header: BTreeMap<&str, &str> = sql
            .lines()
            .take_while(|line| line.starts_with("--"))
            .filter_map(|line| line.trim_start_matches("-- ").split_once(": "))
            .map(|(key, value)| (key, value.trim()))
            .collect();
        let field = |key: &str| header.get(key).copied().unwrap_or_default();
        let words = |key: &str| field(key).split(", ").filter(|word| !word.is_empty()).collect::<Vec<_>>();
        let name = |key: &str| Name { en: field(&format!("{key}.en")).to_owned(), zh: field(&format!("{key}.zh")).to_owned() };
        let money = words("money");
        let columns = words("columns");
        // A rate has a numerator; what a median or a forecast is, its header need not say.
        let of_a_rate: &[&str] = if columns.contains(&"numerator") && money.is_empty() { &RATE } else { &[] };
        let stated = words("shares");
        let shares = columns
            .iter()
            .copied()
            .filter(|column| ALWAYS_SHARES.contains(column) || of_a_rate.contains(column) || stated.contains(column));
        Self {
            id: field("id"),
            version: field("version").parse().unwrap_or_default(),
            title: name("title"),
            meaning: name("meaning"),
            numerator: field("numerator"),
            denominator: field("denominator"),
            clock: field("clock"),
            exclusions: field("exclusions"),
            dimensions: words("dimensions"),
            default_by: words("default_by"),
            keys: words("keys"),
            shares: shares.collect(),
            columns,
            has_money: !money.is_empty(),
            money,
            sensitive: words("sensitive"),
            people: words("people"),
            superseded: header.get("until").map(|until| Superseded { until, changed: name("changed") }),
            sql,
        }
    }
}

/// One line a metric, in the order of the list that `inflow report` prints.
const DEFINITIONS: &[&str] = &[
    include_str!("../sql/volume.sql"),
    include_str!("../sql/conversion.sql"),
    include_str!("../sql/step_rate.sql"),
    include_str!("../sql/activity.sql"),
    include_str!("../sql/no_show.sql"),
    include_str!("../sql/no_reply.sql"),
    include_str!("../sql/persona_match.sql"),
    include_str!("../sql/drop_out.sql"),
    include_str!("../sql/offer_acceptance.sql"),
    include_str!("../sql/conversion_estimate.sql"),
    include_str!("../sql/time_in_stage.sql"),
    include_str!("../sql/time_to_hire.sql"),
    include_str!("../sql/time_to_fill.sql"),
    include_str!("../sql/recruiter.sql"),
    include_str!("../sql/spend.sql"),
    include_str!("../sql/spend_entries.sql"),
    include_str!("../sql/cash.sql"),
    include_str!("../sql/closings.sql"),
    include_str!("../sql/spend_later.sql"),
    include_str!("../sql/cost_per_contact.sql"),
    include_str!("../sql/cost_per_resume.sql"),
    include_str!("../sql/cost_per_attended.sql"),
    include_str!("../sql/cost_per_onboarded.sql"),
    include_str!("../sql/wallet.sql"),
    include_str!("../sql/packages.sql"),
    include_str!("../sql/owed.sql"),
    include_str!("../sql/ledger_faults.sql"),
    include_str!("../sql/bank.sql"),
    include_str!("../sql/invoices.sql"),
    include_str!("../sql/ties.sql"),
    include_str!("../sql/budget.sql"),
    include_str!("../sql/posting_heat.sql"),
    include_str!("../sql/application_heat.sql"),
    include_str!("../sql/posting_time.sql"),
    include_str!("../sql/fill_rate.sql"),
    include_str!("../sql/onboard_rate.sql"),
    include_str!("../sql/retention_90.sql"),
    include_str!("../sql/attrition.sql"),
    include_str!("../sql/source_of_hire.sql"),
    include_str!("../sql/quality_of_hire.sql"),
    include_str!("../sql/tag_outcome.sql"),
    include_str!("../sql/assessment_pass.sql"),
    include_str!("../sql/assessment_outcome.sql"),
    include_str!("../sql/four_fifths.sql"),
    include_str!("../sql/forecast.sql"),
    include_str!("../sql/channel_drop.sql"),
    include_str!("../sql/threshold.sql"),
    include_str!("../sql/alert_cause.sql"),
    include_str!("../sql/budget_advice.sql"),
    include_str!("../sql/recommendation.sql"),
    include_str!("../sql/conflicts.sql"),
    include_str!("../sql/stage_entries.sql"),
];

/// All metrics.
pub fn catalogue() -> &'static [Metric] {
    static METRICS: LazyLock<Vec<Metric>> = LazyLock::new(|| DEFINITIONS.iter().map(|sql| Metric::parse(sql)).collect());
    &METRICS
}

/// A metric by name, or an error that lists them.
pub fn metric(id: &str) -> Result<&'static Metric, AnalyticsError> {
    catalogue().iter().find(|metric| metric.id == id).ok_or_else(|| AnalyticsError::UnknownMetric {
        name: id.to_owned(),
        accepted: catalogue().iter().map(|metric| metric.id.to_owned()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn every_definition_has_a_full_header() {
        for metric in catalogue() {
            let texts = [
                ("id", metric.id),
                ("title.en", metric.title.en.as_str()),
                ("title.zh", metric.title.zh.as_str()),
                ("meaning.en", metric.meaning.en.as_str()),
                ("meaning.zh", metric.meaning.zh.as_str()),
                ("numerator", metric.numerator),
                ("denominator", metric.denominator),
                ("clock", metric.clock),
                ("exclusions", metric.exclusions),
            ];
            for (key, value) in texts {
                assert!(!value.is_empty(), "{}: no {key} in the header", metric.id);
            }
            assert!(metric.version > 0, "{}: no version", metric.id);
            for word in ["status", "covered"] {
                assert!(metric.columns.contains(&word), "{}: no column {word}", metric.id);
            }
            for by in &metric.default_by {
                assert!(metric.dimensions.contains(by), "{}: default_by {by} is not a dimension", metric.id);
            }
            for money in &metric.money {
                assert!(metric.columns.contains(money), "{}: money {money} is not a column", metric.id);
            }
            for dimension in &metric.sensitive {
                assert!(metric.dimensions.contains(dimension), "{}: sensitive {dimension} is not a dimension", metric.id);
            }
            for count in &metric.people {
                assert!(metric.columns.contains(count), "{}: people {count} is not a column", metric.id);
            }
            assert_eq!(metric.sensitive.is_empty(), metric.people.is_empty(), "{}: sensitive without people or the reverse", metric.id);
            assert_eq!(metric.has_money, metric.columns.contains(&"currency"), "{}: money without currency or the reverse", metric.id);
        }
    }

    #[test]
    fn every_file_is_in_the_list_under_its_own_name() {
        let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("sql");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        let mut listed: Vec<&str> = catalogue().iter().map(|metric| metric.id).collect();
        files.sort();
        listed.sort_unstable();
        assert_eq!(files, listed);
    }

    #[test]
    fn an_unknown_metric_lists_the_known_ones() {
        let error = metric("volum").unwrap_err();
        assert!(error.to_string().starts_with("there is no metric `volum`, accepted: volume, conversion, "), "{error}");
        assert_eq!(inflow_config::Explain::hint(&error).as_deref(), Some("did you mean `volume`?"));
    }
}
