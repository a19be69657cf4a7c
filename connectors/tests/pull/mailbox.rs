//! The company's mailbox: files and IMAP, templates, cases, what is never kept.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use inflow_config::{Connection, Explain, SecretRef};
use inflow_connectors::spec::Kind;
use inflow_connectors::{PullErrorKind, check_connection, probe};
use serde_json::Value;
use tracing::instrument::WithSubscriber;

use crate::imap::MailServer;
use crate::support::{Rig, at};

fn fixtures() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("fixtures/mailbox")
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(fixtures().join(name)).unwrap()
}

/// Every message of the fixtures: folder, file and bytes.
fn every_message() -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for folder in std::fs::read_dir(fixtures()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        for file in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = format!("{}-{}", folder.file_name().unwrap().to_string_lossy(), file.file_name().unwrap().to_string_lossy());
            all.push((name, std::fs::read(&file).unwrap()));
        }
    }
    all.sort();
    all
}

fn files(rig: &Rig) -> Connection {
    std::fs::create_dir_all(rig.folder.path().join("mail")).unwrap();
    let mut mailbox = Connection::new("box", "mailbox");
    mailbox.path = Some(PathBuf::from("mail"));
    mailbox
}

fn server(port: u16) -> Connection {
    let mut mailbox = Connection::new("box", "mailbox");
    for (key, value) in
        [("host", "127.0.0.1"), ("port", &port.to_string()), ("user", "hr@tea.example"), ("tls", "off"), ("since", "2026-08-01")]
    {
        mailbox.params.insert(key.into(), value.into());
    }
    mailbox.secrets.insert("password".into(), SecretRef::file("key"));
    mailbox
}

/// Board, title, applied_at of every line landed, sorted.
fn landed(rig: &Rig) -> Vec<String> {
    let text = |record: &Value, key: &str| record.get(key).and_then(Value::as_str).unwrap_or("-").to_owned();
    let mut all: Vec<String> =
        rig.world.lines().iter().map(|line| ["board", "title", "applied_at"].map(|key| text(&line.record, key)).join(" ")).collect();
    all.sort();
    all
}

/// Takes log lines.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A BOSS resume of an invented person.
fn boss(name: &str, title: &str, day: u32, id: &str) -> Vec<u8> {
    format!(
        "From: BOSS <cv@service.bosszhipin.com>\r\nTo: hr@tea.example\r\nSubject: {name} | 4年，应聘 {title} | 上海8-13K【BOSS直聘】\r\n\
         Date: {day:02} Sep 2026 10:00:00 +0800\r\nMessage-ID: <{id}@service.bosszhipin.com>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         手机：1990000{id:0>4}\r\n"
    )
    .into_bytes()
}

#[tokio::test]
async fn a_folder_of_messages_is_read_once_and_for_good() {
    let mut rig = Rig::new();
    let mailbox = files(&rig);
    let messages = every_message();
    for (name, bytes) in &messages {
        rig.file(&format!("mail/{name}"), bytes);
    }
    let outcome = rig.pull(&mailbox).await;
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.fetched, messages.len() as u64);
    assert_eq!(outcome.landed, 32, "{:?}", landed(&rig));
    let notes: Vec<&str> = outcome.notes.iter().map(|note| note.en.as_str()).collect();
    assert_eq!(notes.first(), Some(&"1 mail of zhaopin.com fits no template; say their form in a template file and name it as `mapping`"));
    assert!(notes.contains(&"passed over: 1 mail of boards about nobody in particular, 4 mails of other senders"), "{notes:?}");
    rig.now = at("2026-10-02T00:00:00Z");
    assert_eq!(rig.pull(&mailbox).await.landed, 0);
    // The same messages as one mbox, in another order: nothing new either.
    let mbox: Vec<u8> = messages.iter().rev().flat_map(|(_, bytes)| [b"From x\n", bytes.as_slice(), b"\n\n"].concat()).collect();
    std::fs::remove_dir_all(rig.folder.path().join("mail")).unwrap();
    rig.file("mail/inbox.mbox", mbox);
    rig.now = at("2026-10-03T00:00:00Z");
    let outcome = rig.pull(&mailbox).await;
    assert_eq!((outcome.fetched, outcome.landed), (messages.len() as u64, 0), "{:?}", landed(&rig));
}

#[tokio::test]
async fn nothing_that_identifies_a_person_is_kept() {
    let rig = Rig::new();
    let mailbox = files(&rig);
    for (name, bytes) in every_message() {
        rig.file(&format!("mail/{name}"), bytes);
    }
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let outcome = rig.pull(&mailbox).with_subscriber(subscriber).await;
    let logs = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logs.contains("mail of a known board fits no template"), "{logs}");
    let disk = rig.on_disk();
    let expected: Value = serde_json::from_slice(&fixture("expected.json")).unwrap();
    let mut planted = 0;
    let told = format!("{outcome:?}{logs}{:?}", rig.world.lines());
    for message in expected.as_object().unwrap().values().flat_map(|folder| folder.as_object().unwrap().values()) {
        for text in ["name", "phone", "email"].iter().filter_map(|key| message.get(key)).filter_map(Value::as_str) {
            planted += 1;
            assert!(!disk.contains(text) && !told.contains(text), "{text}");
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            assert!(digits.len() < 7 || !disk.contains(&digits) && !told.contains(&digits), "{text}");
        }
    }
    assert!(planted > 60);
    // Message ids hold names at some boards, and attachments are not read at all.
    assert!(!disk.contains("bosszhipin.com") && !disk.contains("invented resume"));
}

#[tokio::test]
async fn a_message_is_imported_by_hand() {
    let rig = Rig::new();
    let mailbox = files(&rig);
    let file = rig.file("one.eml", fixture("job51/1-resume.eml"));
    let outcome = rig.import(&mailbox, Kind::Applications, std::slice::from_ref(&file), None).await;
    assert_eq!(outcome.error, None);
    assert_eq!(landed(&rig), ["前程无忧 店长（储备）-0003 2026-09-01T06:00:00Z"]);
    let outcome = rig.import(&mailbox, Kind::Postings, &[file], None).await;
    assert_eq!(outcome.error.unwrap().to_string(), "box: mail tells of applications, not of postings");
}

#[tokio::test]
async fn what_is_no_message_is_said_and_does_not_stop_the_others() {
    let rig = Rig::new();
    let mailbox = files(&rig);
    rig.file("mail/a.eml", [0xD0, 0xCF, 0x11, 0xE0, 0, 0]);
    rig.file("mail/b.eml", fixture("boss/1-resume.eml"));
    rig.file("mail/c.pdf", "not looked at");
    let error = rig.pull(&mailbox).await.error.unwrap();
    assert!(error.to_string().ends_with("a.eml: it is a message in Outlook's own format"), "{error}");
    assert_eq!(landed(&rig).len(), 1);
}

#[tokio::test]
async fn the_company_s_own_template_is_tried_first() {
    let rig = Rig::new();
    let mut mailbox = files(&rig);
    mailbox.mapping = Some(PathBuf::from("own.toml"));
    rig.file(
        "own.toml",
        "board = \"智联(自有)\"\nfrom = [\"zhaopin.com\"]\n[[mail]]\nkind = \"notification\"\nsubject = [\"{name}收藏了{title}\"]\n",
    );
    rig.file("mail/a.eml", "From: a@zhaopin.com\nDate: 1 Sep 2026 10:00:00 +0800\nSubject: 张测试收藏了店员\n\nx");
    assert_eq!(rig.pull(&mailbox).await.error, None);
    assert_eq!(landed(&rig), ["智联(自有) 店员 2026-09-01T02:00:00Z"]);
    rig.file("own.toml", "board = \"x\"\nmails = 1\n");
    let error = rig.pull(&mailbox).await.error.unwrap();
    assert!(error.to_string().contains("own.toml: line 2: unknown field `mails`"), "{error}");
}

#[tokio::test]
async fn an_imap_folder_is_read_without_touching_it_and_goes_on_where_it_was() {
    let mut rig = Rig::new();
    let mail = MailServer::start(vec![(3, boss("张测试", "店员", 1, "1")), (4, boss("李测试", "店员", 2, "2"))]).await;
    let mailbox = server(mail.port);
    let outcome = rig.pull(&mailbox).await;
    assert_eq!(outcome.error, None);
    assert_eq!((outcome.fetched, outcome.landed), (2, 2));
    let commands = mail.commands();
    assert!(commands.iter().any(|command| command == "UID SEARCH SINCE 1-Aug-2026"), "{commands:?}");
    assert!(commands.iter().any(|command| command.starts_with("ID (\"name\" \"inflow\"")), "{commands:?}");
    let touches = |command: &&String| {
        command.starts_with("SELECT") || command.contains("STORE") || command.replace("BODY.PEEK[", "").contains("BODY[")
    };
    assert_eq!(commands.iter().filter(touches).count(), 0, "{commands:?}");
    assert_eq!(outcome.requests, commands.len() as u64 + 1, "the greeting counts as one");
    let cursor = rig.world.cursor("box", "resumes").unwrap();
    assert!(cursor.ends_with(" 7 4"), "{cursor}");
    rig.now = at("2026-10-02T00:00:00Z");
    assert_eq!(rig.pull(&mailbox).await.landed, 0);
    assert!(mail.commands().iter().any(|command| command == "UID SEARCH UID 1:*"));
    mail.change(|mailbox| mailbox.messages.push((60, boss("王测试", "店长", 3, "3"))));
    rig.now = at("2026-10-03T00:00:00Z");
    assert_eq!(rig.pull(&mailbox).await.landed, 1);
    rig.now = at("2026-10-04T00:00:00Z");
    let outcome = rig.pull(&mailbox).await;
    assert_eq!((outcome.fetched, outcome.landed), (1, 0), "what lies far before the cursor is not read again");
}

#[tokio::test]
async fn a_folder_that_is_numbered_anew_is_read_again_and_counts_nobody_twice() {
    let mut rig = Rig::new();
    let mail = MailServer::start(vec![(100, boss("张测试", "店员", 1, "1"))]).await;
    let mailbox = server(mail.port);
    rig.pull(&mailbox).await;
    mail.change(|mailbox| {
        mailbox.validity = 8;
        mailbox.messages = vec![(1, boss("张测试", "店员", 1, "1")), (2, boss("李测试", "店员", 2, "2"))];
    });
    mail.commands();
    rig.now = at("2026-10-02T00:00:00Z");
    let outcome = rig.pull(&mailbox).await;
    assert_eq!((outcome.fetched, outcome.landed), (2, 1));
    assert!(mail.commands().iter().any(|command| command == "UID SEARCH SINCE 1-Aug-2026"));
    assert!(rig.world.cursor("box", "resumes").unwrap().ends_with(" 8 2"));
}

#[tokio::test]
async fn a_connection_that_breaks_off_keeps_the_cursor_and_the_next_pull_goes_on() {
    let mut rig = Rig::new();
    let messages = (1..=201).map(|uid| (uid, boss("张测试", &format!("店员{uid}"), 1, &uid.to_string()))).collect();
    let mail = MailServer::start(messages).await;
    mail.change(|mailbox| mailbox.break_at = Some(201));
    let mailbox = server(mail.port);
    let outcome = rig.pull(&mailbox).await;
    let error = outcome.error.unwrap();
    assert_eq!(error.kind, PullErrorKind::Unreachable);
    assert!(error.to_string().starts_with("box: the connection to 127.0.0.1 broke off"), "{error}");
    assert_eq!(outcome.landed, 200);
    assert!(rig.world.cursor("box", "resumes").unwrap().ends_with(" 7 200"));
    assert!(rig.world.health("box").unwrap().error.is_some());
    mail.change(|mailbox| mailbox.break_at = None);
    rig.now = at("2026-10-02T00:00:00Z");
    let outcome = rig.pull(&mailbox).await;
    assert_eq!((outcome.error, outcome.landed), (None, 1));
}

#[tokio::test]
async fn of_a_huge_message_only_the_beginning_is_fetched() {
    let rig = Rig::new();
    let mut huge = boss("张测试", "店员", 1, "1");
    huge.extend(vec![b'A'; 2 << 20]);
    let mail = MailServer::start(vec![(1, huge)]).await;
    mail.change(|mailbox| mailbox.claimed_size = Some(30 << 20));
    let outcome = rig.pull(&server(mail.port)).await;
    assert_eq!((outcome.error, outcome.landed), (None, 1));
    let commands = mail.commands();
    assert!(commands.contains(&"UID FETCH 1 (UID BODY.PEEK[]<0.524288>)".to_owned()), "{commands:?}");
}

#[tokio::test]
async fn a_message_without_a_date_has_that_of_the_server_and_none_is_of_the_future() {
    let mut rig = Rig::new();
    rig.now = at("2026-09-02T00:00:00Z");
    let text = |message: Vec<u8>| String::from_utf8(message).unwrap();
    let undated = text(boss("张测试", "店员", 1, "1")).replace("Date: 01 Sep 2026 10:00:00 +0800\r\n", "");
    let mail = MailServer::start(vec![(1, undated.into_bytes()), (2, boss("李测试", "店长", 20, "2"))]).await;
    assert_eq!(rig.pull(&server(mail.port)).await.error, None);
    assert_eq!(landed(&rig), ["BOSS直聘 店员 2026-09-01T00:00:00Z", "BOSS直聘 店长 2026-09-02T00:00:00Z"]);
}

#[tokio::test]
async fn mail_of_strangers_is_not_even_fetched() {
    let rig = Rig::new();
    let stranger = b"From: a@partner.example\r\nSubject: lunch\r\nDate: 1 Sep 2026 10:00:00 +0800\r\n\r\nhello\r\n".to_vec();
    let mail = MailServer::start(vec![(1, stranger)]).await;
    let outcome = rig.pull(&server(mail.port)).await;
    assert_eq!((outcome.error, outcome.fetched, outcome.landed), (None, 1, 0));
    assert!(!mail.commands().iter().any(|command| command.contains("BODY.PEEK[]")));
}

#[tokio::test]
async fn what_a_server_refuses_is_one_clear_sentence() {
    let rig = Rig::new();
    rig.file("wrong", "nope\n");
    let mail = MailServer::start(Vec::new()).await;
    let mut mailbox = server(mail.port);
    mailbox.secrets.insert("password".into(), SecretRef::file("wrong"));
    let error = rig.pull(&mailbox).await.error.unwrap();
    assert_eq!((error.kind, error.to_string().as_str()), (PullErrorKind::Unauthorised, "box: 127.0.0.1 did not accept user and password"));
    assert!(error.hint().unwrap().contains("授权码"), "{:?}", error.hint());
    let mut mailbox = server(mail.port);
    mailbox.params.insert("folder".into(), "简历".into());
    let error = rig.pull(&mailbox).await.error.unwrap();
    assert_eq!((error.kind, error.to_string().as_str()), (PullErrorKind::Configuration, "box: 127.0.0.1 has no folder 简历"));
    assert_eq!(error.hint().as_deref(), Some("its folders: INBOX, 收件箱"));
    // A refused search is not an empty mailbox.
    mail.change(|mailbox| mailbox.refuse_search = true);
    let error = rig.pull(&server(mail.port)).await.error.unwrap();
    assert_eq!(
        (error.kind, error.to_string().as_str()),
        (PullErrorKind::BadResponse, "box: 127.0.0.1 refused UID SEARCH: [UNAVAILABLE] try later")
    );
    mail.change(|mailbox| mailbox.nonsense = Some("* FETCH 张测试 19900000001".into()));
    let error = rig.pull(&server(mail.port)).await.error.unwrap();
    assert!(!error.to_string().contains("张测试"), "{error}");
    let error = rig.pull(&server(1)).await.error.unwrap();
    assert_eq!(error.to_string(), "box: 127.0.0.1:1: no connection (connection refused)");
}

#[tokio::test]
async fn a_connection_is_tried_with_one_look_into_the_folder() {
    let rig = Rig::new();
    let clock: inflow_config::SharedClock = Arc::new(inflow_config::FixedClock(rig.now));
    let mail = MailServer::start(vec![(1, boss("张测试", "店员", 1, "1")), (2, boss("李测试", "店员", 1, "2"))]).await;
    let found = probe(&rig.http, &rig.config, &server(mail.port), &clock).await.unwrap();
    assert_eq!((found.stream.as_str(), found.place.as_str(), found.records), ("INBOX", "127.0.0.1", 2));
    assert!(!mail.commands().iter().any(|command| command.contains("FETCH")));
    let mailbox = files(&rig);
    rig.file("mail/a.eml", fixture("boss/1-resume.eml"));
    rig.file("mail/b.eml", fixture("none/2-newsletter.eml"));
    assert_eq!(probe(&rig.http, &rig.config, &mailbox, &clock).await.unwrap().records, 1);
}

#[tokio::test]
async fn an_access_token_instead_of_a_password() {
    let rig = Rig::new();
    rig.file("wrong", "nope\n");
    let mail = MailServer::start(vec![(1, boss("张测试", "店员", 1, "1"))]).await;
    let mut mailbox = server(mail.port);
    mailbox.secrets.clear();
    mailbox.secrets.insert("oauth_token".into(), SecretRef::file("key"));
    assert_eq!(rig.pull(&mailbox).await.landed, 1);
    mailbox.secrets.insert("oauth_token".into(), SecretRef::file("wrong"));
    let error = rig.pull(&mailbox).await.error.unwrap();
    assert_eq!(error.to_string(), "box: 127.0.0.1 did not accept the access token");
}

#[tokio::test]
async fn tls_with_the_company_s_own_authority() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let rig = Rig::new();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let mail = MailServer::start_tls(vec![(1, boss("张测试", "店员", 1, "1"))], std::sync::Arc::new(config).into()).await;
    rig.file("own-ca.pem", made.cert.pem());
    let mut mailbox = server(mail.port);
    mailbox.params.remove("tls");
    mailbox.params.insert("host".into(), "localhost".into());
    mailbox.params.insert("ca_file".into(), "own-ca.pem".into());
    let outcome = rig.pull(&mailbox).await;
    assert_eq!((outcome.error, outcome.landed), (None, 1));
    mailbox.params.remove("ca_file");
    let error = rig.pull(&mailbox).await.error.unwrap();
    assert!(error.to_string().starts_with(&format!("box: no safe connection to localhost:{}", mail.port)), "{error}");
    assert!(error.hint().unwrap().contains("params.ca_file"), "{:?}", error.hint());
}

#[tokio::test]
async fn a_cursor_of_something_else_is_refused() {
    let rig = Rig::new();
    let mail = MailServer::start(Vec::new()).await;
    rig.world.set_cursor("box", "resumes", "yesterday");
    let error = rig.pull(&server(mail.port)).await.error.unwrap();
    assert_eq!(error.to_string(), "box: the stored cursor \"yesterday\" is not one of a mailbox");
}

#[tokio::test]
async fn shutdown_leaves_nothing_half_done() {
    let rig = Rig::new();
    let mail = MailServer::start(vec![(1, boss("张测试", "店员", 1, "1"))]).await;
    rig.shutdown.cancel();
    let outcome = rig.pull(&server(mail.port)).await;
    assert!(outcome.stopped && outcome.error.is_none());
    assert_eq!(rig.world.cursor("box", "resumes"), None);
}

#[test]
fn validation_knows_where_mail_is() {
    let rig = Rig::new();
    let messages = |connection: &Connection| -> Vec<String> {
        check_connection(&rig.config, connection).into_iter().map(|problem| problem.to_string()).collect()
    };
    assert_eq!(messages(&server(993)), Vec::<String>::new());
    let mut in_files = Connection::new("box", "mailbox");
    in_files.path = Some("mail".into());
    assert_eq!(messages(&in_files), Vec::<String>::new());
    in_files.params.insert("host".into(), "imap.example.com".into());
    assert!(messages(&in_files)[0].starts_with("params.host: belongs to a mailbox on a server, but `path` names files"));
    assert!(messages(&Connection::new("box", "mailbox"))[0].starts_with("params.host: mailbox needs it, or `path`"));
    let mut wrong = server(993);
    wrong.params.insert("host".into(), "imap.example.com".into());
    wrong.params.insert("port".into(), "imaps".into());
    wrong.params.insert("since".into(), "yesterday".into());
    wrong.params.remove("user");
    wrong.secrets.clear();
    let found = messages(&wrong);
    let expected = [
        "params.tls: a password is sent without encryption",
        "params.user: mailbox needs it",
        "secrets.password: mailbox needs it",
        "params.port: is not a port",
        "params.since: is not a day",
    ];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}");
    }
    in_files.params.clear();
    in_files.mapping = Some("none.toml".into());
    assert!(messages(&in_files)[0].starts_with("mapping: the template file "), "{:?}", messages(&in_files));
}
