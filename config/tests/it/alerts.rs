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
#[case::nobody_later(
    "above = 1\nescalate_after = \"2h\"",
    "alerts.toml:6: rule[0].escalate_after: after that long nobody is told: there is no `escalate_to` (escalate_to = [\"manager\"] in the rule or at the top of the file)"
)]
#[case::float(
    "above = 0.08",
    "alerts.toml:5: rule[0].above: must be a decimal number in quotes, such as \"1280.50\" (write \"0.08\" to keep it exact)"
)]
#[case::misspelt(
    "abov = 1",
    "alerts.toml:1: rule[0]: missing the level at which an alert begins: `above` or `below` (above = \"0.08\" is 8 %)\n\
     alerts.toml:5: rule[0].abov: unknown key, accepted here: id, name, metric, column, by, where, channel, store, days, period, above, below, clear, mode, fewest, to, escalate_after, escalate_to (did you mean `above`?)"
)]
fn a_rule_that_is_none_is_explained(#[case] keys: &str, #[case] expected: &str) {
    assert_eq!(folder(&format!("{HEAD}{keys}\n")).messages(&[]), expected);
}

#[test]
fn two_rules_of_one_name_are_told_apart() {
    let text = format!("{HEAD}above = 1\n{HEAD}above = 2\n");
    assert_eq!(folder(&text).messages(&[]), "alerts.toml:7: rule[1].id: there are two rules `x`");
}

const MESSAGES: &str = "[[receiver]]\nid = \"hr_group\"\nshape = \"wecom\"\nurl = \"env:HR\"\n[[receiver]]\nid = \"boss_group\"\nshape = \"wecom\"\nurl = \"env:BOSS\"\n";

fn told(text: &str) -> Result<Config, inflow_config::ConfigError> {
    Folder::new(&[("inflow.toml", ""), ("channels.toml", CHANNELS), ("messages.toml", MESSAGES), ("alerts.toml", text)]).load(&[])
}

#[test]
fn who_is_told_is_said_by_the_rule_or_by_the_file_and_a_silence_holds_for_what_it_names() {
    let text = format!(
        "to = [\"hr_group\"]\nescalate_after = \"24h\"\nescalate_to = [\"boss_group\"]\ndrops = false\n[quiet]\nfrom = \"21:00\"\nto = \"08:00\"\n\
         {HEAD}above = 1\nto = [\"boss_group\"]\nescalate_after = \"2h\"\n{}above = 1\n\
         [[silence]]\nrule = \"x\"\nchannel = \"boss\"\nfrom = 2026-11-02T00:00:00Z\nuntil = 2026-11-03T00:00:00Z\nreason = \"moving\"\nby = \"Lin Example\"\n",
        HEAD.replace("\"x\"", "\"y\"")
    );
    let alerts = told(&text).unwrap().alerts;
    assert_eq!(
        [alerts.receivers("x"), alerts.receivers("y"), alerts.receivers("connection")],
        [&["boss_group"], &["hr_group"], &["hr_group"]]
    );
    assert!(alerts.receivers("channel_drop").is_empty() && alerts.receivers("gone").is_empty() && alerts.is_any_told());
    assert_eq!(alerts.escalation("x").unwrap().0, std::time::Duration::from_hours(2));
    let quiet = |time: &str| alerts.quiet.unwrap().holds(time.parse().unwrap());
    assert_eq!(["20:59", "21:00", "00:10", "07:59", "08:00"].map(|time| quiet(&format!("{time}:00"))), [false, true, true, true, false]);
    let holds = |rule: &str, channels: &[&str], at: &str| {
        let channels: Vec<String> = channels.iter().map(|id| (*id).to_owned()).collect();
        alerts.silence[0].holds(rule, "channel=boss", &channels, at.parse().unwrap())
    };
    assert!(holds("x", &["boss"], "2026-11-02T10:00:00Z"));
    assert!(
        !holds("y", &["boss"], "2026-11-02T10:00:00Z")
            && !holds("x", &[], "2026-11-02T10:00:00Z")
            && !holds("x", &["boss"], "2026-11-03T00:00:00Z")
    );
}

#[rstest]
#[case::receiver(
    "to = [\"hr_grup\"]",
    "alerts.toml:1: to: there is no receiver `hr_grup` in messages.toml, accepted: hr_group, boss_group (did you mean `hr_group`?)"
)]
#[case::nobody(
    "escalate_after = \"2h\"",
    "alerts.toml:1: escalate_after: after that long nobody is told: there is no `escalate_to` (escalate_to = [\"manager\"])"
)]
#[case::no_rule(
    "[[silence]]\nrule = \"conection\"\nuntil = 2026-11-03T00:00:00Z\nreason = \"x\"\nby = \"y\"",
    "alerts.toml:2: silence[0].rule: there is no rule `conection`, accepted: channel_drop, connection (did you mean `connection`?)"
)]
#[case::everything(
    "[[silence]]\nuntil = 2026-11-03T00:00:00Z\nreason = \"x\"\nby = \"y\"",
    "alerts.toml:1: silence[0]: a silence names a `rule`, a `slice` or a `channel` (one that names nothing would silence everything)"
)]
#[case::taken(
    "[[rule]]\nid = \"connection\"\nname = { en = \"X\", zh = \"某\" }\nmetric = \"no_show\"\nabove = 1",
    "alerts.toml:2: rule[0].id: `connection` is the name of an alert that is built in (choose another)"
)]
fn what_cannot_be_told_is_said(#[case] text: &str, #[case] expected: &str) {
    let error = told(text).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}
