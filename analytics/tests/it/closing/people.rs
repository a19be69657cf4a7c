//! People of closed months: their official sources, and cost per head as closed; and the ties that must hold before.

use inflow_config::{Config, Lang};
use serde_json::{Map, Value, json};

use inflow_analytics::AnalyticsError;

use super::Books;
use crate::hires::{employed, with};
use crate::world::{application, find, query};

async fn cost(books: &Books, month: &str, columns: &[&str]) -> String {
    let asked = query("cost_per_resume", &["channel"], &format!("{month}-01"), &format!("{month}-30"));
    let report = books.world.ask(&asked).await;
    let row = find(&report, &[("channel", "boss")]);
    columns.iter().map(|name| cell(row, name)).collect::<Vec<_>>().join(" ")
}

fn cell(row: &Map<String, Value>, name: &str) -> String {
    row[name].as_str().map_or_else(|| row[name].to_string(), str::to_owned)
}

/// October is closed with 100.00 and four resumes; then a refund and a fifth of October come.
#[tokio::test]
async fn cost_per_head_as_closed_stays_beside_that_of_now() {
    let mut books = Books::new().await;
    let resume = |id: &str, day: &str| application(id, "boss", &format!("{day} 03:00:00"));
    let days = ["2026-10-02", "2026-10-09", "2026-10-20", "2026-10-21"];
    books.world.insert("applications", days.iter().zip(["1", "2", "3", "4"]).map(|(day, id)| resume(id, day)).collect()).await;
    books.line("a", "boss", "100", "2026-10-05", "2026-10-05").await;
    books.line("b", "boss", "60", "2026-11-05", "2026-11-05").await;
    books.world.insert("applications", vec![resume("5", "2026-11-03")]).await;
    books.world.analyze().await;
    let columns = ["numerator", "denominator", "value", "as_closed_numerator", "as_closed_denominator", "as_closed"];
    assert_eq!(cost(&books, "2026-10", &columns).await, "100.00 4 25.00 100.00 4 25.00", "nothing is closed");
    books.close("2026-10", None).await.unwrap();
    assert_eq!(cost(&books, "2026-10", &columns).await, "100.00 4 25.00 100.00 4 25.00");

    books.line("refund", "boss", "-30", "2026-10-20", "2026-10-20").await;
    books.world.insert("applications", vec![resume("late", "2026-10-22")]).await;
    books.world.analyze().await;
    assert_eq!(cost(&books, "2026-10", &columns).await, "70.00 5 14.00 100.00 4 25.00");
    // The refund counts in November; who became known late counts nowhere as closed.
    assert_eq!(cost(&books, "2026-11", &columns).await, "60.00 1 60.00 30.00 1 30.00");
    // By day, and of another channel, it adds up all the same.
    let report = books.world.report("cost_per_resume", &["day"], "2026-10-01", "2026-11-30").await;
    let sum = |name: &str| report.rows.iter().filter_map(|row| row[name].as_str()?.parse::<f64>().ok()).sum::<f64>();
    assert!((sum("as_closed_numerator") - 130.0).abs() < 0.001 && (sum("numerator") - 130.0).abs() < 0.001);
    let people: u64 = report.rows.iter().filter_map(|row| row["as_closed_denominator"].as_u64()).sum();
    assert_eq!(people, 5);
    // What was paid is not frozen.
    std::fs::write(books.world.config.dir.join("finance.toml"), "cost.basis = \"cash\"\n").unwrap();
    books.world.config = Config::load(&books.world.config.file, &Vec::new).unwrap();
    books.world.analyze().await;
    assert_eq!(cost(&books, "2026-10", &columns).await, "70.00 5 14.00 null null null");
}

#[tokio::test]
async fn the_official_source_of_a_closed_month_stays_whatever_is_decided() {
    let mut books = Books::new().await;
    let hired = |id: &str, day: &str| with(employed(id, day), json!({"candidate_source_id": id, "channel": "boss"}));
    books.world.insert("employment", vec![hired("oct", "2026-10-31"), hired("nov", "2026-11-01")]).await;
    books.world.analyze().await;
    books.close("2026-10", None).await.unwrap();
    let settings = std::fs::read_to_string(&books.world.config.file).unwrap();
    let decided = |hire: &str| format!("[[sources.overrides]]\nhire = \"hr/{hire}\"\nchannel = \"zhaopin\"\nreason = \"asked her\"\n");
    std::fs::write(&books.world.config.file, format!("{settings}\n{}{}", decided("oct"), decided("nov"))).unwrap();
    books.world.config = Config::load(&books.world.config.file, &Vec::new).unwrap();
    books.world.analyze().await;
    let sources = async |books: &Books| {
        let sql = "SELECT concat(rows[1], ' ', official_source, ' ', official_basis, ' ', official_reason) AS line FROM inflow.hires ORDER BY line DESC";
        books.world.rows(sql).await.iter().map(|row| row["line"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(sources(&books).await, ["hr/oct boss recorded ", "hr/nov zhaopin override asked her"]);
    // By what is frozen nobody is known.
    let frozen = books.world.rows("SELECT toString(tuple(*)) AS line FROM inflow_state.closed_sources").await;
    assert!(frozen.len() == 1 && !frozen[0]["line"].as_str().unwrap().contains("oct"), "{frozen:?}");
    books.reopen("2026-10").await;
    assert_eq!(sources(&books).await, ["hr/oct zhaopin override asked her", "hr/nov zhaopin override asked her"]);
}

/// The board says another balance than the wallet has, and the bank knows of no recharge.
#[tokio::test]
async fn a_month_whose_wallet_or_bank_is_off_is_closed_for_a_reason_alone() {
    let books = Books::new().await;
    let line = |id: &str, kind: &str, gross: &str, balance: Value| {
        json!({"connection": "ledger", "source_id": id, "channel": "boss", "account": "hq", "kind": kind, "gross": gross, "net": gross, "currency": "CNY",
            "booked_on": "2026-10-05", "service_from": "2026-10-05", "service_to": "2026-10-05", "balance": balance, "version": 1})
    };
    books.world.insert("spend", vec![line("r", "recharge", "100", json!(null)), line("c", "consumption", "30", json!("75"))]).await;
    let other = json!({"connection": "bank", "source_id": "1", "channel": "boss", "booked_on": "2026-10-06", "amount": "-90", "currency": "CNY", "version": 1});
    books.world.insert("bank_lines", vec![other]).await;
    books.world.analyze().await;
    let error = books.close("2026-10", None).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "2026-10 does not tie: the board's balance of wallet boss/hq is off by 5; 2 lines of bank or ledger have no other side"
    );
    let AnalyticsError::Refused(refusal) = error else { panic!("{error}") };
    assert_eq!(refusal.sentence(Lang::Zh), "2026-10 未勾稽:钱包 boss/hq 平台余额与账面差 5;银行流水与台账有 2 笔未匹配");
    assert!(refusal.advice(Lang::En).contains("--despite"));
    books.close("2026-10", Some("the board answers next week")).await.unwrap();
    let rows = books.ask("closings", &[], "2026-10-01", "2026-10-31").await;
    assert_eq!(rows[0]["despite"], "wallet boss/hq, bank: the board answers next week");
    // What was answered for in October is not asked again in November.
    assert_eq!(books.close("2026-11", None).await.unwrap().row.despite, "");
}
