use super::*;
use crate::args::{Cli, Command, PlanCommand};
use clap::Parser;
use inflow_analytics::BudgetReason;
use inflow_config::Lang;

fn args(line: &[&str]) -> PlanBudgetArgs {
    match Cli::parse_from([&["inflow", "plan", "budget"], line].concat()).command {
        Command::Plan(PlanCommand::Budget(args)) => args,
        other => panic!("{other:?}"),
    }
}

fn config() -> Config {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("inflow.toml"), "[company]\nname = \"Acme\"\n").unwrap();
    let channels = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n[[channel]]\nid = \"douyin\"\nname = { en = \"Douyin\", zh = \"抖音\" }\n";
    std::fs::write(folder.path().join("channels.toml"), channels).unwrap();
    let plans = "[[scenario]]\nname = \"calm\"\nmax_move = 10\ntotal = \"9000\"\nhold = [\"boss\"]\n[[scenario.channel]]\nid = \"douyin\"\nfloor = \"20%\"\n";
    std::fs::write(folder.path().join("plans.toml"), plans).unwrap();
    Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap()
}

#[test]
fn draws_make_nothing_certain() {
    assert_eq!([1.0, 0.991, 0.99, 0.5, 0.01, 0.0].map(told::sure), ["> 99 %", "> 99 %", "99 %", "50 %", "1 %", "< 1 %"]);
}

#[test]
fn options_go_before_the_scenario() {
    let config = config();
    let asked = |line: &[&str]| questions(&config, &args(line)).map(|mut all| all.remove(0).1);
    let plain = asked(&[]).unwrap();
    assert_eq!(plain, BudgetQuery::new(People::Attended));
    let calm = asked(&["--scenario", "calm", "--total", "8000.50", "--hold", "douyin", "--by", "hires"]).unwrap();
    assert_eq!((calm.total, calm.max_move, calm.people), (Some(800_050), 0.1, People::Onboarded));
    assert!(calm.limits["douyin"].hold && calm.limits["douyin"].floor.is_none() && calm.limits["boss"].hold);
    let bounded = asked(&["--scenario", "calm", "--floor", "boss=3000", "--cap", "boss=50%", "--target", "12"]).unwrap();
    assert_eq!((bounded.limits["boss"].hold, bounded.limits["boss"].cap.unwrap().cents(900_000)), (false, 450_000));
    assert!((bounded.target.unwrap().probability - 0.8).abs() < 1e-9);
    let several = questions(&config, &args(&["--scenario", "calm", "--scenario", "calm"])).unwrap();
    assert_eq!(several.len(), 2);
}

#[test]
fn what_contradicts_itself_is_refused() {
    let config = config();
    let said = |line: &[&str]| questions(&config, &args(line)).unwrap_err().messages[0].0.clone();
    assert_eq!(said(&["--total", "0"]), "--total 0 is no amount of money");
    assert_eq!(said(&["--total", "1.005"]), "--total 1.005 is no amount of money");
    assert_eq!(said(&["--floor", "boss"]), "--floor boss is no bound of a channel");
    assert_eq!(said(&["--cap", "boss=much"]), "--cap boss=much is no bound of a channel");
    assert_eq!(said(&["--probability", "90"]), "--probability belongs to a target, and there is none");
    assert_eq!(said(&["--hold", "boss", "--floor", "boss=1"]), "boss is held and has bounds: it cannot both stay and move");
    assert_eq!(said(&["--floor", "boss=2", "--cap", "boss=1"]), "the floor of `boss` (2) is above its cap (1)");
    assert_eq!(said(&["--total", "10", "--floor", "boss=11"]), "the floors take 11.00, more than the total of 10.00");
    assert_eq!(said(&["--scenario", "clam"]), "plans.toml has no scenario `clam`; it has calm");
    assert!(
        Cli::try_parse_from(["inflow", "plan", "budget", "--total", "5", "accept", "boss", "--by", "Lin Example", "--reason", "x"])
            .is_err()
    );
}

#[test]
fn what_is_decided_and_kept_writes() {
    let job = |line: &[&str]| Cli::parse_from([&["inflow", "plan", "budget"], line].concat()).command.is_job();
    assert!(!job(&[]) && !job(&["kept"]) && !job(&["--scenario", "calm"]));
    assert!(
        job(&["--keep", "Lin Example"]) && job(&["reject", "boss", "--by", "Lin Example", "--reason", "the contract ends in December"])
    );
}

/// The words of every reason, in both languages, say something of their own.
#[test]
fn reasons_are_told_apart() {
    let all = [
        BudgetReason::CheaperHere,
        BudgetReason::DearerHere,
        BudgetReason::Even,
        BudgetReason::OnlyChannel,
        BudgetReason::NoSpend,
        BudgetReason::NoData,
        BudgetReason::Held,
        BudgetReason::Rejected,
        BudgetReason::Floor,
        BudgetReason::Cap,
        BudgetReason::ForTarget,
    ];
    for lang in [Lang::En, Lang::Zh] {
        let words: std::collections::BTreeSet<&str> = all.iter().map(|one| told::reason(lang, *one)).collect();
        assert_eq!(words.len(), all.len());
    }
}
