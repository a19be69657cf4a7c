//! `inflow schedule`: what is due next, and what came of it last.

use crate::app::{App, Opened};
use crate::args::{ListFormat, ScheduleArgs};
use crate::daemon::Timetable;
use crate::failure::Failure;
use crate::table;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use inflow_actions::process::HORIZON;
use inflow_config::{Cron, Lang};
use inflow_store::{HealthRow, MessageRow, MessageState, StepKind, StepState};
use serde_json::json;

/// One thing that is done on a schedule.
struct Job {
    name: String,
    cron: Cron,
    zone: Tz,
    /// When it is due after an instant, with what it is late by its name.
    next: Box<dyn Fn(DateTime<Utc>) -> Option<DateTime<Utc>> + Send>,
    last: Option<(DateTime<Utc>, String)>,
}

/// Prints the next runs, then each schedule with its last result.
pub async fn run(app: &App, args: &ScheduleArgs) -> Result<u8, Failure> {
    let opened = app.attach().await?;
    let jobs = jobs(app, &opened).await;
    let now = opened.clock.now();
    opened.close().await;
    let jobs = jobs?;
    if jobs.is_empty() {
        app.printer.note(
            "nothing is on a schedule: `schedule` of a connection, `at` of reposts.toml, [[message]] and [[process]] put something there",
            "没有任何计划:连接的 schedule、reposts.toml 的 at、[[message]]、[[process]] 均可设定",
        );
    }
    let upcoming = upcoming(&jobs, now, args.next.into());
    if args.format == ListFormat::Json {
        let next: Vec<_> = upcoming.iter().map(|(at, job)| json!({"at": at, "job": job.name, "zone": job.zone.name()})).collect();
        let all: Vec<_> = jobs
            .iter()
            .map(|job| {
                let last = job.last.as_ref().map(|(at, result)| json!({"at": at, "result": result}));
                json!({"job": job.name, "schedule": job.cron.as_str(), "zone": job.zone.name(), "last": last})
            })
            .collect();
        app.printer.result(&serde_json::to_string_pretty(&json!({"next": next, "jobs": all})).map_err(Failure::ours)?);
        return Ok(0);
    }
    let local = |at: DateTime<Utc>, zone: Tz| at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %Z").to_string();
    let pick = |en: &str, zh: &str| app.printer.pick(en, zh).to_owned();
    let rows: Vec<Vec<String>> = upcoming.iter().map(|(at, job)| vec![local(*at, job.zone), job.name.clone()]).collect();
    app.printer.raw(table::draw(&[pick("next", "下次"), pick("what", "事项")], &rows).as_bytes());
    let rows: Vec<Vec<String>> = jobs
        .iter()
        .map(|job| {
            let (at, result) =
                job.last.as_ref().map_or_else(|| ("–".to_owned(), "–".to_owned()), |(at, said)| (local(*at, job.zone), said.clone()));
            vec![job.name.clone(), job.cron.to_string(), job.zone.name().to_owned(), at, result]
        })
        .collect();
    let header = [pick("what", "事项"), pick("schedule", "计划"), pick("zone", "时区"), pick("last", "上次"), pick("result", "结果")];
    app.printer.raw(table::draw(&header, &rows).as_bytes());
    Ok(0)
}

/// The next runs of all jobs, the earliest first.
fn upcoming(jobs: &[Job], now: DateTime<Utc>, count: usize) -> Vec<(DateTime<Utc>, &Job)> {
    let mut upcoming = Vec::new();
    for job in jobs {
        let mut after = now;
        while let Some(at) = (job.next)(after).filter(|_| upcoming.len() < jobs.len() * count) {
            if upcoming.iter().filter(|(_, own): &&(DateTime<Utc>, &Job)| std::ptr::eq(*own, job)).count() == count {
                break;
            }
            upcoming.push((at, job));
            after = at;
        }
    }
    upcoming.sort_by(|a, b| (a.0, &a.1.name).cmp(&(b.0, &b.1.name)));
    upcoming.truncate(count);
    upcoming
}

async fn jobs(app: &App, opened: &Opened) -> Result<Vec<Job>, Failure> {
    let config = &opened.config;
    let zone = config.settings.company.timezone;
    let health = opened.store.health().await?;
    let messages = opened.store.messages().await?;
    let lang = app.printer.lang;
    let mut jobs = Vec::new();
    for connection in config.connections.iter().filter(|connection| connection.enabled) {
        let Some(cron) = &connection.schedule else { continue };
        let zone = config.connection_timezone(connection);
        let last = health.iter().find(|row| row.connection == connection.name).map(pulled);
        jobs.push(job(connection.name.clone(), &connection.name, cron.clone(), zone, last));
    }
    for rule in config.messages.message.iter().filter(|rule| rule.is_enabled()) {
        let Ok(cron) = rule.cron() else { continue };
        let newest = messages.iter().filter(|row| row.message == rule.id && !row.receiver.is_empty()).max_by_key(|row| row.last_at);
        let own = cron.clone();
        jobs.push(Job {
            name: format!("message {}", rule.id),
            cron,
            zone,
            next: Box::new(move |after| own.next_after(after, zone)),
            last: newest.map(|row| (row.last_at, sent(row, lang))),
        });
    }
    if config.processes.is_any()
        && let Ok(cron) = config.processes.cron()
    {
        let last = led(opened, lang).await?;
        jobs.push(job(crate::daemon::LEADER.to_owned(), crate::daemon::LEADER, cron, zone, last));
    }
    if let Some(cron) = config.reposts.at.clone() {
        let last = super::plan::last_repost_plan(opened).await?;
        let last = last.map(|(at, waiting, told)| {
            let said = match lang {
                Lang::En => format!("{waiting} planned, {told} handed out"),
                Lang::Zh => format!("已计划 {waiting},已下发 {told}"),
            };
            (at, said)
        });
        jobs.push(job(crate::daemon::REPOSTER.to_owned(), crate::daemon::REPOSTER, cron, zone, last));
    }
    Ok(jobs)
}

/// A job that is as late as its name says.
fn job(name: String, jitter: &str, cron: Cron, zone: Tz, last: Option<(DateTime<Utc>, String)>) -> Job {
    let timetable = Timetable::new(jitter, cron.clone(), zone);
    // The jitter comes after the tick: the next tick is after the one that this run was of.
    let next = move |after: DateTime<Utc>| {
        let mut due = timetable.next(after - Timetable::LATEST)?;
        while due.at <= after {
            due = timetable.next(due.tick)?;
        }
        Some(due.at)
    };
    Job { name, cron, zone, next: Box::new(next), last }
}

fn pulled(row: &HealthRow) -> (DateTime<Utc>, String) {
    let said = if row.status == "ok" { "ok".to_owned() } else { format!("{}: {}", row.status, row.error) };
    (row.last_attempt_at, said)
}

fn sent(row: &MessageRow, lang: Lang) -> String {
    let of = row.period;
    match (row.state, lang) {
        (MessageState::Sent, Lang::En) => format!("sent, period from {of}"),
        (MessageState::Sent, Lang::Zh) => format!("已发送({of} 起)"),
        _ => format!("{}: {}", row.receiver, row.error),
    }
}

/// The last step that a process did, and what waits.
async fn led(opened: &Opened, lang: Lang) -> Result<Option<(DateTime<Utc>, String)>, Failure> {
    let rows = opened.store.steps(opened.clock.now() - HORIZON).await?;
    let steps = || rows.iter().filter(|row| row.kind != StepKind::Known);
    let Some(at) = steps().map(|row| row.last_at).max() else { return Ok(None) };
    let count = |state: &[StepState]| steps().filter(|row| state.contains(&row.state)).count();
    let (waiting, open) = (count(&[StepState::Planned, StepState::Begun, StepState::Failed]), count(&[StepState::Open]));
    let given_up = count(&[StepState::GivenUp]);
    Ok(Some((
        at,
        match lang {
            Lang::En => format!("{waiting} waiting to be sent, {open} open for people, {given_up} given up"),
            Lang::Zh => format!("待发送 {waiting},待人处理 {open},已放弃 {given_up}"),
        },
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_next_runs_of_all_jobs_in_their_order() {
        let jobs = [
            job("often".to_owned(), "often", "0 */15 * * * *".parse().unwrap(), Tz::UTC, None),
            job("daily".to_owned(), "daily", "0 0 9 * * *".parse().unwrap(), Tz::Asia__Shanghai, None),
        ];
        let next = upcoming(&jobs, at("2026-11-27T00:40:00Z"), 4);
        let names: Vec<&str> = next.iter().map(|(_, job)| job.name.as_str()).collect();
        assert_eq!(names.len(), 4);
        assert_eq!(names.iter().filter(|name| **name == "daily").count(), 1, "{names:?}");
        assert!(next.is_sorted_by_key(|(at, _)| *at));
        // Just after the tick and before the jitter is over, this run is still to come.
        let own = (jobs[0].next)(at("2026-11-27T00:44:59Z")).unwrap();
        assert_eq!((jobs[0].next)(own - chrono::TimeDelta::milliseconds(1)), Some(own));
        assert!((jobs[0].next)(own).unwrap() >= at("2026-11-27T01:00:00Z"));
    }
}
