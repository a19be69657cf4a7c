//! The shapes of group robots, by their makers' documentation.
//!
//! - WeCom (企业微信群机器人): developer.work.weixin.qq.com/document/path/91770
//! - DingTalk (钉钉自定义机器人, 加签): open.dingtalk.com/document/robots/custom-robot-access
//! - Feishu and Lark (自定义机器人, 签名校验): open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
//! - Slack (incoming webhooks): docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
//!
//! None of them takes a key by which it would know a message again; see [`super::courier`].

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use inflow_config::Shape;
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

use super::error::SendError;
use super::letter::Letter;

/// Bytes of UTF-8 that WeCom takes of a text, and of a markdown text.
const WECOM_TEXT: usize = 2048;
const WECOM_MARKDOWN: usize = 4096;
/// DingTalk and Feishu refuse bodies of more than 20 kB; Slack cuts texts at 40 000 letters.
const MOST: usize = 18_000;

/// Where to post what. Signatures stand on the present instant, which the receiver compares with its own clock (an hour at most).
pub fn request(shape: Shape, url: &Url, secret: Option<&str>, letter: &Letter, now: DateTime<Utc>) -> (Url, Value) {
    let mut url = url.clone();
    let text = letter.text.as_str();
    let body = match shape {
        Shape::Wecom if text.len() <= WECOM_TEXT => json!({"msgtype": "text", "text": {"content": text}}),
        Shape::Wecom => json!({"msgtype": "markdown", "markdown": {"content": cut(text, WECOM_MARKDOWN)}}),
        Shape::Dingtalk => {
            if let Some(secret) = secret {
                let timestamp = now.timestamp_millis();
                url.query_pairs_mut()
                    .append_pair("timestamp", &timestamp.to_string())
                    .append_pair("sign", &dingtalk_sign(timestamp, secret));
            }
            json!({"msgtype": "text", "text": {"content": cut(text, MOST)}})
        }
        Shape::Feishu => {
            let mut body = json!({"msg_type": "text", "content": {"text": cut(text, MOST)}});
            if let Some(secret) = secret {
                let timestamp = now.timestamp();
                body["timestamp"] = json!(timestamp.to_string());
                body["sign"] = json!(feishu_sign(timestamp, secret));
            }
            body
        }
        // Mail goes another way, and would be as readable here.
        Shape::Slack | Shape::Email => json!({"text": escape(&cut(text, MOST))}),
    };
    (url, body)
}

/// HMAC-SHA256 under the secret of `timestamp\nsecret`, in Base64; the timestamp in milliseconds.
fn dingtalk_sign(timestamp: i64, secret: &str) -> String {
    signed(secret, &format!("{timestamp}\n{secret}"))
}

/// HMAC-SHA256 of nothing under `timestamp\nsecret`, in Base64; the timestamp in seconds.
fn feishu_sign(timestamp: i64, secret: &str) -> String {
    signed(&format!("{timestamp}\n{secret}"), "")
}

fn signed(key: &str, text: &str) -> String {
    // HMAC takes keys of any length.
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).map(|mac| mac.chain_update(text.as_bytes()).finalize().into_bytes());
    mac.map(|bytes| STANDARD.encode(bytes)).unwrap_or_default()
}

/// Whole lines of at most so many bytes, and that there were more.
fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut lines = text.lines();
    for line in lines.by_ref() {
        // Room for the last line.
        if kept.len() + line.len() + 1 + "…".len() > most {
            break;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept.push('…');
    kept
}

/// Slack's three letters of markup.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// What the receiver's answer means. They answer most refusals with status 200 and a code of their own.
pub fn accepted(shape: Shape, status: u16, body: &[u8]) -> Result<(), SendError> {
    if status == 429 || status >= 500 {
        return Err(SendError::later(format!("answered with HTTP status {status}")));
    }
    if shape == Shape::Slack || shape == Shape::Email {
        let said = String::from_utf8_lossy(body);
        return if status == 200 {
            Ok(())
        } else {
            Err(SendError::refused(format!("answered with HTTP status {status}: {}", word(&said))))
        };
    }
    let answer: Option<Value> = serde_json::from_slice(body).ok();
    let number = |key: &str| answer.as_ref().and_then(|answer| answer.get(key)?.as_i64());
    let (code, said) = match shape {
        Shape::Feishu => (number("code").or_else(|| number("StatusCode")), "msg"),
        _ => (number("errcode"), "errmsg"),
    };
    let said = answer.as_ref().and_then(|answer| answer.get(said)?.as_str()).unwrap_or_default();
    match code {
        Some(0) if status < 300 => Ok(()),
        Some(code) if is_busy(shape, code) => Err(SendError::later(format!("is busy, code {code}: {}", word(said)))),
        Some(code) => Err(explained(shape, code, said)),
        None => Err(SendError::refused(format!("answered with HTTP status {status} and not as a {} robot does", shape.as_str()))
            .hint("check that the address is the robot's, not a page's")),
    }
}

/// Codes that pass by themselves: too much at one time, or a fault of theirs.
fn is_busy(shape: Shape, code: i64) -> bool {
    match shape {
        Shape::Wecom => matches!(code, -1 | 45_009 | 45_033),
        Shape::Dingtalk => matches!(code, -1 | 130_101 | 410_100 | 660_026),
        Shape::Feishu => matches!(code, 9_499 | 11_232 | 11_233),
        Shape::Slack | Shape::Email => false,
    }
}

fn explained(shape: Shape, code: i64, said: &str) -> SendError {
    let error = SendError::refused(format!("refused it, code {code}: {}", word(said)));
    match (shape, code) {
        (Shape::Wecom, 93_000) => error.hint("the robot was removed, or its address is another: copy it again from the group's settings"),
        (Shape::Dingtalk, 310_000) => error.hint(
            "the robot's security settings refuse it: set `secret` for 加签, or allow this machine's address or the word in its text",
        ),
        (Shape::Feishu, 19_021) => error.hint("the signature does not fit: check `secret`, and this machine's clock"),
        (Shape::Feishu, 19_022 | 19_024) => {
            error.hint("the bot's security settings refuse it: use the signature, and no key words or addresses")
        }
        _ => error,
    }
}

/// A receiver's words in one short line: they may repeat what was sent.
fn word(said: &str) -> String {
    let line: String = said.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(80).collect();
    if line.is_empty() { "no reason given".to_owned() } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(text: &str) -> Letter {
        Letter { subject: String::new(), text: text.to_owned(), attachments: Vec::new(), key: String::new() }
    }

    fn url() -> Url {
        "https://robot.example/send?access_token=abc".parse().unwrap()
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    /// What the sample programs of the documentations print for these inputs: DingTalk's with its secret `this is secret`, Feishu's with
    /// the timestamp that its text gives, 1599360473.
    #[test]
    fn signatures_are_those_of_the_documented_programs() {
        assert_eq!(dingtalk_sign(1_577_262_236_757, "this is secret"), "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM=");
        assert_eq!(feishu_sign(1_599_360_473, "this is secret"), "/eYKrXQBzTjUZJ3s6NX16VxGbTwmK7AEs8/FnvC1CSw=");
        // DingTalk's documentation of signatures has this one worked out, of a text that is the timestamp alone.
        assert_eq!(signed("testappSecret", "1546084445901"), "HCbG3xNE3vzhO+u7qCUL1jS5hsu2n5r2cFhnTrtyDAE=");
    }

    #[test]
    fn each_shape_is_its_makers() {
        let now = at(1_599_360_473);
        let body = |shape, secret| request(shape, &url(), secret, &letter("简历 65 <3"), now);
        assert_eq!(body(Shape::Wecom, None), (url(), json!({"msgtype": "text", "text": {"content": "简历 65 <3"}})));
        let (to, text) = body(Shape::Dingtalk, Some("this is secret"));
        assert_eq!(text, json!({"msgtype": "text", "text": {"content": "简历 65 <3"}}));
        let sign = dingtalk_sign(1_599_360_473_000, "this is secret");
        let query: Vec<(String, String)> = to.query_pairs().map(|(key, value)| (key.into_owned(), value.into_owned())).collect();
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(query, [pair("access_token", "abc"), pair("timestamp", "1599360473000"), pair("sign", &sign)]);
        assert!(!to.query().unwrap_or_default().contains('+'), "a plus would be read as a blank: {to}");
        let (to, text) = body(Shape::Feishu, Some("this is secret"));
        assert_eq!((to, &text["timestamp"], &text["msg_type"]), (url(), &json!("1599360473"), &json!("text")));
        assert_eq!(text["sign"], json!(feishu_sign(1_599_360_473, "this is secret")));
        assert_eq!(body(Shape::Feishu, None).1, json!({"msg_type": "text", "content": {"text": "简历 65 <3"}}));
        assert_eq!(body(Shape::Slack, None).1, json!({"text": "简历 65 &lt;3"}));
    }

    #[test]
    fn long_texts_keep_whole_lines() {
        let text = vec!["渠道".repeat(30); 40].join("\n");
        let (_, body) = request(Shape::Wecom, &url(), None, &letter(&text), at(0));
        let content = body["markdown"]["content"].as_str().unwrap();
        assert!(content.len() <= WECOM_MARKDOWN && content.ends_with("\n…"), "{}", content.len());
        assert!(content.lines().rev().skip(1).all(|line| line == "渠道".repeat(30)));
    }

    #[test]
    fn answers_are_understood() {
        let said =
            |shape, status, body: &str| accepted(shape, status, body.as_bytes()).map_err(|error| (error.transient, error.to_string()));
        assert_eq!(said(Shape::Wecom, 200, r#"{"errcode":0,"errmsg":"ok"}"#), Ok(()));
        assert_eq!(said(Shape::Feishu, 200, r#"{"code":0,"msg":"success","data":{}}"#), Ok(()));
        assert_eq!(said(Shape::Feishu, 200, r#"{"StatusCode":0,"StatusMessage":"success"}"#), Ok(()));
        assert_eq!(said(Shape::Slack, 200, "ok"), Ok(()));
        let refused = |text: &str| Err((false, text.to_owned()));
        assert_eq!(
            said(Shape::Wecom, 200, r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#),
            refused("refused it, code 93000: invalid webhook url")
        );
        assert_eq!(
            said(Shape::Dingtalk, 200, r#"{"errcode":310000,"errmsg":"sign not match"}"#),
            refused("refused it, code 310000: sign not match")
        );
        assert_eq!(said(Shape::Slack, 404, "no_service"), refused("answered with HTTP status 404: no_service"));
        assert_eq!(said(Shape::Wecom, 200, "<html>"), refused("answered with HTTP status 200 and not as a wecom robot does"));
        let later = |text: &str| Err((true, text.to_owned()));
        assert_eq!(
            said(Shape::Wecom, 200, r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#),
            later("is busy, code 45009: api freq out of limit")
        );
        assert_eq!(said(Shape::Feishu, 200, r#"{"code":11232,"msg":""}"#), later("is busy, code 11232: no reason given"));
        assert_eq!(said(Shape::Slack, 429, ""), later("answered with HTTP status 429"));
        assert_eq!(said(Shape::Dingtalk, 502, "bad gateway"), later("answered with HTTP status 502"));
    }
}
