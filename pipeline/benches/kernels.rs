//! The small functions that run once for each record or pair: `cargo xtask bench kernels`. Texts are made up; times are for one call each.

use std::collections::BTreeMap;
use std::hint::black_box;

use chrono::DateTime;
use criterion::{Criterion, criterion_group, criterion_main};
use inflow_config::{Config, Connection, Places, Settings};
use inflow_connectors::identity::{IdentityKeys, Person, digest_person, mask_text};
use inflow_connectors::landing::{Line, LineIdentity, content_hash};
use inflow_connectors::spec::{TimeFormat, parse_mapping};
use inflow_pipeline::cluster::compare::compare;
use inflow_pipeline::cluster::form::{Form, Posting};
use inflow_pipeline::cluster::signature::bands;
use inflow_pipeline::frame::Lineage;
use inflow_pipeline::map::{Mapped, Mapper};
use inflow_pipeline::normalise::{company, pay, place, title};
use serde_json::{Map, json};

const BODY: &str = "岗位职责：1、负责门店日常销售与顾客接待；2、维护卖场陈列，完成盘点与补货；3、配合店长完成月度目标。任职要求：高中以上学历，有零售经验者优先，\
    能适应轮班。薪资8000-12000元，五险一金，单休转双休，节日福利，晋升通道清晰。工作时间10:00-22:00，每班8小时。";

const APPLICATIONS: &str = "kind = \"applications\"\nid = \"id\"\nversion = \"updated\"\nidentity.phone = \"phone\"\nidentity.email = \"mail\"\nidentity.name = \"name\"\n\
    [fields]\nposting_source_id = \"job\"\nsource_word = \"source\"\napplied_at = \"applied\"\ncity = \"city\"\n\
    [[events]]\nname = \"stage\"\nstage = \"stage\"\nat = \"updated\"\n[stages]\n\"约面试\" = \"invited\"\n";

fn normalisers(c: &mut Criterion) {
    let mut group = c.benchmark_group("normalise");
    group.bench_function("title", |b| b.iter(|| title::normalise(black_box("【急聘】高级Java开发工程师（上海）-双休"))));
    group.bench_function("title, level", |b| b.iter(|| title::level(black_box("Senior Software Engineer II"))));
    group.bench_function("company", |b| b.iter(|| company::normalise(black_box("示例（上海）网络科技股份有限公司浦东分公司"))));
    group.bench_function("place", |b| b.iter(|| place::read(black_box("广东省深圳市南山区西丽街道"))));
    group.bench_function("pay", |b| b.iter(|| pay::parse(black_box("8千-1.2万·14薪"))));
    for (name, text) in [("time", "2026-03-01 09:05:07"), ("time, by pattern", "2026年3月1日 9:05")] {
        group.bench_function(name, |b| b.iter(|| TimeFormat::IsoLocal.read_text(black_box(text), chrono_tz::Asia::Shanghai)));
    }
    group.finish();
}

fn identity(c: &mut Criterion) {
    let keys = IdentityKeys::from_bytes([1; 32], [2; 32]);
    let person = |phone: &str| Person {
        names: vec!["林小雨".to_owned()],
        phones: vec![phone.to_owned()],
        emails: vec!["Lin.Xiaoyu+job@example.com".to_owned()],
        births: vec!["1995".to_owned()],
    };
    let mut group = c.benchmark_group("identity");
    for (name, phone) in [("digests", "139 0000 1234"), ("digests, phone from abroad", "+1 415 200 1234")] {
        let person = person(phone);
        group.bench_function(name, |b| b.iter(|| digest_person(&keys, black_box(&person), "CN")));
    }
    group.bench_function("mask a text", |b| b.iter(|| mask_text(black_box(BODY))));
    let record = json!({"id": "A1", "title": "店员", "body": BODY, "city": "上海", "pay": "8-12K"});
    group.bench_function("content hash", |b| b.iter(|| content_hash(black_box(&record), None, &Map::new())));
    group.finish();
}

fn clusters(c: &mut Criterion) {
    let posting = |title: &str, body: &str| Posting {
        key: "boss/1".to_owned(),
        title: title.to_owned(),
        company: "示例服饰有限公司".to_owned(),
        city: "上海".to_owned(),
        body: body.repeat(3),
        ..Posting::default()
    };
    let (one, other) = (posting("门店导购", BODY), posting("【急聘】门店导购", &BODY.replace("轮班", "倒班")));
    let (a, b) = (Form::of(&one), Form::of(&other));
    let mut group = c.benchmark_group("cluster");
    group.bench_function("form", |bench| bench.iter(|| Form::of(black_box(&one))));
    group.bench_function("bands", |bench| bench.iter(|| bands(black_box(&a.text))));
    group.bench_function("compare", |bench| bench.iter(|| compare(black_box(&a), black_box(&b))));
    group.finish();
}

/// A thousand applications to rows, and rows to Arrow.
#[expect(clippy::unwrap_used, reason = "a mapping of its own")]
fn rows(c: &mut Criterion) {
    let connection = Connection::new("boss", "file");
    let config = Config {
        dir: std::path::PathBuf::new(),
        file: std::path::PathBuf::from("inflow.toml"),
        settings: Settings::default(),
        channels: Vec::new(),
        connections: vec![connection.clone()],
        places: Places::default(),
        personas: inflow_config::Personas::default(),
        alerts: inflow_config::Alerts::default(),
        finance: inflow_config::Finance::default(),
        messages: inflow_config::Messages::default(),
        reposts: inflow_config::Reposts::default(),
        plans: inflow_config::Plans::default(),
        processes: inflow_config::Processes::default(),
        channel_places: Places::default(),
    };
    let stream = parse_mapping(APPLICATIONS, "bench.toml").unwrap();
    let mapper = Mapper::new(&config, &connection, &stream, &BTreeMap::new(), DateTime::UNIX_EPOCH);
    let keys = IdentityKeys::from_bytes([1; 32], [2; 32]);
    let line = |number: u64| {
        let person = Person { phones: vec![format!("139{number:08}")], names: vec!["林小雨".to_owned()], ..Person::default() };
        let digests = digest_person(&keys, &person, "CN").digests;
        let record = json!({"id": number, "job": number % 50, "source": "BOSS直聘", "applied": "2026-03-01 09:05:07", "updated": "2026-03-02 10:00:00",
            "city": "上海", "stage": "约面试"});
        Line {
            id: number.to_string(),
            key_hash: number,
            content_hash: number,
            record,
            identity: Some(LineIdentity { candidate: number.to_string(), digests, flags: Vec::new() }),
            lookups: Map::new(),
            gone: false,
            back: false,
        }
    };
    let lines: Vec<Line> = (0..1_000).map(line).collect();
    let map = || {
        let mut mapped = Mapped::new();
        for (number, line) in (1..).zip(&lines) {
            mapper.line(number, line, &mut mapped);
        }
        mapped
    };
    let mut group = c.benchmark_group("a thousand applications");
    group.throughput(criterion::Throughput::Elements(1_000));
    group.bench_function("mapped", |b| b.iter(map));
    group.bench_function("mapped and as blocks", |b| {
        b.iter(|| {
            let lineage = Lineage { connection: "boss".to_owned(), segment: "s".to_owned(), fetched_at: 0 };
            map().tables.iter().map(|(_, rows)| rows.block(&rows.latest(), &lineage).len()).sum::<usize>()
        });
    });
    group.finish();
}

criterion_group!(kernels, normalisers, identity, clusters, rows);
criterion_main!(kernels);
