//! Job titles: what names the job, apart from level, urgency, benefits, place and numbers.

use super::memo::Memo;
use super::text::{is_han, simplify, squeeze};
use super::{pay, place};
use aho_corasick::{AhoCorasick, MatchKind};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;

/// How experienced the person should be, as the title says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Level {
    /// Nothing is said.
    #[default]
    Unstated,
    /// 初级, Junior, Engineer I.
    Junior,
    /// 中级, Mid-level, Engineer II.
    Middle,
    /// 高级, 资深, Senior, Engineer III.
    Senior,
    /// 专家, Staff, Engineer IV.
    Staff,
    /// 首席, Principal.
    Principal,
    /// Lead.
    Lead,
    /// 总监, Head of, Director, VP.
    Head,
    /// 应届, 校招, 储备, New Grad.
    Graduate,
    /// 实习, Intern.
    Intern,
}

impl Level {
    /// The word used in the table `postings`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unstated => "",
            Self::Junior => "junior",
            Self::Middle => "middle",
            Self::Senior => "senior",
            Self::Staff => "staff",
            Self::Principal => "principal",
            Self::Lead => "lead",
            Self::Head => "head",
            Self::Graduate => "graduate",
            Self::Intern => "intern",
        }
    }

    fn named(word: &str) -> Self {
        let all =
            [Self::Junior, Self::Middle, Self::Senior, Self::Staff, Self::Principal, Self::Lead, Self::Head, Self::Graduate, Self::Intern];
        all.into_iter().find(|level| level.as_str() == word).unwrap_or_default()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Level(Level),
    /// A level that is the job too.
    Job(Level),
    /// Says nothing of the job.
    Mark,
    /// Says nothing of the job where it stands alone.
    Remark,
}

/// The words of the file, found in Chinese text by automaton and in Latin text word by word.
struct Words {
    all: HashMap<&'static str, Kind>,
    han_levels: AhoCorasick,
    han_kinds: Vec<Kind>,
    longest: usize,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut all = HashMap::new();
    let mut han = Vec::new();
    for line in include_str!("../../data/title_words.tsv").lines().filter(|line| !line.starts_with('#')) {
        let mut cells = line.split('\t');
        let (Some(kind), Some(word)) = (cells.next(), cells.next()) else { continue };
        let level = Level::named(cells.next().unwrap_or_default());
        let kind = match kind {
            "level" => Kind::Level(level),
            "job" => Kind::Job(level),
            "mark" => Kind::Mark,
            _ => Kind::Remark,
        };
        all.insert(word, kind);
        if matches!(kind, Kind::Level(_) | Kind::Job(_)) && word.chars().all(is_han) {
            han.push((word, kind));
        }
    }
    let longest = all.keys().map(|word| word.chars().count()).max().unwrap_or_default();
    let han_levels = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(han.iter().map(|(word, _)| word));
    #[expect(clippy::expect_used, reason = "the words are a file of this crate, some forty short ones; a test builds this")]
    let han_levels = han_levels.expect("the automaton of level words is built");
    Words { all, han_levels, han_kinds: han.into_iter().map(|(_, kind)| kind).collect(), longest }
});

/// A part of a title with what stands before it.
#[derive(Debug, Clone, Copy)]
struct Part<'t> {
    before: char,
    text: &'t str,
}

/// The comparable form of a title with its level: simplified, lower case; without urgency, benefits, pay, place and numbers of
/// requisitions in brackets or behind separators; without blanks beside Chinese characters.
///
/// ```
/// use inflow_pipeline::normalise::title::normalise;
/// assert_eq!(normalise("【急聘】电商客服(双休)"), "电商客服");
/// assert_eq!(normalise("高级 Java 工程师（上海）"), "高级java工程师");
/// assert_eq!(normalise("Senior  Data Engineer - Remote (m/f/d)"), "senior data engineer");
/// ```
pub fn normalise(title: &str) -> String {
    Memo::recall(&NORMAL, title, settled)
}

thread_local! {
    static NORMAL: RefCell<Memo<String>> = Memo::new();
    static SKELETONS: RefCell<Memo<String>> = Memo::new();
    static PARTED: RefCell<Memo<Vec<String>>> = Memo::new();
    static LEVELS: RefCell<Memo<Level>> = Memo::new();
}

fn settled(title: &str) -> String {
    let mut form = pass(title);
    // What a dropped remark hid may be one itself; each pass can only shorten.
    for _ in 0..8 {
        let again = pass(&form);
        if again == form {
            break;
        }
        form = again;
    }
    form
}

/// The form of a title by which jobs are compared: [`normalise`] without level words, grades and signs.
///
/// ```
/// use inflow_pipeline::normalise::title::skeleton;
/// assert_eq!(skeleton("资深Java开发工程师（急招）"), skeleton("Java 开发工程师 - 上海"));
/// assert_eq!(skeleton("Sr. Software Engineer II"), "software engineer");
/// assert_eq!(skeleton("Senior ML Engineer (Pricing)"), skeleton("Machine Learning Engineer - Pricing"));
/// ```
pub fn skeleton(title: &str) -> String {
    Memo::recall(&SKELETONS, title, bones)
}

/// The parts of a title that stand apart, each as [`skeleton`] has it; the first names the job, the others say more of it.
///
/// ```
/// use inflow_pipeline::normalise::title::parted;
/// assert_eq!(parted("Sr. Account Executive, Uber Eats (Spanish Required)"), ["account executive", "uber eats", "spanish required"]);
/// assert_eq!(parted("【急聘】客服专员(英语) - 上海"), ["客服专员", "英语"]);
/// ```
pub fn parted(title: &str) -> Vec<String> {
    Memo::recall(&PARTED, title, |title| {
        let form = normalise(title);
        parts(&form).iter().map(|part| bones(part.text)).filter(|part| !part.is_empty()).collect()
    })
}

fn bones(title: &str) -> String {
    let form = normalise(title);
    let mut kept = String::with_capacity(form.len());
    let _ = levels(&form, Some(&mut kept));
    let joined = join(&kept);
    spelled_out(if joined.is_empty() { join(&form) } else { joined })
}

/// Short names of jobs that stand for one thing only.
const SHORT_NAMES: [(&str, &str); 6] = [
    ("ml", "machine learning"),
    ("swe", "software engineer"),
    ("sde", "software development engineer"),
    ("sre", "site reliability engineer"),
    ("qa", "quality assurance"),
    ("bd", "business development"),
];

/// `ml engineer` is `machine learning engineer`.
fn spelled_out(form: String) -> String {
    let long = |word: &str| SHORT_NAMES.iter().find(|(short, _)| *short == word).map(|(_, long)| *long);
    if !form.split(' ').any(|word| long(word).is_some()) {
        return form;
    }
    form.split(' ').map(|word| long(word).unwrap_or(word)).collect::<Vec<_>>().join(" ")
}

/// The level that a title says; of several the highest, but whoever is an intern or a graduate is that.
///
/// ```
/// use inflow_pipeline::normalise::title::{Level, level};
/// assert_eq!(level("高级产品经理"), Level::Senior);
/// assert_eq!(level("Software Engineering Intern"), Level::Intern);
/// assert_eq!(level("产品经理"), Level::Unstated);
/// ```
pub fn level(title: &str) -> Level {
    Memo::recall(&LEVELS, title, |title| levels(&simplify(&squeeze(title)).to_lowercase(), None))
}

fn pass(title: &str) -> String {
    let squeezed = squeeze(title);
    let text = simplify(&squeezed);
    let parts = parts(&text);
    let mut kept: Vec<(char, String)> = Vec::with_capacity(parts.len());
    for part in &parts {
        let bare = without_marks(part.text);
        if !bare.is_empty() && !is_remark(&bare) && !(is_place(part, &bare)) {
            kept.push((part.before, bare.to_lowercase()));
        }
    }
    if kept.is_empty() {
        // Nothing but remarks: they are the title (兼职).
        let first = parts.iter().map(|part| part.text.trim().to_lowercase()).find(|text| !text.is_empty());
        return first.unwrap_or_default();
    }
    let mut form = String::with_capacity(text.len());
    for (before, part) in kept {
        match before {
            _ if form.is_empty() => form.push_str(&part),
            '(' => form.extend(["(", &part, ")"]),
            ' ' if form.ends_with(is_han) || part.starts_with(is_han) => form.push_str(&part),
            ' ' => form.extend([" ", &part]),
            '-' => form.extend([" - ", &part]),
            ',' => form.extend([", ", &part]),
            other => {
                form.push(other);
                form.push_str(&part);
            }
        }
    }
    tight(&form)
}

/// Parts of a title: brackets and separators part, and blanks beside Chinese characters; a slash or a hyphen inside a Latin
/// word does not.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut start, mut before, mut previous) = (0, ' ', ' ');
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let next = characters.peek().map_or(' ', |(_, next)| *next);
        let sign = match character {
            '(' | '[' | '【' | '{' | '〔' | '《' | '「' | '<' => Some('('),
            '|' | '·' | '•' | '~' | '—' | '–' | '_' => Some('-'),
            '-' if previous == ' ' || next == ' ' || is_han(previous) || is_han(next) || matches!(previous, ')' | '】' | ']') => Some('-'),
            '/' | '、' if is_han(previous) || is_han(next) || previous == ' ' || next == ' ' => Some('/'),
            ',' | ';' => Some(','),
            ')'
            | ']'
            | '】'
            | '}'
            | '〕'
            | '》'
            | '」'
            | '>'
            | ':'
            | '!'
            | '★'
            | '☆'
            | '●'
            | '◆'
            | '■'
            | '※'
            | '▲'
            | '\u{1f300}'..='\u{1faff}'
            | '\u{2600}'..='\u{27bf}'
            | '\u{fe0f}' => Some(' '),
            blank => (blank == ' ' && is_han(previous) && is_han(next)).then_some(' '),
        };
        if let Some(sign) = sign {
            push(&mut parts, before, text.get(start..at));
            (start, before) = (at + character.len_utf8(), sign);
        }
        // Behind a sign a hyphen or a slash parts too: Cook (day)/Waiter.
        previous = if sign.is_some() { ' ' } else { character };
    }
    push(&mut parts, before, text.get(start..));
    parts
}

fn push<'t>(parts: &mut Vec<Part<'t>>, before: char, text: Option<&'t str>) {
    let text = text.unwrap_or_default().trim();
    if !text.is_empty() {
        parts.push(Part { before, text });
    }
}

/// A part without the marks at its ends.
fn without_marks(part: &str) -> String {
    let lower = part.to_lowercase();
    // Where lower case changes lengths the two do not lie side by side.
    if lower.len() != part.len() {
        return part.to_owned();
    }
    let (mut from, mut to) = (0, lower.len());
    loop {
        let rest = lower.get(from..to).unwrap_or_default();
        let blanks = rest.len() - rest.trim_start().len();
        let rest = rest.trim();
        if let Some(word) = ends(rest, true).filter(|word| word.len() < rest.len()) {
            from += blanks + word.len();
        } else if let Some(word) = ends(rest, false).filter(|word| word.len() < rest.len()) {
            to = from + blanks + rest.len() - word.len();
        } else {
            from += blanks;
            return part.get(from..(from + rest.len())).unwrap_or_default().to_owned();
        }
    }
}

/// The longest mark at an end of a text.
fn ends(text: &str, start: bool) -> Option<&str> {
    let sizes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let count = sizes.len();
    (2..=WORDS.longest.min(count.saturating_sub(1))).rev().find_map(|length| {
        let word = if start { text.get(..*sizes.get(length)?) } else { text.get(*sizes.get(count - 1 - length)?..) }?;
        let beside = if start { text.get(word.len()..)?.chars().next() } else { text.get(..text.len() - word.len())?.chars().next_back() };
        let bounded = word.chars().any(is_han) || !beside.is_some_and(char::is_alphanumeric);
        (bounded && WORDS.all.get(word) == Some(&Kind::Mark)).then_some(word)
    })
}

/// A part made of remarks, pay and numbers only.
fn is_remark(part: &str) -> bool {
    let lower = part.to_lowercase();
    if is_number(&lower) || is_pay(&lower) {
        return true;
    }
    let sizes: Vec<usize> = lower.char_indices().map(|(at, _)| at).chain([lower.len()]).collect();
    let mut at = 0;
    let mut found = false;
    while at + 1 < sizes.len() {
        let longest = (1..=WORDS.longest.min(sizes.len() - 1 - at)).rev().find(|length| {
            let (from, to) = (sizes[at], sizes[at + length]);
            let word = lower.get(from..to).unwrap_or_default();
            let bounded =
                word.ends_with(is_han) || !lower.get(to..).and_then(|rest| rest.chars().next()).is_some_and(char::is_alphanumeric);
            bounded && matches!(WORDS.all.get(word), Some(Kind::Mark | Kind::Remark))
        });
        let filler = lower
            .get(sizes[at]..)
            .and_then(|rest| rest.chars().next())
            .is_some_and(|c| matches!(c, ' ' | '+' | '&' | ',' | '、' | '.' | '/' | '-' | '!'));
        match longest {
            Some(length) => {
                at += length;
                found = true;
            }
            None if filler => at += 1,
            None => return false,
        }
    }
    found || lower.chars().all(|c| !c.is_alphanumeric())
}

/// `JR12345`, `#1024`, `R-20391`, `2026`: the number of a requisition or a year.
fn is_number(part: &str) -> bool {
    let digits = part.chars().filter(char::is_ascii_digit).count();
    let letters = part.chars().filter(|c| c.is_alphabetic()).count();
    let tail = part.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
    digits >= 3
        && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '#' | '.' | ' '))
        && letters <= 4
        && tail.chars().count() <= 6
}

fn is_pay(part: &str) -> bool {
    part.chars().any(|c| c.is_ascii_digit()) && part.contains(['k', '万', '元', '薪', '$', '¥', '千', '€', '£']) && pay::parse(part).is_ok()
}

/// A bracket, or a part that stands apart, with nothing but a place in it.
fn is_place(part: &Part<'_>, bare: &str) -> bool {
    let apart = part.before != ' ' || bare.chars().all(|c| is_han(c) || c == ' ');
    apart && bare.chars().count() <= 40 && place::is_only_a_place(bare)
}

/// Blanks beside Chinese characters go: `Java 工程师` and `Java工程师` are one.
fn tight(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.trim().chars().peekable();
    while let Some(character) = characters.next() {
        let beside = out.ends_with(|c| is_han(c) || c == '(') || characters.peek().is_some_and(|next| is_han(*next) || *next == ')');
        if character != ' ' || !beside {
            out.push(character);
        }
    }
    out
}

/// The level of a text in lower case; what remains without level words goes to `kept`.
fn levels(text: &str, mut kept: Option<&mut String>) -> Level {
    let mut found = Level::Unstated;
    let mut start = 0;
    let bytes = text.len();
    // Runs of Chinese and of other writing, each by its own means.
    while start < bytes {
        let rest = text.get(start..).unwrap_or_default();
        let han = rest.starts_with(is_han);
        let end = start + rest.find(|c| is_han(c) != han).unwrap_or(rest.len());
        let run = text.get(start..end).unwrap_or_default();
        let level = if han { han_level(run, kept.as_deref_mut()) } else { latin_level(run, kept.as_deref_mut()) };
        found = found.max(level);
        start = end;
    }
    found
}

fn han_level(run: &str, mut kept: Option<&mut String>) -> Level {
    let mut found = Level::Unstated;
    let mut from = 0;
    for hit in WORDS.han_levels.find_iter(run) {
        let (before, after) = (run.get(..hit.start()).unwrap_or_default(), run.get(hit.end()..).unwrap_or_default());
        // 高级中学 is a school, 储备粮 a good, 2026届 a year of graduates.
        if after.starts_with("中学") || after.starts_with('粮') || after.starts_with("农艺") && before.is_empty() {
            continue;
        }
        let (level, stays) = match WORDS.han_kinds[hit.pattern().as_usize()] {
            Kind::Level(level) => (level, false),
            Kind::Job(level) => (level, true),
            Kind::Mark | Kind::Remark => continue,
        };
        found = found.max(level);
        if let (Some(kept), false) = (kept.as_deref_mut(), stays) {
            kept.push_str(run.get(from..hit.start()).unwrap_or_default());
            from = hit.end();
        }
    }
    // 2026届 follows a number.
    let rest = run.get(from..).unwrap_or_default();
    if rest.starts_with('届') {
        found = found.max(Level::Graduate);
    }
    if let Some(kept) = kept {
        kept.push_str(rest);
    }
    found
}

fn latin_level(run: &str, mut kept: Option<&mut String>) -> Level {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '+' | '#' | '.' | '\'' | '-');
    let words: Vec<&str> = run.split(|c| !is_word(c)).filter(|word| !word.is_empty()).collect();
    let mut found = Level::Unstated;
    let mut at = 0;
    while at < words.len() {
        let phrase = (1..=3.min(words.len() - at)).rev().find_map(|length| {
            let phrase = words.get(at..at + length)?;
            let kind = if length == 1 { WORDS.all.get(phrase[0]) } else { WORDS.all.get(phrase.join(" ").as_str()) };
            match kind {
                Some(Kind::Level(level)) => Some((length, *level, false)),
                Some(Kind::Job(level)) => Some((length, *level, true)),
                _ => None,
            }
        });
        let (previous, next) = (at.checked_sub(1).and_then(|before| words.get(before)), words.get(at + 1));
        let numeral = match words[at] {
            "ii" | "2" if previous.is_some() => Level::Middle,
            "iii" | "3" if previous.is_some() => Level::Senior,
            "iv" if previous.is_some() => Level::Staff,
            "i" | "1" if previous.is_some() => Level::Junior,
            _ => Level::Unstated,
        };
        // Lead generation and chief of staff are no levels.
        let other =
            words[at] == "lead" && next.is_some_and(|next| next.starts_with("gen")) || words[at] == "staff" && previous == Some(&"of");
        match phrase.filter(|_| !other) {
            Some((length, level, stays)) => {
                found = found.max(level);
                if let (Some(kept), true) = (kept.as_deref_mut(), stays) {
                    kept.push_str(&words[at..at + length].join(" "));
                    kept.push(' ');
                }
                at += length;
            }
            None if numeral != Level::Unstated && next.is_none() => {
                found = found.max(numeral);
                at += 1;
            }
            None => {
                if let Some(kept) = kept.as_deref_mut() {
                    kept.push_str(words[at]);
                    kept.push(' ');
                }
                at += 1;
            }
        }
    }
    found
}

/// Letters, digits, `+` and `#`; words in Latin letters parted by one blank.
fn join(text: &str) -> String {
    let signs: String = text.chars().map(|c| if c.is_alphanumeric() || matches!(c, '+' | '#') { c } else { ' ' }).collect();
    tight(&squeeze(&signs))
}

#[cfg(test)]
#[path = "title_tests.rs"]
mod tests;
