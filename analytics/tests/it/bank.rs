//! Bank lines and invoices beside the ledger, from rows to reports.

use serde_json::{Value, json};

use crate::hires::with;
use crate::world::{World, at, find, query};

fn spend(id: &str, channel: &str, kind: &str, on: &str, gross: &str, more: Value) -> Value {
    let row = json!({"connection": "ledger", "source_id": id, "channel": channel, "kind": kind, "booked_on": on, "service_from": on, "service_to": on,
                     "gross": gross, "net": gross, "currency": "CNY", "version": 1});
    with(row, more)
}

fn paid(id: &str, channel: &str, on: &str, amount: &str, more: Value) -> Value {
    with(
        json!({"connection": "bank", "source_id": id, "channel": channel, "booked_on": on, "amount": amount, "currency": "CNY", "version": 1}),
        more,
    )
}

fn invoice(id: &str, channel: &str, on: &str, gross: &str, more: Value) -> Value {
    let row = json!({"connection": "tax", "source_id": id, "number": format!("N-{id}"), "channel": channel, "issued_on": on, "gross": gross,
                     "currency": "CNY", "status": "normal", "seller": "测试直聘科技有限公司", "payer": "测试餐饮有限公司", "version": 1});
    with(row, more)
}

/// It is 2026-12-01.
async fn world() -> World {
    let mut world = World::new().await;
    world.config.finance.vat.payers = vec!["测试餐饮(上海)有限公司".to_owned(), "测试餐饮有限公司".to_owned()];
    world
        .insert(
            "spend",
            vec![
                spend("top", "boss", "recharge", "2026-10-02", "1060.00", json!({"account": "main", "document": "R-2001"})),
                // A wallet pays for it: no cash, no invoice.
                spend("used", "boss", "consumption", "2026-10-05", "300.00", json!({"account": "main"})),
                spend("a", "zhaopin", "cpc", "2026-10-06", "40.00", json!({})),
                spend("b", "zhaopin", "cpc", "2026-10-06", "60.00", json!({})),
                spend("back", "zhaopin", "refund", "2026-10-20", "-15.00", json!({})),
                spend("bonus", "referral", "referral_bonus", "2026-10-08", "500.00", json!({})),
                spend("own", "boss", "refresh", "2026-10-09", "77.00", json!({})),
                spend("short", "boss", "daily", "2026-10-15", "90.00", json!({"document": "D-77"})),
                spend("far", "indeed", "daily", "2026-10-01", "20.00", json!({"currency": "EUR"})),
                // Not known any more: another line took its place.
                spend("old", "zhaopin", "cpc", "2026-10-06", "41.00", json!({})),
                spend("new", "zhaopin", "cpc", "2026-11-25", "41.50", json!({"supersedes": "old"})),
            ],
        )
        .await;
    world
        .insert(
            "bank_lines",
            vec![
                paid("1", "boss", "2026-10-10", "-1060.00", json!({"note": "招聘充值 R-2001"})),
                paid("2", "zhaopin", "2026-10-08", "-100.00", json!({})),
                paid("3", "zhaopin", "2026-10-21", "15.00", json!({})),
                paid("4", "", "2026-10-09", "-500.00", json!({"counterparty": "p-0123456789"})),
                paid("5", "", "2026-10-09", "-8000.00", json!({"counterparty": "测试物业有限公司"})),
                paid("6", "boss", "2026-10-16", "-89.00", json!({"document": "D-77"})),
                paid("gone", "boss", "2026-10-16", "-90.00", json!({"deleted": 1})),
            ],
        )
        .await;
    world
}

fn cells(row: &serde_json::Map<String, Value>, columns: &[&str]) -> Vec<String> {
    columns.iter().map(|column| row[*column].as_str().map_or_else(|| row[*column].to_string(), str::to_owned)).collect()
}

#[tokio::test]
async fn bank_and_ledger_are_matched_and_the_rest_says_why() {
    let world = world().await;
    world.analyze().await;
    let report = world.report("bank", &["none"], "2026-10-01", "2026-10-31").await;
    let told = |side: &str, outcome: &str| {
        let row = find(&report, &[("side", side), ("outcome", outcome)]);
        cells(row, &["entry", "lines", "amount", "candidate", "difference"])
    };
    assert_eq!(told("bank", "matched"), ["CNY", "4", "-1645.00", "", "null"]);
    assert_eq!(told("ledger", "matched"), ["CNY", "5", "-1645.00", "", "null"]);
    assert_eq!(told("bank", "no_channel"), ["CNY", "1", "-8000.00", "", "null"]);
    assert_eq!(told("bank", "amount_differs"), ["bank:6", "1", "-89.00", "ledger:short", "1.00"]);
    assert_eq!(told("ledger", "amount_differs"), ["ledger:short", "1", "-90.00", "bank:6", "1.00"]);
    let alone: Vec<&str> =
        report.rows.iter().filter(|row| row["outcome"] == "no_bank_line").map(|row| row["entry"].as_str().unwrap()).collect();
    assert_eq!(alone, ["ledger:far", "ledger:own"], "one without a rate is looked for as well");
    let basis =
        world.rows("SELECT basis, count() AS n FROM inflow.bank_matches WHERE state = 'matched' GROUP BY basis ORDER BY basis").await;
    let basis: Vec<String> = basis.iter().map(|row| cells(row, &["basis", "n"]).join(" ")).collect();
    assert_eq!(basis, ["amount 4", "document 2", "sum 3"]);
    // Both sides of all matches come to the same, per match.
    let torn = "SELECT match_id FROM inflow.bank_matches WHERE state = 'matched' GROUP BY match_id HAVING sum(if(side = 'bank', amount, -amount)) != 0";
    assert!(world.rows(torn).await.is_empty());
}

#[tokio::test]
async fn without_bank_lines_nothing_is_missing_at_the_bank() {
    let world = World::new().await;
    world.insert("spend", vec![spend("a", "boss", "cpc", "2026-10-06", "40.00", json!({}))]).await;
    world.analyze().await;
    assert!(world.report("bank", &[], "2026-10-01", "2026-10-31").await.rows.is_empty());
    let invoices = world.report("invoices", &["entry"], "2026-10-01", "2026-10-31").await;
    assert_eq!(cells(find(&invoices, &[("state", "missing")]), &["entry", "due_on", "days"]), ["ledger:a", "2026-11-05", "56"]);
}

#[tokio::test]
async fn invoices_are_here_late_missing_or_on_somebody_else() {
    let world = world().await;
    world
        .insert(
            "invoices",
            vec![
                // Two items of one invoice, listed twice: by the tax platform and by the finance desk.
                invoice("1", "boss", "2026-10-03", "1000.00", json!({"number": "N-1", "documents": ["R-2001"]})),
                invoice("1b", "boss", "2026-10-03", "60.00", json!({"number": "N-1", "documents": ["R-2001"]})),
                invoice("desk", "boss", "2026-10-03", "1060.00", json!({"connection": "ours", "number": "N-1"})),
                invoice("2", "zhaopin", "2026-11-02", "100.00", json!({})),
                invoice("3", "boss", "2026-10-12", "77.00", json!({"payer": "p-0123456789"})),
                invoice("4", "boss", "2026-10-15", "95.00", json!({"documents": ["D-77"], "payer": "测试餐饮（上海）有限公司"})),
                invoice("5", "", "2026-10-15", "5000.00", json!({})),
                invoice("6", "boss", "2026-10-15", "12.00", json!({})),
                invoice("7", "boss", "2026-10-15", "-12.00", json!({"status": "red_letter", "original": "N-6"})),
            ],
        )
        .await;
    world.analyze().await;
    let mut asked = query("invoices", &["none"], "2026-10-01", "2026-11-30");
    asked.version = Some(1);
    let report = world.ask(&asked).await;
    let mut told: Vec<String> = report
        .rows
        .iter()
        .map(|row| cells(row, &["side", "state", "entry", "lines", "amount", "numbers", "difference"]).join(" "))
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            "invoice amount_differs tax:4 1 95.00 N-4 5.00",
            "invoice matched CNY 2 1160.00  null",
            "invoice no_channel CNY 1 5000.00  null",
            "invoice personal_paid tax:3 1 77.00 N-3 null",
            "invoice red_letter CNY 1 -12.00  null",
            "invoice voided tax:6 1 12.00 N-6 null",
            "ledger amount_differs ledger:short 1 90.00 N-4 5.00",
            "ledger late ledger:a 1 40.00 N-2 null",
            "ledger late ledger:b 1 60.00 N-2 null",
            "ledger matched CNY 1 1060.00  null",
            "ledger missing ledger:far 1 20.00  null",
            "ledger pending CNY 1 41.50  null",
            "ledger personal_paid ledger:own 1 77.00 N-3 null",
        ]
    );
    // Line by line now by entry, the papers of each beside it; what is in order is one row.
    let lines = world.report("invoices", &["entry"], "2026-10-01", "2026-11-30").await;
    let mut entries: Vec<String> = lines
        .rows
        .iter()
        .map(|row| cells(row, &["side", "state", "entry", "lines", "amount", "numbers", "difference"]).join(" "))
        .collect();
    entries.sort();
    let in_order = |line: &String| [" matched ", " pending ", " red_letter ", " no_channel "].iter().any(|state| line.contains(state));
    let mut expected: Vec<String> =
        told.iter().map(|line| if in_order(line) { line.replace(" CNY ", "  ") } else { line.clone() }).collect();
    expected.sort();
    assert_eq!(entries, expected);
    let report = world.report("invoices", &[], "2026-10-01", "2026-11-30").await;
    let mut told: Vec<String> = report
        .rows
        .iter()
        .map(|row| {
            cells(
                row,
                &["channel", "side", "state", "line_currency", "lines", "amount", "oldest", "due_on", "difference", "examples", "numbers"],
            )
            .join(" ")
        })
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            " invoice no_channel CNY 1 5000.00 2026-10-15 null null  ",
            "boss invoice amount_differs CNY 1 95.00 2026-10-15 null 5.00 tax:4 N-4",
            "boss invoice matched CNY 1 1060.00 2026-10-03 null null  ",
            "boss invoice personal_paid CNY 1 77.00 2026-10-12 null null tax:3 N-3",
            "boss invoice red_letter CNY 1 -12.00 2026-10-15 null null  ",
            "boss invoice voided CNY 1 12.00 2026-10-15 null null tax:6 N-6",
            "boss ledger amount_differs CNY 1 90.00 2026-10-15 2026-11-14 5.00 ledger:short N-4",
            "boss ledger matched CNY 1 1060.00 2026-10-02 null null  ",
            "boss ledger personal_paid CNY 1 77.00 2026-10-09 2026-11-08 null ledger:own N-3",
            "indeed ledger missing EUR 1 20.00 2026-10-01 2026-10-31 null ledger:far ",
            "zhaopin invoice matched CNY 1 100.00 2026-11-02 null null  ",
            "zhaopin ledger late CNY 2 100.00 2026-10-06 2026-11-05 null ledger:a, ledger:b ",
            "zhaopin ledger pending CNY 1 41.50 2026-11-25 null null  ",
        ]
    );
    let again = "SELECT sum(sipHash64(toString(tuple(*)))) AS a, count() AS n FROM inflow.invoice_matches";
    let before = world.rows(again).await;
    world.analyze().await;
    assert_eq!(world.rows(again).await, before);
}

/// Each job runs when what it reads changed, and says the same as when all is made anew.
#[tokio::test]
async fn matches_stay_while_nothing_comes_to_them() {
    let mut world = world().await;
    world.insert("invoices", vec![invoice("2", "zhaopin", "2026-11-02", "100.00", json!({}))]).await;
    world.analyze().await;
    let counts = async |world: &World| {
        let rows = world
            .rows("SELECT (SELECT count() FROM inflow.bank_matches) AS bank, (SELECT count() FROM inflow.invoice_matches) AS invoices")
            .await;
        (rows[0]["bank"].as_u64().unwrap(), rows[0]["invoices"].as_u64().unwrap())
    };
    let hashes = async |world: &World| {
        let of = |table: &str| format!("(SELECT sum(sipHash64(toString(tuple(*)))) FROM inflow.{table})");
        world.rows(&format!("SELECT {} AS bank, {} AS invoices", of("bank_matches"), of("invoice_matches"))).await
    };
    let full = counts(&world).await;
    let forget = async |world: &World| {
        // What is made anew is there again; what stays is not.
        for table in ["bank_matches", "invoice_matches"] {
            world.store.execute(&format!("TRUNCATE TABLE inflow.{table}"), &[], &[]).await.unwrap();
        }
    };
    forget(&world).await;
    let mut person = crate::world::application("1", "boss", "2026-10-03 10:00:00");
    person["segment"] = json!("people");
    world.insert("applications", vec![person]).await;
    world.analyze_changes("people").await;
    assert_eq!(counts(&world).await, (0, 0), "people are nothing to them");
    let paid = paid("7", "boss", "2026-11-26", "-30.00", json!({"segment": "bank"}));
    world.insert("bank_lines", vec![paid]).await;
    world.analyze_changes("bank").await;
    assert_eq!(counts(&world).await, (full.0 + 1, 0));
    forget(&world).await;
    world.insert("invoices", vec![invoice("8", "boss", "2026-11-20", "33.00", json!({"segment": "tax"}))]).await;
    world.analyze_changes("tax").await;
    assert_eq!(counts(&world).await, (0, full.1 + 1));
    world.insert("spend", vec![with(spend("late", "zhaopin", "cpc", "2026-11-26", "5.00", json!({})), json!({"segment": "ledger"}))]).await;
    world.analyze_changes("ledger").await;
    assert_eq!(counts(&world).await, (full.0 + 2, full.1 + 2));

    // A day later the missing ones are missing for a day more, though nothing came; and all anew says the same.
    let before = hashes(&world).await;
    world.analyze_changes("nothing").await;
    assert_eq!(hashes(&world).await, before);
    world.clock = std::sync::Arc::new(inflow_config::FixedClock(at("2026-12-02T12:00:00Z")));
    world.analyze_changes("nothing").await;
    let after = hashes(&world).await;
    assert!(after[0]["bank"] == before[0]["bank"] && after[0]["invoices"] != before[0]["invoices"], "{before:?} {after:?}");
    world.analyze().await;
    assert_eq!(hashes(&world).await, after);
}
