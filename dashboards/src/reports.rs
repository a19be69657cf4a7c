//! Reports that are kept until something is written, as the ClickHouse endpoint keeps its answers: a page asks for a dozen at once, and fifty people open
//! it after one pull.
//!
//! A report as of now is as of the moment when it was made, at most a minute ago, and says so.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use inflow_analytics::{Query, Report};
use moka::future::Cache;
use moka::policy::EvictionPolicy;

use crate::failure::Failure;

/// How long a report as of now is one.
const NOW: Duration = Duration::from_mins(1);
/// What all kept reports may hold, reckoned at [`CELL`] bytes a value.
const MOST: u64 = 32 << 20;
const CELL: usize = 64;
/// Values that a report without a row is reckoned at.
const FRAME: usize = 64;

/// A question, and how often was written what it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    query: Query,
    writes: u64,
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.writes.hash(state);
        self.query.metric.hash(state);
        self.query.by.hash(state);
        (self.query.from, self.query.to, self.query.as_of).hash(state);
        self.query.filters.hash(state);
    }
}

/// The reports.
#[derive(Clone)]
pub(crate) struct Reports<T = Report>(Cache<Key, Arc<T>>);

impl Default for Reports {
    fn default() -> Self {
        Reports::weighed(|report| report.rows.iter().map(serde_json::Map::len).sum())
    }
}

impl<T: Clone + Send + Sync + 'static> Reports<T> {
    fn weighed(values: fn(&T) -> usize) -> Self {
        let weigh = move |_: &Key, report: &Arc<T>| u32::try_from((values(report) + FRAME) * CELL).unwrap_or(u32::MAX);
        Reports(Cache::builder().max_capacity(MOST).weigher(weigh).eviction_policy(EvictionPolicy::lru()).time_to_live(NOW).build())
    }

    /// The report, made by one of those who ask for it at the same time. `writes` counts what was written; without it nothing is kept.
    pub(crate) async fn get(
        &self,
        query: &Query,
        writes: Option<u64>,
        now: DateTime<Utc>,
        making: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let Some(writes) = writes else { return making.await };
        let key = Key { query: Query { as_of: moment(query.as_of, now), ..query.clone() }, writes };
        let made = self.0.try_get_with(key, async { making.await.map(Arc::new) }).await;
        made.map(Arc::unwrap_or_clone).map_err(|failure| Failure::clone(&failure))
    }
}

/// The same moment for all who ask as of now within a minute. Instants that were named stay what they are.
fn moment(as_of: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    if (now - as_of).abs() > TimeDelta::seconds(1) {
        return as_of;
    }
    // Beyond any instant that can be asked for, so that no named one is taken for it.
    DateTime::<Utc>::MAX_UTC - TimeDelta::minutes(now.timestamp().div_euclid(60) % 1_000_000)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn query() -> Query {
        Query {
            metric: "volume".to_owned(),
            version: None,
            by: vec!["channel".to_owned()],
            from: "2026-11-01".parse().expect("a day"),
            to: "2026-11-20".parse().expect("a day"),
            tz: None,
            as_of: at(0),
            filters: BTreeMap::new(),
        }
    }

    /// Seconds after a whole minute.
    fn at(seconds: i64) -> DateTime<Utc> {
        "2026-11-20T08:00:00Z".parse::<DateTime<Utc>>().expect("an instant") + TimeDelta::seconds(seconds)
    }

    /// Asks for reports that are the instants as of which they were made.
    struct Asking {
        reports: Reports<DateTime<Utc>>,
        made: AtomicU32,
    }

    fn asking() -> Asking {
        Asking { reports: Reports::weighed(|_| 1), made: AtomicU32::new(0) }
    }

    impl Asking {
        async fn ask(&self, query: &Query, writes: Option<u64>, now: DateTime<Utc>) -> DateTime<Utc> {
            let making = async {
                tokio::task::yield_now().await;
                self.made.fetch_add(1, Ordering::Relaxed);
                Ok(query.as_of)
            };
            self.reports.get(query, writes, now, making).await.expect("a report")
        }

        fn made(&self) -> u32 {
            self.made.load(Ordering::Relaxed)
        }
    }

    #[tokio::test]
    async fn who_asks_at_the_same_time_or_before_a_write_shares_a_report() {
        let asking = asking();
        futures::future::join_all((0..50).map(|_| async { asking.ask(&query(), Some(1), at(0)).await })).await;
        assert_eq!(asking.made(), 1);
        asking.ask(&query(), Some(2), at(0)).await;
        assert_eq!(asking.made(), 2, "something was written");
        asking.ask(&Query { by: vec!["store".to_owned()], ..query() }, Some(2), at(0)).await;
        asking.ask(&Query { tz: Some(chrono_tz::Tz::UTC), ..query() }, Some(2), at(0)).await;
        assert_eq!(asking.made(), 4, "another question");
        for _ in 0..2 {
            asking.ask(&query(), None, at(0)).await;
        }
        assert_eq!(asking.made(), 6, "others may write unseen");
    }

    #[tokio::test]
    async fn now_is_a_minute_and_a_named_instant_is_itself() {
        let asking = asking();
        let as_of = |seconds| Query { as_of: at(seconds), ..query() };
        assert_eq!(asking.ask(&as_of(1), Some(1), at(1)).await, at(1));
        assert_eq!(asking.ask(&as_of(59), Some(1), at(59)).await, at(1), "made a minute ago, and said so");
        assert_eq!(asking.ask(&as_of(60), Some(1), at(60)).await, at(60));
        assert_eq!(asking.made(), 2);
        assert_eq!(asking.ask(&as_of(1), Some(1), at(30)).await, at(1));
        assert_eq!(asking.ask(&as_of(1), Some(1), at(40)).await, at(1));
        assert_eq!(asking.ask(&as_of(2), Some(1), at(40)).await, at(2));
        assert_eq!(asking.made(), 4);
    }

    #[tokio::test]
    async fn a_failure_is_told_and_not_kept() {
        let reports = asking().reports;
        for _ in 0..2 {
            let failed = reports.get(&query(), Some(1), at(0), async { Err(Failure::bad_request("invented")) }).await;
            assert!(failed.is_err());
        }
        let made = reports.get(&query(), Some(1), at(0), async { Ok(at(0)) }).await;
        assert!(made.is_ok());
    }
}
