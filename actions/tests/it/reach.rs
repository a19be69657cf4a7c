//! Whether what messages leave by is there.

use std::sync::Arc;

use inflow_actions::send::Outbox;
use inflow_config::{Config, FixedClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const SECRET: &str = "k3y-of-the-robot";

/// A port at which nobody listens.
async fn closed() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// A server that answers whatever comes with this, and keeps what it heard first.
async fn answering(first: &'static str, then: &'static str) -> (u16, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(first.as_bytes()).await.unwrap();
        let (mut all, mut part) = (Vec::new(), [0; 4096]);
        while let Ok(read @ 1..) = stream.read(&mut part).await {
            all.extend_from_slice(&part[..read]);
            if stream.write_all(then.as_bytes()).await.is_err() {
                break;
            }
        }
        String::from_utf8(all).unwrap()
    });
    (port, heard)
}

async fn said(messages: &str, process: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("inflow.toml", ""), ("messages.toml", messages), ("process.toml", process)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let robot = messages.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default();
    std::fs::write(folder.path().join("hook"), robot).unwrap();
    let config = Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap_or_else(|error| panic!("{error}"));
    let outbox = Outbox::new(&config, Arc::new(FixedClock("2026-11-27T10:30:00Z".parse().unwrap()))).unwrap();
    outbox.unreachable().await.iter().map(|problem| problem.to_string().replace(&format!("{}/", folder.path().display()), "")).collect()
}

fn process(contacts: u16, gateway: u16) -> String {
    format!(
        "[contacts]\nurl = \"http://127.0.0.1:{contacts}/{{application}}?token={SECRET}\"\n[[processor]]\nid = \"own\"\ncountry = \"CN\"\nhosts = [\"127.0.0.1\"]\nown = true\n\
         [[gateway]]\nid = \"sms\"\nshape = \"webhook\"\nprocessor = \"own\"\nurl = \"http://127.0.0.1:{gateway}/send\"\nbody = '{{\"to\": \"{{phone}}\", \"text\": \"{{text}}\"}}'\n\
         [[process]]\nid = \"shops\"\n[[process.stage]]\nid = \"applied\"\n"
    )
}

fn messages(robot: u16, smtp: u16) -> String {
    format!(
        "# http://127.0.0.1:{robot}/send?key={SECRET}\n[smtp]\nhost = \"127.0.0.1\"\nport = {smtp}\nsecurity = \"none\"\nfrom = \"a@company.example\"\n\
         [[receiver]]\nid = \"group\"\nshape = \"wecom\"\nurl = \"file:hook\"\n[[receiver]]\nid = \"hr\"\nshape = \"email\"\nto = [\"hr@company.example\"]\n"
    )
}

#[tokio::test]
async fn what_is_not_there_is_named_with_its_place_and_without_its_key() {
    let said = said(&messages(closed().await, closed().await), &process(closed().await, closed().await)).await;
    let places = [
        "process.toml:2: contacts.url: ",
        "process.toml:12: gateway[0].url: ",
        "messages.toml:10: receiver[0].url: ",
        "messages.toml:3: smtp.host: ",
    ];
    assert_eq!(said.len(), places.len(), "{said:#?}");
    for (line, place) in said.iter().zip(places) {
        assert!(line.starts_with(place) && line.contains("127.0.0.1 cannot be reached: "), "{line}");
        assert!(!line.contains(SECRET), "{line}");
    }
}

#[tokio::test]
async fn who_answers_is_reached_whatever_the_answer() {
    let busy = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let ((robot, of_robot), (contacts, _ats), (gateway, of_gateway)) =
        (answering("", busy).await, answering("", busy).await, answering("", busy).await);
    let (smtp, of_mail) = answering("220 mail.company.example ESMTP\r\n", "250 ok\r\n").await;
    assert_eq!(said(&messages(robot, smtp), &process(contacts, gateway)).await, Vec::<String>::new());
    let (robot, gateway, mail) = (of_robot.await.unwrap(), of_gateway.await.unwrap(), of_mail.await.unwrap());
    for heard in [&robot, &gateway] {
        assert!(heard.starts_with("HEAD / HTTP/1.1\r\n") && !heard.contains(SECRET), "the host alone is asked: {heard}");
    }
    assert!(mail.starts_with("EHLO ") && !mail.contains("AUTH") && !mail.contains("MAIL"), "greeted, and no more: {mail}");
}

#[tokio::test]
async fn what_is_not_used_is_not_asked() {
    let without_process =
        process(closed().await, closed().await).replace("[[process]]\nid = \"shops\"\n[[process.stage]]\nid = \"applied\"\n", "");
    assert_eq!(said("", &without_process).await, Vec::<String>::new());
}
