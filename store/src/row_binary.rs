//! Rows in ClickHouse's `RowBinary`: a quarter of the bytes of JSON where rows are numbers.

use bytes::Bytes;

/// Rows being written.
#[derive(Debug, Default)]
pub struct RowBinary {
    bytes: Vec<u8>,
}

impl RowBinary {
    /// A `String`; also what is cast to one.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.length(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
        self
    }

    /// A `UInt8`.
    pub fn u8(&mut self, number: u8) -> &mut Self {
        self.bytes.push(number);
        self
    }

    /// A `UInt16`.
    pub fn u16(&mut self, number: u16) -> &mut Self {
        self.bytes.extend_from_slice(&number.to_le_bytes());
        self
    }

    /// A `UInt32`.
    pub fn u32(&mut self, number: u32) -> &mut Self {
        self.bytes.extend_from_slice(&number.to_le_bytes());
        self
    }

    /// A `UInt64`.
    pub fn u64(&mut self, number: u64) -> &mut Self {
        self.bytes.extend_from_slice(&number.to_le_bytes());
        self
    }

    /// An `Int64`; also a `Decimal` of at most eighteen digits, as a whole number of its last place.
    pub fn i64(&mut self, number: i64) -> &mut Self {
        self.bytes.extend_from_slice(&number.to_le_bytes());
        self
    }

    /// A `Nullable(Int64)`, and a `Decimal` likewise.
    pub fn nullable_i64(&mut self, number: Option<i64>) -> &mut Self {
        match number {
            Some(number) => self.u8(0).i64(number),
            None => self.u8(1),
        }
    }

    /// A `Nullable(Int32)`.
    pub fn nullable_i32(&mut self, number: Option<i32>) -> &mut Self {
        match number {
            Some(number) => self.u8(0).u32(number.cast_unsigned()),
            None => self.u8(1),
        }
    }

    /// A `Nullable(UInt16)`, and a `Nullable(Date)` as days since 1970.
    pub fn nullable_u16(&mut self, number: Option<u16>) -> &mut Self {
        match number {
            Some(number) => self.u8(0).u16(number),
            None => self.u8(1),
        }
    }

    /// Bytes so far.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// A `Float64`.
    pub fn f64(&mut self, number: f64) -> &mut Self {
        self.bytes.extend_from_slice(&number.to_le_bytes());
        self
    }

    /// A `Nullable(Float64)`.
    pub fn nullable(&mut self, number: Option<f64>) -> &mut Self {
        match number {
            Some(number) => self.u8(0).f64(number),
            None => self.u8(1),
        }
    }

    /// An `Array(UInt32)`.
    pub fn array(&mut self, numbers: &[u32]) -> &mut Self {
        self.length(numbers.len());
        for number in numbers {
            self.u32(*number);
        }
        self
    }

    /// An `Array(UInt64)`.
    pub fn numbers(&mut self, numbers: &[u64]) -> &mut Self {
        self.length(numbers.len());
        for number in numbers {
            self.u64(*number);
        }
        self
    }

    /// An `Array(String)`.
    pub fn texts<T: AsRef<str>>(&mut self, texts: &[T]) -> &mut Self {
        self.length(texts.len());
        for text in texts {
            self.text(text.as_ref());
        }
        self
    }

    /// All rows.
    pub fn finish(self) -> Bytes {
        self.bytes.into()
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
    use super::RowBinary;

    #[test]
    fn lengths_are_leb128_and_numbers_little_endian() {
        let mut rows = RowBinary::default();
        rows.text("ab").u32(1).nullable(None).array(&[2]);
        assert_eq!(rows.finish().to_vec(), [2, b'a', b'b', 1, 0, 0, 0, 1, 1, 2, 0, 0, 0]);
        let mut rows = RowBinary::default();
        rows.text(&"x".repeat(300));
        assert_eq!(rows.finish()[..2], [0xac, 0x02]);
    }
}
