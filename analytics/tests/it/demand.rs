//! From a business series to hires, applications and budget, on hand-made people and channels.

use inflow_analytics::{BusinessSeries, DemandPlan, DemandQuery, DemandSource as Source, Grain, demand_plan};
use serde_json::{Value, json};

use crate::world::{World, application, event};

/// Eighty weeks to Monday 23 November, every one of a thousand orders.
fn orders(values: f64) -> BusinessSeries {
    let last: chrono::NaiveDate = "2026-11-23".parse().unwrap();
    BusinessSeries { grain: Grain::Week, first: last - chrono::Days::new(79 * 7), values: vec![Some(values); 80] }
}

fn query() -> DemandQuery {
    DemandQuery { units_per_head: 125.0, shrinkage: 0.2, lead_days: Some(28), heads: None, attrition: None, ahead: Some(8), store: None }
}

async fn asked(world: &World, series: &BusinessSeries, query: &DemandQuery) -> Result<DemandPlan, String> {
    demand_plan(&world.store, &world.config, world.clock.now(), series, query).await.map_err(|error| error.to_string())
}

fn employed(id: usize, store: &str, onboard_on: &str, left_on: Option<&str>) -> Value {
    json!({"connection": "hr", "source_id": format!("e{id}"), "candidate_source_id": format!("c{id}"), "store": store, "onboard_on": onboard_on,
           "left_on": left_on, "status": if left_on.is_some() { "left" } else { "employed" }, "version": 1})
}

/// Six settled people in the north and one new; two who left, of whom one soon; one who is to start.
async fn staff(world: &World) {
    let mut rows: Vec<Value> = (0..6).map(|i| employed(i, "north", "2025-06-01", None)).collect();
    rows.push(employed(6, "north", "2026-11-01", None));
    rows.push(employed(7, "north", "2026-02-01", Some("2026-03-01")));
    rows.push(employed(8, "south", "2025-06-01", Some("2026-06-01")));
    rows.push(json!({"connection": "hr", "source_id": "e9", "candidate_source_id": "c9", "store": "north", "agreed_on": "2026-12-10", "status": "agreed", "version": 1}));
    world.insert("employment", rows).await;
}

/// From August to October 1 280 apply, of whom one in twenty is onboarded three weeks later; the ledger has 12.80 a day.
async fn channel(world: &World) {
    let first: chrono::NaiveDate = "2026-06-01".parse().unwrap();
    let (mut applications, mut events, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    for day in first.iter_days().take(180) {
        for i in 0..10 {
            let id = format!("{day} {i}");
            applications.push(application(&id, "boss", &format!("{day} 04:00:00")));
            if i == 0 && day.to_string().ends_with(['0', '2', '4', '6', '8']) {
                events.push(event("boss", &id, "onboarded", &format!("{} 04:00:00", day + chrono::Days::new(21))));
            }
        }
        let day = day.to_string();
        lines.push(json!({"connection": "ledger", "source_id": day, "channel": "boss", "kind": "daily", "gross": "100", "net": "100", "currency": "CNY", "booked_on": day,
            "service_from": day, "service_to": day, "version": 1}));
    }
    world.insert("applications", applications).await;
    world.insert("stage_events", events).await;
    world.insert("spend", lines).await;
}

#[tokio::test]
async fn orders_become_heads_hires_applications_and_money() {
    let world = World::new().await;
    world.analyze().await;
    // Nothing is known, and it is said of what.
    assert_eq!(asked(&world, &orders(1000.0), &query()).await.unwrap_err(), "nothing is known of the heads of now and of who leaves");
    let counted = DemandQuery { heads: Some(4), ..query() };
    assert_eq!(asked(&world, &orders(1000.0), &counted).await.unwrap_err(), "nothing is known of who leaves");
    let given = DemandQuery { attrition: Some(0.0), ..query() };
    assert_eq!(asked(&world, &orders(1000.0), &given).await.unwrap_err(), "nothing is known of the heads of now");
    let given = DemandQuery { heads: Some(4), lead_days: None, ..given };
    let plan = asked(&world, &orders(1000.0), &given).await.unwrap();
    assert_eq!(
        (plan.lead_days, plan.lead_source, plan.heads_source, plan.attrition_source),
        (30, Source::Assumed, Source::Given, Source::Given)
    );
    // A thousand orders are ten heads at a hundred each; nobody leaves.
    assert_eq!((plan.hires.value, plan.applications, plan.cents), (6.0, None, None));
    assert_eq!(plan.hardest.unwrap().to_string(), "2027-01-04", "the first week that begins in thirty days or later");

    staff(&world).await;
    channel(&world).await;
    world.analyze().await;
    let plan = asked(&world, &orders(1000.0), &DemandQuery { lead_days: None, store: Some("north".to_owned()), ..query() }).await.unwrap();
    assert_eq!((plan.heads, plan.coming, plan.heads_source, plan.attrition_source), (8, 1, Source::Measured, Source::Measured));
    assert_eq!((plan.lead_days, plan.lead_source), (21, Source::Measured));
    let starts: Vec<String> = plan.periods.iter().map(|one| one.start.to_string()).take(2).collect();
    assert_eq!(starts, ["2026-11-30", "2026-12-07"]);
    // One of two hundred person-days early, nobody of the six later.
    assert!(plan.attrition[0].value > plan.attrition[1].value && plan.attrition[1].low >= 0.0, "{:?}", plan.attrition);
    assert!(
        plan.hires.low < plan.hires.value && plan.hires.value < plan.hires.high && (2.0..6.0).contains(&plan.hires.value),
        "{:?}",
        plan.hires
    );
    let boss = &plan.channels[0];
    // 13 weeks of ten a day and a hundred each.
    assert_eq!((boss.channel.as_str(), boss.applied, boss.spend), ("boss", 910, 910_000));
    let conversion = plan.conversion.unwrap();
    let seen = boss.onboarded as f64 / 910.0;
    assert!(conversion.low < seen && seen < conversion.high && (0.03..0.07).contains(&seen), "{seen} {conversion:?}");
    let (applications, cents) = (plan.applications.unwrap(), plan.cents.unwrap());
    assert!((applications.value / (plan.hires.value / seen) - 1.0).abs() < 0.1, "{applications:?}");
    // Ten yuan each.
    assert!((cents.value / applications.value - 1000.0).abs() < 1.0);
    assert_eq!(
        asked(&world, &orders(1000.0), &DemandQuery { lead_days: None, store: Some("north".to_owned()), ..query() }).await,
        Ok(plan),
        "the same again"
    );
    let all = asked(&world, &orders(1000.0), &query()).await.unwrap();
    assert_eq!((all.heads, all.lead_source), (8, Source::Given));
    // A business that lies still needs nobody more than there are.
    let few = asked(&world, &orders(100.0), &query()).await.unwrap();
    assert_eq!((few.hires.value, few.hires.high, few.applications.unwrap().value), (0.0, 0.0, 0.0));
}
