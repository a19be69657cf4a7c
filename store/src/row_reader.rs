//! Rows of the store as `RowBinary`, where they are so many that reading JSON would take most of the time.

use futures::TryStreamExt;

use crate::{Param, Store, StoreError, User};

/// What is left of the store's answer.
pub struct Fields<'b>(&'b [u8]);

/// Each gives the next field, or nothing when the answer ends within it.
impl<'b> Fields<'b> {
    /// Over an answer, or a piece of it.
    pub fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// Bytes that are not read yet.
    pub fn rest(&self) -> usize {
        self.0.len()
    }

    /// So many bytes as they are: a `FixedString`.
    pub fn bytes(&mut self, count: usize) -> Option<&'b [u8]> {
        self.0.split_off(..count)
    }

    /// A `UInt8`.
    pub fn u8(&mut self) -> Option<u8> {
        self.0.split_off_first().copied()
    }

    /// A `UInt64`.
    pub fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(*self.bytes(8)?.first_chunk()?))
    }

    /// A `Nullable(Float64)`.
    pub fn nullable_f64(&mut self) -> Option<Option<f64>> {
        if self.u8()? == 1 { Some(None) } else { Some(Some(f64::from_bits(self.u64()?))) }
    }

    /// An `Int64`.
    pub fn i64(&mut self) -> Option<i64> {
        self.u64().map(u64::cast_signed)
    }

    /// An `Int32`.
    pub fn i32(&mut self) -> Option<i32> {
        Some(i32::from_le_bytes(*self.bytes(4)?.first_chunk()?))
    }

    /// A `Nullable(Int64)`.
    pub fn nullable_i64(&mut self) -> Option<Option<i64>> {
        if self.u8()? == 1 { Some(None) } else { self.i64().map(Some) }
    }

    /// A length (LEB128).
    pub fn length(&mut self) -> Option<usize> {
        let mut value = 0_usize;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.u8()?;
            value |= usize::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// A `String`.
    pub fn text(&mut self) -> Option<&'b str> {
        let length = self.length()?;
        std::str::from_utf8(self.bytes(length)?).ok()
    }

    /// An `Array(String)`.
    pub fn texts(&mut self) -> Option<Vec<String>> {
        (0..self.length()?).map(|_| self.text().map(str::to_owned)).collect()
    }

    /// An `Array(UInt32)`.
    pub fn u32s(&mut self) -> Option<Vec<u32>> {
        let count = self.length()?;
        Some(self.bytes(count.checked_mul(4)?)?.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect())
    }
}

impl Store {
    /// Reads the rows of a SELECT as they come. `take` reads the fields of a row and does something with them only when it has them all: when it
    /// gives nothing, the row is not whole yet and is read again with what follows.
    ///
    /// # Errors
    /// When the store refuses, `take` fails, or the answer ends within a row.
    pub async fn for_each_row<E: From<StoreError>>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        mut take: impl FnMut(&mut Fields<'_>) -> Option<Result<(), E>>,
    ) -> Result<(), E> {
        let mut pieces = std::pin::pin!(self.stream(sql, params, "RowBinary", User::Writer).await?);
        let mut waiting: Vec<u8> = Vec::new();
        while let Some(piece) = pieces.try_next().await? {
            waiting.extend_from_slice(&piece);
            let mut fields = Fields::new(&waiting);
            let mut rest = fields.rest();
            while rest > 0
                && let Some(taken) = take(&mut fields)
            {
                taken?;
                rest = fields.rest();
            }
            waiting.drain(..waiting.len() - rest);
        }
        if waiting.is_empty() {
            return Ok(());
        }
        Err(StoreError::Answer { what: "a SELECT".to_owned(), message: "it ends within a row".to_owned() }.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_when_they_are_whole() {
        let mut bytes = vec![2, b'i', b'd', 1, 0];
        bytes.extend(2.5_f64.to_le_bytes());
        bytes.extend([2, 1, b'a', 0, 1, 7, 0, 0, 0]);
        let read = |bytes: &[u8]| {
            let mut fields = Fields::new(bytes);
            let row = (fields.text()?.to_owned(), fields.nullable_f64()?, fields.nullable_f64()?, fields.texts()?, fields.u32s()?);
            (fields.rest() == 0).then_some(row)
        };
        assert_eq!(read(&bytes), Some(("id".to_owned(), None, Some(2.5), vec!["a".to_owned(), String::new()], vec![7])));
        for cut in 0..bytes.len() {
            assert_eq!(read(&bytes[..cut]), None, "{cut}");
        }
    }
}
