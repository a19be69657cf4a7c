//! `process.toml`: what it becomes, and what is said of what cannot work.

use inflow_config::{Config, GatewayShape, InvitationKind, LadderFrom, Unless};
use rstest::rstest;
use std::time::Duration;

use crate::Folder;

const MESSAGES: &str = "[[receiver]]\nid = \"hr\"\nshape = \"wecom\"\nurl = \"env:INFLOW_NO_SUCH_HOOK\"\n";
const WAYS: &str = r#"
[contacts]
url = "https://ats.company.example/contacts/{application}"
[[processor]]
id = "ats"
country = "CN"
hosts = ["ats.company.example", "sms.company.example"]
own = true
[[gateway]]
id = "sms"
shape = "webhook"
processor = "ats"
url = "https://sms.company.example/send"
body = '{"to": "{phone}", "text": "{text}"}'
[[template]]
id = "reminder"
gateway = "sms"
text = "{name}, your interview waits until {deadline}: {link}"
"#;
const STAGES: &str = "[[process]]\nid = \"shops\"\n[[process.stage]]\nid = \"screened\"\n[[process.stage]]\nid = \"ai\"\ninvitation = \"ai\"\n\
                      [[process.stage]]\nid = \"attended\"\n";
const LADDER: &str = "[[process.ladder]]\nid = \"ai\"\ninvitation = \"ai\"\n[[process.ladder.step]]\nid = \"remind\"\nafter = \"12h\"\n";

fn folder(text: &str) -> Folder {
    Folder::new(&[("inflow.toml", ""), ("messages.toml", MESSAGES), ("process.toml", text)])
}

fn load(text: &str) -> Config {
    folder(text).load(&[]).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_process_is_stages_gates_and_ladders() {
    let text = format!(
        "[quiet]\nfrom = \"21:00\"\nto = \"08:30\"\n{WAYS}{STAGES}{LADDER}unless = [\"opened\"]\nsend = \"reminder\"\n\
         [[process.gate]]\nid = \"health\"\nbefore = \"attended\"\nassessment = \"health_certificate\"\nwarn_days = [7, 30, 7]\n\
         [[process]]\nid = \"office\"\njob_family = [\"engineer\"]\n[[process.stage]]\nid = \"applied\"\nwithin = \"2d\"\nnotify = [\"hr\"]\n"
    );
    let config = load(&text);
    let processes = &config.processes;
    assert_eq!(processes.of_family("engineer").unwrap().id, "office");
    let shops = processes.of_family("cook").unwrap();
    assert_eq!(shops.id, "shops", "the one that names no family is for all others");
    let ladder = &shops.ladder[0];
    assert_eq!(
        (ladder.invitation, ladder.from, ladder.step[0].delay()),
        (Some(InvitationKind::Ai), LadderFrom::Sent, Duration::from_hours(12))
    );
    assert_eq!(ladder.step[0].unless, [Unless::Opened]);
    assert_eq!(shops.gate[0].warn_days, [30, 7], "the earliest warning first, each once");
    assert_eq!(processes.of_family("engineer").unwrap().stage[0].within, Some(Duration::from_hours(48)));
    assert_eq!(processes.gateway("sms").unwrap().shape, GatewayShape::Webhook);
    assert_eq!((processes.cron().unwrap().to_string().as_str(), processes.patience()), ("0 */5 * * * *", Duration::from_hours(24)));
    let contacts = processes.contacts.as_ref().unwrap();
    assert_eq!(contacts.address("c", "a/1 b", "p").unwrap().as_str(), "https://ats.company.example/contacts/a%2F1%20b");
}

/// Line numbers are left out: `process.toml:` and then the key.
fn said(text: &str) -> String {
    let messages = folder(text).messages(&[]);
    let lines: Vec<String> = messages
        .lines()
        .map(|line| {
            let rest = line.strip_prefix("process.toml:").unwrap_or(line);
            rest.split_once(": ").filter(|(number, _)| number.chars().all(|c| c.is_ascii_digit())).map_or(rest, |(_, rest)| rest).to_owned()
        })
        .collect();
    lines.join("\n")
}

#[rstest]
#[case::a_condition_with_a_typo(
    &format!("{WAYS}{STAGES}{LADDER}unless = [\"openned\"]\nsend = \"reminder\"\n"),
    "process[0].ladder[0].step[0].unless: unknown condition `openned`, accepted: opened, replied, taken, invited, moved (did you mean `opened`?)"
)]
#[case::a_key_with_a_typo(
    &format!("{WAYS}{STAGES}{LADDER}unles = [\"opened\"]\nsend = \"reminder\"\n"),
    "process[0].ladder[0].step[0].unles: unknown key, accepted here: id, after, unless, toward, send, task, propose, notify (did you mean `unless`?)"
)]
#[case::an_unknown_stage(
    "[[process]]\nid = \"p\"\n[[process.stage]]\nid = \"screend\"\n",
    "process[0].stage[0].id: unknown stage `screend`, accepted: viewed, contacted, applied, screened, invited, attended, offered, accepted, onboarded, passed_probation, rejected, withdrawn (did you mean `screened`?)"
)]
#[case::a_stage_of_another_process(
    &format!("{STAGES}[[process.gate]]\nid = \"g\"\nbefore = \"offered\"\nassessment = \"night_shift\"\n"),
    "process[0].gate[0].before: the process `shops` has no stage `offered`, it has screened, ai, attended"
)]
#[case::an_ending_is_no_stage(
    "[[process]]\nid = \"p\"\n[[process.stage]]\nid = \"rejected\"\n",
    "process[0].stage[0].id: `rejected` ends a case and is no stage of a process (a step may `propose` it)"
)]
#[case::an_unknown_field(
    &WAYS.replace("{deadline}", "{dedline}"),
    "template[0].text: there is no field {dedline}, accepted: {name}, {company}, {job}, {store}, {deadline}, {appointment}, {link}, {missing} (did you mean `deadline`?)"
)]
#[case::an_unknown_field_of_a_body(
    &WAYS.replace("{phone}", "{mobile}"),
    "gateway[0].body: there is no field {mobile}, accepted: {name}, {company}, {job}, {store}, {deadline}, {appointment}, {link}, {missing}, {phone}, {email}, {text}, {code}, {key}"
)]
#[case::an_unreachable_gateway(
    &WAYS.replace("https://sms.company.example/send", "https://sms.elsewhere.example/send"),
    "gateway[0].url: its host sms.elsewhere.example is of no processor that it names (add it to `hosts` of the [[processor]] who runs it, if that is where candidates' data belongs)"
)]
#[case::a_gateway_in_clear(
    &WAYS.replace("https://sms.company.example/send", "http://sms.company.example/send"),
    "gateway[0].url: is not https (only this machine itself is reached without)"
)]
#[case::a_gateway_without_an_address(
    &WAYS.replace("url = \"https://sms.company.example/send\"\n", ""),
    "gateway[0]: a gateway of shape webhook needs `url`"
)]
#[case::a_gateway_that_is_not_there(
    &WAYS.replace("gateway = \"sms\"", "gateway = \"smss\""),
    "template[0].gateway: there is no gateway `smss`, accepted: sms (did you mean `sms`?)"
)]
#[case::mail_without_a_server(
    "[[gateway]]\nid = \"mail\"\nshape = \"email\"\n",
    "gateway[0].shape: mail needs a server: there is no [smtp] in messages.toml ([smtp] has host, from, user, password)"
)]
#[case::abroad(
    &WAYS.replace("country = \"CN\"", "country = \"US\""),
    "processor[0].country: handles data in US, and the company is in CN (personal data leaves the country only with allow_abroad = true at the top of the file, and a `transfer`)"
)]
#[case::abroad_without_a_ground(
    &format!("allow_abroad = true\n{}", WAYS.replace("country = \"CN\"", "country = \"US\"")),
    "processor[0]: data that leaves the country needs the ground for it, `transfer` (transfer = \"standard contract, filed as ..\")"
)]
#[case::a_processor_without_a_contract(
    &WAYS.replace("own = true\n", ""),
    "processor[0]: a processor needs the first and last day of its contract (contract_from = 2026-01-01 and contract_until = 2026-12-31, or own = true for the company's own server)"
)]
#[case::a_schedule_that_never_fires(
    "at = \"0 0 9 30 2 *\"\n",
    "at: the schedule `0 0 9 30 2 *` never fires: no month that it names has such a day (30 and 31 February do not exist, nor does 31 April)"
)]
#[case::a_template_that_is_not_there(
    &format!("{WAYS}{STAGES}{LADDER}send = \"remainder\"\n"),
    "process[0].ladder[0].step[0].send: there is no template `remainder`, accepted: reminder (did you mean `reminder`?)"
)]
#[case::a_message_without_contacts(
    &format!("{}{STAGES}{LADDER}send = \"reminder\"\n", WAYS.replace("[contacts]\nurl = \"https://ats.company.example/contacts/{application}\"\n", "")),
    "process[0].ladder[0].step[0].send: a message to a candidate needs [contacts]: where phone and mail are asked for ([contacts] with url of the ATS, or with vault and identity)"
)]
#[case::a_step_that_does_two_things(
    &format!("{WAYS}{STAGES}{LADDER}send = \"reminder\"\ntask = \"call\"\n"),
    "process[0].ladder[0].step[0]: a step does one thing: `send`, `task` or `propose` (send = \"ID\" of a template, task = \"call\", propose = \"rejected\")"
)]
#[case::an_unknown_receiver(
    &format!("{STAGES}{LADDER}task = \"call\"\nnotify = [\"boss\"]\n"),
    "process[0].ladder[0].step[0].notify: there is no receiver in messages.toml `boss`, accepted: hr"
)]
#[case::a_condition_of_no_invitation(
    &format!("{STAGES}[[process.ladder]]\nid = \"s\"\nstage = \"screened\"\n[[process.ladder.step]]\nid = \"x\"\ntask = \"t\"\nunless = [\"opened\"]\n"),
    "process[0].ladder[0].step[0].unless: `opened` is said of an invitation, and the ladder begins with a stage (accepted here: invited, moved)"
)]
#[case::a_warning_of_what_does_not_end(
    &format!("{STAGES}[[process.gate]]\nid = \"g\"\nbefore = \"attended\"\nassessment = \"night_shift\"\nwarn_days = [7]\n"),
    "process[0].gate[0].warn_days: is for certificates, and `night_shift` does not end"
)]
#[case::two_for_one_family(
    "[[process]]\nid = \"a\"\n[[process.stage]]\nid = \"applied\"\n[[process]]\nid = \"b\"\n[[process.stage]]\nid = \"applied\"\n",
    "process[1].job_family: there is another process without job_family, `a`"
)]
#[case::quiet_for_no_time(
    "[quiet]\nfrom = \"21:00\"\nto = \"21:00\"\n",
    "quiet.to: quiet hours that end when they begin are none, or all (from = \"21:00\", to = \"08:30\")"
)]
#[case::a_time_that_is_none("[quiet]\nfrom = \"9pm\"\nto = \"08:30\"\n", "quiet.from: `9pm` is not a time of day such as 08:30")]
#[case::an_unknown_connection("connection = [\"moka\"]\n", "connection: there is no connection `moka`, there is none yet")]
#[case::a_delay_beyond_all_patience(
    "[[process]]\nid = \"p\"\n[[process.stage]]\nid = \"applied\"\nwithin = \"9999d\"\n",
    "process[0].stage[0].within: must be at most 366d"
)]
#[case::contacts_of_nobody(
    &WAYS.replace("/{application}", "/all"),
    "contacts.url: says of no case whose contact is asked for (put {application} or {candidate} into it)"
)]
fn what_cannot_work_is_said_in_a_sentence(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(said(text), expected);
}

#[test]
fn a_secret_that_cannot_be_read_is_found_before_anything_is_sent() {
    let text = format!("{}{STAGES}", WAYS.replace("body = ", "token = \"env:INFLOW_NO_SUCH_TOKEN\"\nbody = "));
    let problems = load(&text).check_secrets();
    assert!(problems[0].to_string().contains("gateway[0].token: environment variable INFLOW_NO_SUCH_TOKEN is not set"), "{}", problems[0]);
    assert!(load(&text.replace(STAGES, "")).check_secrets().is_empty(), "without a process nothing is sent");
}
