//! Versions and hashes of rows.

use chrono::NaiveDate;

const HASH_BITS: u32 = 20;
const HASH_MASK: u64 = (1 << HASH_BITS) - 1;
const GREATEST_MS: u64 = (1 << (64 - HASH_BITS)) - 1;

/// The version of a row: milliseconds << 20 | 20 bits of its content hash. Of two versions of one instant the greater
/// hash wins, so the result does not depend on the order of arrival. Instants before 1970 count as 1970.
pub fn of(ms: i64, content_hash: u64) -> u64 {
    (clamp(ms) << HASH_BITS) | (content_hash & HASH_MASK)
}

/// A version that is the greater the earlier the instant: of several sightings the first one counts.
pub fn earliest(ms: i64, content_hash: u64) -> u64 {
    ((GREATEST_MS - clamp(ms)) << HASH_BITS) | (content_hash & HASH_MASK)
}

fn clamp(ms: i64) -> u64 {
    u64::try_from(ms).unwrap_or(0).min(GREATEST_MS)
}

/// 64 bits of BLAKE3 over the parts, each with its length, so that no two lists of parts run together.
pub fn content_hash(parts: &[&str]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let mut first = [0; 8];
    first.copy_from_slice(hasher.finalize().as_bytes().first_chunk::<8>().unwrap_or(&[0; 8]));
    u64::from_le_bytes(first)
}

/// Days since 1970-01-01.
pub fn day_number(day: NaiveDate) -> i32 {
    day.signed_duration_since(NaiveDate::default()).num_days() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_is_greater_and_earliest_is_the_other_way_round() {
        assert!(of(2, 0) > of(1, u64::MAX));
        assert!(earliest(1, 0) > earliest(2, u64::MAX));
        assert_eq!(of(1_700_000_000_000, 0xF_FFFF) >> 20, 1_700_000_000_000);
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(content_hash(&["ab", "c"]), content_hash(&["a", "bc"]));
    }

    #[test]
    fn day_numbers_count_from_1970() {
        assert_eq!(day_number(NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()), 20_454);
    }
}
