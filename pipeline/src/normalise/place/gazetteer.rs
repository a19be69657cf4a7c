//! What places there are: countries, provinces, cities and districts as one tree, and the names that lead to them.

use std::collections::HashMap;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

const CHINA: &str = include_str!("../../../data/places_cn.tsv");
const WORLD: &str = include_str!("../../../data/places_world.tsv");
const COUNTRIES: &str = include_str!("../../../data/countries.tsv");

/// Cities that are meant when several share a name in Latin letters and nothing else is said (苏州 before 宿州, 福州 before
/// 抚州, 宜春 before 伊春), by code.
const MEANT: &[&str] = &["320500", "350100", "360900"];

/// How large a part of the world a place is, the larger first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Country,
    Region,
    City,
    District,
}

/// A place, by its position in the gazetteer.
pub(super) type Id = u16;

/// One place.
#[derive(Debug)]
pub(super) struct Place {
    pub level: Level,
    /// How it is shown: two letters for a country, the short Chinese name in China, the English name elsewhere.
    pub name: &'static str,
    /// The place that it is in; a country is in itself.
    pub parent: Id,
    /// Of several places of one name the one with the least rank is meant.
    pub rank: u8,
    /// A town with a government of its own below a city (昆山市), which people name alone.
    pub town: bool,
}

/// All places and their names.
#[derive(Debug)]
pub(super) struct Gazetteer {
    places: Vec<Place>,
    names: HashMap<String, Vec<Id>>,
    codes: HashMap<&'static str, Vec<Id>>,
    longest: usize,
}

/// The one gazetteer, read at first use.
pub(super) static GAZETTEER: LazyLock<Gazetteer> = LazyLock::new(Gazetteer::read);

impl Gazetteer {
    fn read() -> Self {
        let mut all = Self { places: Vec::new(), names: HashMap::new(), codes: HashMap::new(), longest: 0 };
        let countries = all.countries();
        all.china(countries.get("CN").copied().unwrap_or_default());
        all.world(&countries);
        all
    }

    fn add(&mut self, level: Level, name: &'static str, parent: Option<Id>, rank: u8) -> Id {
        let id = self.places.len() as Id;
        self.places.push(Place { level, name, parent: parent.unwrap_or(id), rank, town: false });
        id
    }

    fn call(&mut self, id: Id, name: &str) {
        let key = if name.is_ascii() || !name.chars().any(crate::normalise::text::is_han) { latin_key(name) } else { name.to_lowercase() };
        if key.is_empty() {
            return;
        }
        self.longest = self.longest.max(key.chars().count());
        let known = self.names.entry(key).or_default();
        if !known.contains(&id) {
            known.push(id);
        }
    }

    fn countries(&mut self) -> HashMap<&'static str, Id> {
        let mut by_code = HashMap::new();
        for [alpha2, alpha3, chinese, others] in rows(COUNTRIES) {
            let id = self.add(Level::Country, alpha2, None, 1);
            by_code.insert(alpha2, id);
            for code in [alpha2, alpha3] {
                self.codes.entry(code).or_default().push(id);
            }
            for name in others.split(';').chain([chinese]) {
                self.call(id, name);
            }
        }
        by_code
    }

    fn china(&mut self, china: Id) {
        let mut known: HashMap<&str, Id> = HashMap::new();
        for [code, level, name, short, latin] in rows(CHINA) {
            let (of_province, of_city) = (code.get(..2).unwrap_or_default(), code.get(..4).unwrap_or_default());
            let province = known.get(of_province).copied().unwrap_or(china);
            let is_municipality = MUNICIPALITIES.contains(&short);
            let id = match level {
                "p" => self.add(Level::Region, short, Some(china), 0),
                "c" => self.add(Level::City, short, Some(province), u8::from(!MEANT.contains(&code))),
                _ => self.add(Level::District, short, Some(known.get(of_city).copied().unwrap_or(province)), 2),
            };
            match level {
                "p" => {
                    known.insert(of_province, id);
                    // A municipality is called by the names of its only city.
                    if is_municipality {
                        continue;
                    }
                }
                "c" => {
                    known.insert(of_city, id);
                    // Its districts have two beginnings (3101.. and 3102..).
                    if is_municipality {
                        known.insert(of_province, id);
                    }
                }
                _ => self.places[usize::from(id)].town = name.ends_with('市'),
            }
            self.call(id, name);
            if short.chars().count() >= 2 {
                self.call(id, short);
            }
            for form in latin.split(';') {
                self.call(id, form);
            }
        }
        for (alias, name) in [("内蒙", "内蒙古"), ("tw", "台湾"), ("香港特别行政区", "香港"), ("澳门特别行政区", "澳门")]
        {
            if let Some(id) = self.find(name).first().copied() {
                self.call(id, alias);
            }
        }
    }

    fn world(&mut self, countries: &HashMap<&'static str, Id>) {
        let mut regions: HashMap<(&str, &str), Id> = HashMap::new();
        for [kind, country, third, fourth, fifth] in rows(WORLD) {
            let Some(parent) = countries.get(country).copied() else { continue };
            if kind == "R" {
                let shown = third.strip_suffix(" State").or(third.strip_suffix(" Prefecture")).unwrap_or(third);
                // California and Georgia are as likely as the countries of the same code and name.
                let rank = if matches!(shown, "California" | "Georgia") { 1 } else { 2 };
                let id = self.add(Level::Region, shown, Some(parent), rank);
                regions.insert((country, third), id);
                self.call(id, third);
                for name in fourth.split(';') {
                    if is_code(name) {
                        self.codes.entry(name).or_default().push(id);
                    } else {
                        self.call(id, name);
                    }
                }
            } else {
                let within = regions.get(&(country, third)).copied().unwrap_or(parent);
                let (shown, rank) = match fourth.rsplit_once(' ') {
                    Some((name, code)) if is_code(code) && name != "Washington" => (name, 1),
                    _ => (fourth, 0),
                };
                let id = self.add(Level::City, shown, Some(within), rank);
                for name in fifth.split(';').chain([shown]) {
                    self.call(id, name);
                }
            }
        }
    }

    /// Places of a name: a Chinese one in lower case or a [`latin_key`].
    pub fn find(&self, key: &str) -> &[Id] {
        self.names.get(key).map_or(&[], Vec::as_slice)
    }

    /// Countries and regions of an upper-case code of two or three letters.
    pub fn code(&self, code: &str) -> &[Id] {
        self.codes.get(code).map_or(&[], Vec::as_slice)
    }

    /// One place.
    pub fn place(&self, id: Id) -> &Place {
        &self.places[usize::from(id)]
    }

    /// Characters of the longest name.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// The place itself, then what it is in, up to the country.
    pub fn upwards(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        std::iter::successors(Some(id), |id| Some(self.place(*id).parent).filter(|parent| parent != id))
    }

    /// The part of what `id` is in (or is itself) at a level.
    pub fn at(&self, id: Id, level: Level) -> Option<Id> {
        self.upwards(id).find(|above| self.place(*above).level == level)
    }

    /// Whether a place is another one or in it.
    pub fn within(&self, inner: Id, outer: Id) -> bool {
        self.upwards(inner).any(|above| above == outer)
    }
}

const MUNICIPALITIES: &[&str] = &["北京", "天津", "上海", "重庆", "香港", "澳门"];

fn is_code(text: &str) -> bool {
    (2..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Letters and digits only, lower case, without accents: `Xi'an` and `Xian`, `São Paulo` and `Sao Paulo` are one.
pub(super) fn latin_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    if name.is_ascii() {
        key.extend(name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()));
        return key;
    }
    for character in name.nfkd().flat_map(char::to_lowercase) {
        match character {
            'ß' => key.push_str("ss"),
            'ł' => key.push('l'),
            'ø' => key.push('o'),
            'æ' => key.push_str("ae"),
            'ı' => key.push('i'),
            c if c.is_alphanumeric() => key.push(c),
            _ => {}
        }
    }
    key
}

fn rows<const N: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| {
        let mut row = [""; N];
        for (cell, text) in row.iter_mut().zip(line.split('\t')) {
            *cell = text;
        }
        row
    })
}
