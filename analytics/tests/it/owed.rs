//! Cost that depends on people: bonuses and fees that are owed for hires, and allocations by how many there are of whom.

use inflow_analytics::{Scope, analyze, close};
use inflow_config::Config;
use serde_json::{Value, json};

use crate::hires::{employed, with};
use crate::world::{World, application, at, event, query};

const CHANNELS: &str = r#"
[[channel]]
id = "referral"
name = { en = "Referral", zh = "内推" }

[[channel]]
id = "search"
name = { en = "Summit Search", zh = "山顶猎头" }

[[channel]]
id = "boss"
name = { en = "BOSS", zh = "BOSS直聘" }
"#;

const RULES: &str = r#"
[[bonus]]
id = "brought"
channel = ["referral"]
amount = "1500"
payable = "days"
days = 60
[[bonus.hire]]
hire = "hr/own"
amount = "0"

[[fee]]
id = "summit"
channel = ["search"]
percent = "20"
guarantee_days = 90
clawback = "pro_rata"
[[fee.hire]]
hire = "hr/chef"
yearly_pay = "180000"
"#;

async fn world(finance: &str) -> World {
    let mut world = World::with_channels(CHANNELS).await;
    std::fs::write(world.config.dir.join("finance.toml"), finance).unwrap();
    world.config = Config::load(&world.config.file, &Vec::new).unwrap();
    world
}

fn hired(id: &str, channel: &str, day: &str, rest: Value) -> Value {
    with(with(employed(id, day), json!({"candidate_source_id": id, "channel": channel, "store": "Riverside"})), rest)
}

fn line(id: &str, channel: &str, kind: &str, gross: &str, booked_on: &str, rest: Value) -> Value {
    let line = json!({"connection": "ledger", "source_id": id, "channel": channel, "kind": kind, "gross": gross, "net": gross, "currency": "CNY",
        "booked_on": booked_on, "service_from": booked_on, "service_to": booked_on, "version": 1});
    with(line, rest)
}

async fn ask(world: &World, metric: &str, by: &[&str], columns: &[&str]) -> Vec<String> {
    let mut asked = query(metric, by, "2026-07-01", "2026-11-30");
    asked.as_of = at("2026-12-01T00:00:00Z");
    let cell = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let rows = world.ask(&asked).await.rows;
    let mut rows: Vec<String> = rows.iter().map(|row| columns.iter().map(|name| cell(&row[*name])).collect::<Vec<_>>().join(" ")).collect();
    rows.sort();
    rows
}

/// Every tie holds, of each month and of all.
async fn assert_ties(world: &World) {
    for (from, to) in
        [("2026-07-01", "2026-11-30"), ("2026-08-01", "2026-08-31"), ("2026-09-01", "2026-09-30"), ("2026-11-01", "2026-11-30")]
    {
        for row in world.report("ties", &[], from, to).await.rows {
            assert_eq!(row["ties"], true, "{from}: {row:?}");
        }
        assert_eq!(world.report("spend", &[], from, to).await.reconciles.unwrap()["ties"], true);
    }
}

#[tokio::test]
async fn bonuses_and_fees_follow_the_hires_and_are_settled_once() {
    let world = world(RULES).await;
    let left = |day: &str| json!({"left_on": day, "status": "left"});
    world
        .insert(
            "employment",
            vec![
                hired("stays", "referral", "2026-07-06", json!({"requisition_source_id": "R7"})),
                hired("early", "referral", "2026-08-03", left("2026-09-20")),
                hired("own", "referral", "2026-08-04", json!({})),
                hired("chef", "search", "2026-08-10", left("2026-09-08")),
                hired("cook", "search", "2026-09-01", json!({})),
                hired("never", "referral", "2026-09-02", json!({"onboard_on": null, "agreed_on": "2026-09-02", "status": "not_started"})),
                hired("lost", "referral", "2026-10-05", json!({"status": "left"})),
            ],
        )
        .await;
    world
        .insert(
            "requisitions",
            vec![json!({"connection": "hr", "source_id": "R7", "title": "Waiter", "title_normal": "waiter", "version": 1})],
        )
        .await;
    let taxed = |id: &str, kind: &str, gross: &str, net: &str, day: &str| {
        line(id, "search", kind, gross, day, json!({"net": net, "invoice_type": "special", "document": "hr/chef"}))
    };
    world
        .insert(
            "spend",
            vec![
                line("paid", "referral", "referral_bonus", "1500", "2026-09-10", json!({"requisition_source_id": "R7"})),
                line("stray", "referral", "referral_bonus", "700", "2026-09-11", json!({"document": "nobody"})),
                taxed("bill", "headhunter_fee", "38160", "36000", "2026-08-31"),
                taxed("back", "clawback", "-25440", "-24000", "2026-09-28"),
            ],
        )
        .await;
    world.analyze().await;
    assert_ties(&world).await;
    let spent = ask(&world, "spend", &["channel", "month"], &["channel", "month", "amount"]).await;
    let spent: Vec<&String> = spent.iter().filter(|row| !row.ends_with(" 0.00") && !row.ends_with(" null")).collect();
    // Reversed in the month in which the person left; and 700.00 of September are a line that is of nobody.
    let expected = [
        "referral 2026-07 1500.00",
        "referral 2026-08 1500.00",
        "referral 2026-09 -800.00",
        "referral 2026-10 1500.00",
        "search 2026-08 36000.00",
        "search 2026-09 -24000.00",
    ];
    assert_eq!(spent, expected);
    let columns = ["rule", "hire", "state", "due_on", "reversed_on", "accrued", "reversed", "paid", "returned", "open"];
    assert_eq!(
        ask(&world, "owed", &[], &columns).await,
        [
            "brought hr/early reversed null 2026-09-20 1500.00 1500.00 0.00 0.00 0.00",
            "brought hr/lost unclear 2026-12-04 null 1500.00 0.00 0.00 0.00 1500.00",
            "brought hr/stays settled 2026-09-04 null 1500.00 0.00 1500.00 0.00 0.00",
            "summit hr/chef settled 2026-08-10 2026-09-08 36000.00 24000.00 36000.00 24000.00 0.00",
            "summit hr/cook unclear 2026-09-01 null 0.00 0.00 0.00 0.00 0.00",
        ]
    );
    assert_eq!(
        ask(&world, "ledger_faults", &[], &["reason", "entry"]).await,
        ["no_accrual ledger:stray", "no_leave_day finance.toml:brought/hr/lost", "no_pay finance.toml:summit/hr/cook"]
    );
    assert!(
        ask(&world, "spend_entries", &["channel"], &["entry", "amount"]).await.contains(&"finance.toml:summit/hr/chef 12000.00".to_owned())
    );
    let stores = ask(&world, "cash", &["store"], &["store", "accrued", "payable", "input_vat", "paid"]).await;
    assert_eq!(stores, [" 700.00 0.00 0.00 700.00", "Riverside 15000.00 1500.00 720.00 14220.00"]);
}

/// August and September are closed; then somebody is told to have left in August.
#[tokio::test]
async fn a_leaver_told_late_counts_in_the_open_month() {
    let world = world(RULES).await;
    world.insert("employment", vec![hired("early", "referral", "2026-08-03", json!({}))]).await;
    world.analyze().await;
    close(&world.store, &world.config, &world.clock, "2026-09".parse().unwrap(), "Lin Example", None).await.unwrap();
    let late = json!({"left_on": "2026-08-20", "status": "left", "version": 2, "segment": "late"});
    world.insert("employment", vec![hired("early", "referral", "2026-08-03", late)]).await;
    // Nothing of the ledger is new.
    world.analyze_changes("late").await;
    let months = ask(&world, "spend", &["month"], &["month", "amount", "as_closed"]).await;
    let told: Vec<&String> = months.iter().filter(|row| !row.ends_with(" 0.00 0.00")).collect();
    assert_eq!(told, ["2026-08 0.00 1500.00", "2026-10 0.00 -1500.00"]);
    assert_eq!(ask(&world, "spend_later", &[], &["posted_in", "line", "amount"]).await, ["2026-10 finance.toml/brought/hr/early -1500.00"]);
    assert_ties(&world).await;
    // Without the rule nothing of it is left.
    let World { store, clock, .. } = &world;
    std::fs::remove_file(world.config.dir.join("finance.toml")).unwrap();
    let without = Config::load(&world.config.file, &Vec::new).unwrap();
    analyze(store, &without, clock, &[], &Scope::All).await.unwrap();
    assert_eq!(ask(&world, "owed", &[], &["hire"]).await, Vec::<String>::new());
    assert_eq!(world.rows("SELECT count() AS n FROM inflow.ledger_hires").await[0]["n"], 0);
}

const BY_PEOPLE: &str = r#"
[[allocation]]
id = "site"
document = ["site"]
by = "headcount"
among = "store"

[[allocation]]
id = "board"
channel = ["boss"]
by = "applications"
among = "department"

[[allocation]]
id = "fair"
document = ["fair"]
by = "hires"
among = "channel"
only = ["boss", "search"]
"#;

#[tokio::test]
async fn cost_is_divided_by_the_people_of_its_month() {
    let world = world(BY_PEOPLE).await;
    let at_store =
        |id: &str, channel: &str, day: &str, store: &str, left: Value| hired(id, channel, day, json!({"store": store, "left_on": left}));
    world
        .insert(
            "employment",
            vec![
                at_store("a", "boss", "2026-09-01", "Riverside", json!("2026-10-30")),
                at_store("b", "boss", "2026-10-02", "Riverside", json!(null)),
                at_store("c", "search", "2026-10-05", "Old Town", json!("2026-10-31")),
                at_store("d", "referral", "2026-10-09", "Old Town", json!(null)),
                at_store("e", "boss", "2026-10-31", "Hill", json!(null)),
                at_store("f", "boss", "2026-11-01", "", json!(null)),
            ],
        )
        .await;
    let applied = |id: &str, channel: &str, department: &str, day: &str| {
        with(application(id, channel, &format!("{day} 04:00:00")), json!({"department": department}))
    };
    world
        .insert(
            "applications",
            vec![
                applied("1", "boss", "kitchen", "2026-10-03"),
                applied("2", "boss", "kitchen", "2026-10-04"),
                applied("3", "boss", "sales", "2026-10-05"),
                // Of another channel, and of November.
                applied("4", "search", "sales", "2026-10-05"),
                applied("5", "boss", "sales", "2026-11-20"),
            ],
        )
        .await;
    world.insert("stage_events", vec![event("boss", "1", "attended", "2026-10-08 04:00:00")]).await;
    let over = |from: &str, to: &str, document: &str| json!({"service_from": from, "service_to": to, "document": document});
    world
        .insert(
            "spend",
            vec![
                line("site", "referral", "subscription", "100", "2026-10-01", over("2026-10-01", "2026-10-31", "site")),
                line("board", "boss", "subscription", "122", "2026-10-01", over("2026-10-01", "2026-11-30", "")),
                line("sept", "boss", "daily", "9", "2026-09-05", json!({})),
                line("fair", "unallocated", "daily", "10", "2026-10-20", json!({"document": "fair"})),
            ],
        )
        .await;
    world.analyze().await;
    assert_ties(&world).await;
    let sums = async |rule: &str| {
        let sql = format!(
            "SELECT concat(formatDateTime(day, '%Y-%m'), ' ', channel, '/', store, '/', department, ' ', allocation, ' ', toString(sum(amount))) AS line \
             FROM (SELECT * REPLACE (if(debit = 'cost', amount, -amount) AS amount) FROM inflow.journal WHERE 'cost' IN (debit, credit) AND source_id = '{rule}') \
             GROUP BY formatDateTime(day, '%Y-%m'), channel, store, department, allocation ORDER BY ALL"
        );
        world.rows(&sql).await.iter().map(|row| row["line"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // On 31 October b is at Riverside, c (whose last day it is) and d are at Old Town, e at Hill; a has left.
    assert_eq!(
        sums("site").await,
        ["2026-10 referral/Hill/ site 25", "2026-10 referral/Old Town/ site 50", "2026-10 referral/Riverside/ site 25"]
    );
    // 62.00 of October by two and one, 60.00 of November by one alone; nobody applied in September.
    assert_eq!(
        sums("board").await,
        ["2026-10 boss//kitchen board 41.33", "2026-10 boss//sales board 20.67", "2026-11 boss//sales board 60"]
    );
    assert_eq!(sums("sept").await, ["2026-09 boss//  9"]);
    assert_eq!(sums("fair").await, ["2026-10 boss// fair 6.67", "2026-10 search// fair 3.33"]);
    assert_eq!(ask(&world, "ledger_faults", &[], &["reason", "entry", "day", "says"]).await, ["no_basis ledger:sept 2026-09-05 9"]);
    // People who come later change who bears October.
    let late = with(applied("6", "boss", "sales", "2026-10-30"), json!({"segment": "late"}));
    world.insert("applications", vec![late]).await;
    world.analyze().await;
    assert_eq!(sums("board").await, ["2026-10 boss//kitchen board 31", "2026-10 boss//sales board 31", "2026-11 boss//sales board 60"]);
}
