//! What finance takes away: the month's lines, wallets, packages and accounts, cut at the month and at today.

use bytes::Bytes;
use inflow_analytics::{MonthEnd, month_end, month_postings};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::world::{World, at, find};

fn amount(text: &str) -> Decimal {
    text.parse().unwrap()
}

async fn fill(world: &World, table: &str, rows: &[Value]) {
    let columns: Vec<&str> = rows[0].as_object().unwrap().keys().map(String::as_str).collect();
    let body = rows.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    world.store.refill_table("inflow", table, &columns, "JSONEachRow", [Bytes::from(body)]).await.unwrap();
}

fn moved(day: &str, debit: &str, credit: &str, amount: &str, source_id: &str) -> Value {
    json!({"day": day, "debit": debit, "credit": credit, "amount": amount, "kind": "daily", "channel": "boss", "account": "A1", "store": "",
           "department": "Sales", "requisition_source_id": "", "project": "Opening", "connection": "ledger", "source_id": source_id,
           "document": "D1", "allocation": ""})
}

fn wallet_move(number: u32, day: &str, kind: &str, units: &str, value: &str, after: (&str, &str), stated: Option<&str>) -> Value {
    json!({"channel": "boss", "account": "A1", "measure": "units", "number": number, "day": day, "kind": kind, "connection": "ledger",
           "source_id": number.to_string(), "document": "W", "units": units, "value": value, "balance_units": after.0,
           "balance_value": after.1, "stated_balance": stated})
}

async fn a_month(world: &World) {
    let line = |id: &str, kind: &str, net: &str, booked: &str, from: &str, to: &str| {
        json!({"connection": "ledger", "source_id": id, "channel": "boss", "kind": kind, "net": net, "gross": net, "currency": "CNY",
               "booked_on": booked, "service_from": from, "service_to": to, "document": format!("D{id}"), "department": "Sales",
               "invoice_number": format!("I{id}"), "version": 1})
    };
    let lines = vec![
        line("1", "daily", "100", "2026-09-30", "2026-09-30", "2026-10-01"),
        line("2", "cpc", "7", "2026-10-31", "2026-10-31", "2026-10-31"),
        line("3", "recharge", "500", "2026-10-02", "2026-10-02", "2026-10-02"),
        line("4", "bonus_credit", "0", "2026-10-03", "2026-10-03", "2026-10-03"),
        line("5", "daily", "9", "2026-11-01", "2026-11-01", "2026-11-01"),
    ];
    world.insert("spend", lines).await;
    world.analyze().await;
    let cost = |id: &str, day: &str, amount: &str| {
        json!({"channel": "boss", "store": "", "department": "Sales", "day": day, "kind": if id == "2" { "cpc" } else { "daily" },
               "connection": "ledger", "source_id": id, "amount": amount, "currency": "CNY"})
    };
    let days = [cost("1", "2026-09-30", "50"), cost("1", "2026-10-01", "50"), cost("2", "2026-10-31", "7"), cost("5", "2026-11-01", "9")];
    fill(world, "spend_days", &days).await;
    let journal = [
        moved("2026-09-30", "payable", "bank", "100", "1"),
        moved("2026-09-30", "cost", "payable", "50", "1"),
        moved("2026-10-01", "cost", "payable", "50", "1"),
        moved("2026-10-02", "wallet", "bank", "500", "3"),
        moved("2026-10-20", "bank", "wallet", "20", "3"),
        moved("2026-10-31", "cost", "wallet", "7", "2"),
        moved("2026-11-01", "cost", "wallet", "9", "5"),
    ];
    fill(world, "journal", &journal).await;
    // As an analysis adds them up.
    for (table, rows) in [
        (
            "cost_sums",
            "SELECT day, channel, store, department, job_family, requisition, kind, sum(amount), count(), [] FROM inflow.spend_days GROUP BY ALL",
        ),
        ("journal_sums", "SELECT day, debit, credit, kind, channel, store, department, 0, sum(amount) FROM inflow.journal GROUP BY ALL"),
    ] {
        world.store.execute(&format!("TRUNCATE TABLE inflow.{table}"), &[], &[]).await.unwrap();
        world.store.execute(&format!("INSERT INTO inflow.{table} {rows}"), &[], &[]).await.unwrap();
    }
    let moves = [
        wallet_move(1, "2026-09-01", "recharge", "10", "100", ("10", "100"), None),
        wallet_move(2, "2026-10-02", "recharge", "50", "500", ("60", "600"), Some("60")),
        wallet_move(3, "2026-10-02", "bonus_credit", "12", "0", ("72", "600"), None),
        wallet_move(4, "2026-10-05", "daily", "-6", "-50", ("66", "550"), Some("65")),
        wallet_move(5, "2026-10-20", "refund", "-2", "-20", ("64", "530"), None),
        wallet_move(6, "2026-11-01", "expiry", "-4", "-33", ("60", "497"), Some("60")),
    ];
    fill(world, "wallet_moves", &moves).await;
    let package = |document: &str, from: &str, to: &str| {
        json!({"channel": "boss", "document": document, "connection": "ledger", "source_id": document, "rule": "unit", "item": "resumes",
               "valid_from": from, "valid_to": to, "entitled": "100", "used": "40", "expired": "0", "cost": "1000", "cost_used": "400",
               "cost_expired": "0"})
    };
    let packages =
        [package("P1", "2026-09-01", "2026-10-01"), package("P2", "2026-08-01", "2026-09-30"), package("P3", "2026-10-31", "2026-12-31")];
    fill(world, "package_items", &packages).await;
    let fault = |day: &str| {
        json!({"reason": "balance_differs", "channel": "boss", "account": "A1", "day": day, "until": day, "connection": "ledger", "source_id": "4",
               "document": "W", "amount": "65", "expected": "66"})
    };
    fill(world, "ledger_faults", &[fault("2026-10-05"), fault("2026-11-05")]).await;
}

async fn october(world: &World, as_of: &str) -> MonthEnd {
    month_end(&world.store, &world.config, "2026-10".parse().unwrap(), at(as_of)).await.unwrap()
}

#[tokio::test]
async fn a_month_holds_what_is_accrued_paid_and_booked_in_it() {
    let world = World::new().await;
    a_month(&world).await;
    let month = october(&world, "2026-12-01T00:00:00Z").await;
    let lines: Vec<(&str, String, String)> =
        month.entries.iter().map(|line| (line.source_id.as_str(), line.accrued.to_string(), line.cash.to_string())).collect();
    let expected = [("1", "50", "0"), ("2", "7", "0"), ("3", "0", "480"), ("4", "0", "0")];
    let mut found: Vec<(&str, &str, &str)> = lines.iter().map(|(id, accrued, cash)| (*id, accrued.as_str(), cash.as_str())).collect();
    found.sort_unstable();
    assert_eq!(found.len(), 4);
    for ((id, accrued, cash), (expected_id, expected_accrued, expected_cash)) in found.iter().zip(expected) {
        assert_eq!((*id, amount(accrued), amount(cash)), (expected_id, amount(expected_accrued), amount(expected_cash)));
    }
    let accrued: Decimal = month.entries.iter().map(|line| line.accrued).sum();
    let boss = month.spend.rows.iter().find(|row| row["channel"] == "boss").unwrap();
    assert_eq!((boss["amount"].as_str(), accrued), (Some("57.00"), amount("57")));
    let first = month.entries.iter().find(|line| line.source_id == "1").unwrap();
    assert_eq!((first.invoice_number.as_str(), first.department.as_str(), first.kind.as_str()), ("I1", "Sales", "daily"));
    assert_eq!(month.by_kind.rows.iter().filter(|row| row["channel"] == "boss").count(), 2);

    assert_eq!(find(&month.cash, &[("channel", "boss")])["paid"], "480.00");
    let wallet = find(&month.wallets, &[("channel", "boss")]);
    let of = |column: &str| amount(wallet[column].as_str().unwrap());
    assert_eq!(["opening", "recharged", "granted", "used", "refunded", "closing"].map(of), ["10", "50", "12", "6", "2", "64"].map(amount));
    assert_eq!((of("closing_value"), of("stated")), (amount("530"), amount("65")));
    let packages: Vec<&str> = month.packages.rows.iter().map(|row| row["document"].as_str().unwrap()).collect();
    assert_eq!(packages, ["P1", "P3"]);
    let accounts: Vec<(&str, Decimal, Decimal, Decimal)> =
        month.accounts.iter().map(|one| (one.account.as_str(), one.opening, one.debit, one.credit)).collect();
    let expected = [("bank", "-100", "20", "500"), ("cost", "50", "57", "0"), ("payable", "50", "0", "50"), ("wallet", "0", "500", "27")];
    assert_eq!(accounts, expected.map(|(name, opening, debit, credit)| (name, amount(opening), amount(debit), amount(credit))));
    assert_eq!(month.faults.rows.iter().map(|row| row["reason"].as_str().unwrap()).collect::<Vec<_>>(), ["balance_differs"]);

    let postings = month_postings(&world.store, "2026-10".parse().unwrap(), world.clock.now()).await.unwrap();
    assert_eq!(postings[0].day, 20_727, "2026-10-01");
    assert_eq!(postings.iter().map(|row| row.cents).collect::<Vec<_>>(), [5_000, 50_000, 2_000, 700]);
    assert_eq!((postings[0].facts.invoice.as_str(), postings[0].facts.project.as_str()), ("I1", "Opening"));
}

#[tokio::test]
async fn of_a_month_that_is_not_over_the_rest_is_not_told() {
    let world = World::new().await;
    a_month(&world).await;
    // The 20th has begun in Shanghai.
    let month = october(&world, "2026-10-19T16:30:00Z").await;
    assert_eq!(month.entries.iter().map(|line| line.accrued).sum::<Decimal>(), amount("50"));
    assert_eq!(month.entries.iter().map(|line| line.cash).sum::<Decimal>(), amount("480"));
    let month = october(&world, "2026-10-19T15:30:00Z").await;
    assert_eq!(month.entries.iter().map(|line| line.cash).sum::<Decimal>(), amount("500"));
    assert_eq!(find(&month.wallets, &[("channel", "boss")])["closing"].as_str().map(amount), Some(amount("66")));
}
