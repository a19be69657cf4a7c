//! Figures by job family, requisition and posting cluster, and what filters keep: worked by hand.

use inflow_analytics::{Query, Report, catalogue, report};
use serde_json::{Value, json};

use crate::world::{World, application, event, find, query};

const OCTOBER: [&str; 2] = ["2026-10-01", "2026-10-31"];

/// Of a job at `boss`, at an hour of 5 October in Shanghai.
fn applied(id: &str, posting: &str, city: &str, hour: u32) -> Value {
    let mut row = application(id, "boss", &format!("2026-10-05 {hour:02}:00:00"));
    row["posting_source_id"] = json!(posting);
    row["city"] = json!(city);
    row["department"] = json!("");
    row["requisition_source_id"] = json!("");
    row["title"] = json!("");
    row
}

fn posting(connection: &str, id: &str, title: &str, requisition: &str) -> Value {
    json!({
        "connection": connection, "source_id": id, "channel": connection, "title": title, "title_normal": title, "status": "open",
        "requisition_source_id": requisition, "posted_at": "2026-10-02 04:00:00", "posted_precision": "exact", "version": 1,
    })
}

fn line(id: &str, requisition: &str, net: &str) -> Value {
    json!({
        "connection": "ledger", "source_id": id, "channel": "boss", "kind": "cpc", "gross": net, "net": net, "currency": "CNY", "requisition_source_id": requisition,
        "booked_on": "2026-10-05", "service_from": "2026-10-05", "service_to": "2026-10-05", "version": 1,
    })
}

/// Three postings at BOSS and one at Zhaopin: sales for R1 (nothing else), a cook for nobody, and a sales manager on both boards.
///
/// | application | job | city | reached |
/// |---|---|---|---|
/// | 1, 2 | j1, sales, R1 | 上海 | 1 attended |
/// | 3 | j1, sales, R1 | 苏州 | |
/// | 4 | j2, cook | 上海 | attended |
/// | 5 | j3, manager | 上海 | |
/// | 6 | none: R2, a cook | 上海 | |
/// | 7 | none: title 资深 Java Developer | 上海 | |
/// | z | Zhaopin's posting of the manager's job | | attended |
async fn world() -> World {
    let mut world = World::new().await;
    let families = &mut world.config.settings.job_families;
    families.insert("销售".to_owned(), vec!["销售".to_owned(), "导购".to_owned()]);
    families.insert("管理".to_owned(), vec!["销售经理".to_owned()]);
    families.insert("it".to_owned(), vec!["java".to_owned()]);
    world
        .insert(
            "postings",
            vec![
                posting("boss", "j1", "导购", "R1"),
                posting("boss", "j2", "厨师", ""),
                posting("boss", "j3", "销售经理", ""),
                posting("zhaopin", "z1", "销售经理", ""),
            ],
        )
        .await;
    let cluster = |connection: &str, id: &str| json!({"connection": connection, "source_id": id, "cluster_id": "boss/j3"});
    world.insert("posting_clusters", vec![cluster("boss", "j3"), cluster("zhaopin", "z1")]).await;
    let opening = |id: &str, title: &str, heads: u64| {
        json!({"connection": "hr", "source_id": id, "title": title, "title_normal": title, "heads": heads, "store": "north", "status": "open",
               "opened_on": "2026-09-01", "version": 1})
    };
    world.insert("requisitions", vec![opening("R1", "导购", 3), opening("R2", "厨师", 2)]).await;
    let mut of_requisition = applied("6", "", "上海", 6);
    of_requisition["requisition_source_id"] = json!("R2");
    let mut of_title = applied("7", "", "上海", 7);
    of_title["title"] = json!("资深 Java Developer");
    let mut elsewhere = application("z", "zhaopin", "2026-10-05 01:00:00");
    elsewhere["posting_source_id"] = json!("z1");
    let mut rows = vec![of_requisition, of_title, elsewhere];
    for (id, job, city, hour) in
        [("1", "j1", "上海", 1), ("2", "j1", "上海", 2), ("3", "j1", "苏州", 3), ("4", "j2", "上海", 4), ("5", "j3", "上海", 5)]
    {
        rows.push(applied(id, job, city, hour));
    }
    world.insert("applications", rows).await;
    let attended = |channel: &str, id: &str| event(channel, id, "attended", "2026-10-06 02:00:00");
    world.insert("stage_events", vec![attended("boss", "1"), attended("boss", "4"), attended("zhaopin", "z")]).await;
    world.insert("spend", vec![line("a", "R1", "90"), line("b", "R2", "10"), line("c", "", "7"), line("d", "gone", "1")]).await;
    world.analyze().await;
    world
}

/// Values by dimension.
type Filters<'a> = &'a [(&'a str, &'a [&'a str])];

fn asked(metric: &str, by: &[&str], filters: Filters<'_>) -> Query {
    let mut asked = query(metric, by, OCTOBER[0], OCTOBER[1]);
    for (name, values) in filters {
        asked.filters.insert((*name).to_owned(), values.iter().map(|value| (*value).to_owned()).collect());
    }
    asked
}

/// A column by another, rows of nothing left out.
fn column(report: &Report, by: &str, column: &str) -> Vec<(String, u64)> {
    let rows = report.rows.iter().map(|row| (row[by].as_str().unwrap().to_owned(), row[column].as_u64().unwrap_or_default()));
    rows.filter(|(_, count)| *count > 0).collect()
}

fn pairs(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[tokio::test]
async fn volume_by_job_is_that_of_postings_requisitions_and_titles() {
    let world = world().await;
    let by = async |by: &str, of: &str| column(&world.ask(&asked("volume", &[by], &[])).await, by, of);
    // The longest word decides: 销售经理 is no sales. Without a posting the requisition says it, else the title; a title of no family is its own.
    assert_eq!(by("job_family", "applications").await, pairs(&[("it", 1), ("厨师", 2), ("管理", 2), ("销售", 3)]));
    assert_eq!(by("job_family", "postings").await, pairs(&[("厨师", 1), ("管理", 2), ("销售", 1)]));
    assert_eq!(by("job_family", "posting_clusters").await, pairs(&[("厨师", 1), ("管理", 1), ("销售", 1)]));
    assert_eq!(by("requisition", "applications").await, pairs(&[("", 4), ("hr/R1", 3), ("hr/R2", 1)]));
    assert_eq!(by("requisition", "postings").await, pairs(&[("", 3), ("hr/R1", 1)]));
    assert_eq!(by("posting_cluster", "applications").await, pairs(&[("", 2), ("boss/j1", 3), ("boss/j2", 1), ("boss/j3", 2)]));
    let report = world.ask(&asked("volume", &["channel", "posting_cluster"], &[])).await;
    assert_eq!(find(&report, &[("channel", "zhaopin"), ("posting_cluster", "boss/j3")])["applications"], 1);
}

#[tokio::test]
async fn filters_keep_what_they_name_and_the_list_behind_it() {
    let world = world().await;
    let cases: [(Filters<'_>, &[&str]); 7] = [
        (&[("city", &["上海"])], &["1", "2", "4", "5", "6", "7"]),
        (&[("city", &["上海"]), ("job_family", &["销售", "管理"])], &["1", "2", "5"]),
        (&[("requisition", &["hr/R1"])], &["1", "2", "3"]),
        (&[("posting_cluster", &["boss/j3"])], &["5", "z"]),
        (&[("posting_cluster", &["boss/j3"]), ("channel", &["zhaopin"])], &["z"]),
        (&[("department", &[""]), ("job_family", &["it"])], &["7"]),
        (&[("recruiter", &["nobody"])], &[]),
    ];
    for (filters, expected) in cases {
        let found = world.ask(&asked("volume", &["none"], filters)).await;
        assert_eq!(found.rows[0]["applications"], expected.len(), "{filters:?}");
        let report = world.ask(&asked("stage_entries", &["none"], filters)).await;
        let listed = report.rows.iter().filter(|row| row["stage"] == "applied").map(|row| row["application"].as_str().unwrap());
        let mut listed: Vec<&str> = listed.map(|application| application.split_once('/').unwrap().1).collect();
        listed.sort_unstable();
        assert_eq!(listed, expected, "{filters:?}");
        let report = world.ask(&asked("conversion", &["none"], filters)).await;
        let step = find(&report, &[("from_stage", "applied"), ("to_stage", "attended")]);
        assert_eq!(step["denominator"], expected.len(), "{filters:?}");
        let attended = expected.iter().filter(|id| ["1", "4", "z"].contains(id)).count();
        assert_eq!(step["numerator"], attended, "{filters:?}");
    }
}

/// A filter is a value and never SQL, whatever stands in it.
#[tokio::test]
async fn a_value_that_looks_like_a_statement_matches_nothing() {
    let world = world().await;
    for value in ["' OR 1 --", "{tz:String}", "{tz:String} OR 1 OR '", "$slices(*)", "$local_stages()", "\\", "?", "a*b"] {
        let report = world.ask(&asked("volume", &["none"], &[("city", &[value])])).await;
        assert_eq!(report.rows[0]["applications"], 0, "{value}");
    }
}

#[tokio::test]
async fn rates_times_and_cost_are_cut_by_job_too() {
    let world = world().await;
    let report = world.ask(&asked("conversion", &["job_family"], &[])).await;
    let rate = |family: &str| {
        let row = find(&report, &[("job_family", family), ("from_stage", "applied"), ("to_stage", "attended")]);
        [row["numerator"].as_u64().unwrap(), row["denominator"].as_u64().unwrap()]
    };
    assert_eq!([rate("销售"), rate("厨师"), rate("管理"), rate("it")], [[1, 3], [1, 2], [1, 2], [0, 1]]);
    // By 1 December the fourteen days of each are over.
    let report = world.ask(&asked("step_rate", &["requisition"], &[("job_family", &["销售", "厨师"])])).await;
    let of = |requisition: &str| {
        let row = find(&report, &[("requisition", requisition), ("from_stage", "applied"), ("to_stage", "screened"), ("basis", "days")]);
        [row["numerator"].as_u64().unwrap(), row["denominator"].as_u64().unwrap()]
    };
    assert_eq!([of("hr/R1"), of("hr/R2"), of("")], [[1, 3], [0, 1], [1, 1]]);
    let report = world.ask(&asked("time_in_stage", &["posting_cluster"], &[])).await;
    let row = find(&report, &[("posting_cluster", "boss/j1"), ("stage", "applied")]);
    assert_eq!([row["entries"].as_u64().unwrap(), row["left"].as_u64().unwrap()], [3, 1]);
    let report = world.ask(&asked("conversion_estimate", &["job_family"], &[("posting_cluster", &["boss/j3"])])).await;
    let row = report
        .rows
        .iter()
        .find(|row| row["job_family"] == "管理" && row["from_stage"] == "applied" && row["to_stage"] == "attended" && row["days"] == 7);
    let row = row.unwrap();
    assert_eq!([row["entries"].as_u64().unwrap(), row["reached"].as_u64().unwrap()], [2, 1]);

    // The ledger names requisitions; what names none, or one that nobody delivers, is nobody's.
    let report = world.ask(&asked("cost_per_resume", &["requisition"], &[])).await;
    let cost = |requisition: &str| {
        let row = find(&report, &[("requisition", requisition)]);
        [&row["numerator"], &row["denominator"], &row["value"]].map(|value| value.to_string().replace('"', ""))
    };
    assert_eq!(cost("hr/R1"), ["90.00", "3", "30.00"]);
    assert_eq!(cost("hr/R2"), ["10.00", "1", "10.00"]);
    assert_eq!(cost(""), ["8.00", "4", "2.00"]);
    let report = world.ask(&asked("spend", &["none"], &[("job_family", &["厨师"])])).await;
    assert_eq!(report.rows[0]["amount"], "10.00");
}

#[tokio::test]
async fn heads_and_hires_are_cut_by_job_too() {
    let world = world().await;
    let hired = |id: &str, requisition: &str| {
        json!({"connection": "hr", "source_id": id, "candidate_source_id": id, "status": "employed", "onboard_on": "2026-10-20",
               "requisition_source_id": requisition, "application_source_id": "", "version": 1})
    };
    let mut known = hired("E3", "");
    known["connection"] = json!("boss");
    known["application_source_id"] = json!("5");
    world.insert("employment", vec![hired("E1", "R1"), hired("E2", "R2"), known]).await;
    world.analyze().await;
    let report = world.ask(&asked("fill_rate", &["job_family"], &[])).await;
    let filled = |family: &str| {
        let row = find(&report, &[("job_family", family)]);
        ["numerator", "denominator", "without_requisition"].map(|column| row[column].as_u64().unwrap())
    };
    assert_eq!([filled("销售"), filled("厨师"), filled("管理")], [[1, 3, 0], [1, 2, 0], [0, 0, 1]]);
    let report = world.ask(&asked("fill_rate", &["none"], &[("requisition", &["hr/R2"])])).await;
    assert_eq!([&report.rows[0]["numerator"], &report.rows[0]["denominator"]], [1, 2]);
    let report = world.ask(&asked("source_of_hire", &["job_family"], &[("posting_cluster", &["boss/j3"])])).await;
    assert_eq!(column(&report, "job_family", "official"), pairs(&[("管理", 1)]));
    let report = world.ask(&asked("time_to_fill", &["requisition"], &[("job_family", &["厨师"])])).await;
    let heads: Vec<(&str, u64)> = report
        .rows
        .iter()
        .filter(|row| row["filled_by"] == "onboarded" && row["heads"].as_u64() > Some(0))
        .map(|row| (row["requisition"].as_str().unwrap(), row["heads"].as_u64().unwrap()))
        .collect();
    assert_eq!(heads, []);
    let mut since_september = asked("time_to_fill", &["requisition"], &[("job_family", &["厨师"])]);
    since_september.from = "2026-09-01".parse().unwrap();
    let report = world.ask(&since_september).await;
    assert_eq!(find(&report, &[("filled_by", "onboarded"), ("requisition", "hr/R2")])["heads"], 2);
}

/// A store that another program analysed has marts that know nothing of jobs.
#[tokio::test]
async fn what_an_older_analysis_did_not_prepare_is_not_told() {
    let world = world().await;
    let text = "CREATE OR REPLACE VIEW inflow.metric_volume_v1 AS SELECT has({by:Array(String)}, 'channel') AS channel";
    world.store.execute(text, &[], &[]).await.unwrap();
    for asked in [asked("volume", &["job_family"], &[]), asked("volume", &["channel"], &[("requisition", &["hr/R1"])])] {
        let error = report(&world.store, &world.config, &asked).await.unwrap_err();
        assert_eq!(error.to_string(), "volume has not been prepared in this store");
    }
    assert_eq!(world.ask(&asked("volume", &["channel"], &[("store", &["nowhere"])])).await.rows.len(), 3);
}

/// The view, grouped by a dimension and restricted in SQL, says what the report says that is filtered.
#[tokio::test]
async fn plain_sql_groups_by_all_dimensions_and_restricts_them() {
    let world = world().await;
    let rows = world
        .rows(
            "SELECT applications FROM inflow.metric_volume(from = '2026-10-01', to = '2026-10-31', tz = '', as_of = '2026-12-01 00:00:00', \
             by = ['job_family', 'city'], channel = [], store = []) WHERE job_family = '销售' AND city = '上海'",
        )
        .await;
    assert_eq!(rows[0]["applications"], 2);
    assert_eq!(rows.len(), 1);
}

/// Whatever a metric can be filtered by it runs with: all of it, and what it is not grouped by.
#[tokio::test]
async fn every_metric_runs_with_every_filter() {
    let world = world().await;
    for metric in catalogue() {
        let names = metric.filters();
        assert!(names.starts_with(&["channel", "store"]), "{}", metric.id);
        let filters = |names: &[&'static str]| -> Vec<(&'static str, &'static [&'static str])> {
            names.iter().map(|name| (*name, if *name == "channel" { &["boss", "zhaopin"][..] } else { &["x", "y"] })).collect()
        };
        world.ask(&asked(metric.id, &["none"], &filters(&names))).await;
        let (first, last) = names.split_at(names.len() / 2);
        for (by, narrowed) in [(first, last), (last, first)] {
            let by: Vec<&str> = by.iter().copied().filter(|name| metric.dimensions.contains(name)).collect();
            world.ask(&asked(metric.id, if by.is_empty() { &["none"] } else { &by }, &filters(narrowed))).await;
        }
    }
}
