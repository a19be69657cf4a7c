//! What headers mean: the words of `headers.toml` and of every spec that reads tables.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use inflow_config::Stage;
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use super::target::Target;
use crate::spec::{FileFormat, Kind, Path, Spec, Step, Stream, all};

const TEXT: &str = include_str!("headers.toml");

/// Weight of a word of the dictionary, and of the first choice of a spec.
const CERTAIN: u32 = 1000;
/// Weight of a second thought (`[also]`).
const SECOND: u32 = 600;

/// One thing that a header may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) target: Target,
    /// How likely, of 1000.
    pub(super) weight: u32,
    /// The connector whose spec says so; none for the dictionary.
    pub(super) connector: Option<&'static str>,
    /// A second thought, which is always named.
    pub(super) second: bool,
}

/// The value of a column that no header names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DefaultValue {
    pub(super) kind: Kind,
    pub(super) column: String,
    pub(super) value: String,
    #[serde(default)]
    when: Vec<String>,
}

type Sections = BTreeMap<String, BTreeMap<String, Vec<String>>>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    traditional: String,
    nothing: Vec<String>,
    totals: Vec<String>,
    not_by_part: Vec<String>,
    set_aside: BTreeMap<String, Vec<String>>,
    headers: Sections,
    also: Sections,
    default: Vec<DefaultValue>,
    words: BTreeMap<Kind, BTreeMap<String, BTreeMap<String, String>>>,
}

/// The dictionary.
#[derive(Debug)]
pub(super) struct Dictionary {
    meanings: BTreeMap<Kind, BTreeMap<String, Vec<Meaning>>>,
    set_aside: BTreeMap<String, String>,
    not_by_part: Vec<String>,
    words: BTreeMap<(Kind, String), BTreeMap<String, String>>,
    /// Stage words that several boards use in the same sense.
    pub(super) stages: BTreeMap<String, Stage>,
    defaults: Vec<DefaultValue>,
    /// Cells that say nothing where a number or a date should stand.
    pub(super) nothing: Vec<String>,
    /// First cells of rows that add others up.
    pub(super) totals: Vec<String>,
    simplified: BTreeMap<char, char>,
    #[cfg(test)]
    pub(super) own: Vec<(Kind, Target, String)>,
    #[cfg(test)]
    pub(super) repeated: Vec<String>,
}

static DICTIONARY: LazyLock<Result<Dictionary, String>> = LazyLock::new(Dictionary::read);

/// The dictionary; the error is a fault of this program, which a test excludes.
pub(super) fn dictionary() -> Result<&'static Dictionary, &'static str> {
    DICTIONARY.as_ref().map_err(String::as_str)
}

impl Dictionary {
    fn read() -> Result<Dictionary, String> {
        let file: File = toml::from_str(TEXT).map_err(|error| format!("headers.toml: {error}"))?;
        let signs: Vec<char> = file.traditional.chars().collect();
        let pairs = signs.chunks(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?)));
        let mut read = Dictionary {
            meanings: BTreeMap::new(),
            set_aside: BTreeMap::new(),
            not_by_part: file.not_by_part,
            words: BTreeMap::new(),
            stages: stages(),
            defaults: file.default,
            nothing: file.nothing,
            totals: file.totals,
            simplified: pairs.collect(),
            #[cfg(test)]
            own: Vec::new(),
            #[cfg(test)]
            repeated: Vec::new(),
        };
        for (why, headers) in &file.set_aside {
            let folded: Vec<String> = headers.iter().map(|header| read.fold(header)).collect();
            read.set_aside.extend(folded.into_iter().map(|folded| (folded, why.clone())));
        }
        for spec in all() {
            for stream in spec.streams.iter().filter(|stream| reads_tables(stream)) {
                read.add_stream(spec, stream);
            }
        }
        read.add_sections(&file.headers, CERTAIN)?;
        read.add_sections(&file.also, SECOND)?;
        for (kind, columns) in file.words {
            for (column, words) in columns {
                read.words.entry((kind, column)).or_default().extend(words);
            }
        }
        Ok(read)
    }

    fn add_sections(&mut self, sections: &Sections, weight: u32) -> Result<(), String> {
        for (section, targets) in sections {
            for (word, headers) in targets {
                let kinds = match section.as_str() {
                    "common" => Kind::LANDED.to_vec(),
                    kind => vec![kind.parse::<Kind>()?],
                };
                let meant: Vec<(Kind, Target)> = kinds.into_iter().filter_map(|kind| Some((kind, Target::parse(kind, word)?))).collect();
                if meant.is_empty() {
                    return Err(format!("headers.toml: [{section}] {word} is no target"));
                }
                for (kind, target) in meant {
                    for header in headers {
                        #[cfg(test)]
                        self.note(section, kind, target, header);
                        let meaning = Meaning { target, weight, connector: None, second: weight < CERTAIN };
                        self.add(kind, header, meaning);
                    }
                }
            }
        }
        Ok(())
    }

    #[cfg(test)]
    fn note(&mut self, section: &str, kind: Kind, target: Target, header: &str) {
        let known = self.meanings.get(&kind).and_then(|known| known.get(&self.fold(header))).is_some_and(|meanings| {
            let same = |meaning: &Meaning| meaning.target == target;
            meanings.iter().any(same)
        });
        if known && section != "common" {
            self.repeated.push(format!("{section}|{target}|{header}"));
        }
        self.own.push((kind, target, header.to_owned()));
    }

    fn add(&mut self, kind: Kind, header: &str, meaning: Meaning) {
        let folded = self.fold(header);
        if folded.is_empty() {
            return;
        }
        let known = self.meanings.entry(kind).or_default().entry(folded).or_default();
        match known.iter_mut().find(|known| known.target == meaning.target) {
            Some(known) if known.weight >= meaning.weight => {}
            Some(known) => *known = meaning,
            None => known.push(meaning),
        }
    }

    /// The words of a spec: the first of a field's columns is the likeliest.
    fn add_stream(&mut self, spec: &'static Spec, stream: &'static Stream) {
        let mut found: Vec<(Target, &Path, usize)> = Vec::new();
        let mut list = |target: Option<Target>, paths: &'static [Path]| {
            found.extend(target.into_iter().flat_map(|target| paths.iter().enumerate().map(move |(at, path)| (target, path, at))));
        };
        for (name, field) in &stream.fields {
            list(Target::parse(stream.kind, name), &field.paths);
            if !field.words.is_empty() {
                self.words.entry((stream.kind, name.clone())).or_default().extend(field.words.clone());
            }
        }
        let person = &stream.identity;
        list(Some(Target::Name), &person.name);
        list(Some(Target::Phone), &person.phone);
        list(Some(Target::Email), &person.email);
        list(Some(Target::BirthYear), &person.birth_year);
        let ids = if stream.kind == Kind::Spend { &stream.entry_key } else { &stream.id };
        list((ids.len() == 1).then_some(Target::RowId), ids);
        for event in stream.events.iter().filter(|event| event.each.is_none()) {
            let at = event.at.iter().flat_map(|at| &at.paths).enumerate();
            if let Some(word) = &event.stage.default {
                let stage: Option<Stage> = word.parse().ok();
                found.extend(stage.into_iter().flat_map(|stage| at.clone().map(move |(n, path)| (Target::Reached(stage), path, n))));
            } else {
                found.extend(event.stage.paths.iter().enumerate().map(|(n, path)| (Target::Stage, path, n)));
                found.extend(at.map(|(n, path)| (Target::StageAt, path, n)));
            }
        }
        for (target, path, at) in found {
            if let [Step::Key(header)] = path.steps() {
                let weight = CERTAIN.saturating_sub(100 * at as u32).max(400);
                self.add(stream.kind, header, Meaning { target, weight, connector: Some(spec.name.as_str()), second: false });
            }
        }
    }

    /// A header without case, width, blanks and punctuation, in simplified signs.
    pub(super) fn fold(&self, header: &str) -> String {
        let narrow = header.nfkc().filter(|c| c.is_alphanumeric() || *c == '#');
        narrow.map(|c| self.simplified.get(&c).copied().unwrap_or(c)).flat_map(char::to_lowercase).collect()
    }

    /// Whether a header is written in traditional signs.
    pub(super) fn is_traditional(&self, header: &str) -> bool {
        header.chars().any(|c| self.simplified.contains_key(&c) && self.simplified.get(&c) != Some(&c))
    }

    /// What a header means in a kind, the likeliest first: as a whole, without what stands in brackets, one of two languages.
    pub(super) fn meanings(&self, kind: Kind, header: &str) -> Vec<Meaning> {
        let Some(known) = self.meanings.get(&kind) else { return Vec::new() };
        let found = forms(header).into_iter().find_map(|form| known.get(&self.fold(&form)));
        let mut found = found.cloned().unwrap_or_default();
        found.sort_by_key(|meaning| std::cmp::Reverse(meaning.weight));
        found
    }

    /// What a part of a header means: the longest known word that it begins or ends with, and that word.
    pub(super) fn by_part(&self, kind: Kind, header: &str) -> Option<(String, Meaning)> {
        let other = |part: &&String| if part.is_ascii() { english(header).contains(part) } else { header.contains(part.as_str()) };
        if self.not_by_part.iter().any(|part| other(&part)) {
            return None;
        }
        let known = self.meanings.get(&kind)?;
        let whole = self.fold(header);
        let is_part = |word: &str| {
            if whole.is_ascii() {
                known_words_within(word, header, |form| self.fold(form))
            } else {
                !word.is_ascii() && word.chars().count() >= 2 && (whole.starts_with(word) || whole.ends_with(word))
            }
        };
        let parts = known.iter().filter(|(word, _)| word.chars().count() * 5 >= whole.chars().count() * 2 && is_part(word));
        let (word, meanings) = parts.max_by_key(|(word, _)| (word.chars().count(), whole.ends_with(word.as_str())))?;
        let likeliest = meanings.iter().filter(|meaning| !meaning.second).max_by_key(|meaning| meaning.weight)?;
        Some((word.clone(), Meaning { weight: likeliest.weight / 3, ..likeliest.clone() }))
    }

    /// Why a header has no column: `row_number`, `personal`, `resume`.
    pub(super) fn set_aside(&self, header: &str) -> Option<&str> {
        forms(header).iter().find_map(|form| self.set_aside.get(&self.fold(form))).map(String::as_str)
    }

    /// What the header means in another kind.
    pub(super) fn elsewhere(&self, header: &str) -> Option<(Kind, Target)> {
        let sure = |kind: Kind| Some((kind, self.meanings(kind, header).into_iter().find(|meaning| meaning.weight >= SECOND)?.target));
        Kind::LANDED.into_iter().find_map(sure)
    }

    /// Words of a column that accepts only some.
    pub(super) fn words(&self, kind: Kind, column: &str) -> BTreeMap<String, String> {
        self.words.get(&(kind, column.to_owned())).cloned().unwrap_or_default()
    }

    /// The value of a column that none of the headers names.
    pub(super) fn default(&self, kind: Kind, column: &str, headers: &[String]) -> Option<&str> {
        let of_column = self.defaults.iter().filter(|default| default.kind == kind && default.column == column);
        let within =
            |words: &[String]| headers.iter().any(|header| words.iter().any(|word| header.to_lowercase().contains(&word.to_lowercase())));
        of_column
            .clone()
            .find(|default| within(&default.when))
            .or_else(|| of_column.clone().find(|default| default.when.is_empty()))
            .map(|default| default.value.as_str())
    }
}

/// Whether the words of a folded name stand at the begin or end of an English header, whole words only: `date` is no part
/// of `candidate`.
fn known_words_within(word: &str, header: &str, fold: impl Fn(&str) -> String) -> bool {
    let words = english(header);
    word.len() >= 4
        && (1..words.len()).any(|at| {
            let (head, tail) = words.split_at(at);
            fold(&head.concat()) == *word || fold(&tail.concat()) == *word
        })
}

/// The words of an English header: `jobTitle` and `Job title` are the same two.
fn english(header: &str) -> Vec<String> {
    crate::spec::words_of(header)
}

/// A header as it is, without what stands in brackets, and the halves of one in two languages.
fn forms(header: &str) -> Vec<String> {
    let narrow: String = header.nfkc().collect();
    let mut forms = vec![narrow.clone()];
    let mut depth = 0usize;
    let bare: String = narrow
        .chars()
        .filter(|c| {
            let opens = matches!(c, '(' | '[' | '【' | '<' | '{');
            let closes = matches!(c, ')' | ']' | '】' | '>' | '}');
            depth += usize::from(opens);
            let outside = depth == 0;
            depth = depth.saturating_sub(usize::from(closes));
            outside
        })
        .collect();
    forms.push(bare.clone());
    forms.extend(bare.split(['/', '|', '、', ':']).map(str::to_owned));
    // 姓名 Name: the signs of one language, then those of the other.
    let chinese: String = bare.chars().filter(|c| !c.is_ascii()).collect();
    let latin: String = bare.chars().filter(char::is_ascii).collect();
    if !chinese.is_empty() && latin.chars().any(|c| c.is_ascii_alphabetic()) && bare.contains(' ') {
        forms.extend([chinese, latin]);
    }
    forms.retain(|form| form.chars().any(|c| c.is_alphanumeric() || c == '#'));
    forms
}

/// Streams that read the rows of a table.
pub(super) fn reads_tables(stream: &Stream) -> bool {
    let format = stream.file.as_ref().map(|form| form.format);
    stream.answer.is_json() && stream.records.is_empty() && matches!(format, Some(None | Some(FileFormat::Csv | FileFormat::Xlsx)))
}

/// Stage words of the boards whose sheets are read, where at least two boards use them, and all in the same sense.
fn stages() -> BTreeMap<String, Stage> {
    let mut said: BTreeMap<String, Vec<Stage>> = BTreeMap::new();
    for spec in all().into_iter().filter(|spec| spec.streams.iter().any(reads_tables)) {
        for (word, stage) in &spec.stages {
            said.entry(word.clone()).or_default().push(*stage);
        }
    }
    let agreed = said.into_iter().filter(|(_, stages)| stages.len() > 1 && stages.iter().collect::<BTreeSet<_>>().len() == 1);
    agreed.filter_map(|(word, stages)| Some((word, *stages.first()?))).collect()
}
