//! Joining the pieces of a streamed result.
//!
//! The engine writes each piece as a document of its own: with its own header, footer, row numbers and
//! statistics. Formats that are rows after rows join as they are; those with a header at the start join
//! when the later headers are cut off; every other format is asked for whole.

use bytes::Bytes;

/// How the pieces of a format join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joint {
    /// Rows after rows.
    Plain,
    /// That many header lines; line ends in double quotes do not count.
    Lines(u8),
    /// RowBinary: a count, then that many names, times this.
    Names(u8),
    /// Arrow stream: a schema message at the start, an end mark at the end.
    Arrow,
    /// Not joinable: the result is asked for in one piece.
    Whole,
}

/// How results of a format join.
pub fn joint(format: &str) -> Joint {
    match format {
        "JSONEachRow"
        | "JSONLines"
        | "NDJSON"
        | "JSONL"
        | "JSONStringsEachRow"
        | "JSONCompactEachRow"
        | "JSONCompactStringsEachRow"
        | "PrettyJSONEachRow"
        | "PrettyJSONLines"
        | "PrettyNDJSON"
        | "TabSeparated"
        | "TSV"
        | "TabSeparatedRaw"
        | "TSVRaw"
        | "Raw"
        | "CSV"
        | "TSKV"
        | "RowBinary"
        | "Native"
        | "MsgPack"
        | "BSONEachRow"
        | "LineAsString"
        | "RawBLOB"
        | "Null" => Joint::Plain,
        "TabSeparatedWithNames"
        | "TSVWithNames"
        | "CSVWithNames"
        | "JSONCompactEachRowWithNames"
        | "JSONCompactStringsEachRowWithNames" => Joint::Lines(1),
        "TabSeparatedWithNamesAndTypes"
        | "TSVWithNamesAndTypes"
        | "CSVWithNamesAndTypes"
        | "JSONCompactEachRowWithNamesAndTypes"
        | "JSONCompactStringsEachRowWithNamesAndTypes" => Joint::Lines(2),
        "RowBinaryWithNames" => Joint::Names(1),
        "RowBinaryWithNamesAndTypes" => Joint::Names(2),
        "ArrowStream" => Joint::Arrow,
        _ => Joint::Whole,
    }
}

/// A piece that does not have the shape its format promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the engine wrote a piece that does not continue the result")]
pub struct Misfit;

const ARROW_END: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

/// Joins pieces in order.
#[derive(Debug)]
pub struct Joiner {
    joint: Joint,
    header: Option<Bytes>,
}

impl Joiner {
    /// A joiner for one result.
    pub fn new(joint: Joint) -> Self {
        Joiner { joint, header: None }
    }

    /// What of this piece belongs to the result.
    pub fn join(&mut self, piece: Bytes) -> Result<Bytes, Misfit> {
        let length = match self.joint {
            Joint::Plain | Joint::Whole => return Ok(piece),
            Joint::Lines(lines) => lines_length(&piece, lines),
            Joint::Names(times) => names_length(&piece, times),
            Joint::Arrow => arrow_schema_length(&piece),
        }
        .filter(|length| *length <= piece.len())
        .ok_or(Misfit)?;
        let body = if self.joint == Joint::Arrow { piece.len() - ARROW_END.len() } else { piece.len() };
        match &self.header {
            None => {
                self.header = Some(piece.slice(..length));
                Ok(piece.slice(..body))
            }
            Some(header) if header[..] == piece[..length] => Ok(piece.slice(length..body)),
            Some(_) => Err(Misfit),
        }
    }

    /// What ends the result.
    pub fn end(&self) -> Bytes {
        match (self.joint, &self.header) {
            (Joint::Arrow, Some(_)) => Bytes::from_static(&ARROW_END),
            _ => Bytes::new(),
        }
    }
}

fn lines_length(piece: &[u8], lines: u8) -> Option<usize> {
    let mut quoted = false;
    let mut left = lines;
    for (index, byte) in piece.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => {
                left -= 1;
                if left == 0 {
                    return Some(index + 1);
                }
            }
            _ => {}
        }
    }
    None
}

fn names_length(piece: &[u8], times: u8) -> Option<usize> {
    let mut at = 0;
    let names = varint(piece, &mut at)?;
    for _ in 0..names.checked_mul(u64::from(times))? {
        let length = usize::try_from(varint(piece, &mut at)?).ok()?;
        at = at.checked_add(length)?;
    }
    Some(at)
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// A schema message is its marker, the length of its metadata, and that; the engine pads it to eight.
fn arrow_schema_length(piece: &[u8]) -> Option<usize> {
    if !piece.ends_with(&ARROW_END) || !piece.starts_with(&[0xff; 4]) {
        return None;
    }
    let length = u32::from_le_bytes(piece.get(4..8)?.try_into().ok()?);
    usize::try_from(length).ok()?.checked_add(8).filter(|length| length + ARROW_END.len() <= piece.len())
}

/// The media type of a format, as ClickHouse says it.
pub fn media_type(format: &str) -> &'static str {
    match format {
        "JSON"
        | "JSONStrings"
        | "JSONCompact"
        | "JSONCompactStrings"
        | "JSONColumns"
        | "JSONCompactColumns"
        | "JSONColumnsWithMetadata"
        | "JSONObjectEachRow" => "application/json; charset=UTF-8",
        "JSONEachRow" | "JSONLines" | "NDJSON" | "JSONL" | "JSONStringsEachRow" | "JSONCompactEachRow" => {
            "application/x-ndjson; charset=UTF-8"
        }
        "CSV" => "text/csv; charset=UTF-8; header=absent",
        "CSVWithNames" | "CSVWithNamesAndTypes" => "text/csv; charset=UTF-8; header=present",
        "XML" => "application/xml; charset=UTF-8",
        "Markdown" | "MD" => "text/markdown; charset=UTF-8",
        "Parquet" | "Arrow" | "ArrowStream" | "Native" | "ORC" | "Avro" | "MsgPack" | "BSONEachRow" | "Npy" | "PNG" => {
            "application/octet-stream"
        }
        other if other.starts_with("RowBinary") => "application/octet-stream",
        other if other.starts_with("TabSeparated") || other.starts_with("TSV") => "text/tab-separated-values; charset=UTF-8",
        _ => "text/plain; charset=UTF-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(joint: Joint, pieces: &[&'static [u8]]) -> Result<Vec<u8>, Misfit> {
        let mut joiner = Joiner::new(joint);
        let mut all = Vec::new();
        for piece in pieces {
            all.extend_from_slice(&joiner.join(Bytes::from_static(piece))?);
        }
        all.extend_from_slice(&joiner.end());
        Ok(all)
    }

    #[test]
    fn later_headers_go() {
        assert_eq!(joined(Joint::Lines(1), &[b"\"a\nb\"\n1\n", b"\"a\nb\"\n2\n"]).unwrap(), b"\"a\nb\"\n1\n2\n");
        assert_eq!(joined(Joint::Lines(2), &[b"a\nInt8\n1\n", b"a\nInt8\n2\n"]).unwrap(), b"a\nInt8\n1\n2\n");
        assert_eq!(joined(Joint::Names(2), &[b"\x01\x01a\x04Int8\x01", b"\x01\x01a\x04Int8\x02"]).unwrap(), b"\x01\x01a\x04Int8\x01\x02");
    }

    #[test]
    fn an_arrow_stream_has_one_schema_and_one_end() {
        let first = b"\xff\xff\xff\xff\x04\x00\x00\x00schmrows\xff\xff\xff\xff\0\0\0\0";
        let second = b"\xff\xff\xff\xff\x04\x00\x00\x00schmmore\xff\xff\xff\xff\0\0\0\0";
        assert_eq!(
            joined(Joint::Arrow, &[first, second]).unwrap(),
            b"\xff\xff\xff\xff\x04\x00\x00\x00schmrowsmore\xff\xff\xff\xff\0\0\0\0"
        );
        assert_eq!(joined(Joint::Arrow, &[]).unwrap(), b"");
    }

    #[test]
    fn a_piece_of_another_shape_is_noticed() {
        assert_eq!(joined(Joint::Lines(1), &[b"a\n1\n", b"b\n1\n"]), Err(Misfit));
        assert_eq!(joined(Joint::Lines(1), &[b"no line end"]), Err(Misfit));
        assert_eq!(joined(Joint::Names(1), &[b"\x05\x01a"]), Err(Misfit));
        assert_eq!(joined(Joint::Arrow, &[b"\xff\xff\xff\xff\x04\x00"]), Err(Misfit));
    }
}
