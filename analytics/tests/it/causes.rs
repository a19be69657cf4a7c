//! Alerts tell what their bad cases have in common: a dead link, messages that arrive nowhere, a posting that was taken down; and nothing where there is nothing.

use chrono::NaiveDate;
use inflow_analytics::Report;
use serde_json::{Map, Value, json};

use crate::world::{World, application, find};

const NO_SHOW: &str =
    "[[rule]]\nid = \"no_show\"\nname = { en = \"No-shows\", zh = \"爽约\" }\nmetric = \"no_show\"\ndays = 14\nabove = \"0.05\"\n";

fn days(from: &str, to: &str) -> Vec<NaiveDate> {
    let (from, to): (NaiveDate, NaiveDate) = (from.parse().unwrap(), to.parse().unwrap());
    from.iter_days().take_while(|day| *day <= to).collect()
}

/// A number under a hundred that looks drawn.
fn drawn(day: NaiveDate, number: usize, salt: u64) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (day, number, salt).hash(&mut hasher);
    hasher.finish() % 100
}

/// Thirty AI interviews a day at ten shops with three templates and two links, sent the day before; what becomes of each is for the caller to say.
async fn invitations(world: &World, channel: &str, mut fate: impl FnMut(NaiveDate, usize, &mut Value)) {
    let (mut applications, mut invitations) = (Vec::new(), Vec::new());
    for day in days("2026-11-01", "2026-11-28") {
        for number in 0..30 {
            let id = format!("{channel} {day} {number}");
            let mut case = application(&id, channel, &format!("{} 01:00:00", day.pred_opt().unwrap()));
            case["store"] = json!(format!("Shop {}", number % 10));
            case["recruiter"] = json!(format!("rec_{}", drawn(day, number, 1) % 4));
            applications.push(case);
            let sent = format!("{} {:02}:00:00", day.pred_opt().unwrap(), 2 + drawn(day, number, 3) % 8);
            let mut row = json!({
                "connection": channel, "source_id": id, "application_source_id": id, "candidate_source_id": "", "channel": "", "store": "",
                "kind": "ai", "result": "attended", "template": format!("T{}", drawn(day, number, 2) % 3), "link": "go.test.example", "sent_at": sent,
                "sent_precision": "exact", "delivered_at": sent, "opened_at": sent, "replied_at": null, "scheduled_at": null,
                "scheduled_precision": "", "deadline_at": format!("{day} 04:00:00"), "attended_at": format!("{day} 03:00:00"), "version": 1,
            });
            fate(day, number, &mut row);
            invitations.push(row);
        }
    }
    world.insert("applications", applications).await;
    world.insert("invitations", invitations).await;
}

fn missed(row: &mut Value) {
    row["result"] = json!("no_show");
    row["attended_at"] = Value::Null;
}

async fn causes(world: &World) -> Report {
    world.report("alert_cause", &["channel"], "2026-11-01", "2026-11-30").await
}

/// Cases of a cause and of the rest.
fn judged(cause: &Map<String, Value>) -> Option<u64> {
    Some(cause["cases"].as_u64()? + cause["rest_cases"].as_u64()?)
}

fn of<'r>(report: &'r Report, slice: &str) -> Vec<&'r Map<String, Value>> {
    report.rows.iter().filter(|row| row["slice"] == slice).collect()
}

#[tokio::test]
async fn a_dead_link_and_wrong_numbers_are_named_and_where_there_is_nothing_nothing_is() {
    let mut world = World::new().await;
    world.config.alerts.rule = world.rules(NO_SHOW);
    // Since the 15th, shops 3 and 4 send another link, which nobody can open: three of four stay away. Three of a hundred do anyway. And eight of
    // a hundred invitations arrive nowhere.
    invitations(&world, "boss", |day, number, row| {
        let late = day >= "2026-11-15".parse().unwrap();
        if late && matches!(number % 10, 3 | 4) {
            row["link"] = json!("t.test.example");
            row["opened_at"] = Value::Null;
            if drawn(day, number, 4) < 75 {
                missed(row);
            }
        } else if drawn(day, number, 5) < 3 {
            missed(row);
        } else if late && drawn(day, number, 6) < 8 {
            missed(row);
            row["result"] = json!("undelivered");
        }
    })
    .await;
    // More stay away everywhere: thirteen of a hundred.
    invitations(&world, "zhaopin", |day, number, row| {
        if drawn(day, number, 7) < 13 {
            missed(row);
        }
    })
    .await;
    world.analyze().await;
    let standing = world.report("threshold", &["channel"], "2026-11-01", "2026-11-30").await;
    let boss = find(&standing, &[("channel", "boss")]);
    assert_eq!([&boss["state"], &find(&standing, &[("channel", "zhaopin")])["state"]], ["raised", "raised"]);

    let report = causes(&world).await;
    let told = of(&report, "channel=boss");
    assert_eq!(told.iter().map(|row| row["factor"].as_str().unwrap()).collect::<Vec<_>>(), ["link", "undelivered"], "{told:#?}");
    let (link, numbers) = (told[0], told[1]);
    assert_eq!(
        (link["factor_value"].as_str(), link["place"].as_u64(), link["kind"].as_str()),
        (Some("t.test.example"), Some(1), Some("threshold"))
    );
    // The cells are the figure's own cases.
    let count = |column: &str| link[column].as_f64().unwrap();
    assert_eq!(judged(link), boss["cases"].as_u64());
    let share = (count("bad") + count("rest_bad")) / (count("cases") + count("rest_cases"));
    assert!((share - boss["value"].as_f64().unwrap()).abs() < 1e-6, "{share} {boss:?}");
    assert!(link["explains"].as_f64().unwrap() > 0.9 && link["q_value"].as_f64().unwrap() < 1e-6);
    let english = link["text_en"].as_str().unwrap();
    assert!(english.contains("link to t.test.example") && english.ends_with("; 0 of 72 opened it, of the others 100.0 %"), "{english}");
    assert!(link["text_zh"].as_str().unwrap().contains("链接 t.test.example"));
    assert!(
        numbers["text_en"].as_str().unwrap().starts_with("Not delivered (wrong number?): 29 of 360 invitations (8.1 %), before 2 of 420"),
        "{numbers:?}"
    );
    assert!(of(&report, "channel=zhaopin").is_empty(), "everybody stays away more often, and nobody in particular: {report:#?}");

    // Everything anew gives the same rows; when nothing is alarming there are none.
    let digest = "SELECT count() AS rows, toString(sum(cityHash64(toString(tuple(*))))) AS digest FROM inflow.alert_causes";
    let before = world.rows(digest).await;
    world.analyze().await;
    assert_eq!(world.rows(digest).await, before);
    world.config.alerts.rule.clear();
    world.analyze().await;
    assert!(causes(&world).await.rows.is_empty());
}

#[tokio::test]
async fn invitations_that_nobody_answers_are_looked_into_as_their_metric_counts_them() {
    let mut world = World::new().await;
    world.config.alerts.rule = world.rules(&NO_SHOW.replace("no_show", "no_reply").replace("0.05", "0.20"));
    // A template that asks for nothing is not answered; others are, within the hour. Every tenth is answered too late.
    invitations(&world, "boss", |day, number, row| {
        (row["result"], row["attended_at"]) = (json!("invited"), Value::Null);
        let sent = row["sent_at"].as_str().unwrap().to_owned();
        row["replied_at"] = match (row["template"].as_str().unwrap(), drawn(day, number, 8)) {
            ("T1", _) => Value::Null,
            (_, ..10) => json!("2026-11-29 12:00:00"),
            _ => json!(sent.replace(":00:00", ":40:00")),
        };
    })
    .await;
    world.analyze().await;
    let standing = world.report("threshold", &["channel"], "2026-11-01", "2026-11-30").await;
    let boss = find(&standing, &[("channel", "boss")]);
    let report = causes(&world).await;
    let told = of(&report, "channel=boss");
    assert_eq!(
        told.iter().map(|row| (row["factor"].as_str().unwrap(), row["factor_value"].as_str().unwrap())).collect::<Vec<_>>(),
        [("template", "T1")]
    );
    let count = |column: &str| told[0][column].as_f64().unwrap();
    assert_eq!(judged(told[0]), boss["cases"].as_u64());
    assert!(((count("bad") + count("rest_bad")) / boss["cases"].as_f64().unwrap() - boss["value"].as_f64().unwrap()).abs() < 1e-6);
}

#[tokio::test]
async fn a_fall_names_the_job_that_was_taken_down() {
    let world = World::new().await;
    let posting = |id: &str, title: &str, closed: Option<&str>| {
        json!({
            "connection": "boss", "source_id": id, "channel": "boss", "title": title, "store": "", "status": if closed.is_some() { "closed" } else { "open" },
            "posted_at": "2026-06-01 02:00:00", "posted_precision": "exact", "updated_at": null, "closed_at": closed,
            "closed_precision": if closed.is_some() { "exact" } else { "" }, "version": 1,
        })
    };
    world.insert("postings", vec![posting("1", "Barista", Some("2026-11-10 16:00:00")), posting("2", "Cook", None)]).await;
    let mut rows = Vec::new();
    for day in days("2026-06-01", "2026-11-30") {
        let falls = day >= "2026-11-11".parse().unwrap();
        for number in 0..20 {
            let barista = number < 14;
            if barista && falls {
                continue;
            }
            let mut row = application(&format!("{day} {number}"), "boss", &format!("{day} 04:00:00"));
            row["posting_source_id"] = json!(if barista { "1" } else { "2" });
            rows.push(row);
        }
    }
    world.insert("applications", rows).await;
    world.analyze().await;
    let report = causes(&world).await;
    let told = of(&report, "channel=boss");
    let factors: Vec<&str> = told.iter().map(|row| row["factor"].as_str().unwrap()).collect();
    assert_eq!(factors, ["posting_cluster", "live_postings"], "{told:#?}");
    assert!(told.iter().all(|row| row["kind"] == "channel_drop" && row["rule"] == ""));
    let english = told[0]["text_en"].as_str().unwrap();
    assert!(english.starts_with("job Barista") && english.contains(", 0 since, "), "{english}");
    assert!(told[1]["text_en"].as_str().unwrap().starts_with("Postings live: 2.0 before, 1.0 since (50.0 % fewer)"), "{told:#?}");
}

#[tokio::test]
async fn what_was_not_delivered_elsewhere_is_no_cause() {
    let mut world = World::new().await;
    world.config.alerts.rule = world.rules(&format!("{NO_SHOW}by = [\"kind\"]\nchannel = [\"boss\"]\n"));
    let late = |day: NaiveDate| day >= "2026-11-15".parse().unwrap();
    let lose = |row: &mut Value| {
        missed(row);
        row["result"] = json!("undelivered");
    };
    // Of its AI interviews every eighth is missed since the 15th and all are delivered; of those on site, and of another channel's, a third are not.
    invitations(&world, "boss", |day, number, row| {
        let onsite = number < 10;
        row["kind"] = json!(if onsite { "onsite" } else { "ai" });
        match (onsite, late(day), drawn(day, number, 9)) {
            (true, true, ..33) => lose(row),
            (false, true, ..12) => missed(row),
            _ => {}
        }
    })
    .await;
    invitations(&world, "zhaopin", |day, number, row| {
        if late(day) && drawn(day, number, 10) < 33 {
            lose(row);
        }
    })
    .await;
    world.analyze().await;
    let standing = world.report("threshold", &["none"], "2026-11-01", "2026-11-30").await;
    assert_eq!(find(&standing, &[("slice", "kind=ai")])["state"], "raised");
    let report = causes(&world).await;
    assert!(of(&report, "kind=ai").iter().all(|row| row["factor"] != "undelivered"), "{report:#?}");
}

#[tokio::test]
async fn a_fall_is_not_blamed_on_impressions_whose_sheet_is_late_nor_on_refreshes_that_were_not_delivered() {
    let world = World::new().await;
    let mut rows = Vec::new();
    let (mut seen, mut refreshed) = (Vec::new(), Vec::new());
    for day in days("2026-06-01", "2026-11-30") {
        let falls = day >= "2026-11-24".parse().unwrap();
        for number in 0..if falls { 2 } else { 20 } {
            rows.push(application(&format!("{day} {number}"), "boss", &format!("{day} 04:00:00")));
        }
        // Sheets and refreshes both end on the day before the fall.
        if !falls {
            seen.push(json!({"connection": "boss", "source_id": day.to_string(), "channel": "boss", "store": "", "cut": "account", "day": day.to_string(), "impressions": 1000, "version": 1}));
            refreshed.push(json!({"connection": "boss", "source_id": format!("refresh {day}"), "posting_source_id": "1", "event": "refreshed", "occurred_at": format!("{day} 02:00:00"), "version": 1}));
        }
    }
    world.insert("applications", rows).await;
    world.insert("channel_daily", seen).await;
    let posting = json!({
        "connection": "boss", "source_id": "1", "channel": "boss", "title": "Barista", "store": "", "status": "open",
        "posted_at": "2026-06-01 02:00:00", "posted_precision": "exact", "updated_at": null, "closed_at": null, "closed_precision": "", "version": 1,
    });
    world.insert("postings", vec![posting]).await;
    world.insert("posting_events", refreshed).await;
    let factors = async || {
        world.analyze().await;
        let report = causes(&world).await;
        of(&report, "channel=boss").iter().map(|row| row["factor"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(factors().await, ["refreshes"], "no sheet is no day without impressions");
    // The connection that brings refreshes fails since the last of the days, and the fall is known all the same.
    world.failing("boss_refreshes", &["boss"], Some("2026-11-30 10:00:00.000")).await;
    assert!(factors().await.is_empty());
    let drops = world.report("channel_drop", &["channel", "day"], "2026-11-29", "2026-11-29").await;
    assert_eq!(find(&drops, &[("channel", "boss")])["alarm"], "sure");
}
