//! Tells people of alerts after each analysis, beside everything else: a receiver that hangs or refuses delays no pull.

use super::Analyst;
use crate::app::{App, Opened};
use crate::commands::alerts::{pass, say};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use std::time::Duration;

/// The clock is looked at this often: it may jump, and a machine may sleep.
const LOOK: Duration = Duration::from_secs(10);
/// Without an analysis it is looked at this often: quiet hours end, others are to be told.
const LONGEST: TimeDelta = TimeDelta::minutes(10);
/// The first analysis is waited for so long.
const FIRST: Duration = Duration::from_mins(10);

/// Tells what began and ended until told to stop.
pub async fn work(app: App, opened: Opened, analyst: Arc<Analyst>) {
    let work = async {
        // How alerts stand is known after the first analysis; one that fails, or takes long, holds nobody up for ever: what the last one found still stands.
        let _late = tokio::time::timeout(FIRST, analyst.analysed()).await;
        loop {
            let next = look(&app, &opened).await;
            while opened.clock.now() < next {
                tokio::select! {
                    () = analyst.analysed() => break,
                    () = tokio::time::sleep(LOOK) => {}
                }
            }
        }
    };
    // What is cut off here was noted before it was handed over, and goes out again after the next start.
    tokio::select! {
        () = app.stop.cancelled() => {}
        () = work => {}
    }
}

/// Tells what is to be told now; when to look again.
async fn look(app: &App, opened: &Opened) -> DateTime<Utc> {
    let told = match pass(opened).await {
        Ok(told) => told,
        Err(failure) => {
            failure.say(&app.printer);
            return opened.clock.now() + TimeDelta::minutes(1);
        }
    };
    let (now, zone) = (opened.clock.now(), opened.config.settings.company.timezone);
    let time = now.with_timezone(&zone).format("%m-%d %H:%M:%S ").to_string();
    for one in &told {
        say(&app.printer, &time, one);
    }
    told.iter().filter_map(|one| one.next_at).chain([now + LONGEST]).min().unwrap_or(now + LONGEST)
}
