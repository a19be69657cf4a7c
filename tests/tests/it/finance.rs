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

/// The ledger, and the people of whom some of it is owed.
fn import_all(company: &Company) {
    company.run(&["import", "employment", "people.csv", "--connection", "people"]).ok();
    import(company, "ledger.csv");
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
    import_all(&company);
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
        "search 2026-08 36000.00",
        "search 2026-09 -24000.00",
    ];
    assert_eq!(accrued, expected);
    // What was paid, and where it went.
    let bridge = ["month", "accrued", "wallets", "prepaid", "input_vat", "payable", "paid"];
    assert_eq!(
        report(&company, &["cash", "--by", "month"], &bridge),
        [
            "2026-07 6510.00 4760.00 4700.00 420.00 2000.00 14390.00",
            "2026-08 39655.00 -330.00 -870.00 2160.00 0.00 40615.00",
            "2026-09 -22299.17 -965.00 -2600.00 -1440.00 -2000.00 -25304.17",
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
            "search 12000.00 12720.00",
        ]
    );
    // By the hire, which is a row of the list of employees and never a name.
    assert_eq!(
        report(
            &company,
            &["owed"],
            &["rule", "hire", "state", "due_on", "reversed_on", "accrued", "reversed", "paid", "returned", "open", "status"]
        ),
        [
            "brought people/P1 reversed  2026-09-25 2000.00 2000.00 0.00 0.00 0.00 ok",
            "summit people/P2 settled 2026-09-09 2026-09-08 36000.00 24000.00 36000.00 24000.00 0.00 ok",
        ]
    );
    assert_eq!(
        report(&company, &["spend_entries", "--by", "channel,kind", "--filter", "channel=referral,search"], &["entry", "kind", "amount"]),
        [
            "finance.toml:brought/people/P1 clawback -2000.00",
            "finance.toml:brought/people/P1 referral_bonus 2000.00",
            "finance.toml:summit/people/P2 clawback -24000.00",
            "finance.toml:summit/people/P2 headhunter_fee 36000.00",
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
        [
            "books 25095.83 0.00 true",
            "channels 23865.83 0.00 true",
            "ledger 29700.83 0.00 true",
            "prepaid 1230.00 0.00 true",
            "wallets 3465.00 0.00 true"
        ]
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

/// July and August are closed on 19 October; the refund and the restated day come after that.
#[test]
fn what_comes_after_a_closing_is_posted_to_the_open_month() {
    let company = company("2026-10-19");
    import_all(&company);
    let early = company.run(&["close", "2026-10", "--by", "Lin Example"]);
    assert_eq!((early.code, early.out.as_str()), (1, ""));
    assert!(early.err.contains("2026-10 is not over yet: it is 2026-10-19 in the company's zone"), "{}", early.err);
    let closed = company.run(&["close", "2026-08", "--by", "Lin Example"]).ok().out;
    let hash = closed
        .strip_prefix("2026-08, with all months before it, closed by Lin Example: 46220.00 CNY in 47 rows\nhash ")
        .unwrap()
        .trim()
        .to_owned();
    at(&company, "2026-10-20");
    import(&company, "late.csv");
    let months = || report(&company, &["spend", "--by", "month"], &["month", "amount", "as_closed"]);
    let then = ["2026-07 6510.00 6570.00", "2026-08 39655.00 39650.00", "2026-09 -22299.17 -22354.17"];
    assert_eq!(months(), then);
    assert_eq!(
        report(&company, &["spend_later"], &["month", "posted_in", "line", "amount"]),
        ["2026-07 2026-09 ledger/L28 -60.00", "2026-08 2026-09 ledger/L20 5.00"]
    );
    let september = company.run(&["close", "2026-09", "--by", "Mo Example", "--lang", "zh"]).ok().out;
    assert!(september.starts_with("2026-09 已由 Mo Example 关账:-22354.17 CNY,共 44 行,其中 -55.00 为此前已关账月份的变动"), "{september}");

    // Read anew from landing, all is as it was closed, and the hash can be had with other tools.
    company.run(&["replay"]).ok();
    assert_eq!(months(), then);
    let checked = company.run(&["close", "--check"]).ok().out;
    assert!(checked.starts_with(&format!("2026-08/1 is as it was closed: {hash}\n2026-09/1 is as it was closed: ")), "{checked}");
    let sql = "SELECT line FROM closing_text WHERE month = '2026-08-01' AND number = 1";
    let text = company.run(&["query", sql, "--format", "TSVRaw"]).ok().out;
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
    assert_eq!(blake3::hash(text.as_bytes()).to_hex().as_str(), hash);

    let refused = company.run(&["close", "2026-08", "--reopen", "--by", "Mo Example", "--reason", "late"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("2026-09, after 2026-08, is closed too"), "{}", refused.err);
    company.run(&["close", "2026-09", "--reopen", "--by", "Mo Example", "--reason", "an invoice was missing"]).ok();
    let listed = company.run(&["close", "--list"]).ok().out;
    assert!(listed.contains("2026-09/1") && listed.contains("an invoice was missing"), "{listed}");
    // Whoever changes what was frozen is found out.
    company
        .run(&[
            "query",
            "ALTER TABLE inflow_state.closed_costs UPDATE amount = amount + 1 WHERE source_id = 'L28' SETTINGS mutations_sync = 2",
            "--write",
        ])
        .ok();
    let checked = company.run(&["close", "--check"]);
    assert_eq!(checked.code, 1);
    assert!(checked.out.contains("2026-09/1 was changed after it was closed: its hash was "), "{}", checked.out);
    assert!(company.run(&["doctor"]).out.contains("2026-09/1 was changed after it was closed"));
}
