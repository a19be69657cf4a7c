//! Typed columns: rows of a table are collected column by column, deduplicated as a Polars frame, and written as one
//! Arrow IPC stream, one record batch, which ClickHouse takes as one block.

use polars::prelude::*;

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
}

impl Table {
    /// The position of a column.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|(name, _)| *name == column)
    }

    /// The type of a column.
    pub fn column_type(&self, column: &str) -> Option<ColumnType> {
        self.columns.iter().find(|(name, _)| *name == column).map(|(_, kind)| *kind)
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

    /// The frame of all rows, in the order they were pushed.
    ///
    /// # Errors
    /// When Polars refuses the columns, which would be a fault of ours.
    pub fn into_frame(self) -> PolarsResult<DataFrame> {
        let height = self.len;
        let columns = self.table.columns.iter().zip(self.columns).map(|((name, kind), cells)| column(name, *kind, cells)).collect();
        DataFrame::new(height, columns)
    }
}

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

fn column(name: &str, kind: ColumnType, cells: Vec<Cell>) -> Column {
    let name = PlSmallStr::from_str(name);
    match kind {
        ColumnType::Text => {
            let texts = cells.into_iter().map(|cell| if let Cell::Text(text) = cell { text } else { String::new() });
            StringChunked::from_iter_values(name, texts).into_column()
        }
        ColumnType::Decimal => {
            let texts = cells.into_iter().map(|cell| if let Cell::Text(text) = cell { Some(text) } else { None });
            StringChunked::from_iter_options(name, texts).into_column()
        }
        ColumnType::Instant => {
            let instants = cells.into_iter().map(|cell| if let Cell::Instant(ms) = cell { Some(ms) } else { None });
            Int64Chunked::from_iter_options(name, instants).into_datetime(TimeUnit::Milliseconds, None).into_column()
        }
        ColumnType::Day => {
            let days = cells.into_iter().map(|cell| if let Cell::Day(day) = cell { Some(day) } else { None });
            Int32Chunked::from_iter_options(name, days).into_date().into_column()
        }
        ColumnType::Unsigned => {
            let numbers = cells.into_iter().map(|cell| if let Cell::Unsigned(number) = cell { number } else { 0 });
            UInt64Chunked::from_iter_values(name, numbers).into_column()
        }
        ColumnType::Count => {
            let counts = cells.into_iter().map(|cell| if let Cell::Unsigned(number) = cell { Some(number) } else { None });
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

/// Keeps, of all rows with one key, that of the greatest version. The order of the result is by key, so it is a
/// function of the rows alone, whatever order they came in. Rows equal in key and version are equal in content (the
/// version holds a hash of it), so which of them stays does not matter.
///
/// # Errors
/// When Polars refuses, which would be a fault of ours.
pub fn latest(frame: &DataFrame, key: &[&str]) -> PolarsResult<DataFrame> {
    if frame.height() < 2 {
        return Ok(frame.clone());
    }
    let by: Vec<&str> = key.iter().copied().chain(["version"]).collect();
    let mut descending = vec![false; key.len()];
    descending.push(true);
    let sorted = frame.sort(by, SortMultipleOptions::default().with_order_descending_multi(descending).with_maintain_order(true))?;
    let subset: Vec<String> = key.iter().map(|name| (*name).to_owned()).collect();
    sorted.unique_stable(Some(&subset), UniqueKeepStrategy::First, None)
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

    static TABLE: Table = Table {
        name: "t",
        columns: &[("id", ColumnType::Text), ("version", ColumnType::Unsigned), ("tags", ColumnType::Texts)],
        key: &["id"],
    };

    fn frame(rows: &[(String, u64)]) -> DataFrame {
        let mut collected = Rows::new(&TABLE);
        for (id, version) in rows {
            let mut row = Row::new(&TABLE);
            row.text("id", id.clone()).set("version", Cell::Unsigned(*version)).set("tags", Cell::Texts(vec![format!("{id}{version}")]));
            collected.push(row);
        }
        collected.into_frame().unwrap()
    }

    proptest! {
        #[test]
        fn the_latest_does_not_depend_on_the_order(mut rows in prop::collection::vec(("[a-c]", 0_u64..5), 0..30), turn in 0_usize..30) {
            let first = latest(&frame(&rows), TABLE.key).unwrap();
            if !rows.is_empty() {
                let by = turn % rows.len();
                rows.rotate_left(by);
                rows.reverse();
            }
            let second = latest(&frame(&rows), TABLE.key).unwrap();
            prop_assert!(first.equals_missing(&second));
            let mut greatest = std::collections::BTreeMap::new();
            for (id, version) in &rows {
                let slot = greatest.entry(id.clone()).or_insert(*version);
                *slot = (*slot).max(*version);
            }
            let versions: Vec<u64> = first.column("version").unwrap().u64().unwrap().into_no_null_iter().collect();
            prop_assert_eq!(versions, greatest.values().copied().collect::<Vec<_>>());
        }
    }
}
