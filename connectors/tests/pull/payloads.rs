//! Real exports by mapping file, where the recorded payloads are at hand.

use std::path::PathBuf;

use inflow_config::Connection;
use inflow_connectors::spec::Kind;
use serde_json::Value;

use crate::support::Rig;

fn payload(name: &str) -> Option<PathBuf> {
    // Asked at run time: clones that share a target folder share this binary too.
    let default = || std::env::var_os("CARGO_MANIFEST_DIR").map(|own| PathBuf::from(own).join("../../shared/payloads"));
    let folder = std::env::var_os("INFLOW_PAYLOADS").map(PathBuf::from).or_else(default)?;
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

/// Saved lists of Chinese boards by the boards' own specs. Rows that a collector took out of an answer are put back into its
/// envelope.
#[tokio::test]
async fn saved_lists_of_chinese_boards_are_read_by_their_specs() {
    type Case = (&'static str, &'static str, &'static [&'static str], usize, &'static [&'static str]);
    let cases: [Case; 5] = [
        ("job51", "51job/lwithd_51job_2021_gbk.html", &[], 50, &["1-2万/月", "Java开发工程师", "02-26"]),
        ("job51", "51job/lwithd_search_result_2021.json", &[], 50, &["1-2万/月", "2021-02-26 17:11:47"]),
        ("boss", "boss/joblist_2024_six_rows_redacted.json", &[], 6, &["12-15K·13薪", "广州飞傲电子科技...", "白云区"]),
        ("zhaopin", "zhaopin/chaomian_sou_results_2018.json", &["data", "results"], 10, &["9K-16K", "2018-08-02 10:38:30", "南京"]),
        ("lagou", "lagou/shengzhou1216_positionAjax.json", &["content", "positionResult", "result"], 8, &["12k-18k", "秦淮区"]),
    ];
    for (connector, name, envelope, count, kept) in cases {
        let Some(file) = payload(name) else { return skip() };
        let rig = Rig::new();
        let file = if envelope.is_empty() {
            file
        } else {
            let rows: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
            let whole = envelope.iter().rev().fold(rows, |inner, key| serde_json::json!({ *key: inner }));
            rig.file("saved.json", whole.to_string())
        };
        let outcome = rig.import(&Connection::new("saved", connector), Kind::Postings, &[file], None).await;
        assert_eq!(outcome.error, None, "{name}");
        assert_eq!((outcome.fetched, outcome.landed), (count as u64, count as u64), "{name}");
        let text: String = rig.world.lines().iter().map(|line| line.record.to_string()).collect();
        for word in kept {
            assert!(text.contains(word), "{name}: {word} did not pass untouched");
        }
        assert!(rig.world.lines().iter().all(|line| !line.id.is_empty()), "{name}: a row without its id");
    }
}
