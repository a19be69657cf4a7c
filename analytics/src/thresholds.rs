//! What a rule of `alerts.toml` can watch, and whether it says so rightly. `jobs/thresholds.rs` judges.

use std::collections::BTreeMap;

use inflow_config::{AlertMode, AlertPeriod, AlertRule, Bad, Config, Problem, did_you_mean};
use inflow_statistics::threshold::{FEWEST, Mode, Rule, Side};
use rust_decimal::prelude::ToPrimitive;

use crate::catalogue::{Metric, catalogue};

/// How a figure is made, which decides over what it can be taken and which interval it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `numerator` of `denominator`, both of which add up over days.
    Rate,
    /// `numerator`, money, over `denominator`, both of which add up over days.
    Cost,
    /// The column itself, which adds up over days.
    Count,
    /// A figure of a whole period: in what it is told, of which cases (a column), and whether `low` and `high` are its interval.
    Figure { unit: &'static str, cases: Option<&'static str>, interval: bool },
}

/// A column of a metric that a rule can watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Measure {
    pub(crate) metric: &'static str,
    pub(crate) column: &'static str,
    pub(crate) kind: Kind,
}

const fn measure(metric: &'static str, column: &'static str, kind: Kind) -> Measure {
    Measure { metric, column, kind }
}

const fn figure(metric: &'static str, column: &'static str, unit: &'static str, cases: Option<&'static str>, interval: bool) -> Measure {
    measure(metric, column, Kind::Figure { unit, cases, interval })
}

/// One line a figure; of a metric with several the one meant without `column` comes first.
///
/// Not `conversion`: the newest cohorts have had no time, so that they look low whatever happens; `step_rate` judges a step when it is due.
const MEASURES: [Measure; 25] = [
    measure("no_show", "value", Kind::Rate),
    measure("no_show", "undelivered", Kind::Count),
    measure("no_reply", "value", Kind::Rate),
    measure("no_reply", "undelivered", Kind::Count),
    measure("step_rate", "value", Kind::Rate),
    measure("drop_out", "value", Kind::Rate),
    measure("offer_acceptance", "value", Kind::Rate),
    measure("onboard_rate", "value", Kind::Rate),
    measure("assessment_pass", "value", Kind::Rate),
    measure("persona_match", "value", Kind::Rate),
    measure("cost_per_contact", "value", Kind::Cost),
    measure("cost_per_resume", "value", Kind::Cost),
    measure("cost_per_attended", "value", Kind::Cost),
    measure("cost_per_onboarded", "value", Kind::Cost),
    measure("volume", "applications", Kind::Count),
    figure("time_in_stage", "median", "days", Some("entries"), true),
    figure("time_to_hire", "median", "days", Some("cases"), true),
    figure("time_to_fill", "median", "days", Some("heads"), true),
    figure("fill_rate", "value", "share", Some("denominator"), false),
    figure("fill_rate", "vacancy_rate", "share", Some("denominator"), false),
    figure("fill_rate", "gap", "heads", None, false),
    figure("fill_rate", "overdue", "heads", None, false),
    figure("fill_rate", "overdue_days", "days", None, false),
    figure("retention_90", "estimate", "share", Some("denominator"), false),
    figure("budget", "pace", "of_budget", None, false),
];

/// Days that a rule looks back on unless it says how many.
const DAYS: u16 = 28;
/// Values that cut a calendar are no slices.
const PERIODS: [&str; 3] = ["day", "week", "month"];

/// Over what a figure is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Back {
    /// So many whole days up to each day.
    Days(u16),
    /// Each whole period.
    Period(AlertPeriod),
    /// The month up to each of its days, by what was known then.
    MonthSoFar,
}

/// A rule as it is watched.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    pub(crate) rule: &'a AlertRule,
    pub(crate) metric: &'static Metric,
    pub(crate) measure: Measure,
    /// Dimensions of the slices.
    pub(crate) by: Vec<&'static str>,
    /// Keys of the metric's rows that the rule leaves open: they make slices too.
    pub(crate) open_keys: Vec<&'static str>,
    pub(crate) back: Back,
    pub(crate) levels: Rule,
}

/// What is wrong with the rules of `alerts.toml` that only the metrics can tell, each with its place.
pub fn check_alerts(config: &Config) -> Vec<Problem> {
    watches(config).err().unwrap_or_default()
}

/// All rules, or all that is wrong with them.
pub(crate) fn watches(config: &Config) -> Result<Vec<Watch<'_>>, Vec<Problem>> {
    let (mut good, mut problems) = (Vec::new(), Vec::new());
    for (index, rule) in config.alerts.rule.iter().enumerate() {
        match watch(rule) {
            Ok(watch) => good.push(watch),
            Err(bad) => problems.extend(bad.into_iter().map(|(key, bad)| config.alerts.problem(index, &key, bad))),
        }
    }
    if problems.is_empty() { Ok(good) } else { Err(problems) }
}

/// What is wrong, and with which key.
type Wrong = Vec<(String, Bad)>;

fn watch(rule: &AlertRule) -> Result<Watch<'_>, Wrong> {
    let (metric, measure) = measured(rule)?;
    let mut wrong = Wrong::new();
    let mut complain = |key: &str, bad: Bad| wrong.push((key.to_owned(), bad));
    let by = dimensions(rule, metric).unwrap_or_else(|bad| {
        complain("by", bad);
        Vec::new()
    });
    for key in rule.only.keys().filter(|key| !metric.keys.contains(&key.as_str())) {
        let accepted = if metric.keys.is_empty() { "none".to_owned() } else { metric.keys.join(", ") };
        let bad = Bad::new(format!("the rows of {} have no key `{key}`, accepted: {accepted}", metric.id));
        complain(&format!("where.{key}"), bad.hint(did_you_mean(key, metric.keys.iter().copied())));
    }
    for (key, values) in [("channel", &rule.channel), ("store", &rule.store)] {
        if !values.is_empty() && !metric.dimensions.contains(&key) {
            complain(key, Bad::new(format!("{} cannot be told by {key}", metric.id)));
        }
    }
    let summed = !matches!(measure.kind, Kind::Figure { .. });
    if summed && rule.period.is_some() {
        complain("period", Bad::new(format!("{} adds up over days", named(measure))).hint(Some("write days = 7 or 28 instead".to_owned())));
    }
    let so_far = measure.metric == "budget";
    if let Some(key) =
        [("days", rule.days.is_some()), ("period", rule.period.is_some())].into_iter().find_map(|(key, is)| (so_far && is).then_some(key))
    {
        complain(
            key,
            Bad::new(format!("{} is of the month so far, after each of its days", named(measure))).hint(Some("leave it out".to_owned())),
        );
    } else if !summed && rule.days.is_some() {
        let hint = "write period = \"week\" or \"month\" instead".to_owned();
        complain("days", Bad::new(format!("{} does not add up over days", named(measure))).hint(Some(hint)));
    }
    if rule.mode == AlertMode::Interval && matches!(measure.kind, Kind::Figure { interval: false, .. }) {
        complain("mode", Bad::new(format!("{} has no interval", named(measure))).hint(Some("leave `mode` out".to_owned())));
    }
    if rule.fewest.is_some() && matches!(measure.kind, Kind::Count | Kind::Figure { cases: None, .. }) {
        complain(
            "fewest",
            Bad::new(format!("{} is not made of cases, so it has no fewest", named(measure))).hint(Some("leave it out".to_owned())),
        );
    }
    let is_share = measure.kind == Kind::Rate || matches!(measure.kind, Kind::Figure { unit: "share", .. });
    for (key, level) in [("above", rule.above), ("below", rule.below), ("clear", rule.clear)] {
        if let Some(level) = level.filter(|level| is_share && *level > rust_decimal::Decimal::ONE) {
            let meant = format!("{level} % is \"{}\"", (level / rust_decimal::Decimal::ONE_HUNDRED).normalize());
            complain(key, Bad::new(format!("{} is a share from 0 to 1", named(measure))).hint(Some(meant)));
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let open_keys = metric.keys.iter().copied().filter(|key| !rule.only.contains_key(*key)).collect();
    let back = match summed {
        _ if so_far => Back::MonthSoFar,
        true => Back::Days(rule.days.unwrap_or(DAYS)),
        false => Back::Period(rule.period.unwrap_or(AlertPeriod::Week)),
    };
    Ok(Watch { rule, metric, measure, by, open_keys, back, levels: levels(rule) })
}

fn levels(rule: &AlertRule) -> Rule {
    let (side, raise) = match rule.below {
        Some(level) => (Side::Below, level),
        None => (Side::Above, rule.above.unwrap_or_default()),
    };
    Rule {
        side,
        raise: raise.to_f64().unwrap_or_default(),
        clear: rule.clears().to_f64().unwrap_or_default(),
        fewest: rule.fewest.map_or(FEWEST, u64::from),
        mode: if rule.mode == AlertMode::Interval { Mode::Interval } else { Mode::Literal },
    }
}

/// The metric and its column, which may be the first of several.
fn measured(rule: &AlertRule) -> Result<(&'static Metric, Measure), Wrong> {
    let mut of_metrics: BTreeMap<&str, Vec<Measure>> = BTreeMap::new();
    for measure in MEASURES {
        of_metrics.entry(measure.metric).or_default().push(measure);
    }
    let found = of_metrics.get(rule.metric.as_str()).and_then(|columns| Some((catalogue().iter().find(|m| m.id == rule.metric)?, columns)));
    let Some((metric, columns)) = found else {
        let mut accepted: Vec<&str> = MEASURES.iter().map(|measure| measure.metric).collect();
        accepted.dedup();
        let message = format!("no alert can watch a metric `{}`, accepted: {}", rule.metric, accepted.join(", "));
        let hint = if rule.metric.starts_with("conversion") {
            Some("write `step_rate`: it judges a step when it is due, while young cohorts of a conversion always look low".to_owned())
        } else {
            did_you_mean(&rule.metric, accepted)
        };
        return Err(vec![("metric".to_owned(), Bad::new(message).hint(hint))]);
    };
    match &rule.column {
        None => Ok((metric, columns[0])),
        Some(column) => columns.iter().find(|measure| measure.column == column).map(|measure| (metric, *measure)).ok_or_else(|| {
            let accepted: Vec<&str> = columns.iter().map(|measure| measure.column).collect();
            let message = format!("no alert can watch `{column}` of {}, accepted: {}", metric.id, accepted.join(", "));
            vec![("column".to_owned(), Bad::new(message).hint(did_you_mean(column, accepted)))]
        }),
    }
}

fn dimensions(rule: &AlertRule, metric: &'static Metric) -> Result<Vec<&'static str>, Bad> {
    let accepted = || metric.dimensions.iter().copied().filter(|name| !PERIODS.contains(name));
    let Some(by) = &rule.by else { return Ok(metric.default_by.iter().copied().filter(|name| !PERIODS.contains(name)).collect()) };
    by.iter()
        .map(|name| {
            accepted().find(|known| *known == name.as_str()).ok_or_else(|| {
                let all: Vec<&str> = accepted().collect();
                Bad::new(format!("an alert on {} cannot be cut by `{name}`, accepted: {}", metric.id, all.join(", ")))
                    .hint(did_you_mean(name, all))
            })
        })
        .collect()
}

/// As people call it.
fn named(measure: Measure) -> String {
    if measure.column == "value" { measure.metric.to_owned() } else { format!("{} of {}", measure.column, measure.metric) }
}

#[cfg(test)]
mod tests;
