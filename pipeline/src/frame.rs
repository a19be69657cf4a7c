//! Typed columns: rows of a table are collected column by column, deduplicated as a Polars frame, and written as one
//! Arrow IPC stream, one record batch, which ClickHouse takes as one block.

use polars::prelude::*;
use std::collections::HashMap;
use std::sync::OnceLock;

/// The type of one column of a table, as it travels in Arrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Text, never null: absent is empty.
    Text,
    /// Exact decimal as text, null when absent: ClickHouse parses it into its Decimal, so no binary fraction is met.
    Decimal,
    /// Instant, milliseconds since 1970 UTC, null when absent.
    Instant,
    /// Day, null when absent.
    Day,
    /// 64-bit unsigned, 0 when absent.
    Unsigned,
    /// 64-bit unsigned, null when absent: what was not counted is not 0.
    Count,
    /// List of texts.
    Texts,
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Cell {
    /// Absent.
    #[default]
    Null,
    /// Text, or a decimal in its exact text form.
    Text(String),
    /// Milliseconds since 1970 UTC.
    Instant(i64),
    /// Days since 1970-01-01.
    Day(i32),
    /// Unsigned number.
    Unsigned(u64),
    /// List of texts.
    Texts(Vec<String>),
}

/// A table that the pipeline fills: its columns in order and how its rows are told apart.
#[derive(Debug)]
pub struct Table {
    /// Name in the database.
    pub name: &'static str,
    /// Columns in the order of the migration.
    pub columns: &'static [(&'static str, ColumnType)],
    /// The row key, without version.
    pub key: &'static [&'static str],
    positions: OnceLock<HashMap<&'static str, usize>>,
}

impl Table {
    /// A table with these columns; `key` tells its rows apart.
    pub const fn new(name: &'static str, columns: &'static [(&'static str, ColumnType)], key: &'static [&'static str]) -> Self {
        Self { name, columns, key, positions: OnceLock::new() }
    }

    /// The position of a column.
    pub fn position(&self, column: &str) -> Option<usize> {
        let positions = self.positions.get_or_init(|| self.columns.iter().enumerate().map(|(at, (name, _))| (*name, at)).collect());
        positions.get(column).copied()
    }

    /// The type of a column.
    pub fn column_type(&self, column: &str) -> Option<ColumnType> {
        self.columns.get(self.position(column)?).map(|(_, kind)| *kind)
    }
}

/// What all rows of a segment have in common.
#[derive(Debug, Clone)]
pub struct Lineage {
    /// Connection.
    pub connection: String,
    /// Segment.
    pub segment: String,
    /// Its fetch instant, milliseconds since 1970 UTC.
    pub fetched_at: i64,
}

impl Lineage {
    /// Columns that every table has and that no row sets for itself.
    const COLUMNS: &'static [&'static str] = &["connection", "segment", "fetched_at"];

    fn column(&self, name: &str, height: usize) -> Option<Column> {
        let scalar = match name {
            "connection" => Scalar::from(PlSmallStr::from_str(&self.connection)),
            "segment" => Scalar::from(PlSmallStr::from_str(&self.segment)),
            "fetched_at" => Scalar::new(
                DataType::Datetime(TimeUnit::Milliseconds, None),
                AnyValue::Datetime(self.fetched_at, TimeUnit::Milliseconds, None),
            ),
            _ => return None,
        };
        Some(Column::new_scalar(PlSmallStr::from_str(name), scalar, height))
    }
}

/// Collects rows of one table.
#[derive(Debug)]
pub struct Rows {
    table: &'static Table,
    columns: Vec<Vec<Cell>>,
    len: usize,
}

impl Rows {
    /// An empty collection.
    pub fn new(table: &'static Table) -> Self {
        Self { table, columns: vec![Vec::new(); table.columns.len()], len: 0 }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.len
    }

    /// No row yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a row made with [`Row`].
    pub fn push(&mut self, row: Row) {
        for (column, cell) in self.columns.iter_mut().zip(row.cells) {
            column.push(cell);
        }
        self.len += 1;
    }

    /// The cell of a row, by its place.
    #[cfg(test)]
    pub(crate) fn cell(&self, at: usize, column: &str) -> &Cell {
        &self.columns[self.table.position(column).unwrap()][at]
    }

    /// Adds the rows of another collection of the same table after these.
    pub fn append(&mut self, other: Rows) {
        for (column, cells) in self.columns.iter_mut().zip(other.columns) {
            column.extend(cells);
        }
        self.len += other.len;
    }

    /// The frame of the latest row of each key, with what all rows have in common. Of all rows with one key that of the
    /// greatest version stays, at the place of the first of them. Rows equal in key and version are equal in content (the
    /// version holds a hash of it), so which of them stays does not matter.
    ///
    /// # Errors
    /// When Polars refuses the columns, which would be a fault of ours.
    pub fn into_latest(self, lineage: &Lineage) -> PolarsResult<DataFrame> {
        let kept = self.latest();
        let whole = kept.len() == self.len;
        let columns = self.table.columns.iter().zip(self.columns).map(|((name, kind), mut cells)| {
            lineage.column(name, kept.len()).unwrap_or_else(|| {
                if whole {
                    column(name, *kind, cells.into_iter())
                } else {
                    column(name, *kind, kept.iter().map(|at| cells.get_mut(*at).map(std::mem::take).unwrap_or_default()))
                }
            })
        });
        DataFrame::new(kept.len(), columns.collect())
    }

    /// Positions of the rows that stay.
    fn latest(&self) -> Vec<usize> {
        let own = self.table.key.iter().filter(|name| !Lineage::COLUMNS.contains(name));
        let key: Vec<&[Cell]> = own.filter_map(|name| self.columns.get(self.table.position(name)?)).map(Vec::as_slice).collect();
        let versions = self.table.position("version").and_then(|at| self.columns.get(at)).map_or(&[][..], Vec::as_slice);
        let version = |at: usize| if let Some(Cell::Unsigned(version)) = versions.get(at) { *version } else { 0 };
        let mut places: HashMap<[&str; MOST_KEYS], usize> = HashMap::with_capacity(self.len);
        let mut kept: Vec<usize> = Vec::with_capacity(self.len);
        for at in 0..self.len {
            let mut texts = [""; MOST_KEYS];
            for (text, column) in texts.iter_mut().zip(&key) {
                if let Some(Cell::Text(cell)) = column.get(at) {
                    *text = cell;
                }
            }
            let place = *places.entry(texts).or_insert(kept.len());
            match kept.get_mut(place) {
                None => kept.push(at),
                Some(known) if version(at) > version(*known) => *known = at,
                Some(_) => {}
            }
        }
        kept
    }
}

/// Columns of a key beside the connection, at most.
const MOST_KEYS: usize = 2;

/// One row under construction; columns not set are absent.
#[derive(Debug, Clone)]
pub struct Row {
    table: &'static Table,
    cells: Vec<Cell>,
}

impl Row {
    /// A row of absent values.
    pub fn new(table: &'static Table) -> Self {
        Self { table, cells: vec![Cell::Null; table.columns.len()] }
    }

    /// The table that the row is for.
    pub fn table(&self) -> &'static Table {
        self.table
    }

    /// Sets a column. A name that the table does not have is ignored: specs are checked against the tables when loaded.
    pub fn set(&mut self, column: &str, cell: Cell) -> &mut Self {
        if let Some(at) = self.table.position(column)
            && let Some(slot) = self.cells.get_mut(at)
        {
            *slot = cell;
        }
        self
    }

    /// Sets a text column.
    pub fn text(&mut self, column: &str, text: impl Into<String>) -> &mut Self {
        self.set(column, Cell::Text(text.into()))
    }

    /// The text of a column, empty when absent or of another type.
    pub fn get_text(&self, column: &str) -> &str {
        match self.get(column) {
            Cell::Text(text) => text,
            _ => "",
        }
    }

    /// The cell of a column.
    pub fn get(&self, column: &str) -> &Cell {
        self.table.position(column).and_then(|at| self.cells.get(at)).unwrap_or(&Cell::Null)
    }
}

fn column(name: &str, kind: ColumnType, cells: impl ExactSizeIterator<Item = Cell>) -> Column {
    let name = PlSmallStr::from_str(name);
    match kind {
        ColumnType::Text => {
            let texts = cells.map(|cell| if let Cell::Text(text) = cell { text } else { String::new() });
            StringChunked::from_iter_values(name, texts).into_column()
        }
        ColumnType::Decimal => {
            let texts = cells.map(|cell| if let Cell::Text(text) = cell { Some(text) } else { None });
            StringChunked::from_iter_options(name, texts).into_column()
        }
        ColumnType::Instant => {
            let instants = cells.map(|cell| if let Cell::Instant(ms) = cell { Some(ms) } else { None });
            Int64Chunked::from_iter_options(name, instants).into_datetime(TimeUnit::Milliseconds, None).into_column()
        }
        ColumnType::Day => {
            let days = cells.map(|cell| if let Cell::Day(day) = cell { Some(day) } else { None });
            Int32Chunked::from_iter_options(name, days).into_date().into_column()
        }
        ColumnType::Unsigned => {
            let numbers = cells.map(|cell| if let Cell::Unsigned(number) = cell { number } else { 0 });
            UInt64Chunked::from_iter_values(name, numbers).into_column()
        }
        ColumnType::Count => {
            let counts = cells.map(|cell| if let Cell::Unsigned(number) = cell { Some(number) } else { None });
            UInt64Chunked::from_iter_options(name, counts).into_column()
        }
        ColumnType::Texts => {
            let mut builder = ListStringChunkedBuilder::new(name, cells.len(), cells.len() * 4);
            for cell in cells {
                match cell {
                    Cell::Texts(texts) => builder.append_values_iter(texts.iter().map(String::as_str)),
                    _ => builder.append_values_iter(std::iter::empty()),
                }
            }
            builder.finish().into_column()
        }
    }
}

/// The frame as Arrow IPC stream with a single record batch.
///
/// # Errors
/// When Polars refuses, which would be a fault of ours.
pub fn to_arrow_stream(frame: &mut DataFrame) -> PolarsResult<Vec<u8>> {
    frame.rechunk_mut();
    let mut bytes = Vec::with_capacity(frame.estimated_size() + 4096);
    IpcStreamWriter::new(&mut bytes).with_compat_level(CompatLevel::newest()).finish(frame)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    static TABLE: Table = Table::new(
        "t",
        &[("connection", ColumnType::Text), ("id", ColumnType::Text), ("version", ColumnType::Unsigned), ("tags", ColumnType::Texts)],
        &["connection", "id"],
    );

    /// The latest versions by id.
    fn latest(rows: &[(String, u64)]) -> BTreeMap<String, u64> {
        let mut halves = rows.chunks(rows.len().div_ceil(2).max(1)).map(|rows| {
            let mut collected = Rows::new(&TABLE);
            for (id, version) in rows {
                let mut row = Row::new(&TABLE);
                row.text("id", id.clone())
                    .set("version", Cell::Unsigned(*version))
                    .set("tags", Cell::Texts(vec![format!("{id}{version}")]));
                collected.push(row);
            }
            collected
        });
        let mut collected = halves.next().unwrap_or_else(|| Rows::new(&TABLE));
        halves.for_each(|half| collected.append(half));
        let lineage = Lineage { connection: "c".to_owned(), segment: "s".to_owned(), fetched_at: 1 };
        let frame = collected.into_latest(&lineage).unwrap();
        let column = |name: &str| frame.column(name).unwrap().clone();
        assert!(column("connection").str().unwrap().iter().all(|connection| connection == Some("c")));
        let (ids, versions, tags) = (column("id"), column("version"), column("tags"));
        let tags = tags.list().unwrap();
        let found = ids.str().unwrap().iter().flatten().zip(versions.u64().unwrap().into_no_null_iter()).enumerate();
        let found: Vec<(String, u64)> = found
            .map(|(at, (id, version))| {
                let tag = tags.get_as_series(at).unwrap();
                assert_eq!(tag.str().unwrap().get(0), Some(format!("{id}{version}").as_str()), "a row stays one row");
                (id.to_owned(), version)
            })
            .collect();
        let (count, found) = (found.len(), found.into_iter().collect::<BTreeMap<_, _>>());
        assert_eq!(found.len(), count, "one row a key");
        found
    }

    proptest! {
        #[test]
        fn the_latest_does_not_depend_on_the_order(mut rows in prop::collection::vec(("[a-c]", 0_u64..5), 0..30), turn in 0_usize..30) {
            let first = latest(&rows);
            let mut greatest = BTreeMap::new();
            for (id, version) in &rows {
                let slot = greatest.entry(id.clone()).or_insert(*version);
                *slot = (*slot).max(*version);
            }
            prop_assert_eq!(&first, &greatest);
            if !rows.is_empty() {
                let by = turn % rows.len();
                rows.rotate_left(by);
                rows.reverse();
            }
            prop_assert_eq!(latest(&rows), greatest);
        }
    }
}
