//! Candidate rows out of the store: kinds and digests as fixed-width numbers, sorted by the engine.

use super::rows::{Days, KINDS, Rows};
use crate::PipelineError;
use crate::frame::Table;
use crate::tables;
use futures::TryStreamExt;
use inflow_store::{Store, User};

/// The kinds whose rows name a candidate.
pub(super) const NAMING: &[&Table] = &[&tables::APPLICATIONS, &tables::EMPLOYMENT, &tables::ASSESSMENTS, &tables::INVITATIONS];

/// Which candidate each case names that is there: `case_candidates`.
pub(super) fn naming(database: &str) -> String {
    let table = |table: &&Table| {
        let name = table.name;
        format!(
            "SELECT {case} AS case_hash, cityHash64(connection, candidate_source_id) AS candidate, toUInt64(0) AS version FROM {database}.{name} FINAL WHERE deleted = 0",
            case = case_hash(name)
        )
    };
    NAMING.iter().map(table).collect::<Vec<_>>().join(" UNION ALL ")
}

/// The hash of a row of a table in [`NAMING`].
pub(crate) fn case_hash(table: &str) -> String {
    format!("cityHash64('{table}', connection, source_id)")
}

/// The candidates that a case which is there names, of a hash that a SELECT gives, or all. Compared by hash, since ids of a million candidates
/// would fill the memory.
fn select(database: &str, among: Option<&str>) -> String {
    let words = KINDS.iter().map(|(word, ..)| format!("'{word}'")).collect::<Vec<_>>().join(", ");
    let numbers = (1..=KINDS.len()).map(|number| number.to_string()).collect::<Vec<_>>().join(", ");
    let hash = "cityHash64(connection, source_id)";
    // Columns of the sorting key may be asked before versions are told apart.
    let prewhere = among.map(|among| format!("PREWHERE {hash} IN ({among})")).unwrap_or_default();
    let of_these = among.map(|among| format!(" WHERE candidate IN ({among})")).unwrap_or_default();
    format!(
        "SELECT toString(connection), source_id, {hash}, toUInt8(has(flags, 'latin_name')), \
         arrayMap(kind -> toUInt8(transform(toString(kind), [{words}], [{numbers}], 0)), digest_kind), \
         arrayMap(digest -> reinterpretAsUInt64(substring(digest, 1, 8)), digest_value) \
         FROM {database}.candidates FINAL {prewhere} \
         WHERE deleted = 0 AND {hash} IN (SELECT candidate FROM {database}.case_candidates FINAL{of_these}) ORDER BY connection, source_id"
    )
}

/// Reads all rows that take part, or those among them whose hash a SELECT gives.
pub(super) async fn read(store: &Store, database: &str, among: Option<&str>) -> Result<Rows, PipelineError> {
    let mut rows = Rows::new(store.data_dir());
    let mut pieces = std::pin::pin!(store.stream(&select(database, among), &[], "RowBinary", User::Writer).await?);
    let mut waiting: Vec<u8> = Vec::new();
    while let Some(piece) = pieces.try_next().await? {
        waiting.extend_from_slice(&piece);
        let mut taken = 0;
        while let Some((row, length)) = take_row(&waiting[taken..]) {
            rows.push(row.connection, row.source_id, row.hash, row.values, Days::default()).map_err(PipelineError::aside(store))?;
            taken += length;
        }
        waiting.drain(..taken);
    }
    if waiting.is_empty() { Ok(rows) } else { Err(PipelineError::Stopped("the store's answer ends within a row".to_owned())) }
}

/// A row of [`select`].
#[derive(Debug, PartialEq, Eq)]
struct Taken<'b> {
    connection: &'b str,
    source_id: &'b str,
    hash: u64,
    values: Vec<u64>,
}

/// Reads one row, if the whole of it is here, and its length.
fn take_row(bytes: &[u8]) -> Option<(Taken<'_>, usize)> {
    let mut rest = bytes;
    let connection = text(&mut rest)?;
    let source_id = text(&mut rest)?;
    let hash = u64::from_le_bytes(*rest.split_off(..8)?.first_chunk()?);
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
    Some((Taken { connection, source_id, hash, values }, bytes.len() - rest.len()))
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
        let mut bytes = vec![1, b'c', 2, b'i', b'd', 8, 0, 0, 0, 0, 0, 0, 0, 1, 3, 2, 6, 0, 3];
        for digest in [5_u64, 7, 9] {
            bytes.extend(digest.to_le_bytes());
        }
        for cut in 0..bytes.len() {
            assert_eq!(take_row(&bytes[..cut]), None, "{cut}");
        }
        bytes.push(99);
        let (row, length) = take_row(&bytes).unwrap();
        assert_eq!(length, bytes.len() - 1);
        assert_eq!(row, Taken { connection: "c", source_id: "id", hash: 8, values: vec![Kind::Phone.value(5), Kind::LatinName.value(7)] });
    }
}
