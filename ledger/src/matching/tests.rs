//! Worked cases of both matchings.

use std::collections::BTreeSet;

use super::bank::{Place, Rules, match_bank};
use super::invoices::{self, Charge, Invoice, Standing, State, match_invoices};
use super::{Basis, Line, references};
use chrono::{DateTime, Datelike, NaiveDate};

/// Days since 1970.
pub(super) fn day(text: &str) -> i32 {
    let date: NaiveDate = text.parse().unwrap();
    (date - DateTime::UNIX_EPOCH.date_naive()).num_days() as i32
}

pub(super) fn month(day: i32) -> i32 {
    let date = DateTime::UNIX_EPOCH.date_naive() + chrono::Days::new(day as u64);
    date.year() * 12 + date.month0() as i32
}

/// Amounts are in yuan here.
fn line(key: &str, party: &str, on: &str, amount: i64, documents: &[&str]) -> Line {
    Line {
        key: key.to_owned(),
        party: party.to_owned(),
        day: day(on),
        month: month(day(on)),
        amount: amount * 10_000,
        currency: "CNY".to_owned(),
        documents: documents.iter().map(|text| (*text).to_owned()).collect(),
    }
}

/// The matches of bank and ledger lines as keys, and the reasons of what is left, as `key reason candidate`.
fn told(bank: &[Line], ledger: &[Line]) -> (Vec<String>, Vec<String>) {
    let matching = match_bank(bank, ledger, &Rules::default());
    let keys = |lines: &[Line], at: &[usize]| at.iter().map(|at| lines[*at].key.as_str()).collect::<Vec<_>>().join("+");
    let matches =
        matching.matches.iter().map(|one| format!("{}={} {}", keys(bank, &one.other), keys(ledger, &one.ledger), one.basis.as_str()));
    let mut left = Vec::new();
    for (lines, places, others) in [(bank, &matching.bank, ledger), (ledger, &matching.ledger, bank)] {
        for (line, place) in lines.iter().zip(places) {
            if let Place::Unmatched(why) = place {
                let candidate = why.candidate.map_or("-", |at| others[at].key.as_str());
                let more = why.difference.map(|units| format!(" {}", units / 10_000)).or_else(|| why.days.map(|days| format!(" {days}d")));
                left.push(format!("{} {} {candidate}{}", line.key, why.reason.as_str(), more.unwrap_or_default()));
            }
        }
    }
    (matches.collect(), left)
}

#[test]
fn a_document_comes_before_amount_and_day() {
    let bank = [line("b1", "boss", "2026-11-20", -1000, &["R-1"]), line("b2", "", "2026-11-02", -1000, &["R-2"])];
    let ledger = [line("l1", "boss", "2026-11-02", -1000, &["R-1"]), line("l2", "boss", "2026-11-19", -1000, &["R-2"])];
    assert_eq!(told(&bank, &ledger).0, ["b2=l2 document", "b1=l1 document"]);
}

#[test]
fn one_payment_for_several_orders_and_one_order_in_several_payments() {
    let bank = [
        line("b1", "boss", "2026-11-02", -300, &["R-1", "R-2"]),
        line("b2", "boss", "2026-11-05", -40, &["R-3"]),
        line("b3", "boss", "2026-11-09", -60, &["R-3"]),
        line("b4", "zhaopin", "2026-11-10", -90, &[]),
        line("b5", "liepin", "2026-11-11", -25, &[]),
        line("b6", "liepin", "2026-11-11", -35, &[]),
    ];
    let ledger = [
        line("l1", "boss", "2026-11-02", -100, &["R-1"]),
        line("l2", "boss", "2026-11-03", -200, &["R-2"]),
        line("l3", "boss", "2026-11-04", -100, &["R-3"]),
        line("l4", "zhaopin", "2026-11-08", -30, &[]),
        line("l5", "zhaopin", "2026-11-08", -60, &[]),
        line("l6", "liepin", "2026-11-08", -60, &[]),
    ];
    let (matches, left) = told(&bank, &ledger);
    assert_eq!(matches, ["b1=l1+l2 document", "b2+b3=l3 document", "b4=l5+l4 sum", "b6+b5=l6 sum"]);
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn a_payment_of_a_month_is_for_all_of_its_lines() {
    let bank = [line("paid", "douyin", "2026-11-30", -60, &[]), line("short", "kuaishou", "2026-11-30", -50, &[])];
    let ledger = [
        line("d1", "douyin", "2026-11-02", -10, &[]),
        line("d2", "douyin", "2026-11-15", -20, &[]),
        line("d3", "douyin", "2026-11-28", -30, &[]),
        line("d4", "douyin", "2026-12-01", -30, &[]),
        line("k1", "kuaishou", "2026-11-27", -20, &[]),
        line("k2", "kuaishou", "2026-11-28", -40, &[]),
    ];
    let (matches, left) = told(&bank, &ledger);
    assert_eq!(matches, ["paid=d1+d2+d3 sum"]);
    assert_eq!(left.iter().map(|text| text.split(' ').next().unwrap()).collect::<Vec<_>>(), ["short", "d4", "k1", "k2"]);
}

#[test]
fn a_line_its_reversal_and_the_line_again_are_one_payment() {
    let bank = [line("b", "boss", "2026-11-02", -100, &["R-1"])];
    let ledger = [
        line("l1", "boss", "2026-11-01", -100, &["R-1"]),
        line("l2", "boss", "2026-11-01", 100, &["R-1"]),
        line("l3", "boss", "2026-11-02", -100, &["R-1"]),
    ];
    assert_eq!(told(&bank, &ledger).0, ["b=l1+l2+l3 document"]);
}

#[test]
fn whatever_is_left_has_a_reason() {
    let bank = [
        line("paid", "boss", "2026-11-02", -1060, &[]),
        line("far", "boss", "2026-11-30", -500, &[]),
        line("rent", "", "2026-11-02", -500, &[]),
        line("fee", "boss", "2026-11-03", -1, &[]),
        line("half", "zhaopin", "2026-11-03", -99, &["Z-1"]),
        line("one", "liepin", "2026-11-03", -80, &[]),
        Line { currency: "USD".to_owned(), ..line("usd", "indeed", "2026-11-03", -80, &[]) },
    ];
    let ledger = [
        line("net", "boss", "2026-11-01", -1000, &[]),
        line("early", "boss", "2026-11-10", -500, &[]),
        line("due", "zhaopin", "2026-11-03", -100, &["Z-1"]),
        line("twin1", "liepin", "2026-11-02", -80, &[]),
        line("twin2", "liepin", "2026-11-02", -80, &[]),
        line("cny", "indeed", "2026-11-03", -560, &[]),
        line("none", "douyin", "2026-11-03", -560, &[]),
    ];
    let (matches, left) = told(&bank, &ledger);
    // Of twins on one day the last by key stands beside the payment.
    assert_eq!(matches, ["one=twin2 amount"]);
    assert_eq!(
        left,
        [
            "paid amount_differs net -60",
            "far day_too_far early 20d",
            "rent no_channel -",
            "fee no_ledger_line -",
            "half amount_differs due 1",
            "usd other_currency cny",
            "net amount_differs paid -60",
            "early day_too_far far 20d",
            "due amount_differs half 1",
            "twin1 two_candidates one",
            "cny other_currency usd",
            "none no_bank_line -",
        ]
    );
}

#[test]
fn a_contract_that_many_payments_name_ties_only_what_is_equal() {
    let bank = [
        line("b1", "boss", "2026-10-01", -100, &["C-1"]),
        line("b2", "boss", "2026-11-01", -150, &["C-1"]),
        line("b3", "boss", "2026-12-01", -70, &["C-1"]),
    ];
    let ledger = [
        line("l1", "boss", "2026-10-01", -100, &["C-1"]),
        line("l2", "boss", "2026-11-02", -160, &["C-1"]),
        line("l3", "boss", "2026-12-03", -75, &["C-1"]),
    ];
    let (matches, left) = told(&bank, &ledger);
    assert_eq!(matches, ["b1=l1 document"]);
    assert_eq!(left, ["b2 amount_differs l2 10", "b3 amount_differs l3 5", "l2 amount_differs b2 10", "l3 amount_differs b3 5"]);
}

#[test]
fn the_largest_amounts_are_no_panic() {
    let huge = |key: &str, amount: i64| Line { amount, ..line(key, "boss", "2026-11-02", 0, &["X-1"]) };
    let bank = [huge("b1", i64::MIN), huge("b2", i64::MIN), huge("b3", i64::MAX)];
    let ledger = [huge("l1", i64::MAX), huge("l2", i64::MAX - 1)];
    let matching = match_bank(&bank, &ledger, &Rules::default());
    assert_eq!((matching.bank.len(), matching.ledger.len()), (3, 2));
}

#[test]
fn references_are_words_with_digits() {
    assert_eq!(references("BOSS直聘充值(订单号:D2026/11-7),¥1,000.00 26年"), ["000.00", "D2026/11-7"]);
    assert!(references("招聘费 NOV").is_empty());
}

fn invoice(number: &str, party: &str, on: &str, amount: i64, documents: &[&str]) -> Invoice {
    Invoice {
        line: line(&format!("i{number}"), party, on, amount, documents),
        number: number.to_owned(),
        standing: Standing::Normal,
        original: String::new(),
        service: None,
        personal: false,
    }
}

fn charge(key: &str, party: &str, on: &str, amount: i64, number: &str) -> Charge {
    Charge { line: line(key, party, on, amount, &[]), number: number.to_owned(), expected: true }
}

fn states(invoices: &[Invoice], charges: &[Charge]) -> (Vec<&'static str>, Vec<&'static str>) {
    let matching = match_invoices(invoices, charges, &invoices::Rules::as_of(day("2026-12-31")));
    let words = |places: &[invoices::Place]| places.iter().map(|place| place.state.as_str()).collect();
    (words(&matching.invoices), words(&matching.charges))
}

#[test]
fn every_line_says_how_its_invoice_stands() {
    let invoices = [
        invoice("1", "boss", "2026-10-05", 1060, &[]),
        invoice("2", "boss", "2026-11-02", 500, &[]),
        Invoice { personal: true, ..invoice("3", "boss", "2026-10-20", 77, &[]) },
        invoice("4", "boss", "2026-10-21", 90, &[]),
        Invoice { standing: Standing::Void, ..invoice("5", "zhaopin", "2026-10-21", 66, &[]) },
        invoice("6", "liepin", "2026-10-21", 1, &[]),
        invoice("7", "", "2026-10-21", 1, &[]),
        // A voided one that another took the place of.
        Invoice { standing: Standing::Void, ..invoice("8", "douyin", "2026-10-21", 55, &[]) },
        invoice("9", "douyin", "2026-10-22", 55, &[]),
    ];
    let charges = [
        charge("a", "boss", "2026-10-02", 1060, ""),
        charge("b", "boss", "2026-10-03", 500, ""),
        charge("c", "boss", "2026-10-03", 77, "3"),
        charge("d", "boss", "2026-10-04", 100, "4"),
        charge("e", "zhaopin", "2026-10-04", 66, ""),
        charge("f", "kuaishou", "2026-10-04", 66, ""),
        charge("g", "kuaishou", "2026-12-04", 66, ""),
        charge("h", "kuaishou", "2026-10-04", 66, "99"),
        Charge { expected: false, ..charge("i", "kuaishou", "2026-10-04", 67, "") },
        charge("j", "douyin", "2026-10-04", 55, "8"),
    ];
    let (of_invoices, of_charges) = states(&invoices, &charges);
    assert_eq!(
        of_invoices,
        ["matched", "matched", "personal_paid", "amount_differs", "voided", "no_ledger_line", "no_channel", "voided", "matched"]
    );
    assert_eq!(
        of_charges,
        ["matched", "late", "personal_paid", "amount_differs", "voided", "missing", "pending", "stated", "not_expected", "matched"]
    );
}

#[test]
fn one_invoice_for_several_lines_and_several_for_one() {
    let invoices = [
        Invoice { service: Some((day("2026-10-01"), day("2026-10-20"))), ..invoice("1", "boss", "2026-10-30", 300, &[]) },
        invoice("2", "boss", "2026-10-31", 70, &[]),
        invoice("3", "zhaopin", "2026-10-31", 50, &["Z-1", "Z-2"]),
        invoice("4", "liepin", "2026-10-31", 40, &[]),
        invoice("5", "liepin", "2026-10-31", 60, &[]),
    ];
    let document = |key: &str, document: &str, amount: i64| Charge {
        line: line(key, "zhaopin", "2026-10-02", amount, &[document]),
        number: String::new(),
        expected: true,
    };
    let charges = [
        charge("a", "boss", "2026-10-02", 100, ""),
        charge("b", "boss", "2026-10-09", 200, ""),
        charge("c", "boss", "2026-10-25", 30, ""),
        charge("d", "boss", "2026-10-26", 40, ""),
        document("e", "Z-1", 20),
        document("f", "Z-2", 30),
        charge("g", "liepin", "2026-10-20", 100, ""),
    ];
    let matching = match_invoices(&invoices, &charges, &invoices::Rules::as_of(day("2026-12-31")));
    let bundles: BTreeSet<(Vec<usize>, Vec<usize>, Basis)> =
        matching.bundles.iter().map(|bundle| (bundle.lines.other.clone(), bundle.lines.ledger.clone(), bundle.lines.basis)).collect();
    let expected = [
        (vec![0], vec![0, 1], Basis::Sum),
        (vec![1], vec![2, 3], Basis::Sum),
        (vec![2], vec![4, 5], Basis::Document),
        (vec![3, 4], vec![6], Basis::Sum),
    ];
    assert_eq!(bundles, BTreeSet::from(expected));
    assert!(matching.charges.iter().all(|place| place.state == State::Matched));
}

#[test]
fn a_red_letter_invoice_takes_back_what_it_names() {
    let red = |number: &str, original: &str, amount: i64| Invoice {
        standing: Standing::RedLetter,
        original: original.to_owned(),
        ..invoice(number, "boss", "2026-10-20", amount, &[])
    };
    // Whole, in part, and by itself beside a refund.
    let whole =
        states(&[invoice("1", "boss", "2026-10-05", 100, &[]), red("2", "1", -100)], &[charge("a", "boss", "2026-10-05", 100, "1")]);
    assert_eq!(whole, (vec!["voided", "red_letter"], vec!["voided"]));
    let part = states(&[invoice("1", "boss", "2026-10-05", 100, &[]), red("2", "1", -40)], &[charge("a", "boss", "2026-10-05", 60, "1")]);
    assert_eq!(part, (vec!["matched", "red_letter"], vec!["matched"]));
    let alone = states(&[red("2", "", -40)], &[Charge { expected: false, ..charge("a", "boss", "2026-10-18", -40, "") }]);
    assert_eq!(alone, (vec!["matched"], vec!["matched"]));
}
