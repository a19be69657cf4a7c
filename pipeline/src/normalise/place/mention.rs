//! The places that a location text mentions, one after the other, each with all that its name can mean.

use super::gazetteer::{GAZETTEER, Gazetteer, Id, Level, latin_key};
use crate::normalise::text::{is_han, simplify, squeeze};

/// One name in the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// As written (squeezed and simplified).
    pub text: String,
    /// What it can mean; nothing when the gazetteer has no such name.
    pub found: Vec<Id>,
    /// It stands behind a sign that makes lists (`/`, `、`, `;`).
    pub listed: bool,
    /// The whole of a part of the text; false for 新会 in 新会展中心.
    pub whole: bool,
    /// Written in Chinese.
    pub han: bool,
}

/// All that a text says.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    pub places: Vec<Mention>,
    pub remote: bool,
    pub nationwide: bool,
    /// It says that there are several places, or parts of the world larger than a country.
    pub several: bool,
    /// There is no text.
    pub empty: bool,
}

/// Words that say that the work is done from anywhere.
const REMOTE: &[&str] = &[
    "remote",
    "remotely",
    "anywhere",
    "worldwide",
    "global",
    "virtual",
    "wfh",
    "telework",
    "telecommute",
    "homeoffice",
    "homebased",
    "workfromhome",
    "distributed",
];
const REMOTE_HAN: &[&str] = &["远程办公", "远程工作", "远程", "居家办公", "在家办公", "居家", "线上", "异地办公"];
const NATIONWIDE: &[&str] = &["nationwide", "national", "countrywide", "allchina", "acrosschina"];
const NATIONWIDE_HAN: &[&str] = &["全国各地", "全国范围", "全国", "地点不限", "城市不限", "不限地点", "不限城市", "不限"];
/// Words that say that there are several places.
const SEVERAL: &[&str] = &[
    "multiplelocations",
    "variouslocations",
    "severallocations",
    "multiple",
    "various",
    "locations",
    "multiplecities",
    "emea",
    "apac",
    "europe",
    "eu",
    "asia",
    "latam",
    "americas",
    "africa",
    "middleeast",
    "northamerica",
    "southamerica",
    "latinamerica",
    "asiapacific",
    "southeastasia",
    "overseas",
];
const SEVERAL_HAN: &[&str] = &["多个城市", "多个地点", "多城市", "多地", "各地", "海外", "国外", "亚太", "欧洲", "东南亚", "全球"];
/// Whole texts that stand where a place would, and name none. What boards and forms write there is no city of that name.
const UNSTATED: &[&str] = &[
    "unspecified",
    "not specified",
    "location not specified",
    "unknown",
    "undisclosed",
    "n/a",
    "none",
    "null",
    "tbd",
    "tba",
    "to be determined",
];
const UNSTATED_HAN: &[&str] = &["未知", "未填写", "未填", "暂无", "无", "待定", "不详", "未指定", "保密"];
/// Words beside a place that say nothing of where it is.
const BESIDE: &[&str] = &[
    "office",
    "offices",
    "hq",
    "headquarters",
    "headquarter",
    "area",
    "metro",
    "metropolitan",
    "region",
    "city",
    "district",
    "province",
    "county",
    "state",
    "shi",
    "qu",
    "xian",
    "sheng",
    "hub",
    "campus",
    "greater",
    "downtown",
    "central",
    "based",
    "in",
    "within",
    "from",
    "the",
    "of",
    "only",
    "hybrid",
    "onsite",
    "on",
    "site",
    "flexible",
    "full",
    "time",
    "inoffice",
    "preferred",
    "or",
    "and",
    "municipality",
    "sar",
    "new",
    "work",
    "home",
    "first",
    "friendly",
    "location",
    "us-based",
    "across",
    "any",
    "all",
];

/// Reads the mentions of a text.
pub(super) fn mentions(text: &str) -> Mentions {
    let text = squeeze(text);
    let text = simplify(&text);
    let mut out = Mentions { empty: text.is_empty(), ..Mentions::default() };
    if is_count(&text) {
        out.several = true;
        return out;
    }
    if UNSTATED_HAN.contains(&&*text) || UNSTATED.contains(&text.to_lowercase().as_str()) {
        out.empty = true;
        return out;
    }
    let mut reader = Reader { gazetteer: &GAZETTEER, out };
    let mut listed = false;
    let mut start = 0;
    let mut previous = ' ';
    for (at, character) in text.char_indices() {
        let next = text.get(at + character.len_utf8()..).and_then(|rest| rest.chars().next()).unwrap_or(' ');
        // A hyphen between Latin letters belongs to the name (Cluj-Napoca) until nothing of that name is found.
        let dash = matches!(character, '-' | '–' | '—') && (previous == ' ' || next == ' ' || is_han(previous) || is_han(next));
        if dash
            || matches!(
                character,
                ',' | '、'
                    | '/'
                    | '|'
                    | ';'
                    | '('
                    | ')'
                    | '['
                    | ']'
                    | '【'
                    | '】'
                    | '·'
                    | '・'
                    | '•'
                    | '>'
                    | '→'
                    | '+'
                    | '&'
                    | ':'
                    | '\\'
                    | '_'
            )
        {
            reader.part(text.get(start..at).unwrap_or_default(), listed);
            start = at + character.len_utf8();
            listed = matches!(character, '、' | '/' | '|' | ';' | '+' | '&');
        }
        previous = character;
    }
    reader.part(text.get(start..).unwrap_or_default(), listed);
    reader.out
}

/// `3 Locations`, `+2 more`, `等3个城市`.
fn is_count(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', ' ']);
    let rest = digits.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = rest.trim_start().to_lowercase();
    digits.starts_with(|c: char| c.is_ascii_digit())
        && (["location", "cities", "offices", "more", "places", "countries"].iter().any(|word| rest.starts_with(word))
            || rest.starts_with("个城市")
            || rest.starts_with("个地点")
            || rest.starts_with("城"))
}

/// See [`super::strip_start`]. A province or a city is cut off, but not where it is the name itself.
pub(super) fn strip_start(text: &str) -> Option<&str> {
    let (name, found) = longest(&GAZETTEER, text)?;
    let rest = text.strip_prefix(name)?;
    let is_large = found.iter().any(|id| matches!(GAZETTEER.place(*id).level, Level::Region | Level::City));
    let is_itself = KEPT.iter().any(|word| rest.starts_with(word)) || WORDS.contains(&name);
    (is_large && (name.ends_with(['省', '市']) || !is_itself)).then_some(rest)
}

/// Lines of business that a company named after a place is known by, with the place: 海南航空, 上海银行.
const KEPT: &[&str] = &["航空", "银行", "证券", "大学", "医院", "机场", "地铁", "日报", "电视", "农商", "人寿", "汽车"];
/// Cities whose names are words that companies are called by without being there (东方 is east).
const WORDS: &[&str] =
    &["东方", "文昌", "天门", "双河", "新星", "白沙", "吉安", "新北", "兴安", "大同", "太原", "三明", "安康", "来宾", "万宁", "定安"];

/// See [`super::strip_end`].
pub(super) fn strip_end(text: &str) -> Option<&str> {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    // The longest end that is places only.
    starts.iter().skip(1).find_map(|at| {
        let end = text.get(*at..)?;
        let mut rest = end;
        while let Some((name, _)) = longest(&GAZETTEER, rest) {
            rest = rest.strip_prefix(name)?;
        }
        (rest.is_empty() && !end.is_empty()).then(|| text.get(..*at)).flatten()
    })
}

fn longest<'t>(gazetteer: &'static Gazetteer, rest: &'t str) -> Option<(&'t str, &'static [Id])> {
    let ends: Vec<usize> = rest.char_indices().map(|(at, c)| at + c.len_utf8()).take(gazetteer.longest().min(16)).collect();
    ends.iter().rev().filter_map(|end| rest.get(..*end)).filter(|name| name.chars().nth(1).is_some()).find_map(|name| {
        let found = gazetteer.find(name);
        (!found.is_empty()).then_some((name, found))
    })
}

struct Reader {
    gazetteer: &'static Gazetteer,
    out: Mentions,
}

impl Reader {
    /// A part between separators: runs of Chinese and of other writing are read apart.
    fn part(&mut self, part: &str, listed: bool) {
        let mut start = 0;
        let mut listed = listed;
        let mut was = None;
        for (at, character) in part.char_indices() {
            if character == ' ' || character.is_ascii_digit() {
                // A blank ends a run of Chinese, but not a name in Latin letters.
                if was == Some(true) {
                    self.run(part.get(start..at).unwrap_or_default(), true, listed);
                    (start, was) = (at, None);
                }
                continue;
            }
            let han = is_han(character);
            if was.is_some_and(|was| was != han) {
                self.run(part.get(start..at).unwrap_or_default(), !han, listed);
                (start, listed) = (at, false);
            }
            was = Some(han);
        }
        if let Some(han) = was {
            self.run(part.get(start..).unwrap_or_default(), han, listed);
        }
    }

    fn run(&mut self, run: &str, han: bool, listed: bool) {
        let run = run.trim_matches(|c: char| c == ' ' || c == '.' || c == '-' || c.is_ascii_digit());
        if run.is_empty() {
        } else if han {
            self.han(run, listed);
        } else if !self.latin(run, listed) {
            self.latin_words(run, listed);
        }
    }

    fn push(&mut self, text: &str, found: Vec<Id>, listed: bool, whole: bool, han: bool) {
        self.out.places.push(Mention { text: text.to_owned(), found, listed, whole, han });
    }

    /// Chinese names from the left, the longest first, until something is no name.
    fn han(&mut self, run: &str, listed: bool) {
        let mut rest = run;
        let mut listed = listed;
        let before = self.out.places.len();
        while !rest.is_empty() {
            if let Some(after) = self.flag(rest) {
                rest = after;
                continue;
            }
            let Some((name, found)) = self.longest(rest) else { break };
            rest = rest.strip_prefix(name).unwrap_or_default();
            // 北京路店 is a shop in some street.
            let street = rest.starts_with(['路', '街', '巷', '弄', '村', '镇', '大']) && self.longest(rest).is_none();
            if street && !name.ends_with(['市', '区', '县', '省']) {
                self.push(run, Vec::new(), listed, true, true);
                return;
            }
            if let Some(after) = rest.strip_prefix(['省', '市', '区', '县', '州', '盟', '旗', '站'])
                && (after.is_empty() || self.longest(after).is_some())
            {
                rest = after;
            }
            self.push(name, found.to_vec(), listed, true, true);
            listed = false;
        }
        if rest.is_empty() {
            return;
        }
        if self.out.places.len() > before {
            if let Some(last) = self.out.places.last_mut() {
                last.whole = false;
            }
        } else {
            self.push(run, Vec::new(), listed, true, true);
        }
    }

    fn flag<'t>(&mut self, rest: &'t str) -> Option<&'t str> {
        let cut = |words: &[&str]| words.iter().find_map(|word| rest.strip_prefix(word));
        if let Some(after) = cut(REMOTE_HAN) {
            self.out.remote = true;
            return Some(after);
        }
        if let Some(after) = cut(NATIONWIDE_HAN) {
            self.out.nationwide = true;
            return Some(after);
        }
        if let Some(after) = cut(SEVERAL_HAN) {
            self.out.several = true;
            return Some(after);
        }
        if rest.starts_with('等') && rest.chars().count() <= 5 {
            self.out.several = true;
            return Some("");
        }
        None
    }

    fn longest<'t>(&self, rest: &'t str) -> Option<(&'t str, &'static [Id])> {
        longest(self.gazetteer, rest)
    }

    /// A whole part in Latin letters; false when it is nothing known.
    fn latin(&mut self, part: &str, listed: bool) -> bool {
        let key = latin_key(part);
        if REMOTE.contains(&key.as_str()) {
            self.out.remote = true;
        } else if NATIONWIDE.contains(&key.as_str()) {
            self.out.nationwide = true;
        } else if SEVERAL.contains(&key.as_str()) {
            self.out.several = true;
        } else {
            let mut found = self.gazetteer.find(&key).to_vec();
            if (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_uppercase()) {
                found.extend(self.gazetteer.code(part).iter().filter(|id| !found.contains(id)).copied().collect::<Vec<_>>());
            }
            if found.is_empty() {
                return false;
            }
            self.push(part, found, listed, true, false);
        }
        true
    }

    /// A part word by word, when every word is one of a place or says nothing; else the part is a name that nobody knows.
    fn latin_words(&mut self, part: &str, listed: bool) {
        let lower = part.to_lowercase();
        for joint in [" and ", " or "] {
            if let Some((left, right)) = lower.split_once(joint) {
                let (left, right) = (part.get(..left.len()).unwrap_or_default(), part.get(part.len() - right.len()..).unwrap_or_default());
                self.run(left, false, listed);
                self.run(right, false, true);
                return;
            }
        }
        let words: Vec<&str> = part.split([' ', '-', '.', '–']).filter(|word| !word.is_empty()).collect();
        let before = self.out.places.len();
        let mut at = 0;
        let mut unknown: Option<(usize, usize)> = None;
        while at < words.len() {
            let known = (at + 1..=words.len().min(at + 5)).rev().find(|end| self.latin(&words[at..*end].join(" "), listed && at == 0));
            match known {
                Some(end) => at = end,
                None if BESIDE.contains(&words[at].to_lowercase().as_str()) => at += 1,
                None => {
                    unknown = Some(unknown.map_or((at, at + 1), |(from, _)| (from, at + 1)));
                    at += 1;
                }
            }
        }
        let Some((from, to)) = unknown else { return };
        let hyphens = part.split('-').filter(|piece| !piece.trim().is_empty()).count();
        if from == 0 || self.out.places.len() == before {
            // What was found in the rest of an unknown name (York in North York) is part of that name.
            self.out.places.truncate(before);
            self.push(part, Vec::new(), listed, true, false);
        } else if hyphens > 1 {
            self.push(&words[from..to].join(" "), Vec::new(), false, true, false);
        } else if let Some(last) = self.out.places.last_mut() {
            last.whole = false;
        }
    }
}
