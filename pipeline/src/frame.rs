//! Typed columns: rows of a table are collected column by column, the latest of each key is kept, and what is kept is written in
//! the order of the table as a block of ClickHouse's native format ([`inflow_store::NativeBlock`]).

use hashbrown::HashMap;
use inflow_store::NativeBlock as Block;
use std::ops::Range;
use std::sync::OnceLock;

/// The type of one column of a table, as it travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Text, never null: absent is empty.
    Text,
    /// Text of which many rows have the same.
    Word,
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
    /// List of words.
    Words,
    /// List of small numbers.
    Numbers,
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
    /// List of small numbers.
    Numbers(Vec<u16>),
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

    fn write(&self, name: &str, kind: ColumnType, height: usize, block: &mut Block) -> bool {
        match name {
            "connection" => block.words(name, [self.connection.as_str()].into_iter(), (0..height).map(|_| 0)),
            "segment" if kind == ColumnType::Text => block.texts(name, (0..height).map(|_| self.segment.as_str())),
            "segment" => block.words(name, [self.segment.as_str()].into_iter(), (0..height).map(|_| 0)),
            "fetched_at" => block.instants(name, (0..height).map(|_| Some(self.fetched_at))),
            _ => return false,
        }
        true
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
    /// Texts by their place among those that differ.
    Word(Words, Vec<u32>),
    Instant(Vec<Option<i64>>),
    Day(Vec<Option<i32>>),
    Unsigned(Vec<Option<u64>>),
    /// The words of all lists, and where each list ends among them.
    Words(Words, Vec<u32>, Vec<usize>),
    /// Likewise of numbers.
    Numbers(Vec<u16>, Vec<usize>),
    /// Likewise of digests.
    Digests(Vec<[u8; 16]>, Vec<usize>),
}

/// Texts that differ, each once; the first is empty.
#[derive(Debug)]
struct Words {
    texts: Texts,
    places: HashMap<Box<str>, u32>,
    /// The one that was asked for last: rows that follow each other often say the same.
    last: u32,
}

impl Words {
    fn new() -> Self {
        let mut words = Self { texts: Texts::default(), places: HashMap::new(), last: 0 };
        words.place("");
        words
    }

    fn place(&mut self, text: &str) -> u32 {
        if !self.texts.ends.is_empty() && self.texts.get(self.last as usize) == text {
            return self.last;
        }
        self.last = if let Some(place) = self.places.get(text) {
            *place
        } else {
            let place = u32::try_from(self.texts.ends.len()).unwrap_or(u32::MAX);
            self.texts.push(text);
            self.places.insert(text.into(), place);
            place
        };
        self.last
    }

    /// The places here of another's words.
    fn adopt(&mut self, other: &Self) -> Vec<u32> {
        other.texts.iter().map(|text| self.place(text)).collect()
    }

    fn get(&self, place: u32) -> &str {
        self.texts.get(place as usize)
    }
}

impl Buffer {
    fn new(kind: ColumnType) -> Self {
        match kind {
            ColumnType::Text | ColumnType::Decimal => Self::Text(Texts::default()),
            ColumnType::Word => Self::Word(Words::new(), Vec::new()),
            ColumnType::Instant => Self::Instant(Vec::new()),
            ColumnType::Day => Self::Day(Vec::new()),
            ColumnType::Unsigned | ColumnType::Count => Self::Unsigned(Vec::new()),
            ColumnType::Words => Self::Words(Words::new(), Vec::new(), Vec::new()),
            ColumnType::Numbers => Self::Numbers(Vec::new(), Vec::new()),
            ColumnType::Digests => Self::Digests(Vec::new(), Vec::new()),
        }
    }

    /// Adds a value; one of another type is absent.
    fn push(&mut self, cell: &Cell) {
        match (self, cell) {
            (Self::Text(texts), Cell::Text(text)) => texts.push(text),
            (Self::Text(texts), _) => texts.push(""),
            (Self::Word(words, places), cell) => places.push(words.place(if let Cell::Text(text) = cell { text } else { "" })),
            (Self::Instant(instants), cell) => instants.push(if let Cell::Instant(ms) = cell { Some(*ms) } else { None }),
            (Self::Day(days), cell) => days.push(if let Cell::Day(day) = cell { Some(*day) } else { None }),
            (Self::Unsigned(numbers), cell) => numbers.push(if let Cell::Unsigned(number) = cell { Some(*number) } else { None }),
            (Self::Words(words, places, ends), cell) => {
                if let Cell::Texts(list) = cell {
                    places.extend(list.iter().map(|text| words.place(text)));
                }
                ends.push(places.len());
            }
            (Self::Numbers(numbers, ends), cell) => {
                if let Cell::Numbers(list) = cell {
                    numbers.extend_from_slice(list);
                }
                ends.push(numbers.len());
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
            (Self::Word(words, places), Self::Word(more, more_places)) => append_words(words, places, &more, &more_places),
            (Self::Instant(instants), Self::Instant(more)) => instants.extend(more),
            (Self::Day(days), Self::Day(more)) => days.extend(more),
            (Self::Unsigned(numbers), Self::Unsigned(more)) => numbers.extend(more),
            (Self::Words(words, places, ends), Self::Words(more, more_places, more_ends)) => {
                let before = places.len();
                append_words(words, places, &more, &more_places);
                ends.extend(more_ends.into_iter().map(|end| end + before));
            }
            (Self::Numbers(numbers, ends), Self::Numbers(more, more_ends)) => {
                let before = numbers.len();
                ends.extend(more_ends.into_iter().map(|end| end + before));
                numbers.extend(more);
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
        match self {
            Self::Text(texts) => texts.get(at),
            Self::Word(words, places) => places.get(at).map_or("", |place| words.get(*place)),
            _ => "",
        }
    }

    /// Writes the values at some places.
    fn write(&self, name: &str, kind: ColumnType, kept: &[usize], block: &mut Block) {
        let at = kept.iter().copied();
        match self {
            Self::Text(texts) if kind == ColumnType::Decimal => {
                block.decimals(name, at.map(|at| Some(texts.get(at)).filter(|text| !text.is_empty())));
            }
            Self::Text(texts) => block.texts(name, at.map(|at| texts.get(at))),
            Self::Word(words, places) => block.words(name, words.texts.iter(), at.map(|at| places.get(at).copied().unwrap_or_default())),
            Self::Instant(instants) => block.instants(name, at.map(|at| instants.get(at).copied().flatten())),
            Self::Day(days) => block.days(name, at.map(|at| days.get(at).copied().flatten())),
            Self::Unsigned(numbers) => {
                let numbers = at.map(|at| numbers.get(at).copied().flatten());
                if kind == ColumnType::Count {
                    block.counts(name, numbers);
                } else {
                    block.numbers(name, numbers.map(Option::unwrap_or_default));
                }
            }
            Self::Words(words, places, ends) => {
                let lists = at.map(|at| places.get(list_at(ends, at)).unwrap_or_default());
                block.word_lists(name, words.texts.iter(), lists);
            }
            Self::Numbers(numbers, ends) => block.number_lists(name, at.map(|at| numbers.get(list_at(ends, at)).unwrap_or_default())),
            Self::Digests(digests, ends) => block.digest_lists(name, at.map(|at| digests.get(list_at(ends, at)).unwrap_or_default())),
        }
    }
}

fn append_words(words: &mut Words, places: &mut Vec<u32>, more: &Words, more_places: &[u32]) {
    let adopted = words.adopt(more);
    places.extend(more_places.iter().map(|place| adopted.get(*place as usize).copied().unwrap_or_default()));
}

/// Where a list stands among the elements of all lists.
fn list_at(ends: &[usize], at: usize) -> Range<usize> {
    let start = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or_default();
    start..ends.get(at).copied().unwrap_or(start)
}

impl Rows {
    /// An empty collection.
    pub fn new(table: &'static Table) -> Self {
        Self { table, columns: Vec::new(), len: 0 }
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
        // Of most tables a few lines make no row, and columns take longer to make than rows.
        if self.columns.is_empty() {
            self.columns = self.table.columns.iter().map(|(_, kind)| Buffer::new(*kind)).collect();
        }
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
            Buffer::Text(_) | Buffer::Word(..) => Cell::Text(buffer.text(at).to_owned()),
            Buffer::Instant(instants) => instants[at].map_or(Cell::Null, Cell::Instant),
            Buffer::Day(days) => days[at].map_or(Cell::Null, Cell::Day),
            Buffer::Unsigned(numbers) => numbers[at].map_or(Cell::Null, Cell::Unsigned),
            Buffer::Words(words, places, ends) => Cell::Texts(places[list_at(ends, at)].iter().map(|place| words.get(*place)).collect()),
            Buffer::Numbers(numbers, ends) => Cell::Numbers(numbers[list_at(ends, at)].to_vec()),
            Buffer::Digests(digests, ends) => Cell::Digests(digests[list_at(ends, at)].to_vec()),
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

    /// Places of the latest row of each key, in the order of the keys, as the table is sorted by them. Of all rows with one
    /// key that of the greatest version stays. Rows equal in key and version are equal in content (the version holds a hash of
    /// it), so which of them stays does not matter.
    pub fn latest(&self) -> Vec<usize> {
        let own = self.table.key.iter().filter(|name| !Lineage::COLUMNS.contains(name));
        let key: Vec<&Buffer> = own.filter_map(|name| self.columns.get(self.table.position(name)?)).collect();
        let versions = self.table.position("version").and_then(|at| self.columns.get(at));
        let versions = if let Some(Buffer::Unsigned(versions)) = versions { versions.as_slice() } else { &[] };
        let mut rows: Vec<([&str; MOST_KEYS], u64, usize)> = (0..self.len)
            .map(|at| {
                let mut texts = [""; MOST_KEYS];
                for (text, column) in texts.iter_mut().zip(&key) {
                    *text = column.text(at);
                }
                (texts, !versions.get(at).copied().flatten().unwrap_or_default(), at)
            })
            .collect();
        // The greatest version of a key comes first.
        rows.sort_unstable();
        rows.dedup_by(|later, first| later.0 == first.0);
        rows.into_iter().map(|(_, _, at)| at).collect()
    }

    /// The rows at some places as a block, with what all rows have in common.
    pub fn block(&self, kept: &[usize], lineage: &Lineage) -> Vec<u8> {
        let mut block = Block::new(self.table.columns.len(), kept.len());
        for ((name, kind), values) in self.table.columns.iter().zip(&self.columns) {
            if !lineage.write(name, *kind, kept.len(), &mut block) {
                values.write(name, *kind, kept, &mut block);
            }
        }
        block.finish()
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    static TABLE: Table = Table::new(
        "t",
        &[
            ("connection", ColumnType::Word),
            ("id", ColumnType::Text),
            ("version", ColumnType::Unsigned),
            ("word", ColumnType::Word),
            ("tags", ColumnType::Words),
        ],
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
                    .text("word", id.clone())
                    .set("tags", Cell::Texts([format!("{id}{version}")].into_iter().collect()));
                collected.push(&row);
            }
            collected
        });
        let mut collected = halves.next().unwrap_or_else(|| Rows::new(&TABLE));
        halves.for_each(|half| collected.append(half));
        let kept = collected.latest();
        let found: Vec<(String, u64)> = kept
            .iter()
            .map(|at| {
                let cell = |column: &str| collected.cell(*at, column);
                let (Cell::Text(id), Cell::Unsigned(version)) = (cell("id"), cell("version")) else { panic!("a key and a version") };
                assert_eq!(cell("tags"), Cell::Texts([format!("{id}{version}")].into_iter().collect()), "a row stays one row");
                assert_eq!(cell("word"), Cell::Text(id.clone()));
                (id, version)
            })
            .collect();
        assert!(found.is_sorted_by(|a, b| a.0 < b.0), "one row a key, in the order of keys");
        found.into_iter().collect()
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
