//! Every definition installs and runs, whatever it is grouped by.

use inflow_analytics::{AnalyticsError, Scope, analyze, analyze_into, catalogue, close, report, superseded, written_out};
use inflow_config::{Budget, Explain, Persona, Tag};
use inflow_store::{ViewArgument, ViewCall, ViewValue, array_literal, quote_text};
use serde_json::json;

use crate::world::{World, application, query};

/// A world of which every metric has something to say.
async fn full_world() -> World {
    let mut world = World::new().await;
    world.config.personas.tag = vec![Tag { id: "nights".to_owned(), night_shift: Some(true), ..Tag::default() }];
    world.config.personas.persona = vec![Persona { id: "any".to_owned(), tags: vec!["nights".to_owned()], ..Persona::default() }];
    world.config.alerts.rule =
        world.rules("[[rule]]\nid = \"any\"\nname = { en = \"Any\", zh = \"任意\" }\nmetric = \"volume\"\nabove = 1\n");
    world.insert("applications", vec![application("1", "boss", "2026-10-05 10:00:00")]).await;
    let month = "2026-10-01".parse().unwrap();
    world.config.finance.budget =
        vec![Budget { month, channel: Some("boss".to_owned()), store: None, department: None, amount: 1_000.into() }];
    // A wallet that is used beyond what it held, and a package by the day.
    let line = |id: &str, kind: &str, gross: &str| {
        json!({"connection": "ledger", "source_id": id, "channel": "boss", "account": "main", "kind": kind, "gross": gross, "net": gross, "currency": "CNY",
               "booked_on": "2026-10-02", "service_from": "2026-10-02", "service_to": "2026-10-20", "document": id, "version": 1})
    };
    let mut package = line("p", "package", "190");
    package["account"] = json!("");
    world.insert("spend", vec![line("r", "recharge", "100"), line("c", "consumption", "120"), package]).await;
    let paid = json!({"connection": "bank", "source_id": "1", "channel": "boss", "booked_on": "2026-10-02", "amount": "-100", "currency": "CNY", "version": 1});
    world.insert("bank_lines", vec![paid]).await;
    world.analyze().await;
    // A closed month, and a line that comes later.
    close(&world.store, &world.config, &world.clock, "2026-10".parse().unwrap(), "Lin Example", Some("the package is paid later"))
        .await
        .unwrap();
    world.insert("spend", vec![line("late", "daily", "19")]).await;
    world.analyze().await;
    // What is owed for a hire, of whom nothing else is told here.
    let owed = json!({"kind": "referral_bonus", "rule": "brought", "channel": "boss", "hire": "hr/1", "source_id": "brought/hr/1", "started": "2026-10-02",
        "amount": "1", "currency": "CNY", "accrued": "1"});
    world.insert("owed", vec![owed]).await;
    // And what an alert is said to come of.
    let cause = json!({"kind": "threshold", "rule": "any", "slice": "channel=boss", "channel": "boss", "raised_on": "2026-10-05", "since": "2026-10-05",
        "day": "2026-10-20", "place": 1, "factor": "store", "value": "North", "cases": 9, "bad": 5, "text_en": "store North", "text_zh": "门店 North"});
    world.insert("alert_causes", vec![cause]).await;
    world
}

/// What readers' statements read instead of the views has the views' rows.
#[tokio::test]
async fn what_is_written_out_says_the_same_as_the_view() {
    let world = full_world().await;
    let text = |name: &str, value: &str| ViewArgument {
        name: name.to_owned(),
        sql: quote_text(value),
        value: Some(ViewValue::Text(value.to_owned())),
    };
    let texts = |name: &str, values: &[&str]| {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        ViewArgument { name: name.to_owned(), sql: array_literal(&values), value: Some(ViewValue::Texts(values)) }
    };
    for metric in catalogue().iter().chain(superseded().first()) {
        let view = metric.view();
        // Days, weeks and months stand in `period`.
        let (calendar, dimensions): (Vec<&str>, Vec<&str>) =
            metric.dimensions.iter().partition(|name| ["day", "week", "month"].contains(name));
        let dimensions: Vec<&str> = dimensions.into_iter().filter(|name| *name != "none").collect();
        let period = calendar.first().map(|_| "period");
        let columns: Vec<&str> = dimensions.iter().chain(&metric.keys).chain(&metric.columns).copied().chain(period).collect();
        for (by, channel) in [(&dimensions[..0], &[][..]), (&dimensions[..], &["boss"][..])] {
            let arguments = vec![
                text("from", "2026-10-01"),
                text("to", "2026-10-31"),
                text("tz", ""),
                text("as_of", "2026-11-26 00:00:00.000"),
                texts("by", by),
                texts("channel", channel),
                texts("store", &[]),
            ];
            let called: Vec<String> = arguments.iter().map(|argument| format!("{} = {}", argument.name, argument.sql)).collect();
            let call = ViewCall { view: view.clone(), arguments };
            let query = written_out(&call).unwrap_or_else(|| panic!("{view} by {by:?}"));
            let select = |from: &str| format!("SELECT {} FROM {from} AS m ORDER BY ALL", columns.join(", "));
            let of_view = world.store.rows(&select(&format!("inflow.{view}({})", called.join(", "))), &[]).await.unwrap();
            let written = world.store.rows(&select(&format!("(\n{query})")), &[]).await.unwrap();
            assert_eq!(written, of_view, "{view} by {by:?} of {channel:?}");
        }
    }
}

#[tokio::test]
async fn every_metric_runs_by_every_dimension() {
    let world = full_world().await;
    for metric in catalogue() {
        let (periods, dimensions): (Vec<&str>, Vec<&str>) =
            metric.dimensions.iter().partition(|name| ["day", "week", "month"].contains(name));
        for by in periods.into_iter().map(|period| vec![period]).chain([dimensions, vec!["none"]]) {
            let report = world.report(metric.id, &by, "2026-10-01", "2026-10-31").await;
            assert!(!report.rows.is_empty(), "{} by {by:?}", metric.id);
            for row in &report.rows {
                let mut given: Vec<&str> = row.keys().map(String::as_str).collect();
                let mut promised: Vec<&str> = report.columns.iter().map(String::as_str).collect();
                given.sort_unstable();
                promised.sort_unstable();
                assert_eq!(given, promised, "{} by {by:?}", metric.id);
            }
            assert_eq!(report.reconciles.is_some(), metric.has_money, "{}", metric.id);
        }
        let all = format!(
            "SELECT * FROM inflow.metric_{}(from = '2026-10-01', to = '2026-10-31', tz = '', as_of = '2026-12-01 00:00:00', \
             by = ['channel'], channel = ['boss'], store = [])",
            metric.id
        );
        assert!(!world.rows(&all).await.is_empty(), "{}", metric.id);
    }
}

#[tokio::test]
async fn channels_keep_the_order_of_the_configuration_and_strangers_follow() {
    let world = World::new().await;
    let strange = application("9", "unknown:hunter", "2026-10-05 10:00:00");
    world.insert("applications", vec![strange, application("1", "zhaopin", "2026-10-05 10:00:00")]).await;
    world.analyze().await;
    let report = world.report("volume", &[], "2026-10-01", "2026-10-31").await;
    let order: Vec<&str> = report.rows.iter().map(|row| row["channel"].as_str().unwrap()).collect();
    assert_eq!(order, ["boss", "zhaopin", "indeed", "unknown:hunter"]);
    assert_eq!(report.tz, "channel");
    let names = world.rows("SELECT channel, name_zh, timezone FROM inflow.channels ORDER BY position").await;
    assert_eq!(names[3]["channel"], "unallocated");
    assert_eq!(names[4]["name_zh"], "未识别:hunter");
    assert_eq!(names[4]["timezone"], "Asia/Shanghai");
}

#[tokio::test]
async fn a_report_is_the_documented_json() {
    let world = World::new().await;
    world.analyze().await;
    let report = world.report("spend", &["month"], "2026-10-01", "2026-10-31").await;
    let json = serde_json::to_value(&report).unwrap();
    let keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["as_of", "definition", "from", "metric", "reconciles", "rows", "to", "tz", "version"]);
    assert_eq!(json["from"], "2026-10-01");
    assert_eq!(json["as_of"], "2026-12-01T00:00:00Z");
    assert_eq!(json["rows"][0]["month"], "2026-10");
    assert_eq!(json["rows"][0]["amount"], "0.00");
    assert_eq!(json["rows"][0]["currency"], "CNY");
    assert_eq!(json["reconciles"]["ledger"], "0.00");
    assert_eq!(json["reconciles"]["ties"], true);
}

#[tokio::test]
async fn a_store_without_views_says_what_to_run() {
    let world = World::new().await;
    let error = report(&world.store, &world.config, &query("volume", &[], "2026-10-01", "2026-10-31")).await.unwrap_err();
    assert!(matches!(error, AnalyticsError::NotAnalyzed { .. }), "{error:?}");
    assert_eq!(error.to_string(), "volume has not been prepared in this store");
    assert_eq!(error.hint().as_deref(), Some("run `inflow run --once` or `inflow analyze` first"));
    let error = analyze(&world.store, &world.config, &world.clock, &["spend_day".to_owned()], &Scope::All).await.unwrap_err();
    let accepted = inflow_analytics::jobs().join(", ");
    assert!(
        accepted.starts_with("application_stages, posting_quarters, journal, spend_days, ") && accepted.ends_with(", views"),
        "{accepted}"
    );
    assert_eq!(error.to_string(), format!("there is no analysis `spend_day`, accepted: {accepted}"));
    assert_eq!(error.hint().as_deref(), Some("did you mean `spend_days`?"));
}

#[tokio::test]
async fn rebuilding_twice_gives_the_same_rows() {
    let world = World::new().await;
    let rows = (0..50).map(|i| application(&i.to_string(), "boss", &format!("2026-10-05 10:{i:02}:00"))).collect();
    world.insert("applications", rows).await;
    let digest = "SELECT (SELECT (count(), sum(cityHash64(*))) FROM inflow.application_stages) AS a, \
                  (SELECT (count(), sum(cityHash64(*))) FROM inflow.channels) AS b";
    world.analyze().await;
    let first = world.rows(digest).await;
    world.analyze().await;
    assert_eq!(world.rows(digest).await, first);
}

#[tokio::test]
async fn filters_and_periods_that_do_not_fit_are_explained() {
    let world = World::new().await;
    let ask = async |change: fn(&mut inflow_analytics::Query)| {
        let mut asked = query("volume", &[], "2026-10-01", "2026-10-31");
        change(&mut asked);
        let error = report(&world.store, &world.config, &asked).await.unwrap_err();
        (error.to_string(), error.hint().unwrap_or_default())
    };
    assert_eq!(
        ask(|q| _ = q.filters.insert("chanel".to_owned(), vec!["boss".to_owned()])).await,
        (
            "volume cannot be filtered by `chanel`, accepted: channel, store, department, city, recruiter, job_family, requisition, posting_cluster"
                .to_owned(),
            "did you mean `channel`?".to_owned()
        )
    );
    assert_eq!(
        ask(|q| _ = q.filters.insert("channel".to_owned(), vec!["bos".to_owned()])).await,
        ("there is no channel `bos`, accepted: boss, zhaopin, indeed, unallocated".to_owned(), "did you mean `boss`?".to_owned())
    );
    let (message, _) = ask(|q| q.to = "2026-09-30".parse().unwrap()).await;
    assert_eq!(message, "the period ends on 2026-09-30, before it begins on 2026-10-01");
    let (message, _) = ask(|q| q.metric = "volumes".to_owned()).await;
    assert!(message.starts_with("there is no metric `volumes`, accepted: volume, conversion"), "{message}");
}

#[tokio::test]
async fn marts_of_a_replay_come_from_its_own_tables_and_the_views_follow_the_exchange() {
    let world = World::new().await;
    world.insert("applications", vec![application("live", "boss", "2026-10-05 10:00:00")]).await;
    world.analyze().await;
    let shadow = world.store.create_shadow().await.unwrap();
    let rows = (0..3).map(|i| application(&i.to_string(), "zhaopin", "2026-10-05 10:00:00")).collect();
    world.insert_into(&shadow, "applications", rows).await;
    analyze_into(&world.store, &shadow, &world.config, &world.clock).await.unwrap();
    let applications = async || {
        let report = world.report("volume", &[], "2026-10-01", "2026-10-31").await;
        report.rows.iter().map(|row| row["applications"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(applications().await, [1, 0, 0]);
    world.store.exchange_shadow().await.unwrap();
    assert_eq!(applications().await, [0, 3, 0]);
}
