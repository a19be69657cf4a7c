//! When postings were live.

use serde_json::{Value, json};

use crate::world::World;

fn posting(id: &str, status: &str, posted: Option<&str>, updated: Option<&str>, closed: Option<&str>) -> Value {
    json!({"connection": "boss", "source_id": id, "channel": "boss", "status": status, "posted_at": posted, "posted_precision": "exact",
           "updated_at": updated, "closed_at": closed, "closed_precision": if closed.is_some() { "exact" } else { "" }, "version": 1})
}

fn event(id: &str, event: &str, at: &str) -> Value {
    json!({"connection": "boss", "posting_source_id": id, "source_id": format!("{event}/{at}"), "event": event, "occurred_at": at,
           "precision": if event == "closed" { "observed" } else { "exact" }, "version": 1})
}

#[tokio::test]
async fn a_posting_put_up_again_has_two_spans_and_its_refreshes_are_counted() {
    let world = World::new().await;
    let (first, fourth, sixth) = ("2026-10-01 10:00:00", "2026-10-04 10:00:00", "2026-10-06 10:00:00");
    world
        .insert(
            "postings",
            vec![
                posting("again", "open", Some(first), None, None),
                posting("corrected", "closed", Some(first), None, Some(sixth)),
                posting("announced", "open", Some(first), None, Some(fourth)),
                posting("untold", "closed", Some(first), Some(fourth), None),
                posting("draft", "draft", Some(first), None, None),
                posting("undated", "open", None, None, None),
            ],
        )
        .await;
    world
        .insert(
            "posting_events",
            vec![
                // As they came: the order of arrival does not matter.
                event("again", "opened", "2026-10-08 10:00:00"),
                event("again", "closed", "2026-10-05 10:00:00"),
                event("again", "opened", first),
                event("again", "refreshed", "2026-10-02 10:00:00"),
                event("again", "refreshed", "2026-10-03 10:00:00"),
                event("again", "closed", "2026-10-05 12:00:00"),
                event("corrected", "opened", first),
                event("corrected", "closed", fourth),
                event("announced", "opened", first),
            ],
        )
        .await;
    world.analyze().await;
    let sql = "SELECT concat(source_id, ' ', toString(span), ' ', formatDateTime(opened_at, '%d'), '-', ifNull(formatDateTime(closed_at, '%d'), ''), ' ', \
               toString(refreshes), ' ', ifNull(formatDateTime(refreshed_at, '%d'), ''), ' ', closed_precision) AS span FROM inflow.posting_spans ORDER BY ALL";
    let spans: Vec<String> = world.rows(sql).await.iter().map(|row| row["span"].as_str().unwrap().to_owned()).collect();
    assert_eq!(
        spans,
        [
            "again 1 01-05 2 03 observed",
            "again 2 08- 0  ",
            "announced 1 01-04 0  exact",
            "corrected 1 01-06 0  exact",
            "untold 1 01-04 0  "
        ]
    );
    let live = "SELECT toUInt32(sum(live_seconds) / 3600) AS hours FROM inflow.posting_quarters WHERE quarter < '2026-10-08 00:00:00'";
    assert_eq!(world.rows(live).await[0]["hours"].as_u64(), Some(24 * (4 + 5 + 3 + 3)));
}
