//! How ClickHouse's drivers introduce themselves over HTTP.
//!
//! `clickhouse-go`, which Grafana's plugin brings along, says which version of the native protocol it knows (`client_protocol_version`), and on each new
//! connection asks a server for its name, version, revision and zone. The answer to that is read by the version that the driver named; every later block by the
//! revision that the answer gives. The engine writes blocks of revision 0 alone (neither a block's preamble nor flags of columns), so that is what is
//! answered: in the driver's version, a revision of 0. Drivers that do not ask read blocks of revision 0 anyway, as ClickHouse gives them without a version.

use crate::sql::{Kind, Tokens};

/// From this version on each column's type is followed by a flag for a serialization of its own.
const WITH_COLUMN_FLAGS: u64 = 54454;
/// Fields of a block's preamble: 1, not an overflow of totals; 2, no bucket of an aggregation; none more.
const PREAMBLE: [u8; 8] = [1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0];

/// What a server says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Name of the machine.
    pub name: &'a str,
    /// Version of the engine.
    pub version: &'a str,
    /// Its zone.
    pub timezone: &'a str,
}

/// The answer to a driver of this protocol version that asks for the server's revision among nothing but such facts; `None` for every other statement.
pub fn answer(sql: &str, protocol: u64, facts: Facts<'_>) -> Option<Vec<u8>> {
    if protocol == 0 {
        return None;
    }
    let functions = functions(sql)?;
    let mut block = PREAMBLE.to_vec();
    block.extend([u8::try_from(functions.len()).ok().filter(|count| *count < 0x80)?, 1]);
    let mut asks_revision = false;
    for function in &functions {
        let text = match function.to_ascii_lowercase().as_str() {
            "displayname" | "hostname" => Some(facts.name),
            "version" => Some(facts.version),
            "timezone" | "servertimezone" => Some(facts.timezone),
            "revision" => None,
            _ => return None,
        };
        asks_revision |= text.is_none();
        put_text(&mut block, &format!("{function}()"))?;
        put_text(&mut block, if text.is_some() { "String" } else { "UInt32" })?;
        if protocol >= WITH_COLUMN_FLAGS {
            block.push(0);
        }
        match text {
            Some(text) => put_text(&mut block, text)?,
            None => block.extend(0_u32.to_le_bytes()),
        }
    }
    asks_revision.then_some(block)
}

/// Names of the functions of `SELECT a(), b()` without anything else.
fn functions(sql: &str) -> Option<Vec<String>> {
    let mut tokens = Tokens::new(sql.as_bytes()).filter(|token| !token.sign(b';'));
    if !tokens.next()?.is("SELECT") {
        return None;
    }
    let mut names = Vec::new();
    loop {
        let name = tokens.next().filter(|token| token.kind == Kind::Word)?;
        names.push(name.name()?);
        if !(tokens.next()?.sign(b'(') && tokens.next()?.sign(b')')) {
            return None;
        }
        match tokens.next() {
            None => return Some(names),
            Some(comma) if comma.sign(b',') => {}
            Some(_) => return None,
        }
    }
}

/// A text is its length and its bytes. Longer ones than a host's name can be are none of ours.
fn put_text(block: &mut Vec<u8>, text: &str) -> Option<()> {
    let length = u16::try_from(text.len()).ok().filter(|length| *length < 1 << 14)?;
    if length < 0x80 {
        block.push(length as u8);
    } else {
        block.extend([length as u8 | 0x80, (length >> 7) as u8]);
    }
    block.extend_from_slice(text.as_bytes());
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: Facts<'_> = Facts { name: "host", version: "26.7", timezone: "UTC" };

    #[test]
    fn the_question_of_the_go_driver_is_answered_in_its_version() {
        let block = answer("SELECT displayName(), version(), revision(), timezone()", 54460, FACTS).unwrap();
        let expected = [
            b"\x01\x00\x02\xff\xff\xff\xff\x00\x04\x01".as_slice(),
            b"\x0ddisplayName()\x06String\x00\x04host",
            b"\x09version()\x06String\x00\x0426.7",
            b"\x0arevision()\x06UInt32\x00\x00\x00\x00\x00",
            b"\x0atimezone()\x06String\x00\x03UTC",
        ];
        assert_eq!(block, expected.concat());
        let older = answer("select version(), revision();", 54453, FACTS).unwrap();
        assert_eq!(
            older,
            b"\x01\x00\x02\xff\xff\xff\xff\x00\x02\x01\x09version()\x06String\x0426.7\x0arevision()\x06UInt32\x00\x00\x00\x00"
        );
    }

    #[test]
    fn any_other_statement_is_the_engines() {
        for sql in [
            "SELECT 1",
            "SELECT version()",
            "SELECT revision(), 1",
            "SELECT revision() AS r",
            "SELECT revision(), uptime()",
            "SELECT revision() FROM inflow.postings",
            "SELECT revision(1)",
            "SELECT revision(",
            "",
        ] {
            assert_eq!(answer(sql, 54460, FACTS), None, "{sql}");
        }
        assert_eq!(answer("SELECT revision()", 0, FACTS), None);
    }

    #[test]
    fn a_long_name_has_a_length_of_two_bytes() {
        let name = "h".repeat(300);
        let block = answer("SELECT hostName(), revision()", 1, Facts { name: &name, ..FACTS }).unwrap();
        assert!(block.windows(302).any(|window| window.starts_with(&[0xac, 0x02]) && window[2..].iter().all(|byte| *byte == b'h')));
    }
}
