//! `inflow report day|week|month`

use super::export::{free, put, too_large};
use crate::app::{App, shown};
use crate::args::{BriefArgs, BriefCommand};
use crate::failure::Failure;
use chrono::NaiveDate;
use inflow_actions::brief::{Asked, Facts, Period, month, page, text};
use inflow_actions::{pdf, workbook};
use inflow_config::{BriefKind, Config};
use std::sync::Arc;

/// Prints or writes a report for people.
pub async fn run(app: &App, command: &BriefCommand) -> Result<u8, Failure> {
    let (kind, args) = match command {
        BriefCommand::Day(args) => (BriefKind::Day, args),
        BriefCommand::Week(args) => (BriefKind::Week, &args.brief),
        BriefCommand::Month(args) => (BriefKind::Month, &args.brief),
    };
    // Before the store is opened: what cannot be written or printed needs no reading.
    let printer = match command {
        BriefCommand::Week(args) => {
            args.html.iter().chain(&args.pdf).try_for_each(|out| free(out, args.force))?;
            args.pdf.as_ref().map(|_| pdf::chromium().map_err(|error| Failure::explain(&error))).transpose()?
        }
        BriefCommand::Month(args) => {
            args.xlsx.iter().try_for_each(|out| free(out, args.force))?;
            None
        }
        BriefCommand::Day(_) => None,
    };
    let (facts, config) = facts(app, kind, args).await?;
    let lang = app.printer.lang;
    match command {
        BriefCommand::Week(args) if args.html.is_some() || args.pdf.is_some() => {
            let page = page(&facts, &config, lang);
            if let Some(out) = &args.html {
                put(out, page.as_bytes())?;
                app.printer.result(&shown(out));
            }
            if let (Some(out), Some(printer)) = (&args.pdf, printer) {
                put(out, &pdf::print(&printer, &page).await.map_err(|error| Failure::explain(&error))?)?;
                app.printer.result(&shown(out));
            }
        }
        BriefCommand::Month(args) if args.xlsx.is_some() => {
            let made = month(&facts, &config, lang, facts.asked.now);
            if let Some(out) = &args.xlsx {
                put(out, &workbook::workbook(&made.book).map_err(too_large)?)?;
                app.printer.result(&shown(out));
            }
            if !made.ties {
                app.printer.warn("not everything ties: see the sheet Ties", "有未勾稽一致的项目,见“勾稽”");
            }
        }
        _ => app.printer.result(&text(&facts, &config, lang)),
    }
    Ok(0)
}

async fn facts(app: &App, kind: BriefKind, args: &BriefArgs) -> Result<(Facts, Arc<Config>), Failure> {
    let opened = app.attach().await?;
    let now = opened.clock.now();
    let today = now.with_timezone(&opened.config.settings.company.timezone).date_naive();
    let facts = match period(app, kind, args.on, today) {
        Ok(period) => {
            let asked = Asked { period, now, channels: args.channel.clone() };
            Facts::read(&opened.store, &opened.config, asked).await.map_err(Failure::from)
        }
        Err(failure) => Err(failure),
    };
    let config = Arc::clone(&opened.config);
    opened.close().await;
    Ok((facts?, config))
}

/// What is asked for; an error when it has not begun.
pub fn period(app: &App, kind: BriefKind, on: Option<NaiveDate>, today: NaiveDate) -> Result<Period, Failure> {
    let period = on.map_or_else(|| Period::newest(kind, today), |day| Period::of(kind, day));
    if period.from > today {
        let hint = app.printer.pick("--on names a day that has begun", "--on 请指定已开始的日期");
        return Err(Failure::user(format!("{} has not begun (it is {today})", period.from), hint));
    }
    Ok(period)
}
