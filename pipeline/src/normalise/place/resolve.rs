//! From the names in a text to the place that is meant: names that fit into each other make one place.

use super::gazetteer::{GAZETTEER, Gazetteer, Id, Level};
use super::mention::{Mention, Mentions};
use super::{PlaceKind, Places};

/// One place as far as it is known: all that the names so far can mean together.
struct Chain {
    can_be: Vec<Id>,
    /// Every name so far was a code of two or three letters, or in Latin letters.
    han: bool,
    names: usize,
    /// A city that the gazetteer does not have, as written.
    unlisted: Option<String>,
}

pub(super) fn resolve(mentions: &Mentions) -> Places {
    let gazetteer: &Gazetteer = &GAZETTEER;
    let mut chains: Vec<Chain> = Vec::new();
    let mut unlisted: Option<&Mention> = None;
    for mention in &mentions.places {
        if mention.found.is_empty() {
            if unlisted.is_none() && chains.iter().all(|chain| chain.level(gazetteer) < Level::City) && reads_like_a_city(mention) {
                unlisted = Some(mention);
            }
            continue;
        }
        if !chains.last_mut().is_some_and(|chain| chain.takes(mention, gazetteer)) {
            chains.push(Chain { can_be: mention.found.clone(), han: mention.han, names: 1, unlisted: None });
        }
    }
    let mut texts = unlisted.map(|mention| mention.text.clone());
    let mut places: Vec<Meant> = Vec::new();
    for mut chain in chains {
        // A district in Latin letters means one only beside its city: Dali may be any town.
        if !chain.han
            && chain.names == 1
            && chain.can_be.iter().all(|id| gazetteer.place(*id).level == Level::District && !gazetteer.place(*id).town)
        {
            let name = mentions.places.iter().find(|mention| mention.found == chain.can_be).map(|mention| mention.text.clone());
            texts = texts.or(name);
            continue;
        }
        if let Some(name) = chain.unlisted.take() {
            texts = texts.or(Some(name));
        }
        places.push(chain.meant(texts.is_some(), gazetteer));
    }
    told(mentions, texts, &places, gazetteer)
}

impl Chain {
    fn level(&self, gazetteer: &Gazetteer) -> Level {
        self.can_be.iter().map(|id| gazetteer.place(*id).level).min().unwrap_or(Level::Country)
    }

    /// Whether a name belongs to this place; then what the place can be becomes narrower.
    fn takes(&mut self, mention: &Mention, gazetteer: &Gazetteer) -> bool {
        self.names += 1;
        let fits = |inner: Id, outer: Id| gazetteer.within(inner, outer);
        // New York, NY: what is larger only says which one is meant.
        let inside: Vec<Id> =
            self.can_be.iter().filter(|id| mention.found.iter().any(|outer| *outer != **id && fits(**id, *outer))).copied().collect();
        if !inside.is_empty() {
            self.can_be = inside;
            return true;
        }
        let narrower: Vec<Id> = mention.found.iter().filter(|id| self.can_be.iter().any(|outer| fits(**id, *outer))).copied().collect();
        if !narrower.is_empty() {
            self.can_be = narrower;
            return true;
        }
        self.names -= 1;
        // A second district of the same city: the city is meant.
        let siblings = |id: &Id| {
            let (level, parent) = (gazetteer.place(*id).level, gazetteer.place(*id).parent);
            (level == Level::District && self.can_be.iter().any(|own| gazetteer.place(*own).parent == parent)).then_some(parent)
        };
        if self.level(gazetteer) == Level::District {
            if let Some(city) = mention.found.iter().find_map(siblings) {
                if mention.whole {
                    self.can_be = vec![city];
                }
                return true;
            }
            // Behind a district stand its quarters, which may be called like places elsewhere.
            if !mention.listed && mention.found.iter().all(|id| gazetteer.place(*id).level == Level::District) {
                return true;
            }
        }
        let larger = mention.found.iter().all(|id| gazetteer.place(*id).level <= Level::Region);
        if !mention.listed && larger && !mention.han && self.names == 1 && self.level(gazetteer) == Level::City {
            // Paris, TX: a namesake that the gazetteer does not have.
            let name = self.can_be.first().map(|id| gazetteer.place(*id).name.to_owned());
            (self.unlisted, self.can_be) = (name, mention.found.clone());
            return true;
        }
        !mention.whole
    }

    /// The likeliest of what it can be, or what all of that is in.
    fn meant(&self, behind_a_city: bool, gazetteer: &Gazetteer) -> Meant {
        let rank = |id: &Id| match gazetteer.place(*id) {
            // A code behind an unknown town is the state's: Springfield, IL.
            place if behind_a_city && place.level == Level::Region => 0,
            place => place.rank,
        };
        let least = self.can_be.iter().map(rank).min().unwrap_or_default();
        let best: Vec<Id> = self.can_be.iter().filter(|id| rank(id) == least).copied().collect();
        match best.as_slice() {
            [one] => Meant::One(*one),
            several => {
                let first = several.first().copied().unwrap_or_default();
                let shared = gazetteer.upwards(first).find(|above| several.iter().all(|id| gazetteer.within(*id, *above)));
                let name = gazetteer.place(first);
                let district =
                    (name.level == Level::District && several.iter().all(|id| gazetteer.place(*id).name == name.name)).then_some(name.name);
                Meant::OneOf { shared, district }
            }
        }
    }
}

enum Meant {
    One(Id),
    /// A name of several places, and what they are all in.
    OneOf {
        shared: Option<Id>,
        district: Option<&'static str>,
    },
}

fn reads_like_a_city(mention: &Mention) -> bool {
    if mention.han {
        return mention.text.ends_with(['市', '州', '县', '岛']) && mention.text.chars().count() <= 8;
    }
    let text = mention.text.as_str();
    text.chars().count() <= 40
        && text.chars().filter(|c| c.is_alphabetic()).count() >= 2
        && text.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '.' | '’'))
}

fn told(mentions: &Mentions, unlisted: Option<String>, meant: &[Meant], gazetteer: &Gazetteer) -> Places {
    let mut out = Places { remote: mentions.remote, ..Places::default() };
    let mut known: Vec<Id> = meant.iter().filter_map(|meant| if let Meant::One(id) = meant { Some(*id) } else { None }).collect();
    known.sort_unstable();
    known.dedup();
    // 上海 beside 上海-浦东 is no second place.
    let all = known.clone();
    known.retain(|id| !all.iter().any(|other| other != id && gazetteer.within(*other, *id)));
    let mut ambiguous = false;
    for meant in meant {
        if let Meant::OneOf { shared, district } = meant {
            ambiguous = known.is_empty();
            known.extend(shared.filter(|_| ambiguous));
            district.filter(|_| ambiguous).unwrap_or_default().clone_into(&mut out.district);
        }
    }
    let common = |level: Level| {
        let first = known.first().and_then(|id| gazetteer.at(*id, level))?;
        known.iter().all(|id| gazetteer.at(*id, level) == Some(first)).then(|| gazetteer.place(first).name.to_owned())
    };
    out.country = common(Level::Country).unwrap_or_default();
    out.province = common(Level::Region).unwrap_or_default();
    out.city = common(Level::City).unwrap_or_default();
    out.known = !out.city.is_empty();
    if let (Some(district), [_]) = (common(Level::District), known.as_slice()) {
        out.district = district;
    }
    let mut cities: Vec<String> =
        known.iter().filter_map(|id| gazetteer.at(*id, Level::City)).map(|id| gazetteer.place(id).name.to_owned()).collect();
    cities.sort_unstable();
    cities.dedup();
    if let (Some(name), true) = (unlisted, out.city.is_empty() && cities.is_empty() && known.len() <= 1 && !mentions.several && !ambiguous)
    {
        out.city = name;
    }
    let several = mentions.several || known.len() > 1;
    out.kind = match () {
        () if !out.city.is_empty() && !mentions.several => PlaceKind::City,
        () if several && !cities.is_empty() => PlaceKind::Several,
        () if mentions.remote => PlaceKind::Remote,
        () if mentions.nationwide => PlaceKind::Nationwide,
        () if several => PlaceKind::Several,
        () if ambiguous => PlaceKind::Unknown,
        () if !out.country.is_empty() => PlaceKind::Region,
        () if mentions.empty => PlaceKind::Unstated,
        () => PlaceKind::Unknown,
    };
    if out.kind == PlaceKind::Several {
        out.cities = cities;
        (out.city, out.district, out.known) = (String::new(), String::new(), false);
    }
    out
}
