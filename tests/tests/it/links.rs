//! The same people through an applicant tracking system, a board's export and a mailbox: counted once, for the right channel, what the
//! three say differently listed.

use inflow_config::Config;
use inflow_pipeline::application_link::relink_in_parts;
use inflow_pipeline::link::relink_candidates;
use inflow_store::{DERIVED_DATABASE, Store, StoreOptions};
use inflow_tests::{Company, landing_text};
use serde_json::Value;
use std::fmt::Write;

const SETTINGS: &str = r#"
[company]
name = "示例"
timezone = "Asia/Shanghai"
currency = "CNY"

[identity]
key = "file:keys/identity.key"
erase_key = "file:keys/erase.key"

[clock]
fixed = "2026-11-01T00:00:00Z"
"#;

const CHANNELS: &str = r#"
[[channel]]
id = "boss"
name = { en = "BOSS Zhipin", zh = "BOSS直聘" }
[[channel]]
id = "zhaopin"
name = { en = "Zhaopin", zh = "智联招聘" }
[[channel]]
id = "career_site"
name = { en = "Career site", zh = "官网" }
"#;

/// Moka gives every source a word; who comes without one came by the career site.
const MOKA: &str = "connector = \"file\"\nkind = \"applications\"\npath = \"moka.csv\"\nmapping = \"mappings/moka.toml\"\nchannel = \"career_site\"\n\n[source_map]\n\"BOSS直聘\" = \"boss\"\n\"智联\" = \"zhaopin\"\n";
const EXPORT: &str =
    "connector = \"file\"\nkind = \"applications\"\npath = \"boss.csv\"\nmapping = \"mappings/boss.toml\"\nchannel = \"boss\"\n";
const MAILBOX: &str = "connector = \"file\"\nkind = \"applications\"\npath = \"mail.csv\"\nmapping = \"mappings/mail.toml\"\n\n[source_map]\n\"BOSS直聘\" = \"boss\"\n";

const MOKA_MAPPING: &str = r#"
kind = "applications"
id = "申请编号"
candidate = "候选人编号"
[fields]
source_word = "来源"
title = "职位"
department = "部门"
applied_at = { path = "投递时间", format = "%Y-%m-%d %H:%M" }
status = { path = "结果", words = { "淘汰" = "rejected", "" = "open" } }
[identity]
name = "姓名"
phone = "手机"
[[events]]
name = "attended"
when = { path = "面试时间", exists = true, not = "" }
stage = { default = "attended" }
at = { path = "面试时间", format = "%Y-%m-%d %H:%M" }
"#;

const EXPORT_MAPPING: &str = r#"
kind = "applications"
[fields]
title = "沟通职位"
applied_at = { path = "投递时间", format = "%Y-%m-%d %H:%M" }
status = { path = "状态", words = { "候选人放弃" = "withdrawn", "" = "open" } }
[identity]
name = "姓名"
phone = "电话"
"#;

const MAIL_MAPPING: &str = r#"
kind = "applications"
[fields]
source_word = "发件方"
title = "应聘职位"
applied_at = { path = "日期", format = "%Y-%m-%d" }
[identity]
name = "姓名"
"#;

/// The three files as they grow.
struct Files {
    moka: String,
    boss: String,
    mail: String,
}

impl Files {
    fn new() -> Self {
        Self {
            moka: "申请编号,候选人编号,姓名,手机,来源,职位,部门,投递时间,面试时间,结果\n".to_owned(),
            boss: "姓名,电话,沟通职位,投递时间,状态\n".to_owned(),
            mail: "姓名,发件方,应聘职位,日期\n".to_owned(),
        }
    }

    fn moka(&mut self, id: u32, name: &str, phone: &str, (source, title): (&str, &str), applied: &str, (attended, outcome): (&str, &str)) {
        writeln!(self.moka, "{id},c{id},{name},{phone},{source},{title},门店,{applied},{attended},{outcome}").unwrap();
    }

    fn boss(&mut self, name: &str, phone: &str, title: &str, applied: &str, outcome: &str) {
        writeln!(self.boss, "{name},{phone},{title},{applied},{outcome}").unwrap();
    }

    fn mail(&mut self, name: &str, title: &str, day: &str) {
        writeln!(self.mail, "{name},BOSS直聘,{title},{day}").unwrap();
    }

    /// Fifty people who applied on BOSS, each known to all three. Moka's source word is wrong for one, its day late for
    /// another, and on a third it rejected whom BOSS knows to have gone.
    fn fifty(&mut self) {
        for number in 1..=50_u32 {
            let (name, whole) = (format!("测试甲{number:02}"), format!("1990000{number:04}"));
            let title = ["门店店员", "电商客服", "仓库管理员"][number as usize % 3];
            let day = format!("2026-10-{:02}", number % 20 + 1);
            let source = match number {
                7 => "智联",
                // Nobody chose a word: the stand-in contradicts nobody.
                8 => "",
                _ => "BOSS直聘",
            };
            let in_moka = if number == 9 { format!("2026-10-{:02} 09:30", number % 20 + 4) } else { format!("{day} 18:30") };
            let attended = if number % 5 == 0 { format!("2026-10-{:02} 10:00", number % 20 + 5) } else { String::new() };
            self.moka(1000 + number, &name, &whole, (source, title), &in_moka, (&attended, if number == 10 { "淘汰" } else { "" }));
            // BOSS shows a number when both sides have agreed to it.
            let phone = match number % 3 {
                _ if (7..=10).contains(&number) => whole,
                0 => whole,
                1 => format!("199****{number:04}"),
                _ => String::new(),
            };
            let title = if number % 2 == 0 { format!("【急聘】{title}") } else { title.to_owned() };
            self.boss(&name, &phone, &title, &format!("{day} 12:00"), if number == 10 { "候选人放弃" } else { "" });
            self.mail(&name, &title, &day);
        }
    }

    /// What must not be joined, and what must although it looks alike. Six cases of namesakes, four of others.
    fn traps(&mut self) {
        // Two people of one name, the same job, the same day: only Moka tells their phones.
        for (id, phone, hour) in [(2001, "19900000201", "09:00"), (2002, "19900000202", "15:00")] {
            self.moka(id, "测试乙", phone, ("BOSS直聘", "门店店员"), &format!("2026-10-05 {hour}"), ("", ""));
            self.boss("测试乙", "", "门店店员", &format!("2026-10-05 {hour}"), "");
            self.mail("测试乙", "门店店员", "2026-10-05");
        }
        // One person, two jobs.
        for (id, title) in [(2003, "门店店员"), (2004, "电商客服")] {
            self.moka(id, "测试丙", "19900000203", ("BOSS直聘", title), "2026-10-06 09:00", ("", ""));
            self.boss("测试丙", "19900000203", title, "2026-10-06 08:50", "");
            self.mail("测试丙", title, "2026-10-06");
        }
        // One person who applies again after three months.
        for (id, day) in [(2005, "2026-07-06"), (2006, "2026-10-06")] {
            self.moka(id, "测试丁", "19900000204", ("BOSS直聘", "电商客服"), &format!("{day} 09:00"), ("", ""));
            self.boss("测试丁", "19900000204", "电商客服", &format!("{day} 08:50"), "");
            self.mail("测试丁", "电商客服", day);
        }
    }

    fn write(&self, company: &Company) {
        company.write("moka.csv", &self.moka);
        company.write("boss.csv", &self.boss);
        company.write("mail.csv", &self.mail);
    }
}

fn company() -> Company {
    let company = Company::new();
    company.write("inflow.toml", SETTINGS);
    company.write("channels.toml", CHANNELS);
    company.write("keys/identity.key", "11".repeat(32));
    company.write("keys/erase.key", "22".repeat(32));
    for (name, stanza, mapping) in [("moka", MOKA, MOKA_MAPPING), ("boss", EXPORT, EXPORT_MAPPING), ("mail", MAILBOX, MAIL_MAPPING)] {
        company.write(&format!("connections/{name}.toml"), stanza);
        company.write(&format!("mappings/{name}.toml"), mapping);
    }
    company
}

fn report(company: &Company, metric: &str, by: &str) -> Vec<Value> {
    let arguments = ["report", metric, "--by", by, "--from", "2026-07-01", "--to", "2026-10-31", "--format", "json"];
    let report: Value = serde_json::from_str(&company.run(&arguments).ok().out).unwrap();
    report["rows"].as_array().unwrap().clone()
}

/// Channel, applications and people of the channels that have any.
fn volume(company: &Company) -> Vec<(String, u64, u64)> {
    let rows = report(company, "volume", "channel");
    let told = rows.iter().map(|row| {
        (row["channel"].as_str().unwrap().to_owned(), row["applications"].as_u64().unwrap_or(0), row["candidates"].as_u64().unwrap_or(0))
    });
    told.filter(|(_, applications, _)| *applications > 0).collect()
}

/// Field, who says what, what counts and why.
fn conflicts(company: &Company) -> Vec<String> {
    let rows = report(company, "conflicts", "field,case");
    let text = |row: &Value, column: &str| row[column].as_str().unwrap().to_owned();
    rows.iter().map(|row| ["field", "told", "taken", "reason"].map(|column| text(row, column)).join("; ")).collect()
}

fn export(company: &Company) -> String {
    company.canonical_export_of("inflow.toml", "inflow-data")
}

#[test]
fn fifty_people_through_three_connections_are_fifty_applications() {
    let company = company();
    let mut files = Files::new();
    files.fifty();
    files.write(&company);
    company.run(&["run", "--once"]).ok();
    assert_eq!(
        company.query("SELECT connection, count() FROM inflow.applications GROUP BY 1 ORDER BY 1"),
        "boss\t50\nmail\t50\nmoka\t50\n"
    );
    assert_eq!(company.query("SELECT count() FROM inflow_state.quarantine").trim(), "0");
    assert_eq!(volume(&company), [("boss".to_owned(), 50, 50)]);
    assert_eq!(
        company.query("SELECT count(), uniqExact(case_id), min(members), max(members) FROM inflow.application_links"),
        "150\t50\t3\t3\n"
    );
    assert_eq!(
        conflicts(&company),
        [
            "applied_at; boss: 2026-10-10 | mail: 2026-10-10 | moka: 2026-10-13; 2026-10-10; earliest",
            "channel; boss: boss | mail: boss | moka: zhaopin; boss; own_channel",
            "outcome; boss: withdrawn | mail: - | moka: rejected; rejected, withdrawn; all_count",
        ]
    );
    // Stages that only Moka knows are the case's, and so is the department.
    let attended = "SELECT channel, department, count() FROM inflow.application_stages WHERE stage = 'attended' GROUP BY 1, 2";
    assert_eq!(company.query(attended), "boss\t门店\t10\n");
    let doctor = company.run(&["doctor"]).out;
    assert!(doctor.contains("conflicts: 3 (applied_at 1, channel 1, outcome 1)"), "{doctor}");
}

#[test]
fn namesakes_two_jobs_and_a_second_try_stay_apart() {
    let company = company();
    let mut files = Files::new();
    files.fifty();
    files.traps();
    files.write(&company);
    company.run(&["run", "--once"]).ok();
    // Fifty, two jobs of one person, two tries of another; of the namesakes, who is who is unknown: six tellings stand alone.
    assert_eq!(volume(&company), [("boss".to_owned(), 50 + 2 + 2 + 6, 50 + 1 + 1 + 6)]);
    let named = "SELECT count() FROM inflow.application_links WHERE (connection, source_id) IN (SELECT connection, source_id FROM inflow.applications WHERE connection = 'moka' AND source_id IN ('2001', '2002'))";
    assert_eq!(company.query(named).trim(), "0");
    let told = conflicts(&company);
    assert_eq!(
        told.iter().map(|line| line.split(';').next().unwrap()).collect::<Vec<_>>(),
        ["applied_at", "channel", "outcome", "same_name"]
    );
    assert_eq!(told[3].matches("mail/").count(), 2, "{}", told[3]);

    // Another order of arrival, one connection at a time, and a replay: the same store.
    let other = self::company();
    files.write(&other);
    for connection in ["mail", "moka", "boss"] {
        other.run(&["run", "--once", "--connection", connection]).ok();
    }
    let expected = export(&company);
    assert!(expected.contains("name_title_day"));
    assert_eq!(export(&other), expected);
    other.run(&["replay"]).ok();
    assert_eq!(export(&other), expected);
}

/// Whom only a name joins to a mail is forgotten there too, and no count moves.
#[test]
fn an_erased_person_stays_one_case() {
    let company = company();
    let mut files = Files::new();
    files.fifty();
    files.write(&company);
    company.run(&["run", "--once"]).ok();
    let counts = |company: &Company| {
        let links = company.query("SELECT count(), uniqExact(case_id) FROM inflow.application_links");
        (volume(company), links, conflicts(company))
    };
    let before = counts(&company);
    let sql = "SELECT lower(hex(digest_value[indexOf(digest_kind, 'name_exact')])) FROM inflow.candidates WHERE (connection, source_id) IN \
               (SELECT connection, candidate_source_id FROM inflow.applications WHERE connection = 'moka' AND source_id = '1011')";
    let name = company.query(sql).trim().to_owned();
    let knows = |company: &Company| {
        company.query(&format!("SELECT count() FROM inflow.candidates WHERE has(digest_value, unhex('{name}'))")).trim().to_owned()
    };
    assert_eq!((name.len(), knows(&company).as_str()), (32, "3"));
    let receipt: Value = serde_json::from_str(&company.run(&["erase", "--phone", "19900000011"]).ok().out).unwrap();
    assert_eq!((&receipt["applications"], &receipt["connections"]), (&3.into(), &serde_json::json!(["boss", "mail", "moka"])));
    assert_eq!(knows(&company), "0");
    assert!(!landing_text(&company.path().join("inflow-data")).contains(&name));
    assert_eq!(counts(&company), before);
    // The files still have the person.
    company.run(&["run", "--once"]).ok();
    assert_eq!((knows(&company).as_str(), counts(&company)), ("0", before));
}

/// Very many are linked a part at a time: with names that may join anybody, and without.
#[tokio::test(flavor = "multi_thread")]
async fn parts_make_what_the_whole_makes() {
    let mut files = Files::new();
    files.fifty();
    files.traps();
    in_parts(files).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_people_whose_phones_are_all_known_make_what_the_whole_makes() {
    in_parts(Files::new()).await;
}

/// With forty more people of whom Moka says that they came by Zhaopin, and whose resume BOSS exports on the same day, the next, or the one after.
async fn in_parts(mut files: Files) {
    for number in 1..=40_u32 {
        let (name, phone, day) = (format!("测试戊{number:02}"), format!("1990001{number:04}"), number % 20 + 1);
        files.moka(3000 + number, &name, &phone, ("智联", "电商客服"), &format!("2026-10-{day:02} 18:30"), ("", ""));
        files.boss(&name, &phone, "电商客服", &format!("2026-10-{:02} 12:00", day + number % 3), "");
    }
    let company = company();
    files.write(&company);
    company.run(&["run", "--once"]).ok();
    // Somebody chose a wrong word for 27. The 13 whom BOSS delivered two days later went on from one board to the other: each brought a resume.
    let joined = "SELECT uniqExact(case_id) FROM inflow.application_links WHERE connection = 'moka' AND toUInt32OrZero(source_id) > 3000";
    assert_eq!(company.query(joined).trim(), "27");
    let config = Config::load(&company.path().join("inflow.toml"), &Vec::new).unwrap();
    let store = Store::open(StoreOptions::new(company.path().join("inflow-data"))).await.unwrap();
    let tables = ["application_links", "application_conflicts", "candidate_links", "case_candidates"];
    let told = async || {
        let mut told = Vec::new();
        for table in tables {
            let rows = store.bytes(&format!("SELECT * FROM {DERIVED_DATABASE}.{table} ORDER BY ALL"), &[], "TSV").await.unwrap();
            told.push(String::from_utf8(rows.to_vec()).unwrap());
        }
        told
    };
    // Of a connection that has delivered no candidate yet, what its cases name is noted all the same: whoever comes later is known by it.
    let early = "INSERT INTO inflow.applications (connection, source_id, candidate_source_id, version) VALUES ('early', 'a1', 'c1', 1)";
    store.execute(early, &[], &[]).await.unwrap();
    relink_candidates(&store, &config, DERIVED_DATABASE, u64::MAX).await.unwrap();
    let whole = told().await;
    let named = "SELECT count() AS named FROM inflow.case_candidates WHERE candidate = cityHash64('early', 'c1')";
    assert_eq!(store.rows(named, &[]).await.unwrap()[0]["named"], 1);
    assert!(whole[0].lines().count() >= 50 && whole[1].lines().count() >= 25, "{whole:?}");
    for table in tables {
        store.execute(&format!("TRUNCATE TABLE {DERIVED_DATABASE}.{table}"), &[], &[]).await.unwrap();
    }
    relink_candidates(&store, &config, DERIVED_DATABASE, 13).await.unwrap();
    relink_in_parts(&store, &config, DERIVED_DATABASE, 13).await.unwrap();
    let parts = told().await;
    store.shutdown().await;
    assert_eq!(parts, whole);
}
