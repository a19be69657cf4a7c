//! A question to a metric view, as a statement for Grafana.
//!
//! Every panel passes whole local days. The days, the zone and the instant up to which the store is read are hidden variables
//! (`variables.rs`), so that the text of a statement is the same for all viewers until the next pull, and the endpoint
//! need answer it once. All is an empty list of channels or stores, as the views have it.

use std::fmt::Write;

use inflow_analytics::{Metric, catalogue};
use inflow_config::Lang;

use super::columns::{Unit, unit};
use super::words::stages;

/// Values that a column may have, by column.
pub type Only = &'static [(&'static str, &'static [&'static str])];

/// What is asked of a metric.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The metric.
    pub metric: &'static Metric,
    /// Dimensions; `grain` stands for day, week or month, as the viewer chooses.
    pub by: Vec<&'static str>,
    /// Columns beside the dimensions, in order.
    pub columns: Vec<&'static str>,
    /// Only the rows whose columns have one of these values.
    pub only: Only,
    /// Only rows that rest on a case at least: where a metric counts by one of two clocks, that is the one that counts.
    pub counted: bool,
    /// Whether the store that the viewer chose narrows it: advice is of channels and knows none.
    pub by_store: bool,
    /// Order of the rows instead of that of the dimensions.
    pub order: Option<&'static str>,
    /// At most so many rows.
    pub limit: Option<u32>,
}

impl Ask {
    /// The columns of a metric, parted by blanks, over everything.
    ///
    /// # Panics
    /// When there is no such metric, dimension or column: the description of a dashboard is wrong, which its tests find.
    #[expect(clippy::panic, reason = "the description is constant; a test makes all of it")]
    pub(crate) fn new(metric: &str, by: &'static str, columns: &'static str) -> Self {
        let Some(metric) = catalogue().iter().find(|known| known.id == metric) else { panic!("there is no metric {metric}") };
        let by: Vec<&str> = by.split_whitespace().collect();
        let columns: Vec<&str> = columns.split_whitespace().collect();
        for name in &by {
            assert!(*name == "grain" || metric.dimensions.contains(name), "{} has no dimension {name}", metric.id);
        }
        for name in &columns {
            assert!(metric.columns.contains(name) || metric.keys.contains(name), "{} has no column {name}", metric.id);
        }
        Self { metric, by, columns, only: &[], counted: false, by_store: true, order: None, limit: None }
    }

    /// The dimension of time, if there is one.
    pub fn period(&self) -> Option<&'static str> {
        self.by.iter().copied().find(|name| matches!(*name, "grain" | "day" | "week" | "month"))
    }

    /// The dimensions that are not of time.
    pub(crate) fn slices(&self) -> impl Iterator<Item = &'static str> {
        self.by.iter().copied().filter(|name| !matches!(*name, "grain" | "day" | "week" | "month"))
    }

    /// A table: dimensions, then columns, under their own names; the channel under `channel` and, by name, under `channel_name`.
    pub(crate) fn table(&self, lang: Lang) -> String {
        let mut columns = Vec::new();
        match self.period() {
            Some("month") => columns.push("formatDateTime(m.period, '%Y-%m') AS month".to_owned()),
            Some(_) => columns.push("toString(m.period) AS period".to_owned()),
            None => {}
        }
        for name in self.slices() {
            if name == "channel" {
                columns.push(channel_name(lang));
            }
            columns.push(format!("m.{name} AS {name}"));
        }
        columns.extend(self.columns.iter().map(|column| self.value(column)));
        self.statement(&columns, &self.rows_in_order())
    }

    /// Series over time: `time`, the words that tell the series apart, the values. Of a share, what rests on few cases stands apart.
    pub(crate) fn series(&self, lang: Lang) -> String {
        let mut columns = vec!["toDateTime(m.period, '${zone}') AS time".to_owned()];
        for name in self.slices() {
            columns.push(if name == "channel" { channel_name(lang) } else { format!("m.{name} AS {name}") });
        }
        if self.columns.contains(&"stage") {
            columns.push(stage_name(lang));
        }
        for column in self.columns.iter().filter(|column| **column != "stage") {
            if *column == "value" && self.has_few() {
                columns.push(format!("if(m.status = 'few', NULL, {}) AS value", self.plain("value")));
                columns.push(format!("if(m.status = 'few', {}, NULL) AS few", self.plain("value")));
            } else {
                columns.push(self.value(column));
            }
        }
        let order: Vec<String> = ["time".to_owned()].into_iter().chain(self.slices().map(order_of)).collect();
        self.statement(&columns, &order.join(", "))
    }

    /// Whether few cases are shown apart in a series.
    pub(crate) fn has_few(&self) -> bool {
        self.metric.columns.contains(&"denominator") && self.columns.contains(&"value")
    }

    /// 168 cells: a row for each weekday, a column for each hour.
    pub(crate) fn week(&self, lang: Lang) -> String {
        const DAYS: [(&str, &str); 7] =
            [("Mon", "周一"), ("Tue", "周二"), ("Wed", "周三"), ("Thu", "周四"), ("Fri", "周五"), ("Sat", "周六"), ("Sun", "周日")];
        let names: Vec<String> = DAYS.iter().map(|(en, zh)| quoted(if lang == Lang::En { en } else { zh })).collect();
        let mut columns = vec![format!("arrayElement([{}], m.weekday) AS weekday", names.join(", "))];
        let value = self.columns.first().copied().unwrap_or_default();
        columns.extend((0..24).map(|hour| format!("anyIf(m.{value}, m.hour = {hour}) AS h{hour:02}")));
        columns.push("any(m.status) AS status".to_owned());
        let mut text = format!("SELECT {}\nFROM {} AS m\nGROUP BY m.weekday\nORDER BY m.weekday", columns.join(", "), self.view());
        text.push_str(self.limits().as_str());
        text
    }

    /// The view with its arguments.
    pub(crate) fn view(&self) -> String {
        let by: Vec<String> = self.by.iter().map(|name| if *name == "grain" { "'${grain}'".to_owned() } else { quoted(name) }).collect();
        let store = if self.by_store { "arrayRemove([${store:singlequote}], '')" } else { "[]" };
        format!(
            "inflow.{}(from = '${{from_day}}', to = '${{to_day}}', tz = if('${{tz}}' = 'channel', '', '${{tz}}'), as_of = '${{as_of}}', by = [{}], \
             channel = arrayRemove([${{channel:singlequote}}], ''), store = {store})",
            self.metric.view(),
            by.join(", ")
        )
    }

    fn statement(&self, columns: &[String], order: &str) -> String {
        let mut text = format!("SELECT {}\nFROM {} AS m", columns.join(", "), self.view());
        if self.by.contains(&"channel") {
            text.push_str("\nLEFT JOIN inflow.channels AS c ON c.channel = m.channel");
        }
        let mut conditions: Vec<String> = self
            .only
            .iter()
            .map(|(column, values)| {
                let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
                format!("m.{column} IN ({})", values.join(", "))
            })
            .collect();
        if self.counted {
            conditions.push("m.denominator > 0".to_owned());
        }
        if !conditions.is_empty() {
            let _ = write!(text, "\nWHERE {}", conditions.join(" AND "));
        }
        let order = self.order.unwrap_or(order);
        if !order.is_empty() {
            let _ = write!(text, "\nORDER BY {order}");
        }
        text.push_str(&self.limits());
        text
    }

    fn limits(&self) -> String {
        self.limit.map_or_else(String::new, |limit| format!("\nLIMIT {limit}"))
    }

    /// A column as a panel reads it: amounts to the cent, as reports print them.
    fn value(&self, column: &str) -> String {
        format!(
            "{} AS {}",
            self.plain(column),
            if column == "reason" && self.metric.id == "budget_advice" { "move_reason" } else { column }
        )
    }

    fn plain(&self, column: &str) -> String {
        let value = match unit(Some(self.metric), column) {
            Unit::Money => format!("toFloat64(round(m.{column}, 2))"),
            _ => format!("m.{column}"),
        };
        if self.is_blank_without_data(column) { format!("if(m.status = 'no_data', NULL, {value})") } else { value }
    }

    /// Sums and counts that reports print as they are, 0 where nothing was delivered: a panel shows nothing there.
    pub fn is_blank_without_data(&self, column: &str) -> bool {
        match (self.metric.id, column) {
            ("posting_time", "measured" | "drawn" | "left_out" | "applications") | ("channel_drop", "alarm_days") => true,
            (_, "numerator" | "entries") => self.metric.has_money && self.metric.columns.contains(&"status"),
            _ => false,
        }
    }

    /// Periods, then dimensions, then what tells rows of one group apart.
    fn rows_in_order(&self) -> String {
        let period = self.period().map(|_| "m.period".to_owned());
        let keys = self.metric.keys.iter().filter(|key| self.columns.contains(*key));
        let order: Vec<String> = period.into_iter().chain(self.slices().chain(keys.copied()).map(order_of)).collect();
        order.join(", ")
    }
}

fn order_of(name: &str) -> String {
    match name {
        "channel" => "c.position, m.channel".to_owned(),
        "stage" | "from_stage" | "to_stage" => {
            let names: Vec<String> = stages().iter().map(|(stage, ..)| quoted(stage)).collect();
            format!("indexOf([{}], m.{name})", names.join(", "))
        }
        _ => format!("m.{name}"),
    }
}

fn channel_name(lang: Lang) -> String {
    // What a report turned up that no list knows keeps its id.
    format!("if(c.name_{0} = '', m.channel, c.name_{0}) AS channel_name", lang.as_str())
}

fn stage_name(lang: Lang) -> String {
    let (stored, shown): (Vec<_>, Vec<_>) = stages().iter().map(|(stage, name, _)| (quoted(stage), quoted(name.in_lang(lang)))).unzip();
    format!("transform(m.stage, [{}], [{}], m.stage) AS stage_name", stored.join(", "), shown.join(", "))
}

/// A word as SQL; the words of descriptions hold neither quotes nor backslashes.
pub(crate) fn quoted(word: &str) -> String {
    format!("'{word}'")
}
