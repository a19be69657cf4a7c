//! Rows of the store as `RowBinary`, where they are so many that reading JSON would take most of the time.

use crate::PipelineError;
use futures::TryStreamExt;
use inflow_store::{Store, User};

/// What is left of the store's answer.
pub(crate) struct Fields<'b>(&'b [u8]);

/// Each gives the next field, or nothing when the answer ends within it.
impl<'b> Fields<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// Bytes that are not read yet.
    pub(crate) fn rest(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Option<&'b [u8]> {
        self.0.split_off(..count)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.0.split_off_first().copied()
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(*self.bytes(8)?.first_chunk()?))
    }

    #[expect(clippy::option_option, reason = "a field that is not there, and one that is NULL")]
    pub(crate) fn nullable_f64(&mut self) -> Option<Option<f64>> {
        if self.u8()? == 1 { Some(None) } else { Some(Some(f64::from_bits(self.u64()?))) }
    }

    /// A length (LEB128).
    pub(crate) fn length(&mut self) -> Option<usize> {
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

    pub(crate) fn text(&mut self) -> Option<&'b str> {
        let length = self.length()?;
        std::str::from_utf8(self.bytes(length)?).ok()
    }

    pub(crate) fn texts(&mut self) -> Option<Vec<String>> {
        (0..self.length()?).map(|_| self.text().map(str::to_owned)).collect()
    }

    pub(crate) fn u32s(&mut self) -> Option<Vec<u32>> {
        let count = self.length()?;
        Some(self.bytes(count.checked_mul(4)?)?.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect())
    }
}

/// Reads the rows of a SELECT as they come. `take` reads the fields of a row and does something with them only when it has them all: when it
/// gives nothing, the row is not whole yet and is read again with what follows.
///
/// # Errors
/// When the store refuses, `take` fails, or the answer ends within a row.
pub(crate) async fn for_each_row(
    store: &Store,
    sql: &str,
    mut take: impl FnMut(&mut Fields<'_>) -> Option<Result<(), PipelineError>>,
) -> Result<(), PipelineError> {
    let mut pieces = std::pin::pin!(store.stream(sql, &[], "RowBinary", User::Writer).await?);
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
    if waiting.is_empty() { Ok(()) } else { Err(PipelineError::Stopped("the store's answer ends within a row".to_owned())) }
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
