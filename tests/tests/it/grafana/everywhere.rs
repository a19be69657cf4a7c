//! A number is the same to the last digit wherever it is read: by the command line (JSON and csv), from the API (JSON, which is what the
//! page draws from, csv and the workbook), in Grafana's own statement of a panel, and in the workbooks of the month. What stands on the page
//! itself is handed in by the test that walks over it with a browser.

use super::compare::plain;
use super::endpoint::{ask, get};
use super::{ALL, Kind, Look, Source, boards, endpoint_of, list, sent, viewer};
use crate::briefs;
use crate::holder::Holder;
use calamine::{Data, Range, Reader, Xlsx};
use inflow_tests::Company;
use serde_json::{Map, Value};
use std::io::Cursor;
use std::time::Duration;

/// The month that is over in every store that is looked at, in days and for Grafana's range: 00:00 of the first, 23:30 of the last in Shanghai.
const MONTH: (&str, &str) = ("2026-10-01", "2026-10-31");
const LOOK: Look =
    Look { channels: ALL, stores: ALL, zone: "Asia/Shanghai", grain: "month", known: "now", from: 1_790_784_000, to: 1_793_460_600 };
const CSV: &str = "text/csv";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A figure of October by channel.
#[derive(Debug, Clone, Copy)]
pub struct Figure<'f> {
    /// Its metric and the column of it.
    pub metric: &'f str,
    pub column: &'f str,
    /// What tells its row from the others.
    pub row: &'f [(&'f str, &'f str)],
    /// What its channel is called in the workbooks.
    pub channel: &'f str,
    /// How far to trust it.
    pub status: &'f str,
    /// Where it stands in the workbooks of the month: the book, its sheet, and the heading over it.
    pub books: &'f [(Book, &'f str, &'f str)],
}

/// A workbook that people get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Book {
    /// 月度渠道分析表, of `inflow report month`.
    Month,
    /// What finance takes away: `inflow export month`.
    Export,
}

/// Everything in which a company's figures are read.
pub struct Places<'c> {
    company: &'c Company,
    folders: &'c [&'c str],
    page: String,
    endpoint: String,
    month: Vec<u8>,
    export: Vec<u8>,
}

impl<'c> Places<'c> {
    /// Of a company that is served; both workbooks of October are made.
    pub fn of(company: &'c Company, folders: &'c [&'c str], holder: &Holder<'_>) -> Self {
        let run = |arguments: &[&str]| company.run(&[arguments, folders].concat()).ok().out;
        run(&["report", "month", "--on", MONTH.1, "--lang", "en", "--xlsx", "everywhere.xlsx"]);
        let exported = run(&["export", "month", "2026-10", "--lang", "en"]);
        let read = |name: &str| std::fs::read(company.path().join(name)).unwrap();
        Self {
            company,
            folders,
            page: holder.page(),
            endpoint: endpoint_of(holder),
            month: read("everywhere.xlsx"),
            export: read(exported.trim()),
        }
    }

    /// The figure, once every place has been found to say the same; `shown` is what else is known of it.
    pub fn agree(&self, figure: &Figure<'_>, shown: &[(&str, &str)]) -> Value {
        let (value, status) = in_report(figure, &self.printed(figure, "json"));
        assert_eq!(status, figure.status, "{figure:?}");
        let mut told = vec![("the API", in_report(figure, &self.answered(figure, "application/json")))];
        told.push(("csv of the command line", in_csv(figure, &self.printed(figure, "csv"))));
        told.push(("csv of the API", in_csv(figure, &self.answered(figure, CSV))));
        told.push(("xlsx of the API", self.in_workbook(figure)));
        told.push(("Grafana", self.in_panel(figure)));
        for (place, (other, of_it)) in told {
            assert_eq!((plain(&other), of_it.as_str()), (plain(&value), figure.status), "{place}: {figure:?}");
        }
        for (book, sheet, heading) in figure.books {
            let bytes = if *book == Book::Month { &self.month } else { &self.export };
            let cell = below(&sheet_of(bytes, |name| name == *sheet), heading, figure.channel);
            assert_eq!(plain(&cell), plain(&value), "{book:?}, {sheet}: {figure:?}");
        }
        for (place, text) in shown {
            assert_eq!(plain(&Value::from(*text)), plain(&value), "{place}: {figure:?}");
        }
        value
    }

    fn printed(&self, figure: &Figure<'_>, format: &str) -> String {
        let line = ["report", figure.metric, "--by", "channel", "--from", MONTH.0, "--to", MONTH.1, "--format", format];
        self.company.run(&[&line[..], self.folders].concat()).ok().out
    }

    fn asked(&self, figure: &Figure<'_>, accept: &str) -> Vec<u8> {
        let path = format!("/api/v1/report/{}?by=channel&from={}&to={}", figure.metric, MONTH.0, MONTH.1);
        get(&self.page, &path, accept)
    }

    fn answered(&self, figure: &Figure<'_>, accept: &str) -> String {
        String::from_utf8(self.asked(figure, accept)).unwrap()
    }

    fn in_workbook(&self, figure: &Figure<'_>) -> (Value, String) {
        let sheet = sheet_of(&self.asked(figure, XLSX), |name| name.starts_with(figure.metric));
        let mut lines = sheet.rows();
        let heads: Vec<String> = lines.next().unwrap().iter().map(ToString::to_string).collect();
        of_row(figure, lines.map(|line| heads.iter().cloned().zip(line.iter().map(value_of)).collect()))
    }

    /// The first table by channel over all dashboards that has the column, asked as Grafana and its plugin ask.
    fn in_panel(&self, figure: &Figure<'_>) -> (Value, String) {
        let boards = boards(0);
        let mut panels = boards.iter().flat_map(|board| list(&board.json, "/panels").iter().zip(&board.panels));
        let fits = |panel: &super::Panel| match &panel.source {
            Source::Metric(ask) => {
                let shows =
                    |name: &str| ask.by.contains(&name) || ask.columns.contains(&name) || ask.only.iter().any(|(only, _)| *only == name);
                let lets = |(name, value): &(&str, &str)| ask.only.iter().all(|(only, values)| only != name || values.contains(value));
                (panel.kind, ask.metric.id, ask.by.as_slice()) == (Kind::Table, figure.metric, &["channel"])
                    && ask.columns.contains(&figure.column)
                    && figure.row.iter().all(|pair| shows(pair.0) && lets(pair))
            }
            _ => false,
        };
        let (json, _) = panels.find(|(_, panel)| fits(panel)).unwrap_or_else(|| panic!("no panel shows {figure:?}"));
        let viewer = viewer(&self.endpoint, &boards[0].json, LOOK);
        let answer = ask(&self.endpoint, &sent(&viewer, json["targets"][0]["rawSql"].as_str().unwrap())).unwrap();
        let rows = answer.rows.iter().map(|row| answer.columns.iter().map(|(name, _)| name.clone()).zip(row.iter().cloned()).collect());
        of_row(figure, rows)
    }
}

/// Value and status of the only row of a figure; a column that a place leaves out, since it shows one value of it, tells nothing apart.
fn of_row(figure: &Figure<'_>, rows: impl Iterator<Item = Map<String, Value>>) -> (Value, String) {
    let is_it = |row: &Map<String, Value>| figure.row.iter().all(|(name, value)| row.get(*name).is_none_or(|found| found == value));
    let found: Vec<Map<String, Value>> = rows.filter(is_it).collect();
    let [row] = &found[..] else { panic!("{} rows for {figure:?}", found.len()) };
    (row[figure.column].clone(), row["status"].as_str().unwrap().to_owned())
}

fn in_report(figure: &Figure<'_>, text: &str) -> (Value, String) {
    let report: Value = serde_json::from_str(text).unwrap();
    let rows = report["rows"].as_array().unwrap().iter().map(|row| row.as_object().unwrap().clone());
    of_row(figure, rows)
}

fn in_csv(figure: &Figure<'_>, text: &str) -> (Value, String) {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let heads = reader.headers().unwrap().clone();
    let cell = |cell: &str| if cell.is_empty() { Value::Null } else { Value::from(cell) };
    let rows = reader.records().map(|line| heads.iter().map(str::to_owned).zip(line.unwrap().iter().map(cell)).collect());
    of_row(figure, rows)
}

fn sheet_of(bytes: &[u8], is_it: impl Fn(&str) -> bool) -> Range<Data> {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes.to_vec())).unwrap();
    let names = book.sheet_names();
    let name = names.iter().find(|name| is_it(name)).unwrap_or_else(|| panic!("no such sheet among {names:?}"));
    book.worksheet_range(name).unwrap()
}

fn value_of(cell: &Data) -> Value {
    match cell {
        Data::Empty => Value::Null,
        Data::Float(number) => Value::from(*number),
        Data::Int(number) => Value::from(*number),
        other => Value::from(other.to_string()),
    }
}

/// The cell beneath a heading in the line of a channel.
fn below(sheet: &Range<Data>, heading: &str, channel: &str) -> Value {
    let mut heads = sheet.rows().filter_map(|row| row.iter().position(|cell| *cell == *heading));
    let at = heads.next().unwrap_or_else(|| panic!("no heading {heading}"));
    let row = sheet.rows().find(|row| row[0] == *channel).unwrap_or_else(|| panic!("no line of {channel}"));
    value_of(&row[at])
}

const RESUMES: [(Book, &str, &str); 2] = [(Book::Month, "Resumes", "Actual"), (Book::Export, "Summary", "Resumes")];
const PER_RESUME: [(Book, &str, &str); 2] = [(Book::Month, "Unit costs", "Cost per resume"), (Book::Export, "Summary", "Cost per resume")];
const SPENT: [(Book, &str, &str); 2] = [(Book::Month, "Spend and budget", "Actual"), (Book::Export, "Summary", "Accrued cost")];

/// Figures of the demo that the page shows too: spend, a count, what a resume and a hire cost, a rate; whole ones and ones that rest on few.
pub const OF_THE_DEMO: [Figure<'static>; 6] = [
    Figure { metric: "spend", column: "amount", row: &[("channel", "boss")], channel: "BOSS Zhipin", status: "ok", books: &SPENT },
    Figure { metric: "volume", column: "applications", row: &[("channel", "zhaopin")], channel: "Zhaopin", status: "ok", books: &RESUMES },
    Figure {
        metric: "cost_per_resume",
        column: "value",
        row: &[("channel", "wuba58")],
        channel: "58.com",
        status: "ok",
        books: &PER_RESUME,
    },
    Figure {
        metric: "cost_per_onboarded",
        column: "value",
        row: &[("channel", "indeed")],
        channel: "Indeed",
        status: "few",
        books: &[(Book::Month, "Unit costs", "Cost per hire"), (Book::Export, "Summary", "Cost per onboarded")],
    },
    Figure {
        metric: "conversion",
        column: "value",
        row: &[("channel", "douyin"), ("from_stage", "applied"), ("to_stage", "onboarded")],
        channel: "Douyin",
        status: "ok",
        books: &[],
    },
    Figure {
        metric: "conversion",
        column: "high",
        row: &[("channel", "lagou"), ("from_stage", "applied"), ("to_stage", "attended")],
        channel: "Lagou",
        status: "ok",
        books: &[],
    },
];

/// What the demo has none of: a channel that delivered nothing, a rate and a cost of few cases, and a cent that is rounded up.
#[test]
fn what_is_few_and_what_is_not_known_is_so_everywhere() {
    let company = briefs::company();
    let anywhere = [("INFLOW__SERVE__PAGE", "127.0.0.1:0"), ("INFLOW__SERVE__CLICKHOUSE", "127.0.0.1:0")];
    let holder = Holder::start_with(&company, &["serve"], &anywhere, Duration::from_mins(2));
    let places = Places::of(&company, &[], &holder);
    let rate = [("channel", "zhaopin"), ("from_stage", "applied"), ("to_stage", "attended")];
    let boss = [("channel", "boss")];
    let (zhaopin, liepin) = ([("channel", "zhaopin")], [("channel", "liepin")]);
    for (metric, column, row, channel, status, books, value) in [
        ("spend", "amount", &boss[..], "BOSS", "ok", &SPENT[..], Value::from("120.35")),
        ("volume", "applications", &boss, "BOSS", "ok", &RESUMES, Value::from(20)),
        ("volume", "applications", &liepin, "Liepin", "no_data", &RESUMES, Value::Null),
        ("cost_per_resume", "value", &boss, "BOSS", "ok", &PER_RESUME, Value::from("6.02")),
        ("cost_per_resume", "value", &zhaopin, "Zhaopin", "few", &PER_RESUME, Value::from("7.97")),
        ("conversion", "value", &rate, "Zhaopin", "few", &[], Value::from(0.2)),
        ("conversion", "high", &rate, "Zhaopin", "few", &[], Value::from(0.509_838)),
    ] {
        let figure = Figure { metric, column, row, channel, status, books };
        assert_eq!(places.agree(&figure, &[]), value, "{figure:?}");
    }
    assert_eq!(holder.end().0, 0);
}
