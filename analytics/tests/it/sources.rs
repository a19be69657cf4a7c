//! Where hires came from, when the channels disagree.

use inflow_config::SourceOverride;
use serde_json::{Value, json};

use crate::hires::{employed, person, with};
use crate::world::{World, application, event, find};

const CHANNELS: &str = r#"
[[channel]]
id = "boss"
name = { en = "BOSS", zh = "BOSS直聘" }

[[channel]]
id = "zhaopin"
name = { en = "Zhaopin", zh = "智联招聘" }

[[channel]]
id = "referral"
name = { en = "Referral", zh = "内推" }
"#;

/// One person's touches, a channel and a day each; the last of them is accepted on 10 October and starts on the 12th.
async fn touched(touches: &[(&str, &str)], more: Value) -> World {
    let mut world = World::with_channels(CHANNELS).await;
    world.config.settings.sources.words.insert("朋友".to_owned(), "referral".to_owned());
    for channel in ["boss", "zhaopin", "referral"] {
        world.healthy(channel, &[channel]).await;
    }
    let id = |i: usize| format!("A{i}");
    let rows = touches.iter().enumerate().map(|(i, (channel, day))| application(&id(i), channel, &format!("{day} 10:00:00"))).collect();
    world.insert("applications", rows).await;
    world.insert("candidate_links", touches.iter().enumerate().map(|(i, (channel, _))| person(channel, &id(i), "p")).collect()).await;
    let (last, channel) = (id(touches.len() - 1), touches[touches.len() - 1].0);
    world
        .insert(
            "stage_events",
            vec![event(channel, &last, "accepted", "2026-10-10 02:00:00"), event(channel, &last, "onboarded", "2026-10-12 02:00:00")],
        )
        .await;
    let row = with(employed("E1", "2026-10-12"), json!({"connection": channel, "application_source_id": last}));
    world.insert("employment", vec![with(row, more)]).await;
    world
}

async fn official(world: &World) -> (String, String) {
    world.analyze().await;
    let rows = world.rows("SELECT official_source, official_basis FROM inflow.hires").await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    (rows[0]["official_source"].as_str().unwrap().to_owned(), rows[0]["official_basis"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_first_touch_within_the_window_counts() {
    // 12 July is 90 days before 10 October; at 10:00 it is still outside of them.
    let world = touched(&[("boss", "2026-06-01"), ("zhaopin", "2026-07-13"), ("boss", "2026-10-01")], json!({})).await;
    assert_eq!(official(&world).await, ("zhaopin".to_owned(), "first_touch".to_owned()));
}

#[tokio::test]
async fn a_protected_channel_keeps_whom_it_touched() {
    let mut world = touched(&[("referral", "2026-05-01"), ("zhaopin", "2026-09-01"), ("boss", "2026-10-01")], json!({})).await;
    assert_eq!(official(&world).await, ("referral".to_owned(), "protected".to_owned()));
    world.config.settings.sources.protect_days = 30;
    assert_eq!(official(&world).await, ("zhaopin".to_owned(), "first_touch".to_owned()));
}

#[tokio::test]
async fn a_persons_word_beats_the_rule_and_says_why() {
    let mut world = touched(&[("referral", "2026-05-01"), ("boss", "2026-10-01")], json!({})).await;
    let decided = SourceOverride {
        hire: "boss/A1".to_owned(),
        channel: "boss".to_owned(),
        reason: "the referrer did not know the person".to_owned(),
    };
    world.config.settings.sources.overrides.push(decided);
    assert_eq!(official(&world).await, ("boss".to_owned(), "override".to_owned()));
    assert_eq!(world.rows("SELECT official_reason FROM inflow.hires").await[0]["official_reason"], "the referrer did not know the person");
    let report = world.report("source_of_hire", &[], "2026-10-01", "2026-10-31").await;
    assert_eq!(find(&report, &[("channel", "boss")])["overridden"], 1);
}

#[tokio::test]
async fn without_touches_what_is_recorded_counts_and_then_what_is_said() {
    let world = World::with_channels(CHANNELS).await;
    world
        .insert("employment", vec![with(employed("1", "2026-10-12"), json!({"channel": "zhaopin", "self_reported_source": "内推 "}))])
        .await;
    assert_eq!(official(&world).await, ("zhaopin".to_owned(), "recorded".to_owned()));
    world.insert("employment", vec![with(employed("1", "2026-10-12"), json!({"self_reported_source": "内推 ", "version": 2}))]).await;
    assert_eq!(official(&world).await, ("referral".to_owned(), "self_reported".to_owned()));
    world.insert("employment", vec![with(employed("1", "2026-10-12"), json!({"self_reported_source": "抖音直播", "version": 3}))]).await;
    assert_eq!(official(&world).await, ("unknown:抖音直播".to_owned(), "self_reported".to_owned()));
    assert_eq!(world.rows("SELECT channel FROM inflow.hires").await[0]["channel"], "unallocated");
}

#[tokio::test]
async fn four_sources_stand_side_by_side_with_how_often_they_disagree() {
    let said = json!({"channel": "boss", "self_reported_source": "朋友"});
    let world = touched(&[("zhaopin", "2026-09-01"), ("boss", "2026-10-01")], said).await;
    world
        .insert("employment", vec![with(employed("2", "2026-10-20"), json!({"channel": "boss", "self_reported_source": "boss直聘"}))])
        .await;
    world.analyze().await;
    let report = world.report("source_of_hire", &[], "2026-10-01", "2026-10-31").await;
    let columns = ["official", "first_touch", "last_touch", "recorded", "self_reported", "numerator", "denominator"];
    let counts = |channel: &str| columns.map(|column| find(&report, &[("channel", channel)])[column].as_u64().unwrap());
    assert_eq!(counts("zhaopin"), [1, 1, 0, 0, 0, 1, 1]);
    assert_eq!(counts("boss"), [1, 0, 1, 2, 1, 0, 1]);
    assert_eq!(counts("referral"), [0, 0, 0, 0, 1, 0, 0]);
    let all = world.report("source_of_hire", &["none"], "2026-10-01", "2026-10-31").await;
    assert_eq!(columns.map(|column| all.rows[0][column].as_u64().unwrap()), [2, 1, 1, 2, 2, 1, 2]);
}
