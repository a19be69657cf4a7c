//! Who is told what when, by a clock that the test sets, with a memory that fails and receivers that refuse.

use std::sync::Mutex;

use chrono::NaiveDate;
use inflow_config::Receiver;
use inflow_store::AlertDecision;

use super::super::standing::Now;
use super::*;

/// Remembers in memory; from a certain note on it fails, as if the process had been killed there.
#[derive(Default)]
struct Remembered {
    events: Mutex<Vec<AlertEventRow>>,
    decisions: Mutex<Vec<AlertDecisionRow>>,
    rows: Mutex<BTreeMap<(String, String), MessageRow>>,
    left: Mutex<Option<usize>>,
}

impl Remembered {
    fn spend(&self) -> Result<(), StoreError> {
        if let Some(left) = self.left.lock().unwrap().as_mut() {
            *left = left.checked_sub(1).ok_or_else(|| StoreError::Answer { what: "nothing".to_owned(), message: "killed".to_owned() })?;
        }
        Ok(())
    }
}

impl Note for Remembered {
    async fn rows(&self) -> Result<Vec<MessageRow>, StoreError> {
        Ok(self.rows.lock().unwrap().values().cloned().collect())
    }

    async fn note(&self, row: &MessageRow) -> Result<(), StoreError> {
        self.spend()?;
        self.rows.lock().unwrap().insert((row.message.clone(), row.receiver.clone()), row.clone());
        Ok(())
    }
}

impl Memory for Remembered {
    async fn events(&self) -> Result<Vec<AlertEventRow>, StoreError> {
        Ok(self.events.lock().unwrap().clone())
    }

    async fn note_events(&self, rows: &[AlertEventRow]) -> Result<(), StoreError> {
        self.spend()?;
        self.events.lock().unwrap().extend(rows.iter().cloned());
        Ok(())
    }

    async fn decisions(&self) -> Result<Vec<AlertDecisionRow>, StoreError> {
        Ok(self.decisions.lock().unwrap().clone())
    }
}

/// Keeps what arrives; refuses as told.
#[derive(Default)]
struct Receivers {
    got: Mutex<Vec<(String, Letter)>>,
    refuses: Mutex<bool>,
    /// Nothing can be handed over before somebody changes something.
    lacks_secret: Mutex<bool>,
}

impl Outgoing for Receivers {
    async fn send(&self, receiver: &Receiver, letter: &Letter) -> Result<(), SendError> {
        if *self.refuses.lock().unwrap() {
            return Err(SendError::later("is not there"));
        }
        if *self.lacks_secret.lock().unwrap() {
            return Err(SendError::refused("there is no secret"));
        }
        self.got.lock().unwrap().push((receiver.id.clone(), letter.clone()));
        Ok(())
    }
}

const MESSAGES: &str =
    "[[receiver]]\nid = \"hr\"\nshape = \"wecom\"\nurl = \"env:HR\"\n[[receiver]]\nid = \"boss\"\nshape = \"wecom\"\nurl = \"env:BOSS\"\n";
const RULE: &str = "[[rule]]\nid = \"no_show\"\nname = { en = \"No-shows\", zh = \"爽约\" }\nmetric = \"no_show\"\nabove = \"0.05\"\n";

struct World {
    config: Config,
    memory: Remembered,
    receivers: Receivers,
}

impl World {
    fn new(top: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = [("inflow.toml", ""), ("messages.toml", MESSAGES), ("alerts.toml", &format!("to = [\"hr\"]\n{top}\n{RULE}"))];
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let config = Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap();
        Self { config, memory: Remembered::default(), receivers: Receivers::default() }
    }

    async fn pass(&self, standing: &[Standing], now: &str) -> Result<Vec<Told>, StoreError> {
        let (signer, base) = (AlertSigner::new([7; 32]), "https://hr.company.example/".parse().unwrap());
        let teller =
            Teller { memory: &self.memory, outgoing: &self.receivers, config: &self.config, lang: Lang::En, signer: &signer, base: &base };
        teller.pass(standing, now.parse().unwrap()).await
    }

    /// What arrives of a pass: the receiver and the first line.
    async fn told(&self, standing: &[Standing], now: &str) -> Vec<String> {
        self.pass(standing, now).await.unwrap();
        self.receivers.got.lock().unwrap().drain(..).map(|(receiver, letter)| format!("{receiver}: {}", letter.subject)).collect()
    }

    fn say(&self, kind: AlertDecision, id: &str, until: Option<&str>) {
        self.memory.decisions.lock().unwrap().push(AlertDecisionRow {
            id: id.to_owned(),
            kind,
            rule: String::new(),
            slice: String::new(),
            channel: if kind == AlertDecision::Silence { "boss".to_owned() } else { String::new() },
            until: until.map(|at| at.parse().unwrap()),
            reason: String::new(),
            decided_by: "Lin Example".to_owned(),
            at: DateTime::UNIX_EPOCH,
        });
    }
}

fn alert(channel: &str, now: Now, raised_on: &str) -> Standing {
    Standing {
        rule: "no_show".to_owned(),
        slice: format!("channel={channel}, store=North"),
        channels: vec![channel.to_owned()],
        raised_on: raised_on.parse().unwrap(),
        now,
        text: format!("No-shows: {channel} 12 %\nLikely causes:\n- link to go.test.example"),
    }
}

fn connection(now: Now) -> Standing {
    Standing {
        rule: "connection".to_owned(),
        slice: "boss_file".to_owned(),
        channels: vec!["boss".to_owned()],
        raised_on: NaiveDate::from_ymd_opt(2026, 11, 2).unwrap(),
        now,
        text: "BOSS (boss_file): no data since 11-02".to_owned(),
    }
}

#[tokio::test]
async fn an_alert_is_told_once_when_it_begins_and_once_when_it_ends() {
    let world = World::new("");
    let on = |day: &str| [alert("boss", Now::On, day), alert("zhaopin", Now::On, day)];
    world.pass(&on("2026-11-01"), "2026-11-02T02:00:00Z").await.unwrap();
    let got: Vec<(String, Letter)> = world.receivers.got.lock().unwrap().drain(..).collect();
    let [(receiver, letter)] = got.as_slice() else { panic!("together: {got:?}") };
    assert_eq!((receiver.as_str(), letter.subject.as_str()), ("hr", "Alert: 2, No-shows: boss 12 % .."));
    assert!(letter.text.contains("- link to go.test.example") && letter.text.contains("/alert/") && letter.text.contains("/ack?until="));
    assert!(letter.text.contains("https://hr.company.example/?subject=interviews&channel=zhaopin&store=North"), "{}", letter.text);
    // Not again, also when a later analysis puts its first day elsewhere, and not over days that nobody knows.
    assert!(world.told(&on("2026-11-01"), "2026-11-02T03:00:00Z").await.is_empty());
    assert!(world.told(&on("2026-10-31"), "2026-11-03T02:00:00Z").await.is_empty());
    assert!(
        world
            .told(&[alert("boss", Now::Unknown, "2026-11-01"), alert("zhaopin", Now::Unknown, "2026-11-01")], "2026-11-04T02:00:00Z")
            .await
            .is_empty()
    );
    let off = [alert("boss", Now::Off, "2026-11-05"), alert("zhaopin", Now::On, "2026-11-01")];
    assert_eq!(world.told(&off, "2026-11-05T02:00:00Z").await, ["hr: Alert over: No-shows: boss 12 %"]);
    assert!(world.told(&off, "2026-11-05T03:00:00Z").await.is_empty());
    // Another time is another alert.
    assert_eq!(world.told(&on("2026-11-09"), "2026-11-10T02:00:00Z").await, ["hr: Alert: No-shows: boss 12 %"]);
    // Whoever is first told of many is told of some in full.
    let many: Vec<Standing> = (0..11).map(|number| alert(&format!("c{number}"), Now::On, "2026-11-09")).collect();
    let fresh = World::new("");
    fresh.pass(&many, "2026-11-10T02:00:00Z").await.unwrap();
    let text = fresh.receivers.got.lock().unwrap()[0].1.text.clone();
    assert!(text.matches("I see to it:").count() == 5 && text.ends_with("6 more: `inflow alerts list`"), "{text}");
    // What never was on does not end.
    assert!(World::new("").told(&off[..1], "2026-11-05T02:00:00Z").await.is_empty());
}

#[tokio::test]
async fn who_stops_or_is_refused_tells_it_later_under_the_same_key() {
    for killed_after in 0..4 {
        let world = World::new("");
        let on = [alert("boss", Now::On, "2026-11-01")];
        *world.memory.left.lock().unwrap() = Some(killed_after);
        let done = world.pass(&on, "2026-11-02T02:00:00Z").await;
        assert_eq!(done.is_ok(), killed_after == 3, "an event, a letter that begins, and its end");
        *world.memory.left.lock().unwrap() = None;
        for minute in [5, 30, 59] {
            world.pass(&on, &format!("2026-11-02T02:{minute:02}:00Z")).await.unwrap();
        }
        let got = world.receivers.got.lock().unwrap().clone();
        // Killed between handing over and noting it, it goes out once more, which its key tells.
        assert_eq!(got.len(), if killed_after == 2 { 2 } else { 1 }, "{killed_after}");
        assert!(got.iter().all(|(_, letter)| letter == &got[0].1 && !letter.key.is_empty()));
        assert_eq!(world.memory.events.lock().unwrap().len(), 1);
    }
    let world = World::new("");
    *world.receivers.refuses.lock().unwrap() = true;
    let told = world.pass(&[alert("boss", Now::On, "2026-11-01")], "2026-11-02T02:00:00Z").await.unwrap();
    assert!(told[0].outcome.is_err() && told[0].next_at == Some("2026-11-02T02:01:00Z".parse().unwrap()));
    *world.receivers.refuses.lock().unwrap() = false;
    assert!(world.told(&[alert("boss", Now::On, "2026-11-01")], "2026-11-02T02:00:30Z").await.is_empty(), "not before its pause is over");
    assert_eq!(world.told(&[alert("boss", Now::On, "2026-11-01")], "2026-11-02T02:01:00Z").await, ["hr: Alert: No-shows: boss 12 %"]);
}

#[tokio::test]
async fn others_are_told_while_nobody_sees_to_it() {
    let top = "escalate_after = \"24h\"\nescalate_to = [\"boss\"]";
    let on = [alert("boss", Now::On, "2026-11-01")];
    let world = World::new(top);
    world.told(&on, "2026-11-02T02:00:00Z").await;
    assert!(world.told(&on, "2026-11-03T01:59:00Z").await.is_empty());
    assert_eq!(world.told(&on, "2026-11-03T02:00:00Z").await, ["boss: Alert still stands, nobody sees to it: No-shows: boss 12 %"]);
    assert!(world.told(&on, "2026-11-09T02:00:00Z").await.is_empty(), "once");
    let off = [alert("boss", Now::Off, "2026-11-10")];
    let mut over = world.told(&off, "2026-11-10T02:00:00Z").await;
    over.sort();
    assert_eq!(over, ["boss: Alert over: No-shows: boss 12 %", "hr: Alert over: No-shows: boss 12 %"]);
    // Somebody sees to it.
    let world = World::new(top);
    world.told(&on, "2026-11-02T02:00:00Z").await;
    let key = world.memory.events.lock().unwrap()[0].alert.clone();
    world.say(AlertDecision::Ack, &key, None);
    assert!(world.told(&on, "2026-11-03T02:00:00Z").await.is_empty());
}

#[tokio::test]
async fn silence_quiet_hours_and_a_connection_that_fails_hold_back_what_begins() {
    let on = [alert("boss", Now::On, "2026-11-01")];
    // 02:00 UTC is ten in Shanghai.
    let world = World::new("[quiet]\nfrom = \"21:00\"\nto = \"08:00\"");
    assert!(world.told(&on, "2026-11-02T23:59:00Z").await.is_empty());
    assert_eq!(world.told(&on, "2026-11-03T00:00:00Z").await, ["hr: Alert: No-shows: boss 12 %"]);
    let world = World::new("");
    world.say(AlertDecision::Silence, "s", Some("2026-11-03T00:00:00Z"));
    assert!(world.told(&on, "2026-11-02T02:00:00Z").await.is_empty());
    assert_eq!(world.told(&on, "2026-11-03T00:00:00Z").await.len(), 1, "it still stands when the silence is over");
    let world = World::new("[[silence]]\nrule = \"no_show\"\nuntil = 2026-11-03T00:00:00Z\nreason = \"moving\"\nby = \"Lin Example\"");
    assert!(world.told(&on, "2026-11-02T02:00:00Z").await.is_empty());
    // A connection that fails is told, and its channel's people are not until it delivers again.
    let world = World::new("");
    let both = |now: Now| [alert("boss", Now::On, "2026-11-01"), alert("zhaopin", Now::On, "2026-11-01"), connection(now)];
    assert_eq!(world.told(&both(Now::On), "2026-11-02T02:00:00Z").await, ["hr: Alert: 2, No-shows: zhaopin 12 % .."]);
    let mut after = world.told(&both(Now::Off), "2026-11-02T05:00:00Z").await;
    after.sort();
    assert_eq!(after, ["hr: Alert over: BOSS (boss_file): no data since 11-02", "hr: Alert: No-shows: boss 12 %"]);
    // A rule that is no more is closed without a word.
    let mut world = World::new("");
    world.told(&on, "2026-11-02T02:00:00Z").await;
    world.config.alerts.rule.clear();
    assert!(world.told(&[], "2026-11-03T02:00:00Z").await.is_empty());
    assert_eq!(world.memory.events.lock().unwrap().last().unwrap().event, AlertEvent::End);
}

#[tokio::test]
async fn what_begins_again_on_the_day_on_which_it_ended_is_told_again() {
    let world = World::new("");
    let stands = |now: Now| [connection(now)];
    assert_eq!(world.told(&stands(Now::On), "2026-11-02T01:00:00Z").await.len(), 1);
    assert_eq!(world.told(&stands(Now::Off), "2026-11-02T01:05:00Z").await.len(), 1);
    let first = world.memory.events.lock().unwrap()[0].alert.clone();
    world.say(AlertDecision::Ack, &first, None);
    let begins = ["hr: Alert: BOSS (boss_file): no data since 11-02"];
    assert_eq!(world.told(&stands(Now::On), "2026-11-02T02:00:00Z").await, begins);
    assert!(world.told(&stands(Now::On), "2026-11-02T02:10:00Z").await.is_empty(), "it is open");
    world.told(&stands(Now::Off), "2026-11-02T03:00:00Z").await;
    assert_eq!(world.told(&stands(Now::On), "2026-11-02T04:00:00Z").await, begins);
    let events = world.memory.events.lock().unwrap();
    let keys: std::collections::BTreeSet<&str> = events.iter().map(|row| row.alert.as_str()).collect();
    assert_eq!((events.len(), keys.len()), (5, 3), "each has a key of its own: {events:#?}");
}

#[tokio::test]
async fn whoever_was_out_of_reach_hears_of_what_stands_and_of_no_end_without_a_beginning() {
    let (on, off) = ([alert("boss", Now::On, "2026-11-01")], [alert("boss", Now::Off, "2026-11-02")]);
    let world = World::new("");
    *world.receivers.refuses.lock().unwrap() = true;
    world.told(&on, "2026-11-02T02:00:00Z").await;
    // It ended before anybody could be told: there is nothing to tell.
    world.told(&off, "2026-11-02T02:00:30Z").await;
    *world.receivers.refuses.lock().unwrap() = false;
    assert!(world.told(&off, "2026-11-02T02:30:00Z").await.is_empty());
    // Two that began together, of which one ended: their beginning goes before the end.
    let world = World::new("");
    *world.receivers.refuses.lock().unwrap() = true;
    let both = |first: Now| [alert("boss", first, "2026-11-01"), alert("zhaopin", Now::On, "2026-11-01")];
    world.told(&both(Now::On), "2026-11-02T02:00:00Z").await;
    world.told(&both(Now::Off), "2026-11-02T02:00:30Z").await;
    *world.receivers.refuses.lock().unwrap() = false;
    assert_eq!(
        world.told(&both(Now::Off), "2026-11-02T02:30:00Z").await,
        ["hr: Alert: 2, No-shows: boss 12 % ..", "hr: Alert over: No-shows: boss 12 %"]
    );
}

#[tokio::test]
async fn what_reached_nobody_is_tried_again_each_day_for_three() {
    let world = World::new("");
    let on = [alert("boss", Now::On, "2026-11-01")];
    *world.receivers.lacks_secret.lock().unwrap() = true;
    world.told(&on, "2026-11-02T02:00:00Z").await;
    let arrived = || {
        super::super::has_arrived(
            &world.memory.events.lock().unwrap()[0],
            &world.memory.rows.lock().unwrap().values().cloned().collect::<Vec<_>>(),
        )
    };
    assert!(!arrived());
    assert!(world.pass(&on, "2026-11-02T12:00:00Z").await.unwrap().is_empty());
    assert_eq!(world.pass(&on, "2026-11-03T02:00:00Z").await.unwrap().len(), 1);
    *world.receivers.lacks_secret.lock().unwrap() = false;
    assert!(world.told(&on, "2026-11-03T12:00:00Z").await.is_empty());
    assert_eq!(world.told(&on, "2026-11-04T02:00:00Z").await, ["hr: Alert: No-shows: boss 12 %"]);
    assert!(arrived());
    assert!(world.told(&on, "2026-11-05T02:00:00Z").await.is_empty());
}

#[tokio::test]
async fn what_is_no_longer_watched_is_closed_without_a_word() {
    let world = World::new("");
    let all = [alert("boss", Now::On, "2026-11-01"), alert("zhaopin", Now::On, "2026-11-01"), connection(Now::On)];
    world.told(&all, "2026-11-02T02:00:00Z").await;
    let open = || {
        let events = world.memory.events.lock().unwrap();
        let of = |event: AlertEvent| events.iter().filter(|row| row.event == event).count();
        of(AlertEvent::Begin) - of(AlertEvent::End)
    };
    let begun = open();
    // Of a rule of which nothing is known it is not known either what became of it.
    assert!(world.told(&all[2..], "2026-11-02T03:00:00Z").await.is_empty());
    assert_eq!(open(), begun);
    // The connection was taken away: its alert is over, and what it held back is told.
    assert_eq!(world.told(&all[..2], "2026-11-02T04:00:00Z").await, ["hr: Alert: No-shows: boss 12 %"]);
    assert_eq!(open(), begun, "one began, one ended");
    // The rule has this slice no more.
    assert!(world.told(&all[..1], "2026-11-02T05:00:00Z").await.is_empty());
    assert_eq!(open(), 1);
}
