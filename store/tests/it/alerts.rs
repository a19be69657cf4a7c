//! What people were told of alerts comes back as it was noted, and an alert is acknowledged once.

use chrono::{DateTime, Utc};
use inflow_store::{Acknowledged, AlertDecision, AlertDecisionRow, AlertEvent, AlertEventRow};

use crate::support::{run, store};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn event(alert: &str, event: AlertEvent) -> AlertEventRow {
    AlertEventRow {
        alert: alert.to_owned(),
        event,
        rule: "no_show".to_owned(),
        slice: "channel=it's, store=\u{5f90}\u{6c47}".to_owned(),
        channels: vec!["it's".to_owned()],
        raised_on: "2031-03-01".parse().unwrap(),
        at: at("2031-03-02T01:00:00.250Z"),
        letter: "alert-1".to_owned(),
        receivers: vec!["hr".to_owned(), "boss".to_owned()],
        text: "No-shows: 12 %\n- link to go.test.example".to_owned(),
    }
}

#[test]
fn what_was_told_comes_back_and_is_acknowledged_once() {
    let store = store();
    run(async {
        let (begin, end) = (event("abcdef0123456789", AlertEvent::Begin), event("abcdef0123456789", AlertEvent::End));
        store.note_alert_events(&[]).await.unwrap();
        store.note_alert_events(&[begin.clone(), end.clone()]).await.unwrap();
        // Noted again, it is one.
        store.note_alert_events(std::slice::from_ref(&begin)).await.unwrap();
        let mut told = store.alert_events().await.unwrap();
        told.retain(|row| row.alert == begin.alert);
        assert_eq!(told, [begin.clone(), end]);
        assert_eq!(store.alert_told("abcdef01").await.unwrap(), Some(begin.clone()));
        assert_eq!(store.acknowledge_alert("Lin Example", "0000000000", "").await.unwrap(), Acknowledged::Unknown);
        assert_eq!(store.acknowledge_alert("Lin Example", "", "").await.unwrap(), Acknowledged::Unknown);
        assert_eq!(store.acknowledge_alert("Lin Example", "abcdef01", "calls them").await.unwrap(), Acknowledged::Kept(begin.clone()));
        let Acknowledged::Before(row, before) = store.acknowledge_alert("Wu Example", &begin.alert, "").await.unwrap() else {
            panic!("twice")
        };
        assert_eq!((row, before.decided_by.as_str(), before.reason.as_str()), (begin, "Lin Example", "calls them"));
        let silence = AlertDecisionRow {
            id: "1".to_owned(),
            kind: AlertDecision::Silence,
            rule: String::new(),
            slice: String::new(),
            channel: "it's".to_owned(),
            until: Some(at("2031-03-05T00:00:00Z")),
            reason: "moving".to_owned(),
            decided_by: "Lin Example".to_owned(),
            at: at("2031-03-02T02:00:00.125Z"),
        };
        store.silence_alerts(&silence).await.unwrap();
        let said = store.alert_decisions().await.unwrap();
        assert!(said.contains(&silence) && said.iter().any(|row| row.kind == AlertDecision::Ack && row.until.is_none()), "{said:?}");
        let audit = store.audit_after(None, 100).await.unwrap();
        assert!(["alert ack", "alert silence"].iter().all(|action| audit.iter().filter(|line| line.action == *action).count() == 1));
    });
}
