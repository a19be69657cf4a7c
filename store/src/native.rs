//! Blocks of rows in ClickHouse's native format: columns as the engine keeps them, so that it neither parses nor looks words
//! up. Blocks may follow one another.

/// How keys of words are written: a dictionary in each block.
const WITH_KEYS: u64 = 1 << 9;
/// The only version of written words.
const WORDS_VERSION: u64 = 1;

/// A block being written.
#[derive(Debug)]
pub struct NativeBlock {
    bytes: Vec<u8>,
    rows: usize,
}

impl NativeBlock {
    /// A block of so many columns and rows. Each column is written once, with all rows.
    pub fn new(columns: usize, rows: usize) -> Self {
        let mut block = Self { bytes: Vec::with_capacity(rows * columns * 4 + 1024), rows };
        block.length(columns);
        block.length(rows);
        block
    }

    /// All columns.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    /// A `String`.
    pub fn texts<'t>(&mut self, name: &str, texts: impl Iterator<Item = &'t str>) {
        self.head(name, "String");
        texts.for_each(|text| self.text(text));
    }

    /// A decimal in its exact text form, which ClickHouse reads.
    pub fn decimals<'t>(&mut self, name: &str, texts: impl Iterator<Item = Option<&'t str>> + Clone) {
        self.head(name, "Nullable(String)");
        self.nulls(texts.clone());
        texts.for_each(|text| self.text(text.unwrap_or_default()));
    }

    /// A `Decimal(18, 2)`, as a whole number of hundredths.
    pub fn cents(&mut self, name: &str, cents: impl Iterator<Item = i64>) {
        self.head(name, "Decimal(18, 2)");
        cents.for_each(|cents| self.bytes.extend_from_slice(&cents.to_le_bytes()));
    }

    /// A `LowCardinality(String)`: words, and for each row the place of its word.
    pub fn words<'t>(&mut self, name: &str, words: impl Iterator<Item = &'t str>, places: impl ExactSizeIterator<Item = u32>) {
        self.head(name, "LowCardinality(String)");
        self.u64(WORDS_VERSION);
        self.dictionary(words, places.len(), places);
    }

    /// A `DateTime64(3)`.
    pub fn instants(&mut self, name: &str, instants: impl Iterator<Item = Option<i64>> + Clone) {
        self.head(name, "Nullable(DateTime64(3, 'UTC'))");
        self.nulls(instants.clone());
        instants.for_each(|ms| self.bytes.extend_from_slice(&ms.unwrap_or_default().to_le_bytes()));
    }

    /// A `Date`.
    pub fn days(&mut self, name: &str, days: impl Iterator<Item = Option<i32>> + Clone) {
        self.head(name, "Nullable(Date)");
        self.nulls(days.clone());
        // A day beyond made no row.
        days.for_each(|day| self.bytes.extend_from_slice(&u16::try_from(day.unwrap_or_default()).unwrap_or_default().to_le_bytes()));
    }

    /// A `UInt64`.
    pub fn numbers(&mut self, name: &str, numbers: impl Iterator<Item = u64>) {
        self.head(name, "UInt64");
        numbers.for_each(|number| self.u64(number));
    }

    /// A `Nullable(UInt64)`.
    pub fn counts(&mut self, name: &str, counts: impl Iterator<Item = Option<u64>> + Clone) {
        self.head(name, "Nullable(UInt64)");
        self.nulls(counts.clone());
        counts.for_each(|count| self.u64(count.unwrap_or_default()));
    }

    /// An `Array(LowCardinality(String))`.
    pub fn word_lists<'t, 'l>(&mut self, name: &str, words: impl Iterator<Item = &'t str>, lists: impl Iterator<Item = &'l [u32]> + Clone) {
        self.head(name, "Array(LowCardinality(String))");
        self.u64(WORDS_VERSION);
        let all = self.ends(lists.clone().map(<[u32]>::len));
        if all > 0 {
            self.dictionary(words, all, lists.flatten().copied());
        }
    }

    /// An `Array(UInt16)`.
    pub fn number_lists<'l>(&mut self, name: &str, lists: impl Iterator<Item = &'l [u16]> + Clone) {
        self.head(name, "Array(UInt16)");
        self.ends(lists.clone().map(<[u16]>::len));
        lists.flatten().for_each(|number| self.bytes.extend_from_slice(&number.to_le_bytes()));
    }

    /// An `Array(FixedString(16))`.
    pub fn digest_lists<'l>(&mut self, name: &str, lists: impl Iterator<Item = &'l [[u8; 16]]> + Clone) {
        self.head(name, "Array(FixedString(16))");
        self.ends(lists.clone().map(<[[u8; 16]]>::len));
        lists.for_each(|list| self.bytes.extend_from_slice(list.as_flattened()));
    }

    fn head(&mut self, name: &str, kind: &str) {
        self.text(name);
        self.text(kind);
    }

    fn nulls<T>(&mut self, values: impl Iterator<Item = Option<T>>) {
        self.bytes.reserve(self.rows);
        self.bytes.extend(values.map(|value| u8::from(value.is_none())));
    }

    /// Where each list ends among the elements of all; gives their number.
    fn ends(&mut self, lengths: impl Iterator<Item = usize>) -> usize {
        lengths.fold(0, |end, length| {
            self.u64((end + length) as u64);
            end + length
        })
    }

    /// Words, and their places in as many bytes as the number of words needs.
    #[expect(clippy::cast_possible_truncation, reason = "as wide as the greatest place")]
    fn dictionary<'t>(&mut self, words: impl Iterator<Item = &'t str>, count: usize, places: impl Iterator<Item = u32>) {
        let head = self.bytes.len();
        self.u64(0);
        self.u64(0);
        let known = words.map(|word| self.text(word)).count();
        let width: u64 = match known {
            0..=0x100 => 0,
            0x101..=0x1_0000 => 1,
            _ => 2,
        };
        if let Some(room) = self.bytes.get_mut(head..head + 16) {
            room.copy_from_slice(&[(WITH_KEYS | width).to_le_bytes(), (known as u64).to_le_bytes()].concat());
        }
        self.u64(count as u64);
        match width {
            0 => self.bytes.extend(places.map(|place| place as u8)),
            1 => places.for_each(|place| self.bytes.extend_from_slice(&(place as u16).to_le_bytes())),
            _ => places.for_each(|place| self.bytes.extend_from_slice(&place.to_le_bytes())),
        }
    }

    fn u64(&mut self, number: u64) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// A length as LEB128.
    #[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
    fn length(&mut self, mut length: usize) {
        while length >= 0x80 {
            self.bytes.push((length as u8 & 0x7f) | 0x80);
            length >>= 7;
        }
        self.bytes.push(length as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::NativeBlock;

    #[test]
    fn columns_are_written_as_the_engine_reads_them() {
        let mut block = NativeBlock::new(2, 2);
        block.texts("a", ["x", "yz"].into_iter());
        block.days("d", [Some(1), None].into_iter());
        let expected =
            [&[2, 2, 1][..], b"a", &[6], b"String", &[1], b"x", &[2], b"yz", &[1], b"d", &[14], b"Nullable(Date)", &[0, 1, 1, 0, 0, 0]];
        assert_eq!(block.finish(), expected.concat());
    }

    #[test]
    fn words_are_written_once() {
        let mut block = NativeBlock::new(1, 3);
        block.words("w", ["", "ab"].into_iter(), [1, 0, 1].into_iter());
        let mut expected = [&[1, 3, 1][..], b"w", &[22], b"LowCardinality(String)"].concat();
        for number in [1_u64, 0x200, 2] {
            expected.extend_from_slice(&number.to_le_bytes());
        }
        expected.extend_from_slice(&[0, 2, b'a', b'b']);
        expected.extend_from_slice(&3_u64.to_le_bytes());
        expected.extend_from_slice(&[1, 0, 1]);
        assert_eq!(block.finish(), expected);
    }
}
