//! Real exports by mapping file, where the recorded payloads are at hand.

use std::path::{Path, PathBuf};

use inflow_config::Connection;
use inflow_connectors::spec::Kind;
use serde_json::Value;

use crate::support::Rig;

fn payload(name: &str) -> Option<PathBuf> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/payloads");
    let folder = std::env::var_os("INFLOW_PAYLOADS").map_or_else(default, PathBuf::from);
    Some(folder.join(name)).filter(|path| path.is_file())
}

#[expect(clippy::print_stderr, reason = "says why nothing was checked")]
fn skip() {
    eprintln!("no recorded payloads at hand: set INFLOW_PAYLOADS to import them");
}

#[tokio::test]
async fn a_scraped_json_document_is_imported_by_mapping() {
    let Some(file) = payload("bench/stapply_uber_2025-12-24.json") else { return skip() };
    let rig = Rig::new();
    let mapping = rig.file(
        "uber.toml",
        "kind = \"postings\"\nrecords = \"jobs\"\nid = \"id\"\nversion = \"updated_date\"\ncomplete = true\n\
         [fields]\ntitle = \"title\"\nplace = \"locations\"\ndepartment = \"department\"\nemployment_type = \"time_type\"\n\
         url = \"url\"\nposted_at = \"creation_date\"\nupdated_at = \"updated_date\"\nbody = \"description\"\n",
    );
    let outcome = rig.import(&Connection::new("uber", "file"), Kind::Postings, &[file], Some(&mapping)).await;
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.fetched, 776);
    let ids: std::collections::BTreeSet<String> = rig.world.ids().into_iter().collect();
    assert_eq!(ids.len() as u64, outcome.landed, "an id is delivered twice with different content");
}

#[tokio::test]
async fn a_chinese_list_as_a_gbk_sheet_is_imported_by_mapping() {
    let Some(file) = payload("51job/lwithd_search_result_2021.json") else { return skip() };
    let document: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let list = document.get("engine_search_result").and_then(Value::as_array).unwrap();
    let columns = ["jobid", "job_name", "company_name", "workarea_text", "providesalary_text", "issuedate", "job_href"];
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns).unwrap();
    for job in list {
        writer.write_record(columns.map(|column| job.get(column).and_then(Value::as_str).unwrap_or_default())).unwrap();
    }
    let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
    let (bytes, _, unmappable) = encoding_rs::GBK.encode(&text);
    assert!(!unmappable);
    let rig = Rig::new();
    let sheet = rig.file("51job.csv", &bytes);
    let mapping = rig.file(
        "51job.toml",
        "kind = \"postings\"\nid = \"jobid\"\ntimezone = \"Asia/Shanghai\"\nversion = \"issuedate\"\n\
         [fields]\ntitle = \"job_name\"\ncompany = \"company_name\"\nplace = \"workarea_text\"\npay_text = \"providesalary_text\"\n\
         posted_at = \"issuedate\"\nurl = \"job_href\"\n",
    );
    let outcome = rig.import(&Connection::new("51job", "file"), Kind::Postings, &[sheet], Some(&mapping)).await;
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.fetched, list.len() as u64);
    assert_eq!(outcome.landed, outcome.fetched);
    let lines = rig.world.lines();
    assert!(lines.iter().any(|line| line.record.get("providesalary_text").and_then(Value::as_str) == Some("1-2万/月")));
}
