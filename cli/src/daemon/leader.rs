//! Leads cases on the schedule of `process.toml`, beside everything else.

use super::agenda::Agenda;
use super::keeper;
use super::plan::{Planner, Timetable};
use crate::app::{App, Opened};
use crate::commands::process::{Leading, say};
use std::sync::Arc;

/// What the job is called in the agenda; no connection may be called so.
pub const LEADER: &str = "process.toml";

/// Does what is due until told to stop. What is cut off was noted before it was handed over, and the next start goes on with it.
pub async fn work(app: App, opened: Opened, agenda: Arc<Agenda>) {
    let zone = opened.config.settings.company.timezone;
    let Ok(cron) = opened.config.processes.cron() else { return };
    let leading = match Leading::new(&opened) {
        Ok(leading) => leading,
        Err(failure) => {
            failure.say(&app.printer);
            return;
        }
    };
    // The first pass is now: what came due during a standstill waits since.
    let mut planner = Planner::new(Timetable::new(LEADER, cron, zone), None, opened.clock.now());
    while keeper::due(LEADER, &mut planner, &*opened.clock, &agenda, &app.stop).await.is_some() {
        let pass = tokio::select! {
            () = app.stop.cancelled() => return,
            pass = leading.pass() => pass,
        };
        match pass {
            Ok(pass) => {
                let time = opened.clock.now().with_timezone(&zone).format("%m-%d %H:%M:%S ").to_string();
                say(&app.printer, &time, &pass);
            }
            Err(error) => tracing::warn!(%error, "cases cannot be read or steps noted; they wait"),
        }
        let skipped = planner.pulled(opened.clock.now());
        agenda.skip(LEADER, skipped);
    }
}
