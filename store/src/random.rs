//! Random names and secrets.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// A secret of so many random bytes, in hexadecimal.
pub fn secret<const BYTES: usize>() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(hexadecimal(&bytes))
}

/// An id that no other has, in the form of a UUID.
pub fn id() -> String {
    static ELSE: AtomicU64 = AtomicU64::new(0);
    let mut bytes = [0_u8; 16];
    // Ids name statements and mark errors; when the system has no randomness left they still must differ.
    if getrandom::fill(&mut bytes).is_err() {
        bytes = u128::from(ELSE.fetch_add(1, Ordering::Relaxed)).to_le_bytes();
    }
    let digits = hexadecimal(&bytes);
    let cut = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [cut(0, 8), cut(8, 12), cut(12, 16), cut(16, 20), cut(20, 32)].join("-")
}

/// Bytes as hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_differ_and_have_their_form() {
        let (one, two) = (id(), id());
        assert_ne!(one, two);
        assert_eq!(one.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert_eq!(secret::<24>().unwrap().len(), 48);
    }
}
