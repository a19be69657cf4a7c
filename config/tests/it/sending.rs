//! `messages.toml`: what it becomes, and what is said of what is none.

use inflow_config::{BriefKind, Config, Lang, Shape, SmtpSecurity};
use rstest::rstest;

use crate::Folder;

const CHANNELS: &str = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n";
const SMTP: &str = "[smtp]\nhost = \"localhost\"\nsecurity = \"none\"\nfrom = \"a@b.example\"\n";
const GROUP: &str = "[[receiver]]\nid = \"group\"\nshape = \"wecom\"\nurl = \"env:INFLOW_NO_SUCH_HOOK\"\n";

fn folder(text: &str) -> Folder {
    Folder::new(&[("inflow.toml", ""), ("channels.toml", CHANNELS), ("messages.toml", text)])
}

fn load(text: &str) -> Config {
    folder(text).load(&[]).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_message_says_little_and_means_much() {
    let config = load(&format!(
        "allow_hosts = [\"Gate.company.example\"]\n{SMTP}{GROUP}[[message]]\nid = \"d\"\nkind = \"day\"\nto = [\"group\"]\n\
         [[message]]\nid = \"w\"\nkind = \"week\"\nlang = \"en\"\nat = \"0 0 8 * * TUE\"\nto = [\"group\"]\nchannel = [\"boss\"]\nenabled = false\n"
    ));
    let messages = &config.messages;
    let at: Vec<String> = messages.message.iter().map(|rule| rule.cron().unwrap().to_string()).collect();
    assert_eq!(at, ["0 30 18 * * *", "0 0 8 * * TUE"]);
    assert_eq!((messages.message[0].kind, messages.message[0].lang, messages.message[0].is_enabled()), (BriefKind::Day, None, true));
    assert_eq!((messages.message[1].lang, messages.message[1].is_enabled()), (Some(Lang::En), false));
    assert_eq!(messages.receiver("group").unwrap().shape, Shape::Wecom);
    let smtp = messages.smtp.as_ref().unwrap();
    assert_eq!((smtp.security, smtp.port()), (SmtpSecurity::None, 25));
    assert!(messages.allows("gate.company.example") && messages.allows("oapi.dingtalk.com") && !messages.allows("company.example"));
    for kind in [BriefKind::Day, BriefKind::Week, BriefKind::Month] {
        assert!(kind.default_at().parse::<inflow_config::Cron>().is_ok(), "{kind:?}");
    }
}

#[test]
fn a_plan_holds_until_the_next_one() {
    let config = load(
        "[[plan]]\nfrom = \"2026-03\"\nchannel = \"boss\"\napplications = 100\n[[plan]]\nfrom = \"2026-06\"\nchannel = \"boss\"\napplications = 200\nonboarded = 0\n",
    );
    let of = |month: &str, stage: &str| {
        config.messages.plan_of(Some("boss"), month.parse().unwrap()).and_then(|plan| plan.of(stage)).map(|heads| heads.to_string())
    };
    assert_eq!((of("2026-02-01", "applied"), of("2026-05-01", "applied").as_deref()), (None, Some("100")));
    assert_eq!((of("2026-06-01", "applied").as_deref(), of("2027-01-01", "onboarded").as_deref()), (Some("200"), Some("0")));
    assert!(config.messages.plan_of(None, "2026-07-01".parse().unwrap()).is_none());
}

#[test]
fn secrets_are_asked_for_only_of_what_is_sent() {
    let of = |rest: &str| load(&format!("{GROUP}{rest}")).check_secrets();
    assert_eq!(of(""), []);
    assert_eq!(of("[[message]]\nid = \"d\"\nkind = \"day\"\nto = [\"group\"]\nenabled = false\n"), []);
    let missing = of("[[message]]\nid = \"d\"\nkind = \"day\"\nto = [\"group\"]\n");
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert_eq!((missing[0].line, missing[0].key.as_str()), (Some(4), "receiver[0].url"));
}

#[rstest]
#[case::no_address(
    "[[receiver]]\nid = \"m\"\nshape = \"email\"\n",
    "messages.toml:1: receiver[0]: an email receiver needs `to` (to = [\"hr@company.example\"])\nmessages.toml:3: receiver[0].shape: mail needs a server: there is no [smtp] in the file ([smtp] has host, from, user, password)"
)]
#[case::no_mail(
    "[[receiver]]\nid = \"m\"\nshape = \"email\"\nto = [\"hr\"]\n[smtp]\nhost = \"localhost\"\nfrom = \"a@b.example\"\n",
    "messages.toml:4: receiver[0].to: `hr` is not a mail address (such as hr@company.example, or Name <hr@company.example>)"
)]
#[case::injected(
    "[smtp]\nhost = \"localhost\"\nfrom = \"a@b.example\\r\\nBcc: c@d.example\"\n",
    "messages.toml:3: smtp.from: `a@b.example\r\nBcc: c@d.example` is not a mail address (such as hr@company.example, or Name <hr@company.example>)"
)]
#[case::in_clear(
    "[smtp]\nhost = \"mail.company.example\"\nsecurity = \"none\"\nfrom = \"a@b.example\"\n",
    "messages.toml:3: smtp.security: mail in clear is for a server on this machine only (accepted for other hosts: tls, starttls)"
)]
#[case::no_password(
    "[smtp]\nhost = \"localhost\"\nuser = \"a\"\nfrom = \"a@b.example\"\n",
    "messages.toml:3: smtp.user: a user needs a `password` (password = \"env:SMTP_PASSWORD\")"
)]
#[case::hook_in_clear(
    "[[receiver]]\nid = \"m\"\nshape = \"slack\"\nurl = \"https://hooks.slack.com/services/T/B/key\"\n",
    "messages.toml:4: receiver[0].url: a webhook's address holds a key and must be env:NAME or file:PATH (export HR_GROUP_HOOK=https://.. and write \"env:HR_GROUP_HOOK\")"
)]
#[case::no_hook(
    "[[receiver]]\nid = \"m\"\nshape = \"feishu\"\n",
    "messages.toml:1: receiver[0]: a feishu receiver needs `url` (url = \"env:HR_GROUP_HOOK\": the address holds a key)"
)]
#[case::unsigned(
    "[[receiver]]\nid = \"m\"\nshape = \"slack\"\nurl = \"env:A\"\nsecret = \"env:B\"\n",
    "messages.toml:5: receiver[0].secret: slack webhooks are not signed; DingTalk's and Feishu's are"
)]
#[case::shape(
    "[[receiver]]\nid = \"m\"\nshape = \"wecon\"\nurl = \"env:A\"\n",
    "messages.toml:3: receiver[0].shape: unknown shape `wecon`, accepted: email, wecom, dingtalk, feishu, slack (did you mean `wecom`?)"
)]
#[case::kind(
    "[[message]]\nid = \"d\"\nkind = \"daily\"\nto = []\n",
    "messages.toml:3: message[0].kind: unknown kind `daily`, accepted: day, week, month\nmessages.toml:4: message[0].to: names no receiver"
)]
#[case::nobody(
    "[[message]]\nid = \"d\"\nkind = \"day\"\nto = [\"grop\"]\n",
    "messages.toml:4: message[0].to: there is no receiver `grop`, the file has none"
)]
#[case::five_fields(
    "[[message]]\nid = \"d\"\nkind = \"day\"\nat = \"30 18 * * *\"\n",
    "messages.toml:1: message[0].to: missing, and it has no default\nmessages.toml:4: message[0].at: `30 18 * * *` is not a schedule, accepted: six fields \"second minute hour day month weekday\", such as \"0 */15 * * * *\" (five fields lack the seconds: \"0 30 18 * * *\")"
)]
#[case::channel(
    "[[plan]]\nfrom = \"2026-11\"\nchannel = \"bos\"\nattended = 1\n",
    "messages.toml:3: plan[0].channel: there is no channel `bos` in channels.toml, which has boss (did you mean `boss`?)"
)]
#[case::empty_plan(
    "[[plan]]\nfrom = \"2026-11\"\n",
    "messages.toml:1: plan[0]: a plan says at least one of applications, attended and onboarded (the plan of cost is a budget in finance.toml)"
)]
#[case::host(
    "allow_hosts = [\"https://a.example\"]\n",
    "messages.toml:1: allow_hosts: `https://a.example` is not a host (write its name alone, such as \"gateway.company.example\")"
)]
fn what_is_wrong_is_explained(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(folder(text).messages(&[]), expected);
}

#[test]
fn two_of_one_name_are_told_apart() {
    let text = format!(
        "{GROUP}{GROUP}[[message]]\nid = \"d\"\nkind = \"day\"\nto = [\"group\"]\n[[message]]\nid = \"d\"\nkind = \"day\"\nto = [\"group\"]\n"
    );
    assert_eq!(
        folder(&text).messages(&[]),
        "messages.toml:6: receiver[1].id: there are two receivers `group`\nmessages.toml:14: message[1].id: there are two messages `d`"
    );
}
