//! `inflow run`: the daemon, or with `--once` one pass.

use crate::app::{App, Opened, Pulling};
use crate::args::RunArgs;
use crate::failure::{Failure, exit};
use crate::output::Printer;
use inflow_config::{Config, Connection};
use inflow_connectors::PullOutcome;

/// One pass over all connections, then marts.
pub async fn once(app: &App, args: &RunArgs) -> Result<u8, Failure> {
    let opened = app.open().await?;
    known(&opened.config, &args.connections)?;
    let outcomes = pull(app, &opened, &args.connections).await?;
    opened.analyse(&[]).await?;
    let code = summary(&app.printer, &outcomes);
    opened.close().await;
    Ok(code)
}

/// Refuses names that no connection has.
pub fn known(config: &Config, names: &[String]) -> Result<(), Failure> {
    let Some(name) = names.iter().find(|name| config.connection(name).is_none()) else { return Ok(()) };
    let known: Vec<&str> = config.connections.iter().map(|c| c.name.as_str()).collect();
    Err(Failure::user(format!("there is no connection {name:?}"), format!("the connections are {}", known.join(", "))))
}

/// The named connections, or all enabled ones.
pub fn wanted<'a>(config: &'a Config, names: &'a [String]) -> impl Iterator<Item = &'a Connection> {
    config.connections.iter().filter(|c| if names.is_empty() { c.enabled } else { names.contains(&c.name) })
}

/// Pulls the named connections, or all enabled ones, side by side; a failing one does not touch the others. Ctrl-C lets
/// what is landed be stored and stops.
pub async fn pull(app: &App, opened: &Opened, names: &[String]) -> Result<Vec<PullOutcome>, Failure> {
    let pulling = Pulling::new(opened)?;
    let stop = app.stop.clone();
    // In a job, Ctrl-C is the asking process's, which passes it on.
    let listener = app.job.is_none().then(|| {
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                stop.cancel();
            }
        })
    });
    let wanted = wanted(&opened.config, names);
    let outcomes = futures::future::join_all(wanted.map(|connection| opened.pull(&pulling, connection, &app.stop))).await;
    if let Some(listener) = listener {
        listener.abort();
    }
    if outcomes.is_empty() {
        app.printer.warn("no connection is enabled", "没有启用的连接");
    }
    Ok(outcomes)
}

/// One line a connection; the exit code says whether all went well.
pub fn summary(printer: &Printer, outcomes: &[PullOutcome]) -> u8 {
    summary_at(printer, "", outcomes)
}

/// The same with the time, or nothing, before each line.
pub fn summary_at(printer: &Printer, time: &str, outcomes: &[PullOutcome]) -> u8 {
    for outcome in outcomes {
        if let Some(error) = &outcome.error {
            printer.error(&format!("{time}connection {error}"), inflow_config::Explain::hint(error).as_deref());
        } else if outcome.stopped {
            let (en, zh) = (
                format!(
                    "{time}{}: stopped before it was done, {} new or changed; the next pull goes on",
                    outcome.connection, outcome.landed
                ),
                format!("{time}{}:尚未完成即停止,新增或变化 {} 条;下次拉取继续", outcome.connection, outcome.landed),
            );
            printer.note(&en, &zh);
        } else {
            let line = format!(
                "{time}{}: {} requests, {} records, {} new or changed, {} quarantined",
                outcome.connection, outcome.requests, outcome.fetched, outcome.landed, outcome.quarantined
            );
            let zh = format!(
                "{time}{}:请求 {} 次,收到 {} 条,新增或变化 {} 条,隔离 {} 条",
                outcome.connection, outcome.requests, outcome.fetched, outcome.landed, outcome.quarantined
            );
            printer.note(&line, &zh);
        }
        for note in &outcome.notes {
            printer.note(&format!("{}: {}", outcome.connection, note.en), &format!("{}:{}", outcome.connection, note.zh));
        }
        if outcome.quarantined > 0 {
            let hint = format!(
                "see why: inflow query \"SELECT line, field, reason FROM inflow_state.quarantine WHERE connection = '{}'\"",
                outcome.connection
            );
            let en =
                format!("{time}{} records of {} could not be read and are in quarantine; {hint}", outcome.quarantined, outcome.connection);
            let zh = format!("{time}{} 有 {} 条记录无法读取,已隔离;{hint}", outcome.connection, outcome.quarantined);
            printer.warn(&en, &zh);
        }
    }
    if outcomes.iter().any(|outcome| outcome.error.is_some()) { exit::PARTLY } else { 0 }
}
