//! The configuration of the benchmark's workload: twelve channels that write everything differently, here with a few lines each,
//! whose figures are known.
//!
//! Each channel has two jobs (one delivered twice, the newer state first) and three cases: a hire, somebody who applies
//! at all twelve and is rejected, and somebody who cannot be known again. Its ledger has one entry that was restated.

use inflow_tests::Company;
use serde_json::Value;
use std::path::Path;

const CHANNELS: [&str; 12] =
    ["zhaopin", "boss", "greenhouse", "lever", "job51", "liepin", "lagou", "city58", "maimai", "linkedin", "indeed", "referral"];
/// Channels that are paid in dollars.
const ABROAD: [&str; 4] = ["greenhouse", "lever", "linkedin", "indeed"];
const PERIOD: [&str; 4] = ["--from", "2025-03-01", "--to", "2025-03-31"];

/// The configuration, and as deliveries the lines that its specs are checked against.
fn company() -> Company {
    let company = Company::new();
    copy(&company, &std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("workload"), "");
    for channel in CHANNELS {
        for stream in ["postings", "applications", "events", "spend"] {
            let lines = std::fs::read(company.path().join(format!("connectors/fixtures/{channel}_raw/{stream}.ndjson"))).unwrap();
            company.write(&format!("raw/{channel}.{stream}.ndjson"), lines);
        }
    }
    company
}

fn copy(company: &Company, from: &Path, to: &str) {
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let name = format!("{to}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            copy(company, &entry.path(), &format!("{name}/"));
        } else {
            company.write(&name, std::fs::read(entry.path()).unwrap());
        }
    }
}

/// Several reports at once, by channel.
fn reports(company: &Company, metrics: &[&str], by: &str) -> Vec<Value> {
    let arguments: Vec<&str> =
        ["report"].into_iter().chain(metrics.iter().copied()).chain(["--by", by, "--format", "json"]).chain(PERIOD).collect();
    let Value::Array(reports) = serde_json::from_str(&company.run(&arguments).ok().out).unwrap() else { panic!("not a list of reports") };
    reports
}

#[test]
fn twelve_channels_that_write_everything_differently_say_the_same() {
    let company = company();
    let checked = company.run(&["connector", "check"]).ok().out;
    for channel in CHANNELS {
        assert!(checked.contains(&format!("{channel}_raw: applications: 4 records")), "{channel}: {checked}");
    }

    let said = company.run(&["run", "--once", "--timings", "timings.json"]).ok().err;
    for channel in CHANNELS {
        assert!(said.contains(&format!("{channel}: 0 requests, 20 records, 16 new or changed, 0 quarantined")), "{channel}: {said}");
    }
    let titles = company.query("SELECT title, status, count() FROM inflow.postings FINAL GROUP BY ALL ORDER BY ALL");
    assert_eq!(titles, "Cashier\topen\t4\nStore manager\tclosed\t4\n店长\tclosed\t8\n收银员\topen\t8\n");

    let of = reports(&company, &["volume", "conversion", "spend", "cost_per_resume"], "channel");
    let rows = |report: usize, channel: &str| -> Vec<Value> {
        of[report]["rows"].as_array().unwrap().iter().filter(|row| row["channel"] == channel).cloned().collect()
    };
    for channel in CHANNELS {
        let volume = &rows(0, channel)[0];
        assert_eq!((&volume["postings"], &volume["applications"], &volume["candidates"]), (&2.into(), &3.into(), &3.into()), "{channel}");
        let reached = |stage: &str| {
            let rows = rows(1, channel);
            let row = rows.iter().find(|row| row["from_stage"] == "applied" && row["to_stage"] == stage).unwrap();
            (row["numerator"].as_u64().unwrap(), row["denominator"].as_u64().unwrap())
        };
        let passed = ["screened", "attended", "offered", "onboarded"].map(reached);
        assert_eq!(passed, [(2, 3), (1, 3), (1, 3), (1, 3)], "{channel}");
        let (cost, each) = if ABROAD.contains(&channel) { ("1152.00", "384.00") } else { ("160.00", "53.33") };
        assert_eq!((&rows(2, channel)[0]["amount"], &rows(3, channel)[0]["value"]), (&cost.into(), &each.into()), "{channel}");
    }
    let rejected = "SELECT uniqExact(channel), count() FROM inflow.application_stages WHERE stage_rank = 101";
    assert_eq!(company.query(rejected), "12\t12\n");

    // Who applies at twelve boards submitted twelve resumes, and is one person.
    let together = &reports(&company, &["volume", "spend"], "none")[0]["rows"][0];
    assert_eq!((&together["applications"], &together["candidates"]), (&36.into(), &25.into()));
    let person = "SELECT max(members) FROM inflow.candidate_links";
    assert_eq!(company.query(person), "12\n");

    let timings: Value = serde_json::from_str(&std::fs::read_to_string(company.path().join("timings.json")).unwrap()).unwrap();
    for stage in ["open", "pull", "read", "lines", "land", "map", "insert", "link", "cluster", "marts", "close"] {
        assert!(timings["stages"][stage]["count"].as_u64().unwrap_or(0) > 0, "{stage}: {timings}");
    }

    let again = company.run(&["run", "--once"]).ok().err;
    for channel in CHANNELS {
        assert!(again.contains(&format!("{channel}: 0 requests, 20 records, 0 new or changed, 0 quarantined")), "{channel}: {again}");
    }
}
