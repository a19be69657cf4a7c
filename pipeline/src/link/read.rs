//! Candidate rows out of the store: kinds and digests as fixed-width numbers, sorted by the engine.

use super::rows::{Days, KINDS, Rows};
use crate::PipelineError;
use crate::frame::Table;
use crate::tables;
use inflow_store::{Fields, Store, quote_text};

/// The kinds whose rows name a candidate.
pub(super) const NAMING: &[&Table] = &[&tables::APPLICATIONS, &tables::EMPLOYMENT, &tables::ASSESSMENTS, &tables::INVITATIONS];

/// What is read in one statement.
#[derive(Debug, Clone, Copy)]
pub(super) enum Among<'a> {
    /// All candidates.
    All,
    /// Those of a connection.
    Connection(&'a str),
    /// Those whose hash a SELECT gives.
    Hashes(&'a str),
}

/// The connections, sorted, that are read one after the other; none when all candidates are few enough to be read at once: a statement holds the
/// hashes of those that it reads, and looks into every part of the tables. Also those that name candidates whom nobody has delivered yet.
pub(super) async fn connections(store: &Store, database: &str, at_once: u64) -> Result<Vec<String>, PipelineError> {
    let naming = NAMING
        .iter()
        .map(|table| format!("SELECT DISTINCT toString(connection) AS name, toUInt64(0) AS many FROM {database}.{}", table.name));
    let all: Vec<String> =
        naming.chain([format!("SELECT toString(connection), count() FROM {database}.candidates GROUP BY connection")]).collect();
    let sql = format!(
        "SELECT name AS connection, sum(many) AS candidates FROM ({}) GROUP BY name ORDER BY name SETTINGS final = 0",
        all.join(" UNION ALL ")
    );
    let rows = store.rows(&sql, &[]).await?;
    if rows.iter().filter_map(|row| row.get("candidates")?.as_u64()).sum::<u64>() <= at_once {
        return Ok(Vec::new());
    }
    Ok(rows.iter().filter_map(|row| Some(row.get("connection")?.as_str()?.to_owned())).collect())
}

/// Which candidate each case names that is there, of all connections or of one: `case_candidates`.
pub(super) fn naming(database: &str, connection: Option<&str>) -> String {
    let of_connection = connection.map(|name| format!(" AND connection = {}", quote_text(name))).unwrap_or_default();
    let table = |table: &&Table| {
        let name = table.name;
        format!(
            "SELECT {case} AS case_hash, cityHash64(connection, candidate_source_id) AS candidate, toUInt64(0) AS version \
             FROM {database}.{name} FINAL WHERE deleted = 0{of_connection}",
            case = case_hash(name)
        )
    };
    NAMING.iter().map(table).collect::<Vec<_>>().join(" UNION ALL ")
}

/// The hash of a row of a table in [`NAMING`].
pub(crate) fn case_hash(table: &str) -> String {
    format!("cityHash64('{table}', connection, source_id)")
}

/// The candidates that a case which is there names. Compared by hash, since ids of a million candidates would fill the memory. They are sorted, on disk
/// where they are many: reading 1.8 million in the order of the table took twice the processor time and 200 to 500 MB more, or the limit.
fn select(database: &str, among: Among<'_>) -> String {
    let words = KINDS.iter().map(|(word, ..)| format!("'{word}'")).collect::<Vec<_>>().join(", ");
    let numbers = (1..=KINDS.len()).map(|number| number.to_string()).collect::<Vec<_>>().join(", ");
    let hash = "cityHash64(connection, source_id)";
    // Columns of the sorting key may be asked before versions are told apart.
    let (prewhere, named) = match among {
        Among::All => (String::new(), format!("SELECT candidate FROM {database}.case_candidates FINAL")),
        Among::Connection(name) => {
            (format!("PREWHERE connection = {}", quote_text(name)), format!("SELECT candidate FROM ({})", naming(database, Some(name))))
        }
        Among::Hashes(among) => (
            format!("PREWHERE {hash} IN ({among})"),
            format!("SELECT candidate FROM {database}.case_candidates FINAL WHERE candidate IN ({among})"),
        ),
    };
    format!(
        "SELECT toString(connection), source_id, {hash}, toUInt8(has(flags, 'latin_name')), \
         arrayMap(kind -> toUInt8(transform(toString(kind), [{words}], [{numbers}], 0)), digest_kind), \
         arrayMap(digest -> reinterpretAsUInt64(substring(digest, 1, 8)), digest_value) \
         FROM {database}.candidates FINAL {prewhere} \
         WHERE deleted = 0 AND {hash} IN ({named}) ORDER BY connection, source_id \
         SETTINGS optimize_read_in_order = 0, max_bytes_before_external_sort = 67108864"
    )
}

/// Reads rows that take part.
pub(super) async fn read(store: &Store, database: &str, among: &[Among<'_>]) -> Result<Rows, PipelineError> {
    let mut rows = Rows::new(store.data_dir());
    let mut take = |fields: &mut Fields<'_>| {
        let row = take_row(fields)?;
        let pushed = rows.push(row.connection, row.source_id, row.hash, row.values, Days::default());
        Some(pushed.map_err(PipelineError::aside(store)))
    };
    for among in among {
        store.for_each_row(&select(database, *among), &[], &mut take).await?;
    }
    Ok(rows)
}

/// A row of [`select`].
#[derive(Debug, PartialEq, Eq)]
struct Taken<'b> {
    connection: &'b str,
    source_id: &'b str,
    hash: u64,
    values: Vec<u64>,
}

/// Reads one row, if the whole of it is here.
fn take_row<'b>(fields: &mut Fields<'b>) -> Option<Taken<'b>> {
    let (connection, source_id, hash, latin) = (fields.text()?, fields.text()?, fields.u64()?, fields.u8()? == 1);
    let count = fields.length()?;
    let kinds = fields.bytes(count)?;
    if fields.length()? != count {
        return None;
    }
    let digests = fields.bytes(count * 8)?;
    let mut values = Vec::with_capacity(count);
    for (kind, digest) in kinds.iter().zip(digests.as_chunks::<8>().0) {
        if let Some((_, chinese, letters)) = usize::from(*kind).checked_sub(1).and_then(|at| KINDS.get(at)) {
            values.push(if latin { letters } else { chinese }.value(u64::from_le_bytes(*digest)));
        }
    }
    Some(Taken { connection, source_id, hash, values })
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
            assert_eq!(take_row(&mut Fields::new(&bytes[..cut])), None, "{cut}");
        }
        bytes.push(99);
        let mut fields = Fields::new(&bytes);
        let row = take_row(&mut fields).unwrap();
        assert_eq!(fields.rest(), 1);
        assert_eq!(row, Taken { connection: "c", source_id: "id", hash: 8, values: vec![Kind::Phone.value(5), Kind::LatinName.value(7)] });
    }
}
