//! `MinHash` by one permutation, and the bands that put similar texts into one bucket.
//!
//! All values are drawn from one hash of each shingle: its upper half names a bin, its lower half is the value, and the bin keeps
//! its smallest. A bin that no shingle fell into borrows from one that has a value, picked by hash, so that equal sets borrow alike
//! (densification after Shrivastava, 2017). It costs one hash a shingle instead of one a shingle and value.

use super::text::{Text, mix};

/// Values of a signature.
const VALUES: usize = 96;

/// Values of a band that is looked for among postings of the same title.
const ROWS: usize = 3;

/// Values of a band that is looked for among postings of any title: more must be equal, as much more is compared.
const LONG_ROWS: usize = 6;

/// Bands of [`ROWS`] values.
pub const BANDS: usize = VALUES / ROWS;

/// Bands of [`LONG_ROWS`] values.
pub const LONG_BANDS: usize = VALUES / LONG_ROWS;

/// Bands of a text: [`BANDS`] short ones, then [`LONG_BANDS`] long ones.
pub fn bands(text: &Text) -> Vec<u32> {
    let values = signature(text);
    let short = values.chunks_exact(ROWS);
    short.chain(values.chunks_exact(LONG_ROWS)).enumerate().map(|(at, rows)| band(at, rows)).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half of a mixed hash")]
fn band(at: usize, rows: &[u32]) -> u32 {
    rows.iter().fold(at as u64, |hash, value| mix(hash.wrapping_add(0x9e37_79b9_7f4a_7c15) ^ u64::from(*value))) as u32
}

#[expect(clippy::cast_possible_truncation, reason = "halves of a hash, and a bin's number")]
fn signature(text: &Text) -> [u32; VALUES] {
    const EMPTY: u64 = u64::MAX;
    let mut bins = [EMPTY; VALUES];
    text.for_each(|hash| {
        let bin = (((hash >> 32) * VALUES as u64) >> 32) as usize;
        let value = u64::from(hash as u32);
        if value < bins[bin] {
            bins[bin] = value;
        }
    });
    let mut values = [0_u32; VALUES];
    if bins.iter().all(|value| *value == EMPTY) {
        return values;
    }
    for (at, value) in values.iter_mut().enumerate() {
        let (mut from, mut attempt) = (at, 0_u64);
        while bins[from] == EMPTY {
            attempt += 1;
            from = (((mix(((at as u64) << 32) | attempt) >> 32) * VALUES as u64) >> 32) as usize;
        }
        *value = bins[from] as u32;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::{BANDS, LONG_BANDS, bands, signature};
    use crate::cluster::text::Text;

    fn shared(a: &str, b: &str) -> usize {
        signature(&Text::of(a)).iter().zip(signature(&Text::of(b))).filter(|(x, y)| **x == *y).count()
    }

    fn sentence(number: u32) -> String {
        format!("第{}件事要{}地做;", number * 7919, number * 104_729)
    }

    #[test]
    fn equal_texts_have_equal_bands_and_similar_texts_share_some() {
        let long: String = (0..40).map(sentence).collect();
        let edited: String = (4..44).map(sentence).collect();
        let other: String = (100..140).map(sentence).collect();
        assert_eq!(bands(&Text::of(&long)).len(), BANDS + LONG_BANDS);
        assert_eq!(bands(&Text::of(&long)), bands(&Text::of(&long.replace('要', " 要 "))));
        assert!(shared(&long, &edited) > shared(&long, &other) + 20);
    }

    #[test]
    fn a_text_of_few_letters_borrows_alike() {
        assert_eq!(shared("导购员", "导购员!"), super::VALUES);
        assert!(bands(&Text::of("")).iter().all(|band| *band != 0));
    }
}
