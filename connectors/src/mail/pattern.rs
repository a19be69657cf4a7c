//! The pattern language of mail templates: literal text with placeholders, no regular expressions.
//!
//! ```text
//! {name} | {years}，应聘 {title} | {city}{pay}【BOSS直聘】
//! ```
//!
//! Each placeholder takes only what can be such a thing (a phone has digits, a city has none), which is what lets two
//! of them stand side by side. Titles, companies, phones and addresses take as much as they can, the others as little.
//! Literal text is compared without case, without difference between full and half width, and between dashes. A blank in a
//! pattern stands for any blanks, line ends among them, or none. Beside `{*}` a placeholder takes whole words.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use chrono_tz::Tz;

use crate::spec::TimeFormat;

/// What a placeholder takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Slot {
    Name,
    Title,
    City,
    Years,
    Pay,
    Phone,
    Email,
    Company,
    Time,
    /// `{*}`: anything, also nothing.
    Any,
}

/// Placeholders by their words.
const SLOTS: &[(&str, Slot)] = &[
    ("name", Slot::Name),
    ("title", Slot::Title),
    ("city", Slot::City),
    ("years", Slot::Years),
    ("pay", Slot::Pay),
    ("phone", Slot::Phone),
    ("email", Slot::Email),
    ("company", Slot::Company),
    ("time", Slot::Time),
    ("*", Slot::Any),
];

/// What placeholders took, the first of each. Holds people in clear: it does not print.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Taken(BTreeMap<Slot, String>);

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Taken {
    pub(crate) fn get(&self, slot: Slot) -> Option<&str> {
        self.0.get(&slot).map(String::as_str)
    }

    pub(crate) fn insert(&mut self, slot: Slot, text: String) {
        self.0.entry(slot).or_insert(text);
    }

    pub(crate) fn forget(&mut self, slot: Slot) {
        self.0.remove(&slot);
    }

    /// A title is landed in clear: whatever a loose pattern left of the name in it goes.
    pub(crate) fn keep_name_out_of_title(&mut self) {
        let (Some(name), Some(title)) = (self.0.get(&Slot::Name), self.0.get(&Slot::Title)) else { return };
        if title.contains(name.as_str()) {
            let rest = title.replace(name.as_str(), " ");
            let rest = rest.trim_matches(|c: char| c.is_whitespace() || !c.is_alphanumeric() && !matches!(c, ')' | '）' | ']' | '】'));
            if rest.is_empty() {
                self.0.remove(&Slot::Title);
            } else {
                let rest = rest.to_owned();
                self.0.insert(Slot::Title, rest);
            }
        }
    }

    /// Takes what is not known yet.
    pub(crate) fn fill(&mut self, other: Taken) {
        for (slot, text) in other.0 {
            self.insert(slot, text);
        }
    }

    /// Whether somebody can be told from it.
    pub(crate) fn names_someone(&self) -> bool {
        [Slot::Name, Slot::Phone, Slot::Email].iter().any(|slot| self.0.contains_key(slot))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Folded.
    Literal(Vec<char>),
    Blank,
    Slot(Slot),
}

/// A pattern, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    parts: Vec<Part>,
}

impl Pattern {
    /// Reads a pattern; the error says what is wrong with it.
    pub(crate) fn read(text: &str) -> Result<Pattern, String> {
        let mut parts = Vec::new();
        let mut rest = text.trim();
        while let Some((before, after)) = rest.split_once('{') {
            literal(before, &mut parts)?;
            let (word, tail) = after.split_once('}').ok_or_else(|| format!("{text:?}: a placeholder is not closed"))?;
            let slot = SLOTS.iter().find(|(known, _)| *known == word).map(|(_, slot)| *slot);
            let slot = slot.ok_or_else(|| {
                let known: Vec<&str> = SLOTS.iter().map(|(known, _)| *known).collect();
                format!("{text:?}: there is no placeholder {{{word}}}: one of {}", known.join(", "))
            })?;
            if let Some(Part::Slot(before)) = parts.last()
                && !separable(*before, slot)
            {
                return Err(format!("{text:?}: {{{}}} and {{{word}}} need text between them", word_of(*before)));
            }
            parts.push(Part::Slot(slot));
            rest = tail;
        }
        literal(rest, &mut parts)?;
        if !parts.iter().any(|part| matches!(part, Part::Literal(_) | Part::Slot(Slot::Pay | Slot::Phone | Slot::Email))) {
            return Err(format!("{text:?}: a pattern needs some text of its own"));
        }
        Ok(Pattern { parts })
    }

    /// The placeholders of the pattern.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> {
        self.parts.iter().filter_map(|part| if let Part::Slot(slot) = part { Some(*slot) } else { None })
    }

    /// Whether it begins with text, as a pattern that is searched for must.
    pub(crate) fn begins_with_text(&self) -> bool {
        matches!(self.parts.first(), Some(Part::Literal(_)))
    }

    /// What the placeholders take when the pattern stands for the whole text.
    pub(crate) fn whole(&self, text: &Text, zone: Tz) -> Option<Taken> {
        Search::new(self, text, zone, End::Text).from(0)
    }

    /// What the placeholders take at the first place where the pattern stands for the rest of a line.
    pub(crate) fn anywhere(&self, text: &Text, zone: Tz) -> Option<Taken> {
        let Some(Part::Literal(first)) = self.parts.first() else { return None };
        let mut search = Search::new(self, text, zone, End::Line);
        let starts = text.folded.windows(first.len()).enumerate().filter(|(_, window)| *window == first.as_slice());
        starts.map(|(at, _)| at).find_map(|at| search.from(at))
    }
}

fn literal(text: &str, parts: &mut Vec<Part>) -> Result<(), String> {
    if text.contains('}') {
        return Err(format!("{text:?}: a closing brace without an opening one"));
    }
    let mut word = Vec::new();
    for c in text.chars().map(fold) {
        if c == ' ' || c == '\n' {
            if !word.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut word)));
            }
            if parts.last() != Some(&Part::Blank) {
                parts.push(Part::Blank);
            }
        } else {
            word.push(c);
        }
    }
    if !word.is_empty() {
        parts.push(Part::Literal(word));
    }
    Ok(())
}

/// Whether two placeholders may touch: what the second takes must begin in a way that the first cannot go on.
fn separable(first: Slot, second: Slot) -> bool {
    match (first, second) {
        (Slot::Any, Slot::Any) => false,
        (Slot::Any, _) | (_, Slot::Any) | (Slot::City, Slot::Pay) => true,
        _ => false,
    }
}

fn word_of(slot: Slot) -> &'static str {
    SLOTS.iter().find(|(_, known)| *known == slot).map_or("*", |(word, _)| word)
}

/// Text prepared for comparing: as it is, and folded character by character.
pub(crate) struct Text {
    chars: Vec<char>,
    folded: Vec<char>,
}

/// Longer texts are looked at so far: what a template reads stands at the top.
const LONGEST_TEXT: usize = 20_000;

impl Text {
    /// Zero-width characters are left out: boards put them into subjects against filters.
    pub(crate) fn new(text: &str) -> Text {
        let invisible = |c: &char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}' | '\r');
        let chars: Vec<char> = text.chars().filter(|c| !invisible(c)).take(LONGEST_TEXT).collect();
        let folded = chars.iter().copied().map(fold).collect();
        Text { chars, folded }
    }
}

impl Text {
    /// Whether the other text stands in this one.
    pub(crate) fn contains(&self, other: &Text) -> bool {
        !other.folded.is_empty() && self.folded.windows(other.folded.len()).any(|window| window == other.folded.as_slice())
    }
}

/// One character for one: full width to half, dashes to one, capitals to small letters, blanks to one.
fn fold(c: char) -> char {
    let c = match c {
        '\n' => return '\n',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹣' => '-',
        '‘' | '’' => '\'',
        '“' | '”' => '"',
        c if c.is_whitespace() => ' ',
        c => c,
    };
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(small), None) => small,
        _ => c,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Text,
    Line,
}

/// One attempt, going back where it has to; what failed once is not tried again.
struct Search<'p> {
    pattern: &'p Pattern,
    text: &'p Text,
    zone: Tz,
    end: End,
    failed: HashSet<(usize, usize)>,
}

impl<'p> Search<'p> {
    fn new(pattern: &'p Pattern, text: &'p Text, zone: Tz, end: End) -> Search<'p> {
        Search { pattern, text, zone, end, failed: HashSet::new() }
    }

    fn from(&mut self, start: usize) -> Option<Taken> {
        let mut taken = Vec::new();
        self.step(0, start, &mut taken).then(|| {
            // Found from the last to the first; of two with the same word the first counts.
            let mut all = Taken::default();
            for (slot, text) in taken.into_iter().rev() {
                all.insert(slot, text);
            }
            all
        })
    }

    fn step(&mut self, part: usize, at: usize, taken: &mut Vec<(Slot, String)>) -> bool {
        if self.failed.contains(&(part, at)) {
            return false;
        }
        let found = match self.pattern.parts.get(part) {
            None => self.at_end(at),
            Some(Part::Literal(word)) => {
                self.text.folded.get(at..at + word.len()) == Some(word.as_slice()) && self.step(part + 1, at + word.len(), taken)
            }
            Some(Part::Blank) => {
                let blanks = self.text.folded.get(at..).unwrap_or_default().iter().take_while(|c| c.is_whitespace()).count();
                // A placeholder trims itself, so all blanks may be eaten here.
                self.step(part + 1, at + blanks, taken)
            }
            Some(Part::Slot(slot)) => self.slot(*slot, part, at, taken),
        };
        if !found {
            self.failed.insert((part, at));
        }
        found
    }

    fn at_end(&self, at: usize) -> bool {
        let rest = self.text.folded.get(at..).unwrap_or_default();
        let next = rest.iter().find(|c| **c != ' ');
        next.is_none()
            || (self.end == End::Line && next == Some(&'\n'))
            || (self.end == End::Text && rest.iter().all(|c| c.is_whitespace()))
    }

    fn slot(&mut self, slot: Slot, part: usize, at: usize, taken: &mut Vec<(Slot, String)>) -> bool {
        let line = self.text.folded.get(at..).unwrap_or_default().iter().take_while(|c| **c != '\n').count();
        let longest = line.min(slot.longest());
        let shortest = usize::from(slot != Slot::Any);
        let loose = self.meets_anything(slot, part);
        let lengths: Vec<usize> = if slot.is_greedy() { (shortest..=longest).rev().collect() } else { (shortest..=longest).collect() };
        for length in lengths {
            let piece: String = self.text.chars.get(at..at + length).unwrap_or_default().iter().collect();
            let piece = piece.trim();
            let cut = loose && !self.is_border(at + length);
            if cut || !slot.takes(piece, self.zone) || !self.step(part + 1, at + length, taken) {
                continue;
            }
            if slot != Slot::Any {
                taken.push((slot, piece.to_owned()));
            }
            return true;
        }
        false
    }

    /// Whether this placeholder and the next are told apart by `{*}` alone: then words must not be cut in two.
    fn meets_anything(&self, slot: Slot, part: usize) -> bool {
        let after = self.pattern.parts.get(part + 1..).unwrap_or_default();
        match after.iter().find(|part| **part != Part::Blank) {
            Some(Part::Slot(next)) => slot == Slot::Any || *next == Slot::Any,
            _ => false,
        }
    }

    fn is_border(&self, at: usize) -> bool {
        let inside = |at: Option<usize>| at.and_then(|at| self.text.folded.get(at)).is_some_and(|c| c.is_alphanumeric());
        !(inside(at.checked_sub(1)) && inside(Some(at)))
    }
}

impl Slot {
    /// Most characters.
    fn longest(self) -> usize {
        match self {
            Slot::Name | Slot::Time => 40,
            Slot::City | Slot::Pay => 30,
            Slot::Years => 20,
            Slot::Phone => 24,
            Slot::Title | Slot::Company => 100,
            Slot::Email => 254,
            Slot::Any => 400,
        }
    }

    fn is_greedy(self) -> bool {
        matches!(self, Slot::Title | Slot::Company | Slot::Phone | Slot::Email | Slot::Time)
    }

    /// Whether the text can be such a thing.
    fn takes(self, text: &str, zone: Tz) -> bool {
        let digit = |c: char| fold(c).is_ascii_digit();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        match self {
            Slot::Any => true,
            Slot::Name => is_name(text),
            Slot::Title | Slot::Company => text.chars().any(char::is_alphanumeric),
            Slot::City => {
                text.chars().any(char::is_alphabetic) && !text.chars().any(|c| digit(c) || matches!(fold(c), '|' | '_' | '【' | '】' | ':'))
            }
            Slot::Years => has(&["年", "届", "经验", "在校", "year"]) && !text.contains(['|', '，', ',']),
            Slot::Pay => {
                let starts = text.chars().next().is_some_and(|c| digit(c) || matches!(fold(c), '$' | '¥' | '€' | '£'));
                (starts || text.starts_with("面议") || text.starts_with('薪')) && !text.contains(['【', '】', '|'])
            }
            Slot::Phone => {
                let part = |c: char| digit(c) || matches!(fold(c), '*' | '+' | '-' | ' ' | '(' | ')');
                let counted = text.chars().filter(|c| digit(*c) || *c == '*').count();
                counted >= 7 && text.chars().all(part) && text.chars().next_back().is_some_and(|c| digit(c) || c == '*')
            }
            Slot::Email => {
                let plain = |c: char| !c.is_whitespace() && !matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | '，' | '；' | '：' | '|');
                let domain = text.split_once('@').map_or("", |(_, domain)| domain);
                text.chars().all(plain) && domain.contains('.') && domain.chars().next_back().is_some_and(char::is_alphanumeric)
            }
            Slot::Time => TimeFormat::IsoLocal.read_text(text, zone).is_some(),
        }
    }
}

/// Names have letters and no digits; a dash only inside a Latin name.
pub(crate) fn is_name(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let allowed = |(at, c): (usize, &char)| match fold(*c) {
        '-' => {
            let latin = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c| c.is_alphabetic() && (*c as u32) < 0x0250);
            latin(at.checked_sub(1)) && latin(at.checked_add(1))
        }
        '|' | '<' | '>' | '【' | '】' | '[' | ']' | '@' | '_' | ':' | ';' | ',' | '/' | '"' | '、' | '。' | '!' | '?' => false,
        c => !c.is_ascii_digit(),
    };
    chars.iter().any(|c| c.is_alphabetic()) && chars.iter().enumerate().all(allowed)
}

#[cfg(test)]
#[path = "pattern_tests.rs"]
mod tests;
