//! The process that holds the data folder and stays: it serves, pulls on schedule, watches folders, and ends in seconds.
//!
//! ```text
//! connection ─ planner ─ keeper ─┐                       ┌─ page, API, ClickHouse endpoint
//! folder ───── watcher ──────────┼─► gate ─► pull ─► store ┤
//! other process ─ job ───────────┘              └► analyst ─► marts ─► messenger ─► mail, group robots
//! ```
//!
//! Each connection has its own task: one that is slow or fails delays no other.

mod agenda;
mod analyst;
mod keeper;
mod leader;
mod messenger;
mod plan;
mod reposter;
mod signals;
mod teller;
mod watch;
mod webhooks;

pub use agenda::Agenda;
pub use analyst::Analyst;
pub use leader::LEADER;
pub use plan::Timetable;
pub use reposter::REPOSTER;

use crate::app::{App, Opened, Pulling, shown};
use crate::commands::run::{known, summary_at, wanted};
use crate::failure::Failure;
use crate::jobs::{Server, ServerParts};
use chrono::{DateTime, Utc};
use inflow_config::{CatchUp, Connection, Explain};
use inflow_connectors::breaker::{self, Decision};
use inflow_connectors::spec::WEBHOOK_CONNECTOR;
use inflow_connectors::{PullState, SinkError};
use inflow_dashboards::PageState;
use plan::Planner;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use webhooks::Webhooks;

/// Time for pulls and answers under way, once told to stop.
const LAST_WORK: Duration = Duration::from_secs(3);
/// Time for the store after that.
const LAST_STORE: Duration = Duration::from_secs(1);

/// The connections on schedule, the address of the page bound.
struct Daemon {
    app: App,
    opened: Opened,
    pulling: Arc<Pulling>,
    agenda: Arc<Agenda>,
    analyst: Arc<Analyst>,
}

/// `inflow run`: serves and pulls the named connections, or all enabled ones, until told to stop.
pub async fn run(app: &App, names: &[String]) -> Result<u8, Failure> {
    let config = app.config()?;
    known(&config, names)?;
    let opened = app.open_serving(Some(config.settings.serve.clickhouse)).await?;
    hold(app, opened, Some(names)).await?;
    Ok(0)
}

/// Serves until SIGINT or SIGTERM; with `schedules`, pulls those connections too (all enabled ones when none is named).
/// A second signal ends the process where it stands.
pub async fn hold(app: &App, opened: Opened, schedules: Option<&[String]>) -> Result<(), Failure> {
    let listener = listen(app, &opened).await?;
    let (analyst, agenda) = (Arc::new(Analyst::default()), Arc::new(Agenda::default()));
    let mut tasks = JoinSet::new();
    signals::listen(app.stop.clone()).map_err(Failure::ours)?;
    {
        let (opened, analyst, app) = (opened.clone(), Arc::clone(&analyst), app.clone());
        tasks.spawn(async move { analyst.work(&opened, &app.printer, &app.stop).await });
    }
    let jobs = Server::bind(ServerParts {
        store: opened.store.clone(),
        host: Arc::clone(&opened.host),
        clock: Arc::clone(&opened.clock),
        analyst: Arc::clone(&analyst),
        agenda: Arc::clone(&agenda),
        schedules: schedules.is_some(),
        stop: app.stop.clone(),
    })
    .map_err(|error| {
        Failure::user(format!("no jobs can be taken in {}: {error}", shown(&opened.data_dir)), "check that the folder belongs to you")
    })?;
    tasks.spawn(jobs.serve());
    let receives = opened.config.connections.iter().any(|c| c.enabled && c.connector == WEBHOOK_CONNECTOR);
    let pulling = if schedules.is_some() || receives { Some(Arc::new(Pulling::new(&opened)?)) } else { None };
    let mut state = PageState::new(opened.store.clone(), Arc::clone(&opened.config), Arc::clone(&opened.clock));
    if let Some(pulling) = &pulling
        && let Some(webhooks) = Webhooks::start(app, &opened, pulling, &analyst, &mut tasks)?
    {
        state = state.with_hooks(webhooks);
    }
    if let (Some(names), Some(pulling)) = (schedules, pulling) {
        if opened.config.processes.is_any() {
            tasks.spawn(leader::work(app.clone(), opened.clone(), Arc::clone(&agenda)));
        }
        if opened.config.reposts.at.is_some() {
            tasks.spawn(reposter::work(app.clone(), opened.clone(), Arc::clone(&agenda)));
        }
        if crate::commands::plan::is_any_automatic(&opened).await? {
            tasks.spawn(reposter::carry(app.clone(), opened.clone()));
        }
        let daemon = Arc::new(Daemon { app: app.clone(), opened: opened.clone(), pulling, agenda, analyst: Arc::clone(&analyst) });
        daemon.start(names, &mut tasks).await?;
        if let Some(messenger) = messenger::Messenger::of(app, &opened) {
            tasks.spawn(messenger.work());
        }
        if opened.config.alerts.is_any_told() {
            tasks.spawn(teller::work(app.clone(), opened.clone(), Arc::clone(&analyst)));
        }
        // A process that was killed may have landed what it did not come to analyse.
        analyst.ask();
    }
    let mut page = tokio::spawn(inflow_dashboards::serve(listener, state, app.stop.clone().cancelled_owned()));
    let served = tokio::select! {
        () = app.stop.cancelled() => None,
        ended = &mut page => Some(ended),
    };
    app.stop.cancel();
    let end = Instant::now() + LAST_WORK;
    if timeout_at(end, async { while tasks.join_next().await.is_some() {} }).await.is_err() {
        tracing::warn!("some work did not come to its end in time; the next start goes on from what is landed");
    }
    if served.is_none() && timeout_at(end, &mut page).await.is_err() {
        page.abort();
    }
    let _cut_off = tokio::time::timeout(LAST_STORE, opened.close()).await;
    match served {
        Some(ended) => ended.map_err(Failure::ours)?.map_err(|error| Failure::explain(&error)),
        None => Ok(()),
    }
}

/// Up to when due times are dealt with: with [`CatchUp::Skip`] all that passed.
fn since(catch_up: CatchUp, last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match catch_up {
        CatchUp::Once => last,
        CatchUp::Skip => Some(now),
    }
}

/// Binds the page and says where everything is.
async fn listen(app: &App, opened: &Opened) -> Result<TcpListener, Failure> {
    let address = opened.config.settings.serve.page;
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::user(
            format!("the page cannot be served on {address}: {error}"),
            "choose another address under [serve] page in inflow.toml",
        )
    })?;
    let page = listener.local_addr()?;
    app.printer.result(&format!("page       http://{page}/"));
    app.printer.result(&format!("ClickHouse {} (user reader)", opened.store.endpoint()));
    app.printer.note("stop with Ctrl-C", "按 Ctrl-C 停止");
    if opened.config.settings.serve.asks_for_tokens() {
        let (tokens, now) = (opened.store.tokens().await?, opened.clock.now());
        if !tokens.iter().any(|token| token.holds(now)) {
            app.printer.warn(
                "page and API ask for a token, and nobody has one: `inflow token add NAME --role admin` makes one",
                "页面与接口需要令牌,但尚无令牌:用 inflow token add 名称 --role admin 生成",
            );
        }
    }
    Ok(listener)
}

impl Daemon {
    /// Starts a task for each connection on schedule and for each folder that is watched.
    async fn start(self: Arc<Self>, names: &[String], tasks: &mut JoinSet<()>) -> Result<(), Failure> {
        let health = self.opened.store.health().await?;
        let last: HashMap<&str, DateTime<Utc>> = health.iter().map(|row| (row.connection.as_str(), row.last_attempt_at)).collect();
        let (mut scheduled, mut watched) = (0, 0);
        let now = self.opened.clock.now();
        for connection in wanted(&self.opened.config, names) {
            if let Some(cron) = &connection.schedule {
                scheduled += 1;
                let timetable = Timetable::new(&connection.name, cron.clone(), self.opened.config.connection_timezone(connection));
                let last = last.get(connection.name.as_str()).copied();
                let planner = Planner::new(timetable, since(connection.catch_up, last, now), now);
                tasks.spawn(Arc::clone(&self).keep(connection.clone(), planner));
            }
            if connection.watch {
                watched += 1;
                self.agenda.watch(&connection.name);
                tasks.spawn(Arc::clone(&self).watch(connection.clone()));
            }
        }
        let asked = wanted(&self.opened.config, names).filter(|connection| connection.schedule.is_none() && !connection.watch).count();
        self.app.printer.note(
            &format!("{scheduled} connections on schedule, {watched} folders watched, {asked} connections pulled when asked (`inflow run --once`)"),
            &format!("{scheduled} 个连接按计划拉取,监视 {watched} 个文件夹,{asked} 个连接仅在要求时拉取(inflow run --once)"),
        );
        if self.opened.config.settings.clock.fixed.is_some() {
            self.app.printer.warn(
                "the clock stands still ([clock] fixed in inflow.toml): no schedule will ever be due",
                "时钟静止(inflow.toml 的 [clock] fixed):任何计划都不会到期",
            );
        }
        Ok(())
    }

    async fn keep(self: Arc<Self>, connection: Connection, mut planner: Planner) {
        let (clock, stop) = (Arc::clone(&self.opened.clock), &self.app.stop);
        while let Some(missed) = keeper::due(&connection.name, &mut planner, &*clock, &self.agenda, stop).await {
            self.on_schedule(&connection, missed).await;
            let skipped = planner.pulled(clock.now());
            if skipped > 0 && !stop.is_cancelled() {
                self.agenda.skip(&connection.name, skipped);
                self.note(
                    &format!("{}: {skipped} due times came while it was being pulled and are skipped", connection.name),
                    &format!("{}:拉取期间有 {skipped} 次计划到期,已跳过", connection.name),
                );
            }
        }
    }

    async fn watch(self: Arc<Self>, connection: Connection) {
        let mut watcher = watch::Watcher::default();
        while let Some(changed) = watcher.changed(&self.opened.config, &connection, &self.app.stop).await {
            match changed {
                Ok(()) => self.pull(&connection).await,
                Err(error) => self.app.printer.error(&format!("{}connection {error}", self.time()), error.hint().as_deref()),
            }
        }
    }

    /// A due time: pulls, unless somebody is pulling the connection already.
    async fn on_schedule(&self, connection: &Connection, missed: u32) {
        let name = &connection.name;
        if let Some(since) = self.opened.host.gate.pulling_since(name) {
            self.agenda.skip(name, 1);
            let since = self.local(since);
            self.note(
                &format!("{name}: being pulled since {since}; the pull that is due now is skipped"),
                &format!("{name}:自 {since} 起正在拉取,跳过本次计划"),
            );
            return;
        }
        match self.breaker(name).await {
            Ok(Decision::Open { until }) => {
                let until = self.local(until);
                return self.note(
                    &format!("{name}: keeps failing and is left alone until {until}; `inflow run --once --connection {name}` tries now"),
                    &format!("{name}:连续失败,{until} 前不再尝试;inflow run --once --connection {name} 可立即重试"),
                );
            }
            Ok(Decision::Closed | Decision::HalfOpen) => {}
            // Without its health nothing speaks against a pull; if the store is gone, the pull will say so.
            Err(error) => tracing::warn!(%error, connection = name, "the connection's health cannot be read"),
        }
        if missed > 0 {
            self.note(
                &format!("{name}: {missed} more due times passed unseen; pulled once for all of them"),
                &format!("{name}:另有 {missed} 次计划已错过,合并为一次拉取"),
            );
        }
        self.pull(connection).await;
    }

    /// Whether a connection that keeps failing may be tried again.
    async fn breaker(&self, connection: &str) -> Result<Decision, SinkError> {
        let health = PullState::health(&self.opened.store, connection).await?;
        Ok(breaker::decide(health.as_ref(), self.opened.clock.now()))
    }

    async fn pull(&self, connection: &Connection) {
        let outcome = self.opened.pull(&self.pulling, connection, &self.app.stop).await;
        if outcome.landed > 0 || outcome.rows > 0 || outcome.quarantined > 0 {
            self.analyst.ask();
        }
        summary_at(&self.app.printer, &self.time(), &[outcome]);
    }

    fn note(&self, en: &str, zh: &str) {
        let time = self.time();
        self.app.printer.note(&format!("{time}{en}"), &format!("{time}{zh}"));
    }

    /// The present time, to stand before a line.
    fn time(&self) -> String {
        format!("{} ", self.local(self.opened.clock.now()))
    }

    fn local(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.opened.config.settings.company.timezone).format("%m-%d %H:%M:%S").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::plan::Step;
    use super::*;

    #[test]
    fn a_standstill_is_made_good_once_or_not_at_all() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let (last, now) = (at("2026-11-22T03:00:01Z"), at("2026-11-22T08:01:00Z"));
        let step = |catch_up, last| {
            let timetable = Timetable::new("any", "0 0 * * * *".parse().unwrap(), chrono_tz::UTC);
            Planner::new(timetable, since(catch_up, last, now), now).step(now)
        };
        assert!(matches!(step(CatchUp::Once, Some(last)), Step::Pull { missed: 4 | 5 }));
        assert_eq!(step(CatchUp::Once, None), Step::Pull { missed: 0 });
        for last in [Some(last), None] {
            // The run of eight o'clock may be a minute late by its name, and then is still to come.
            match step(CatchUp::Skip, last) {
                Step::Wait(time) => assert!(time <= Duration::from_mins(61)),
                other => panic!("{other:?}"),
            }
        }
    }
}
