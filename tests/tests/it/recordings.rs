//! Recorded exchanges of real systems, pulled as they were recorded.

use std::path::Path;

use inflow_simulator::{Recording, Server};
use inflow_tests::{Company, payloads};
use serde_json::Value;
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

/// Records of a recording: `{"get": {PATH: {"response": {"data": [..]}} or a list of such}}`.
fn records(path: &Path) -> Vec<Value> {
    let document: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let calls = document["get"].as_object().unwrap().values();
    let pages = calls.flat_map(|call| call.as_array().cloned().unwrap_or_else(|| vec![call.clone()]));
    pages.flat_map(|page| page["response"]["data"].as_array().cloned().unwrap_or_default()).collect()
}

/// A value as ClickHouse writes it between tabs.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "\\N".to_owned(),
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    }
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

/// Rows of a query, sorted.
fn rows(company: &Company, sql: &str) -> Vec<String> {
    sorted(company.query(sql).lines().map(str::to_owned).collect())
}

/// Applications of Lever as its documentation says them: id, person, source, place, first contact, resume (not of who was sourced).
fn lever_applications(opportunities: &[Value]) -> Vec<String> {
    let row = |one: &Value| {
        let source = one["sources"].get(0).unwrap_or(&one["origin"]);
        let applied = if one["origin"] == "sourced" || one["origin"].is_null() { &Value::Null } else { &one["createdAt"] };
        let place = one["opportunityLocation"].as_str().unwrap_or_default();
        let cells = [&one["id"], &one["contact"], source].map(cell).join("\t");
        format!("{cells}\t{place}\t{}\t{}", cell(&one["createdAt"]), cell(applied))
    };
    sorted(opportunities.iter().map(row).collect())
}

/// Stage events of Lever: application, instant, word; words of stages and archive reasons are looked up by their ids.
fn lever_events(opportunities: &[Value], stages: &[Value], reasons: &[Value]) -> Vec<String> {
    let text = |list: &[Value], id: &Value| list.iter().find(|one| one["id"] == *id).map(|one| cell(&one["text"])).unwrap();
    let mut events = Vec::new();
    for one in opportunities {
        let id = cell(&one["id"]);
        if !one["origin"].is_null() && one["origin"] != "sourced" {
            events.push(format!("{id}\t{}\tapplied", cell(&one["createdAt"])));
        }
        for change in one["stageChanges"].as_array().into_iter().flatten() {
            events.push(format!("{id}\t{}\t{}", cell(&change["updatedAt"]), text(stages, &change["toStageId"])));
        }
        if !one["archived"]["reason"].is_null() {
            let hired = reasons.iter().any(|reason| reason["id"] == one["archived"]["reason"] && reason["type"] == "hired");
            let word = if hired { "onboarded".to_owned() } else { text(reasons, &one["archived"]["reason"]) };
            events.push(format!("{id}\t{}\t{word}", cell(&one["archived"]["archivedAt"])));
        }
    }
    sorted(events)
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

    let opportunities = records(&payloads.join("lever/nango_opportunities.json"));
    let applications = "SELECT source_id, candidate_source_id, source_word, city, toUnixTimestamp64Milli(first_at),          toUnixTimestamp64Milli(applied_at) FROM inflow.applications";
    assert_eq!(rows(&company, applications), lever_applications(&opportunities));
    let (stages, reasons) =
        (records(&payloads.join("lever/nango_stages.json")), records(&payloads.join("lever/nango_archive-reasons.json")));
    let events = "SELECT application_source_id, toUnixTimestamp64Milli(occurred_at), stage_word FROM inflow.stage_events";
    assert_eq!(rows(&company, events), lever_events(&opportunities, &stages, &reasons));
    let mut people: Vec<String> = opportunities.iter().map(|one| cell(&one["contact"])).collect();
    people.sort();
    people.dedup();
    assert_eq!(rows(&company, "SELECT source_id FROM inflow.candidates"), people);
    let postings = sorted(
        records(&payloads.join("lever/nango_postings.json"))
            .iter()
            .map(|one| {
                let cells = [&one["id"], &one["text"], &one["categories"]["department"]].map(cell).join("\t");
                let code = one["requisitionCodes"].get(0).map(cell).unwrap_or_default();
                format!("{cells}\t{code}\t{}", cell(&one["createdAt"]))
            })
            .collect(),
    );
    let held = "SELECT source_id, title, department, requisition_source_id, toUnixTimestamp64Milli(posted_at) FROM inflow.postings          WHERE connection = 'lever_data'";
    assert_eq!(rows(&company, held), postings);

    let export = company.canonical_export_of("inflow.toml", "inflow-data");
    company.run(&["run", "--once"]).ok();
    assert_eq!(company.canonical_export_of("inflow.toml", "inflow-data"), export, "the second run changed something");
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
