//! What is sent when, by a clock that the test sets, with a store that forgets and receivers that refuse.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::*;

/// Remembers in memory; from a certain note on it fails, as if the process had been killed there.
#[derive(Default)]
struct Notes {
    rows: Mutex<BTreeMap<(String, NaiveDate, String), MessageRow>>,
    left: Mutex<Option<usize>>,
}

impl Notes {
    fn killed_after(&self, notes: usize) {
        *self.left.lock().unwrap() = Some(notes);
    }

    fn started_again(&self) {
        *self.left.lock().unwrap() = None;
    }

    fn of(&self, receiver: &str) -> Vec<(NaiveDate, MessageState, u32)> {
        let rows = self.rows.lock().unwrap();
        rows.values().filter(|row| row.receiver == receiver).map(|row| (row.period, row.state, row.attempts)).collect()
    }
}

impl Note for Notes {
    async fn rows(&self) -> Result<Vec<MessageRow>, StoreError> {
        Ok(self.rows.lock().unwrap().values().cloned().collect())
    }

    async fn note(&self, row: &MessageRow) -> Result<(), StoreError> {
        if let Some(left) = self.left.lock().unwrap().as_mut() {
            *left = left.checked_sub(1).ok_or_else(|| StoreError::Answer { what: "nothing".to_owned(), message: "killed".to_owned() })?;
        }
        self.rows.lock().unwrap().insert((row.message.clone(), row.period, row.receiver.clone()), row.clone());
        Ok(())
    }
}

/// Keeps what arrives; the group refuses as told.
#[derive(Default)]
struct Receivers {
    got: Mutex<Vec<(String, String, String)>>,
    refusal: Mutex<Option<SendError>>,
}

impl Receivers {
    fn got(&self) -> Vec<String> {
        self.got.lock().unwrap().drain(..).map(|(receiver, text, _)| format!("{receiver} {text}")).collect()
    }
}

impl Outgoing for Receivers {
    async fn send(&self, receiver: &Receiver, letter: &Letter) -> Result<(), SendError> {
        if let Some(refusal) = self.refusal.lock().unwrap().clone().filter(|_| receiver.id == "group") {
            return Err(refusal);
        }
        self.got.lock().unwrap().push((receiver.id.clone(), letter.text.clone(), letter.key.clone()));
        Ok(())
    }
}

struct World {
    config: Config,
    notes: Notes,
    receivers: Receivers,
}

impl World {
    fn new(zone: &str, messages: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
        write("inflow.toml", format!("[company]\ntimezone = \"{zone}\"\n"));
        let receivers = "[[receiver]]\nid = \"group\"\nshape = \"wecom\"\nurl = \"env:A\"\n[[receiver]]\nid = \"other\"\nshape = \"slack\"\nurl = \"env:B\"\n";
        write("messages.toml", format!("{receivers}{messages}"));
        let config = Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap_or_else(|error| panic!("{error}"));
        Self { config, notes: Notes::default(), receivers: Receivers::default() }
    }

    async fn try_at(&self, now: &str) -> Result<Vec<Round>, StoreError> {
        let courier = Courier { notes: &self.notes, outgoing: &self.receivers, composer: &Writer(None), config: &self.config };
        courier.due(at(now)).await
    }

    /// What arrives when somebody looks at this instant.
    async fn at(&self, now: &str) -> Vec<String> {
        self.try_at(now).await.unwrap();
        self.receivers.got()
    }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Writes which message it is, unless something stands in the way.
struct Writer(Option<&'static str>);

impl Compose for Writer {
    async fn compose(&self, rule: &MessageRule, period: Period) -> Result<Letter, String> {
        let text = format!("{} {}", rule.id, period.from);
        self.0.map_or(Ok(Letter { subject: String::new(), text, attachments: Vec::new(), key: String::new() }), |why| Err(why.to_owned()))
    }
}

const DAILY: &str = "[[message]]\nid = \"daily\"\nkind = \"day\"\nto = [\"group\"]\n";
const BOTH: &str = "[[message]]\nid = \"daily\"\nkind = \"day\"\nto = [\"group\", \"other\"]\n";

#[tokio::test]
async fn a_day_goes_out_once_at_half_past_six() {
    let world = World::new("Asia/Shanghai", DAILY);
    let none: Vec<String> = Vec::new();
    assert_eq!(world.at("2026-11-26T12:00:00Z").await, none, "what was due before it was known is not sent");
    assert_eq!(world.at("2026-11-27T10:29:59Z").await, none);
    assert_eq!(world.at("2026-11-27T10:30:00Z").await, ["group daily 2026-11-27"]);
    assert_eq!(world.at("2026-11-27T10:30:30Z").await, none);
    assert_eq!(world.at("2026-11-28T10:31:00Z").await, ["group daily 2026-11-28"]);
}

#[tokio::test]
async fn half_past_six_is_the_companys() {
    let world = World::new("America/New_York", DAILY);
    assert!(world.at("2026-10-30T12:00:00Z").await.is_empty());
    assert_eq!(world.at("2026-10-31T22:30:00Z").await, ["group daily 2026-10-31"], "daylight saving");
    assert!(world.at("2026-11-01T22:30:00Z").await.is_empty(), "the clock went back in the night");
    assert_eq!(world.at("2026-11-01T23:30:00Z").await, ["group daily 2026-11-01"]);
}

#[tokio::test]
async fn after_a_standstill_only_the_newest_goes_out() {
    let world = World::new("Asia/Shanghai", &format!("{DAILY}[[message]]\nid = \"weekly\"\nkind = \"week\"\nto = [\"other\"]\n"));
    world.at("2026-11-02T00:00:00Z").await;
    assert_eq!(world.at("2026-11-25T02:00:00Z").await, ["group daily 2026-11-24", "other weekly 2026-11-16"]);
    assert!(world.at("2026-11-25T02:01:00Z").await.is_empty());
}

#[tokio::test]
async fn who_was_killed_before_it_was_noted_sends_the_same_again_and_then_no_more() {
    let world = World::new("Asia/Shanghai", DAILY);
    world.at("2026-11-27T00:00:00Z").await;
    // `begun` is noted, the message arrives, and the process ends before `sent` is.
    world.notes.killed_after(1);
    assert!(world.try_at("2026-11-27T10:30:00Z").await.is_err());
    let first = world.receivers.got.lock().unwrap().clone();
    assert_eq!(world.notes.of("group"), [(at("2026-11-27T00:00:00Z").date_naive(), MessageState::Begun, 1)]);
    world.notes.started_again();
    assert_eq!(world.try_at("2026-11-27T10:30:10Z").await.unwrap(), [], "not at once");
    world.try_at("2026-11-27T10:31:10Z").await.unwrap();
    let both = world.receivers.got.lock().unwrap().clone();
    assert_eq!((first.len(), both.len()), (1, 2));
    assert_eq!(both[0], both[1], "under the same key, so that who can tell keeps one");
    assert!(world.try_at("2026-11-27T12:00:00Z").await.unwrap().is_empty());
    // Killed before it was handed over, nothing arrived: it goes out once.
    world.receivers.got();
    world.notes.killed_after(0);
    assert!(world.try_at("2026-11-28T10:30:00Z").await.is_err());
    world.notes.started_again();
    assert_eq!(world.at("2026-11-28T10:30:30Z").await, ["group daily 2026-11-28"]);
}

#[tokio::test]
async fn who_cannot_be_reached_is_tried_again_and_holds_up_nobody() {
    let world = World::new("Asia/Shanghai", BOTH);
    world.at("2026-11-27T00:00:00Z").await;
    *world.receivers.refusal.lock().unwrap() = Some(SendError::later("cannot be reached"));
    assert_eq!(world.at("2026-11-27T10:30:00Z").await, ["other daily 2026-11-27"]);
    let mut tried = Vec::new();
    for minute in 1..(24 * 60) {
        let now = at("2026-11-27T10:30:00Z") + TimeDelta::minutes(minute);
        if !world.try_at(&now.to_rfc3339()).await.unwrap().is_empty() {
            tried.push(minute);
        }
    }
    assert_eq!(tried, [1, 6, 21, 51, 111, 231, 471, 711, 951], "ten attempts");
    assert_eq!(world.notes.of("group")[0].1, MessageState::GivenUp);
    // The next day is another message.
    *world.receivers.refusal.lock().unwrap() = None;
    assert_eq!(world.at("2026-11-28T10:30:00Z").await, ["group daily 2026-11-28", "other daily 2026-11-28"]);
}

#[tokio::test]
async fn who_asks_to_be_left_alone_is_and_who_refuses_is_not_asked_again() {
    let world = World::new("Asia/Shanghai", DAILY);
    world.at("2026-11-27T00:00:00Z").await;
    *world.receivers.refusal.lock().unwrap() = Some(SendError { after: Some(Duration::from_mins(10)), ..SendError::later("busy") });
    assert_eq!(world.try_at("2026-11-27T10:30:00Z").await.unwrap()[0].next_at, Some(at("2026-11-27T10:40:00Z")));
    *world.receivers.refusal.lock().unwrap() = Some(SendError::refused("no such robot"));
    assert_eq!(world.try_at("2026-11-27T10:40:00Z").await.unwrap()[0].next_at, None);
    assert!(world.try_at("2026-11-27T18:40:00Z").await.unwrap().is_empty());
}

#[tokio::test]
async fn what_somebody_sends_at_noon_does_not_take_the_place_of_the_evening() {
    let world = World::new("Asia/Shanghai", BOTH);
    world.at("2026-11-27T00:00:00Z").await;
    let send = async |now: &str, again| {
        let courier = Courier { notes: &world.notes, outgoing: &world.receivers, composer: &Writer(None), config: &world.config };
        let period = Period::of(inflow_config::BriefKind::Day, "2026-11-27".parse().unwrap());
        let rounds = courier.now(period, again, at(now)).await.unwrap();
        rounds.into_iter().map(|round| round.outcome).collect::<Vec<_>>()
    };
    assert_eq!(send("2026-11-27T04:00:00Z", false).await, [Ok(true), Ok(true)]);
    world.receivers.got();
    assert_eq!(world.at("2026-11-27T10:30:00Z").await.len(), 2);
    assert_eq!(send("2026-11-27T11:00:00Z", false).await, [Ok(false), Ok(false)], "they have it");
    assert_eq!(send("2026-11-27T11:00:00Z", true).await, [Ok(true), Ok(true)]);
}

#[tokio::test]
async fn a_report_that_cannot_be_made_is_tried_again() {
    let world = World::new("Asia/Shanghai", DAILY);
    world.at("2026-11-27T00:00:00Z").await;
    let composer = Writer(Some("volume has not been prepared"));
    let courier = Courier { notes: &world.notes, outgoing: &world.receivers, composer: &composer, config: &world.config };
    let rounds = courier.due(at("2026-11-27T10:30:00Z")).await.unwrap();
    assert_eq!(rounds[0].outcome.as_ref().unwrap_err().message, "cannot be made: volume has not been prepared");
    assert_eq!(world.at("2026-11-27T10:31:00Z").await, ["group daily 2026-11-27"]);
}
