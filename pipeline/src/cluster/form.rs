//! What a decision about two postings stands on, and nothing else: their forms.
//!
//! Postings that say the same have one form, known by a hash of it. Who is whose duplicate is a matter of forms, so that a posting
//! delivered again, or put up again with the same words, costs nothing; and neither the number of postings nor the order in
//! which they came is part of it.

use super::signature::bands;
use super::text::Text;
use crate::normalise::place::{PlaceKind, Places as Located};
use crate::normalise::{company, place, title};

/// Raised when other forms, candidates or decisions come of the same postings: all are then decided anew.
pub const KERNEL_VERSION: u32 = 3;

/// Bodies of fewer letters say too little to tell a job by.
pub const SHORTEST_BODY: usize = 60;

/// A posting, as the store has it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Posting {
    /// `connection/source_id`.
    pub key: String,
    /// Title as posted.
    pub title: String,
    /// Company as posted; empty when the source does not say it.
    pub company: String,
    /// Place as posted.
    pub place: String,
    /// City; empty when none or several are meant.
    pub city: String,
    /// Country; empty when unknown.
    pub country: String,
    /// Shop or branch inside the company; empty when not said.
    pub store: String,
    /// Lower bound of the pay.
    pub pay_min: Option<f64>,
    /// Upper bound of the pay.
    pub pay_max: Option<f64>,
    /// Currency and period, e.g. `CNY month`.
    pub pay_unit: String,
    /// Text.
    pub body: String,
}

/// Everything that decisions stand on, less the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Title without level, marks, places and benefits.
    pub title: String,
    /// Level and grade that the title names (`senior 2`); empty for none.
    pub level: String,
    /// Company without legal form, branch and case.
    pub company: String,
    /// Cities, sorted; none when unknown.
    pub cities: Vec<String>,
    /// Country; empty when unknown.
    pub country: String,
    /// Shop or branch; empty when unknown.
    pub store: String,
    /// Bounds of the pay, as far as they are stated.
    pub pay: (Option<f64>, Option<f64>),
    /// Currency and period of the pay.
    pub pay_unit: String,
}

/// A posting's form.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// Hash of all of it.
    pub id: u64,
    /// Fields.
    pub facts: Facts,
    /// The parts of the title that stand apart (`Engineer, Payments`: two), each as the title is compared.
    pub parts: Vec<String>,
    /// Text.
    pub text: Text,
}

/// The keys under which the bands of a form are looked for; 0 when what makes the key is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Places {
    /// Same title, same company.
    pub title_company: u64,
    /// Same title, same city.
    pub title_city: u64,
    /// Same company, same city, whatever the title.
    pub company_city: u64,
}

impl Form {
    /// The form of a posting.
    pub fn of(posting: &Posting) -> Self {
        let (cities, country) = places(posting);
        let facts = Facts {
            title: title::skeleton(&posting.title),
            level: level(&posting.title),
            company: company::normalise(&posting.company),
            cities,
            country,
            store: posting.store.trim().to_lowercase(),
            pay: (posting.pay_min, posting.pay_max),
            pay_unit: posting.pay_unit.clone(),
        };
        let (parts, text) = (title::parted(&posting.title), Text::of(&posting.body));
        Self { id: id(&facts, &parts, &text), facts, parts, text }
    }

    /// Whether the text is long enough to tell a job by.
    pub fn is_told(&self) -> bool {
        self.text.letters.chars().nth(SHORTEST_BODY - 1).is_some()
    }

    /// Hash of text alone: texts that are equal are signed once.
    pub fn text_id(&self) -> u64 {
        first_eight(blake3::hash(self.text.letters.as_bytes()))
    }

    /// Bands of the text.
    pub fn bands(&self) -> Vec<u32> {
        bands(&self.text)
    }

    /// Where the bands are looked for.
    pub fn places(&self) -> Places {
        let Facts { title, company, cities, .. } = &self.facts;
        let title = &singular(title);
        // Of several cities none is the one under which all the others are found.
        let city = if let [city] = cities.as_slice() { city.as_str() } else { "" };
        let both = |kind: u8, a: &str, b: &str| if a.is_empty() || b.is_empty() { 0 } else { key(kind, &[a, b]) };
        Places {
            // Whose source names no company is compared with its like: a tracking system is of one company.
            title_company: if title.is_empty() { 0 } else { key(1, &[title, &company::key(company)]) },
            title_city: both(2, title, city),
            company_city: if company.is_empty() && city.is_empty() { 0 } else { key(3, &[&company::key(company), city]) },
        }
    }
}

/// Without the plural of English words: `sales managers`, `sale manager`.
fn singular(title: &str) -> String {
    let words = title.split(' ').map(|word| match word.strip_suffix('s') {
        Some(stem) if word.is_ascii() && stem.len() >= 3 && !stem.ends_with('s') => stem,
        _ => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What tells two openings of one title apart: `Senior`, `Software Engineer II`.
fn level(title: &str) -> String {
    let lower = title.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    // A grade stands behind a word.
    let grade = words.skip(1).find_map(|word| match word {
        "ii" | "2" => Some(" 2"),
        "iii" | "3" => Some(" 3"),
        "iv" | "4" => Some(" 4"),
        "v" | "5" => Some(" 5"),
        _ => None,
    });
    [title::level(title).as_str(), grade.unwrap_or_default()].concat()
}

/// The cities that a posting is for, sorted, and its country: what the store knows, else what its place says, else its title
/// (`Account Manager - New York`), else a line of its text that says so.
fn places(posting: &Posting) -> (Vec<String>, String) {
    let mut read = place::read(&posting.place);
    let mut cities = if posting.city.is_empty() { cities_of(&mut read) } else { vec![posting.city.clone()] };
    if cities.is_empty() {
        // Who says that the work is remote, or names a country, means it whatever the text adds.
        let untold = matches!(read.kind, PlaceKind::Unknown | PlaceKind::Unstated);
        if let Some(mut told) = in_title(&posting.title).or_else(|| in_text(&posting.body).filter(|_| untold)) {
            cities = cities_of(&mut told);
            read = told;
        }
    }
    cities.sort_unstable();
    cities.dedup();
    (cities, if posting.country.is_empty() { read.country } else { posting.country.clone() })
}

fn cities_of(read: &mut Located) -> Vec<String> {
    match (read.cities.is_empty(), read.city.is_empty()) {
        (true, false) => vec![std::mem::take(&mut read.city)],
        _ => std::mem::take(&mut read.cities),
    }
}

/// A place that stands apart in a title.
fn in_title(title: &str) -> Option<Located> {
    let parts = title.split([',', '，', '(', ')', '（', '）', '[', ']', '【', '】', '|', '/', '–', '—']).flat_map(|part| part.split(" - "));
    let mut read = parts.map(str::trim).filter(|part| !part.is_empty() && place::is_only_a_place(part)).map(place::read);
    read.find(names_a_place)
}

/// Words before a place in a text.
const PLACE_LABELS: [&str; 10] = [
    "available location",
    "job location",
    "work location",
    "office location",
    "location",
    "工作地点",
    "工作城市",
    "工作地址",
    "上班地点",
    "办公地点",
];

/// A line says a place and no more than that.
const LONGEST_PLACE_LINE: usize = 120;

/// A line of nothing but a place is short: `Remote Germany`.
const LONGEST_BARE_LINE: usize = 40;

fn in_text(body: &str) -> Option<Located> {
    let lines = || body.lines().map(str::trim).filter(|line| line.len() <= LONGEST_PLACE_LINE);
    labelled(lines()).or_else(|| bare(lines()))
}

/// The place of the one line that names a place and says nothing else. Of several it is open which is meant: offices are listed so.
fn bare<'b>(lines: impl Iterator<Item = &'b str>) -> Option<Located> {
    let short = lines.filter(|line| !line.is_empty() && line.len() <= LONGEST_BARE_LINE && place::is_only_a_place(line));
    let mut read = short.map(place::read).filter(names_a_place);
    let only = read.next()?;
    read.all(|other| other == only).then_some(only)
}

fn labelled<'b>(mut lines: impl Iterator<Item = &'b str>) -> Option<Located> {
    lines.find_map(|line| {
        let lower = line.to_lowercase();
        let rest = PLACE_LABELS.iter().find_map(|label| lower.strip_prefix(label))?;
        let rest = rest.strip_prefix("(s)").or_else(|| rest.strip_prefix('s')).unwrap_or(rest);
        Some(place::read(rest.trim_start_matches([':', '：', '-', '–', '—', ' ', '*']))).filter(names_a_place)
    })
}

fn names_a_place(read: &Located) -> bool {
    !read.cities.is_empty() || (read.known && !read.city.is_empty()) || !read.country.is_empty()
}

fn id(facts: &Facts, parts: &[String], text: &Text) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&KERNEL_VERSION.to_le_bytes());
    for field in [&facts.title, &facts.level, &facts.company, &facts.country, &facts.store, &facts.pay_unit]
        .into_iter()
        .chain(&facts.cities)
        .chain(parts)
    {
        hasher.update(field.as_bytes()).update(&[0]);
    }
    for bound in [facts.pay.0, facts.pay.1] {
        hasher.update(&bound.map_or(u64::MAX, f64::to_bits).to_le_bytes());
    }
    hasher.update(text.letters.as_bytes());
    first_eight(hasher.finalize())
}

fn key(kind: u8, parts: &[&str]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[kind]);
    for part in parts {
        hasher.update(part.as_bytes()).update(&[0]);
    }
    first_eight(hasher.finalize()).max(1)
}

fn first_eight(hash: blake3::Hash) -> u64 {
    hash.as_bytes().iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}
