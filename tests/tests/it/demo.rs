//! The demo's report equals the scenario's truth.

use inflow_simulator::scenario;
use inflow_tests::Company;
use serde_json::Value;

fn report(company: &Company, metric: &str, by: &str, from: &str, to: &str) -> Value {
    let arguments = [
        "report",
        metric,
        "--by",
        by,
        "--from",
        from,
        "--to",
        to,
        "--tz",
        "Asia/Shanghai",
        "--format",
        "json",
        "--config",
        "inflow-demo/config/inflow.toml",
        "--data-dir",
        "inflow-demo/data",
    ];
    serde_json::from_str(&company.run(&arguments).ok().out).unwrap()
}

fn number(row: &Value, column: &str) -> u64 {
    row[column].as_u64().or_else(|| row[column].as_str().and_then(|t| t.parse().ok())).unwrap_or_else(|| panic!("{column} in {row}"))
}

/// The demo in a fresh folder: every figure that the report shows equals what the world knows of itself, for the whole
/// history and for the last thirty days.
#[test]
fn the_report_equals_the_truth() {
    let company = Company::new();
    let answer = company.run(&["demo", "--once", "--log", "debug"]).ok();
    assert!(answer.out.contains("Channels,"), "{}", answer.out);
    let world = scenario("seed", 1).unwrap();
    for period in &world.truth().periods {
        let (from, to) = (period.from.to_string(), period.to.to_string());
        volume(&company, period, &from, &to);
        conversion(&company, period, &from, &to);
        cost(&company, period, &from, &to);
        heat(&company, period, &from, &to);
    }
    assert_eq!(
        company
            .run(&[
                "query",
                "SELECT count() FROM inflow_state.quarantine",
                "--format",
                "TSV",
                "--config",
                "inflow-demo/config/inflow.toml",
                "--data-dir",
                "inflow-demo/data"
            ])
            .ok()
            .out
            .trim(),
        "0"
    );
    no_identity_at_rest(&company, &world, &format!("{}{}", answer.out, answer.err));
}

fn volume(company: &Company, period: &inflow_simulator::Period, from: &str, to: &str) {
    let by_channel = report(company, "volume", "channel", from, to);
    let by_store = report(company, "volume", "channel,store", from, to);
    let mut compared = 0;
    for truth in &period.volume {
        let rows = if truth.store.is_some() { &by_store } else { &by_channel };
        let row =
            rows["rows"].as_array().unwrap().iter().find(|r| r["channel"] == truth.channel && truth.store.is_none_or(|s| r["store"] == s));
        let Some(row) = row else {
            assert_eq!((truth.postings, truth.applications), (0, 0), "{} {:?} is missing", truth.channel, truth.store);
            continue;
        };
        let found = (number(row, "postings"), number(row, "applications"), number(row, "candidates"));
        assert_eq!(found, (truth.postings, truth.applications, truth.candidates), "{} {:?} {from}", truth.channel, truth.store);
        compared += 1;
    }
    assert!(compared > 12, "only {compared} rows compared");
    let total = &report(company, "volume", "", from, to)["rows"][0];
    assert_eq!(number(total, "candidates"), period.totals.candidates);
}

fn conversion(company: &Company, period: &inflow_simulator::Period, from: &str, to: &str) {
    let found = report(company, "conversion", "channel", from, to);
    let mut compared = 0;
    for row in found["rows"].as_array().unwrap() {
        let (channel, i, j) = (row["channel"].as_str().unwrap(), row["from_stage"].as_str().unwrap(), row["to_stage"].as_str().unwrap());
        let truth = period.conversion_of(channel, i.parse().unwrap(), j.parse().unwrap()).unwrap();
        assert_eq!(
            (number(row, "numerator"), number(row, "denominator")),
            (truth.numerator, truth.denominator),
            "{channel} {i} to {j} {from}"
        );
        compared += 1;
    }
    assert!(compared >= 12 * 5, "only {compared} pairs compared");
}

fn cost(company: &Company, period: &inflow_simulator::Period, from: &str, to: &str) {
    let found = report(company, "cost_per_resume", "channel", from, to);
    for truth in period.cost.iter().filter(|c| c.store.is_none() && c.channel != "unallocated") {
        let row = found["rows"].as_array().unwrap().iter().find(|r| r["channel"] == truth.channel).unwrap();
        assert_eq!(row["numerator"].as_str().unwrap(), format!("{:.2}", truth.amount), "{} {from}", truth.channel);
        assert_eq!(row["value"].as_str().map(str::to_owned), truth.cost_per_resume.map(|c| format!("{c:.2}")), "{} {from}", truth.channel);
    }
    let spend = report(company, "spend", "channel", from, to);
    let tie = &spend["reconciles"];
    let text = |name: &str| tie[name].as_str().unwrap_or_else(|| panic!("{name} in {tie}")).to_owned();
    assert_eq!(text("ledger"), format!("{:.2}", period.totals.ledger_cost));
    assert_eq!(text("channels"), format!("{:.2}", period.totals.channel_cost));
    assert_eq!(text("unallocated"), format!("{:.2}", period.totals.unallocated_cost));
    assert_eq!(text("difference"), "0.00");
}

fn heat(company: &Company, period: &inflow_simulator::Period, from: &str, to: &str) {
    for (metric, truths) in [("application_heat", &period.application_heat), ("posting_heat", &period.posting_heat)] {
        let found = report(company, metric, "channel", from, to);
        for truth in truths.iter().filter(|t| t.channel.is_some()) {
            let mut cells = vec![0; 168];
            for row in found["rows"].as_array().unwrap().iter().filter(|r| r["channel"].as_str() == truth.channel) {
                cells[((number(row, "weekday") - 1) * 24 + number(row, "hour")) as usize] = number(row, "count");
            }
            assert_eq!(cells, truth.cells, "{metric} {:?} {from}", truth.channel);
        }
    }
}

/// Nothing that the world invented as identity stands in landing (unpacked), in any row of derived or state tables, or in
/// what the command printed and logged.
fn no_identity_at_rest(company: &Company, world: &inflow_simulator::World, said: &str) {
    let mut text = said.to_owned();
    let state = ["cursors", "landed", "segments", "runs", "connection_health", "quarantine", "unknown_words", "tombstones", "audit"]
        .map(|table| format!("inflow_state.{table}"));
    for table in inflow_tests::DERIVED.iter().map(|(table, _)| format!("inflow.{table}")).chain(state) {
        let arguments = [
            "query",
            &format!("SELECT * FROM {table}"),
            "--format",
            "TSV",
            "--config",
            "inflow-demo/config/inflow.toml",
            "--data-dir",
            "inflow-demo/data",
        ];
        text.push_str(&company.run(&arguments).ok().out);
    }
    text.push_str(&inflow_tests::landing_text(&company.path().join("inflow-demo/data")));
    assert!(text.len() > 1_000_000, "landing and store were read: {}", text.len());
    // Every planted name, phone and mail at once.
    let secrets: Vec<&str> = world.people.iter().flat_map(|person| [person.name.as_str(), &person.phone, &person.email]).collect();
    let search = aho_corasick::AhoCorasick::new(&secrets).unwrap();
    assert!(search.is_match(secrets[0]), "the search finds what is there");
    if let Some(found) = search.find(&text) {
        panic!("an identity in clear at rest: {}", secrets[found.pattern().as_usize()]);
    }
}
