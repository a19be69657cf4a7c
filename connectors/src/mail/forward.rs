//! Forwarded mail: what the subject was before, and what the quoted header says of the sender and the date.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::message::Mail;
use crate::spec::TimeFormat;

/// What programs put before the subject of a forwarded mail.
const FORWARDED: &[&str] = &["转发", "轉寄", "轉發", "转寄", "fwd", "fw", "wg", "tr"];
/// What they put before that of an answer.
const ANSWERED: &[&str] = &["回复", "答复", "回覆", "答覆", "re", "aw", "sv"];
/// Words of tags that mail gateways put before the subject.
const TAGS: &[&str] = &["external", "外部", "外来", "spam", "垃圾"];
/// Labels of the quoted header.
const SENDERS: &[&str] = &["发件人", "寄件者", "發件人", "寄件人", "from", "von", "de"];
const DATES: &[&str] = &["发送时间", "发送日期", "寄件日期", "時間", "日期", "date", "sent", "gesendet"];
/// The quoted header stands in the first lines.
const LINES: usize = 80;

/// A subject as the board wrote it.
pub(super) struct Subject<'s> {
    pub(super) text: &'s str,
    /// Somebody passed the mail on.
    pub(super) forwarded: bool,
    /// It is an answer to a mail.
    pub(super) answer: bool,
}

impl Subject<'_> {
    pub(super) fn of(subject: &str) -> Subject<'_> {
        let text = untagged(subject.trim());
        let mut start = 0;
        for (at, colon) in text.char_indices().filter(|(_, c)| matches!(c, ':' | '：')) {
            if text.get(..at).is_some_and(|before| ends_with_word(before, FORWARDED)) {
                start = at + colon.len_utf8();
            }
        }
        let first = text.split([':', '：']).next().unwrap_or_default();
        let answer = first.len() < text.len() && ANSWERED.iter().any(|word| first.trim().eq_ignore_ascii_case(word));
        Subject { text: text.get(start..).unwrap_or_default().trim(), forwarded: start > 0, answer }
    }
}

/// Without `[EXTERNAL]` and its kind.
fn untagged(subject: &str) -> &str {
    for (open, close) in [('[', ']'), ('【', '】'), ('(', ')'), ('*', '*')] {
        if let Some(inside) = subject.strip_prefix(open)
            && let Some((tag, rest)) = inside.trim_start_matches(open).split_once(close)
            && TAGS.iter().any(|word| tag.to_lowercase().contains(word))
        {
            return rest.trim_start_matches(close).trim();
        }
    }
    subject
}

/// Whether the text ends with one of the words, as a word of its own; `Fwd[2]` is one too.
fn ends_with_word(text: &str, words: &[&str]) -> bool {
    let plain = text.trim_end().trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '[' | ']' | '(' | ')')).trim_end();
    let lower = plain.to_lowercase();
    words.iter().any(|word| {
        let before = lower.strip_suffix(word);
        before.is_some_and(|before| !before.ends_with(char::is_alphabetic) || !word.is_ascii())
    })
}

/// The quoted header of a forwarded mail.
#[derive(Default)]
pub(super) struct Quoted {
    /// Address of the first sender, lower case.
    pub(super) from: Option<String>,
    /// Display name of the first sender.
    pub(super) sender: Option<String>,
    pub(super) at: Option<DateTime<Utc>>,
}

impl Quoted {
    /// Reads the header quoted in a body. `zone` is that of times without one.
    pub(super) fn of(mail: &Mail, zone: Tz) -> Quoted {
        let mut quoted = Quoted::default();
        let lines: Vec<&str> = mail.text.lines().take(LINES).map(|line| line.trim_start_matches(['>', ' ', '*'])).collect();
        for (at, line) in lines.iter().enumerate() {
            // The value can stand in the next cell.
            let value = |labels: &[&str]| match labelled(line, labels)? {
                "" => lines.get(at + 1).copied(),
                value => Some(value),
            };
            if quoted.from.is_none()
                && let Some(value) = value(SENDERS)
                && let Some(address) = address(value)
            {
                let sender = value.split(['<', '[', '(']).next().unwrap_or_default().trim_matches(['"', ' ', '\'', '*']);
                quoted.sender = (!sender.is_empty() && !sender.contains('@')).then(|| sender.to_owned());
                quoted.from = Some(address);
            }
            if quoted.at.is_none()
                && let Some(value) = value(DATES)
            {
                quoted.at = date(value, zone);
            }
        }
        quoted
    }
}

/// What stands after one of the labels and its colon.
fn labelled<'l>(line: &'l str, labels: &[&str]) -> Option<&'l str> {
    let (label, value) = line.split_once([':', '：'])?;
    let label = label.trim().trim_matches('*').trim().to_lowercase();
    labels.contains(&label.as_str()).then(|| value.trim().trim_start_matches('*').trim())
}

/// The first mail address in a text.
fn address(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '=' | '@');
    let word = text.split(|c: char| !plain(c)).find(|word| word.contains('@'))?;
    word.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.')).then(|| word.to_lowercase())
}

/// A quoted date, in one of the forms that mail programs write.
fn date(text: &str, zone: Tz) -> Option<DateTime<Utc>> {
    if let Some((at, _)) = TimeFormat::IsoLocal.read_text(text, zone) {
        return Some(at);
    }
    let header = mail_parser::DateTime::parse_rfc822(text).filter(mail_parser::DateTime::is_valid);
    if let Some(at) = header.and_then(|date| DateTime::from_timestamp(date.to_timestamp(), 0)) {
        return Some(at);
    }
    // `2026年9月1日(星期二) 上午10:05`, `2026-09-01 10:05 (星期二)`
    let mut plain = String::new();
    let mut inside = false;
    for c in text.chars() {
        match c {
            '(' | '（' => inside = true,
            ')' | '）' => inside = false,
            c if !inside => plain.push(c),
            _ => {}
        }
    }
    let afternoon = plain.contains("下午") || plain.contains("晚上");
    for word in ["上午", "下午", "晚上", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日", "星期天"]
    {
        plain = plain.replace(word, " ");
    }
    let words: Vec<&str> = plain.split_whitespace().collect();
    let (at, _) = TimeFormat::IsoLocal.read_text(&words.join(" "), zone)?;
    let hour = chrono::Timelike::hour(&at.with_timezone(&zone));
    Some(if afternoon && hour < 12 { at + chrono::Duration::hours(12) } else { at })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Fw:Fw:转发：(51job.com)申请贵公司店员", "(51job.com)申请贵公司店员", true)]
    #[case("ciic 转发: (51job.com)申请贵公司店员", "(51job.com)申请贵公司店员", true)]
    #[case("Fwd[2]: New application: Cook from A", "New application: Cook from A", true)]
    #[case("New application: Cook from A", "New application: Cook from A", false)]
    #[case("产品经理:测试甲的简历(来自拉勾)", "产品经理:测试甲的简历(来自拉勾)", false)]
    #[case("[EXTERNAL] 应聘店员", "应聘店员", false)]
    #[case("【外部邮件】Fw: 应聘店员", "应聘店员", true)]
    #[case("Software: x", "Software: x", false)]
    fn subjects_as_the_board_wrote_them(#[case] subject: &str, #[case] expected: &str, #[case] forwarded: bool) {
        let found = Subject::of(subject);
        assert_eq!((found.text, found.forwarded, found.answer), (expected, forwarded, false));
    }

    #[rstest]
    #[case("Re: 应聘店员")]
    #[case("回复：应聘店员")]
    fn answers_are_told(#[case] subject: &str) {
        assert!(Subject::of(subject).answer);
    }

    #[rstest]
    #[case(
        "---------- 转发的邮件 ----------\n发件人：智联求职者 测试甲 <b1.Service@Zhaopinmail.com>\n发送时间：2026年9月1日(星期二) 下午2:05\n主题：x",
        "2026-09-01T06:05:00+00:00"
    )]
    #[case(
        "> From: \"智联求职者 测试甲\" <b1.service@zhaopinmail.com>\n> Date: Tue, 01 Sep 2026 14:05:00 +0800",
        "2026-09-01T06:05:00+00:00"
    )]
    #[case("发件人:\n智联求职者 测试甲 [mailto:b1.service@zhaopinmail.com]\n发送时间:\n2026-09-01 14:05", "2026-09-01T06:05:00+00:00")]
    fn quoted_headers(#[case] text: &str, #[case] expected: &str) {
        let mail = Mail { text: text.to_owned(), ..Mail::default() };
        let quoted = Quoted::of(&mail, Tz::Asia__Shanghai);
        assert_eq!(quoted.from.as_deref(), Some("b1.service@zhaopinmail.com"));
        assert_eq!(quoted.sender.as_deref(), Some("智联求职者 测试甲"));
        assert_eq!(quoted.at.unwrap().to_rfc3339(), expected);
    }

    #[test]
    fn a_date_that_cannot_be_read_is_none() {
        let mail = Mail { text: "From: a@example.com\nDate: soon\n".to_owned(), ..Mail::default() };
        let quoted = Quoted::of(&mail, Tz::UTC);
        assert_eq!((quoted.from.as_deref(), quoted.at), (Some("a@example.com"), None));
    }
}
