//! Which pairs of forms are worth comparing.
//!
//! Two forms are a candidate when they share a band of their texts *and* what qualifies it: title and company, title and city, or
//! (longer bands) company and city whatever the title. That depends on the two alone. A bucket has no greatest size, for a pair
//! that is looked at or not by how many others there are would depend on what else has come; bands qualified so have few in them.

use super::compare::{letters, may_be_one_company};
use super::form::{Form, Places};
use super::signature::BANDS;
use super::text::mix;
use rayon::prelude::*;

/// A form's bands and what qualifies them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Banded {
    /// The form.
    pub form: u64,
    /// What qualifies the bands.
    pub places: Places,
    /// Bands: the short ones, then the long ones.
    pub bands: Vec<u32>,
    /// Letters of the company's name: of very many postings of one title in one city, most are of companies that are seen to be others.
    pub company: u64,
}

impl Banded {
    /// The bands of a form.
    pub fn of(form: &Form) -> Self {
        Self { form: form.id, places: form.places(), bands: form.bands(), company: letters(&form.facts.company) }
    }

    /// What the band at a place is qualified by; 0 for nothing.
    pub(super) fn keys(&self, band: usize) -> [u64; 2] {
        let Places { title_company, title_city, company_city } = self.places;
        if band < BANDS { [title_company, title_city] } else { [company_city, 0] }
    }
}

/// Forms, to be found by their qualified bands.
pub struct Index<'f> {
    forms: &'f [Banded],
    /// Their companies, side by side.
    companies: Vec<u64>,
    /// By band: hashes of a value and what qualifies it, sorted, each with the number of the form. Different ones may have one hash.
    bands: Vec<Vec<(u32, u32)>>,
}

impl<'f> Index<'f> {
    /// Of these forms.
    pub fn of(forms: &'f [Banded]) -> Self {
        let bands = forms.iter().map(|form| form.bands.len()).max().unwrap_or(0);
        let of_band = |band: usize| {
            let mut found: Vec<(u32, u32)> = Vec::new();
            for (at, form) in (0_u32..).zip(forms) {
                found.extend(hashes(form, band).map(|hash| (hash, at)));
            }
            found.sort_unstable();
            found.dedup();
            found
        };
        let companies = forms.iter().map(|form| form.company).collect();
        Self { forms, companies, bands: (0..bands).into_par_iter().map(of_band).collect() }
    }

    /// Pairs of numbers of these forms that share a qualified band, may be of one company and pass `may_be`, each once, in order, the smaller number first.
    pub fn pairs(&self, may_be: impl Fn(usize, usize) -> bool + Sync) -> Vec<(u32, u32)> {
        let of_band = |(band, found): (usize, &Vec<(u32, u32)>)| {
            let mut pairs = Vec::new();
            for bucket in found.chunk_by(|a, b| a.0 == b.0) {
                for (at, (_, one)) in bucket.iter().enumerate() {
                    let others = bucket.iter().skip(at + 1).map(|(_, other)| *other);
                    let first = |other: &u32| {
                        may_be_one_company(self.companies[*one as usize], self.companies[*other as usize])
                            && meet_first(&self.forms[*one as usize], &self.forms[*other as usize], band)
                    };
                    pairs.extend(others.filter(first).filter(|other| may_be(*one as usize, *other as usize)).map(|other| (*one, other)));
                }
            }
            pairs
        };
        let mut pairs: Vec<(u32, u32)> = self.bands.par_iter().enumerate().flat_map_iter(of_band).collect();
        pairs.sort_unstable();
        // Two hashes of a band may be one.
        pairs.dedup();
        pairs
    }

    /// The numbers of the forms that share a qualified band with another and may be of its company, each once, sorted.
    pub fn meeting(&self, other: &Banded) -> Vec<u32> {
        let mut met = Vec::new();
        for (band, found) in self.bands.iter().enumerate() {
            for hash in hashes(other, band) {
                let from = found.partition_point(|(known, _)| *known < hash);
                let bucket = found[from..].iter().take_while(|(known, _)| *known == hash).map(|(_, at)| *at);
                let companies = bucket.filter(|at| may_be_one_company(self.companies[*at as usize], other.company));
                met.extend(companies.filter(|at| meet_first(&self.forms[*at as usize], other, band)));
            }
        }
        met.sort_unstable();
        met.dedup();
        met
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half of a mixed hash")]
fn hashes(form: &Banded, band: usize) -> impl Iterator<Item = u32> {
    let value = form.bands.get(band).copied();
    let keys = form.keys(band).into_iter().filter(|key| *key != 0);
    value.into_iter().flat_map(move |value| keys.clone().map(move |key| mix(key ^ u64::from(value).rotate_left(32)) as u32))
}

/// Whether two share a band, qualified alike, and none before it: similar texts share many, and each pair is looked at once.
fn meet_first(a: &Banded, b: &Banded, band: usize) -> bool {
    let alike = |band: usize| a.keys(band).into_iter().zip(b.keys(band)).any(|(one, other)| one != 0 && one == other);
    let (short, long) = (alike(0), alike(BANDS));
    let shared = a.bands.iter().zip(&b.bands).enumerate().filter(|(at, _)| if *at < BANDS { short } else { long });
    shared.filter(|(_, (one, other))| one == other).map(|(at, _)| at).next() == Some(band)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_forms() -> impl Strategy<Value = Vec<Banded>> {
        // A place of one kind is none of another.
        let place = |kind: u64| prop_oneof![Just(0_u64), kind * 10 + 1..kind * 10 + 3];
        let places = (place(1), place(2), place(3)).prop_map(|(title_company, title_city, company_city)| Places {
            title_company,
            title_city,
            company_city,
        });
        let form = (places, prop::collection::vec(0_u32..30, BANDS + 2), "[a-d]{0,4}");
        let banded = |(form, (places, bands, company)): (u64, (Places, Vec<u32>, String))| {
            let company = letters(&company);
            Banded { form, places, bands, company }
        };
        prop::collection::vec(form, 2..20).prop_map(move |forms| (0..).zip(forms).map(banded).collect())
    }

    /// Whether two share a band and what qualifies it, and may be of one company.
    fn share(a: &Banded, b: &Banded) -> bool {
        (0..a.bands.len()).any(|at| {
            let qualified = a.keys(at).into_iter().zip(b.keys(at)).any(|(one, other)| one != 0 && one == other);
            a.bands[at] == b.bands[at] && qualified
        }) && may_be_one_company(a.company, b.company)
    }

    proptest! {
        #[test]
        fn all_who_share_a_qualified_band_meet_once(forms in any_forms(), new in 1_usize..10) {
            let new = new.min(forms.len());
            let pairs = (0..new).flat_map(|a| (a + 1..forms.len()).map(move |b| (a, b)));
            let expected: Vec<(u32, u32)> =
                pairs.filter(|(a, b)| share(&forms[*a], &forms[*b])).map(|(a, b)| (a as u32, b as u32)).collect();
            let index = Index::of(&forms[..new]);
            let mut found = index.pairs(|_, _| true);
            for (other, form) in (0..).zip(&forms).skip(new) {
                found.extend(index.meeting(form).into_iter().map(|one| (one, other)));
            }
            found.sort_unstable();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn who_may_not_be_is_left_out(forms in any_forms()) {
            let index = Index::of(&forms);
            let even = |a: usize, b: usize| (a + b).is_multiple_of(2);
            let expected: Vec<(u32, u32)> = index.pairs(|_, _| true).into_iter().filter(|(a, b)| even(*a as usize, *b as usize)).collect();
            prop_assert_eq!(index.pairs(even), expected);
        }
    }
}
