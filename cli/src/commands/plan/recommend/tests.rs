use super::*;
use inflow_analytics::{AuditedGroup, Basis, Impact, Resolution, Tenth};

fn config() -> Config {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("inflow.toml"), "[company]\nname = \"Acme\"\n").unwrap();
    std::fs::write(folder.path().join("channels.toml"), "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n")
        .unwrap();
    let tag = "[[tag]]\nid = \"retail\"\nname = { en = \"Sold in shops\", zh = \"门店销售经验\" }\nwords = [\"收银\"]\n";
    std::fs::write(folder.path().join("personas.toml"), tag).unwrap();
    Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap()
}

fn reasons(all: &[(&str, &str, f64)]) -> Vec<Reason> {
    all.iter().map(|(of, value, log_odds)| Reason { of: (*of).to_owned(), value: (*value).to_owned(), log_odds: *log_odds }).collect()
}

fn application(id: &str, score: Option<(f64, f64, f64)>, all: &[(&str, &str, f64)]) -> Recommended {
    Recommended {
        connection: "moka".to_owned(),
        source_id: id.to_owned(),
        channel: "boss".to_owned(),
        store: String::new(),
        department: String::new(),
        applied_at: "2026-11-20 04:00:00.000".to_owned(),
        local_day: "2026-11-20".to_owned(),
        basis: if score.is_some() { Basis::Model } else { Basis::TagRules },
        score: score.map(|(score, _, _)| score),
        low: score.map(|(_, low, _)| low),
        high: score.map(|(_, _, high)| high),
        carried: 1,
        wanted: 2,
        reasons: reasons(all),
        model_version: "1.812.20260830".to_owned(),
        fitted_at: "2026-12-01 00:00:00.000".to_owned(),
    }
}

fn card(state: State) -> ModelCard {
    let fate = |name: &str, applications: u32| Resolution { resolution: name.to_owned(), applications };
    let tenth = |applications, stayed, predicted, observed, low, high| Tenth { applications, stayed, predicted, observed, low, high };
    ModelCard {
        state,
        impact_assessment: "PIA-2026-01".to_owned(),
        model_version: "1.812.20260830".to_owned(),
        fitted_at: "2026-12-01 00:00:00.000".to_owned(),
        outcomes: 812,
        stayed: 190,
        first_day: Some("2026-01-05".to_owned()),
        last_day: Some("2026-08-30".to_owned()),
        resolutions: vec![fate("pending", 12), fate("untold", 40), fate("young", 300)],
        ridge: Some(10.0),
        trained: 568,
        judged: 244,
        predicted: Some(0.231),
        observed: Some(0.242),
        slope: Some(0.94),
        slope_error: Some(0.12),
        area_under_curve: Some(0.71),
        area_error: Some(0.03),
        brier: Some(0.16),
        brier_of_share: Some(0.183),
        reliability: vec![tenth(122, 14, 0.12, 0.1148, 0.0697, 0.1833), tenth(122, 45, 0.34, 0.3689, 0.2885, 0.4573)],
        weights: Vec::new(),
    }
}

fn audit() -> Audit {
    let group = |name: &str, selected: u64, ratio: f64, p_holm: Option<f64>| AuditedGroup {
        group: name.to_owned(),
        selected,
        considered: 20,
        impact: Impact {
            rate: Some(selected as f64 / 20.0),
            ratio: Some(ratio),
            under_four_fifths: ratio < 0.8,
            turned_by_one: false,
            p_value: p_holm,
            p_holm,
        },
    };
    Audit { first: 0.25, told: 40, untold: 3, groups: vec![group("甲", 8, 1.0, None), group("乙", 2, 0.25, Some(0.0648))] }
}

/// Every word that a reason can be.
fn scored() -> Recommendation {
    let applications = vec![
        application(
            "a1",
            Some((0.62, 0.51, 0.72)),
            &[("tag:retail", "has", 0.8), ("night_shift", "yes", 0.5), ("education", "college", 0.2)],
        ),
        application("a2", Some((0.4, 0.3, 0.51)), &[("experience", "3", 0.3), ("expected_pay", "1.12", -0.2), ("job_family", "店员", 0.1)]),
        application(
            "a3",
            Some((0.1, 0.05, 0.2)),
            &[("night_shift", "no", -1.0), ("tag:retail", "lacks", -0.4), ("expected_pay", "0.90", 0.1)],
        ),
        application(
            "a4",
            Some((0.09, 0.04, 0.2)),
            &[("night_shift", "untold", -0.2), ("education", "untold", -0.1), ("experience", "untold", 0.1)],
        ),
        application(
            "a5",
            Some((0.08, 0.04, 0.2)),
            &[("expected_pay", "1.00", -0.2), ("job_family", "untold", -0.1), ("tag:gone", "has", 0.1)],
        ),
    ];
    Recommendation { model: Some(card(State::Fitted)), open: 43, applications, audit: Some(audit()) }
}

fn printed(found: &Recommendation) -> String {
    let model = found.model.clone().unwrap();
    [Lang::En, Lang::Zh].map(|lang| told(lang, &config(), found, &model)).join("\n")
}

#[test]
fn scores_are_told_with_their_reasons_and_their_worth() {
    insta::assert_snapshot!("recommended", printed(&scored()));
}

#[test]
fn where_there_are_no_scores_it_is_said_why() {
    let applications = vec![application("a1", None, &[("tag:retail", "has", 0.0), ("tag:nights", "lacks", 0.0)])];
    let without = |state, applications: Vec<Recommended>| Recommendation {
        model: Some(card(state)),
        open: applications.len(),
        applications,
        audit: None,
    };
    let all = [without(State::TooFew, applications), without(State::NoTraits, Vec::new()), without(State::CannotTell, Vec::new())];
    insta::assert_snapshot!("without_scores", all.iter().map(printed).collect::<Vec<_>>().join("\n"));
}

#[test]
fn what_is_off_says_what_it_needs() {
    let mut config = config();
    assert!(off(&config).messages[0].0.starts_with("recommendations are off: "));
    config.settings.recommendation.impact_assessment = Some("PIA-2026-01".to_owned());
    assert_eq!(off(&config).messages[0].1.as_deref(), Some("run `inflow analyze` first"));
}
