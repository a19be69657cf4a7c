//! Typed columns: rows of a table are collected column by column, deduplicated as a Polars frame, and written as one
//! Arrow IPC stream, one record batch, which ClickHouse takes as one block.

use hashbrown::HashMap;
use polars::prelude::*;
use std::ops::Range;
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
    /// List of digests, 16 bytes each.
    Digests,
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
    Texts(Texts),
    /// List of digests.
    Digests(Vec<[u8; 16]>),
}

/// A list of texts in one piece.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Texts {
    text: String,
    ends: Vec<usize>,
}

impl Texts {
    /// Adds a text.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    /// The texts in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|at| self.get(at))
    }

    fn get(&self, at: usize) -> &str {
        cut(&self.text, &self.ends, at)
    }

    fn append(&mut self, more: &Self) {
        let before = self.text.len();
        self.text.push_str(&more.text);
        self.ends.extend(more.ends.iter().map(|end| end + before));
    }
}

impl<T: AsRef<str>> FromIterator<T> for Texts {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let mut list = Self::default();
        texts.into_iter().for_each(|text| list.push(text.as_ref()));
        list
    }
}

/// The text at a place among texts that stand one after another.
fn cut<'t>(text: &'t str, ends: &[usize], at: usize) -> &'t str {
    let start = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or_default();
    ends.get(at).and_then(|end| text.get(start..*end)).unwrap_or_default()
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

    /// The position of a column. Rows are written by name; by position in the hot path.
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
    columns: Vec<Buffer>,
    len: usize,
}

/// The values of one column, in few pieces whatever their number.
#[derive(Debug)]
enum Buffer {
    /// Texts; an empty one is absent. Decimals too.
    Text(Texts),
    Instant(Vec<Option<i64>>),
    Day(Vec<Option<i32>>),
    Unsigned(Vec<Option<u64>>),
    /// The texts of all lists, and where each list ends among them.
    Lists(Texts, Vec<usize>),
    /// Likewise of digests.
    Digests(Vec<[u8; 16]>, Vec<usize>),
}

impl Buffer {
    fn new(kind: ColumnType) -> Self {
        match kind {
            ColumnType::Text | ColumnType::Decimal => Self::Text(Texts::default()),
            ColumnType::Instant => Self::Instant(Vec::new()),
            ColumnType::Day => Self::Day(Vec::new()),
            ColumnType::Unsigned | ColumnType::Count => Self::Unsigned(Vec::new()),
            ColumnType::Texts => Self::Lists(Texts::default(), Vec::new()),
            ColumnType::Digests => Self::Digests(Vec::new(), Vec::new()),
        }
    }

    /// Adds a value; one of another type is absent.
    fn push(&mut self, cell: &Cell) {
        match (self, cell) {
            (Self::Text(texts), Cell::Text(text)) => texts.push(text),
            (Self::Text(texts), _) => texts.push(""),
            (Self::Instant(instants), cell) => instants.push(if let Cell::Instant(ms) = cell { Some(*ms) } else { None }),
            (Self::Day(days), cell) => days.push(if let Cell::Day(day) = cell { Some(*day) } else { None }),
            (Self::Unsigned(numbers), cell) => numbers.push(if let Cell::Unsigned(number) = cell { Some(*number) } else { None }),
            (Self::Lists(texts, ends), cell) => {
                if let Cell::Texts(list) = cell {
                    list.iter().for_each(|text| texts.push(text));
                }
                ends.push(texts.ends.len());
            }
            (Self::Digests(digests, ends), cell) => {
                if let Cell::Digests(list) = cell {
                    digests.extend_from_slice(list);
                }
                ends.push(digests.len());
            }
        }
    }

    /// Adds all values of another column of the same type.
    fn append(&mut self, other: Self) {
        match (self, other) {
            (Self::Text(texts), Self::Text(more)) => texts.append(&more),
            (Self::Instant(instants), Self::Instant(more)) => instants.extend(more),
            (Self::Day(days), Self::Day(more)) => days.extend(more),
            (Self::Unsigned(numbers), Self::Unsigned(more)) => numbers.extend(more),
            (Self::Lists(texts, ends), Self::Lists(more, more_ends)) => {
                let before = texts.ends.len();
                ends.extend(more_ends.into_iter().map(|end| end + before));
                texts.append(&more);
            }
            (Self::Digests(digests, ends), Self::Digests(more, more_ends)) => {
                let before = digests.len();
                ends.extend(more_ends.into_iter().map(|end| end + before));
                digests.extend(more);
            }
            // Both are of one table.
            _ => {}
        }
    }

    fn text(&self, at: usize) -> &str {
        if let Self::Text(texts) = self { texts.get(at) } else { "" }
    }

    fn list(&self, at: usize) -> impl Iterator<Item = &str> {
        let (texts, range) = match self {
            Self::Lists(texts, ends) => (Some(texts), list_at(ends, at)),
            _ => (None, 0..0),
        };
        range.filter_map(move |at| Some(texts?.get(at)))
    }

    fn digests(&self, at: usize) -> &[[u8; 16]] {
        if let Self::Digests(digests, ends) = self { digests.get(list_at(ends, at)).unwrap_or_default() } else { &[] }
    }
}

/// Where a list stands among the elements of all lists.
fn list_at(ends: &[usize], at: usize) -> Range<usize> {
    let start = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or_default();
    start..ends.get(at).copied().unwrap_or(start)
}

impl Rows {
    /// An empty collection.
    pub fn new(table: &'static Table) -> Self {
        Self { table, columns: table.columns.iter().map(|(_, kind)| Buffer::new(*kind)).collect(), len: 0 }
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
    pub fn push(&mut self, row: &Row) {
        for (column, cell) in self.columns.iter_mut().zip(&row.cells) {
            column.push(cell);
        }
        self.len += 1;
    }

    /// The cell of a row, by its place.
    #[cfg(test)]
    pub(crate) fn cell(&self, at: usize, column: &str) -> Cell {
        let buffer = &self.columns[self.table.position(column).unwrap()];
        match buffer {
            Buffer::Text(texts) if texts.get(at).is_empty() && self.table.column_type(column) == Some(ColumnType::Decimal) => Cell::Null,
            Buffer::Text(texts) => Cell::Text(texts.get(at).to_owned()),
            Buffer::Instant(instants) => instants[at].map_or(Cell::Null, Cell::Instant),
            Buffer::Day(days) => days[at].map_or(Cell::Null, Cell::Day),
            Buffer::Unsigned(numbers) => numbers[at].map_or(Cell::Null, Cell::Unsigned),
            Buffer::Lists(..) => Cell::Texts(buffer.list(at).collect()),
            Buffer::Digests(..) => Cell::Digests(buffer.digests(at).to_vec()),
        }
    }

    /// Adds the rows of another collection of the same table after these.
    pub fn append(&mut self, other: Rows) {
        if self.is_empty() {
            *self = other;
            return;
        }
        for (column, more) in self.columns.iter_mut().zip(other.columns) {
            column.append(more);
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
        let columns = self.table.columns.iter().zip(&self.columns);
        let columns =
            columns.map(|((name, kind), values)| lineage.column(name, kept.len()).unwrap_or_else(|| column(name, *kind, values, &kept)));
        DataFrame::new(kept.len(), columns.collect())
    }

    /// Positions of the rows that stay.
    fn latest(&self) -> Vec<usize> {
        let own = self.table.key.iter().filter(|name| !Lineage::COLUMNS.contains(name));
        let key: Vec<&Buffer> = own.filter_map(|name| self.columns.get(self.table.position(name)?)).collect();
        let versions = self.table.position("version").and_then(|at| self.columns.get(at));
        let versions = if let Some(Buffer::Unsigned(versions)) = versions { versions.as_slice() } else { &[] };
        let version = |at: usize| versions.get(at).copied().flatten().unwrap_or_default();
        let mut places: HashMap<[&str; MOST_KEYS], usize> = HashMap::with_capacity(self.len);
        let mut kept: Vec<usize> = Vec::with_capacity(self.len);
        for at in 0..self.len {
            let mut texts = [""; MOST_KEYS];
            for (text, column) in texts.iter_mut().zip(&key) {
                *text = column.text(at);
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

    /// Sets the column at a position.
    pub fn set_at(&mut self, at: usize, cell: Cell) {
        if let Some(slot) = self.cells.get_mut(at) {
            *slot = cell;
        }
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

/// A column of the values at some places.
fn column(name: &str, kind: ColumnType, values: &Buffer, kept: &[usize]) -> Column {
    let name = PlSmallStr::from_str(name);
    match (kind, values) {
        (ColumnType::Decimal, Buffer::Text(texts)) => {
            let texts = kept.iter().map(|at| Some(texts.get(*at)).filter(|text| !text.is_empty()));
            StringChunked::from_iter_options(name, texts).into_column()
        }
        (_, Buffer::Text(texts)) => StringChunked::from_iter_values(name, kept.iter().map(|at| texts.get(*at))).into_column(),
        (_, Buffer::Instant(instants)) => {
            let instants = kept.iter().map(|at| instants.get(*at).copied().flatten());
            Int64Chunked::from_iter_options(name, instants).into_datetime(TimeUnit::Milliseconds, None).into_column()
        }
        (_, Buffer::Day(days)) => {
            let days = kept.iter().map(|at| days.get(*at).copied().flatten());
            Int32Chunked::from_iter_options(name, days).into_date().into_column()
        }
        (ColumnType::Count, Buffer::Unsigned(counts)) => {
            UInt64Chunked::from_iter_options(name, kept.iter().map(|at| counts.get(*at).copied().flatten())).into_column()
        }
        (_, Buffer::Unsigned(numbers)) => {
            let numbers = kept.iter().map(|at| numbers.get(*at).copied().flatten().unwrap_or_default());
            UInt64Chunked::from_iter_values(name, numbers).into_column()
        }
        (_, lists @ Buffer::Lists(..)) => {
            let mut builder = ListStringChunkedBuilder::new(name, kept.len(), kept.len() * 4);
            for at in kept {
                builder.append_values_iter(lists.list(*at));
            }
            builder.finish().into_column()
        }
        (_, digests @ Buffer::Digests(..)) => {
            let mut builder = ListBinaryChunkedBuilder::new(name, kept.len(), kept.len() * 8);
            for at in kept {
                builder.append_values_iter(digests.digests(*at).iter().map(<[u8; 16]>::as_slice));
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
                    .set("tags", Cell::Texts([format!("{id}{version}")].into_iter().collect()));
                collected.push(&row);
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
