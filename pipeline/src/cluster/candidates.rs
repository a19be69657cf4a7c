//! Which pairs of forms are worth comparing.
//!
//! Two forms are a candidate when they share a band of their texts *and* what qualifies it: title and company, title and city, or
//! (longer bands) company and city whatever the title. That depends on the two alone. A bucket has no greatest size, for a pair
//! that is looked at or not by how many others there are would depend on what else has come; bands qualified so have few in them.

use super::form::{Form, Places};
use super::signature::BANDS;

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

    fn keys(&self, band: usize) -> [u64; 2] {
        let Places { title_company, title_city, company_city } = self.places;
        if band < BANDS { [title_company, title_city] } else { [company_city, 0] }
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
