//! `inflow report METRIC...`

use crate::app::{App, Opened};
use crate::args::{ReportArgs, ReportFormat};
use crate::failure::Failure;
use crate::table;
use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use inflow_analytics::{Query, Report, catalogue};
use inflow_config::Lang;
use rust_xlsxwriter::XlsxError;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use tracing::{Instrument, info_span};

/// Prints metrics, or the list of metrics.
pub async fn run(app: &App, args: &ReportArgs) -> Result<u8, Failure> {
    if args.metrics.is_empty() {
        app.printer.result(&list(app.printer.lang, args.format)?);
        return Ok(0);
    }
    if args.format == ReportFormat::Xlsx && std::io::stdout().is_terminal() {
        return Err(Failure::user("a workbook is not for the terminal", "redirect it: inflow report .. --format xlsx > report.xlsx"));
    }
    if args.version.is_some() && args.metrics.len() > 1 {
        return Err(Failure::user("--version is of one metric, and this names several", "ask for each by itself"));
    }
    let opened = app.attach().await?;
    let mut reports = Vec::new();
    for metric in &args.metrics {
        let query = query(&opened, metric, args)?;
        let report = inflow_analytics::report(&opened.store, &opened.config, &query);
        reports.push(report.instrument(info_span!(target: "timing", "report")).await?);
    }
    opened.close().await;
    match reports.as_slice() {
        [_, _, ..] if args.format == ReportFormat::Json => {
            app.printer.result(&serde_json::to_string_pretty(&reports).map_err(Failure::ours)?);
        }
        all @ [_, _, ..] if args.format == ReportFormat::Xlsx => {
            app.printer.raw(&book(app, all)?);
        }
        _ => reports.iter().try_for_each(|report| print(app, report, args.format))?,
    }
    Ok(0)
}

fn print(app: &App, report: &Report, format: ReportFormat) -> Result<(), Failure> {
    match format {
        ReportFormat::Json => app.printer.result(&serde_json::to_string_pretty(report).map_err(Failure::ours)?),
        ReportFormat::Csv => app.printer.result(&inflow_dashboards::csv(report).map_err(Failure::ours)?),
        ReportFormat::Xlsx => app.printer.raw(&book(app, std::slice::from_ref(report))?),
        ReportFormat::Table => {
            app.printer.result(&table::report(report));
            let meaning = report.definition.meaning.get(app.printer.lang);
            app.printer.result(&format!("{} v{}, {} – {}: {}", report.metric, report.version, report.from, report.to, meaning));
            if let Some(superseded) = &report.definition.superseded {
                let changed = superseded.changed.get(app.printer.lang);
                let (en, zh) =
                    (format!("until {}; since then: {changed}", superseded.until), format!("有效至 {};此后:{changed}", superseded.until));
                app.printer.result(app.printer.pick(&en, &zh));
            }
            if let Some(tie) = report.reconciles.as_ref().and_then(|tie| super::demo::tie_line(app.printer.lang, tie)) {
                app.printer.result(&tie);
            }
        }
    }
    Ok(())
}

fn book(app: &App, reports: &[Report]) -> Result<Vec<u8>, Failure> {
    inflow_dashboards::workbook(reports, app.printer.lang).map_err(|error| match error {
        XlsxError::RowColumnLimitError => {
            Failure::user("a sheet of a workbook holds 1048576 rows, and this has more", "ask for a shorter period, or for --format csv")
        }
        other => Failure::ours(other),
    })
}

fn list(lang: Lang, format: ReportFormat) -> Result<String, Failure> {
    if format == ReportFormat::Json {
        return serde_json::to_string_pretty(catalogue()).map_err(Failure::ours);
    }
    let header = ["metric", "version", "by", if lang == Lang::Zh { "口径" } else { "meaning" }].map(str::to_owned);
    let rows: Vec<Vec<String>> = catalogue()
        .iter()
        .map(|m| {
            let meaning = if lang == Lang::Zh { &m.meaning.zh } else { &m.meaning.en };
            vec![m.id.to_owned(), m.version.to_string(), m.dimensions.join(", "), meaning.clone()]
        })
        .collect();
    let mut text = table::draw(&header, &rows);
    text.push_str(match lang {
        Lang::En => {
            "For people, made of these: `inflow report day` (text), `inflow report week --html FILE` (a page; --pdf), \
             `inflow report month --xlsx FILE` (a workbook)\n"
        }
        Lang::Zh => "由这些指标组成的报表:inflow report day(日报)、inflow report week --html FILE(周报,或 --pdf)、inflow report month --xlsx FILE(月度渠道分析表)\n",
    });
    Ok(text)
}

fn query(opened: &Opened, metric: &str, args: &ReportArgs) -> Result<Query, Failure> {
    let tz = args
        .tz
        .as_deref()
        .map(|name| {
            name.parse::<Tz>().map_err(|_| Failure::user(format!("{name:?} is not a time zone"), "use an IANA name such as Asia/Shanghai"))
        })
        .transpose()?;
    let zone = tz.unwrap_or(opened.config.settings.company.timezone);
    let now = opened.clock.now();
    let to = args.to.unwrap_or_else(|| now.with_timezone(&zone).date_naive());
    let from = args.from.unwrap_or_else(|| to.checked_sub_days(Days::new(29)).unwrap_or(to));
    if from > to {
        return Err(Failure::user(format!("the period ends ({to}) before it begins ({from})"), "give --from no later than --to"));
    }
    let as_of = args.as_of.as_deref().map(|text| as_of(text, zone)).transpose()?.unwrap_or(now);
    let mut filters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for filter in &args.filter {
        let (dimension, values) = filter
            .split_once('=')
            .ok_or_else(|| Failure::user(format!("--filter {filter:?} has no `=`"), "for example --filter channel=boss,zhaopin"))?;
        filters.entry(dimension.to_owned()).or_default().extend(values.split(',').map(str::to_owned));
    }
    Ok(Query { metric: metric.to_owned(), version: args.version, by: args.by.clone(), from, to, tz, as_of, filters })
}

fn as_of(text: &str, zone: Tz) -> Result<DateTime<Utc>, Failure> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Ok(instant.with_timezone(&Utc));
    }
    // A day means its end: everything that had happened on it counts.
    let day: NaiveDate = text
        .parse()
        .map_err(|_| Failure::user(format!("--as-of {text:?} is no day and no instant"), "use 2026-10-31 or 2026-10-31T18:00:00+08:00"))?;
    let next = day
        .succ_opt()
        .and_then(|d| d.and_hms_opt(0, 0, 0))
        .ok_or_else(|| Failure::user("--as-of is out of range", "use a day of this age"))?;
    inflow_connectors::spec::local_instant(next, zone).ok_or_else(|| Failure::user("--as-of is out of range", "use a day of this age"))
}
