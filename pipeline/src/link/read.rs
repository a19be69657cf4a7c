//! Candidate rows out of the store: kinds and digests as fixed-width numbers, sorted by the engine.

use super::rows::{Days, KINDS, Rows};
use crate::PipelineError;
use crate::frame::Table;
use crate::tables;
use futures::TryStreamExt;
use inflow_store::{Store, User};

/// The kinds whose rows name a candidate.
const NAMING: &[&Table] = &[&tables::APPLICATIONS, &tables::EMPLOYMENT, &tables::ASSESSMENTS, &tables::INVITATIONS];

/// The candidates that a case which is there names. Compared by hash, since ids of a million candidates would fill the memory.
fn select(database: &str) -> String {
    let words = KINDS.iter().map(|(word, ..)| format!("'{word}'")).collect::<Vec<_>>().join(", ");
    let numbers = (1..=KINDS.len()).map(|number| number.to_string()).collect::<Vec<_>>().join(", ");
    let naming = |table: &&Table| {
        format!("SELECT sipHash128(toString(connection), candidate_source_id) FROM {database}.{} FINAL WHERE deleted = 0", table.name)
    };
    let named = NAMING.iter().map(naming).collect::<Vec<_>>().join(" UNION ALL ");
    format!(
        "SELECT toString(connection), source_id, toUInt8(has(flags, 'latin_name')), \
         arrayMap(kind -> toUInt8(transform(toString(kind), [{words}], [{numbers}], 0)), digest_kind), \
         arrayMap(digest -> reinterpretAsUInt64(substring(digest, 1, 8)), digest_value) \
         FROM {database}.candidates FINAL \
         WHERE deleted = 0 AND sipHash128(toString(connection), source_id) IN ({named}) ORDER BY connection, source_id"
    )
}

/// Reads all rows that take part.
pub(super) async fn read(store: &Store, database: &str) -> Result<Rows, PipelineError> {
    let mut rows = Rows::default();
    let mut pieces = std::pin::pin!(store.stream(&select(database), &[], "RowBinary", User::Writer).await?);
    let mut waiting: Vec<u8> = Vec::new();
    while let Some(piece) = pieces.try_next().await? {
        waiting.extend_from_slice(&piece);
        let mut read = 0;
        while let Some(length) = take_row(&waiting[read..], &mut rows) {
            read += length;
        }
        waiting.drain(..read);
    }
    if waiting.is_empty() { Ok(rows) } else { Err(PipelineError::Stopped("the store's answer ends within a row".to_owned())) }
}

/// Reads one row, if the whole of it is here; gives its length.
fn take_row(bytes: &[u8], rows: &mut Rows) -> Option<usize> {
    let mut rest = bytes;
    let connection = text(&mut rest)?;
    let source_id = text(&mut rest)?;
    let latin = rest.split_off_first()? == &1;
    let count = length(&mut rest)?;
    let kinds = rest.split_off(..count)?;
    if length(&mut rest)? != count {
        return None;
    }
    let digests = rest.split_off(..count * 8)?;
    let mut values = Vec::with_capacity(count);
    for (kind, digest) in kinds.iter().zip(digests.as_chunks::<8>().0) {
        if let Some((_, chinese, letters)) = usize::from(*kind).checked_sub(1).and_then(|at| KINDS.get(at)) {
            values.push(if latin { letters } else { chinese }.value(u64::from_le_bytes(*digest)));
        }
    }
    rows.push(connection, source_id, values, Days::default());
    Some(bytes.len() - rest.len())
}

/// A number of variable length (LEB128).
fn length(rest: &mut &[u8]) -> Option<usize> {
    let mut value = 0_usize;
    for shift in (0..usize::BITS).step_by(7) {
        let byte = *rest.split_off_first()?;
        value |= usize::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn text<'b>(rest: &mut &'b [u8]) -> Option<&'b str> {
    let length = length(rest)?;
    std::str::from_utf8(rest.split_off(..length)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::rows::Kind;

    #[test]
    fn a_row_is_read_when_it_is_whole() {
        let mut bytes = vec![1, b'c', 2, b'i', b'd', 1, 3, 2, 6, 0, 3];
        for digest in [5_u64, 7, 9] {
            bytes.extend(digest.to_le_bytes());
        }
        let mut rows = Rows::default();
        for cut in 0..bytes.len() {
            assert_eq!(take_row(&bytes[..cut], &mut rows), None, "{cut}");
        }
        bytes.push(99);
        assert_eq!(take_row(&bytes, &mut rows), Some(bytes.len() - 1));
        assert_eq!((rows.connection(0), rows.source_id(0)), ("c", "id"));
        assert_eq!(rows.values(0), [Kind::Phone.value(5), Kind::LatinName.value(7)]);
    }
}
