//! Reports: one metric, one period, rows grouped as asked.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use inflow_config::{Config, Name, Stage};
use inflow_store::{Store, StoreError, array_literal, quote_text};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::AnalyticsError;
use crate::analyze::SPEND_TIE;
use crate::catalogue::{Metric, Superseded};
use crate::fairness;
use crate::part::Part;
use crate::ranks;
use crate::slices::{PARAMETERS, SLICES};
use crate::statement::substitute;
use crate::superseded::version_of;

/// Given as the only dimension, asks for one row over everything; so does the empty word.
pub const NO_DIMENSION: &str = "none";

const PERIODS: [&str; 3] = ["day", "week", "month"];
/// ClickHouse: unknown table, unknown table function (a parameterised view that is not there).
const MISSING: [u32; 2] = [60, 46];

/// What to report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Name of the metric.
    pub metric: String,
    /// Version of its definition; absent: the current one.
    pub version: Option<u32>,
    /// Dimensions, in the order of columns and rows; empty: the metric's own choice, [`NO_DIMENSION`]: none.
    pub by: Vec<String>,
    /// First local day.
    pub from: NaiveDate,
    /// Last local day, included.
    pub to: NaiveDate,
    /// Zone in which days and hours are cut; absent: each channel's own.
    pub tz: Option<Tz>,
    /// Event time up to which the store is read.
    pub as_of: DateTime<Utc>,
    /// Dimensions of [`Metric::filters`] to their accepted values.
    pub filters: BTreeMap<String, Vec<String>>,
}

/// What a metric means, beside its numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Definition {
    /// Short name.
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
    /// Of an earlier version: until when it was the definition, and what the next one says differently.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded: Option<Superseded>,
}

/// A report. Serialises as the JSON document of `inflow report --format json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Name of the metric.
    pub metric: String,
    /// Version of its definition.
    pub version: u32,
    /// The definition in words.
    pub definition: Definition,
    /// First local day.
    pub from: NaiveDate,
    /// Last local day, included.
    pub to: NaiveDate,
    /// IANA zone of days and hours; `channel` when each channel's own is used and they differ.
    pub tz: String,
    /// Event time up to which the store was read.
    pub as_of: DateTime<Utc>,
    /// One row a group (and stage pair, or hour of the week).
    pub rows: Vec<Map<String, Value>>,
    /// How the money ties to the ledger over all channels, whatever the filters; absent when no money is shown.
    pub reconciles: Option<Map<String, Value>>,
    /// Names of the columns in the order in which a table shows them.
    #[serde(skip)]
    pub columns: Vec<String>,
    /// Those of them that are shares of one.
    #[serde(skip)]
    pub shares: Vec<&'static str>,
}

/// Reads a metric.
///
/// The metrics must have been installed by [`crate::analyze`]. The rows come in the order of `by`, channels in the
/// order of `channels.toml`.
pub async fn report(store: &Store, config: &Config, query: &Query) -> Result<Report, AnalyticsError> {
    let mut report = report_untied(store, config, query).await?;
    let metric = version_of(&query.metric, query.version)?;
    if metric.has_money {
        report.reconciles = tie(store, metric, query).await?;
    }
    Ok(report)
}

/// The same without its tie to the ledger, for whoever has looked at that.
pub(crate) async fn report_untied(store: &Store, config: &Config, query: &Query) -> Result<Report, AnalyticsError> {
    read(store, config, query, None).await
}

/// A part of a report, for metrics whose rows are a list ([`Part`]); without its tie to the ledger.
pub async fn report_part(store: &Store, config: &Config, query: &Query, part: &Part) -> Result<Report, AnalyticsError> {
    read(store, config, query, Some(part)).await
}

async fn read(store: &Store, config: &Config, query: &Query, part: Option<&Part>) -> Result<Report, AnalyticsError> {
    let metric = version_of(&query.metric, query.version)?;
    let by = dimensions(metric, &query.by)?;
    check(config, metric, query)?;
    let columns: Vec<String> =
        by.iter().copied().chain(metric.keys.iter().copied()).chain(metric.columns.iter().copied()).map(str::to_owned).collect();
    let selected: Vec<String> = columns.iter().map(|column| select(metric, column)).collect();
    let asked = statement_of(metric, query, &by);
    let mut sql = format!("SELECT {} FROM (\n{asked})", selected.join(", "));
    if let Some(part) = part {
        let keys: Vec<&str> = by.iter().chain(&metric.keys).copied().collect();
        sql.push_str(&part.written(&keys));
    }
    installed(store, metric, &by, &query.filters).await?;
    let mut rows = store.rows(&sql, &[]).await.map_err(|error| read_error(metric, error))?;
    for row in &mut rows {
        money_to_cents(row, &metric.money);
    }
    // What compares rows with each other.
    match metric.id {
        "four_fifths" => fairness::compare(&mut rows),
        "conversion" if by.contains(&"channel") => ranks::compare(&mut rows),
        _ => {}
    }
    // A part stands in the order in which the next one goes on.
    let order = Order::new(config);
    if part.is_none() {
        rows.sort_by_cached_key(|row| order.of(row, by.iter().chain(&metric.keys)));
    }
    Ok(Report {
        metric: metric.id.to_owned(),
        version: metric.version,
        definition: Definition {
            title: metric.title.clone(),
            meaning: metric.meaning.clone(),
            numerator: metric.numerator,
            denominator: metric.denominator,
            clock: metric.clock,
            exclusions: metric.exclusions,
            superseded: metric.superseded.clone(),
        },
        from: query.from,
        to: query.to,
        tz: zone_in_use(config, query),
        as_of: query.as_of,
        rows,
        reconciles: None,
        columns,
        shares: metric.shares.clone(),
    })
}

fn dimensions<'m>(metric: &'m Metric, by: &[String]) -> Result<Vec<&'m str>, AnalyticsError> {
    if by.is_empty() {
        return Ok(metric.default_by.clone());
    }
    if by.iter().all(|name| name.is_empty() || name == NO_DIMENSION) {
        return Ok(Vec::new());
    }
    let mut out: Vec<&str> = Vec::new();
    for name in by {
        let Some(dimension) = metric.dimensions.iter().find(|known| *known == name) else {
            let accepted = metric.dimensions.iter().chain([&NO_DIMENSION]).map(|known| (*known).to_owned()).collect();
            return Err(AnalyticsError::UnknownDimension { metric: metric.id.to_owned(), name: name.clone(), accepted });
        };
        if let Some(first) = out.iter().find(|first| PERIODS.contains(first) && PERIODS.contains(dimension) && *first != dimension) {
            return Err(AnalyticsError::TwoPeriods { metric: metric.id.to_owned(), first: (*first).to_owned(), second: name.clone() });
        }
        if !out.contains(dimension) {
            out.push(dimension);
        }
    }
    Ok(out)
}

fn check(config: &Config, metric: &Metric, query: &Query) -> Result<(), AnalyticsError> {
    if query.to < query.from {
        return Err(AnalyticsError::Backwards { from: query.from, to: query.to });
    }
    let accepted = metric.filters();
    if let Some(name) = query.filters.keys().find(|name| !accepted.contains(&name.as_str())) {
        let accepted = accepted.into_iter().map(str::to_owned).collect();
        return Err(AnalyticsError::UnknownFilter { metric: metric.id.to_owned(), name: name.clone(), accepted });
    }
    known_channels(config, query.filters.get("channel").map(Vec::as_slice).unwrap_or_default())
}

/// An error that lists the channels when one is named that is none.
pub(crate) fn known_channels(config: &Config, channels: &[String]) -> Result<(), AnalyticsError> {
    // Words that no `source_map` knows are channels too; they stand in the data alone.
    let turned_up = |name: &str| name == "unallocated" || name.starts_with("unknown:");
    match channels.iter().find(|name| config.channel(name).is_none() && !turned_up(name)) {
        None => Ok(()),
        Some(name) => Err(AnalyticsError::UnknownChannel {
            name: name.clone(),
            accepted: config.channels.iter().map(|channel| channel.id.clone()).chain(["unallocated".to_owned()]).collect(),
        }),
    }
}

/// The arguments that every definition takes, as SQL.
fn period_arguments(query: &Query) -> Vec<(&'static str, String)> {
    vec![
        ("from", quote_text(&query.from.to_string())),
        ("to", quote_text(&query.to.to_string())),
        ("tz", quote_text(query.tz.map(Tz::name).unwrap_or_default())),
        ("as_of", quote_text(&instant(query.as_of))),
    ]
}

/// The definition with what is asked for in the places of its parameters; its calendar columns stand in `period`.
pub(crate) fn statement_of(metric: &Metric, query: &Query, by: &[&str]) -> String {
    substitute(&metric.statement_by(by, &query.filters), &arguments(query, by))
}

fn arguments(query: &Query, by: &[&str]) -> Vec<(&'static str, String)> {
    let mut all = period_arguments(query);
    all.push(("by", array_literal(by)));
    all.extend(PARAMETERS.map(|name| (name, array_literal(query.filters.get(name).map(Vec::as_slice).unwrap_or_default()))));
    all
}

/// An error unless an analysis has made the metric's view, with all that is asked for: the marts beneath it may be older than its definition.
async fn installed(store: &Store, metric: &Metric, by: &[&str], filters: &BTreeMap<String, Vec<String>>) -> Result<(), AnalyticsError> {
    // What every view has had is not looked for.
    let asked = by.iter().copied().filter(|name| SLICES.contains(name)).chain(filters.keys().map(String::as_str));
    let asked: BTreeSet<String> = asked.filter(|name| !PARAMETERS.contains(name)).map(quote_text).collect();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let sql = format!(
        "SELECT count() AS views FROM system.tables WHERE database = 'inflow' AND name = {{view:String}} \
         AND arrayAll(dimension -> position(create_table_query, dimension) > 0, CAST({}, 'Array(String)'))",
        array_literal(&asked)
    );
    let rows = store.rows(&sql, &[("view", metric.view())]).await.map_err(|error| read_error(metric, error))?;
    match rows.first().and_then(|row| row.get("views")?.as_u64()) {
        Some(1) => Ok(()),
        _ => Err(AnalyticsError::NotAnalyzed { metric: metric.id.to_owned() }),
    }
}

/// As ClickHouse reads a DateTime64(3, 'UTC').
pub(crate) fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

/// A column of a report. A calendar column stands in `period`, unless the definition has one of its own of that name.
fn select(metric: &Metric, column: &str) -> String {
    match column {
        _ if !metric.dimensions.contains(&column) => format!("`{column}`"),
        "day" | "week" => format!("toString(period) AS {column}"),
        "month" => "formatDateTime(period, '%Y-%m') AS month".to_owned(),
        _ => format!("`{column}`"),
    }
}

fn read_error(metric: &Metric, source: StoreError) -> AnalyticsError {
    match source.code() {
        Some(code) if MISSING.contains(&code) => AnalyticsError::NotAnalyzed { metric: metric.id.to_owned() },
        _ => AnalyticsError::store(format!("cannot read {}", metric.id))(source),
    }
}

/// Amounts as decimal strings with two decimals, as finance writes them.
fn money_to_cents(row: &mut Map<String, Value>, columns: &[&str]) {
    for column in columns {
        let Some(value) = row.get_mut(*column) else { continue };
        let text = match &*value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => continue,
        };
        if let Ok(amount) = Decimal::from_str(&text) {
            let amount = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
            *value = Value::String(format!("{amount:.2}"));
        }
    }
}

pub(crate) async fn tie(store: &Store, metric: &Metric, query: &Query) -> Result<Option<Map<String, Value>>, AnalyticsError> {
    let asked = substitute(SPEND_TIE, &period_arguments(query));
    let sql = format!("SELECT * REPLACE (toBool(ties) AS ties) FROM (\n{asked})");
    let row = store.rows(&sql, &[]).await.map_err(|error| read_error(metric, error))?.into_iter().next();
    Ok(row.map(|mut row| {
        money_to_cents(&mut row, &["channels", "unallocated", "ledger", "difference"]);
        row
    }))
}

fn zone_in_use(config: &Config, query: &Query) -> String {
    if let Some(zone) = query.tz {
        return zone.name().to_owned();
    }
    let company = config.settings.company.timezone;
    let wanted = query.filters.get("channel").map(Vec::as_slice).unwrap_or_default();
    let zones: BTreeSet<&str> = config
        .channels
        .iter()
        .filter(|channel| wanted.is_empty() || wanted.contains(&channel.id))
        .map(|channel| channel.timezone.unwrap_or(company).name())
        .collect();
    match zones.len() {
        0 => company.name().to_owned(),
        1 => zones.into_iter().collect(),
        _ => "channel".to_owned(),
    }
}

/// Order of rows: channels as configured, stages as passed, numbers by size, the rest by name.
struct Order(BTreeMap<String, usize>);

impl Order {
    fn new(config: &Config) -> Self {
        let mut places: BTreeMap<String, usize> =
            config.channels.iter().zip(0..).map(|(channel, place)| (channel.id.clone(), place)).collect();
        // After the `unknown:` ones: what could not be given to any channel.
        places.insert("unallocated".to_owned(), usize::MAX);
        Self(places)
    }

    fn of<'a>(&self, row: &Map<String, Value>, keys: impl Iterator<Item = &'a &'a str>) -> Vec<(usize, String)> {
        keys.map(|key| match row.get(*key) {
            Some(Value::Number(number)) => (number.as_u64().map_or(usize::MAX, |n| n as usize), String::new()),
            Some(Value::String(text)) => (self.place(key, text), text.clone()),
            _ => (0, String::new()),
        })
        .collect()
    }

    fn place(&self, key: &str, text: &str) -> usize {
        match key {
            "channel" => self.0.get(text).copied().unwrap_or(usize::MAX - 1),
            "from_stage" | "to_stage" => text.parse::<Stage>().map_or(usize::MAX, |stage| usize::from(stage.rank())),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use inflow_config::Explain;

    use super::*;

    fn by(metric: &str, names: &[&str]) -> Result<Vec<&'static str>, AnalyticsError> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        dimensions(version_of(metric, None).unwrap(), &names)
    }

    #[test]
    fn a_report_that_does_not_say_takes_the_metrics_own_grouping() {
        assert_eq!(by("volume", &[]).unwrap(), ["channel"]);
        assert_eq!(by("volume", &["week", "store", "week"]).unwrap(), ["week", "store"]);
        assert!(by("volume", &["none"]).unwrap().is_empty());
        assert!(by("volume", &[""]).unwrap().is_empty());
    }

    #[test]
    fn dimensions_that_do_not_fit_are_explained() {
        let unknown = by("posting_heat", &["chanel"]).unwrap_err();
        assert_eq!(unknown.to_string(), "posting_heat has no dimension `chanel`, accepted: channel, store, none");
        assert_eq!(unknown.hint().as_deref(), Some("did you mean `channel`?"));
        assert_eq!(unknown.exit_code(), 1);
        let two = by("volume", &["day", "channel", "month"]).unwrap_err();
        assert_eq!(two.to_string(), "volume by both `day` and `month`: a report has one of day, week and month");
    }

    #[test]
    fn money_has_two_decimals() {
        let mut row = Map::new();
        for (column, value) in [("a", Value::from("98000")), ("b", Value::from("0.5")), ("c", Value::Null), ("d", Value::from(-3))] {
            row.insert(column.to_owned(), value);
        }
        money_to_cents(&mut row, &["a", "b", "c", "d", "missing"]);
        assert_eq!(Value::from(row).to_string(), r#"{"a":"98000.00","b":"0.50","c":null,"d":"-3.00"}"#);
    }

    #[test]
    fn instants_are_utc_with_milliseconds() {
        assert_eq!(instant("2026-10-01T08:00:00.5+08:00".parse().unwrap()), "2026-10-01 00:00:00.500");
    }
}
