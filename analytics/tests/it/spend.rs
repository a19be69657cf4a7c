//! Cost to the cent: spread over days, converted, tied to the ledger.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use inflow_config::CostBasis;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::world::{CHANNELS, World, application, at, event, find, query};

fn line(id: &str, channel: &str, kind: &str, net: &str, from: &str, to: &str) -> Value {
    json!({"connection": "ledger", "source_id": id, "channel": channel, "kind": kind, "gross": net, "net": net, "currency": "CNY",
           "booked_on": from, "service_from": from, "service_to": to, "version": 1})
}

/// Half up, away from zero, in whole numbers.
fn rounded(a: i128, b: i128) -> i128 {
    a.signum() * ((2 * a.abs() + b) / (2 * b))
}

/// Any amount over any period: the days add up to the line, each day is what the formula says, and any cut of the
/// calendar into two periods ties to the ledger.
#[tokio::test]
async fn days_add_up_to_the_line_for_any_amount_and_period() {
    let world = World::new().await;
    let mut random = StdRng::seed_from_u64(7);
    let start: NaiveDate = "2026-01-01".parse().unwrap();
    let mut lines = Vec::new();
    let mut expected: BTreeMap<(String, String), i128> = BTreeMap::new();
    for i in 0..400 {
        // Ten-thousandths of a yuan, from -10,000 to 10,000,000; every tenth one near a cent.
        let units: i128 = if i % 10 == 0 { random.random_range(-300..300) } else { random.random_range(-100_000_000..100_000_000_000) };
        let days: u64 = random.random_range(1..400);
        let from = start + Days::new(random.random_range(0..200));
        let cents = rounded(units, 100);
        for k in 1..=i128::from(days) {
            let part = rounded(cents * k, i128::from(days)) - rounded(cents * (k - 1), i128::from(days));
            if part != 0 {
                expected.insert((i.to_string(), (from + Days::new(k as u64 - 1)).to_string()), part);
            }
        }
        let net = format!("{}{}.{:04}", if units < 0 { "-" } else { "" }, units.abs() / 10_000, units.abs() % 10_000);
        let kind = if units < 0 { "refund" } else { "subscription" };
        let channel = ["boss", "zhaopin", "unallocated"][i % 3];
        lines.push(line(&i.to_string(), channel, kind, &net, &from.to_string(), &(from + Days::new(days - 1)).to_string()));
    }
    world.insert("spend", lines).await;
    world.analyze().await;
    let found: BTreeMap<(String, String), i128> = world
        .rows("SELECT source_id, toString(day) AS day, toInt64(amount * 100) AS cents FROM inflow.spend_days")
        .await
        .into_iter()
        .map(|row| {
            (
                (row["source_id"].as_str().unwrap().to_owned(), row["day"].as_str().unwrap().to_owned()),
                row["cents"].as_i64().unwrap().into(),
            )
        })
        .collect();
    assert_eq!(found, expected);
    let total: i128 = expected.values().sum();
    let mut parts = 0;
    for cut in ["2026-01-01", "2026-03-17", "2026-07-31", "2027-05-01"] {
        let cut: NaiveDate = cut.parse().unwrap();
        let mut sum = 0;
        for (from, to) in [(start, cut), (cut + Days::new(1), "2027-12-31".parse().unwrap())] {
            let mut asked = query("spend", &["none"], &from.to_string(), &to.to_string());
            asked.as_of = at("2028-01-01T00:00:00Z");
            let report = world.ask(&asked).await;
            let tie = report.reconciles.as_ref().unwrap();
            assert_eq!((tie["ties"].as_bool(), tie["difference"].as_str()), (Some(true), Some("0.00")), "{from} to {to}: {tie:?}");
            let amount = report.rows[0]["amount"].as_str().unwrap().replace('.', "").parse::<i128>().unwrap();
            assert_eq!(tie["ledger"].as_str().unwrap().replace('.', "").parse::<i128>().unwrap(), amount);
            sum += amount;
            parts += 1;
        }
        assert_eq!(sum, total, "cut at {cut}");
    }
    assert_eq!(parts, 8);
}

#[tokio::test]
async fn only_kinds_that_accrue_are_cost_and_the_rest_is_unallocated() {
    let world = World::new().await;
    world
        .insert(
            "spend",
            vec![
                line("1", "boss", "daily", "100.005", "2026-10-01", "2026-10-01"),
                line("2", "boss", "refund", "-0.005", "2026-10-02", "2026-10-02"),
                line("3", "boss", "recharge", "5000", "2026-10-02", "2026-10-02"),
                line("4", "unallocated", "cpc", "7", "2026-10-02", "2026-10-02"),
                line("5", "", "refresh", "1", "2026-10-02", "2026-10-02"),
                // September's half stays in September.
                line("6", "zhaopin", "subscription", "20", "2026-09-30", "2026-10-01"),
            ],
        )
        .await;
    world.analyze().await;
    let report = world.report("spend", &[], "2026-10-01", "2026-10-31").await;
    let amounts: Vec<(&str, &str)> =
        report.rows.iter().map(|row| (row["channel"].as_str().unwrap(), row["amount"].as_str().unwrap())).collect();
    assert_eq!(amounts, [("boss", "100.00"), ("zhaopin", "10.00"), ("indeed", "0.00"), ("unallocated", "8.00")]);
    let tie = report.reconciles.unwrap();
    let text = |name: &str| tie[name].as_str().unwrap().to_owned();
    assert_eq!(
        (text("channels"), text("unallocated"), text("ledger"), text("difference")),
        ("110.00".into(), "8.00".into(), "118.00".into(), "0.00".into())
    );
    assert_eq!(tie["ties"], true);
}

/// Reports read sums; they are those of the lines, and so is the number of lines, however many days and groups one stands in.
#[tokio::test]
async fn sums_say_what_the_lines_say() {
    let world = World::new().await;
    let mut random = StdRng::seed_from_u64(11);
    let start: NaiveDate = "2026-01-01".parse().unwrap();
    let mut lines = Vec::new();
    for number in 0..300_u32 {
        let from = start + Days::new(random.random_range(0..120));
        let days = if number % 3 == 0 { random.random_range(1..70) } else { 1 };
        let amount = format!("{}.{:02}", random.random_range(1..900), random.random_range(0..100));
        let kind = if days > 1 { "subscription" } else { ["cpc", "daily", "recharge", "refund", "consumption"][number as usize % 5] };
        let mut row = line(
            &number.to_string(),
            ["boss", "zhaopin", "unallocated"][random.random_range(0..3)],
            kind,
            &amount,
            &from.to_string(),
            &(from + Days::new(days - 1)).to_string(),
        );
        row["store"] = json!(["", "east", "west"][random.random_range(0..3)]);
        row["account"] = json!(["", "a"][random.random_range(0..2)]);
        lines.push(row);
    }
    world.insert("spend", lines).await;
    world.analyze().await;
    let (from, to) = ("2026-01-20", "2026-04-10");
    for (by, of) in [
        (vec!["none"], "''"),
        (vec!["channel"], "toString(channel)"),
        (vec!["channel", "store"], "concat(channel, ' ', store)"),
        (vec!["channel", "kind", "month"], "concat(channel, ' ', kind, ' ', formatDateTime(day, '%Y-%m'))"),
        (vec!["store", "week"], "concat(store, ' ', toString(toMonday(day)))"),
        (vec!["day"], "toString(day)"),
    ] {
        let told = |sql: &str| {
            let sql = sql.replace("$of", of).replace("$day", &format!("day BETWEEN '{from}' AND '{to}'"));
            let world = &world;
            async move {
                let rows = world.rows(&sql).await;
                rows.iter()
                    .map(|row| (row["of"].as_str().unwrap().to_owned(), row["says"].as_str().unwrap().to_owned()))
                    .collect::<BTreeMap<_, _>>()
            }
        };
        let reported = |metric: &'static str, columns: &'static [&'static str]| {
            let (world, by) = (&world, &by);
            async move {
                let report = world.report(metric, by, from, to).await;
                let rows = report.rows.iter().filter(|row| row["status"] != "no_data");
                let cell = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let key = |row: &serde_json::Map<String, Value>| {
                    by.iter().filter(|name| **name != "none").map(|name| cell(&row[*name])).collect::<Vec<_>>().join(" ")
                };
                let says =
                    |row: &serde_json::Map<String, Value>| columns.iter().map(|name| cell(&row[*name])).collect::<Vec<_>>().join(" ");
                // A channel that was delivered and cost nothing has a row too.
                rows.map(|row| (key(row), says(row)))
                    .filter(|(_, says)| !says.split(' ').all(|part| part == "0" || part == "0.00"))
                    .collect::<BTreeMap<_, _>>()
            }
        };
        let costs = "SELECT $of AS of, concat(toDecimalString(sum(amount), 2), ' ', toString(uniqExact(connection, source_id))) AS says FROM inflow.spend_days \
                     WHERE $day GROUP BY of";
        let moved = "SELECT $of AS of, concat(toDecimalString(sumIf(amount, credit = 'bank') - sumIf(amount, debit = 'bank'), 2), ' ', \
                     toDecimalString(sumIf(amount, debit = 'cost') - sumIf(amount, credit = 'cost'), 2), ' ', \
                     toDecimalString(sumIf(amount, debit = 'wallet') - sumIf(amount, credit = 'wallet'), 2)) AS says FROM inflow.journal \
                     WHERE $day GROUP BY of HAVING says != '0.00 0.00 0.00'";
        assert_eq!(reported("spend", &["amount", "entries"]).await, told(costs).await, "{by:?}");
        assert_eq!(reported("cash", &["paid", "accrued", "wallets"]).await, told(moved).await, "{by:?}");
    }
    let ties = world.report("ties", &[], from, to).await;
    assert!(ties.rows.iter().all(|row| row["ties"] == true), "{:?}", ties.rows);
}

#[tokio::test]
async fn the_tie_notices_what_the_mart_lost() {
    let world = World::new().await;
    world.insert("spend", vec![line("1", "boss", "daily", "100", "2026-10-01", "2026-10-01")]).await;
    world.analyze().await;
    world
        .store
        .execute("ALTER TABLE inflow.cost_sums UPDATE amount = amount - 1.25 WHERE 1 SETTINGS mutations_sync = 1", &[], &[])
        .await
        .unwrap();
    let tie = world.report("cost_per_resume", &[], "2026-10-01", "2026-10-31").await.reconciles.unwrap();
    assert_eq!((tie["ties"].as_bool(), tie["difference"].as_str()), (Some(false), Some("-1.25")));
}

#[tokio::test]
async fn foreign_lines_take_the_rate_of_their_booking_day() {
    let world = World::new().await;
    let dollars = |id: &str, booked: &str, currency: &str| {
        let mut row = line(id, "boss", "daily", "12.34", "2026-10-05", "2026-10-05");
        row["booked_on"] = json!(booked);
        row["currency"] = json!(currency);
        row
    };
    world
        .insert(
            "spend",
            vec![
                dollars("1", "2026-10-05", "USD"),
                dollars("2", "2026-09-30", "USD"),
                dollars("3", "2025-12-31", "USD"),
                dollars("4", "2026-10-05", "EUR"),
            ],
        )
        .await;
    world.analyze().await;
    let rows = world.rows("SELECT source_id, toString(amount) AS amount FROM inflow.spend_days ORDER BY source_id").await;
    let amounts: Vec<(&str, &str)> = rows.iter().map(|row| (row["source_id"].as_str().unwrap(), row["amount"].as_str().unwrap())).collect();
    // 12.34 x 7.12345678 = 87.9034..; 12.34 x 7.1 = 87.614.
    assert_eq!(amounts, [("1", "87.9"), ("2", "87.61")]);
    let tie = world.report("spend", &[], "2026-10-01", "2026-10-31").await.reconciles.unwrap();
    assert_eq!((tie["unconverted"].as_u64(), tie["ties"].as_bool(), tie["difference"].as_str()), (Some(2), Some(false), Some("0.00")));
}

#[tokio::test]
async fn a_contract_counts_until_it_is_invoiced() {
    let contract = |channel: &str| {
        format!(
            "[[channel]]\nid = \"{channel}\"\nname = {{ en = \"x\", zh = \"x\" }}\n[[channel.terms]]\nkind = \"subscription\"\nprice = \"365\"\nfrom = 2026-01-01\nto = 2026-12-31\n"
        )
    };
    let world = World::with_channels(&(contract("open") + &contract("invoiced"))).await;
    world.insert("spend", vec![line("1", "invoiced", "subscription", "3650", "2026-01-01", "2026-12-31")]).await;
    world.analyze().await;
    let report = world.report("spend", &[], "2026-10-01", "2026-10-31").await;
    let amount = |channel: &str| find(&report, &[("channel", channel)])["amount"].as_str().unwrap().to_owned();
    assert_eq!((amount("open"), amount("invoiced")), ("31.00".to_owned(), "310.00".to_owned()));
    assert_eq!(report.reconciles.as_ref().unwrap()["ledger"], "341.00");
    assert_eq!(report.reconciles.unwrap()["ties"], true);
    assert!(!CHANNELS.contains("terms"));
}

#[tokio::test]
async fn cost_per_resume_divides_cost_and_resumes_of_the_same_period() {
    let world = World::new().await;
    world
        .insert(
            "spend",
            vec![
                line("1", "boss", "subscription", "310", "2026-10-01", "2026-10-31"),
                line("2", "unallocated", "cpc", "9", "2026-10-02", "2026-10-02"),
            ],
        )
        .await;
    let mut rows: Vec<Value> = (0..21).map(|i| application(&i.to_string(), "boss", "2026-10-05 10:00:00")).collect();
    // Contact without a resume is never the denominator.
    let mut chat = application("chat", "boss", "2026-10-05 10:00:00");
    chat["applied_at"] = Value::Null;
    chat["first_at"] = json!("2026-10-05 10:00:00");
    rows.push(chat);
    world.insert("applications", rows).await;
    world.insert("stage_events", vec![event("boss", "chat", "contacted", "2026-10-05 10:00:00")]).await;
    world.analyze().await;
    let report = world.report("cost_per_resume", &[], "2026-10-01", "2026-10-31").await;
    let row = find(&report, &[("channel", "boss")]);
    assert_eq!((row["numerator"].as_str(), row["denominator"].as_u64(), row["value"].as_str()), (Some("310.00"), Some(21), Some("14.76")));
    // Byar: 21 counts stand for 12.99 to 32.10.
    let money = |name: &str| row[name].as_str().unwrap().parse::<f64>().unwrap();
    assert!((money("low") - 310.0 / 32.10).abs() < 0.02 && (money("high") - 310.0 / 12.99).abs() < 0.02, "{row:?}");
    assert_eq!((row["status"].as_str(), row["currency"].as_str()), (Some("ok"), Some("CNY")));
    let rest = find(&report, &[("channel", "unallocated")]);
    assert_eq!((rest["numerator"].as_str(), rest["value"].is_null()), (Some("9.00"), true));
    assert_eq!(find(&world.report("cost_per_contact", &[], "2026-10-01", "2026-10-31").await, &[("channel", "boss")])["denominator"], 22);
    // Half the month has passed: half the subscription has accrued.
    let mut asked = query("cost_per_resume", &[], "2026-10-01", "2026-10-31");
    asked.as_of = at("2026-10-15T15:59:59Z");
    let half = world.ask(&asked).await;
    assert_eq!(find(&half, &[("channel", "boss")])["numerator"], "150.00");
    assert_eq!(half.reconciles.unwrap()["ties"], true);
}

/// A year's subscription of 3 650.00 that is paid in October: ten a day, or all of it at once.
#[tokio::test]
async fn cost_per_resume_stands_on_the_chosen_basis() {
    let mut world = World::new().await;
    world.insert("spend", vec![line("1", "boss", "subscription", "3650", "2026-10-01", "2027-09-30")]).await;
    world.insert("applications", (0..31).map(|i| application(&i.to_string(), "boss", "2026-10-05 10:00:00")).collect()).await;
    for (basis, cost, each) in [(CostBasis::Accrual, "310.00", "10.00"), (CostBasis::Cash, "3650.00", "117.74")] {
        world.config.finance.cost.basis = basis;
        world.analyze().await;
        let report = world.report("cost_per_resume", &[], "2026-10-01", "2026-10-31").await;
        let row = find(&report, &[("channel", "boss")]);
        let said = ["numerator", "value", "basis"].map(|column| row[column].as_str().unwrap());
        assert_eq!(said, [cost, each, basis.as_str()]);
    }
}

/// 1 060.00 with tax: an invoice of the line's number for twice as much, one that covers its document, one that was voided, and one on another name.
#[tokio::test]
async fn an_invoice_that_was_imported_says_what_tax_is_claimed_back() {
    let mut world = World::new().await;
    world.config.finance.vat.payers = vec!["Example Shops (Shanghai) Ltd".to_owned()];
    let billed = |id: &str, number: &str, document: &str| {
        let mut row = line(id, "boss", "cpc", "1060", "2026-10-02", "2026-10-02");
        (row["invoice_number"], row["document"]) = (json!(number), json!(document));
        row
    };
    let lines = [("1", "N1", ""), ("2", "", "D2"), ("3", "N3", ""), ("4", "N4", ""), ("5", "", "")];
    world.insert("spend", lines.map(|(id, number, document)| billed(id, number, document)).to_vec()).await;
    let invoice = |number: &str, gross: &str, tax: &str, documents: &[&str], status: &str, payer: &str| {
        json!({"connection": "desk", "source_id": number, "number": number, "invoice_type": "special", "gross": gross, "tax": tax, "currency": "CNY",
               "issued_on": "2026-10-20", "payer": payer, "documents": documents, "status": status, "version": 1})
    };
    let ours = "example shops （Shanghai） ltd";
    world
        .insert(
            "invoices",
            vec![
                invoice("N1", "2120", "120", &[], "normal", ours),
                invoice("N2", "1060", "60", &["D2"], "normal", ours),
                invoice("N3", "1060", "60", &[], "voided", ours),
                invoice("N4", "1060", "60", &[], "normal", "Somebody Else Ltd"),
            ],
        )
        .await;
    world.analyze().await;
    let rows = world.rows("SELECT source_id, toString(amount) AS amount FROM inflow.spend_days ORDER BY source_id").await;
    let amounts: Vec<&str> = rows.iter().map(|row| row["amount"].as_str().unwrap()).collect();
    assert_eq!(amounts, ["1000", "1000", "1060", "1060", "1060"]);
}
