//! The figures of a rule, slice by slice: the metric is asked once, and days are added up here where the metric's figures do.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{
    AlertPeriod, AnalyticsError, BTreeMap, BTreeSet, Back, Days, Desk, Figure, Interval, Kind, Map, NaiveDate, Point, REPLAYED, Slice,
    Value, Watch, last_whole_day, statement_of,
};
use crate::report::{Query, instant};

/// What a day adds to a slice.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Added {
    pub(super) amount: Decimal,
    pub(super) cases: u64,
}

/// The days of a slice.
type ByDay = BTreeMap<NaiveDate, Added>;

/// Reads a rule's metric and makes of it what is to be judged.
pub(super) async fn read(desk: &Desk<'_>, watch: &Watch<'_>) -> Result<Vec<Slice>, AnalyticsError> {
    let last = |channel: &str| last_whole_day(desk.config, channel, desk.now);
    // A day of all channels is over where it is over last.
    let of_all = desk.config.channels.iter().map(|channel| last(&channel.id)).chain([last("")]).min().unwrap_or_default();
    let end_of =
        |of: &[(&'static str, String)]| of.iter().find(|(name, _)| *name == "channel").map_or(of_all, |(_, channel)| last(channel));
    let latest = desk.config.channels.iter().map(|channel| last(&channel.id)).chain([last("")]).max().unwrap_or_default();
    if watch.back == Back::MonthSoFar {
        return month_so_far(desk, watch, last("")).await;
    }
    let rows = ask(desk, watch, latest).await?;
    let told_to = if watch.measure.kind == Kind::Cost { ledger_told_to(desk, latest).await? } else { None };
    let slices = match watch.back {
        Back::Days(days) => {
            let (amounts, covered) = by_day(watch, &rows);
            let first = latest - Days::new(REPLAYED);
            let slice = |(of, added): (Vec<(&'static str, String)>, ByDay)| {
                let channel = of.iter().find(|(name, _)| *name == "channel").map_or("", |(_, channel)| channel.as_str());
                let share = |day: NaiveDate| match covered.get(&(channel.to_owned(), day)) {
                    _ if told_to.is_some_and(|told| day > told) => 0.0,
                    Some(share) => *share,
                    // What no configured channel stands for has no connection to fail.
                    None => 1.0,
                };
                let points = look_back(watch.measure.kind, &added, share, u64::from(days), first, end_of(&of));
                Slice { of, points }
            };
            amounts.into_iter().map(slice).collect()
        }
        Back::Period(period) => by_period(watch, &rows, period, end_of),
        Back::MonthSoFar => Vec::new(),
    };
    Ok(slices.into_iter().filter(|slice: &Slice| is_worth_a_row(watch, slice)).collect())
}

/// Of what is cut by more than channels, only what there ever was something of.
fn is_worth_a_row(watch: &Watch<'_>, slice: &Slice) -> bool {
    let channels_alone = watch.by.iter().all(|name| *name == "channel") && watch.open_keys.is_empty();
    channels_alone || slice.points.iter().filter_map(|point| point.figure).any(|figure| figure.cases().unwrap_or(1) > 0)
}

/// Days of a month before a pace says anything: a line of one day is most of what there is.
const SETTLING: u32 = 4;

/// Days after each of which such a figure is judged: each costs a statement of its metric.
const SO_FAR: u64 = 14;

/// A figure of a month that is under way, after each of the last days, by what was known at its end. What the ledger does not tell yet, and the
/// first days of a month, are unknown.
async fn month_so_far(desk: &Desk<'_>, watch: &Watch<'_>, latest: NaiveDate) -> Result<Vec<Slice>, AnalyticsError> {
    use chrono::{Datelike, TimeZone};
    let zone = desk.config.settings.company.timezone;
    let told_to = ledger_told_to(desk, latest).await?;
    let mut slices: BTreeMap<Vec<(&'static str, String)>, Vec<Point>> = BTreeMap::new();
    for day in (latest - Days::new(SO_FAR - 1)).iter_days().take_while(|day| *day <= latest) {
        let midnight = (day + Days::new(1)).and_hms_opt(0, 0, 0).and_then(|over| zone.from_local_datetime(&over).earliest());
        let as_of = midnight.map_or(desk.now, |over| over.to_utc() - chrono::TimeDelta::milliseconds(1)).min(desk.now);
        let query = Query {
            metric: watch.metric.id.to_owned(),
            version: None,
            by: Vec::new(),
            from: day,
            to: day,
            tz: Some(zone),
            as_of,
            filters: BTreeMap::new(),
        };
        let asked = statement_of(watch.metric, &query, &["month"]);
        let column = watch.measure.column;
        let keys: Vec<String> = watch.metric.keys.iter().map(|key| format!("toString(`{key}`) AS `{key}`")).collect();
        let picked: Vec<String> =
            watch.rule.only.iter().map(|(key, value)| format!("toString(`{key}`) = {}", inflow_store::quote_text(value))).collect();
        let picked = if picked.is_empty() { "1".to_owned() } else { picked.join(" AND ") };
        let sql = format!("SELECT {}, toString(`{column}`) AS figure FROM (SELECT * FROM (\n{asked}) WHERE {picked})", keys.join(", "));
        let rows = desk.marts.store.rows(&desk.marts.here(&sql), &[]).await;
        let rows = rows.map_err(AnalyticsError::store(format!("cannot read {} for the rule {}", watch.metric.id, watch.rule.id)))?;
        let known = day.day() > SETTLING && told_to.is_none_or(|told| day <= told);
        for row in &rows {
            let value = text(row, "figure").and_then(|text| text.parse::<f64>().ok());
            let figure = known.then_some(Figure::Stated { value, interval: None, cases: None });
            let point = Point { since: period_of(AlertPeriod::Month, day).0, day, figure, covered: if known { 1.0 } else { 0.0 } };
            slices.entry(of(watch, row)).or_default().push(point);
        }
    }
    Ok(slices.into_iter().map(|(of, points)| Slice { of, points }).collect())
}

async fn ask(desk: &Desk<'_>, watch: &Watch<'_>, latest: NaiveDate) -> Result<Vec<Map<String, Value>>, AnalyticsError> {
    let earliest = latest - Days::new(REPLAYED);
    let (cut, from) = match watch.back {
        Back::Days(days) => ("day", earliest - Days::new(u64::from(days) - 1)),
        Back::Period(period) => (period.as_str(), period_of(period, earliest).0),
        Back::MonthSoFar => ("month", earliest),
    };
    let filters = [("channel", &watch.rule.channel), ("store", &watch.rule.store)].into_iter().filter(|(_, values)| !values.is_empty());
    let query = Query {
        metric: watch.metric.id.to_owned(),
        version: None,
        by: Vec::new(),
        from,
        to: latest,
        tz: None,
        as_of: desk.now,
        filters: filters.map(|(name, values)| (name.to_owned(), values.clone())).collect(),
    };
    let by: Vec<&str> = watch.by.iter().copied().chain([cut]).collect();
    let asked = statement_of(watch.metric, &query, &by);
    let columns: BTreeSet<&str> = match watch.measure.kind {
        Kind::Rate | Kind::Cost => ["numerator", "denominator"].into(),
        Kind::Count => [watch.measure.column].into(),
        Kind::Figure { cases, interval, .. } => {
            [watch.measure.column].into_iter().chain(cases).chain(interval.then_some(["low", "high"]).into_iter().flatten()).collect()
        }
    };
    let named: Vec<String> = watch.by.iter().chain(&watch.metric.keys).map(|name| format!("toString(`{name}`) AS `{name}`")).collect();
    let values = columns.iter().map(|name| format!("toString(`{name}`) AS `{name}`"));
    let selected: Vec<String> =
        named.into_iter().chain(values).chain(["toString(period) AS cut_on".to_owned(), "covered AS share".to_owned()]).collect();
    let picked: Vec<String> =
        watch.rule.only.iter().map(|(key, value)| format!("toString(`{key}`) = {}", inflow_store::quote_text(value))).collect();
    let picked = if picked.is_empty() { "1".to_owned() } else { picked.join(" AND ") };
    let sql = format!("SELECT {} FROM (SELECT * FROM (\n{asked}) WHERE {picked})", selected.join(", "));
    let rows = desk.marts.store.rows(&desk.marts.here(&sql), &[]).await;
    rows.map_err(AnalyticsError::store(format!("cannot read {} for the rule {}", watch.metric.id, watch.rule.id)))
}

/// The last day that the ledger tells of; a contract accrues into the future and tells nothing. None when it never told any.
async fn ledger_told_to(desk: &Desk<'_>, latest: NaiveDate) -> Result<Option<NaiveDate>, AnalyticsError> {
    let sql = "SELECT toString(max(day)) AS told_to, count() AS days FROM inflow.spend_days WHERE kind != 'subscription' AND day <= {latest:Date}";
    let rows = desk.marts.store.rows(&desk.marts.here(sql), &[("latest", latest.to_string())]).await;
    let rows = rows.map_err(AnalyticsError::store(format!("cannot read up to which day the ledger tells, as of {}", instant(desk.now))))?;
    let told = rows.first().filter(|row| row.get("days").and_then(Value::as_u64) != Some(0));
    Ok(told.and_then(|row| row.get("told_to")?.as_str()?.parse().ok()))
}

/// What each slice got on each day, and the share of each channel's day that was delivered (of all channels, under no name, where none is told apart).
type Amounts = BTreeMap<Vec<(&'static str, String)>, ByDay>;

fn by_day(watch: &Watch<'_>, rows: &[Map<String, Value>]) -> (Amounts, BTreeMap<(String, NaiveDate), f64>) {
    let (mut amounts, mut covered) = (Amounts::new(), BTreeMap::new());
    for row in rows {
        let Some(day) = text(row, "cut_on").and_then(|day| day.parse::<NaiveDate>().ok()) else { continue };
        let added = match watch.measure.kind {
            Kind::Count => Added { amount: decimal(row, watch.measure.column), cases: 0 },
            _ => Added { amount: decimal(row, "numerator"), cases: decimal(row, "denominator").to_u64().unwrap_or_default() },
        };
        let of = of(watch, row);
        let channel = of.iter().find(|(name, _)| *name == "channel").map(|(_, channel)| channel.clone()).unwrap_or_default();
        let share = row.get("share").and_then(Value::as_f64).unwrap_or(1.0);
        covered.entry((channel, day)).and_modify(|least: &mut f64| *least = least.min(share)).or_insert(share);
        let sum = amounts.entry(of).or_default().entry(day).or_default();
        *sum = Added { amount: sum.amount + added.amount, cases: sum.cases + added.cases };
    }
    (amounts, covered)
}

/// The sums of `days` days up to each day from `first` to `last`. Where one of them was not delivered in full the figure is unknown.
pub(super) fn look_back(
    kind: Kind,
    added: &ByDay,
    covered: impl Fn(NaiveDate) -> f64,
    days: u64,
    first: NaiveDate,
    last: NaiveDate,
) -> Vec<Point> {
    let judged = first.iter_days().take_while(|day| *day <= last);
    judged
        .map(|day| {
            let since = day - Days::new(days - 1);
            let sum = added
                .range(since..=day)
                .fold(Added::default(), |sum, (_, one)| Added { amount: sum.amount + one.amount, cases: sum.cases + one.cases });
            let shares: Vec<f64> = since.iter_days().take(days as usize).map(&covered).collect();
            let whole = shares.iter().all(|share| *share >= 1.0);
            let count = || sum.amount.to_u64().unwrap_or_default();
            let figure = match kind {
                Kind::Cost => Figure::Cost { amount: sum.amount.to_f64().unwrap_or_default(), people: sum.cases },
                Kind::Count => Figure::Count(count()),
                Kind::Rate | Kind::Figure { .. } => Figure::Rate { events: count(), cases: sum.cases },
            };
            Point { since, day, figure: whole.then_some(figure), covered: shares.iter().sum::<f64>() / days as f64 }
        })
        .collect()
}

/// The metric's own figures of periods that are over.
fn by_period(
    watch: &Watch<'_>,
    rows: &[Map<String, Value>],
    period: AlertPeriod,
    end_of: impl Fn(&[(&'static str, String)]) -> NaiveDate,
) -> Vec<Slice> {
    let Kind::Figure { cases, interval, .. } = watch.measure.kind else { return Vec::new() };
    let mut slices: BTreeMap<Vec<(&'static str, String)>, BTreeMap<NaiveDate, Point>> = BTreeMap::new();
    for row in rows {
        let Some((since, day)) = text(row, "cut_on").and_then(|day| Some(period_of(period, day.parse().ok()?))) else { continue };
        let of = of(watch, row);
        if day > end_of(&of) {
            continue;
        }
        let number = |column: &str| text(row, column).and_then(|text| text.parse::<f64>().ok());
        let bounds = || Some(Interval { low: number("low")?, high: number("high")? });
        let covered = row.get("share").and_then(Value::as_f64).unwrap_or(1.0);
        let figure = Figure::Stated {
            value: number(watch.measure.column),
            interval: interval.then(bounds).flatten(),
            cases: cases.map(|column| decimal(row, column).to_u64().unwrap_or_default()),
        };
        slices.entry(of).or_default().insert(day, Point { since, day, figure: (covered >= 1.0).then_some(figure), covered });
    }
    slices.into_iter().map(|(of, points)| Slice { of, points: points.into_values().collect() }).collect()
}

/// First and last day of the period that a day is in.
fn period_of(period: AlertPeriod, day: NaiveDate) -> (NaiveDate, NaiveDate) {
    use chrono::{Datelike, Months};
    let first = match period {
        AlertPeriod::Week => day - Days::new(u64::from(day.weekday().num_days_from_monday())),
        AlertPeriod::Month => day.with_day(1).unwrap_or(day),
    };
    let last = match period {
        AlertPeriod::Week => first + Days::new(6),
        AlertPeriod::Month => first + Months::new(1) - Days::new(1),
    };
    (first, last)
}

fn of(watch: &Watch<'_>, row: &Map<String, Value>) -> Vec<(&'static str, String)> {
    watch.by.iter().chain(&watch.open_keys).map(|name| (*name, text(row, name).unwrap_or_default().to_owned())).collect()
}

fn text<'r>(row: &'r Map<String, Value>, column: &str) -> Option<&'r str> {
    row.get(column)?.as_str()
}

fn decimal(row: &Map<String, Value>, column: &str) -> Decimal {
    text(row, column).and_then(|text| text.parse().ok()).unwrap_or_default()
}
