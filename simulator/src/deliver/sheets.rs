//! Export files of boards: wide csv sheets and ndjson.
//!
//! Files overlap as real exports do: rows come twice, an older state of a row stands in another
//! file than the newer one, and neither names nor order of the files follow time.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Asia::Shanghai;
use inflow_config::Stage;
use serde_json::{Value, json};

use super::File;
use super::mappings::STEPS;
use super::table::Table;
use crate::boards::{COMPANY, email, phone};
use crate::world::{Application, Posting, Precision, Reached, World, channel, instant};

pub(crate) fn files(world: &World) -> Vec<File> {
    let mut files = postings(world);
    files.extend(wide(world, "douyin", "douyin/投递", Table::utf8));
    files.extend(wide(world, "wuba58", "wuba58/投递", Table::gbk));
    files.extend(kuaishou(world));
    files
}

pub(super) type Row = BTreeMap<&'static str, String>;

pub(super) fn clock(at: DateTime<Utc>) -> String {
    at.with_timezone(&Shanghai).format("%Y-%m-%d %H:%M:%S").to_string()
}

fn stamp(at: DateTime<Utc>, precision: Precision) -> String {
    match precision {
        Precision::Day => at.with_timezone(&Shanghai).format("%Y/%-m/%-d").to_string(),
        Precision::Exact | Precision::Observed => clock(at),
    }
}

/// Instants at which an export was made: the ends of July and of the history.
fn export_days(world: &World) -> [DateTime<Utc>; 2] {
    let middle = NaiveDate::from_ymd_opt(2026, 8, 1).unwrap_or(world.to);
    [instant(middle, 0, 0, 0), world.now]
}

// ---- postings

const POSTING_HEADERS: [&str; 13] =
    ["职位编号", "渠道", "职位名称", "公司", "城市", "门店", "部门", "薪资", "发布时间", "更新时间", "下线时间", "状态", "职位描述"];

fn posting_row(posting: &Posting) -> Row {
    let changed = posting.closed_at.unwrap_or(posting.posted_at);
    let (low, high) = posting.pay;
    let zh = channel(posting.channel).map_or("", |channel| channel.zh);
    let text = format!("{}招聘{}，{}，{}，可接受倒班者优先", posting.store, posting.title, posting.city, posting.department);
    let pay = format!("{low}-{high}元/月");
    Row::from([
        ("职位编号", posting.id.clone()),
        ("渠道", zh.to_owned()),
        ("职位名称", posting.title.to_owned()),
        ("公司", COMPANY.trim().to_owned()),
        ("城市", posting.city.to_owned()),
        ("门店", posting.store.to_owned()),
        ("部门", posting.department.clone()),
        ("薪资", pay),
        ("发布时间", stamp(posting.posted_at, posting.precision)),
        ("更新时间", clock(changed)),
        ("下线时间", posting.closed_at.map(|at| stamp(at, posting.precision)).unwrap_or_default()),
        ("状态", if posting.closed_at.is_some() { "已下线" } else { "在线" }.to_owned()),
        ("职位描述", text),
    ])
}

fn postings(world: &World) -> Vec<File> {
    let sheet = |channels: &[&str]| {
        let mut table = Table::new(&POSTING_HEADERS);
        for posting in world.postings.iter().filter(|posting| channels.contains(&posting.channel)) {
            table.push(posting_row(posting));
        }
        redeliver(&mut table);
        table
    };
    let lines = world.postings.iter().filter(|posting| posting.channel == "kuaishou").map(|posting| {
        json!({
            "job_id": posting.id,
            "title": posting.title,
            "company": COMPANY.trim(),
            "city": posting.city,
            "store": posting.store,
            "department": posting.department,
            "pay": { "min": posting.pay.0, "max": posting.pay.1 },
            "published_at": clock(posting.posted_at),
            "updated_at": clock(posting.closed_at.unwrap_or(posting.posted_at)),
            "offline_at": posting.closed_at.map(clock),
            "state": if posting.closed_at.is_some() { "offline" } else { "online" },
            "description": format!("{}招聘{}", posting.store, posting.title),
        })
    });
    vec![
        File::new("exports/douyin/职位.csv", sheet(&["douyin"]).utf8()),
        File::new("exports/wuba58/职位.csv", sheet(&["wuba58"]).gbk()),
        File::new("exports/ads/职位发布.csv", sheet(&["zhaopin", "liepin", "job51", "lagou", "indeed"]).utf8()),
        File::new("exports/kuaishou/jobs.ndjson", ndjson(lines)),
    ]
}

/// Every fiftieth row comes a second time, at the end.
pub(super) fn redeliver(table: &mut Table) {
    let again: Vec<Row> = table.rows_mut().iter().step_by(50).cloned().collect();
    table.rows_mut().extend(again);
}

fn ndjson(lines: impl Iterator<Item = Value>) -> String {
    lines.fold(String::new(), |text, line| text + &line.to_string() + "\n")
}

// ---- applications

const WIDE_HEADERS: [&str; 24] = [
    "投递编号",
    "候选人编号",
    "姓名",
    "手机",
    "邮箱",
    "出生年份",
    "职位编号",
    "门店",
    "部门",
    "城市",
    "首次时间",
    "浏览时间",
    "沟通时间",
    "投递时间",
    "初筛通过时间",
    "约面时间",
    "到面时间",
    "到面撤回时间",
    "发offer时间",
    "录用时间",
    "入职时间",
    "转正时间",
    "淘汰时间",
    "放弃时间",
];

const RETRACTED: &str = "到面撤回时间";

/// The state of a case as an export of that instant showed it; `None` when it did not exist yet.
struct State<'w> {
    case: &'w Application,
    events: Vec<&'w Reached>,
    applied_at: Option<DateTime<Utc>>,
    updated_at: DateTime<Utc>,
}

impl<'w> State<'w> {
    fn at(case: &'w Application, export: DateTime<Utc>) -> Option<Self> {
        let events: Vec<&Reached> = case.events.iter().filter(|event| event.at < export).collect();
        let applied_at = case.applied_at.filter(|at| *at < export);
        (!events.is_empty()).then(|| Self { case, events, applied_at, updated_at: case.moved_at.min(export) })
    }
}

/// The cases of a channel by the export that shows them: the earlier export holds the state of its
/// day, the later one only what changed since.
fn exported<'w>(world: &'w World, channel: &str) -> [Vec<State<'w>>; 2] {
    let [earlier, later] = export_days(world);
    let cases = || world.applications.iter().filter(|case| case.channel == channel);
    let first = cases().filter_map(|case| State::at(case, earlier)).collect();
    let second = cases().filter(|case| case.moved_at >= earlier).filter_map(|case| State::at(case, later)).collect();
    [first, second]
}

fn wide(world: &World, channel: &str, stem: &str, encode: fn(&Table) -> Vec<u8>) -> Vec<File> {
    // The later export sorts first by name.
    let names = ["2-上半年", "1-下半年"];
    exported(world, channel)
        .iter()
        .zip(names)
        .map(|(states, name)| {
            let mut table = Table::new(&WIDE_WITH_VERSION);
            for (number, state) in states.iter().enumerate() {
                table.push(wide_row(world, number, state));
            }
            redeliver(&mut table);
            File::new(format!("exports/{stem}{name}.csv"), encode(&table))
        })
        .collect()
}

const WIDE_WITH_VERSION: [&str; 26] = {
    let mut headers = [""; 26];
    let mut index = 0;
    while index < WIDE_HEADERS.len() {
        headers[index] = WIDE_HEADERS[index];
        index += 1;
    }
    headers[24] = "原因";
    headers[25] = "更新时间";
    headers
};

fn wide_row(world: &World, number: usize, state: &State<'_>) -> Row {
    let case = state.case;
    let person = &world.people[case.person];
    let posting = world.postings.get(case.posting);
    let mut row = Row::from([
        ("投递编号", case.id.clone()),
        ("候选人编号", case.candidate_id.clone()),
        ("姓名", person.name.clone()),
        ("手机", phone(person, case.phone, number).unwrap_or_default()),
        ("邮箱", email(person, case.email).unwrap_or_default().to_owned()),
        ("出生年份", person.birth_year.to_string()),
        ("职位编号", posting.map(|posting| posting.id.clone()).unwrap_or_default()),
        ("门店", case.store.to_owned()),
        ("部门", case.department.clone()),
        ("城市", posting.map(|posting| posting.city).unwrap_or_default().to_owned()),
        ("首次时间", stamp(case.first_at, case.precision)),
        ("更新时间", clock(state.updated_at)),
    ]);
    // The boards write a dash where there is no time.
    row.extend(STEPS.iter().map(|(_, column)| (*column, "-".to_owned())));
    row.insert(RETRACTED, "-".to_owned());
    for event in &state.events {
        let column = if event.retracts { Some(RETRACTED) } else { column(event.stage) };
        if let Some(column) = column {
            row.insert(column, stamp(event.at, event.precision));
        }
        if let Some(reason) = event.reason {
            row.insert("原因", reason.to_owned());
        }
    }
    if let Some(at) = state.applied_at {
        row.insert("投递时间", stamp(at, case.precision));
    }
    row
}

fn column(stage: Stage) -> Option<&'static str> {
    STEPS.iter().find(|(name, _)| *name == stage.as_str()).map(|(_, column)| *column)
}

fn kuaishou(world: &World) -> Vec<File> {
    let names = ["cases-b.ndjson", "cases-a.ndjson"];
    let [first, second] = exported(world, "kuaishou");
    let file = |states: &[State<'_>], name| {
        let lines = states.iter().enumerate().map(|(number, state)| kuaishou_line(world, number, state));
        File::new(format!("exports/kuaishou/{name}"), ndjson(lines))
    };
    vec![file(&first, names[0]), file(&second, names[1])]
}

fn kuaishou_line(world: &World, number: usize, state: &State<'_>) -> Value {
    let case = state.case;
    let person = &world.people[case.person];
    let posting = world.postings.get(case.posting);
    let mut steps: Vec<Value> = state.events.iter().enumerate().map(|(index, event)| kuaishou_step(&case.id, index, event)).collect();
    // The history is not in order.
    if number % 3 == 1 {
        steps.reverse();
    }
    json!({
        "case_id": case.id,
        "job_id": posting.map(|posting| posting.id.as_str()),
        "store": case.store,
        "department": case.department,
        "city": posting.map(|posting| posting.city),
        "created_at": clock(case.first_at),
        "resume_at": state.applied_at.map(clock),
        "updated_at": clock(state.updated_at),
        "user": {
            "id": case.candidate_id,
            "name": person.name,
            "mobile": phone(person, case.phone, number),
            "mail": email(person, case.email),
            "born": person.birth_year,
        },
        "steps": steps,
    })
}

fn kuaishou_step(case: &str, index: usize, event: &Reached) -> Value {
    let state = match event.stage {
        Stage::Viewed => "看过",
        Stage::Contacted => "聊过",
        Stage::Applied => "投递",
        Stage::Screened => "初筛",
        Stage::Invited => "约面",
        Stage::Attended => "到面",
        Stage::Offered => "发offer",
        Stage::Accepted => "录用",
        Stage::Onboarded => "入职",
        Stage::PassedProbation => "转正",
        Stage::Rejected => "不合适",
        Stage::Withdrawn => "放弃",
    };
    json!({ "id": format!("{case}-{index}"), "state": state, "at": clock(event.at), "why": event.reason, "revoked": event.retracts })
}
