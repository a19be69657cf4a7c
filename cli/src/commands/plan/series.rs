//! A csv file of a business by day, week or month, and maybe by store.

use crate::failure::Failure;
use chrono::{Datelike, NaiveDate, Weekday};
use inflow_analytics::{BusinessSeries, Grain};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const PERIOD: [&str; 10] = ["period", "date", "day", "week", "month", "日期", "周", "月", "月份", "期间"];
const STORE: [&str; 3] = ["store", "门店", "店铺"];

/// Reads the units of a store, or of all together.
pub fn read(file: &Path, column: Option<&str>, store: Option<&str>) -> Result<BusinessSeries, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::user(format!("{} cannot be read: {error}", file.display()), "it must be a csv file in UTF-8"))?;
    parse(&file.display().to_string(), &text, column, store)
}

/// Units by period and store; none where a cell is empty.
type Rows = BTreeMap<NaiveDate, BTreeMap<String, Option<f64>>>;

/// How a period is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    Date,
    Week,
    Month,
}

fn parse(name: &str, text: &str, column: Option<&str>, store: Option<&str>) -> Result<BusinessSeries, Failure> {
    let unreadable =
        |error: csv::Error| Failure::user(format!("{name} is no csv file: {error}"), "save it as csv, comma-separated, in UTF-8");
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header: Vec<String> = reader.headers().map_err(unreadable)?.iter().map(|cell| cell.trim().to_owned()).collect();
    let columns = Columns::of(name, &header, column)?;
    let (mut rows, mut written) = (Rows::new(), None);
    for (row, record) in (2..).zip(reader.records()) {
        let record = record.map_err(unreadable)?;
        let at = Place { name, row, header: &header };
        let cell = |place: usize| record.get(place).unwrap_or_default().trim();
        let (day, how) = at.period(columns.period, cell(columns.period))?;
        if *written.get_or_insert(how) != how {
            return Err(at.wrong(columns.period, cell(columns.period), "is written otherwise than the rows above"));
        }
        let of = columns.store.map(cell).unwrap_or_default().to_owned();
        let units = at.units(columns.units, cell(columns.units))?;
        if store.is_some_and(|store| store != of) {
            continue;
        }
        if rows.entry(day).or_default().insert(of, units).is_some() {
            return Err(at.wrong(columns.period, cell(columns.period), "stands in two rows"));
        }
    }
    if rows.is_empty() {
        let of = store.map_or_else(String::new, |store| format!(" of {store}"));
        return Err(Failure::user(format!("{name} has no rows{of}"), "one row a day, week or month, a column of units"));
    }
    Ok(series(&whole(&rows), written.unwrap_or(Written::Date)))
}

struct Columns {
    period: usize,
    store: Option<usize>,
    units: usize,
}

impl Columns {
    fn of(name: &str, header: &[String], column: Option<&str>) -> Result<Self, Failure> {
        let has = || header.join(", ");
        let place = |words: &[&str]| header.iter().position(|cell| words.contains(&cell.to_lowercase().as_str()));
        let period = place(&PERIOD).ok_or_else(|| {
            Failure::user(format!("{name} has no column of periods; it has {}", has()), "call it date, week or month (日期, 周, 月份)")
        })?;
        let store = place(&STORE);
        let units = if let Some(column) = column {
            let missing =
                || Failure::user(format!("{name} has no column {column}; it has {}", has()), "--column names the column of units");
            header.iter().position(|cell| cell == column).ok_or_else(missing)?
        } else {
            let others: Vec<usize> = (0..header.len()).filter(|place| *place != period && Some(*place) != store).collect();
            match others.as_slice() {
                [units] => *units,
                [] => return Err(Failure::user(format!("{name} has no column of units; it has {}", has()), "add one, such as orders")),
                _ => {
                    let names: Vec<&str> = others.iter().map(|place| header[*place].as_str()).collect();
                    let message = format!("{name} has several columns of units: {}", names.join(", "));
                    return Err(Failure::user(message, format!("name one: --column {}", names[0])));
                }
            }
        };
        Ok(Self { period, store, units })
    }
}

/// Where a cell stands.
struct Place<'a> {
    name: &'a str,
    row: usize,
    header: &'a [String],
}

impl Place<'_> {
    fn wrong(&self, column: usize, cell: &str, why: &str) -> Failure {
        let column = self.header.get(column).map_or("", String::as_str);
        Failure::user(
            format!("{}, row {}, column {column}: `{cell}` {why}", self.name, self.row),
            "periods are 2026-10-31, 2026-W44 or 2026-10, one row each (and store); units are numbers of at least 0, or empty where unknown",
        )
    }

    fn period(&self, column: usize, cell: &str) -> Result<(NaiveDate, Written), Failure> {
        let parts: Vec<&str> = cell.split(['-', '/', '.']).collect();
        let number = |text: &&str| text.parse::<u32>().ok();
        let found = match parts.as_slice() {
            [year, month, day] => {
                let date = year.parse().ok().zip(number(month)).zip(number(day));
                date.and_then(|((year, month), day)| NaiveDate::from_ymd_opt(year, month, day)).map(|day| (day, Written::Date))
            }
            [year, rest] => {
                let year = year.parse().ok();
                if let Some(week) = rest.strip_prefix(['W', 'w']) {
                    let week = year.zip(week.parse().ok());
                    week.and_then(|(year, week)| NaiveDate::from_isoywd_opt(year, week, Weekday::Mon)).map(|day| (day, Written::Week))
                } else {
                    let month = year.zip(number(rest));
                    month.and_then(|(year, month)| NaiveDate::from_ymd_opt(year, month, 1)).map(|day| (day, Written::Month))
                }
            }
            _ => None,
        };
        // A year of two digits is no year of this age.
        found.filter(|(day, _)| (1970..2150).contains(&day.year())).ok_or_else(|| self.wrong(column, cell, "is no date, week or month"))
    }

    fn units(&self, column: usize, cell: &str) -> Result<Option<f64>, Failure> {
        if cell.is_empty() {
            return Ok(None);
        }
        let units = cell.replace([',', ','], "").parse::<f64>().ok().filter(|units| units.is_finite());
        match units {
            Some(units) if units >= 0.0 => Ok(Some(units)),
            Some(_) => Err(self.wrong(column, cell, "is less than 0")),
            None => Err(self.wrong(column, cell, "is no number")),
        }
    }
}

/// The sum over stores. A period that a store does not tell, between its first and its last, is not known.
fn whole(rows: &Rows) -> BTreeMap<NaiveDate, Option<f64>> {
    let mut lives: BTreeMap<&str, (NaiveDate, NaiveDate)> = BTreeMap::new();
    for (day, of_stores) in rows {
        for store in of_stores.keys() {
            lives.entry(store).or_insert((*day, *day)).1 = *day;
        }
    }
    let sum = |day: &NaiveDate, of_stores: &BTreeMap<String, Option<f64>>| {
        let mut open = lives.iter().filter(|(_, (first, last))| first <= day && day <= last);
        open.try_fold(0.0, |sum, (store, _)| Some(sum + of_stores.get(*store).copied().flatten()?))
    };
    rows.iter().map(|(day, of_stores)| (*day, sum(day, of_stores))).collect()
}

/// Puts periods on the calendar; those without a row are not known.
fn series(units: &BTreeMap<NaiveDate, Option<f64>>, written: Written) -> BusinessSeries {
    let days: Vec<NaiveDate> = units.keys().copied().collect();
    let gaps: BTreeSet<i64> = days.windows(2).map(|pair| (pair[1] - pair[0]).num_days()).collect();
    let months =
        written == Written::Month || (days.len() > 1 && days.iter().all(|day| day.day() == 1) && gaps.iter().all(|gap| *gap >= 28));
    let by_week = written == Written::Week || (!gaps.is_empty() && gaps.iter().all(|gap| gap % 7 == 0));
    let (first, last) = (days.first().copied().unwrap_or_default(), days.last().copied().unwrap_or_default());
    let at = |day: NaiveDate| units.get(&day).copied().flatten();
    if months {
        let periods = (0..).map_while(|place| Grain::Month.start(first, place)).take_while(|day| *day <= last);
        return BusinessSeries { grain: Grain::Month, first, values: periods.map(at).collect() };
    }
    if by_week {
        let periods = first.iter_weeks().take_while(|day| *day <= last);
        return BusinessSeries { grain: Grain::Week, first, values: periods.map(at).collect() };
    }
    // Days: whole weeks from Monday on.
    let monday = first.iter_days().find(|day| day.weekday() == Weekday::Mon).unwrap_or(first);
    let ends = |monday: &NaiveDate| monday.iter_days().nth(6).is_some_and(|sunday| sunday <= last);
    let week = |monday: NaiveDate| monday.iter_days().take(7).try_fold(0.0, |sum, day| Some(sum + at(day)?));
    BusinessSeries { grain: Grain::Week, first: monday, values: monday.iter_weeks().take_while(ends).map(week).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, column: Option<&str>, store: Option<&str>) -> String {
        match parse("orders.csv", text, column, store) {
            Ok(series) => format!("{:?} from {}: {:?}", series.grain, series.first, series.values),
            Err(failure) => failure.messages[0].0.clone(),
        }
    }

    #[test]
    fn days_weeks_and_months_are_told_apart() {
        assert_eq!(
            said("month,orders\n2026-01,10\n2026-02,\n2026-03,\"1,250.5\"\n", None, None),
            "Month from 2026-01-01: [Some(10.0), None, Some(1250.5)]"
        );
        assert_eq!(
            said("\u{feff}日期,销售额\n2026/1/1,1\n2026/3/1,3\n", None, None),
            "Month from 2026-01-01: [Some(1.0), None, Some(3.0)]"
        );
        assert_eq!(said("week,orders\n2026-W02,1\n2026-W01,2\n", None, None), "Week from 2025-12-29: [Some(2.0), Some(1.0)]");
        assert_eq!(said("date,orders\n2026-01-07,1\n2026-01-21,2\n", None, None), "Week from 2026-01-07: [Some(1.0), None, Some(2.0)]");
        // From Thursday 1 January to Monday 19: two whole weeks, a day of the second unknown.
        let days: Vec<String> = (1..=19).filter(|day| *day != 13).map(|day| format!("2026-01-{day:02},{day}")).collect();
        assert_eq!(said(&format!("date,orders\n{}\n", days.join("\n")), None, None), "Week from 2026-01-05: [Some(56.0), None]");
    }

    #[test]
    fn stores_are_added_or_chosen() {
        let text = "month,store,orders\n2026-01,a,1\n2026-02,a,2\n2026-03,a,3\n2026-02,b,10\n2026-04,b,30\n2026-04,a,4\n";
        assert_eq!(said(text, None, None), "Month from 2026-01-01: [Some(1.0), Some(12.0), None, Some(34.0)]");
        assert_eq!(said(text, None, Some("b")), "Month from 2026-02-01: [Some(10.0), None, Some(30.0)]");
        assert_eq!(said(text, None, Some("c")), "orders.csv has no rows of c");
    }

    #[test]
    fn bad_input_is_named_with_its_row_and_column() {
        assert_eq!(
            said("month,orders\n2026-01,10\n2026-13,10\n", None, None),
            "orders.csv, row 3, column month: `2026-13` is no date, week or month"
        );
        assert_eq!(said("month,orders\n2026-01,ten\n", None, None), "orders.csv, row 2, column orders: `ten` is no number");
        assert_eq!(said("month,orders\n2026-01,-4\n", None, None), "orders.csv, row 2, column orders: `-4` is less than 0");
        assert_eq!(
            said("month,orders\n2026-01,4\n2026-01,5\n", None, None),
            "orders.csv, row 3, column month: `2026-01` stands in two rows"
        );
        assert_eq!(
            said("date,orders\n2026-01-01,4\n2026-02,5\n", None, None),
            "orders.csv, row 3, column date: `2026-02` is written otherwise than the rows above"
        );
        assert_eq!(said("orders\n4\n", None, None), "orders.csv has no column of periods; it has orders");
        assert_eq!(said("month,store\n2026-01,a\n", None, None), "orders.csv has no column of units; it has month, store");
        assert_eq!(said("month,orders,sales\n2026-01,4,5\n", None, None), "orders.csv has several columns of units: orders, sales");
        assert_eq!(said("month,orders\n2026-01,4\n", Some("sales"), None), "orders.csv has no column sales; it has month, orders");
        assert_eq!(said("month,orders\n", None, None), "orders.csv has no rows");
        assert!(said("month,orders\n2026-01\n", None, None).starts_with("orders.csv is no csv file: "));
    }
}
