//! After a little news only what that reaches is looked at: the store is what an analysis of everything makes of it.

use inflow_tests::Company;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::fmt::Write;

const SETTINGS: &str = "[company]\nname = \"测试公司\"\n\n[identity]\nkey = \"file:keys/identity.key\"\nerase_key = \"file:keys/erase.key\"\n\n[clock]\nfixed = 2026-06-01T09:00:00+08:00\n";
const CHANNELS: &str = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n\n[[channel]]\nid = \"zhaopin\"\nname = { en = \"Zhaopin\", zh = \"智联招聘\" }\n";
const SYSTEM: &str = r#"kind = "applications"
id = "编号"
candidate = "候选人"
complete = true
[fields]
source_word = "来源"
title = "职位"
posting_source_id = "职位编号"
applied_at = { path = "投递日期", format = "%Y-%m-%d" }
[identity]
name = "姓名"
phone = "手机"
email = "邮箱"
[[events]]
name = "attended"
when = { path = "面试日期", exists = true, not = "" }
stage = { default = "attended" }
at = { path = "面试日期", format = "%Y-%m-%d" }
"#;
const EXPORT: &str = r#"kind = "applications"
complete = true
[fields]
title = "职位"
posting_source_id = "职位编号"
applied_at = { path = "投递日期", format = "%Y-%m-%d" }
[identity]
name = "姓名"
phone = "手机"
email = "邮箱"
"#;
const JOBS: &str = r#"kind = "postings"
id = "职位编号"
complete = true
[fields]
title = "职位"
store = "门店"
city = "城市"
body = "描述"
posted_at = { path = "发布日期", format = "%Y-%m-%d" }
"#;

/// What a person tells in one application.
#[derive(Clone)]
struct Case {
    name: String,
    phone: String,
    mail: String,
    job: usize,
    applied: u32,
    attended: Option<u32>,
}

struct Lists {
    random: StdRng,
    system: BTreeMap<usize, Case>,
    export: BTreeMap<usize, Case>,
    jobs: BTreeMap<usize, (usize, usize)>,
    next: usize,
}

impl Lists {
    fn new() -> Self {
        let mut lists = Self {
            random: StdRng::seed_from_u64(20_260_601),
            system: BTreeMap::new(),
            export: BTreeMap::new(),
            jobs: BTreeMap::new(),
            next: 0,
        };
        for job in 0..12 {
            lists.jobs.insert(job, (job % 3, job % 4));
        }
        for _ in 0..160 {
            lists.apply();
        }
        lists
    }

    /// Somebody of a hundred and twenty people, some of whom share a phone or a mail, applies: in the system, on the board, or both.
    fn apply(&mut self) {
        let person = self.random.random_range(0..120);
        let phone =
            if person % 9 == 0 { String::new() } else { format!("199{:08}", if person % 20 < 7 { person / 20 } else { person + 50 }) };
        let mail = match person % 7 {
            0 => format!("desk{}@example.com", person % 2),
            1 | 2 => String::new(),
            _ => format!("someone{}@example.com", person - person % 3),
        };
        let case = Case {
            name: format!("测试{}{}", pick(person), pick(person / 7)),
            // Without either a name would do, and everything be looked at.
            mail: if phone.is_empty() && mail.is_empty() { format!("nobody{person}@example.com") } else { mail },
            phone,
            job: self.random.random_range(0..12),
            applied: self.random.random_range(1..28),
            attended: None,
        };
        let through = self.random.random_range(0..3);
        if through != 1 {
            self.system.insert(self.next, case.clone());
        }
        if through != 0 {
            self.export.insert(self.next, case);
        }
        self.next += 1;
    }

    /// A day of news of all sorts.
    fn live_on(&mut self) {
        for _ in 0..4 {
            self.apply();
        }
        let ids: Vec<usize> = self.system.keys().copied().collect();
        let mut any = || ids[self.random.random_range(0..ids.len())];
        let (gone, attends, moves, elsewhere) = (any(), any(), any(), any());
        self.system.remove(&gone);
        if let Some(case) = self.system.get_mut(&attends) {
            case.attended = Some(case.applied + 1);
        }
        if let Some(case) = self.system.get_mut(&moves) {
            case.phone = format!("199{:08}", gone % 6);
        }
        if let Some(case) = self.system.get_mut(&elsewhere) {
            case.job = (case.job + 1) % 12;
        }
        let withdrawn = self.export.keys().next().copied().unwrap_or_default();
        self.export.remove(&withdrawn);
        let job = self.random.random_range(0..12);
        if let Some((store, title)) = self.jobs.get_mut(&job) {
            (*store, *title) = (*store + 1, *title + 1);
        }
    }

    fn import(&self, company: &Company, day: u32) -> String {
        at(company, day);
        let title = |job: usize| ["店员", "店长", "收银员", "厨师"][self.jobs[&job].1 % 4];
        let mut jobs = "职位编号,职位,门店,城市,描述,发布日期\n".to_owned();
        for (job, (store, _)) in &self.jobs {
            writeln!(
                jobs,
                "j{job},{},门店{},上海,负责门店的日常工作，第{}班，欢迎加入我们的团队,2026-03-01",
                title(*job),
                store % 3,
                job % 5
            )
            .unwrap();
        }
        let mut system = "编号,候选人,来源,姓名,手机,邮箱,职位,职位编号,投递日期,面试日期\n".to_owned();
        for (id, case) in &self.system {
            let attended = case.attended.map(|day| format!("2026-04-{day:02}")).unwrap_or_default();
            let Case { name, phone, mail, job, applied, .. } = case;
            writeln!(system, "{id},c{id},BOSS直聘,{name},{phone},{mail},{},j{job},2026-04-{applied:02},{attended}", title(*job)).unwrap();
        }
        let mut export = "姓名,手机,邮箱,职位,职位编号,投递日期\n".to_owned();
        for Case { name, phone, mail, job, applied, .. } in self.export.values() {
            writeln!(export, "{name},{phone},{mail},{},j{job},2026-04-{applied:02}", title(*job)).unwrap();
        }
        let mut said = String::new();
        for (connection, kind, list) in
            [("jobs", "postings", &jobs), ("system", "applications", &system), ("export", "applications", &export)]
        {
            let (file, mapping) = (format!("{connection}.csv"), format!("{connection}.toml"));
            company.write(&file, list);
            let answer = company.run(&["import", kind, &file, "--connection", connection, "--mapping", &mapping, "--log", "debug"]).ok();
            said.push_str(&answer.err);
        }
        said
    }
}

fn pick(number: usize) -> char {
    "甲乙丙丁戊庚辛壬癸寅卯".chars().nth(number % 11).unwrap_or('甲')
}

#[test]
fn a_store_that_grew_by_days_is_what_an_analysis_of_everything_makes_of_it() {
    let company = Company::new();
    company.write("channels.toml", CHANNELS);
    let words = "\n[source_map]\n\"BOSS直聘\" = \"boss\"\n";
    for (connection, mapping, channel, words) in
        [("jobs", JOBS, "boss", ""), ("system", SYSTEM, "zhaopin", words), ("export", EXPORT, "boss", "")]
    {
        company.write(&format!("connections/{connection}.toml"), format!("connector = \"file\"\nchannel = \"{channel}\"\n{words}"));
        company.write(&format!("{connection}.toml"), mapping);
    }
    let mut lists = Lists::new();
    lists.import(&company, 1);
    let mut changed = 0;
    for day in 2..5 {
        lists.live_on();
        // The clock is part of the configuration here: what it changes is not what is tried.
        at(&company, day);
        company.run(&["analyze"]).ok();
        let said = lists.import(&company, day);
        changed += said.matches("looking at what changed").count();
        let grown = computed(&company);
        company.run(&["analyze"]).ok();
        let made = computed(&company);
        assert!(grown == made, "day {day}, grown (+) against made (-): {}", difference(&grown, &made));
    }
    assert_eq!(changed, 9, "every import after the first day is a change");
    assert_ne!(company.query("SELECT count() FROM inflow.application_links"), "0\n", "nothing was linked, so nothing was tried");
    assert_ne!(company.query("SELECT count() FROM inflow.candidate_links WHERE members > 1"), "0\n");
}

/// Sets the day of June.
fn at(company: &Company, day: u32) {
    company.write("inflow.toml", SETTINGS.replace("2026-06-01", &format!("2026-06-{day:02}")));
}

/// All that an analysis computes, a line a row.
fn computed(company: &Company) -> String {
    let tables = [
        "candidate_links",
        "application_links",
        "application_conflicts",
        "posting_clusters",
        "posting_jobs",
        "requisition_jobs",
        "application_stages",
        "published_postings",
        "delivered_kinds",
        "posting_spans",
        "case_rows",
        "assessed",
        "hires",
        "posting_quarters",
        "spend_days",
        "cost_sums",
        "journal_sums",
        "forecasts",
        "channel_drops",
        "thresholds",
        "budget_moves",
        "posting_times",
        "persona_words",
        "application_tags",
        "application_personas",
        "channels",
    ];
    let lines = |table: &&str| {
        let except = match *table {
            "candidate_links" => "EXCEPT (version)",
            "budget_moves" | "posting_times" => "EXCEPT (made_as_of)",
            _ => "",
        };
        format!("SELECT concat('{table} ', toString(tuple(* {except}))) AS line FROM inflow.{table}")
    };
    let lines = tables.iter().map(lines).collect::<Vec<_>>().join(" UNION ALL ");
    company.query(&format!("SELECT line FROM ({lines}) ORDER BY line"))
}

/// A few lines that only one of the two has, or has more often.
fn difference(grown: &str, made: &str) -> String {
    let mut lines: BTreeMap<&str, i64> = BTreeMap::new();
    grown.lines().for_each(|line| *lines.entry(line).or_default() += 1);
    made.lines().for_each(|line| *lines.entry(line).or_default() -= 1);
    let different = lines.into_iter().filter(|(_, times)| *times != 0).take(12);
    different.map(|(line, times)| format!("\n{times:+} {line}")).collect::<Vec<_>>().concat()
}
