//! Every hand-written message of `fixtures/mailbox`, read as its `expected.json` says.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::*;

fn folder() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("fixtures/mailbox")
}

fn templates() -> Templates {
    Templates::new(Vec::new(), Tz::Asia__Shanghai)
}

fn told(mail: &Mail, reading: &Reading) -> Value {
    let fit = match reading {
        Reading::Fits(fit) => fit,
        Reading::Ignored => return json!({"reading": "ignored"}),
        Reading::Unfit(sender) => return json!({"reading": format!("unfit {sender}")}),
        Reading::Other => return json!({"reading": "other"}),
    };
    let kind = match fit.kind {
        MailKind::Resume => "resume",
        MailKind::Notification => "notification",
        MailKind::Status => "status",
        MailKind::Ignored => "ignored",
    };
    let mut map = Map::new();
    map.insert("board".into(), json!(fit.board));
    map.insert("kind".into(), json!(kind));
    map.insert("stage".into(), json!(fit.stage.as_str()));
    map.insert("attachments".into(), json!(mail.attachments));
    if let Some(at) = fit.at {
        map.insert("at".into(), json!(at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)));
    }
    for (key, slot) in [("name", Slot::Name), ("phone", Slot::Phone), ("email", Slot::Email), ("title", Slot::Title), ("city", Slot::City)]
    {
        if let Some(text) = fit.taken.get(slot) {
            map.insert(key.into(), json!(text));
        }
    }
    Value::Object(map)
}

#[test]
fn every_message_is_read_as_expected() {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    let expected: BTreeMap<String, BTreeMap<String, Value>> = serde_json::from_str(&text).unwrap();
    let templates = templates();
    let mut wrong = Vec::new();
    let mut files = 0;
    for (board, messages) in &expected {
        let listed: Vec<String> = std::fs::read_dir(folder().join(board))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        assert_eq!(listed.len(), messages.len(), "{board}: every file has its line in expected.json");
        for (file, expected) in messages {
            let mail = Mail::read(&std::fs::read(folder().join(board).join(file)).unwrap()).unwrap();
            let found = told(&mail, &templates.read(&mail));
            if found != *expected {
                wrong.push(format!("{board}/{file}\n   found {found}\nexpected {expected}"));
            }
            files += 1;
            // What is read whole must also be asked for by its header.
            let header = Mail { text: String::new(), attachments: 0, attached: None, ..mail };
            if expected.get("board").is_some() && !templates.wants(&header) {
                wrong.push(format!("{board}/{file} is not wanted by its header"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(files > 30);
}

#[test]
fn every_template_file_has_messages() {
    let names = |folder: PathBuf| -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    let fixtures = names(folder());
    for template in names(PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("mail")) {
        assert!(fixtures.contains(&template), "{template}: no message in fixtures/mailbox/{template}");
    }
}

#[test]
fn the_company_s_own_templates_come_first() {
    let own = super::super::parse_templates(
        "board = \"校园招聘\"\nfrom = [\"campus.example\"]\n[[mail]]\nkind = \"status\"\nstage = \"invited\"\nsubject = [\"{name}已接受{title}面试\"]\n",
        "own.toml",
    );
    let templates = Templates::new(vec![own.unwrap()], Tz::Asia__Shanghai);
    let mail = |subject: &str| Mail { from: "hr@campus.example".into(), subject: subject.into(), ..Mail::default() };
    let Reading::Fits(fit) = templates.read(&mail("张测试已接受店员面试")) else { panic!("no template fits") };
    assert_eq!((fit.board.as_str(), fit.kind, fit.stage), ("校园招聘", MailKind::Status, Stage::Invited));
    assert_eq!(templates.read(&mail("系统通知")), Reading::Unfit("campus.example".into()));
    assert!(!format!("{fit:?}").contains("张测试"));
}

#[test]
fn a_colleague_s_address_is_never_the_applicant_s() {
    let mail = Mail {
        from: "shop@tea.example".into(),
        to: "hr@tea.example".into(),
        sender: "店长".into(),
        subject: "应聘-店员-张测试".into(),
        attachments: 1,
        ..Mail::default()
    };
    let Reading::Fits(fit) = templates().read(&mail) else { panic!("no template fits") };
    assert_eq!((fit.taken.get(Slot::Email), fit.taken.get(Slot::Name)), (None, Some("张测试")));
    let stranger = Mail { from: "a@qq.com".into(), to: "hr@qq.com".into(), ..mail };
    let Reading::Fits(fit) = templates().read(&stranger) else { panic!("no template fits") };
    assert_eq!(fit.taken.get(Slot::Email), Some("a@qq.com"));
}

#[test]
fn a_name_never_passes_for_a_title() {
    for subject in ["应聘-李样例-店员", "应聘-店员-李样例", "李样例-应聘-店员", "店员-李样例-简历"] {
        let mail = Mail { from: "a@example.org".into(), subject: subject.into(), attachments: 1, ..Mail::default() };
        let Reading::Fits(fit) = templates().read(&mail) else { panic!("{subject}: no template fits") };
        assert_eq!((fit.taken.get(Slot::Title), fit.taken.get(Slot::Name)), (Some("店员"), Some("李样例")), "{subject}");
    }
}

#[test]
fn the_report_says_what_was_not_read() {
    let mut tally = Tally { seen: 20, ignored: 2, other: 3, attachments: 4, ..Tally::default() };
    tally.unfit.insert("zhaopin.com".into(), 12);
    let notes: Vec<String> = tally.notes().into_iter().map(|note| note.en).collect();
    assert_eq!(
        notes,
        [
            "12 mails of zhaopin.com fit no template; say their form in a template file and name it as `mapping`",
            "passed over: 2 mails of boards about nobody in particular, 3 mails of other senders",
            "4 attachments were left in the mailbox",
        ]
    );
}
