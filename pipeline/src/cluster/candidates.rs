//! Which pairs of forms are worth comparing.
//!
//! Two forms are a candidate when they share a band of their texts *and* what qualifies it: title and company, title and city, or
//! (longer bands) company and city whatever the title. That depends on the two alone. A bucket has no greatest size, for a pair
//! that is looked at or not by how many others there are would depend on what else has come; bands qualified so have few in them.

use super::form::{Form, Places};
use super::signature::BANDS;
use super::text::mix;
use std::collections::HashSet;

/// A form's bands and what qualifies them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Banded {
    /// The form.
    pub form: u64,
    /// What qualifies the bands.
    pub places: Places,
    /// Bands: the short ones, then the long ones.
    pub bands: Vec<u32>,
}

impl Banded {
    /// The bands of a form.
    pub fn of(form: &Form) -> Self {
        Self { form: form.id, places: form.places(), bands: form.bands() }
    }

    /// What the band at a place is qualified by; 0 for nothing.
    pub(super) fn keys(&self, band: usize) -> [u64; 2] {
        let Places { title_company, title_city, company_city } = self.places;
        if band < BANDS { [title_company, title_city] } else { [company_city, 0] }
    }
}

/// The qualified bands of some forms, as a hash of 32 bits each: whoever shares none with them is no candidate of any.
pub struct Meeting(HashSet<u32>);

impl Meeting {
    /// Of these forms.
    pub fn of<'b>(forms: impl Iterator<Item = &'b Banded>) -> Self {
        Self(forms.flat_map(Self::hashes).collect())
    }

    /// Whether a form may share a qualified band with any of them: always when it does, and in some of a hundred cases when it does not.
    pub fn meets(&self, form: &Banded) -> bool {
        Self::hashes(form).any(|hash| self.0.contains(&hash))
    }

    #[expect(clippy::cast_possible_truncation, reason = "the lower half of a mixed hash")]
    fn hashes(form: &Banded) -> impl Iterator<Item = u32> {
        form.bands.iter().enumerate().flat_map(|(at, band)| {
            let qualified = form.keys(at).into_iter().filter(|key| *key != 0);
            qualified.map(move |key| mix(key ^ mix((at as u64) << 32 | u64::from(*band))) as u32)
        })
    }
}

/// Pairs of numbers into `all` that share a band and pass `may_be`, each once, in order; at least one of each is below `new`.
pub fn candidates(all: &[Banded], new: usize, may_be: impl Fn(usize, usize) -> bool) -> Vec<(u32, u32)> {
    let bands = all.iter().map(|banded| banded.bands.len()).max().unwrap_or(0);
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    let mut buckets: Vec<(u64, u32, u32)> = Vec::with_capacity(all.len() * 2);
    let mut limit = all.len();
    for band in 0..bands {
        buckets.clear();
        for (at, banded) in (0_u32..).zip(all) {
            if let Some(value) = banded.bands.get(band) {
                buckets.extend(banded.keys(band).into_iter().filter(|key| *key != 0).map(|key| (key, *value, at)));
            }
        }
        buckets.sort_unstable();
        for bucket in buckets.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            for (at, (_, _, one)) in bucket.iter().enumerate().filter(|(_, (_, _, one))| (*one as usize) < new) {
                let others = bucket.iter().skip(at + 1).map(|(_, _, other)| *other);
                pairs.extend(others.filter(|other| may_be(*one as usize, *other as usize)).map(|other| (*one, other)));
            }
        }
        if pairs.len() > limit {
            each_once(&mut pairs);
            limit = all.len().max(pairs.len() * 2);
        }
    }
    each_once(&mut pairs);
    pairs
}

fn each_once(pairs: &mut Vec<(u32, u32)>) {
    pairs.sort_unstable();
    pairs.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_forms() -> impl Strategy<Value = Vec<Banded>> {
        let place = 0_u64..3;
        let form = ((place.clone(), place.clone(), place), prop::collection::vec(0_u32..4, BANDS + 2));
        prop::collection::vec(form, 2..20).prop_map(|forms| {
            let banded = |(form, ((title_company, title_city, company_city), bands))| Banded {
                form,
                places: Places { title_company, title_city, company_city },
                bands,
            };
            (0..).zip(forms).map(banded).collect()
        })
    }

    proptest! {
        #[test]
        fn whoever_is_a_candidate_of_new_ones_meets_them(forms in any_forms(), new in 1_usize..10) {
            let new = new.min(forms.len());
            let meeting = Meeting::of(forms[..new].iter());
            for (_, other) in candidates(&forms, new, |_, _| true) {
                prop_assert!(meeting.meets(&forms[other as usize]));
            }
        }
    }

    #[test]
    fn strangers_seldom_meet() {
        let form = |form: u64| {
            let bands = (0..48).map(|band| mix(form << 8 | band) as u32).collect();
            Banded { form, places: Places { title_company: form + 1, title_city: 1, company_city: form + 1 }, bands }
        };
        let forms: Vec<Banded> = (0..2_000).map(form).collect();
        let meeting = Meeting::of(forms[..1_000].iter());
        assert!(forms[..1_000].iter().all(|form| meeting.meets(form)));
        assert!(forms[1_000..].iter().filter(|form| meeting.meets(form)).count() < 20);
    }
}
