//! Plans when to refresh which posting on the schedule of `reposts.toml`, beside everything else.

use super::agenda::Agenda;
use super::keeper;
use super::plan::{Planner, Timetable};
use crate::app::{App, Opened};
use crate::commands::plan::{last_repost_plan, repost_pass};
use std::sync::Arc;

/// What the job is called in the agenda; no connection may be called so.
pub const REPOSTER: &str = "reposts.toml";

/// Plans and hands out until told to stop.
pub async fn work(app: App, opened: Opened, agenda: Arc<Agenda>) {
    let zone = opened.config.settings.company.timezone;
    let Some(cron) = opened.config.reposts.at.clone() else { return };
    // A plan that was due while nothing ran is made now; the first one ever waits for its time.
    let made = match last_repost_plan(&opened).await {
        Ok(made) => made.map(|(at, ..)| at),
        Err(failure) => {
            failure.say(&app.printer);
            return;
        }
    };
    let now = opened.clock.now();
    let mut planner = Planner::new(Timetable::new(REPOSTER, cron, zone), made.or(Some(now)), now);
    while keeper::due(REPOSTER, &mut planner, &*opened.clock, &agenda, &app.stop).await.is_some() {
        let done = tokio::select! {
            () = app.stop.cancelled() => return,
            done = repost_pass(&app, &opened) => done,
        };
        if let Err(failure) = done {
            failure.say(&app.printer);
        }
        let skipped = planner.pulled(opened.clock.now());
        agenda.skip(REPOSTER, skipped);
    }
}
