//! Rows in ClickHouse's `RowBinary`: a quarter of the bytes of JSON where rows are numbers.

use bytes::Bytes;

/// Rows being written.
#[derive(Debug, Default)]
pub(super) struct Rows {
    bytes: Vec<u8>,
}

impl Rows {
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.length(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
        self
    }

    pub(super) fn u8(&mut self, number: u8) -> &mut Self {
        self.bytes.push(number);
        self
    }

    pub(super) fn u32(&mut self, number: u32) -> &mut Self {
        self.bytes.extend_from_slice(&number.to_le_bytes());
        self
    }

    pub(super) fn u64(&mut self, number: u64) -> &mut Self {
        self.bytes.extend_from_slice(&number.to_le_bytes());
        self
    }

    pub(super) fn f64(&mut self, number: f64) -> &mut Self {
        self.bytes.extend_from_slice(&number.to_le_bytes());
        self
    }

    pub(super) fn nullable(&mut self, number: Option<f64>) -> &mut Self {
        match number {
            Some(number) => self.u8(0).f64(number),
            None => self.u8(1),
        }
    }

    pub(super) fn array(&mut self, numbers: &[u32]) -> &mut Self {
        self.length(numbers.len());
        for number in numbers {
            self.u32(*number);
        }
        self
    }

    pub(super) fn texts(&mut self, texts: &[String]) -> &mut Self {
        self.length(texts.len());
        for text in texts {
            self.text(text);
        }
        self
    }

    pub(super) fn finish(self) -> Bytes {
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
    use super::Rows;

    #[test]
    fn lengths_are_leb128_and_numbers_little_endian() {
        let mut rows = Rows::default();
        rows.text("ab").u32(1).nullable(None).array(&[2]);
        assert_eq!(rows.finish().to_vec(), [2, b'a', b'b', 1, 0, 0, 0, 1, 1, 2, 0, 0, 0]);
        let mut rows = Rows::default();
        rows.text(&"x".repeat(300));
        assert_eq!(rows.finish()[..2], [0xac, 0x02]);
    }
}
