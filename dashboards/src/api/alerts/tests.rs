//! Which alerts there are, page by page, and what is said of each.

use std::collections::BTreeMap;

use inflow_store::{AlertDecisionRow, MessageRow, MessageState};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn fall(day: u32, channel: &str) -> Alert {
    let row =
        json!({"channel": channel, "day": format!("2026-11-{day:02}"), "alarm": "sure", "observed": 3, "expected": 12.5, "status": "ok"});
    of_fall(row.as_object().unwrap()).unwrap()
}

#[test]
fn quiet_days_are_no_alerts() {
    let row = json!({"channel": "boss", "day": "2026-11-02", "alarm": "", "rule": "no_show", "slice": "", "change": ""});
    assert!(of_fall(row.as_object().unwrap()).is_none() && of_rule(row.as_object().unwrap()).is_none());
}

#[test]
fn an_alert_is_not_seen_to_since_an_earlier_one_was_and_not_told_before_somebody_has_the_message() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("inflow.toml"), "").unwrap();
    let config = Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap();
    let at = |day: u32| format!("2026-11-{day:02}T01:00:00Z").parse::<DateTime<Utc>>().unwrap();
    let event = |key: &str, event: AlertEvent, raised_on: u32, day: u32| AlertEventRow {
        alert: key.to_owned(),
        event,
        rule: DROP_ALERT.to_owned(),
        slice: "channel=boss".to_owned(),
        channels: vec!["boss".to_owned()],
        raised_on: at(raised_on).date_naive(),
        at: at(day),
        letter: format!("letter {key}"),
        receivers: vec!["hr".to_owned()],
        text: String::new(),
    };
    let ack = AlertDecisionRow {
        id: "a".to_owned(),
        kind: AlertDecision::Ack,
        rule: String::new(),
        slice: String::new(),
        channel: String::new(),
        until: None,
        reason: String::new(),
        decided_by: "Lin Example".to_owned(),
        at: at(3),
    };
    let letter = |key: &str, state: MessageState| MessageRow {
        message: format!("letter {key}"),
        period: at(3).date_naive(),
        receiver: "hr".to_owned(),
        kind: "alert".to_owned(),
        state,
        attempts: 1,
        first_at: at(3),
        last_at: at(3),
        next_at: None,
        error: String::new(),
    };
    // Told on the 3rd, seen to, over on the 5th.
    let mut notes = AlertNotes {
        events: vec![event("a", AlertEvent::Begin, 2, 3), event("a", AlertEvent::End, 2, 5)],
        decisions: vec![ack],
        messages: vec![letter("a", MessageState::Sent)],
    };
    let marked = |day: u32, notes: &AlertNotes| {
        let mut alert = fall(day, "boss");
        mark(&mut alert, notes, &config, at(20));
        (alert.told_at, alert.acknowledged_by.as_deref().map(str::to_owned), alert.could_not_be_sent)
    };
    assert_eq!(marked(2, &notes), (Some(at(3)), Some("Lin Example".to_owned()), false));
    assert_eq!(marked(9, &notes), (None, None, false), "of the new one nobody was told yet");
    notes.events.push(event("b", AlertEvent::Begin, 9, 10));
    notes.messages.push(letter("b", MessageState::GivenUp));
    assert_eq!(marked(9, &notes), (None, None, true));
    notes.messages.push(MessageRow { receiver: "boss".to_owned(), ..letter("b", MessageState::Sent) });
    assert_eq!(marked(9, &notes), (Some(at(10)), None, false));
}

proptest! {
    /// Whatever the size of pages, and with newer ones coming in between.
    #[test]
    fn who_walks_the_pages_meets_each_alert_once(days in proptest::collection::btree_set((1_u32..9, 0_u8..4), 1..20), limit in 1_usize..7) {
        let mut all: Vec<Alert> = days.iter().map(|(day, channel)| fall(*day, &format!("channel{channel}"))).collect();
        let expected: BTreeMap<String, usize> = all.iter().map(|alert| (alert.id.clone(), 1)).collect();
        let mut met: BTreeMap<String, usize> = BTreeMap::new();
        let (mut cursor, mut newer) = (None::<String>, 10);
        loop {
            let uri = "/api/v1/alerts".parse().unwrap();
            let asked = Asked::read("alerts", &uri, Some(limit), cursor.as_deref()).unwrap();
            let (_, Json(found)) = page(&asked, all.clone(), DateTime::UNIX_EPOCH);
            let found = serde_json::to_value(&found).unwrap();
            for item in found["items"].as_array().unwrap() {
                *met.entry(item["id"].as_str().unwrap().to_owned()).or_default() += 1;
            }
            all.push(fall(newer, "newer"));
            newer += 1;
            cursor = found["next"].as_str().map(str::to_owned);
            if cursor.is_none() { break }
        }
        prop_assert_eq!(met, expected);
    }
}
