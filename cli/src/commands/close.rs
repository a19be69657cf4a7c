//! `inflow close`: months that are closed, listed, checked and reopened.

use crate::app::{App, Opened};
use crate::args::CloseArgs;
use crate::failure::{Failure, exit};
use crate::table;
use chrono::NaiveDate;
use inflow_analytics::{AnalyticsError, Closed, ClosingCheck, Month, NO_DIMENSION, Query, check_closings, close, closings, reopen, report};
use std::collections::BTreeMap;

/// Closes or reopens a month.
pub async fn run(app: &App, args: &CloseArgs) -> Result<u8, Failure> {
    let (Some(month), Some(by)) = (args.month, args.by.as_deref()) else {
        return Err(Failure::ours("neither a month nor who closes it is named"));
    };
    let opened = app.open().await?;
    let done = if args.reopen { reopened(app, &opened, month, by, args).await } else { closed(app, &opened, month, by, args).await };
    opened.close().await;
    app.printer.result(&done?);
    Ok(0)
}

async fn closed(app: &App, opened: &Opened, month: Month, by: &str, args: &CloseArgs) -> Result<String, Failure> {
    // What was imported and not analysed yet belongs to the month.
    app.unless_stopped(opened.analyse_changes()).await??;
    let work = opened.undisturbed(async || close(&opened.store, &opened.config, &opened.clock, month, by, args.despite.as_deref()).await);
    let Closed { row, partial } = app.unless_stopped(work).await?.map_err(|error| told(app, error))?;
    if !partial.is_empty() {
        let (channels, next) = (partial.join(", "), month.next());
        app.printer.warn(
            &format!("not all of {month} was delivered for {channels}; what comes later is posted to {next}"),
            &format!("{month} 的数据未完整到达({channels});其后到达的计入 {next}"),
        );
    }
    let carried = if row.carried == "0.00" {
        String::new()
    } else {
        let (en, zh) =
            (format!(", of it {} changed in months closed before", row.carried), format!(",其中 {} 为此前已关账月份的变动", row.carried));
        app.printer.pick(&en, &zh).to_owned()
    };
    let despite = if row.despite.is_empty() {
        String::new()
    } else {
        let (en, zh) =
            (format!("\nit does not tie; closed despite that: {}", row.despite), format!("\n未勾稽,仍关账的原因:{}", row.despite));
        app.printer.pick(&en, &zh).to_owned()
    };
    // The first closing takes all months before it.
    let first = if row.from_day < row.month { app.printer.pick(", with all months before it,", "(含此前各月)") } else { "" };
    let (total, base, lines, name, hash) = (&row.total, &row.base, row.lines, &row.closed_by, &row.hash);
    let en = format!("{month}{first} closed by {name}: {total} {base} in {lines} rows{carried}{despite}\nhash {hash}");
    let zh = format!("{month}{first} 已由 {name} 关账:{total} {base},共 {lines} 行{carried}{despite}\n哈希 {hash}");
    Ok(app.printer.pick(&en, &zh).to_owned())
}

async fn reopened(app: &App, opened: &Opened, month: Month, by: &str, args: &CloseArgs) -> Result<String, Failure> {
    let reason = args.reason.as_deref().unwrap_or_default();
    let work = opened.undisturbed(async || reopen(&opened.store, &opened.config, &opened.clock, month, by, reason).await);
    let row = app.unless_stopped(work).await?.map_err(|error| told(app, error))?;
    let (name, reason) = (&row.reopened_by, &row.reopen_reason);
    let en = format!("{month} reopened by {name}: {reason}\nits closing stays on record (hash {})", row.hash);
    let zh = format!("{month} 已由 {name} 重新打开:{reason}\n原关账记录保留(哈希 {})", row.hash);
    Ok(app.printer.pick(&en, &zh).to_owned())
}

/// Lists or checks closings.
pub async fn look(app: &App, args: &CloseArgs) -> Result<u8, Failure> {
    let opened = app.attach().await?;
    let done = if args.check { checked(app, &opened).await } else { listed(app, &opened).await };
    opened.close().await;
    done
}

async fn listed(app: &App, opened: &Opened) -> Result<u8, Failure> {
    if closings(&opened.store).await?.is_empty() {
        app.printer.note("no month was ever closed", "尚无关账记录");
        return Ok(0);
    }
    let now = opened.clock.now();
    let query = Query {
        metric: "closings".to_owned(),
        version: None,
        by: vec![NO_DIMENSION.to_owned()],
        from: NaiveDate::default(),
        to: now.with_timezone(&opened.config.settings.company.timezone).date_naive(),
        tz: None,
        as_of: now,
        filters: BTreeMap::new(),
    };
    app.printer.result(&table::report(&report(&opened.store, &opened.config, &query).await?));
    Ok(0)
}

async fn checked(app: &App, opened: &Opened) -> Result<u8, Failure> {
    let checks = check_closings(&opened.store).await?;
    if checks.is_empty() {
        app.printer.note("no month was ever closed", "尚无关账记录");
    }
    for check in &checks {
        app.printer.result(&sentence(app, check));
    }
    Ok(if checks.iter().all(ClosingCheck::holds) { 0 } else { exit::USER })
}

/// What became of a closing's hash.
pub fn sentence(app: &App, check: &ClosingCheck) -> String {
    let ClosingCheck { month, number, stored, found, .. } = check;
    let (en, zh) = if check.stored != check.found {
        (
            format!("{month}/{number} was changed after it was closed: its hash was {stored} and is {found}"),
            format!("{month}/{number} 在关账后被改动:原哈希 {stored},现为 {found}"),
        )
    } else if check.follows {
        (format!("{month}/{number} is as it was closed: {stored}"), format!("{month}/{number} 与关账时一致:{stored}"))
    } else {
        (
            format!("{month}/{number} is as it was closed, but the closing before it is missing or another: {stored}"),
            format!("{month}/{number} 与关账时一致,但其前一次关账记录缺失或不符:{stored}"),
        )
    };
    app.printer.pick(&en, &zh).to_owned()
}

/// A refusal in the person's language.
fn told(app: &App, error: AnalyticsError) -> Failure {
    match error {
        AnalyticsError::Refused(refusal) => Failure::user(refusal.sentence(app.printer.lang), refusal.advice(app.printer.lang)),
        other => other.into(),
    }
}
