//! Sheets of an invented company, and the company that imports them.

use chrono::{Days, NaiveDate, NaiveDateTime, TimeDelta};
use inflow_tests::Company;
use rand::{Rng, SeedableRng, rngs::SmallRng};
use std::fmt::Write as _;

const MAPPINGS: [(&str, &str); 6] = [
    (
        "applications",
        r#"kind = "applications"
id = "id"
timezone = "Asia/Shanghai"
time_format = "%Y-%m-%d %H:%M"
[fields]
source_word = "channel"
title = "title"
store = "store"
posting_source_id = "posting"
applied_at = "applied"
night_shift = "night"
tags = "tags"
expected_pay_min = "pay"
expected_pay_period = { default = "month" }
[identity]
phone = "phone"
[[events]]
name = "attended"
when = { path = "attended", exists = true }
stage = { default = "attended" }
at = "attended"
[[events]]
name = "accepted"
when = { path = "accepted", exists = true }
stage = { default = "accepted" }
at = "accepted"
"#,
    ),
    (
        "postings",
        "kind = \"postings\"\nid = \"id\"\ntimezone = \"Asia/Shanghai\"\ntime_format = \"%Y-%m-%d %H:%M\"\n[fields]\nchannel = \"channel\"\ntitle = \"title\"\nstore = \"store\"\nposted_at = \"posted\"\npay_max = \"pay\"\npay_period = { default = \"month\" }\nstatus = { default = \"open\" }\n",
    ),
    (
        "spend",
        "kind = \"spend\"\n[fields]\nchannel = \"channel\"\nkind = { default = \"daily\" }\nservice_from = \"from\"\nservice_to = \"to\"\nbooked_on = \"from\"\nnet = \"net\"\n",
    ),
    (
        "employment",
        "kind = \"employment\"\nid = \"id\"\napplication = \"application\"\n[fields]\nemployee = \"id\"\nonboard_on = \"first\"\nleft_on = \"last\"\nleave_reason = \"why\"\n",
    ),
    (
        "assessments",
        "kind = \"assessments\"\nid = \"id\"\napplication = \"application\"\ntimezone = \"Asia/Shanghai\"\ntime_format = \"%Y-%m-%d %H:%M\"\n[fields]\nkind = { default = \"performance\" }\ntaken_at = \"taken\"\nscore = \"score\"\nmax_score = { default = \"100\" }\nstatus = { default = \"taken\" }\n",
    ),
    (
        "invitations",
        "kind = \"invitations\"\nid = \"id\"\napplication = \"application\"\ntimezone = \"Asia/Shanghai\"\ntime_format = \"%Y-%m-%d %H:%M\"\n[fields]\nkind = { default = \"ai\" }\nstore = \"store\"\ntemplate = \"template\"\nlink = \"link\"\nsent_at = \"sent\"\ndelivered_at = \"delivered\"\nopened_at = \"opened\"\ndeadline_at = \"deadline\"\nattended_at = \"taken\"\nresult = \"result\"\n",
    ),
];

/// An application as a row of its sheet; every candidate is another.
#[derive(Debug, Clone, Default)]
pub struct Person {
    pub channel: &'static str,
    pub store: &'static str,
    pub title: &'static str,
    pub posting: String,
    pub applied: NaiveDateTime,
    pub attended: Option<NaiveDateTime>,
    pub accepted: Option<NaiveDateTime>,
    pub night: &'static str,
    pub tags: Vec<&'static str>,
    pub pay: Option<u32>,
}

/// What the company has in its sheets.
#[derive(Debug, Default)]
pub struct Sheets {
    people: usize,
    rows: [String; 6],
}

impl Sheets {
    /// Adds an application; the id that other sheets know it by.
    pub fn person(&mut self, person: &Person) -> String {
        self.people += 1;
        let id = format!("A{:05}", self.people);
        let at = |at: Option<NaiveDateTime>| at.map_or_else(String::new, minute);
        let pay = person.pay.map_or_else(String::new, |pay| pay.to_string());
        writeln!(
            self.rows[0],
            "{id},{},{},{},{},{},{},{},{},{},{pay},1990{:07}",
            person.channel,
            person.title,
            person.store,
            person.posting,
            minute(person.applied),
            at(person.attended),
            at(person.accepted),
            person.night,
            person.tags.join(";"),
            self.people
        )
        .unwrap();
        id
    }

    pub fn posting(&mut self, id: &str, channel: &str, title: &str, store: &str, posted: NaiveDate, pay: u32) {
        writeln!(self.rows[1], "{id},{channel},{title},{store},{posted} 10:00,{pay}").unwrap();
    }

    pub fn spend(&mut self, channel: &str, from: NaiveDate, to: NaiveDate, cents: u64) {
        writeln!(self.rows[2], "{channel},{from},{to},{}.{:02}", cents / 100, cents % 100).unwrap();
    }

    pub fn employment(&mut self, application: &str, first: NaiveDate, last: Option<NaiveDate>, why: &str) {
        writeln!(self.rows[3], "E{application},{application},{first},{},{why}", last.map_or_else(String::new, |day| day.to_string()))
            .unwrap();
    }

    pub fn performance(&mut self, application: &str, on: NaiveDate, score: f64) {
        writeln!(self.rows[4], "R{application},{application},{on} 10:00,{score:.0}").unwrap();
    }

    /// Times are those of sending, of the receipt, of opening and of the interview.
    pub fn invitation(
        &mut self,
        application: &str,
        store: &str,
        template: &str,
        link: &str,
        times: [Option<NaiveDateTime>; 4],
        result: &str,
    ) {
        let [sent, delivered, opened, taken] = times.map(|at| at.map_or_else(String::new, minute));
        let deadline = times[0].map_or_else(String::new, |sent| minute(sent + TimeDelta::hours(72)));
        writeln!(
            self.rows[5],
            "I{application},{application},{store},{template},{link},{sent},{delivered},{opened},{deadline},{taken},{result}"
        )
        .unwrap();
    }

    /// Imports what has been added since the last time.
    pub fn import(&mut self, company: &Company) {
        const HEADERS: [&str; 6] = [
            "id,channel,title,store,posting,applied,attended,accepted,night,tags,pay,phone",
            "id,channel,title,store,posted,pay",
            "channel,from,to,net",
            "id,application,first,last,why",
            "id,application,taken,score",
            "id,application,store,template,link,sent,delivered,opened,deadline,taken,result",
        ];
        for (((kind, _), header), rows) in MAPPINGS.iter().zip(HEADERS).zip(&mut self.rows) {
            if !rows.is_empty() {
                let file = format!("{kind}.csv");
                company.write(&file, format!("{header}\n{}", std::mem::take(rows)));
                company.run(&["import", kind, &file, "--connection", "ats", "--mapping", &format!("{kind}.toml")]).ok();
            }
        }
    }
}

/// A company with these channels, in Shanghai, at that instant.
pub fn company(channels: &[&str], now: &str) -> Company {
    let company = Company::new();
    set_clock(&company, now);
    let channels = channels.iter().map(|id| format!("[[channel]]\nid = \"{id}\"\nname = {{ en = \"{id}\", zh = \"{id}\" }}\n"));
    company.write("channels.toml", channels.collect::<String>());
    company.write("connections/ats.toml", "connector = \"file\"\n");
    for (kind, mapping) in MAPPINGS {
        company.write(&format!("{kind}.toml"), mapping);
    }
    company
}

/// It is then.
pub fn set_clock(company: &Company, now: &str) {
    let settings = format!(
        "[company]\nname = \"测试公司\"\ntimezone = \"Asia/Shanghai\"\n[identity]\nkey = \"file:keys/identity.key\"\nerase_key = \"file:keys/erase.key\"\n[clock]\nfixed = {now}\n"
    );
    company.write("inflow.toml", settings);
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn minute(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// Chance, the same at every run.
pub struct Dice(SmallRng);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(SmallRng::seed_from_u64(seed))
    }

    pub fn chance(&mut self, share: f64) -> bool {
        self.0.random_bool(share)
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0.random_range(low..high)
    }

    /// As many as a rate brings: Knuth's way to a Poisson count.
    pub fn count(&mut self, rate: f64) -> usize {
        let (limit, mut product, mut count) = ((-rate).exp(), 1.0, 0);
        loop {
            product *= self.0.random_range(0.0..1.0_f64);
            if product <= limit {
                return count;
            }
            count += 1;
        }
    }

    /// Some time of one of so many days, between these hours.
    pub fn time(&mut self, first: NaiveDate, days: u64, from: u32, to: u32) -> NaiveDateTime {
        let day = first + Days::new(self.0.random_range(0..days));
        day.and_hms_opt(self.0.random_range(from..to), self.0.random_range(0..60), 0).unwrap()
    }
}
