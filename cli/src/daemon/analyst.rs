//! Analyses after what was landed, not one for each pull; and when what is known changes by itself: a local day ends, a connection fails.

use crate::app::Opened;
use crate::output::Printer;
use chrono::{DateTime, NaiveDate, Utc};
use inflow_config::Config;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// What lands within this time is analysed together.
const GATHER: Duration = Duration::from_millis(500);
/// It is looked this often whether a day ended, and an analysis that failed is tried again.
const LOOK: Duration = Duration::from_mins(10);

/// What figures depend on beside what is landed: a channel that falls to nothing lands nothing, and is judged after each of its days all the same.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    /// The day that it is for the company and for each channel.
    days: Vec<NaiveDate>,
    /// Connections that fail: of their days nobody knows.
    failing: Vec<String>,
}

impl Seen {
    async fn of(opened: &Opened) -> Option<Self> {
        match opened.store.health().await {
            Ok(health) => {
                let failing = health.into_iter().filter(|row| row.status == "failing").map(|row| row.connection).collect();
                Some(Self { days: days(&opened.config, opened.clock.now()), failing })
            }
            Err(error) => {
                tracing::warn!(%error, "how connections are cannot be read");
                None
            }
        }
    }
}

/// The local day of the company and of each channel, in the order of the file.
fn days(config: &Config, now: DateTime<Utc>) -> Vec<NaiveDate> {
    let zones = config.channels.iter().map(|channel| config.channel_timezone(&channel.id));
    [config.settings.company.timezone].into_iter().chain(zones).map(|zone| now.with_timezone(&zone).date_naive()).collect()
}

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

    /// Analyses when asked, and when a day ended, until `stop`.
    pub async fn work(&self, opened: &Opened, printer: &Printer, stop: &CancellationToken) {
        let analyse = || async { opened.analyse_changes().await.inspect_err(|failure| failure.say(printer)).is_ok() };
        // An analysis that is cut off leaves the old marts in place; the next start asks for a new one.
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.turns(|| Seen::of(opened), analyse) => {}
        }
    }

    /// Calls `analyse`, which says whether it could, when asked, when what is `seen` is no longer what the last analysis had, and again after it could not.
    async fn turns<T, S, A>(&self, seen: impl Fn() -> S, analyse: impl Fn() -> A)
    where
        T: PartialEq,
        S: Future<Output = Option<T>>,
        A: Future<Output = bool>,
    {
        let (mut last, mut failed) = (seen().await, false);
        loop {
            tokio::select! {
                () = self.asked.notified() => {}
                () = sleep(LOOK) => {
                    let now = seen().await;
                    if !failed && (now.is_none() || now == last) {
                        continue;
                    }
                }
            }
            sleep(GATHER).await;
            // Seen before it begins: what changes while it runs is for the next one.
            let (begun, now) = (Instant::now(), seen().await);
            failed = !analyse().await;
            if !failed {
                last = now.or(last);
                self.done.notify_one();
            }
            sleep(begun.elapsed()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use tokio::time::timeout;

    #[tokio::test(start_paused = true)]
    async fn a_day_that_ends_is_analysed_and_what_failed_is_tried_again() {
        let (analyst, start, analysed) = (Analyst::default(), Instant::now(), RefCell::new(Vec::new()));
        let minutes = || start.elapsed().as_secs() / 60;
        let seen = || std::future::ready(Some(minutes() / 95));
        // The first two of the second day cannot be made.
        let analyse = || {
            analysed.borrow_mut().push(minutes());
            std::future::ready(!(2..4).contains(&analysed.borrow().len()))
        };
        analyst.ask();
        let longer = timeout(Duration::from_hours(3), analyst.turns(seen, analyse)).await;
        assert!(longer.is_err());
        assert_eq!(*analysed.borrow(), [0, 100, 110, 120], "once when asked, and from the end of the day until it could be made");
        timeout(Duration::from_secs(1), analyst.analysed()).await.unwrap();
    }

    #[test]
    fn a_day_ends_where_the_company_and_where_each_channel_is() {
        let folder = tempfile::tempdir().unwrap();
        let channels = "[[channel]]\nid = \"indeed\"\nname = { en = \"Indeed\", zh = \"Indeed\" }\ntimezone = \"America/New_York\"\n";
        for (name, text) in [("inflow.toml", "[company]\ntimezone = \"Asia/Shanghai\"\n"), ("channels.toml", channels)] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let config = Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap();
        let seen = |time: &str| days(&config, format!("2026-11-02T{time}:00Z").parse().unwrap());
        let changes = [("04:59", "05:00"), ("15:59", "16:00")];
        assert!(changes.iter().all(|(before, after)| seen(before) != seen(after)));
        assert_eq!(seen("05:00"), seen("15:59"));
    }
}
