//! Recorded exchanges of real systems, pulled as they were recorded.

use inflow_simulator::{Recording, Server};
use inflow_tests::{Company, payloads};
use tokio::runtime::Runtime;

const SETTINGS: &str = "[company]\nname = \"Recorded\"\ntimezone = \"UTC\"\ncurrency = \"USD\"\n\n[identity]\nkey = \"file:keys/identity.key\"\nerase_key = \"file:keys/erase.key\"\n\n[clock]\nfixed = \"2026-11-01T00:00:00Z\"\n";
const CHANNELS: &str = r#"
[[channel]]
id = "career_site"
name = { en = "Career site", zh = "官网" }
[[channel]]
id = "linkedin"
name = { en = "LinkedIn", zh = "领英" }
[[channel]]
id = "other"
name = { en = "Other", zh = "其他" }
"#;

/// A company with fixed identity keys, so that digests in snapshots are the same everywhere.
fn company() -> Company {
    let company = Company::new();
    company.write("inflow.toml", SETTINGS);
    company.write("channels.toml", CHANNELS);
    company.write("keys/identity.key", "11".repeat(32));
    company.write("keys/erase.key", "22".repeat(32));
    company
}

/// One hash for each row, so that a snapshot holds every mapped value without holding the payload.
fn row_hashes(company: &Company, table: &str) -> String {
    let rows = company.query(&format!("SELECT * EXCEPT (segment, fetched_at) FROM inflow.{table} ORDER BY ALL"));
    let hashes: Vec<String> = rows.lines().map(|row| blake3::hash(row.as_bytes()).to_hex()[..16].to_owned()).collect();
    format!("{} rows, {}", hashes.len(), blake3::hash(hashes.join("\n").as_bytes()).to_hex())
}

#[test]
fn greenhouse_and_lever_as_recorded() {
    let Some(payloads) = payloads() else {
        eprintln!("no recorded payloads on this machine (INFLOW_PAYLOADS): nothing to replay");
        return;
    };
    let runtime = Runtime::new().unwrap();
    let mut greenhouse = Recording::new();
    greenhouse.add_payload("/v1/boards/amplitude/jobs", &payloads.join("greenhouse/careerkit_greenhouse.json")).unwrap();
    let mut lever = Recording::new();
    for file in ["opportunities", "postings", "stages", "archive-reasons"] {
        lever.add_pairs(&payloads.join(format!("lever/nango_{file}.json"))).unwrap();
    }
    let mut site = Recording::new();
    site.add_payload("/v0/postings/idealist", &payloads.join("lever/careerkit_lever.json")).unwrap();
    let server = runtime.block_on(Server::start(vec![greenhouse.board("greenhouse"), lever.board("lever"), site.board("site")])).unwrap();

    let company = company();
    company.write("secrets/lever", "recorded");
    company.write(
        "connections/greenhouse_amplitude.toml",
        format!(
            "connector = \"greenhouse\"\nchannel = \"career_site\"\nbase_url = \"{}\"\n[params]\nboard_token = \"amplitude\"\n",
            server.url("greenhouse")
        ),
    );
    company.write(
        "connections/lever_site.toml",
        format!("connector = \"lever\"\nchannel = \"career_site\"\nbase_url = \"{}\"\n[params]\nsite = \"idealist\"\n", server.url("site")),
    );
    company.write(
        "connections/lever_data.toml",
        format!(
            "connector = \"lever\"\nchannel = \"other\"\nbase_url = \"{}\"\n[secrets]\napi_key = \"file:secrets/lever\"\n[source_map]\nLinkedIn = \"linkedin\"\n[[budget]]\nrequests = 100\nper = \"1s\"\n",
            server.url("lever")
        ),
    );
    company.run(&["run", "--once"]).ok();
    assert_eq!(company.query("SELECT connection, line, field, reason FROM inflow_state.quarantine ORDER BY ALL"), "");
    assert_eq!(company.query("SELECT uniqExact(source_id) FROM inflow.applications").trim(), "1004");
    let held: Vec<String> = ["postings", "applications", "stage_events", "candidates", "candidate_links"]
        .iter()
        .map(|table| format!("{table}: {}", row_hashes(&company, table)))
        .collect();
    insta::assert_snapshot!("recorded_rows", held.join("\n"));

    company.run(&["run", "--once"]).ok();
    let again: Vec<String> = ["postings", "applications", "stage_events", "candidates", "candidate_links"]
        .iter()
        .map(|table| format!("{table}: {}", row_hashes(&company, table)))
        .collect();
    assert_eq!(again, held, "the second run changed something");
}

/// A file of a careers page and one of a Chinese board, each with a mapping that a user would write.
#[test]
fn files_with_a_mapping() {
    let Some(payloads) = payloads() else {
        eprintln!("no recorded payloads on this machine (INFLOW_PAYLOADS): nothing to import");
        return;
    };
    let company = company();
    company.write("connections/uber.toml", "connector = \"file\"\nchannel = \"career_site\"\n");
    company.write("connections/wuyou.toml", "connector = \"file\"\nchannel = \"other\"\ntimezone = \"Asia/Shanghai\"\n");
    company.write(
        "mappings/uber.toml",
        "kind = \"postings\"\nrecords = \"jobs\"\nid = \"id\"\nversion = \"updated_date\"\nfile = { format = \"json\" }\n[fields]\ntitle = \"title\"\nplace = \"location\"\ndepartment = \"department\"\nemployment_type = \"time_type\"\nurl = \"url\"\nbody = \"description\"\nposted_at = \"creation_date\"\nupdated_at = \"updated_date\"\ncompany = { default = \"Uber\" }\n",
    );
    let uber = payloads.join("bench/stapply_uber_2025-12-24.json");
    company.run(&["import", "postings", uber.to_str().unwrap(), "--connection", "uber", "--mapping", "mappings/uber.toml"]).ok();
    assert_eq!(company.query("SELECT count() FROM inflow.postings WHERE connection = 'uber'").trim(), "776");

    let csv = inflow_tests::job51_csv(&payloads.join("51job/lwithd_search_result_2021.json"));
    company.write("51job.csv", csv);
    company.write(
        "mappings/wuyou.toml",
        "kind = \"postings\"\nid = \"jobid\"\n[fields]\ntitle = \"job_name\"\ncompany = \"company_name\"\nplace = \"workarea_text\"\npay_text = \"providesalary_text\"\nurl = \"job_href\"\nposted_at = { path = \"issuedate\", format = \"%Y-%m-%d %H:%M:%S\" }\n",
    );
    company.run(&["import", "postings", "51job.csv", "--connection", "wuyou", "--mapping", "mappings/wuyou.toml"]).ok();
    assert_eq!(company.query("SELECT count() FROM inflow.postings WHERE connection = 'wuyou'").trim(), "50");
    assert_eq!(company.query("SELECT count() FROM inflow_state.quarantine").trim(), "0");
    assert_ne!(company.query("SELECT countIf(pay_min IS NOT NULL) FROM inflow.postings WHERE connection = 'wuyou'").trim(), "0");
}
