//! From a business series to hires, applications and budget, on hand-made people and channels.

use chrono::Datelike;
use inflow_analytics::{BusinessSeries, DemandPlan, DemandQuery, DemandSource as Source, Grain, Occasion, OccasionKnown, demand_plan};
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

/// A clothing shop by day (seeds: orders triple in the Double 11 period): 3 000 orders a day, a little more on weekends, noise, three times as many from 1 to 11
/// November, from `first` to 4 October 2026; as weeks from Monday on.
fn clothing(first: &str) -> BusinessSeries {
    let (first, last): (chrono::NaiveDate, chrono::NaiveDate) = (first.parse().unwrap(), "2026-10-04".parse().unwrap());
    let mut noise = 7_u64;
    let day = |day: chrono::NaiveDate| {
        // Numbers that look like chance and are the same every time (Lehmer).
        noise = noise * 48_271 % 2_147_483_647;
        let weekend = if day.weekday().number_from_monday() > 5 { 1.2 } else { 1.0 };
        let times = if day.month() == 11 && day.day() <= 11 { 3.0 } else { 1.0 };
        3000.0 * weekend * times * (0.95 + 0.1 * noise as f64 / 2_147_483_647.0)
    };
    let days: Vec<f64> = first.iter_days().take_while(|one| *one <= last).map(day).collect();
    BusinessSeries { grain: Grain::Week, first, values: days.chunks_exact(7).map(|week| Some(week.iter().sum())).collect() }
}

#[tokio::test]
async fn double_eleven_asks_for_temporary_heads_weeks_ahead() {
    let world = World::new().await;
    let now: chrono::DateTime<chrono::Utc> = "2026-10-05T02:00:00Z".parse().unwrap();
    // 1 400 orders a week are a head's work; sixteen people do an ordinary week (22 200 orders).
    let query = DemandQuery {
        units_per_head: 1400.0,
        shrinkage: 0.0,
        lead_days: Some(21),
        heads: Some(16),
        attrition: Some(0.0),
        ahead: Some(10),
        store: None,
    };
    world.analyze().await;
    let asked = async |series: &BusinessSeries| demand_plan(&world.store, &world.config, now, series, &query).await.unwrap();
    // From Monday 2 January 2023: three Double Elevens.
    let plan = asked(&clothing("2023-01-02")).await;
    let [one] = plan.occasions.as_slice() else { panic!("{:?}", plan.occasions) };
    assert_eq!((one.occasion, one.known, one.seen), (Occasion::DoubleEleven, OccasionKnown::Known, 3));
    let starts: Vec<String> = one.periods.iter().map(ToString::to_string).collect();
    // In 2026 the first of November is a Sunday, the eleventh a Wednesday.
    assert_eq!(starts, ["2026-10-26", "2026-11-02", "2026-11-09"]);
    let period = |start: &str| plan.periods.iter().find(|one| one.start.to_string() == start).unwrap();
    let truth = |start: &str| {
        let monday: chrono::NaiveDate = start.parse().unwrap();
        let day = |day: chrono::NaiveDate| {
            let weekend = if day.weekday().number_from_monday() > 5 { 1.2 } else { 1.0 };
            3000.0 * weekend * if day.month() == 11 && day.day() <= 11 { 3.0 } else { 1.0 }
        };
        monday.iter_days().take(7).map(day).sum::<f64>() / 1400.0
    };
    for start in ["2026-10-19", "2026-10-26", "2026-11-02", "2026-11-09", "2026-11-23"] {
        let (need, heads) = (period(start).need, truth(start));
        assert!(need.heads.low <= heads && heads <= need.heads.high, "{start}: {:?} {heads}", need.heads);
        assert!((need.heads.value / heads - 1.0).abs() < 0.12, "{start}: {:?} {heads}", need.heads);
    }
    // The peak needs thirty heads more (the seed's number); they are asked for three weeks before, and for a while only.
    let peak = &period("2026-11-02").need;
    assert!((26.0..38.0).contains(&peak.temporary.value), "{:?}", peak.temporary);
    assert!(period("2026-11-30").need.temporary.value < 1.0);
    let asked_for = |monday: &str| plan.weeks.iter().find(|week| week.week.to_string() == monday).unwrap();
    let week = asked_for("2026-10-12");
    assert_eq!(week.starts.to_string(), "2026-11-02");
    assert!(week.temporary.value > 20.0 && week.lasting.value < 2.0, "{week:?}");
    let open: u64 = plan.weeks.iter().map(|week| week.open).sum();
    let expected: f64 = plan.weeks.iter().map(|week| week.lasting.value + week.temporary.value).sum();
    assert!((open as f64 - expected).abs() <= 0.5 + 1e-9, "whole openings add up: {open} {expected}");

    // A series from January knows no Double 11: it says so, and the peak is not there.
    let short = asked(&clothing("2026-01-05")).await;
    let [one] = short.occasions.as_slice() else { panic!("{:?}", short.occasions) };
    assert_eq!((one.known, one.seen, one.periods.len()), (OccasionKnown::Unknown, 0, 3));
    assert!((one.factor - 1.0).abs() < 1e-9 && short.weeks.iter().all(|week| week.temporary.value < 2.0), "{:#?}", short.weeks);
    // One that saw it once says that too, and is less sure.
    let once = asked(&clothing("2025-06-02")).await;
    assert_eq!((once.occasions[0].known, once.occasions[0].seen), (OccasionKnown::Once, 1));
    let width = |plan: &DemandPlan| {
        let heads = plan.periods.iter().find(|one| one.start.to_string() == "2026-11-02").unwrap().need.heads;
        heads.high / heads.low
    };
    assert!(width(&once) > width(&plan));
}

#[tokio::test]
async fn weeks_say_what_they_take_of_each_channel() {
    let world = World::new().await;
    staff(&world).await;
    channel(&world).await;
    // Five postings, live all the time.
    let spans = (0..5).map(|i| json!({"connection": "boss", "source_id": format!("p{i}"), "channel": "boss", "status": "open", "posted_at": "2026-01-01 00:00:00", "posted_precision": "exact", "title": "x", "version": 1}));
    world.insert("postings", spans.collect()).await;
    world.analyze().await;
    let plan = asked(&world, &orders(1000.0), &DemandQuery { lead_days: Some(21), ..query() }).await.unwrap();
    let boss = &plan.channels[0];
    assert!((boss.posting_weeks - 65.0).abs() < 0.5 && (boss.weight - 1.0).abs() < 1e-9, "{boss:?}");
    let first = plan.weeks.iter().find(|week| week.open > 0).unwrap();
    let [part] = first.channels.as_slice() else { panic!("{first:?}") };
    // Seventy applications a week of five postings; ten yuan each.
    let (applications, cents) = (first.applications.unwrap(), first.cents.unwrap());
    assert!((part.postings.unwrap().value / (applications.value / 14.0) - 1.0).abs() < 0.05, "{part:?}");
    assert!((cents.value / applications.value - 1000.0).abs() < 1.0 && (part.cents.value - cents.value).abs() < 1.0);
    let all: f64 = plan.weeks.iter().map(|week| week.lasting.value + week.temporary.value).sum();
    assert!(all > 0.0 && first.applications.unwrap().low <= applications.value && applications.value <= applications.high);
    let json = serde_json::to_value(&plan).unwrap();
    assert!(json["weeks"][0]["budget"]["value"].is_string() && json["weeks"][0]["channels"][0]["budget"]["high"].is_string());
}
