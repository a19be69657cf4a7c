//! Answers and saved pages of every form, made into the JSON that paths read.
//!
//! HTML is read by `scraper` (html5ever, what browsers do with broken markup), XML by `roxmltree` (no
//! entities from outside), Chinese pages by `encoding_rs`.

mod html;
mod job_posting;
mod json_api;
mod json_ld;
mod xml;

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_8};
use serde_json::Value;
use url::Url;

use crate::spec::Answer;

pub(crate) use html::check_selectors;
pub(crate) use job_posting::tidy;

/// Why an answer is not what its spec says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It is not in that form at all, or cut off.
    #[error("{0}")]
    Unreadable(String),
    /// It is in that form, but not what the board used to send.
    #[error("{0}")]
    Changed(String),
}

/// Reads an answer as JSON. `content_type` is that of the response; a file has none.
pub fn convert(bytes: &[u8], content_type: Option<&str>, form: &Answer) -> Result<Value, AnswerError> {
    convert_at(bytes, content_type, form, None)
}

/// The same of an answer whose address is known: links in pages come out whole.
pub(crate) fn convert_at(bytes: &[u8], content_type: Option<&str>, form: &Answer, address: Option<&Url>) -> Result<Value, AnswerError> {
    match form {
        Answer::Json => json(bytes),
        Answer::JsonApi => json(bytes).map(json_api::resolved),
        Answer::Xml { lists } => xml::read(&text(bytes, content_type), lists),
        Answer::Html { rows, cells, page, holds } => {
            html::read(&text(bytes, content_type), &html::Form { rows, cells, page, holds: holds.as_deref() }, address)
        }
        Answer::Script { after } => script(&text(bytes, content_type), after),
        Answer::JsonLd { object } => json_ld::read(&text(bytes, content_type), object),
    }
}

fn json(bytes: &[u8]) -> Result<Value, AnswerError> {
    let plain = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    serde_json::from_slice(plain).map_err(|error| {
        let what = if error.is_eof() {
            "JSON that is cut off"
        } else if error.to_string().contains("recursion limit") {
            "JSON that is nested too deeply"
        } else {
            "something that is not JSON"
        };
        AnswerError::Unreadable(format!("{what} (line {}, column {})", error.line(), error.column()))
    })
}

/// Text of a page: by byte order mark, by the header's charset, by the charset that the page itself names, else
/// UTF-8, else GB18030.
pub fn text<'b>(bytes: &'b [u8], content_type: Option<&str>) -> Cow<'b, str> {
    let named = content_type.and_then(charset).or_else(|| {
        let head = bytes.get(..bytes.len().min(2048)).unwrap_or_default();
        charset(&String::from_utf8_lossy(head))
    });
    let (decoded, _, damaged) = named.unwrap_or(UTF_8).decode(bytes);
    if !damaged {
        return decoded;
    }
    // A page that names the wrong charset, or none.
    let other = if named == Some(UTF_8) || named.is_none() { GB18030 } else { UTF_8 };
    let (second, _, worse) = other.decode(bytes);
    if worse { decoded } else { second }
}

/// The encoding behind `charset=` or `encoding=`.
fn charset(text: &str) -> Option<&'static Encoding> {
    let lower = text.to_lowercase();
    let (_, after) = lower.split_once("charset=").or_else(|| lower.split_once("encoding="))?;
    let label: String = after
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':'))
        .collect();
    let found = Encoding::for_label(label.as_bytes())?;
    // GBK and GB2312 are what pages say when they mean GB18030.
    Some(if found == encoding_rs::GBK { GB18030 } else { found })
}

fn script(page: &str, after: &str) -> Result<Value, AnswerError> {
    let Some((_, rest)) = page.split_once(after) else {
        return Err(AnswerError::Changed(format!("a page without `{after}`")));
    };
    let rest = rest.trim_start_matches([' ', '\t', '\r', '\n', '=', ':', '(']);
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
    match values.next() {
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) if error.is_eof() => Err(AnswerError::Unreadable(format!("a page that is cut off after `{after}`"))),
        _ => Err(AnswerError::Changed(format!("a page in which no JSON follows `{after}`"))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_behind_its_marker() {
        let form = Answer::Script { after: "window.__DATA__".into() };
        let page = "<script>window.__DATA__ = {\"jobs\": [1, \"</a>\"]}; other();</script>";
        assert_eq!(convert(page.as_bytes(), None, &form), Ok(json!({"jobs": [1, "</a>"]})));
        let cut = "<script>window.__DATA__ = {\"jobs\": [1";
        assert!(matches!(convert(cut.as_bytes(), None, &form), Err(AnswerError::Unreadable(_))));
        assert!(matches!(convert(b"<html>", None, &form), Err(AnswerError::Changed(_))));
    }

    #[test]
    fn chinese_pages_in_any_encoding() {
        let page = "<html><head><meta charset=\"gbk\"></head>某店招聘</html>";
        let (gbk, _, _) = encoding_rs::GBK.encode(page);
        assert_eq!(text(&gbk, None), page);
        assert_eq!(text(&gbk, Some("text/html")), page);
        let (bare, _, _) = encoding_rs::GBK.encode("某店招聘");
        assert_eq!(text(&bare, Some("text/html; charset=GB2312")), "某店招聘");
        assert_eq!(text(&bare, Some("text/html; charset=utf-8")), "某店招聘", "a header that lies");
        assert_eq!(text("某店招聘".as_bytes(), None), "某店招聘");
    }

    #[test]
    fn broken_json_is_told_apart() {
        let said = |bytes: &[u8]| convert(bytes, None, &Answer::Json).unwrap_err().to_string();
        assert_eq!(said(b"{\"a\": [1"), "JSON that is cut off (line 1, column 8)");
        assert_eq!(said(b"<html>"), "something that is not JSON (line 1, column 1)");
        assert!(said("[".repeat(500).as_bytes()).starts_with("JSON that is nested too deeply"));
        assert_eq!(convert(b"\xEF\xBB\xBF[]", None, &Answer::Json), Ok(json!([])));
    }

    proptest! {
        #[test]
        fn no_page_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = convert(&bytes, None, &Answer::Xml { lists: Vec::new() });
            let _ = convert(&bytes, None, &Answer::JsonLd { object: "JobPosting".into() });
            let _ = convert(&bytes, None, &Answer::Script { after: "=".into() });
        }
    }
}
