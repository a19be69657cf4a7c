//! What a dashboard is made of, before it is Grafana's JSON.

use inflow_config::Lang;

use super::ask::Ask;
use super::words::{GREEN, Meaning, ORANGE, RED, Words};

/// Which of the two data sources a dashboard reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Metric views and state, through the ClickHouse endpoint.
    Store,
    /// What Prometheus keeps of `/metrics`.
    Scrapes,
}

/// A dashboard.
#[derive(Debug, Clone)]
pub struct Dashboard {
    /// The middle of its uid and of its file's name.
    pub name: &'static str,
    /// The data source of all its panels.
    pub reads: Reads,
    /// Its title, after the number.
    pub title: Words,
    /// What it is for, in a sentence.
    pub says: Words,
    /// Panels in reading order.
    pub panels: Vec<Panel>,
}

/// How a panel is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A heading over the panels that follow.
    Heading,
    /// One figure and how complete it is.
    Stat,
    /// Rows and columns.
    Table,
    /// Lines over time.
    Lines,
    /// Bars over time, one on the other.
    Stacked,
    /// Bars by a word.
    Bars,
    /// 168 coloured cells, weekday by hour.
    Week,
}

/// Where a panel's rows come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A metric view.
    Metric(Ask),
    /// State of the store itself: connections, runs, what was set aside. A statement and its columns; `$channels` in it are those that were chosen.
    State {
        /// The statement.
        sql: &'static str,
        /// Its columns, in order.
        columns: &'static str,
    },
    /// What Prometheus answers to each of these.
    Scrapes(Vec<Series>),
    /// A heading has none.
    Nothing,
}

/// A question to Prometheus and how its answer is shown.
#[derive(Debug, Clone, Copy)]
pub struct Series {
    /// PromQL. `$job` is the scrape job that was chosen, `$__rate_interval` and `$__range` are Grafana's.
    pub expr: &'static str,
    /// What it is called; in lines over time, labels stand in it as `{{label}}`.
    pub name: Words,
    /// Its unit, by Grafana's name.
    pub unit: &'static str,
    /// Colours by its figure.
    pub steps: Option<Steps>,
    /// Words in place of its figures.
    pub meanings: &'static [Meaning],
}

impl Series {
    pub(crate) const fn new(expr: &'static str, name: Words, unit: &'static str) -> Self {
        Self { expr, name, unit, steps: None, meanings: &[] }
    }

    /// Coloured by its figure.
    pub(crate) const fn coloured(self, steps: Steps) -> Self {
        Self { steps: Some(steps), ..self }
    }

    /// With words in place of figures.
    pub(crate) const fn meaning(self, meanings: &'static [Meaning]) -> Self {
        Self { meanings, ..self }
    }
}

/// From which figure on a colour holds; the first from the least on.
pub type Steps = &'static [(Option<f64>, &'static str)];

/// A panel.
#[derive(Debug, Clone)]
pub struct Panel {
    /// How it is drawn.
    pub kind: Kind,
    /// Its title.
    pub title: Words,
    /// What it means and when not to trust it.
    pub says: Words,
    /// Its rows.
    pub source: Source,
    /// Width in the 24 columns of the grid.
    pub width: u32,
    /// Height in rows of the grid.
    pub height: u32,
    /// Headings of columns that say more than the usual ones.
    pub titles: Vec<(&'static str, Words)>,
    /// Colours of columns by their figure.
    pub steps: Vec<(&'static str, Steps)>,
    /// Columns that are read by links and not shown.
    pub hidden: Vec<&'static str>,
}

/// More than so many no-shows want a look, and then a hand: the levels of the usual alert.
pub(crate) const NO_SHOW: Steps = &[(None, GREEN), (Some(0.05), ORANGE), (Some(0.10), RED)];
/// Answers that do not come.
pub(crate) const NO_REPLY: Steps = &[(None, GREEN), (Some(0.10), ORANGE), (Some(0.20), RED)];
/// A budget's pace: 1 is as the days of the month pass.
pub(crate) const PACE: Steps = &[(None, GREEN), (Some(1.0), ORANGE), (Some(1.15), RED)];
/// Any at all wants a look.
pub(crate) const ANY: Steps = &[(None, GREEN), (Some(1.0), ORANGE)];
/// Of a whole, what is there.
pub(crate) const COVERED: Steps = &[(None, RED), (Some(0.8), ORANGE), (Some(1.0), GREEN)];
/// Hours since a connection delivered.
pub(crate) const BEHIND: Steps = &[(None, GREEN), (Some(24.0), ORANGE), (Some(72.0), RED)];

impl Panel {
    /// A panel over a metric.
    pub(crate) fn of(kind: Kind, size: (u32, u32), title: Words, says: Words, ask: Ask) -> Self {
        Self::from(kind, size, title, says, Source::Metric(ask))
    }

    /// A table over the state of the store.
    pub(crate) fn of_state(kind: Kind, size: (u32, u32), title: Words, says: Words, sql: &'static str, columns: &'static str) -> Self {
        Self::from(kind, size, title, says, Source::State { sql, columns })
    }

    /// A panel over what Prometheus keeps.
    pub(crate) fn of_scrapes(kind: Kind, size: (u32, u32), title: Words, says: Words, series: &[Series]) -> Self {
        Self::from(kind, size, title, says, Source::Scrapes(series.to_vec()))
    }

    /// A heading.
    pub(crate) fn heading(title: Words) -> Self {
        Self::from(Kind::Heading, (24, 1), title, Words { en: "", zh: "" }, Source::Nothing)
    }

    fn from(kind: Kind, (width, height): (u32, u32), title: Words, says: Words, source: Source) -> Self {
        Self { kind, title, says, source, width, height, titles: Vec::new(), steps: Vec::new(), hidden: vec!["channel"] }
    }

    /// Calls a column otherwise.
    #[must_use]
    pub(crate) fn called(mut self, column: &'static str, title: Words) -> Self {
        self.titles.push((column, title));
        self
    }

    /// Colours a column by its figure.
    #[must_use]
    pub(crate) fn coloured(mut self, column: &'static str, steps: Steps) -> Self {
        self.steps.push((column, steps));
        self
    }

    /// Of a metric, only some rows.
    #[must_use]
    pub(crate) fn only(mut self, only: super::ask::Only) -> Self {
        if let Source::Metric(ask) = &mut self.source {
            ask.only = only;
        }
        self
    }

    /// Only rows that rest on a case at least.
    #[must_use]
    pub(crate) fn counted(mut self) -> Self {
        if let Source::Metric(ask) = &mut self.source {
            ask.counted = true;
        }
        self
    }

    /// Whatever store was chosen.
    #[must_use]
    pub(crate) fn of_all_stores(mut self) -> Self {
        if let Source::Metric(ask) = &mut self.source {
            ask.by_store = false;
        }
        self
    }

    /// At most so many rows, in this order.
    #[must_use]
    pub(crate) fn first(mut self, limit: u32, order: &'static str) -> Self {
        if let Source::Metric(ask) = &mut self.source {
            (ask.limit, ask.order) = (Some(limit), Some(order));
        }
        self
    }

    /// The statement as Grafana sends it, its variables not yet in their places.
    pub fn statement(&self, lang: Lang) -> Option<String> {
        match (&self.source, self.kind) {
            (Source::Metric(ask), Kind::Lines | Kind::Stacked) => Some(ask.series(lang)),
            (Source::Metric(ask), Kind::Week) => Some(ask.week(lang)),
            (Source::Metric(ask), _) => Some(ask.table(lang)),
            (Source::State { sql, .. }, _) => Some(
                sql.replace("$channels", "arrayRemove([${channel:singlequote}], '')").replace("$name", &format!("name_{}", lang.as_str())),
            ),
            (Source::Scrapes(_) | Source::Nothing, _) => None,
        }
    }

    /// The columns of the answer, in order.
    pub(crate) fn columns(&self) -> Vec<&'static str> {
        match &self.source {
            Source::Scrapes(_) | Source::Nothing => Vec::new(),
            Source::State { columns, .. } => columns.split_whitespace().collect(),
            Source::Metric(ask) => match self.kind {
                Kind::Lines | Kind::Stacked => {
                    let mut columns: Vec<&str> = vec!["time"];
                    columns.extend(ask.slices().map(|name| if name == "channel" { "channel_name" } else { name }));
                    for column in &ask.columns {
                        columns.push(if *column == "stage" { "stage_name" } else { column });
                        if *column == "value" && ask.has_few() {
                            columns.push("few");
                        }
                    }
                    // The words of a series stand before its figures.
                    columns.sort_by_key(|column| match *column {
                        "time" => 0,
                        "stage_name" => 2,
                        column if ask.columns.contains(&column) || column == "few" => 3,
                        _ => 1,
                    });
                    columns
                }
                Kind::Week => Vec::new(),
                _ => {
                    let mut columns = Vec::new();
                    columns.extend(ask.period().map(|period| if period == "month" { "month" } else { "period" }));
                    for name in ask.slices() {
                        if name == "channel" {
                            columns.push("channel_name");
                        }
                        columns.push(name);
                    }
                    let of_budget = ask.metric.id == "budget_advice";
                    columns.extend(ask.columns.iter().map(|column| if of_budget && *column == "reason" { "move_reason" } else { column }));
                    columns
                }
            },
        }
    }
}
