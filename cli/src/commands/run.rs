//! `inflow run --once`

use crate::app::{App, Opened, Pulling};
use crate::args::RunArgs;
use crate::failure::{Failure, exit};
use crate::output::Printer;
use inflow_connectors::PullOutcome;

/// One pass over all connections, then marts.
pub async fn run(app: &App, args: &RunArgs) -> Result<u8, Failure> {
    let opened = app.open().await?;
    for name in &args.connections {
        if opened.config.connection(name).is_none() {
            let known: Vec<&str> = opened.config.connections.iter().map(|c| c.name.as_str()).collect();
            return Err(Failure::user(format!("there is no connection {name:?}"), format!("the connections are {}", known.join(", "))));
        }
    }
    let outcomes = pull(app.printer, &opened, &args.connections).await?;
    opened.analyse(&[]).await?;
    let code = summary(app.printer, &outcomes);
    opened.store.shutdown().await;
    Ok(code)
}

/// Pulls the named connections, or all enabled ones, side by side; a failing one does not touch the others. Ctrl-C lets
/// what is landed be stored and stops.
pub async fn pull(printer: Printer, opened: &Opened, names: &[String]) -> Result<Vec<PullOutcome>, Failure> {
    let pulling = Pulling::new(opened)?;
    let stop = pulling.shutdown.clone();
    let listener = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.cancel();
        }
    });
    let context = pulling.context(opened);
    let wanted = opened.config.connections.iter().filter(|c| if names.is_empty() { c.enabled } else { names.contains(&c.name) });
    let outcomes = futures::future::join_all(wanted.map(|connection| inflow_connectors::pull(&context, connection))).await;
    listener.abort();
    if outcomes.is_empty() {
        printer.warn("no connection is enabled", "没有启用的连接");
    }
    Ok(outcomes)
}

/// One line a connection; the exit code says whether all went well.
pub fn summary(printer: Printer, outcomes: &[PullOutcome]) -> u8 {
    for outcome in outcomes {
        if let Some(error) = &outcome.error {
            printer.error(&format!("connection {error}"), inflow_config::Explain::hint(error).as_deref());
        } else {
            let line = format!(
                "{}: {} requests, {} records, {} new or changed, {} quarantined",
                outcome.connection, outcome.requests, outcome.fetched, outcome.landed, outcome.quarantined
            );
            let zh = format!(
                "{}:请求 {} 次,收到 {} 条,新增或变化 {} 条,隔离 {} 条",
                outcome.connection, outcome.requests, outcome.fetched, outcome.landed, outcome.quarantined
            );
            printer.note(&line, &zh);
        }
        if outcome.quarantined > 0 {
            let hint = format!(
                "see why: inflow query \"SELECT line, field, reason FROM inflow_state.quarantine WHERE connection = '{}'\"",
                outcome.connection
            );
            let en = format!("{} records of {} could not be read and are in quarantine; {hint}", outcome.quarantined, outcome.connection);
            let zh = format!("{} 有 {} 条记录无法读取,已隔离;{hint}", outcome.connection, outcome.quarantined);
            printer.warn(&en, &zh);
        }
    }
    if outcomes.iter().any(|outcome| outcome.error.is_some()) { exit::PARTLY } else { 0 }
}
