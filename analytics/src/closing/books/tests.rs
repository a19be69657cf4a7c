use chrono::{DateTime, Utc};

use super::*;

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn closing(of: &str, number: u32, sequence: u32) -> ClosingRow {
    let at: DateTime<Utc> = "2026-12-01T02:00:00Z".parse().unwrap();
    ClosingRow {
        month: month(of).first(),
        number,
        sequence,
        from_day: month(of).first(),
        to_day: month(of).last(),
        closed_at: at,
        closed_by: "Lin Example".to_owned(),
        despite: String::new(),
        base: "CNY".to_owned(),
        total: "0.00".to_owned(),
        carried: "0.00".to_owned(),
        lines: 0,
        versions: "{}".to_owned(),
        program: String::new(),
        previous: String::new(),
        hash: String::new(),
        reopened_at: None,
        reopened_by: String::new(),
        reopen_reason: String::new(),
    }
}

fn reopened(row: &ClosingRow) -> ClosingRow {
    ClosingRow { reopened_at: Some(row.closed_at), ..row.clone() }
}

fn close(books: &Books, of: &str) -> Result<Next, String> {
    books.may_close(month(of), "2026-12-01".parse().unwrap(), "CNY").map_err(|refusal| refusal.to_string())
}

#[test]
fn months_are_closed_one_after_the_other_and_only_the_last_is_reopened() {
    let none = Books::default();
    let first = close(&none, "2026-09").unwrap();
    assert_eq!((first.number, first.sequence, first.from.to_string()), (1, 1, "1970-01-01".to_owned()));
    assert_eq!(none.may_reopen(month("2026-09")).unwrap_err().to_string(), "no month is closed, so 2026-09 is open");
    let one = none.with(&closing("2026-09", 1, 1));
    assert_eq!(close(&one, "2026-11").unwrap_err(), "months are closed one after the other, and 2026-10 comes before 2026-11");
    assert_eq!(close(&one, "2026-09").unwrap_err(), "2026-09 was closed by Lin Example on 2026-12-01 02:00 UTC");
    assert_eq!(
        close(&one, "2026-08").unwrap_err(),
        "2026-08 is closed: all months up to 2026-09 are (by Lin Example, 2026-12-01 02:00 UTC)"
    );
    assert_eq!(close(&one, "2026-10").unwrap(), Next { number: 1, sequence: 2, from: month("2026-10").first() });
    let two = one.with(&closing("2026-10", 1, 2));
    assert_eq!(two.open_day(), Some("2026-11-01".parse().unwrap()));
    assert_eq!(two.may_reopen(month("2026-09")).unwrap_err().to_string(), "2026-10, after 2026-09, is closed too");
    assert_eq!(two.may_reopen(month("2026-11")).unwrap_err().to_string(), "2026-11 is not closed");
    let again = two.with(&reopened(two.may_reopen(month("2026-10")).unwrap()));
    assert_eq!((again.open_day(), again.generation()), (Some("2026-10-01".parse().unwrap()), 3));
    assert_eq!(close(&again, "2026-10").unwrap(), Next { number: 2, sequence: 3, from: month("2026-10").first() });
}

#[test]
fn a_month_that_is_not_over_is_not_closed() {
    let on = |day: &str| Books::default().may_close(month("2026-11"), day.parse().unwrap(), "CNY");
    assert_eq!(on("2026-11-30").unwrap_err().to_string(), "2026-11 is not over yet: it is 2026-11-30 in the company's zone");
    assert!(on("2026-12-01").is_ok());
}

#[test]
fn frozen_amounts_stay_in_their_currency() {
    let books = Books::default().with(&closing("2026-09", 1, 1));
    let refusal = books.may_close(month("2026-10"), "2026-12-01".parse().unwrap(), "USD").unwrap_err();
    assert_eq!(refusal.to_string(), "2026-09 was closed in CNY, and the company's currency is USD now");
    assert_eq!(refusal.sentence(inflow_config::Lang::Zh), "2026-09 以 CNY 关账,而公司本位币现为 USD");
}
