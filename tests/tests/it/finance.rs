//! The quarter that docs/finance.md computes by hand, from the company in `tests/finance`: every figure, cash and accrual.

use std::path::Path;

use inflow_tests::Company;

/// The company, its clock at noon of a day.
fn company(day: &str) -> Company {
    let company = Company::new();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("finance"), company.path());
    at(&company, day);
    company
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { std::fs::copy(&path, &target).map(drop).unwrap() }
    }
}

/// Sets the clock.
fn at(company: &Company, day: &str) {
    let file = company.path().join("inflow.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let settings =
        text.lines().map(|line| if line.starts_with("fixed") { format!("fixed = {day}T12:00:00+08:00") } else { line.to_owned() });
    std::fs::write(&file, settings.collect::<Vec<_>>().join("\n")).unwrap();
}

fn import(company: &Company, file: &str) {
    company.run(&["import", "spend", file, "--connection", "ledger"]).ok();
}

/// Columns of a report of the quarter, one line a row, without the rows that say nothing.
fn report(company: &Company, metric: &[&str], columns: &[&str]) -> Vec<String> {
    let quarter = ["--from", "2026-07-01", "--to", "2026-09-30", "--format", "csv"];
    let out = company.run(&[&["report"], metric, &quarter].concat()).ok().out;
    let mut reader = csv::Reader::from_reader(out.as_bytes());
    let header = reader.headers().unwrap().clone();
    let places: Vec<usize> = columns.iter().map(|column| header.iter().position(|name| name == *column).unwrap()).collect();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        places.iter().map(|place| row[*place].to_owned()).collect::<Vec<_>>().join(" ")
    });
    rows.filter(|row| !row.ends_with(" 0.00")).collect()
}

#[test]
fn the_worked_quarter_agrees_in_every_figure() {
    let company = company("2026-10-19");
    import(&company, "ledger.csv");
    at(&company, "2026-10-20");
    import(&company, "late.csv");
    let accrued = report(&company, &["spend", "--by", "channel,month"], &["channel", "month", "amount"]);
    let expected = [
        "boss 2026-07 240.00",
        "boss 2026-08 360.00",
        "boss 2026-09 465.00",
        "zhaopin 2026-07 1000.00",
        "zhaopin 2026-08 500.00",
        "zhaopin 2026-09 -50.00",
        "liepin 2026-07 1300.00",
        "liepin 2026-08 2400.00",
        "liepin 2026-09 2300.00",
        "job51 2026-08 310.00",
        "job51 2026-09 300.00",
        "douyin 2026-07 1120.00",
        "douyin 2026-08 85.00",
        "douyin 2026-09 333.33",
        "kuaishou 2026-07 140.00",
        "linkedin 2026-07 710.00",
        "linkedin 2026-09 352.50",
        "referral 2026-07 2000.00",
        "referral 2026-09 -2000.00",
    ];
    assert_eq!(accrued, expected);
    // What was paid, and where it went.
    let bridge = ["month", "accrued", "wallets", "prepaid", "input_vat", "payable", "paid"];
    assert_eq!(
        report(&company, &["cash", "--by", "month"], &bridge),
        [
            "2026-07 6510.00 4760.00 4700.00 420.00 2000.00 14390.00",
            "2026-08 3655.00 -330.00 -870.00 0.00 0.00 2455.00",
            "2026-09 1700.83 -965.00 -2600.00 0.00 -2000.00 135.83",
        ]
    );
    assert_eq!(
        report(&company, &["cash", "--by", "channel"], &["channel", "accrued", "paid"]),
        [
            "boss 1065.00 1590.00",
            "zhaopin 1450.00 4450.00",
            "liepin 6000.00 6360.00",
            "job51 610.00 1840.00",
            "douyin 1538.33 1538.33",
            "kuaishou 140.00 140.00",
            "linkedin 1062.50 1062.50",
        ]
    );
    let wallets =
        ["account", "opening", "recharged", "granted", "used", "refunded", "expired", "closing", "cost", "difference", "closing_value"];
    assert_eq!(
        report(&company, &["wallet"], &wallets),
        ["hq 0 1500 250 1150 0 100 500 972.00 0 465.00", "south 0 5000 500 1650 550 0 3300 1500.00 0 3000.00"]
    );
    assert_eq!(
        report(&company, &["packages"], &["document", "item", "entitled", "used", "expired", "cost", "cost_used", "cost_expired"]),
        [
            "HT-77 downloads 60 45 15 1200.00 900.00 300.00",
            "HT-77 posting_days 300 240 60 3000.00 2400.00 600.00",
            "HT-77 refreshes 200 100 100 1800.00 900.00 900.00",
        ]
    );
    // The shared account: six to four until August, half and half from September on.
    assert_eq!(
        report(&company, &["spend", "--by", "store,month", "--filter", "store=Riverside,Old Town"], &["store", "month", "amount"]),
        ["Old Town 2026-07 400.00", "Old Town 2026-09 166.66", "Riverside 2026-07 600.00", "Riverside 2026-09 166.67"]
    );
    assert_eq!(report(&company, &["ledger_faults"], &["reason", "entry"]), Vec::<String>::new());
    assert_eq!(
        report(&company, &["ties"], &["tie", "amount", "difference", "ties"]),
        ["channels 11865.83 0.00 1", "ledger 16980.83 0.00 1", "prepaid 1230.00 0.00 1", "wallets 3465.00 0.00 1"]
    );
}

#[test]
fn a_ledger_imported_again_adds_nothing() {
    let company = company("2026-10-20");
    import(&company, "ledger.csv");
    let before = company.query("SELECT * EXCEPT (segment, fetched_at) FROM inflow.spend FINAL ORDER BY ALL");
    import(&company, "ledger.csv");
    assert_eq!(company.query("SELECT * EXCEPT (segment, fetched_at) FROM inflow.spend FINAL ORDER BY ALL"), before);
    assert_eq!(before.lines().count(), 27);
}
