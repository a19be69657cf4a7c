//! Plans when to refresh which posting on the schedule of `reposts.toml`, and carries out the slots of channels with mode auto as their time comes,
//! beside everything else.

use super::agenda::Agenda;
use super::keeper;
use super::plan::{Planner, Timetable};
use crate::app::{App, Opened};
use crate::commands::plan::{REPOST_SCHEDULE, carry_out, given_up, hand_out_reposts, last_repost_plan, repost_pass};
use crate::failure::Failure;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use std::time::Duration;

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

/// Slots begin on the quarter-hour, and the clock may jump: it is looked at this often.
const LOOK: Duration = Duration::from_secs(20);
/// People who could not be told are told again after this.
const AGAIN: TimeDelta = TimeDelta::minutes(10);

/// Carries out what is due until told to stop. What is cut off on its way was written down before it began, and is asked about by the next process.
pub async fn carry(app: App, opened: Opened) {
    let work = async {
        let mut tell_from = DateTime::UNIX_EPOCH;
        loop {
            if let Err(failure) = look(&app, &opened, &mut tell_from).await {
                failure.say(&app.printer);
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::select! {
        () = app.stop.cancelled() => {}
        () = work => {}
    }
}

async fn look(app: &App, opened: &Opened, tell_from: &mut DateTime<Utc>) -> Result<(), Failure> {
    carry_out(app, opened, REPOST_SCHEDULE).await?;
    let now = opened.clock.now();
    if now < *tell_from || opened.config.reposts.to.is_empty() {
        return Ok(());
    }
    let waiting = given_up(opened).await?;
    if !waiting.is_empty() {
        // Before sending: what was sent and could not be noted is not sent every time it is looked.
        *tell_from = now + AGAIN;
        if hand_out_reposts(app, opened, &waiting).await? == 0 {
            *tell_from = now;
        }
    }
    Ok(())
}
