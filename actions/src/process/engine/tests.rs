use inflow_config::{AssessmentKind, Config, InvitationKind, Stage};

use super::*;
use crate::process::case::Assessment;

const PROCESS: &str = r#"
[quiet]
from = "21:00"
to = "08:30"
[contacts]
url = "https://localhost/{application}"
[[gateway]]
id = "sms"
shape = "webhook"
processor = "own"
url = "https://localhost/"
body = '{"to": "{phone}"}'
[[processor]]
id = "own"
country = "CN"
hosts = ["localhost"]
own = true
[[template]]
id = "remind"
gateway = "sms"
text = "{name}"
[[template]]
id = "second"
gateway = "sms"
text = "{name}"
[[process]]
id = "shops"
[[process.stage]]
id = "screened"
within = "48h"
[[process.stage]]
id = "ai_interview"
invitation = "ai"
[[process.stage]]
id = "second_interview"
invitation = "onsite"
[[process.gate]]
id = "health"
before = "second_interview"
assessment = "health_certificate"
warn_days = [30, 7]
[[process.ladder]]
id = "invite"
stage = "screened"
[[process.ladder.step]]
id = "send"
unless = ["invited"]
send = "remind"
[[process.ladder]]
id = "ai"
invitation = "ai"
[[process.ladder.step]]
id = "remind"
after = "12h"
unless = ["opened"]
send = "remind"
[[process.ladder.step]]
id = "call"
after = "24h"
unless = ["taken"]
task = "call"
[[process.ladder.step]]
id = "end"
after = "7d"
unless = ["taken"]
propose = "rejected"
[[process.ladder]]
id = "second"
invitation = "ai"
from = "taken"
[[process.ladder.step]]
id = "send"
unless = ["invited"]
toward = "second_interview"
send = "second"
"#;

fn config() -> Config {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("inflow.toml"), "").unwrap();
    std::fs::write(folder.path().join("process.toml"), PROCESS).unwrap();
    Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap_or_else(|error| panic!("{error}"))
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Screened at 09:00 and invited at 10:00 of Shanghai, on Tuesday 3 November 2026.
fn case() -> Case {
    let invitation = Invitation {
        id: "i1".to_owned(),
        kind: Some(InvitationKind::Ai),
        sent_at: Some(at("2026-11-03T02:00:00Z")),
        ..Invitation::default()
    };
    Case {
        connection: "ats".to_owned(),
        application: "a1".to_owned(),
        stages: [(Stage::Screened, at("2026-11-03T01:00:00Z"))].into(),
        invitations: vec![invitation],
        ..Case::default()
    }
}

fn certificate(until: &str, at_: &str) -> Assessment {
    Assessment {
        kind: AssessmentKind::HealthCertificate,
        name: String::new(),
        at: Some(at(at_)),
        result: String::new(),
        status: "valid".to_owned(),
        valid_until: Some(until.parse().unwrap()),
    }
}

/// Rule and step of what stands, with its due time.
fn standing(case: &Case, now: &str) -> Vec<(String, String)> {
    let config = config();
    let look = Look { process: &config.processes.process[0], quiet: config.processes.quiet, zone: Tz::Asia__Shanghai, now: at(now) };
    let steps = look.standing(case);
    let keys: std::collections::BTreeSet<&String> = steps.iter().map(|step| &step.key).collect();
    assert_eq!(keys.len(), steps.len(), "no key twice");
    steps.iter().map(|step| (format!("{}/{}", step.rule, step.step), step.due_at.format("%dT%H:%M").to_string())).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn the_ladder_of_an_ai_interview() {
    let mut case = case();
    assert_eq!(standing(&case, "2026-11-03T13:59:00Z"), [], "the invitation was sent, so none is to be");
    // Twelve hours later it is 22:00 there: the reminder waits for half past eight.
    assert_eq!(standing(&case, "2026-11-03T14:30:00Z"), []);
    assert_eq!(standing(&case, "2026-11-04T00:30:00Z"), pairs(&[("ai/remind", "04T00:30")]));
    assert_eq!(standing(&case, "2026-11-04T02:00:00Z"), pairs(&[("ai/remind", "04T00:30"), ("ai/call", "04T02:00")]));
    // Opened, the reminder is no longer due; the call is.
    case.invitations[0].opened_at = Some(at("2026-11-04T02:10:00Z"));
    assert_eq!(standing(&case, "2026-11-04T02:15:00Z"), pairs(&[("ai/call", "04T02:00")]));
    let week = standing(&case, "2026-11-10T02:00:00Z");
    assert_eq!(week, pairs(&[("ai/call", "04T02:00"), ("ai/end", "10T02:00"), ("screened/within", "05T01:00")]), "and only proposed");
    case.invitations[0].taken_at = Some(at("2026-11-10T03:00:00Z"));
    assert_eq!(standing(&case, "2026-11-10T04:00:00Z"), [], "the second interview waits for the certificate");
    case.ended = true;
    assert_eq!(standing(&case, "2026-11-20T04:00:00Z"), []);
}

#[test]
fn an_invitation_is_sent_after_screening_unless_somebody_has() {
    let mut case = Case { invitations: Vec::new(), ..case() };
    assert_eq!(standing(&case, "2026-11-03T01:00:00Z"), pairs(&[("invite/send", "03T01:00")]));
    case.stages = [(Stage::Applied, at("2026-11-03T01:00:00Z"))].into();
    assert_eq!(standing(&case, "2026-11-03T01:00:00Z"), [], "not screened yet");
}

#[test]
fn a_gate_holds_the_next_step_back_and_says_so() {
    let config = config();
    let mut case = case();
    case.invitations[0].taken_at = Some(at("2026-11-03T05:00:00Z"));
    let look =
        |now: &str| Look { process: &config.processes.process[0], quiet: config.processes.quiet, zone: Tz::Asia__Shanghai, now: at(now) };
    let blocked = look("2026-11-06T05:00:00Z").blocked(&case);
    assert_eq!((blocked[0].before.as_str(), blocked[0].standing), ("second_interview", Standing::Missing));
    assert_eq!(standing(&case, "2026-11-06T05:00:00Z"), []);
    case.assessments = vec![certificate("2027-11-05", "2026-11-06T04:00:00Z")];
    assert_eq!(look("2026-11-06T05:00:00Z").blocked(&case), []);
    let free = standing(&case, "2026-11-06T05:00:00Z");
    assert_eq!(free, pairs(&[("second/send", "06T04:00")]), "due since the gate opened, so not too late");
    let steps = look("2026-11-06T05:00:00Z").standing(&case);
    assert!(steps[0].ageless);
    // An old one is as good as none.
    case.assessments = vec![certificate("2026-11-01", "2025-11-01T04:00:00Z")];
    assert_eq!(look("2026-11-06T05:00:00Z").blocked(&case)[0].standing, Standing::Expired("2026-11-01".parse().unwrap()));
    // Who came on site all the same is shown to somebody.
    case.invitations.push(Invitation {
        id: "i2".to_owned(),
        kind: Some(InvitationKind::Onsite),
        sent_at: Some(at("2026-11-04T01:00:00Z")),
        taken_at: Some(at("2026-11-05T01:00:00Z")),
        ..Invitation::default()
    });
    assert_eq!(standing(&case, "2026-11-06T05:00:00Z"), pairs(&[("health/passed", "05T01:00")]));
}

#[test]
fn a_certificate_that_ends_is_warned_of_thirty_and_seven_days_ahead() {
    let mut case = case();
    case.invitations.clear();
    case.stages = [(Stage::Applied, at("2026-11-01T01:00:00Z"))].into();
    case.assessments = vec![certificate("2026-12-31", "2026-01-01T00:00:00Z")];
    assert_eq!(standing(&case, "2026-12-01T00:59:59Z"), []);
    assert_eq!(standing(&case, "2026-12-01T01:00:00Z"), pairs(&[("health/warn_30", "01T01:00")]));
    assert_eq!(standing(&case, "2026-12-24T01:00:00Z"), pairs(&[("health/warn_7", "24T01:00")]), "the nearer one instead");
    assert_eq!(standing(&case, "2026-12-31T15:59:59Z").len(), 1, "its last day is a day that it holds");
    assert_eq!(standing(&case, "2026-12-31T16:00:00Z"), [], "ended in Shanghai; then the gate is closed");
    case.assessments.push(certificate("2027-12-30", "2026-12-20T00:00:00Z"));
    assert_eq!(standing(&case, "2026-12-24T01:00:00Z"), [], "a new one is there");
}

#[test]
fn other_gates_ask_for_a_pass() {
    let gate = Gate {
        id: "night".to_owned(),
        before: "offered".to_owned(),
        assessment: AssessmentKind::NightShift,
        name: None,
        warn_days: Vec::new(),
        send: None,
        notify: Vec::new(),
    };
    let today = "2026-11-06".parse().unwrap();
    let told = |result: &str, status: &str| Assessment {
        kind: AssessmentKind::NightShift,
        name: String::new(),
        at: Some(at("2026-11-05T01:00:00Z")),
        result: result.to_owned(),
        status: status.to_owned(),
        valid_until: None,
    };
    let standing = |assessments: Vec<Assessment>| Standing::of(&gate, &Case { assessments, ..case() }, today);
    assert_eq!(standing(Vec::new()), Standing::Missing);
    assert_eq!(standing(vec![told("", "pending")]), Standing::Pending);
    assert_eq!(standing(vec![told("failed", "taken")]), Standing::Failed);
    assert!(standing(vec![told("failed", "taken"), told("passed", "taken")]).is_open(), "it may be taken again");
    assert_eq!(standing(vec![told("", "missed")]), Standing::Missing);
}

#[test]
fn quiet_hours_by_the_clock_on_the_wall() {
    let config = config();
    let look = |zone, from: &str, to: &str| Look {
        process: &config.processes.process[0],
        quiet: Some(Quiet { from: from.parse().unwrap(), to: to.parse().unwrap() }),
        zone,
        now: at("2026-01-01T00:00:00Z"),
    };
    let shanghai = look(Tz::Asia__Shanghai, "21:00:00", "08:30:00");
    for (asked, awake) in [
        ("2026-11-03T12:59:59Z", "2026-11-03T12:59:59Z"),
        ("2026-11-03T13:00:00Z", "2026-11-04T00:30:00Z"),
        ("2026-11-03T20:00:00Z", "2026-11-04T00:30:00Z"),
        ("2026-11-04T00:30:00Z", "2026-11-04T00:30:00Z"),
    ] {
        assert_eq!(shanghai.awake(at(asked)), at(awake), "{asked}");
    }
    let lunch = look(Tz::Asia__Shanghai, "12:00:00", "13:30:00");
    assert_eq!(lunch.awake(at("2026-11-03T04:10:00Z")), at("2026-11-03T05:30:00Z"));
    assert_eq!(lunch.awake(at("2026-11-03T20:00:00Z")), at("2026-11-03T20:00:00Z"));
    // In Berlin 02:30 of 29 March 2026 does not exist: the night ends an hour later. On 25 October it comes twice: at the first.
    let berlin = look(Tz::Europe__Berlin, "22:00:00", "02:30:00");
    assert_eq!(berlin.awake(at("2026-03-28T23:00:00Z")), at("2026-03-29T01:30:00Z"));
    assert_eq!(berlin.awake(at("2026-10-24T23:00:00Z")), at("2026-10-25T00:30:00Z"));
}

#[test]
fn keys_are_of_their_parts_and_no_others() {
    assert_eq!(key(&["a", "bc"]).len(), 32);
    assert_ne!(key(&["a", "bc"]), key(&["ab", "c"]));
}
