//! `inflow run`: the daemon, or with `--once` one pass.

use crate::app::{App, Opened, Pulling};
use crate::args::RunArgs;
use crate::failure::{Failure, exit};
use crate::output::Printer;
use inflow_config::{Config, Connection};
use inflow_connectors::PullOutcome;
use tracing::{Instrument, info_span};

/// One pass over all connections, then marts.
pub async fn once(app: &App, args: &RunArgs) -> Result<u8, Failure> {
    let opened = app.open().await?;
    known(&opened.config, &args.connections)?;
    let outcomes = pull(app, &opened, &args.connections).await?;
    opened.analyse_changes().await?;
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
    let pulls = futures::future::join_all(wanted.map(|connection| opened.pull(&pulling, connection, &app.stop)));
    let outcomes = pulls.instrument(info_span!(target: "timing", "pull")).await;
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
            let (message, hint) = error.said(printer.lang);
            printer.error(&format!("{time}{} {message}", printer.pick("connection", "连接")), hint.as_deref());
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
        if let Some((en, zh)) = dropped(outcome) {
            printer.note(&format!("{time}{}: {en}", outcome.connection), &format!("{time}{}:{zh}", outcome.connection));
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

/// Columns named in a line.
const MOST_COLUMNS: usize = 12;

/// What was dropped before landing, with the number of values: first what is never kept of people, then what no mapping
/// asked for.
fn dropped(outcome: &PullOutcome) -> Option<(String, String)> {
    // Columns are told apart by their list only where two lists have them.
    let short = |name: &str| name.split_once('.').map_or_else(|| name.to_owned(), |(_, column)| column.to_owned());
    let mut columns: Vec<(bool, String, u64)> = Vec::new();
    for (name, dropped) in &outcome.dropped_columns {
        let name = short(name);
        match columns.iter_mut().find(|(_, known, _)| *known == name) {
            Some((never, _, values)) => {
                *never |= dropped.never_kept;
                *values += dropped.values;
            }
            None => columns.push((dropped.never_kept, name, dropped.values)),
        }
    }
    columns.sort_by_key(|(never, _, values)| (!never, std::cmp::Reverse(*values)));
    let never = columns.iter().filter(|(never, ..)| *never).count();
    let shown = columns.iter().take(MOST_COLUMNS.max(never));
    let (mut en, mut zh): (Vec<String>, Vec<String>) = shown
        .map(|(never, name, values)| {
            let (en_never, zh_never) = if *never { (", never kept", ",从不保存") } else { ("", "") };
            let unit = if *values == 1 { "value" } else { "values" };
            (format!("{name} ({values} {unit}{en_never})"), format!("{name}({values} 个值{zh_never})"))
        })
        .unzip();
    let rest = columns.len().saturating_sub(en.len());
    if rest > 0 {
        en.push(format!("and {rest} more"));
        zh.push(format!("另有 {rest} 列"));
    }
    (!en.is_empty()).then(|| (format!("dropped before landing: {}", en.join(", ")), format!("未保存的列:{}", zh.join("、"))))
}

#[cfg(test)]
mod tests {
    use super::dropped;
    use inflow_connectors::{DroppedColumn, PullOutcome};

    #[test]
    fn what_is_never_kept_is_named_first() {
        let column = |name: &str, values, never_kept| (name.to_owned(), DroppedColumn { values, never_kept });
        let outcome = PullOutcome {
            dropped_columns: [
                column("applications.备注2", 120, false),
                column("applications.婚姻状况", 50, true),
                column("invitations.备注2", 1, false),
            ]
            .into(),
            ..PullOutcome::default()
        };
        let (en, zh) = dropped(&outcome).unwrap();
        assert_eq!(en, "dropped before landing: 婚姻状况 (50 values, never kept), 备注2 (121 values)");
        assert_eq!(zh, "未保存的列:婚姻状况(50 个值,从不保存)、备注2(121 个值)");
        assert_eq!(dropped(&PullOutcome::default()), None);
    }
}
