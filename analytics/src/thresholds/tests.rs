use super::*;

const HEAD: &str = "[[rule]]\nid = \"x\"\nname = { en = \"X\", zh = \"某\" }\n";

fn problems(rules: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("inflow.toml"), "").unwrap();
    std::fs::write(folder.path().join("alerts.toml"), rules).unwrap();
    let config = Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap();
    let place = format!("{}/", folder.path().display());
    check_alerts(&config).iter().map(|problem| problem.to_string().replace(&place, "")).collect()
}

fn problem(keys: &str) -> String {
    problems(&format!("{HEAD}{keys}\n")).join("\n")
}

#[test]
fn a_rule_that_no_metric_bears_out_is_explained() {
    for (keys, expected) in [
        (
            "metric = \"no_shows\"\nabove = \"0.1\"",
            "alerts.toml:4: rule[0].metric: no alert can watch a metric `no_shows`, accepted: no_show, no_reply, step_rate, drop_out, offer_acceptance, \
             onboard_rate, assessment_pass, persona_match, cost_per_contact, cost_per_resume, cost_per_attended, cost_per_onboarded, volume, time_in_stage, \
             time_to_hire, time_to_fill, fill_rate, retention_90, budget (did you mean `no_show`?)",
        ),
        (
            "metric = \"fill_rate\"\ncolumn = \"vacancy\"\nabove = \"0.1\"",
            "alerts.toml:5: rule[0].column: no alert can watch `vacancy` of fill_rate, accepted: value, vacancy_rate, gap, overdue, overdue_days",
        ),
        (
            "metric = \"no_show\"\nby = [\"stor\"]\nabove = \"0.1\"",
            "alerts.toml:5: rule[0].by: an alert on no_show cannot be cut by `stor`, accepted: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, kind (did you mean `store`?)",
        ),
        (
            "metric = \"step_rate\"\nwhere = { from = \"invited\" }\nbelow = \"0.5\"",
            "alerts.toml:5: rule[0].where.from: the rows of step_rate have no key `from`, accepted: from_stage, to_stage, basis",
        ),
        (
            "metric = \"fill_rate\"\nchannel = []\nstore = [\"x\"]\ncolumn = \"gap\"\nabove = 3\ndays = 7\nmode = \"interval\"\nfewest = 2",
            "alerts.toml:9: rule[0].days: gap of fill_rate does not add up over days (write period = \"week\" or \"month\" instead)\n\
             alerts.toml:10: rule[0].mode: gap of fill_rate has no interval (leave `mode` out)\n\
             alerts.toml:11: rule[0].fewest: gap of fill_rate is not made of cases, so it has no fewest (leave it out)",
        ),
        (
            "metric = \"budget\"\nperiod = \"month\"\nabove = \"1.1\"",
            "alerts.toml:5: rule[0].period: pace of budget is of the month so far, after each of its days (leave it out)",
        ),
        (
            "metric = \"no_show\"\nperiod = \"week\"\nabove = 8",
            "alerts.toml:5: rule[0].period: no_show adds up over days (write days = 7 or 28 instead)\n\
             alerts.toml:6: rule[0].above: no_show is a share from 0 to 1 (8 % is \"0.08\")",
        ),
    ] {
        assert_eq!(problem(keys), expected);
    }
    assert!(
        problem("metric = \"conversion\"\nbelow = \"0.1\"")
            .ends_with("(write `step_rate`: it judges a step when it is due, while young cohorts of a conversion always look low)")
    );
}

#[test]
fn the_rules_of_the_examples_can_be_watched_with_and_without_their_comments() {
    for (_, files) in inflow_config::TEMPLATES {
        let (_, text) = files.iter().find(|(name, _)| *name == "alerts.toml").unwrap();
        let is_toml = |line: &&str| toml::from_str::<toml::Table>(line).is_ok();
        let whole: String =
            text.lines().map(|line| line.strip_prefix("# ").filter(is_toml).unwrap_or(line)).flat_map(|line| [line, "\n"]).collect();
        assert!(whole.matches("[[rule]]").count() > text.matches("\n[[rule]]").count());
        assert_eq!((problems(text), problems(&whole)), (vec![], vec![]));
    }
}

#[test]
fn what_can_be_watched_is_in_the_catalogue() {
    for Measure { metric, column, kind } in MEASURES {
        let found = catalogue().iter().find(|known| known.id == metric).unwrap();
        let read: Vec<&str> = match kind {
            Kind::Rate | Kind::Cost => vec!["numerator", "denominator"],
            Kind::Count => vec![],
            Kind::Figure { cases, interval, .. } => {
                cases.into_iter().chain(interval.then_some(["low", "high"]).into_iter().flatten()).collect()
            }
        };
        for column in read.into_iter().chain([column, "covered"]) {
            assert!(found.columns.contains(&column), "{metric} has no {column}");
        }
        let cut = match kind {
            Kind::Figure { .. } if metric == "budget" => "month",
            Kind::Figure { .. } => "week",
            _ => "day",
        };
        assert!(found.dimensions.contains(&cut), "{metric} by {cut}");
        assert_eq!(kind == Kind::Cost || metric == "budget", found.has_money, "{metric}");
    }
}
