//! The same fifty people through the connectors that a company has: Moka over HTTP, the sheet of chats of BOSS, and the mailbox.

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use inflow_tests::Company;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;
use tokio::runtime::Runtime;

const PEOPLE: u32 = 50;

struct Moka {
    jobs: Vec<Value>,
    candidates: Vec<Value>,
}

async fn jobs(State(moka): State<Arc<Moka>>) -> Json<Value> {
    Json(json!({"total": moka.jobs.len(), "jobs": moka.jobs}))
}

/// Twenty a page, as Moka gives them.
async fn candidates(State(moka): State<Arc<Moka>>, Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    let from: usize = query.get("next").and_then(|next| next.parse().ok()).unwrap_or(0);
    let page: Vec<&Value> = moka.candidates.iter().skip(from).take(20).collect();
    let next = (from + 20 < moka.candidates.len()).then(|| (from + 20).to_string());
    Json(json!({"data": page, "next": next}))
}

/// Fifty invented names.
fn name(number: u32) -> String {
    let sign = |signs: &str, at: u32| signs.chars().nth(at as usize).unwrap();
    format!("测试{}{}", sign("甲乙丙丁戊己庚辛壬癸", number % 10), sign("子丑寅卯辰", number / 10 % 5))
}

fn title(number: u32) -> &'static str {
    ["门店店员", "电商客服", "仓库管理员"][number as usize % 3]
}

fn day(number: u32) -> u32 {
    number % 20 + 1
}

/// Moka has everyone whole; of two its word for the source is another one.
fn moka() -> Moka {
    let jobs =
        (0..3).map(|job| json!({"id": format!("j{job}"), "title": title(job), "status": "招聘中", "openedAt": "2026-09-01 09:00:00"}));
    let candidates = (1..=PEOPLE).map(|number| {
        json!({
            "applicationId": 7000 + number, "candidateId": 9000 + number, "name": name(number),
            "phone": format!("1990000{number:04}"), "email": format!("jia{number}@example.com"),
            "source": match number { 7 => "智联招聘", 8 => "内部推荐", _ => "BOSS直聘" }, "sourceType": 2,
            "jobId": format!("j{}", number % 3), "stageName": if number % 5 == 0 { "已面试" } else { "初筛" },
            "appliedAt": format!("2026-10-{:02} 18:30:00", day(number))
        })
    });
    Moka { jobs: jobs.collect(), candidates: candidates.collect() }
}

/// The sheet of chats: masked or no numbers until they are exchanged.
fn chats() -> String {
    let mut sheet = "姓名,手机,沟通职位,沟通时间,收到简历时间,沟通状态\n".to_owned();
    for number in 1..=PEOPLE {
        let phone = match number % 3 {
            _ if number == 7 || number == 8 => format!("1990000{number:04}"),
            0 => format!("1990000{number:04}"),
            1 => format!("199****{number:04}"),
            _ => String::new(),
        };
        let day = day(number);
        writeln!(sheet, "{},{phone},{},2026-10-{day:02} 11:00,2026-10-{day:02} 12:00,已获取简历", name(number), title(number)).unwrap();
    }
    sheet
}

/// What BOSS mails when a resume is passed on.
fn mail(number: u32) -> String {
    format!(
        "From: BOSS <cv@service.bosszhipin.com>\r\nTo: hr@example.com\r\nMessage-ID: <m{number}@service.bosszhipin.com>\r\n\
         Date: Thu, {:02} Oct 2026 12:05:00 +0800\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\
         Subject: {} | 3年，应聘 {} | 上海6-8K【BOSS直聘】\r\n\r\n简历见附件。\r\n",
        day(number),
        name(number),
        title(number)
    )
}

#[test]
fn fifty_people_through_moka_a_boss_export_and_a_mailbox_are_fifty_applications() {
    let runtime = Runtime::new().unwrap();
    let router =
        Router::new().route("/v1/jobs/acme", get(jobs)).route("/v1/data/movedApplications", get(candidates)).with_state(Arc::new(moka()));
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move { axum::serve(listener, router).await });

    let company = Company::new();
    company.write("inflow.toml", "[company]\nname = \"示例\"\n[clock]\nfixed = 2026-11-01T08:00:00+08:00\n");
    let channels = [("boss", "BOSS直聘"), ("zhaopin", "智联招聘"), ("referral", "内部推荐")]
        .map(|(id, name)| format!("[[channel]]\nid = \"{id}\"\nname = {{ en = \"{id}\", zh = \"{name}\" }}\n"));
    company.write("channels.toml", channels.concat());
    company.write("moka.key", "k3y\n");
    company.write(
        "connections/moka.toml",
        format!(
            "connector = \"moka\"\nbase_url = \"http://{address}\"\n[params]\norg_id = \"acme\"\n[secrets]\napi_key = \"file:moka.key\"\n\
             [source_map]\n\"BOSS直聘\" = \"boss\"\n"
        ),
    );
    company.write("connections/chats.toml", "connector = \"boss\"\nchannel = \"boss\"\npath = \"inbox/boss\"\n");
    company.write("inbox/boss/沟通记录.csv", chats());
    company.write("connections/mailbox.toml", "connector = \"mailbox\"\npath = \"inbox/mail\"\n[source_map]\n\"BOSS直聘\" = \"boss\"\n");
    for number in 1..=PEOPLE {
        company.write(&format!("inbox/mail/{number}.eml"), mail(number));
    }

    company.run(&["run", "--once"]).ok();
    assert_eq!(
        company.query("SELECT connection, count() FROM inflow.applications GROUP BY 1 ORDER BY 1"),
        "chats\t50\nmailbox\t50\nmoka\t50\n"
    );
    assert_eq!(company.query("SELECT connection, line, field, reason FROM inflow_state.quarantine"), "");

    let volume = ["report", "volume", "--by", "channel", "--from", "2026-10-01", "--to", "2026-10-31", "--format", "json"];
    let report: Value = serde_json::from_str(&company.run(&volume).ok().out).unwrap();
    let counted: Vec<(&str, u64)> = report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["channel"].as_str().unwrap(), row["applications"].as_u64().unwrap_or(0)))
        .filter(|(_, applications)| *applications > 0)
        .collect();
    assert_eq!(counted, [("boss", 50)]);

    let arguments = ["report", "conflicts", "--by", "field,case", "--from", "2026-10-01", "--to", "2026-10-31", "--format", "json"];
    let report: Value = serde_json::from_str(&company.run(&arguments).ok().out).unwrap();
    let channel: Vec<&Value> = report["rows"].as_array().unwrap().iter().filter(|row| row["field"] == "channel").collect();
    let told: Vec<&str> = channel.iter().map(|row| row["told"].as_str().unwrap()).collect();
    assert_eq!(channel.len(), 2, "{told:?}");
    assert!(channel.iter().all(|row| row["taken"] == "boss"), "{channel:?}");
    assert!(told.iter().any(|told| told.contains("zhaopin")) && told.iter().any(|told| told.contains("referral")), "{told:?}");

    // Again: nothing changes.
    let before = company.canonical_export_of("inflow.toml", "inflow-data");
    company.run(&["run", "--once"]).ok();
    assert_eq!(company.canonical_export_of("inflow.toml", "inflow-data"), before);
}
