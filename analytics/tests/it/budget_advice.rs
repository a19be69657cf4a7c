//! Budget advice on hand-made weeks: what moves, what stays, what is said of it.

use std::time::Instant;

use inflow_analytics::{BudgetPlan, BudgetQuery, BudgetReason, People, budget_plan};
use serde_json::{Value, json};

use crate::world::{World, application, event, find};

/// A daily line of the ledger.
fn line(channel: &str, day: chrono::NaiveDate, net: &str) -> Value {
    let day = day.to_string();
    json!({"connection": "ledger", "source_id": format!("{channel} {day}"), "channel": channel, "kind": "daily", "gross": net, "net": net, "currency": "CNY",
           "booked_on": day, "service_from": day, "service_to": day, "version": 1})
}

/// 26 weeks to 2026-11-30, every day the same: what a channel costs, who applies, and how many of them come to an interview.
async fn days(world: &World, channel: &str, net: Option<&str>, applied: usize, attended: usize) {
    let last: chrono::NaiveDate = "2026-11-30".parse().unwrap();
    let (mut lines, mut applications, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for day in last.iter_days().rev().take(26 * 7) {
        lines.extend(net.map(|net| line(channel, day, net)));
        for i in 0..applied {
            let id = format!("{day} {i}");
            applications.push(application(&id, channel, &format!("{day} 04:00:00")));
            if i < attended {
                events.push(event(channel, &id, "attended", &format!("{day} 08:00:00")));
            }
        }
    }
    for (table, rows) in [("spend", lines), ("applications", applications), ("stage_events", events)] {
        if !rows.is_empty() {
            world.insert(table, rows).await;
        }
    }
}

async fn advice(world: &World, query: &BudgetQuery) -> BudgetPlan {
    budget_plan(&world.store, &world.config, world.clock.now(), query).await.unwrap()
}

#[tokio::test]
async fn money_moves_towards_the_better_channel_by_a_quarter_at_most() {
    let world = World::new().await;
    days(&world, "boss", Some("300"), 6, 3).await;
    days(&world, "zhaopin", Some("200"), 4, 1).await;
    world.analyze().await;
    let started = Instant::now();
    let plan = advice(&world, &BudgetQuery::new(People::Attended)).await;
    assert!(started.elapsed().as_secs() < 20, "an answer while one waits, also without optimisation");
    let [boss, zhaopin] = plan.channels.as_slice() else { panic!("{plan:#?}") };
    // 28 days of 300 and 200; the second gives a quarter of its own.
    assert_eq!((boss.spend, boss.advised, zhaopin.spend, zhaopin.advised), (840_000, 980_000, 560_000, 420_000));
    assert_eq!((boss.reason, zhaopin.reason), (BudgetReason::CheaperHere, BudgetReason::DearerHere));
    assert_eq!((boss.rule_of_thumb(), boss.status, boss.recent.attended), (Some("same_spend"), "ok", 13 * 7 * 3));
    let probability = plan.probability.unwrap();
    assert!(probability > 0.7 && probability < 1.0, "how people grow with spend is assumed, so it is not certain: {probability}");
    assert!(plan.gain > 0.0 && plan.low < plan.gain && plan.gain < plan.high && plan.worst < plan.gain);
    assert!((plan.expected - 4.0 * 7.0 * 4.0).abs() < 6.0, "{}", plan.expected);
    assert_eq!(plan, advice(&world, &BudgetQuery::new(People::Attended)).await, "asked again it is the same");

    let bounded = advice(&world, &BudgetQuery { total: Some(1_500_001), max_move: 0.1, ..BudgetQuery::new(People::Attended) }).await;
    assert_eq!(bounded.channels.iter().map(|one| one.advised).sum::<u64>(), 1_500_001, "to the cent");
    assert!(bounded.channels.iter().all(|one| one.least <= one.advised && one.advised <= one.most));

    // The metric says what the plan says.
    let report = world.report("budget_advice", &[], "2026-11-01", "2026-11-30").await;
    let row = find(&report, &[("channel", "boss"), ("people", "attended")]);
    assert_eq!(
        (row["spend"].as_str(), row["advised"].as_str(), row["cost_per_attended"].as_str()),
        (Some("8400.00"), Some("9800.00"), Some("100.00"))
    );
    assert_eq!(
        (row["basis"].as_str(), row["reason"].as_str(), row["status"].as_str()),
        (Some("rule_of_thumb"), Some("cheaper_here"), Some("ok"))
    );
    let hires = find(&report, &[("channel", "boss"), ("people", "onboarded")]);
    assert_eq!((hires["cost_per_onboarded"].as_str(), hires["status"].as_str()), (None, Some("few")));
    let all = world.report("budget_advice", &["none"], "2026-11-01", "2026-11-30").await;
    assert_eq!(find(&all, &[("people", "attended")])["advised"], "14000.00");
}

#[tokio::test]
async fn one_channel_alone_keeps_its_money() {
    let world = World::new().await;
    assert!(advice_of_nothing(&world).await);
    days(&world, "boss", Some("300"), 3, 1).await;
    // People and no spend: nothing to move, and no cost to compare.
    days(&world, "zhaopin", None, 2, 1).await;
    world.analyze().await;
    let plan = advice(&world, &BudgetQuery::new(People::Attended)).await;
    let [boss, zhaopin] = plan.channels.as_slice() else { panic!("{plan:#?}") };
    assert_eq!((boss.advised, boss.reason, boss.probability), (boss.spend, BudgetReason::OnlyChannel, None));
    assert_eq!((zhaopin.spend, zhaopin.advised, zhaopin.reason, zhaopin.status), (0, 0, BudgetReason::NoSpend, "no_spend"));
    assert_eq!((plan.probability, plan.gain), (None, 0.0));
}

/// An empty store has no plan, and no row.
async fn advice_of_nothing(world: &World) -> bool {
    world.analyze().await;
    let plan = advice(world, &BudgetQuery::new(People::Onboarded)).await;
    let rows = world.report("budget_advice", &[], "2026-11-01", "2026-11-30").await.rows;
    plan.channels.is_empty() && plan.last_day.is_none() && plan.probability.is_none() && rows.is_empty()
}

#[tokio::test]
async fn spend_without_people_is_trimmed_and_a_broken_channel_is_not() {
    let world = World::new().await;
    days(&world, "boss", Some("300"), 4, 2).await;
    days(&world, "zhaopin", Some("100"), 0, 0).await;
    days(&world, "indeed", Some("50"), 0, 0).await;
    world.failing("indeed", &["indeed"], None).await;
    world.analyze().await;
    let plan = advice(&world, &BudgetQuery::new(People::Attended)).await;
    let of = |channel: &str| plan.channels.iter().find(|one| one.channel == channel).unwrap();
    let (boss, zhaopin, indeed) = (of("boss"), of("zhaopin"), of("indeed"));
    assert_eq!((zhaopin.advised, zhaopin.reason, zhaopin.status), (zhaopin.spend * 3 / 4, BudgetReason::DearerHere, "few"));
    assert!(zhaopin.probability.unwrap() > 0.9);
    assert_eq!((indeed.advised, indeed.reason, indeed.status), (indeed.spend, BudgetReason::NoData, "no_data"));
    assert_eq!(boss.advised, boss.spend + zhaopin.spend / 4);
}
