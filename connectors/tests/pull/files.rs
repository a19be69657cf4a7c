//! Delivered files: mappings, encodings, ids, snapshots, and their errors.

use std::path::PathBuf;

use inflow_config::Connection;
use inflow_connectors::landing::list_segments;
use inflow_connectors::spec::{Cell, Kind, StageWords};
use inflow_connectors::{PullErrorKind, check_connection};

use crate::support::{Rig, at, connection};

const PEOPLE: &str = r#"
kind = "applications"
timezone = "Asia/Shanghai"
complete = true
[identity]
name = "姓名"
phone = "电话"
[fields]
source_word = "渠道"
posting_source_id = "职位"
applied_at = "投递时间"
[[events]]
name = "status"
stage = "状态"
at = "更新时间"
[stages]
"已投递" = "applied"
"约面试" = "invited"
"不合适" = "rejected"
"#;

const SHEET: &str = "姓名,电话,渠道,职位,投递时间,状态,更新时间,备注\n\
    林小雨,13900001234,BOSS直聘,店员,2026/9/1 10:00,约面试,2026/9/2 09:00,微信13900001234\n\
    赵美丽,138****5678,智联,店员,2026年9月1日,已投递,2026年9月1日,\n\
    赵美丽,138****5678,智联,店员,2026年9月1日,已投递,2026年9月1日,\n";

fn folder_connection(rig: &Rig) -> Connection {
    rig.file("people.toml", PEOPLE);
    let mut shop = Connection::new("shop", "file");
    shop.path = Some(PathBuf::from("inbox"));
    shop.mapping = Some(PathBuf::from("people.toml"));
    shop
}

#[tokio::test]
async fn a_sheet_in_gbk_is_read_once_and_for_good() {
    let mut rig = Rig::new();
    let shop = folder_connection(&rig);
    let (bytes, _, _) = encoding_rs::GBK.encode(SHEET);
    rig.file("inbox/九月.csv", &bytes);
    let outcome = rig.pull(&shop).await;
    assert_eq!(outcome.error, None);
    assert_eq!((outcome.fetched, outcome.landed), (3, 3));
    assert!(outcome.dropped_columns.contains_key("applications.备注"), "{:?}", outcome.dropped_columns);
    let disk = rig.on_disk();
    assert!(!disk.contains("13900001234") && !disk.contains("林小雨"));
    // The same sheet in another encoding and another file is the same delivery.
    std::fs::remove_file(rig.folder.path().join("inbox/九月.csv")).unwrap();
    rig.file("inbox/九月 (1).csv", SHEET);
    rig.now = at("2026-10-02T00:00:00Z");
    assert_eq!(rig.pull(&shop).await.landed, 0);
}

#[tokio::test]
async fn a_complete_sheet_marks_what_it_no_longer_has() {
    let mut rig = Rig::new();
    let shop = folder_connection(&rig);
    rig.file("inbox/a.csv", SHEET);
    rig.pull(&shop).await;
    let shorter = SHEET.lines().take(3).collect::<Vec<_>>().join("\n");
    rig.file("inbox/a.csv", shorter);
    rig.now = at("2026-10-02T00:00:00Z");
    assert_eq!(rig.pull(&shop).await.landed, 1);
    assert!(rig.world.lines().last().unwrap().gone);
}

#[tokio::test]
async fn a_segment_of_files_carries_its_mapping() {
    let rig = Rig::new();
    let shop = folder_connection(&rig);
    rig.file("inbox/a.csv", SHEET);
    rig.pull(&shop).await;
    std::fs::remove_file(rig.folder.path().join("people.toml")).unwrap();
    let segments = list_segments(&rig.data_dir()).unwrap();
    let segment = segments.first().unwrap();
    let stream = segment.stream_spec().unwrap();
    let lines = rig.world.lines();
    let line = lines.first().unwrap();
    let scope = stream.scope(&line.record, Some(&line.lookups), chrono_tz::UTC);
    let column = Kind::Applications.column("applied_at").unwrap();
    let applied = stream.fields.get("applied_at").unwrap().read_column(column, &scope).unwrap().unwrap();
    assert!(matches!(applied, Cell::Time(instant, _) if instant == at("2026-09-01T02:00:00Z")), "{applied:?}");
    let none = std::collections::BTreeMap::new();
    let (events, bad) = stream.read_events(&scope, segment.fetched_at, &StageWords::new(&none, stream, &none));
    assert_eq!(bad, []);
    let event = events.first().unwrap();
    assert_eq!((event.stage.as_str(), event.word.as_str(), event.at), ("invited", "约面试", at("2026-09-02T01:00:00Z")));
}

#[tokio::test]
async fn a_file_that_cannot_be_read_does_not_stop_the_others() {
    let rig = Rig::new();
    let shop = folder_connection(&rig);
    rig.file("inbox/a.csv", SHEET);
    rig.file("inbox/b.csv", "姓名,电话,渠道,职位,投递时间,状态,更新时间\n林小雨\n");
    let outcome = rig.pull(&shop).await;
    let error = outcome.error.unwrap();
    assert_eq!(error.kind, PullErrorKind::File);
    assert!(error.to_string().ends_with("inbox/b.csv: line 2: 1 cells, but the header has 7"), "{error}");
    assert_eq!(outcome.landed, 3);
    assert!(!rig.world.lines().iter().any(|line| line.gone));
}

#[tokio::test]
async fn a_json_document_and_a_board_s_own_export_are_imported() {
    let rig = Rig::new();
    let mapping = rig.file("jobs.toml", "kind = \"postings\"\nrecords = \"jobs\"\nid = \"id\"\nversion = \"updated\"\n[fields]\ntitle = \"title\"\nupdated_at = \"updated\"\n");
    let file = rig.file("jobs.json", r#"{"jobs": [{"id": 7, "title": "Cook", "updated": "2026-09-01T10:00:00Z", "rating": NaN}]}"#);
    let sheet = Connection::new("sheet", "file");
    let outcome = rig.import(&sheet, Kind::Postings, std::slice::from_ref(&file), Some(&mapping)).await;
    assert_eq!(outcome.error, None);
    assert_eq!(rig.world.ids(), ["7"]);
    let outcome = rig.import(&sheet, Kind::Spend, std::slice::from_ref(&file), Some(&mapping)).await;
    assert_eq!(outcome.error.unwrap().to_string(), "sheet: the mapping is for postings, not for spend");
    // A recorded answer of the board itself needs no mapping.
    let tea = connection("tea", "greenhouse", "http://127.0.0.1:9");
    let file = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("fixtures/greenhouse/jobs.json");
    let outcome = rig.import(&tea, Kind::Postings, &[file], None).await;
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.landed, 2);
    assert!(rig.world.health("tea").is_none(), "an import says nothing about the board");
}

#[tokio::test]
async fn a_ledger_keeps_equal_lines_apart_and_money_exact() {
    let rig = Rig::new();
    let mapping = rig.file(
        "ledger.toml",
        "kind = \"spend\"\n[fields]\nchannel = \"渠道\"\nbooked_on = \"日期\"\nkind = { path = \"类型\", words = { \"日结\" = \"daily\", \"充值\" = \"recharge\" } }\nnet = \"金额\"\ncurrency = { default = \"CNY\" }\n",
    );
    let file = rig.file(
        "l.csv",
        "渠道,日期,类型,金额\nBOSS,2026-09-01,日结,\"¥1,050.50\"\nBOSS,2026-09-01,日结,\"¥1,050.50\"\n智联,2026/9/2,充值,￥２００\n",
    );
    let ledger = Connection::new("ledger", "file");
    for _ in 0..2 {
        let outcome = rig.import(&ledger, Kind::Spend, std::slice::from_ref(&file), Some(&mapping)).await;
        assert_eq!(outcome.error, None);
    }
    let segments = list_segments(&rig.data_dir()).unwrap();
    let stream = segments.first().unwrap().stream_spec().unwrap();
    let lines = rig.world.lines();
    assert_eq!(lines.len(), 3);
    let cells: Vec<String> = lines
        .iter()
        .map(|line| {
            let scope = stream.scope(&line.record, None, chrono_tz::Asia::Shanghai);
            let read =
                |name: &str| stream.fields.get(name).unwrap().read_column(Kind::Spend.column(name).unwrap(), &scope).unwrap().unwrap();
            format!("{:?} {:?} {:?}", read("kind"), read("net"), read("booked_on"))
        })
        .collect();
    assert_eq!(
        cells,
        [
            "Text(\"daily\") Decimal(1050.5) Day(2026-09-01)",
            "Text(\"daily\") Decimal(1050.5) Day(2026-09-01)",
            "Text(\"recharge\") Decimal(200) Day(2026-09-02)",
        ]
    );
}

#[test]
fn validation_names_every_problem_of_a_connection() {
    let rig = Rig::new();
    let messages = |connection: &Connection| -> Vec<String> {
        check_connection(&rig.config, connection).into_iter().map(|problem| problem.to_string()).collect()
    };
    assert_eq!(messages(&connection("tea", "lever", "http://x.example")), Vec::<String>::new());
    let known = inflow_connectors::spec::names().join(", ");
    assert_eq!(
        messages(&Connection::new("tea", "mokka")),
        [format!("connector: there is no connector mokka: one of {known} (did you mean `moka`?)")]
    );
    let mut moka = Connection::new("tea", "moka");
    moka.params.insert("orgid".into(), "x".into());
    assert_eq!(
        messages(&moka),
        [
            "params.orgid: moka does not know it, accepted: org_id (did you mean `org_id`?)",
            "params.org_id: moka needs it (the organisation id, as in the address of the company's Moka site)",
            "secrets.api_key: moka needs it (the API key from Moka's settings; as env:NAME or file:PATH)",
        ]
    );
    let lever = messages(&Connection::new("tea", "lever"));
    assert!(lever.first().unwrap().starts_with("params: lever needs at least one of site, api_key (site: "), "{lever:?}");
    let mut sheet = Connection::new("sheet", "file");
    sheet.path = Some("inbox".into());
    sheet.kind = Some("postngs".into());
    let found = messages(&sheet);
    assert_eq!(
        found.first().unwrap(),
        "kind: \"postngs\" is not a kind of data: one of requisitions, postings, applications, events, channel_daily, spend, bank_lines, invoices, employment, assessments, invitations"
    );
    assert!(found.last().unwrap().starts_with("mapping: is needed to read the files of `path`"), "{found:?}");
}

const CHECKS: &str = r#"
kind = "assessments"
timezone = "Asia/Shanghai"
[fields]
kind = "项目"
status = { path = "状态", words = { "有" = "valid", "通过" = "taken" } }
score = "分数"
valid_until = "有效期"
[identity]
phone = "电话"
"#;

#[tokio::test]
async fn of_a_health_certificate_nothing_but_status_and_validity_is_landed() {
    let rig = Rig::new();
    let mapping = rig.file("checks.toml", CHECKS);
    let sheet = rig
        .file("checks.csv", "电话,项目,状态,分数,有效期\n19900000001,health_certificate,有,77.5,2027-01-31\n19900000001,test,通过,88.5,\n");
    let outcome = rig.import(&Connection::new("hr", "file"), Kind::Assessments, &[sheet], Some(&mapping)).await;
    assert_eq!((outcome.error, outcome.landed), (None, 2));
    let disk = rig.on_disk();
    assert!(!disk.contains("77.5") && disk.contains("88.5") && disk.contains("2027-01-31"), "{disk}");
    let lines = rig.world.lines();
    let [certificate, test] = lines.as_slice() else { unreachable!("two lines were landed") };
    assert_ne!(certificate.id, test.id);
    // Rows that name the person only are of one candidate, that of the stream.
    let candidate = |line: &inflow_connectors::landing::Line| line.identity.clone().unwrap().candidate;
    assert_eq!(candidate(certificate), candidate(test));
    assert!(candidate(test).starts_with("assessments/"));
}

#[tokio::test]
async fn of_a_link_that_a_person_was_sent_the_host_alone_is_kept() {
    let rig = Rig::new();
    let mapping = rig.file(
        "invitations.toml",
        "kind = \"invitations\"\nid = \"no\"\n[identity]\nphone = \"phone\"\n[fields]\nsent_at = \"sent\"\nlink = \"link\"\ntemplate = \"template\"\n",
    );
    let sheet = rig.file(
        "invitations.csv",
        "no,phone,sent,link,template\n1,19900000001,2026-11-02,https://AI.Test.example/take?token=s3cret1,reminder\n\
         2,19900000002,2026-11-02,t.test.example/s3cret2,reminder\n3,19900000003,2026-11-02,s3cret3,call 19900000003\n",
    );
    let outcome = rig.import(&Connection::new("ats", "file"), Kind::Invitations, &[sheet], Some(&mapping)).await;
    assert_eq!((outcome.error, outcome.landed), (None, 3));
    let disk = rig.on_disk();
    assert!(disk.contains("\"link\":\"ai.test.example\"") && disk.contains("\"link\":\"t.test.example\""), "{disk}");
    assert!(disk.contains("reminder") && !disk.contains("s3cret") && !disk.contains("19900000003"), "{disk}");
}
