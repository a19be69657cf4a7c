//! Bytes to text: what Excel and the boards' exports write.

use std::borrow::Cow;

use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};

use crate::spec::Encoding;

/// Decodes a file; without a stated encoding UTF-8, UTF-16 with a mark and GB18030 are recognised.
/// The error names line and column of the first bytes that are no text.
pub(super) fn decode(bytes: &[u8], stated: Option<Encoding>) -> Result<Cow<'_, str>, String> {
    match stated {
        Some(Encoding::Utf8) => utf8(bytes),
        Some(Encoding::Gb18030) => gb18030(bytes),
        Some(Encoding::Utf16) => utf16(bytes).ok_or_else(|| "it is not UTF-16 with a byte order mark".to_owned()),
        None => {
            if let Some(text) = utf16(bytes) {
                return Ok(text);
            }
            // Chinese text in GB18030 is practically never valid UTF-8.
            utf8(bytes).or_else(|wrong| gb18030(bytes).map_err(|_| wrong))
        }
    }
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    let plain = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(plain) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(error) => {
            let good = plain.get(..error.valid_up_to()).unwrap_or_default();
            let line = good.split(|byte| *byte == b'\n').count();
            let start = good.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let column = String::from_utf8_lossy(good.get(start..).unwrap_or_default()).chars().count() + 1;
            Err(format!("line {line}, column {column}: these bytes are neither UTF-8 nor GB18030"))
        }
    }
}

fn gb18030(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    let (text, _, damaged) = GB18030.decode(bytes);
    if damaged { Err("it is not GB18030".to_owned()) } else { Ok(text) }
}

fn utf16(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let encoding = match bytes.first_chunk::<2>()? {
        [0xFF, 0xFE] => UTF_16LE,
        [0xFE, 0xFF] => UTF_16BE,
        _ => return None,
    };
    let (text, _, damaged) = encoding.decode(bytes);
    (!damaged).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_what_people_deliver() {
        let text = "渠道,金额\n某平台,88\n";
        let mut marked = b"\xEF\xBB\xBF".to_vec();
        marked.extend(text.as_bytes());
        let (gbk, _, _) = encoding_rs::GBK.encode(text);
        let mut wide = vec![0xFF, 0xFE];
        wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        for bytes in [text.as_bytes(), &marked, &gbk, &wide] {
            assert_eq!(decode(bytes, None).unwrap(), text);
        }
    }

    #[test]
    fn says_where_the_text_breaks() {
        let error = decode(b"a,b\nc,\xFF\xFFd\n", None).unwrap_err();
        assert_eq!(error, "line 2, column 3: these bytes are neither UTF-8 nor GB18030");
    }
}
