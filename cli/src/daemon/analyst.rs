//! Analyses after what was landed, not one for each pull.

use crate::app::Opened;
use crate::output::Printer;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// What lands within this time is analysed together.
const GATHER: Duration = Duration::from_millis(500);

/// At most one analysis runs and one is asked for. As long as the last one took, the next one waits, so that analyses
/// never take more than half of the engine's time.
#[derive(Debug, Default)]
pub struct Analyst {
    asked: Notify,
    done: Notify,
}

impl Analyst {
    /// Asks for an analysis of what is landed now.
    pub fn ask(&self) {
        self.asked.notify_one();
    }

    /// Waits until an analysis has ended since the last time that this was waited for; one waiter.
    pub async fn analysed(&self) {
        self.done.notified().await;
    }

    /// Analyses when asked, until `stop`.
    pub async fn work(&self, opened: &Opened, printer: &Printer, stop: &CancellationToken) {
        let work = async {
            loop {
                self.asked.notified().await;
                sleep(GATHER).await;
                let begun = Instant::now();
                match opened.analyse_changes().await {
                    Ok(()) => self.done.notify_one(),
                    Err(failure) => failure.say(printer),
                }
                sleep(begun.elapsed()).await;
            }
        };
        // An analysis that is cut off leaves the old marts in place; the next start asks for a new one.
        tokio::select! {
            () = stop.cancelled() => {}
            () = work => {}
        }
    }
}
