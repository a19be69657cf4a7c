//! Answers that are kept for readers until something is written that they may have read.
//!
//! Fifty people who look at one dashboard ask the same few statements over and over. The first asks the engine; who asks the same meanwhile waits for that
//! answer, and who asks later gets it as it was sent, packed and all. An answer is known by its statement, parameters, settings, database, format and packing, and by how
//! often was written what it reads ([`Writes`](crate::writes::Writes)). Large answers are not kept, nor are those that change by themselves.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::DateTime;
use chrono_tz::Tz;
use moka::future::Cache;
use moka::policy::EvictionPolicy;

use super::encode::Packing;
use super::fault::Fault;
use super::run::Job;
use crate::ffi::Counters;
use crate::measures::Measures;
use crate::sql::{Kind, Shape, Token, Tokens, shape};

/// An answer of more bytes than this is not kept.
const LARGEST: u64 = 4 << 20;
/// So much is reckoned for an answer beside its bytes.
const OVERHEAD: u64 = 512;
/// What is written in the background (a mutation that nobody waited for) is seen after this at the latest.
const LONGEST: Duration = Duration::from_mins(5);

/// An answer as it is sent.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its format.
    pub format: String,
    /// Packed.
    pub body: Bytes,
    /// Of the statement that made it.
    pub counters: Counters,
}

/// Why there is no answer to keep.
#[derive(Debug)]
pub enum Unkept {
    /// The statement failed. So it did for all who waited.
    Failed(Fault),
    /// The answer is too large; who waited asks for it himself.
    TooLarge,
}

/// What an answer is known by.
pub type Key = [u8; 32];

/// The answers.
#[derive(Debug)]
pub struct Answers {
    cache: Cache<Key, Arc<Answer>>,
    largest: usize,
    measures: Measures,
}

impl Answers {
    /// At most so many bytes of them; 0: none are kept.
    pub fn new(bytes: u64, measures: Measures) -> Option<Answers> {
        if bytes == 0 {
            return None;
        }
        let cache = Cache::builder()
            .max_capacity(bytes)
            .weigher(|_: &Key, answer: &Arc<Answer>| u32::try_from(answer.body.len() as u64 + OVERHEAD).unwrap_or(u32::MAX))
            // What was often asked for before the last write is not asked for again: the least recently used goes.
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(LONGEST)
            .build();
        Some(Answers { cache, largest: (bytes / 8).min(LARGEST) as usize, measures })
    }

    /// Bytes of the largest answer that is kept.
    pub fn largest(&self) -> usize {
        self.largest
    }

    /// One that is there.
    pub async fn get(&self, key: &Key) -> Option<Arc<Answer>> {
        self.cache.get(key).await
    }

    /// The answer, made by one of those who ask for it at the same time. When that one leaves, another one begins anew.
    pub async fn make(&self, key: Key, making: impl Future<Output = Result<Arc<Answer>, Unkept>>) -> Result<Arc<Answer>, Arc<Unkept>> {
        let made = self.cache.try_get_with(key, making).await;
        self.measures.kept(self.cache.entry_count(), self.cache.weighted_size());
        made
    }
}

/// Whether a statement's answer can be kept at all, by its shape.
pub fn is_select(sql: &str) -> bool {
    matches!(shape(sql.as_bytes()), Shape::Select { .. })
}

/// The key of a statement's answer, given how often was written what it reads.
pub fn key(job: &Job, packing: Packing, stamp: &[u64]) -> Key {
    let mut hasher = blake3::Hasher::new();
    let mut put = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    for count in stamp {
        put(&count.to_le_bytes());
    }
    put(packing.content_encoding().unwrap_or(if packing == Packing::Frames { "frames" } else { "" }).as_bytes());
    put(job.default_format.as_deref().unwrap_or_default().as_bytes());
    put(job.surroundings.database.as_deref().unwrap_or_default().as_bytes());
    put(by_day(&job.sql).as_bytes());
    for (mark, pairs) in [(b"settings".as_slice(), &job.surroundings.settings), (b"parameters", &job.params)] {
        put(mark);
        let mut pairs: Vec<_> = pairs.iter().collect();
        // Of a setting that comes twice the last one holds.
        pairs.sort_by_key(|(name, _)| name);
        for (name, value) in pairs {
            put(name.as_bytes());
            put(value.as_bytes());
        }
    }
    *hasher.finalize().as_bytes()
}

/// The statement with the days of its arguments `from` and `to` spelt out: `from = toDate(toDateTime(1764201600), 'Asia/Shanghai')`, which Grafana makes
/// of a dashboard's period, has another instant every time, and is the same day.
fn by_day(sql: &str) -> String {
    let tokens: Vec<Token<'_>> = Tokens::new(sql.as_bytes()).collect();
    let mut text = String::with_capacity(sql.len());
    let mut done = 0;
    for (place, window) in tokens.windows(11).enumerate() {
        let Some((day, start, end)) = day_argument(window) else { continue };
        let after = place.checked_sub(1).and_then(|before| tokens.get(before));
        if start < done || !after.is_some_and(|token| token.sign(b'(') || token.sign(b',')) {
            continue;
        }
        text.push_str(sql.get(done..start).unwrap_or_default());
        text.push_str(&day);
        done = end;
    }
    text.push_str(sql.get(done..).unwrap_or_default());
    text
}

/// `from = toDate ( toDateTime ( N ) , 'zone' )`: the day, and where the expression begins and ends.
fn day_argument(window: &[Token<'_>]) -> Option<(String, usize, usize)> {
    let [name, equal, date, open, instant, inner, number, close, comma, zone, end] = window else { return None };
    let signs = equal.sign(b'=') && open.sign(b'(') && inner.sign(b'(') && close.sign(b')') && comma.sign(b',') && end.sign(b')');
    let words = (name.is("from") || name.is("to")) && date.is("toDate") && instant.is("toDateTime");
    if !(signs && words && number.kind == Kind::Number && zone.kind == Kind::Text) {
        return None;
    }
    let seconds: u32 = std::str::from_utf8(number.bytes).ok()?.parse().ok()?;
    let zone: Tz = std::str::from_utf8(zone.bytes.get(1..zone.bytes.len().checked_sub(1)?)?).ok()?.parse().ok()?;
    let day = DateTime::from_timestamp(seconds.into(), 0)?.with_timezone(&zone).date_naive();
    Some((format!("\0day {day}\0"), date.start, end.end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_of_one_local_day_are_one_period() {
        let sql = |from: u32, zone: &str| {
            format!(
                "SELECT * FROM inflow.metric_spend(from = toDate(toDateTime({from}), '{zone}'), to=toDate( toDateTime(1764201599),'UTC' ), tz = '')"
            )
        };
        // 2025-11-26 16:00 UTC is midnight in Shanghai.
        assert_eq!(by_day(&sql(1_764_172_800, "Asia/Shanghai")), by_day(&sql(1_764_259_199, "Asia/Shanghai")));
        assert_ne!(by_day(&sql(1_764_172_799, "Asia/Shanghai")), by_day(&sql(1_764_172_800, "Asia/Shanghai")));
        assert_ne!(by_day(&sql(1_764_172_800, "UTC")), by_day(&sql(1_764_259_199, "UTC")));
        assert!(by_day(&sql(1, "UTC")).contains("from = \0day 1970-01-01\0, to=\0day 2025-11-26\0, tz = ''"));
    }

    #[test]
    fn only_arguments_of_that_form_are_days() {
        for sql in [
            "SELECT toDate(toDateTime(1764172800), 'UTC')",
            "SELECT from = toDate(toDateTime(1764172800), 'UTC')",
            "SELECT * FROM v(from = toDate(toDateTime(1764172800)), to = 1)",
            "SELECT * FROM v(from = toDate(toDateTime(99999999999), 'UTC'))",
            "SELECT * FROM v(from = toDate(toDateTime(1), 'Nowhere/None'))",
            "SELECT * FROM v(day = toDate(toDateTime(1), 'UTC'))",
            "",
        ] {
            assert_eq!(by_day(sql), sql);
        }
    }
}
