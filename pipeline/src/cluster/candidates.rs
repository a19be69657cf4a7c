//! Which pairs of forms are worth comparing.
//!
//! Two forms are a candidate when they share a band of their texts *and* what qualifies it: title and company, title and city, or
//! (longer bands) company and city whatever the title. That depends on the two alone. How many are looked at has no limit, for a pair
//! that is looked at or not by how many others there are would depend on what else has come.

use super::compare::{letters, may_be_one_company};
use super::form::{Form, Places};
use super::signature::BANDS;
use rayon::prelude::*;
use std::ops::Range;

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

/// Forms, to be found by what qualifies their bands.
///
/// Of very many postings some thousands are of one title in one city, and their texts share bands, since there is not much to say of a cashier. Most are of
/// companies that are seen to be others: so those are left out first, and bands are compared of who is left.
pub struct Index<'f> {
    forms: &'f [Banded],
    /// Title and company or title and city, letters of the company, number of the form; sorted.
    short: Vec<(u64, u64, u32)>,
    /// Likewise by company and city.
    long: Vec<(u64, u64, u32)>,
}

impl<'f> Index<'f> {
    /// Of these forms.
    pub fn of(forms: &'f [Banded]) -> Self {
        let by = |band: usize| {
            let keyed = |(at, form): (u32, &Banded)| form.keys(band).map(|key| (key, form.company, at));
            let mut found: Vec<(u64, u64, u32)> = (0..).zip(forms).flat_map(keyed).filter(|(key, ..)| *key != 0).collect();
            found.sort_unstable();
            found
        };
        Self { forms, short: by(0), long: by(BANDS) }
    }

    /// Pairs of numbers of these forms that share a qualified band, may be of one company and pass `may_be`, each once, in order, the smaller number
    /// first.
    pub fn pairs(&self, may_be: impl Fn(usize, usize) -> bool + Sync) -> Vec<(u32, u32)> {
        let of_form = |(other, form): (usize, &Banded)| {
            let before = self.meeting(form).into_iter().take_while(move |one| (*one as usize) < other);
            before.filter(|one| may_be(*one as usize, other)).map(|one| (one, other as u32)).collect::<Vec<_>>()
        };
        let mut pairs: Vec<(u32, u32)> = self.forms.par_iter().enumerate().flat_map_iter(of_form).collect();
        pairs.sort_unstable();
        pairs
    }

    /// The numbers of the forms that share a qualified band with another and may be of its company, each once, sorted.
    pub fn meeting(&self, other: &Banded) -> Vec<u32> {
        let mut met = Vec::new();
        for (index, first, bands) in [(&self.short, 0, 0..BANDS), (&self.long, BANDS, BANDS..usize::MAX)] {
            for key in other.keys(first).into_iter().filter(|key| *key != 0) {
                let from = index.partition_point(|(known, ..)| *known < key);
                let alike = index[from..].iter().take_while(|(known, ..)| *known == key);
                let companies = alike.filter(|(_, company, _)| may_be_one_company(*company, other.company)).map(|(.., at)| *at);
                met.extend(companies.filter(|at| share(&self.forms[*at as usize], other, &bands)));
            }
        }
        met.sort_unstable();
        met.dedup();
        met
    }
}

/// Whether two share one of these bands.
fn share(a: &Banded, b: &Banded, bands: &Range<usize>) -> bool {
    let of = |form: &'_ Banded| bands.start.min(form.bands.len())..bands.end.min(form.bands.len());
    a.bands[of(a)].iter().zip(&b.bands[of(b)]).any(|(one, other)| one == other)
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
    fn are_to_meet(a: &Banded, b: &Banded) -> bool {
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
                pairs.filter(|(a, b)| are_to_meet(&forms[*a], &forms[*b])).map(|(a, b)| (a as u32, b as u32)).collect();
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
