//! Keys that belong to a desk: an agency's mailbox, a shop's phone.

use super::rows::{Group, Kind, bare};
use std::collections::HashSet;

/// A key under more different people than this is a desk's.
///
/// People are told apart by the names that stand with the key, of one script; where none does, by the other keys that do: phones
/// beside a mail, mails beside a phone. How many rows there are says nothing, since a keen applicant has sixty. One person comes
/// under a few names (misspelt, a nickname, a maiden name), and a household shares a phone: some three or four. An agency's mailbox
/// or a shop's phone soon has more, and until then each pair of its people is told apart by their names.
pub const DESK_LIMIT: usize = 4;

/// Whether a key under which these rows are is a desk's.
pub(super) fn is_desk(group: &Group<'_>) -> bool {
    if Kind::Erased.is_of(group.key) || group.rows.len() <= DESK_LIMIT {
        return false;
    }
    let counts = |kind: Kind, limit: usize| -> usize {
        let mut seen: HashSet<u64> = HashSet::new();
        for row in &group.rows {
            seen.extend(kind.among(row.values));
            if seen.len() > limit {
                break;
            }
        }
        seen.len()
    };
    let mut named = false;
    for kind in [Kind::Pinyin, Kind::LatinPinyin, Kind::Surname] {
        let names = counts(kind, DESK_LIMIT);
        if names > DESK_LIMIT {
            return true;
        }
        named |= names > 0;
    }
    let others: &[Kind] = if Kind::Phone.is_of(group.key) {
        &[Kind::Mail]
    } else if Kind::Mail.is_of(group.key) {
        &[Kind::Phone]
    } else {
        &[Kind::Phone, Kind::Mail]
    };
    !named && others.iter().any(|kind| counts(*kind, DESK_LIMIT) > DESK_LIMIT)
}

/// A key under which rows meet that share the full name and the year of birth.
pub(super) fn namesake(name: u64, birth: u64) -> u64 {
    // Any mixing of the two does: what meets by chance is weighed like all else.
    Kind::Erased.value(bare(name).rotate_left(17) ^ bare(birth).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}
