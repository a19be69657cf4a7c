//! Whether two postings are of one job, by the two alone.

use super::form::{Facts, Form};
use super::text::{Sentence, common, mix};

/// Texts that share less than this of their shingles are never of one job.
const LEAST_TEXT: f64 = 0.5;

/// Sentences that share this much of their shingles say the same.
const SAME_SENTENCE: f64 = 0.4;

/// Two texts of which each has this share of sentences that the other lacks are about two jobs in one frame.
const OWN_SENTENCES: f64 = 0.25;

/// Texts that share this much of their shingles are one text, word for word but for a sentence.
const ONE_TEXT: f64 = 0.9;

/// Words beside the name of a language; alone they tell nothing.
const BESIDE: [&str; 13] =
    ["and", "bilingual", "fluent", "for", "in", "native", "of", "preferred", "required", "speaker", "speakers", "speaking", "with"];

/// How two values of one field stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Equal.
    Equal,
    /// One is part of the other, or its beginning where it is cut.
    Contained,
    /// One letter more, less or other.
    OneEdit,
    /// At least one says nothing.
    Unknown,
    /// They differ.
    Different,
}

/// How two postings compare.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Comparison {
    /// Whether they are of one job.
    pub same: bool,
    /// How sure that is: text less what speaks against it.
    pub score: f64,
    /// Shared part of all shingles (Jaccard).
    pub text: f64,
    /// Shared part of the shorter text's shingles.
    pub contained: f64,
    /// Share of letters in sentences that only one has; of the one that has less of them.
    pub own: f64,
    /// Titles.
    pub title: Relation,
    /// Levels.
    pub level: Relation,
    /// Companies.
    pub company: Relation,
    /// Cities: contained when only some are both's.
    pub city: Relation,
    /// Countries.
    pub country: Relation,
    /// Shops.
    pub store: Relation,
    /// Pay: contained when the ranges overlap.
    pub pay: Relation,
}

/// Compares two forms; the result does not depend on which is first.
pub fn compare(a: &Form, b: &Form) -> Comparison {
    let mut comparison = by_fields(&a.facts, &b.facts);
    if a.id == b.id {
        return Comparison { same: a.is_told(), score: 1.0, text: 1.0, contained: 1.0, ..comparison };
    }
    let (left, right) = (a.text.shingles(), b.text.shingles());
    let both = common(&left, &right);
    comparison.text = share(both, left.len() + right.len() - both);
    comparison.contained = share(both, left.len().min(right.len()));
    if comparison.title == Relation::Different && comparison.text >= ONE_TEXT && says_more(a, b) {
        comparison.title = Relation::Contained;
    }
    if comparison.text >= LEAST_TEXT - 0.1 {
        let (one, other) = (a.text.sentences(), b.text.sentences());
        comparison.own = own(&one, &other).min(own(&other, &one));
    } else {
        comparison.own = 1.0;
    }
    comparison.score = (comparison.text - against(&comparison)).clamp(0.0, 1.0);
    comparison.same = !is_vetoed(&comparison) && a.is_told() && b.is_told() && comparison.score >= LEAST_TEXT;
    comparison
}

/// Whether the fields of two postings leave it open that they are of one job: their texts need no look otherwise.
pub fn may_be_same(a: &Facts, b: &Facts) -> bool {
    a.level == b.level
        && [cities(&a.cities, &b.cities), known(&a.country, &b.country), known(&a.store, &b.store)]
            .iter()
            .all(|relation| *relation != Relation::Different)
        && (titles(&a.title, &b.title) != Relation::Different || may_say_more(&a.title, &b.title))
        && companies(&a.company, &b.company) != Relation::Different
}

/// What no text outweighs.
fn is_vetoed(found: &Comparison) -> bool {
    [found.level, found.city, found.country, found.store, found.company, found.title].contains(&Relation::Different)
        || found.own >= OWN_SENTENCES
}

/// What speaks against one job, in shares of text.
fn against(found: &Comparison) -> f64 {
    let title = match found.title {
        Relation::Equal => 0.0,
        _ => 0.05,
    };
    let company = match found.company {
        Relation::Equal => 0.0,
        Relation::Contained => 0.02,
        Relation::OneEdit => 0.04,
        _ => 0.15,
    };
    let city = if found.city == Relation::Unknown { 0.03 } else { 0.0 };
    let pay = match found.pay {
        Relation::Equal => -0.06,
        Relation::Different => 0.15,
        _ => 0.0,
    };
    title + company + city + pay
}

fn by_fields(a: &Facts, b: &Facts) -> Comparison {
    Comparison {
        same: false,
        score: 0.0,
        text: 0.0,
        contained: 0.0,
        own: 0.0,
        title: titles(&a.title, &b.title),
        level: if a.level == b.level { Relation::Equal } else { Relation::Different },
        company: companies(&a.company, &b.company),
        city: cities(&a.cities, &b.cities),
        country: known(&a.country, &b.country),
        store: known(&a.store, &b.store),
        pay: pays(a, b),
    }
}

fn known(a: &str, b: &str) -> Relation {
    match (a.is_empty() || b.is_empty(), a == b) {
        (true, _) => Relation::Unknown,
        (_, true) => Relation::Equal,
        _ => Relation::Different,
    }
}

/// Cities of two postings. One that names several is for each of them.
pub(super) fn cities(a: &[String], b: &[String]) -> Relation {
    if a.is_empty() || b.is_empty() {
        Relation::Unknown
    } else if a == b {
        Relation::Equal
    } else if a.iter().any(|city| b.contains(city)) {
        Relation::Contained
    } else {
        Relation::Different
    }
}

/// Titles as they are after marks, places and benefits are gone: what one says more than the other is a speciality, and that is
/// another job (`Security Analyst (SOC)`, `Security Analyst (Blue Team)`), however equal the texts, unless [`says_more`].
fn titles(a: &str, b: &str) -> Relation {
    let (shorter, _) = by_length(a, b);
    if a == b {
        Relation::Equal
    } else if shorter.chars().count() >= 6 && is_one_edit(a, b) && digits(a) == digits(b) {
        Relation::OneEdit
    } else {
        Relation::Different
    }
}

/// Whether the title of one only adds, behind the name of the job and apart from it, what the texts of both tell anyway: `Software Engineer, TLM` is the
/// `Software Engineer` whose text looks for a TLM.
fn says_more(a: &Form, b: &Form) -> bool {
    let (shorter, longer) = if a.parts.len() <= b.parts.len() { (a, b) } else { (b, a) };
    if shorter.parts.is_empty() || shorter.parts.len() == longer.parts.len() || shorter.parts.first() != longer.parts.first() {
        return false;
    }
    let mut known = shorter.parts.iter().peekable();
    let more: Vec<&String> = longer.parts.iter().filter(|part| known.next_if(|next| next == part).is_none()).collect();
    let told = |part: &&String| {
        let words: Vec<&str> = part.split(' ').filter(|word| !BESIDE.contains(word)).collect();
        !words.is_empty() && [a, b].iter().all(|form| form.text.says(&words.concat()) || words.iter().all(|word| form.text.says(word)))
    };
    known.next().is_none() && more.iter().all(told)
}

/// Whether one title may be the other with more behind the name of the job: its letters are among the other's, in their order.
fn may_say_more(a: &str, b: &str) -> bool {
    let (shorter, longer) = by_length(a, b);
    let mut letters = longer.chars();
    !shorter.is_empty() && shorter.chars().filter(|letter| *letter != ' ').all(|letter| letters.any(|other| other == letter))
}

fn companies(a: &str, b: &str) -> Relation {
    if a.is_empty() || b.is_empty() {
        return if a == b { Relation::Equal } else { Relation::Unknown };
    }
    let (shorter, longer) = by_length(a, b);
    let cut = shorter.trim_end_matches(['.', '…']);
    let is_cut = cut.len() < shorter.len() && !cut.is_empty() && longer.starts_with(cut);
    if a == b {
        Relation::Equal
    } else if is_cut || (tells_a_company(shorter) && contains_word(longer, shorter)) {
        Relation::Contained
    } else if shorter.chars().count() >= 4 && is_one_edit(a, b) {
        Relation::OneEdit
    } else {
        Relation::Different
    }
}

/// The letters of a company's name, each as one of 64 bits.
pub(super) fn letters(company: &str) -> u64 {
    // A name that is cut ends in dots that the whole one has not.
    company.chars().filter(|letter| !matches!(letter, '.' | '…')).fold(0, |letters, letter| letters | 1 << (mix(u64::from(letter)) & 63))
}

/// Whether names of these letters may be of one company: the letters of a part are among those of the whole, and one edit takes and brings
/// at most one. So much is soon said of very many pairs; of most that are two it says so.
pub(super) fn may_be_one_company(a: u64, b: u64) -> bool {
    let (gone, come) = (a & !b, b & !a);
    a == 0 || b == 0 || gone == 0 || come == 0 || (gone.is_power_of_two() && come.is_power_of_two())
}

/// A part of a name that is short says nothing: two Chinese characters, three Latin letters.
fn tells_a_company(part: &str) -> bool {
    part.chars().count() >= if part.is_ascii() { 4 } else { 3 }
}

/// Whether `part` is in `whole` and no Latin word or number is torn by it.
fn contains_word(whole: &str, part: &str) -> bool {
    whole.match_indices(part).any(|(at, _)| {
        let (before, after) = (whole.get(..at).unwrap_or_default(), whole.get(at + part.len()..).unwrap_or_default());
        let torn = |outside: Option<char>, inside: Option<char>| {
            outside.is_some_and(|c| c.is_ascii_alphanumeric()) && inside.is_some_and(|c| c.is_ascii_alphanumeric())
        };
        !torn(before.chars().next_back(), part.chars().next()) && !torn(after.chars().next(), part.chars().next_back())
    })
}

/// Whether at most one letter was added, left out, replaced or exchanged with the next: as an optimal string alignment of at most 1 says, without its table,
/// since it is asked for each pair of very many.
fn is_one_edit(a: &str, b: &str) -> bool {
    let alike = a.chars().zip(b.chars()).take_while(|(one, other)| one == other).map(|(one, _)| one.len_utf8()).sum();
    let (a, b) = (a.get(alike..).unwrap_or_default(), b.get(alike..).unwrap_or_default());
    let (mut after_a, mut after_b) = (a.chars(), b.chars());
    match (after_a.next(), after_b.next()) {
        (None, None) => true,
        (Some(_), None) => after_a.as_str().is_empty(),
        (None, Some(_)) => after_b.as_str().is_empty(),
        (Some(one), Some(other)) => {
            let (rest_a, rest_b) = (after_a.as_str(), after_b.as_str());
            let exchanged = || rest_a.strip_prefix(other).is_some_and(|rest| rest_b.strip_prefix(one) == Some(rest));
            rest_a == rest_b || rest_a == b || a == rest_b || exchanged()
        }
    }
}

/// `Software Engineer 2` and `3` are one letter apart.
fn digits(text: &str) -> Vec<char> {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn by_length<'t>(a: &'t str, b: &'t str) -> (&'t str, &'t str) {
    if (a.len(), a) <= (b.len(), b) { (a, b) } else { (b, a) }
}

fn pays(a: &Facts, b: &Facts) -> Relation {
    let bounds = |facts: &Facts| match facts.pay {
        (None, None) => None,
        (low, high) => Some((low.unwrap_or(0.0), high.unwrap_or(f64::INFINITY))),
    };
    let (Some(one), Some(other)) = (bounds(a), bounds(b)) else { return Relation::Unknown };
    if a.pay_unit != b.pay_unit {
        return Relation::Unknown;
    }
    if a.pay == b.pay {
        Relation::Equal
    } else if one.0 <= other.1 && other.0 <= one.1 {
        Relation::Contained
    } else {
        Relation::Different
    }
}

/// Share of letters in sentences that `other` has not.
fn own(text: &[Sentence], other: &[Sentence]) -> f64 {
    let mut places: Vec<(u32, u32)> =
        (0_u32..).zip(other).flat_map(|(at, sentence)| sentence.shingles.iter().map(move |hash| (*hash, at))).collect();
    places.sort_unstable();
    let (mut letters, mut own) = (0, 0);
    let mut hits = vec![0_usize; other.len()];
    for sentence in text {
        hits.fill(0);
        for hash in &sentence.shingles {
            let from = places.partition_point(|(other, _)| other < hash);
            for (_, at) in places.iter().skip(from).take_while(|(other, _)| other == hash) {
                hits[*at as usize] += 1;
            }
        }
        let best =
            hits.iter().zip(other).map(|(hit, like)| share(*hit, sentence.shingles.len() + like.shingles.len() - hit)).fold(0.0, f64::max);
        letters += sentence.letters;
        if best < SAME_SENTENCE {
            own += sentence.letters;
        }
    }
    share(own, letters)
}

#[expect(clippy::cast_precision_loss, reason = "numbers of shingles")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]
        #[test]
        fn one_edit_is_an_optimal_string_alignment_of_one(a in "[ab中é]{0,6}", b in "[ab中é]{0,6}") {
            prop_assert_eq!(is_one_edit(&a, &b), strsim::osa_distance(&a, &b) <= 1);
        }

        #[test]
        fn who_may_be_one_company_has_letters_in_common(a in "[ab中é网络. …]{0,7}", b in "[ab中é网络. …]{0,7}", from in 0_usize..4) {
            let part: String = a.chars().skip(from).collect();
            let grown = format!("{b}{a}");
            for (one, other) in [(&a, &b), (&a, &part), (&a, &grown), (&part, &grown)] {
                if companies(one, other) != Relation::Different {
                    prop_assert!(may_be_one_company(letters(one), letters(other)), "{one:?} {other:?}");
                }
            }
        }
    }
}
