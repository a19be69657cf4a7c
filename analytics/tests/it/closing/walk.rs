//! A random walk: entries arrive, are corrected and vanish, months are closed and reopened, and the rule is reckoned beside it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use inflow_analytics::{ClosingCheck, Month, check_closings};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::Books;

/// Month of service, channel, line.
type Key = (Month, String, String);
/// Cents by the month in which they count, and what they are of.
type Booked = BTreeMap<(Month, Key), i64>;
/// Cents by month and channel.
type Sums = BTreeMap<(String, String), i64>;

/// The rule once more, without SQL: cents by the month in which they count and key, of each closing in force.
#[derive(Default)]
struct Model {
    frozen: Vec<(Month, Booked)>,
}

impl Model {
    /// What counts in a month that is open from `open` on.
    fn booked(&self, now: &BTreeMap<Key, i64>) -> Booked {
        let mut booked = BTreeMap::new();
        let open = self.frozen.last().map(|(month, _)| month.next());
        let mut rest: BTreeMap<Key, i64> = now.clone();
        for ((posted, key), cents) in self.frozen.iter().flat_map(|(_, rows)| rows) {
            *booked.entry((*posted, key.clone())).or_default() += cents;
            *rest.entry(key.clone()).or_default() -= cents;
        }
        for (key, cents) in rest {
            let posted = open.map_or(key.0, |open| open.max(key.0));
            *booked.entry((posted, key)).or_default() += cents;
        }
        booked.retain(|_, cents| *cents != 0);
        booked
    }

    fn close(&mut self, month: Month, now: &BTreeMap<Key, i64>) {
        let before: Vec<Month> = self.frozen.iter().map(|(month, _)| *month).collect();
        let rows =
            self.booked(now).into_iter().filter(|((posted, _), _)| *posted <= month && before.last().is_none_or(|last| posted > last));
        self.frozen.push((month, rows.collect()));
    }
}

fn cents(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let part = format!("{part:0<2}").parse::<i64>().unwrap();
    whole.parse::<i64>().unwrap() * 100 + if text.starts_with('-') { -part } else { part }
}

fn by_month_and_channel(booked: &Booked) -> Sums {
    let mut sums = BTreeMap::new();
    for ((posted, (_, channel, _)), cents) in booked {
        *sums.entry((posted.to_string(), channel.clone())).or_default() += cents;
    }
    sums.retain(|_, cents| *cents != 0);
    sums
}

/// Entries arrive, are corrected and vanish; months are closed, reopened and closed again: closed months never change, the books are
/// equal to the ledger in total, and each later line names its month.
#[tokio::test]
async fn closed_months_never_change_whatever_happens() {
    let mut books = Books::new().await;
    let mut random = StdRng::seed_from_u64(20_261_126);
    let mut model = Model::default();
    // What each closed month and channel said when it was closed.
    let mut said: Vec<(Month, Sums)> = Vec::new();
    let start: NaiveDate = "2026-07-01".parse().unwrap();
    let mut lines: BTreeMap<usize, (String, String, String, String)> = BTreeMap::new();
    let (mut closed, mut reopened, mut later) = (0, 0, 0);
    for _ in 0..32 {
        let mut rows = Vec::new();
        for _ in 0..random.random_range(1..5) {
            let id = random.random_range(0..14);
            if let Some((channel, net, from, to)) = lines.get(&id).filter(|_| random.random_range(0..4) == 0).cloned() {
                rows.push(books.version_of(&id.to_string(), &channel, &net, &from, &to, true));
                lines.remove(&id);
                continue;
            }
            let from = start + chrono::Days::new(random.random_range(0..180));
            let to = from + chrono::Days::new([0, 0, 20, 70][random.random_range(0..4)]);
            let channel = ["boss", "zhaopin", "unallocated"][random.random_range(0..3)].to_owned();
            let net = format!("{}.{:02}", random.random_range(-50..500), random.random_range(0..100));
            rows.push(books.version_of(&id.to_string(), &channel, &net, &from.to_string(), &to.to_string(), false));
            lines.insert(id, (channel, net, from.to_string(), to.to_string()));
        }
        books.world.insert("spend", rows).await;
        books.analyze().await;
        let now: BTreeMap<Key, i64> = books
            .world
            .rows(
                "SELECT formatDateTime(day, '%Y-%m') AS month, toString(channel) AS channel, source_id, toInt64(sum(amount) * 100) AS cents \
                 FROM inflow.spend_days GROUP BY ALL",
            )
            .await
            .iter()
            .map(|row| {
                let text = |name: &str| row[name].as_str().unwrap().to_owned();
                ((text("month").parse().unwrap(), text("channel"), text("source_id")), row["cents"].as_i64().unwrap())
            })
            .collect();
        let last = model.frozen.last().map(|(month, _)| *month);
        match (random.random_range(0..5), last) {
            (0..=1, _) => {
                let month = last.map_or("2026-08".parse().unwrap(), Month::next);
                if month <= "2026-11".parse().unwrap() {
                    books.close(&month.to_string(), None).await.unwrap();
                    model.close(month, &now);
                    let booked = by_month_and_channel(&model.booked(&now));
                    let of_it =
                        |posted: &str| posted <= month.to_string().as_str() && last.is_none_or(|last| posted > last.to_string().as_str());
                    said.push((month, booked.into_iter().filter(|((posted, _), _)| of_it(posted)).collect()));
                    closed += 1;
                }
            }
            (2, Some(last)) => {
                books.reopen(&last.to_string()).await;
                model.frozen.pop();
                said.pop();
                reopened += 1;
            }
            _ => {}
        }
        let booked = model.booked(&now);
        let report = books.ask("spend", &["month", "channel"], "2026-07-01", "2027-04-30").await;
        let mut found = BTreeMap::new();
        let (mut as_now, mut as_closed) = (0, 0);
        for row in &report {
            let text = |name: &str| row[name].as_str().unwrap_or("0.00").to_owned();
            as_now += cents(&text("amount"));
            as_closed += cents(&text("as_closed"));
            found.insert((text("month"), text("channel")), cents(&text("as_closed")));
        }
        found.retain(|_, cents| *cents != 0);
        assert_eq!(found, by_month_and_channel(&booked));
        assert_eq!((as_closed, as_now), (as_now, now.values().sum()), "the books are the ledger in total");
        for (month, then) in &said {
            let still: BTreeMap<_, _> =
                found.iter().filter(|(key, _)| then.contains_key(key)).map(|(key, cents)| (key.clone(), *cents)).collect();
            assert_eq!(still, *then, "{month} changed");
        }
        let mut links: Vec<(String, String, String, i64)> = books
            .ask("spend_later", &["month"], "2026-07-01", "2027-04-30")
            .await
            .iter()
            .map(|row| {
                let text = |name: &str| row[name].as_str().unwrap().to_owned();
                (text("month"), text("posted_in"), text("line"), cents(&text("amount")))
            })
            .collect();
        links.sort();
        let mut expected: BTreeMap<(String, String, String), i64> = BTreeMap::new();
        for ((posted, (month, _, line)), cents) in booked.iter().filter(|((posted, key), _)| key.0 != *posted) {
            *expected.entry((month.to_string(), posted.to_string(), format!("ledger/{line}"))).or_default() += cents;
        }
        expected.retain(|_, cents| *cents != 0);
        later += expected.len();
        assert_eq!(links, expected.into_iter().map(|((month, posted, line), cents)| (month, posted, line, cents)).collect::<Vec<_>>());
    }
    assert!(closed > 5 && reopened > 2 && later > 40, "{closed} closed, {reopened} reopened, {later} later lines");
    assert!(check_closings(&books.world.store).await.unwrap().iter().all(ClosingCheck::holds));
}
