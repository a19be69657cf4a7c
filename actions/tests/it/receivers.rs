//! Messages on their way to receivers on this machine: robots over HTTP, and a mail server.

use std::path::Path;
use std::sync::Arc;

use inflow_actions::send::{Attachment, Letter, Outbox, Outgoing, SendError};
use inflow_config::{Config, FixedClock, Receiver};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::company::config;

const KEY: &str = "k3y-of-the-robot";

fn letter() -> Letter {
    let attachments =
        vec![Attachment { name: "招聘周报-2026-11-23.html".to_owned(), media: "text/html", bytes: b"<p>65</p>".to_vec() }];
    Letter { subject: "【招聘周报】11月".to_owned(), text: "简历 65".to_owned(), attachments, key: "abc".to_owned() }
}

fn robot(shape: &str) -> String {
    let secret = if matches!(shape, "dingtalk" | "feishu") { "secret = \"file:secret\"\n" } else { "" };
    format!("[[receiver]]\nid = \"group\"\nshape = \"{shape}\"\nurl = \"file:hook\"\n{secret}")
}

async fn send(config: &Config) -> Result<(), SendError> {
    let clock = Arc::new(FixedClock("2026-11-27T10:30:00Z".parse().unwrap()));
    let outbox = Outbox::new(config, clock)?;
    let receiver: &Receiver = config.messages.receiver("group").unwrap();
    outbox.check(receiver)?;
    outbox.send(receiver, &letter()).await
}

/// Answers one request, and gives its first line and its body.
async fn answering(answer: String) -> (String, JoinHandle<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = Vec::new();
        let (head, body) = loop {
            let mut part = [0; 4096];
            let many = stream.read(&mut part).await.unwrap();
            heard.extend_from_slice(&part[..many]);
            let text = String::from_utf8_lossy(&heard).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
            if body.len() >= length.unwrap().trim().parse().unwrap() {
                break (head.to_owned(), body.to_owned());
            }
        };
        stream.write_all(answer.as_bytes()).await.unwrap();
        (head.lines().next().unwrap().to_owned(), serde_json::from_str(&body).unwrap())
    });
    (address, server)
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

/// The configuration of a robot at this address.
fn of_robot(folder: &Path, shape: &str, address: &str) -> Config {
    std::fs::write(folder.join("hook"), format!("{address}\n")).unwrap();
    std::fs::write(folder.join("secret"), "SECthis is secret").unwrap();
    config(folder, &robot(shape))
}

#[tokio::test]
async fn robots_get_their_shape_and_answer_in_theirs() {
    for (shape, answer, path, body) in [
        (
            "wecom",
            r#"{"errcode":0,"errmsg":"ok"}"#,
            "POST /cgi-bin/webhook/send?key=k3y-of-the-robot HTTP/1.1",
            json!({"msgtype": "text", "text": {"content": "简历 65"}}),
        ),
        ("slack", "ok", "POST /cgi-bin/webhook/send?key=k3y-of-the-robot HTTP/1.1", json!({"text": "简历 65"})),
        (
            "dingtalk",
            r#"{"errcode":0,"errmsg":"ok"}"#,
            "POST /cgi-bin/webhook/send?key=k3y-of-the-robot&timestamp=1795775400000&sign=",
            json!({"msgtype": "text", "text": {"content": "简历 65"}}),
        ),
        (
            "feishu",
            r#"{"code":0,"msg":"success"}"#,
            "POST /cgi-bin/webhook/send?key=k3y-of-the-robot HTTP/1.1",
            json!({"msg_type": "text", "content": {"text": "简历 65"}, "timestamp": "1795775400", "sign": "*"}),
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (address, server) = answering(ok(answer)).await;
        let config = of_robot(folder.path(), shape, &format!("http://{address}/cgi-bin/webhook/send?key={KEY}"));
        send(&config).await.unwrap();
        let (line, mut heard) = server.await.unwrap();
        assert!(line.starts_with(path), "{shape}: {line}");
        if let Some(sign) = heard.get_mut("sign") {
            assert_eq!(sign.as_str().unwrap().len(), 44, "32 bytes in Base64");
            *sign = json!("*");
        }
        assert_eq!(heard, body, "{shape}");
    }
}

#[tokio::test]
async fn no_error_names_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let echo = format!(r#"{{"errcode":93000,"errmsg":"invalid webhook url, key={KEY}"}}"#);
    let (address, server) = answering(ok(&echo)).await;
    let url = format!("http://{address}/send?key={KEY}");
    let config = of_robot(folder.path(), "wecom", &url);
    let refused = send(&config).await.unwrap_err();
    server.await.unwrap();
    assert!(!refused.transient && refused.message.contains("93000"), "{refused}");
    // Nobody listens there any more.
    let gone = send(&config).await.unwrap_err();
    assert!(gone.transient && gone.message.starts_with("cannot be reached: "), "{gone}");
    std::fs::remove_file(folder.path().join("hook")).unwrap();
    let missing = send(&config).await.unwrap_err();
    assert!(!missing.transient && missing.hint.is_some());
    let shown = format!("{refused:?} {gone:?} {missing:?}");
    assert!(!shown.contains(&format!("key={KEY}")) && !shown.contains(&url), "{shown}");
}

#[tokio::test]
async fn a_busy_robot_says_for_how_long() {
    let folder = tempfile::tempdir().unwrap();
    let (address, server) =
        answering("HTTP/1.1 429 Too Many Requests\r\nretry-after: 90\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()).await;
    let config = of_robot(folder.path(), "slack", &format!("http://{address}/services/T/B/x"));
    let busy = send(&config).await.unwrap_err();
    server.await.unwrap();
    assert_eq!((busy.transient, busy.after.map(|after| after.as_secs())), (true, Some(90)));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let answer = "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (address, server) = answering(answer.to_owned()).await;
    let config = of_robot(folder.path(), "wecom", &format!("http://{address}/send?key={KEY}"));
    let error = send(&config).await.unwrap_err();
    server.await.unwrap();
    assert_eq!(error.message, "answered with HTTP status 307 and not as a wecom robot does");
}

#[tokio::test]
async fn only_allowed_hosts_are_written_to() {
    for (address, message) in [
        ("http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1", "its address is not https"),
        ("https://evil.example/send?key=1", "its host evil.example is not allowed"),
        ("https://qyapi.weixin.qq.com.evil.example/send", "its host qyapi.weixin.qq.com.evil.example is not allowed"),
        ("https://10.0.0.1/send", "its host 10.0.0.1 is not allowed"),
        ("https://qyapi.weixin.qq.com@evil.example/send", "its address holds a user or password"),
        ("ftp://127.0.0.1/send", "its address is not https"),
        ("qyapi.weixin.qq.com", "its address cannot be read"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let error = send(&of_robot(folder.path(), "wecom", address)).await.unwrap_err();
        assert_eq!((error.message.as_str(), error.transient), (message, false), "{address}");
    }
}

/// A mail server that takes one mail, or refuses it with a line.
async fn mail_server(refusal: Option<&'static str>) -> (u16, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream: BufReader<TcpStream> = BufReader::new(stream);
        stream.write_all(b"220 mail.company.example ready\r\n").await.unwrap();
        let (mut heard, mut in_data) = (Vec::new(), false);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or_default() == 0 {
                return heard;
            }
            let line = line.trim_end().to_owned();
            let answer = match line.split([' ', ':']).next().unwrap_or_default() {
                _ if in_data && line != "." => "",
                "EHLO" => "250 mail.company.example\r\n",
                "DATA" => "354 go on\r\n",
                "RCPT" => refusal.unwrap_or("250 ok\r\n"),
                "QUIT" => "221 bye\r\n",
                _ => "250 ok\r\n",
            };
            in_data = answer == "354 go on\r\n" || in_data && line != ".";
            let end = line == "QUIT";
            heard.push(line);
            stream.write_all(answer.as_bytes()).await.unwrap();
            if end {
                return heard;
            }
        }
    });
    (port, server)
}

fn by_mail(folder: &Path, port: u16) -> Config {
    let smtp = format!("[smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\nfrom = \"招聘 <reports@company.example>\"\n");
    config(
        folder,
        &format!("{smtp}[[receiver]]\nid = \"group\"\nshape = \"email\"\nto = [\"hr@company.example\", \"boss@company.example\"]\n"),
    )
}

#[tokio::test]
async fn mail_carries_the_report_and_a_name_that_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (port, server) = mail_server(None).await;
    send(&by_mail(folder.path(), port)).await.unwrap();
    let heard = server.await.unwrap();
    let has = |line: &str| heard.iter().any(|heard| heard == line);
    assert!(has("MAIL FROM:<reports@company.example>"), "{heard:?}");
    assert!(has("RCPT TO:<hr@company.example>") && has("RCPT TO:<boss@company.example>"), "{heard:?}");
    assert!(has("Message-ID: <inflow-abc@company.example>") && has("Content-Type: text/html"), "{heard:?}");
}

#[tokio::test]
async fn a_mailbox_that_is_not_there_is_not_tried_again_and_not_named() {
    let folder = tempfile::tempdir().unwrap();
    let (port, server) = mail_server(Some("550 5.1.1 <hr@company.example>: unknown\r\n")).await;
    let error = send(&by_mail(folder.path(), port)).await.unwrap_err();
    server.await.unwrap();
    assert!(!error.transient && error.message.contains("550") && !error.message.contains("hr@"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let (port, server) = mail_server(Some("451 4.7.1 come back later\r\n")).await;
    let error = send(&by_mail(folder.path(), port)).await.unwrap_err();
    server.await.unwrap();
    assert!(error.transient, "{error}");
    // Nobody listens there any more.
    let error = send(&by_mail(folder.path(), port)).await.unwrap_err();
    assert!(error.transient && error.message.starts_with("the mail server did not take it: "), "{error}");
}
