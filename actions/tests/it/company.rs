//! An invented company and its figures.

use std::path::Path;

use inflow_actions::brief::{Asked, Broken, Counts, Facts, Figures, Period};
use inflow_analytics::{Definition, Report, metric};
use inflow_config::{BriefKind, Config};
use serde_json::{Map, Value, json};

const SETTINGS: &str = "[company]\nname = \"测试餐饮<有限>公司\"\n";
const CHANNELS: &str = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS Zhipin\", zh = \"BOSS直聘\" }\n\
    [[channel]]\nid = \"zhaopin\"\nname = { en = \"Zhaopin\", zh = \"智联招聘\" }\n\
    [[channel]]\nid = \"wuba58\"\nname = { en = \"58.com\", zh = \"58同城\" }\n\
    [[channel]]\nid = \"liepin\"\nname = { en = \"Liepin\", zh = \"猎聘\" }\n\
    [[channel]]\nid = \"lagou\"\nname = { en = \"Lagou\", zh = \"拉勾\" }\n";
const ALERTS: &str = "[[rule]]\nid = \"dear\"\nname = { en = \"Cost per resume\", zh = \"简历成本过高\" }\nmetric = \"cost_per_resume\"\nabove = 60\n\
    [[rule]]\nid = \"few_come\"\nname = { en = \"Few come\", zh = \"到面率过低\" }\nmetric = \"step_rate\"\nbelow = \"0.80\"\nclear = \"0.85\"\n";

/// The configuration, with a `messages.toml`.
pub fn config(folder: &Path, messages: &str) -> Config {
    for (name, text) in [("inflow.toml", SETTINGS), ("channels.toml", CHANNELS), ("alerts.toml", ALERTS), ("messages.toml", messages)] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    Config::load(&folder.join("inflow.toml"), &Vec::new).unwrap_or_else(|error| panic!("{error}"))
}

fn report(id: &str, rows: Vec<Value>) -> Report {
    let metric = metric(id).unwrap();
    Report {
        metric: id.to_owned(),
        version: metric.version,
        definition: Definition {
            title: metric.title.clone(),
            meaning: metric.meaning.clone(),
            numerator: metric.numerator,
            denominator: metric.denominator,
            clock: metric.clock,
            exclusions: metric.exclusions,
            superseded: None,
        },
        from: "2026-11-23".parse().unwrap(),
        to: "2026-11-29".parse().unwrap(),
        tz: "Asia/Shanghai".to_owned(),
        as_of: "2026-11-30T01:00:00Z".parse().unwrap(),
        rows: rows.into_iter().map(|row| row.as_object().cloned().unwrap()).collect(),
        reconciles: None,
        columns: Vec::new(),
        shares: Vec::new(),
    }
}

fn with(first: &Value, more: &Value) -> Value {
    let both: Map<String, Value> =
        [first, more].into_iter().filter_map(Value::as_object).flatten().map(|(key, value)| (key.clone(), value.clone())).collect();
    Value::Object(both)
}

/// Channel, value or none, status, covered.
type Told = (&'static str, Option<i64>, &'static str, f64);

fn counted(id: &str, column: &str, channels: &[Told], whole: (i64, &'static str, f64)) -> Figures {
    let row = |(channel, value, status, covered): &Told| json!({"channel": channel, column: value, "status": status, "covered": covered});
    Figures {
        channels: report(id, channels.iter().map(row).collect()),
        whole: report(id, vec![json!({column: whole.0, "status": whole.1, "covered": whole.2})]),
    }
}

fn activity(times: i64) -> Figures {
    let stages = [("invited", 30), ("attended", 24), ("accepted", 6), ("onboarded", 5)];
    let row = |stage: &str, events: Option<i64>, status: &str| json!({"stage": stage, "events": events, "observed": 0, "status": status, "covered": 1.0});
    let of = |channel: &str, share: i64| {
        stages.map(|(stage, n)| with(&json!({"channel": channel}), &row(stage, Some(n * share / 3 * times), "ok")))
    };
    let mut channels: Vec<Value> = of("boss", 2).into_iter().chain(of("zhaopin", 1)).collect();
    channels.extend(stages.map(|(stage, _)| with(&json!({"channel": "liepin"}), &row(stage, None, "no_data"))));
    let whole = stages.map(|(stage, n)| row(stage, Some((n * 2 / 3 + n / 3) * times), "partial"));
    Figures { channels: report("activity", channels), whole: report("activity", whole.to_vec()) }
}

fn spend(boss: &str, zhaopin: &str, total: &str) -> Figures {
    let row =
        |channel: &str, amount: &str| json!({"channel": channel, "amount": amount, "currency": "CNY", "status": "ok", "covered": 1.0});
    let mut channels = report("spend", vec![row("boss", boss), row("zhaopin", zhaopin), row("unallocated", "333.33")]);
    channels.reconciles = json!({"ledger": total, "ties": true}).as_object().cloned();
    Figures { channels, whole: report("spend", vec![json!({"amount": total, "status": "ok", "covered": 1.0})]) }
}

fn cost(id: &str, rows: &[(&str, &str, u64, &str, &str)], whole: (&str, u64, &str, &str)) -> Figures {
    let row = |channel: &Value, cost: &str, people: u64, value: &str, status: &str| {
        let each: f64 = value.parse().unwrap_or_default();
        let bound = |factor: f64| if people == 0 { Value::Null } else { json!(format!("{:.2}", each * factor)) };
        let value = if people == 0 { Value::Null } else { json!(value) };
        with(
            channel,
            &json!({"numerator": cost, "denominator": people, "value": value, "low": bound(0.8), "high": bound(1.3), "status": status, "covered": 1.0}),
        )
    };
    let channels =
        rows.iter().map(|(channel, cost, people, value, status)| row(&json!({"channel": channel}), cost, *people, value, status));
    Figures { channels: report(id, channels.collect()), whole: report(id, vec![row(&json!({}), whole.0, whole.1, whole.2, whole.3)]) }
}

fn steps(attended: u64) -> Figures {
    let row = |from: &str, to: &str, basis: &str, k: u64, n: u64, status: &str| {
        let share = if n == 0 { Value::Null } else { json!(k as f64 / n as f64) };
        let bound = |add: f64| if n == 0 { Value::Null } else { json!((k as f64 / n as f64 + add).clamp(0.0, 1.0)) };
        json!({"from_stage": from, "to_stage": to, "basis": basis, "numerator": k, "denominator": n, "value": share, "low": bound(-0.1),
               "high": bound(0.1), "pooled_denominator": n, "status": status, "covered": 1.0})
    };
    let all = vec![
        row("applied", "screened", "days", 90, 120, "ok"),
        row("screened", "invited", "days", 50, 88, "ok"),
        row("invited", "attended", "days", 0, 0, "few"),
        row("invited", "attended", "scheduled", attended, 32, "ok"),
        row("attended", "offered", "days", 9, 22, "ok"),
        row("offered", "accepted", "days", 6, 8, "few"),
        with(&row("accepted", "onboarded", "days", 0, 0, "no_data"), &json!({"covered": 0.0})),
    ];
    let channels = all.iter().map(|row| with(row, &json!({"channel": "boss"})));
    Figures { channels: report("step_rate", channels.collect()), whole: report("step_rate", all.clone()) }
}

fn counts(now: bool, long: bool) -> Counts {
    let ok = |channel: &'static str, value: i64| (channel, Some(value), "ok", 1.0);
    let volume = if now {
        let partial = ("zhaopin", Some(12), "partial", 0.6);
        counted(
            "volume",
            "applications",
            &[ok("boss", 110), partial, ok("wuba58", 0), ("liepin", None, "no_data", 0.0), ok("lagou", 0)],
            (122, "partial", 0.92),
        )
    } else {
        counted(
            "volume",
            "applications",
            &[ok("boss", 100), ok("zhaopin", 40), ok("wuba58", 3), ("liepin", None, "no_data", 0.0), ok("lagou", 0)],
            (143, "ok", 1.0),
        )
    };
    let spend = if now { spend("3291.02", "1500.65", "5125.00") } else { spend("3000.00", "1500.00", "4833.33") };
    let cost = |id: &str, rows: &[(&str, &str, u64, &str, &str)], whole| long.then(|| cost(id, rows, whole));
    Counts {
        volume,
        activity: activity(if now { 1 } else { 2 }),
        spend,
        steps: steps(if now { 24 } else { 28 }),
        per_resume: cost(
            "cost_per_resume",
            &[
                ("boss", "3291.02", 110, "29.92", "ok"),
                ("zhaopin", "1500.65", 12, "125.05", "few"),
                ("unallocated", "333.33", 0, "", "few"),
            ],
            ("5125.00", 122, "42.01", "ok"),
        ),
        per_attended: cost(
            "cost_per_attended",
            &[
                ("boss", "3291.02", 16, "205.69", "few"),
                ("zhaopin", "1500.65", 8, "187.58", "few"),
                ("unallocated", "333.33", 0, "", "few"),
            ],
            ("5125.00", 24, "213.54", "ok"),
        ),
        per_onboarded: cost(
            "cost_per_onboarded",
            &[("boss", "3291.02", 3, "1097.01", "few"), ("zhaopin", "1500.65", 0, "", "few"), ("unallocated", "333.33", 0, "", "few")],
            ("5125.00", 3, "1708.33", "few"),
        ),
        no_show: report(
            "no_show",
            vec![
                json!({"numerator": 5, "denominator": 12, "value": 5.0 / 12.0, "low": 0.19, "high": 0.68, "status": "few", "covered": 1.0}),
            ],
        ),
    }
}

/// The figures of a period of November 2026.
pub fn facts(kind: BriefKind, on: &str, now: &str) -> Facts {
    let period = Period::of(kind, on.parse().unwrap());
    let long = kind != BriefKind::Day;
    let days = (16..30).map(|day| {
        let gone = day == 27;
        let status = if gone { "no_data" } else if day == 28 { "partial" } else { "ok" };
        json!({"day": format!("2026-11-{day}"), "applications": if gone { Value::Null } else { json!(day) }, "status": status, "covered": 1.0})
    });
    let alert = |rule: &str, slice: &str, value: f64, unit: &str, side: &str, raise: &str, clear: &str, certainty: &str| {
        json!({"rule": rule, "slice": slice, "value": value, "unit": unit, "side": side, "raise": raise, "clear": clear, "certainty": certainty,
               "state": "raised", "status": "ok"})
    };
    Facts {
        asked: Asked { period, now: now.parse().unwrap(), channels: Vec::new() },
        zone: chrono_tz::Asia::Shanghai,
        counts: Box::new(counts(true, long)),
        before: Box::new(counts(false, long)),
        found: report("activity", Vec::new()),
        days: (kind == BriefKind::Week).then(|| report("volume", days.collect())),
        budgets: report(
            "budget",
            vec![
                json!({"budget_of": "all", "budget": "20000.00", "actual": "18000.00", "pace": 1.05, "expected": "21000.00", "state": "may_exceed"}),
                json!({"budget_of": "boss", "budget": "9000.00", "actual": "8000.00", "pace": 0.95, "expected": "8900.00", "state": "within"}),
            ],
        ),
        causes: report(
            "alert_cause",
            vec![
                json!({"rule": "dear", "slice": "channel=zhaopin", "place": 1, "text_en": "store North: 900.00 CNY for 3 (300.00 each; the others 40.00)",
                        "text_zh": "门店 North:900.00 CNY 得 3 例(每例 300.00;其余 40.00)"}),
            ],
        ),
        alerts: report(
            "threshold",
            vec![
                alert("few_come", "store=徐汇一店", 0.82, "share", "below", "0.80", "0.85", "unsure"),
                alert("dear", "channel=zhaopin", 125.05, "CNY", "above", "60", "48", "sure"),
                alert("few_come", "recruiter=hr01", 0.5, "share", "below", "0.80", "0.85", "sure"),
                alert("few_come", "recruiter=hr02", 0.4, "share", "below", "0.80", "0.85", "sure"),
                json!({"rule": "dear", "slice": "channel=boss", "state": "clear", "value": 29.92}),
            ],
        ),
        drops: report(
            "channel_drop",
            vec![
                json!({"channel": "wuba58", "observed": 0, "expected": 4.25, "alarm": "sure"}),
                json!({"channel": "boss", "observed": 110, "expected": 104.0, "alarm": ""}),
            ],
        ),
        broken: vec![
            Broken {
                connection: "zhaopin_mail".to_owned(),
                channels: vec!["zhaopin".to_owned()],
                since: "2026-11-26T19:00:00Z".parse().ok(),
            },
            Broken { connection: "liepin_api".to_owned(), channels: vec!["liepin".to_owned()], since: None },
        ],
    }
}
