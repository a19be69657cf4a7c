//! Rules of alerts: what they become, and what is said of those that are none.

use inflow_config::{AlertMode, AlertPeriod, Config};
use rstest::rstest;

use crate::Folder;

const CHANNELS: &str = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n";
const HEAD: &str = "[[rule]]\nid = \"x\"\nname = { en = \"X\", zh = \"某\" }\nmetric = \"no_show\"\n";

fn folder(text: &str) -> Folder {
    Folder::new(&[("inflow.toml", ""), ("channels.toml", CHANNELS), ("alerts.toml", text)])
}

fn load(text: &str) -> Config {
    folder(text).load(&[]).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_rule_ends_its_alert_a_fifth_back_unless_it_says_where() {
    let rules = load(&format!(
        "{HEAD}above = \"0.10\"\n{}below = \"0.6\"\nby = []\nmode = \"interval\"\nperiod = \"month\"\n{}below = 3\nclear = 3\nwhere = {{ stage = \"applied\" }}\n",
        HEAD.replace("\"x\"", "\"y\""),
        HEAD.replace("\"x\"", "\"z\"")
    ))
    .alerts
    .rule;
    let clears: Vec<String> = rules.iter().map(|rule| rule.clears().normalize().to_string()).collect();
    assert_eq!(clears, ["0.08", "0.75", "3"]);
    assert_eq!((rules[0].mode, rules[0].period, rules[0].by.as_deref()), (AlertMode::Literal, None, None));
    assert_eq!((rules[1].mode, rules[1].period, rules[1].by.as_deref()), (AlertMode::Interval, Some(AlertPeriod::Month), Some(&[][..])));
    assert_eq!(rules[2].only["stage"], "applied");
    assert!(Folder::new(&[("inflow.toml", "")]).load(&[]).unwrap().alerts.rule.is_empty());
}

#[rstest]
#[case::no_level("", "alerts.toml:1: rule[0]: missing the level at which an alert begins: `above` or `below` (above = \"0.08\" is 8 %)")]
#[case::two_levels(
    "above = 1\nbelow = 2",
    "alerts.toml:6: rule[0].below: an alert begins either `above` or `below`, not both (write two rules)"
)]
#[case::clear_beyond(
    "above = \"0.08\"\nclear = \"0.1\"",
    "alerts.toml:6: rule[0].clear: must be at most `above` (0.08) (an alert ends on the quiet side of where it begins, or it would end at once)"
)]
#[case::clear_beyond_below(
    "below = \"0.5\"\nclear = \"0.4\"",
    "alerts.toml:6: rule[0].clear: must be at least `below` (0.5) (an alert ends on the quiet side of where it begins, or it would end at once)"
)]
#[case::mode(
    "above = 1\nmode = \"intervall\"",
    "alerts.toml:6: rule[0].mode: unknown mode `intervall`, accepted: literal, interval (did you mean `interval`?)"
)]
#[case::period("above = 1\nperiod = \"day\"", "alerts.toml:6: rule[0].period: unknown period `day`, accepted: week, month")]
#[case::days_and_period(
    "above = 1\ndays = 7\nperiod = \"week\"",
    "alerts.toml:7: rule[0].period: a rule looks back on `days` or on a `period`, not both (keep one of them)"
)]
#[case::days("above = 1\ndays = 93", "alerts.toml:6: rule[0].days: must be a whole number from 1 to 92")]
#[case::negative("above = \"-1\"", "alerts.toml:5: rule[0].above: must not be negative")]
#[case::fewest("above = 1\nfewest = 0", "alerts.toml:6: rule[0].fewest: must be a whole number from 1 to 1000000")]
#[case::channel(
    "above = 1\nchannel = [\"bos\"]",
    "alerts.toml:6: rule[0].channel: there is no channel `bos` in channels.toml, which has boss (did you mean `boss`?)"
)]
#[case::float(
    "above = 0.08",
    "alerts.toml:5: rule[0].above: must be a decimal number in quotes, such as \"1280.50\" (write \"0.08\" to keep it exact)"
)]
#[case::misspelt(
    "abov = 1",
    "alerts.toml:1: rule[0]: missing the level at which an alert begins: `above` or `below` (above = \"0.08\" is 8 %)\n\
     alerts.toml:5: rule[0].abov: unknown key, accepted here: id, name, metric, column, by, where, channel, store, days, period, above, below, clear, mode, fewest (did you mean `above`?)"
)]
fn a_rule_that_is_none_is_explained(#[case] keys: &str, #[case] expected: &str) {
    assert_eq!(folder(&format!("{HEAD}{keys}\n")).messages(&[]), expected);
}

#[test]
fn two_rules_of_one_name_are_told_apart() {
    let text = format!("{HEAD}above = 1\n{HEAD}above = 2\n");
    assert_eq!(folder(&text).messages(&[]), "alerts.toml:7: rule[1].id: there are two rules `x`");
}
