use super::*;
use inflow_analytics::{ChannelYield, PeriodMethod, PeriodNeed, PlannedPart, PlannedWeek};

fn config() -> Config {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("inflow.toml"), "[company]\nname = \"Acme\"\n").unwrap();
    std::fs::write(folder.path().join("channels.toml"), "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n")
        .unwrap();
    Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap()
}

fn of(value: f64, low: f64, high: f64) -> Step {
    Step { value, low, high }
}

fn plan() -> DemandPlan {
    let period = |start: &str, in_reach: bool, gap: Step| PlannedPeriod {
        start: start.parse().unwrap(),
        occasions: Vec::new(),
        need: PeriodNeed {
            units: of(5000.0, 4400.0, 5700.4),
            heads: of(49.0, 43.1, 55.9),
            leavers: of(2.1, 0.0, 5.2),
            gap,
            in_reach,
            temporary: if in_reach { of(4.0, 1.2, 7.1) } else { of(0.0, 0.0, 0.0) },
        },
    };
    DemandPlan {
        grain: Grain::Week,
        today: "2026-12-01".parse().unwrap(),
        known_until: "2026-11-23".parse().unwrap(),
        known: 104,
        method: PeriodMethod::ThetaOfSeason,
        backtest_ratio: Some(0.83),
        periods: vec![period("2026-11-30", false, of(-0.04, -6.0, 7.0)), period("2027-01-04", true, of(11.2, 5.0, 18.0))],
        occasions: [OccasionKnown::Known, OccasionKnown::Once, OccasionKnown::NoEffect, OccasionKnown::Unknown]
            .into_iter()
            .zip([Occasion::DoubleEleven, Occasion::MidYear, Occasion::LunarNewYear, Occasion::DoubleEleven])
            .map(|(known, occasion)| PlannedOccasion {
                occasion,
                known,
                seen: 3,
                factor: 2.71,
                periods: vec!["2027-11-01".parse().unwrap(), "2027-11-08".parse().unwrap()],
            })
            .collect(),
        weeks: vec![PlannedWeek {
            week: "2026-11-30".parse().unwrap(),
            starts: "2027-01-04".parse().unwrap(),
            open: 12,
            openings: of(12.1, 5.5, 18.0),
            lasting: of(8.1, 4.0, 12.0),
            temporary: of(4.0, 1.2, 7.1),
            applications: Some(of(242.0, 110.0, 390.0)),
            cents: Some(of(1_210_000.0, 550_000.0, 1_950_000.0)),
            channels: vec![PlannedPart {
                channel: "boss".to_owned(),
                applications: of(242.0, 110.0, 390.0),
                postings: Some(of(24.2, 11.0, 40.0)),
                cents: of(1_210_000.0, 550_000.0, 1_950_000.0),
            }],
        }],
        hardest: Some("2027-01-04".parse().unwrap()),
        hires: of(11.6, 5.1, 18.9),
        conversion: Some(of(0.05, 0.042, 0.059)),
        applications: Some(of(232.0, 99.0, 390.0)),
        cents: Some(of(1_160_000.0, 495_000.0, 1_950_000.0)),
        currency: "CNY".to_owned(),
        units_per_head: 120.0,
        shrinkage: 0.15,
        heads: 40,
        coming: 2,
        heads_source: Source::Measured,
        lead_days: 30,
        lead_source: Source::Assumed,
        attrition: [of(0.11, 0.06, 0.18), of(0.03, 0.02, 0.045)],
        attrition_source: Source::Measured,
        channels: vec![ChannelYield {
            channel: "boss".to_owned(),
            applied: 800,
            onboarded: 40,
            spend: 4_000_000,
            weight: 1.1,
            posting_weeks: 80.0,
        }],
    }
}

#[test]
fn every_step_and_assumption_is_told() {
    let unknown = DemandPlan { conversion: None, applications: None, cents: None, channels: Vec::new(), grain: Grain::Month, ..plan() };
    let late = DemandPlan {
        weeks: Vec::new(),
        occasions: Vec::new(),
        hardest: None,
        heads_source: Source::Given,
        lead_source: Source::Measured,
        ..plan()
    };
    let all = [plan(), unknown, late];
    let text: Vec<String> = all.iter().flat_map(|plan| [Lang::En, Lang::Zh].map(|lang| told(lang, &config(), plan))).collect();
    insta::assert_snapshot!("planned", text.join("\n"));
}

#[test]
fn money_of_a_document_is_decimal_text() {
    let json = serde_json::to_value(plan()).unwrap();
    assert_eq!(json["budget"], serde_json::json!({"value": "11600.00", "low": "4950.00", "high": "19500.00"}));
    assert_eq!((json["periods"][0]["start"].as_str(), json["channels"][0]["spend"].as_str()), (Some("2026-11-30"), Some("40000.00")));
}

fn args(line: &[&str]) -> PlanDemandArgs {
    use crate::args::{Cli, Command, PlanCommand};
    use clap::Parser;
    match Cli::parse_from([&["inflow", "plan", "demand"], line].concat()).command {
        Command::Plan(PlanCommand::Demand(args)) => args,
        other => panic!("{other:?}"),
    }
}

#[test]
fn options_go_before_the_configuration() {
    let settings =
        DemandSettings { units_per_head: Some(Decimal::ONE_HUNDRED), lead_days: Some(20), heads: Some(9), ..DemandSettings::default() };
    let asked = query(&args(&["--units-per-head", "120", "--shrinkage", "0.2", "--heads", "40"]), &settings).unwrap();
    let wanted = DemandQuery {
        units_per_head: 120.0,
        shrinkage: 0.2,
        lead_days: Some(20),
        heads: Some(40),
        attrition: None,
        ahead: None,
        store: None,
    };
    assert_eq!(asked, wanted);
    let said = |line: &[&str]| query(&args(line), &DemandSettings::default()).unwrap_err().messages[0].0.clone();
    assert_eq!(said(&[]), "it is not said how much a head does");
    assert_eq!(said(&["--units-per-head", "120", "--attrition", "1.2"]), "--attrition 1.2 is no share");
}
