//! One message, read by mail-parser: sender, subject, date and text. Attachments are counted and left where they are.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, Utc};
use encoding_rs::GB18030;
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::html;

/// A message in clear: exists in memory only and does not print.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Mail {
    /// Display name of the sender.
    pub(crate) sender: String,
    /// Address of the sender, lower case.
    pub(crate) from: String,
    /// Address of the first recipient, lower case.
    pub(crate) to: String,
    pub(crate) subject: String,
    /// The `Date` header, else the newest `Received` one.
    pub(crate) at: Option<DateTime<Utc>>,
    /// The `Message-ID` header, without brackets.
    pub(crate) id: String,
    /// Text of the body: the plain part, then what the HTML part says.
    pub(crate) text: String,
    /// Number of attachments.
    pub(crate) attachments: usize,
    /// A message attached whole, as some programs forward.
    pub(crate) attached: Option<Box<Mail>>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mail(..)")
    }
}

/// Messages attached to attached messages are not looked for.
const DEEPEST: usize = 2;

impl Mail {
    /// Reads a message, also one that is cut off. `None` when it has no header at all.
    pub(crate) fn read(bytes: &[u8]) -> Option<Mail> {
        let bytes = readable_header(bytes);
        let message = MessageParser::default().parse(bytes.as_ref())?;
        if message.headers().is_empty() {
            return None;
        }
        Some(of_message(&message, 0))
    }

    /// What tells the message from others: its `Message-ID`, or its content.
    pub(crate) fn key(&self) -> String {
        if !self.id.is_empty() {
            return self.id.clone();
        }
        let at = self.at.map(|at| at.timestamp().to_string()).unwrap_or_default();
        let content = [self.from.as_str(), &self.subject, &at, &self.text].join("\u{1f}");
        blake3::hash(content.as_bytes()).to_hex().to_string()
    }

    /// The domain of the sender's address.
    pub(crate) fn domain(&self) -> &str {
        self.from.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

fn of_message(message: &Message<'_>, depth: usize) -> Mail {
    let from = message.from().and_then(|from| from.first());
    let text = |text: Option<&str>| html::lines(text.unwrap_or_default()).replace('\n', " ");
    let instant = |date: &mail_parser::DateTime| {
        let known = date.is_valid().then(|| DateTime::from_timestamp(date.to_timestamp(), 0));
        known.flatten().filter(|at| at.timestamp() > 0)
    };
    let received = message.received().and_then(|received| received.date.as_ref()).and_then(instant);
    let attached = message.parts.iter().find_map(|part| match &part.body {
        PartType::Message(inner) if depth + 1 < DEEPEST => Some(Box::new(of_message(inner, depth + 1))),
        _ => None,
    });
    Mail {
        sender: text(from.and_then(|from| from.name())),
        from: text(from.and_then(|from| from.address())).to_lowercase(),
        to: text(message.to().and_then(|to| to.first()).and_then(|to| to.address())).to_lowercase(),
        subject: text(message.subject()),
        at: message.date().and_then(instant).or(received),
        id: text(message.message_id()),
        text: body(message),
        attachments: message.attachment_count(),
        attached,
    }
}

/// Plain text first, then the HTML: some boards put no more than a notice into the plain part.
fn body(message: &Message<'_>) -> String {
    let mut parts: Vec<&MessagePart<'_>> = message.text_bodies().collect();
    for part in message.html_bodies() {
        if !parts.iter().any(|known| std::ptr::eq(*known, part)) {
            parts.push(part);
        }
    }
    let texts = parts.into_iter().map(|part| match &part.body {
        PartType::Text(text) => html::lines(&in_its_charset(message, part, text)),
        PartType::Html(markup) => html::to_text(&in_its_charset(message, part, markup)),
        _ => String::new(),
    });
    texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Text of a part that names no charset: UTF-8 where it is that, else GB18030.
fn in_its_charset<'t>(message: &Message<'_>, part: &MessagePart<'_>, read: &'t str) -> Cow<'t, str> {
    let named = part.content_type().is_some_and(|kind| kind.has_attribute("charset"));
    if named || !read.contains('\u{fffd}') {
        return Cow::Borrowed(read);
    }
    let raw = message.raw_message().get(part.offset_body as usize..part.offset_end as usize).unwrap_or_default();
    let bytes = match part.encoding {
        Encoding::None => Some(raw.to_vec()),
        Encoding::QuotedPrintable => quoted_printable_decode(raw),
        Encoding::Base64 => base64_decode(raw),
    };
    let Some(bytes) = bytes else { return Cow::Borrowed(read) };
    let (text, _, damaged) = GB18030.decode(&bytes);
    if damaged { Cow::Borrowed(read) } else { Cow::Owned(text.into_owned()) }
}

/// Old mailers write GBK into headers as it is, which no parser takes for text. Headers are GB18030 when they are not
/// UTF-8.
fn readable_header(bytes: &[u8]) -> Cow<'_, [u8]> {
    let end = header_end(bytes);
    let (header, body) = bytes.split_at(end);
    if std::str::from_utf8(header).is_ok() {
        return Cow::Borrowed(bytes);
    }
    let (text, _, _) = GB18030.decode(header);
    let mut whole = text.into_owned().into_bytes();
    whole.extend_from_slice(body);
    Cow::Owned(whole)
}

/// Where the header ends, its empty line not counted.
fn header_end(bytes: &[u8]) -> usize {
    let marks: [&[u8]; 2] = [b"\n\r\n", b"\n\n"];
    let found = marks.iter().filter_map(|mark| bytes.windows(mark.len()).position(|window| window == *mark));
    found.min().map_or(bytes.len(), |at| at + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str =
        "From: =?GBK?B?yMvKwg==?= <HR@Service.Example.com>\r\nDate: Tue, 1 Sep 2026 10:00:00 +0800\r\nMessage-ID: <a1@example.com>\r\n";

    fn read(rest: &str) -> Mail {
        Mail::read(format!("{HEAD}{rest}").as_bytes()).unwrap()
    }

    #[test]
    fn encoded_headers_and_dates() {
        let mail = read("Subject: =?gb2312?Q?=CA=D5=B5=BD?=\r\n =?gb2312?B?vPLA+g==?=\r\n\r\nbody");
        assert_eq!((mail.sender.as_str(), mail.from.as_str(), mail.subject.as_str()), ("人事", "hr@service.example.com", "收到简历"));
        assert_eq!(mail.at.unwrap().to_rfc3339(), "2026-09-01T02:00:00+00:00");
        assert_eq!((mail.id.as_str(), mail.domain()), ("a1@example.com", "service.example.com"));
    }

    #[test]
    fn gbk_as_it_is_in_header_and_body() {
        let text = "From: a@example.com\nSubject: 应聘茶艺师\nContent-Type: text/plain\n\n手机：19900000001\n";
        let (bytes, _, _) = encoding_rs::GBK.encode(text);
        let mail = Mail::read(&bytes).unwrap();
        assert_eq!((mail.subject.as_str(), mail.text.as_str()), ("应聘茶艺师", "手机：19900000001"));
    }

    #[test]
    fn text_comes_before_html_and_attachments_are_only_counted() {
        let mail = read(
            "Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n\
             --a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n请用 HTML 阅读\r\n\
             --a\r\nContent-Type: text/html; charset=gb18030\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>=D0=D5=C3=FB</p>\r\n--a--\r\n\
             --m\r\nContent-Type: text/html; name=cv.html\r\nContent-Disposition: attachment; filename=cv.html\r\n\r\n<p>secret</p>\r\n--m--\r\n",
        );
        assert_eq!(mail.text, "请用 HTML 阅读\n姓名");
        assert_eq!(mail.attachments, 1);
    }

    #[test]
    fn a_forwarded_message_that_is_attached_whole() {
        let mail = read(
            "Subject: Fwd\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/plain\r\n\r\nFYI\r\n\
             --m\r\nContent-Type: message/rfc822\r\n\r\nFrom: b@example.org\r\nSubject: inner\r\n\r\nhello\r\n--m--\r\n",
        );
        let inner = mail.attached.unwrap();
        assert_eq!((inner.from.as_str(), inner.subject.as_str(), inner.text.as_str()), ("b@example.org", "inner", "hello"));
    }

    #[test]
    fn a_message_without_a_date_has_the_one_it_was_received_at() {
        let mail = Mail::read(b"Received: from a by b; Wed, 2 Sep 2026 08:00:00 +0000\r\nFrom: a@example.com\r\n\r\nx").unwrap();
        assert_eq!(mail.at.unwrap().to_rfc3339(), "2026-09-02T08:00:00+00:00");
        assert_eq!(Mail::read(b""), None);
    }

    #[test]
    fn a_mail_does_not_print() {
        assert_eq!(format!("{:?}", read("\r\nx")), "Mail(..)");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Mail::read(&bytes);
        }

        #[test]
        fn a_cut_message_is_read_as_far_as_it_goes(at in 0_usize..600) {
            let whole = format!(
                "{HEAD}Subject: x\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/plain\r\n\r\nhello\r\n\
                 --m\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--m--\r\n"
            );
            let _ = Mail::read(whole.as_bytes().get(..at.min(whole.len())).unwrap());
        }
    }
}
