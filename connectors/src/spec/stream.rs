//! `Stream`: one list that a board delivers, or one mapping file of the `file` connector.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use inflow_config::Stage;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::Answer;
use super::columns::Kind;
use super::field::{Field, Scope, When, one_or_many};
use super::path::{Path, Step};
use super::request::{Request, is_false};
use super::time::{Precision, TimeFormat};

/// One list of records and how it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// Its name: folder of its segments, key of its cursor. A mapping file may leave it out (its kind).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What it delivers.
    pub kind: Kind,
    /// The request, for a board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// The file, for a mapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileForm>,
    /// What its answers or files are written in.
    #[serde(default, skip_serializing_if = "Answer::is_json")]
    pub answer: Answer,
    /// Where the list stands in the answer; empty when the answer is the list.
    #[serde(default, skip_serializing_if = "Path::is_empty")]
    pub records: Path,
    /// Paths of the answer outside of its list (the company's name, say), put into every record under `around`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub around: Vec<Path>,
    /// Params of the connection that are put into every record under `given`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<String>,
    /// Only records of which this holds count; the others are notes of the board (a legal notice, an
    /// advertisement).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<When>,
    /// A list inside each record: every element becomes a record of its own, the outer one under `parent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explode: Option<Path>,
    /// The board repeats a record once for each place: records of one id become one, values that differ
    /// a list.
    #[serde(default, skip_serializing_if = "is_false")]
    pub same_id: bool,
    /// Values that count for nothing where a condition holds: the name of a colleague where a source should stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub omit: Vec<Omit>,
    /// A Rust hook that takes records apart which these words cannot; see [`crate::hook`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook: Option<String>,
    /// The list is complete each time: what is missing is gone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub complete: bool,
    /// The source id: a path, or several joined by `/`. Without one (mapping files only) the id is
    /// made from the content, see [`crate::file`].
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub id: Vec<Path>,
    /// Tried in this order when `id` is absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub id_else: Vec<Path>,
    /// Spend only: the columns that name a ledger line for good.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub entry_key: Vec<Path>,
    /// Applications: the candidate's id at the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<Path>,
    /// Events: the application's id at the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<Path>,
    /// Times whose greatest is the record's version; the fetch instant when all are absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub version: Vec<Path>,
    /// Time format of everything that names none.
    #[serde(default)]
    pub time_format: TimeFormat,
    /// Zone of naive times; the connection's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<Tz>,
    /// Column to field.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Field>,
    /// What identifies the person; digested, never landed.
    #[serde(default, skip_serializing_if = "IdentityPaths::is_empty")]
    pub identity: IdentityPaths,
    /// More paths to land than the mapping reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<Path>,
    /// More text in which phones and mails are masked (columns of free text are masked anyway).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mask: Vec<Path>,
    /// Stage events that a record tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventMap>,
    /// Stage words of this stream, over the spec's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stages: BTreeMap<String, Stage>,
}

/// A value that is dropped from a record before anything else reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Omit {
    /// The value.
    pub path: Path,
    /// Only where this holds.
    pub when: When,
}

/// Paths of what identifies a person.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityPaths {
    /// Full name.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub name: Vec<Path>,
    /// Given name, where the board keeps a full name in two parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Path>,
    /// Family name, the other part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<Path>,
    /// Phone numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub phone: Vec<Path>,
    /// Mail addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub email: Vec<Path>,
    /// Year of birth, or a date that starts with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub birth_year: Vec<Path>,
}

impl IdentityPaths {
    /// True when nothing identifies a person.
    pub fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }

    /// Every path.
    pub fn all(&self) -> impl Iterator<Item = &Path> {
        let parts = self.given.iter().chain(&self.family);
        self.name.iter().chain(parts).chain(&self.phone).chain(&self.email).chain(&self.birth_year)
    }
}

/// Stage events told by a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventMap {
    /// Its name: part of the event's id.
    pub name: String,
    /// One event for each element of this list; the paths below are then read in the element
    /// (`$.path` in the record).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<Path>,
    /// Only when this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// The stage as the source says it; a canonical stage, or a word of the connection's, the
    /// stream's or the spec's `stages` (in this order).
    pub stage: Field,
    /// Tried when the word of `stage` is in none of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_else: Option<Field>,
    /// The stage of words that are in none of them; without it the record is quarantined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmapped: Option<Stage>,
    /// Words that are no stage: no event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// When; without it, or where it is empty, the fetch instant with precision observed (of an
    /// observed event the earliest sighting counts).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Field>,
    /// Precision, when it is not what `at` shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<Precision>,
    /// Why (of a rejection or withdrawal).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Field>,
    /// Who did it; landed as a pseudonymous code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recruiter: Option<Field>,
    /// True when the event takes back earlier events of its stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retracts: Option<Field>,
    /// The event's own id in the record; without it `<name>/<stage>/<instant ms>`, or
    /// `<name>/<stage>` when observed.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub id: Vec<Path>,
}

impl EventMap {
    /// The fields of the map with the names they have in a spec.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &Field)> {
        [
            ("stage", Some(&self.stage)),
            ("stage_else", self.stage_else.as_ref()),
            ("at", self.at.as_ref()),
            ("reason", self.reason.as_ref()),
            ("recruiter", self.recruiter.as_ref()),
            ("retracts", self.retracts.as_ref()),
        ]
        .into_iter()
        .filter_map(|(name, field)| Some((name, field?)))
    }

    /// The elements that the map is read from: the list's, or the record itself.
    pub fn elements<'v>(&self, record: &'v Value) -> Vec<&'v Value> {
        let Some(each) = &self.each else { return vec![record] };
        let found = each.all(record);
        match found.as_slice() {
            [Value::Array(list)] => list.iter().collect(),
            _ => found,
        }
    }

    /// A path of the map as a path from the record.
    pub fn absolute(&self, path: &Path) -> Path {
        match &self.each {
            Some(each) => {
                let mut base = each.to_string();
                // A path that ends with a key leads to the list, any other one to its elements.
                if matches!(each.steps().last(), Some(Step::Key(_)) | None) {
                    base.push_str("[]");
                }
                base.parse::<Path>().unwrap_or_default().join(path)
            }
            None => Path::default().join(path),
        }
    }
}

/// A file that people deliver. Everything is recognised when absent; what is said narrows which files and sheets of a
/// folder the stream reads.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileForm {
    /// By the file's first bytes and ending when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<FileFormat>,
    /// Names of the files that it reads, with `*` and `?`; any when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub names: Vec<String>,
    /// Recognised when absent: UTF-8, UTF-16 with a mark, else GB18030.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// Between cells; recognised from the header line when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// Sheets of a workbook that it reads, with `*` and `?`; the one sheet with its header when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub sheet: Vec<String>,
    /// Row or line of the header, from 1; when absent the first that holds the mapped columns (titles
    /// above it are skipped).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_row: Option<u32>,
    /// Lines before the header line.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skip_lines: usize,
    /// Rows whose first cell is one of these, with `*` and `?`, are not records (totals).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip_rows: Vec<String>,
    /// Column to words, with `*` and `?`: rows with such a cell are not records (examples).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skip_where: BTreeMap<String, Vec<String>>,
    /// Mapped columns that a file may lack. Any other one that is missing is an error: it was renamed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub optional: Vec<String>,
    /// Of spend, bank lines and invoices: what a statement is not held to, where its source adds up otherwise than its rows say.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub unchecked: Vec<Unchecked>,
}

/// A rule of statements that a mapping may switch off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unchecked {
    /// Rows of totals state the sums of the rows above them.
    Totals,
    /// Each balance follows from the one before, and none of a wallet is below zero.
    Balance,
    /// Each invoice stands in the list once, or once for each of its items.
    Numbers,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Format of a delivered file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    /// Comma-, semicolon- or tab-separated with a header line.
    Csv,
    /// A workbook: xlsx, xlsm, xlsb, xls, ods.
    Xlsx,
    /// A JSON object a line.
    Ndjson,
    /// One JSON document; `records` says where the list is.
    Json,
    /// A saved page: by the stream's `answer`, else the tables in it.
    Html,
    /// An XML document, by the stream's `answer`.
    Xml,
    /// Messages (.eml, mbox, IMAP); only the connector `mailbox` reads them.
    Mail,
}

impl FileFormat {
    /// How people call it.
    pub fn about(self) -> &'static str {
        match self {
            FileFormat::Csv => "a csv file",
            FileFormat::Xlsx => "a workbook (xlsx, xls, ods)",
            FileFormat::Ndjson => "a file of JSON lines",
            FileFormat::Json => "a JSON document",
            FileFormat::Html => "a saved page",
            FileFormat::Xml => "an XML document",
            FileFormat::Mail => "mail",
        }
    }
}

/// Text encoding of a delivered file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// UTF-8, with or without a mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// GBK and its superset.
    #[serde(rename = "gb18030", alias = "gbk")]
    Gb18030,
    /// UTF-16 with a mark.
    #[serde(rename = "utf-16")]
    Utf16,
}

impl Stream {
    /// A scope that reads a landed line of this stream. `zone` is the connection's.
    pub fn scope<'v>(&'v self, record: &'v Value, lookups: Option<&'v serde_json::Map<String, Value>>, zone: Tz) -> Scope<'v> {
        Scope { record, element: record, lookups, zone: self.timezone.unwrap_or(zone), time_format: &self.time_format, fetched: None }
    }

    /// Whether the list holds bare values (ids) instead of objects: its id is the value itself.
    pub(crate) fn lists_values(&self) -> bool {
        let value = |path: &Path| path.to_string() == VALUE;
        self.explode.is_none() && self.id.len() == 1 && self.id.iter().all(value)
    }

    /// The source id, when the record carries one.
    pub fn source_id(&self, record: &Value) -> Option<String> {
        composite(&self.id, record).or_else(|| self.id_else.iter().find_map(|path| super::words::scalar_text(path.first(record)?)))
    }
}

/// Key under which a bare value of a list stands in its record.
pub(crate) const VALUE: &str = "value";

/// Text of several paths joined by `/`; `None` when one is absent.
pub(crate) fn composite(paths: &[Path], record: &Value) -> Option<String> {
    if paths.is_empty() {
        return None;
    }
    let parts: Option<Vec<String>> = paths.iter().map(|path| super::words::scalar_text(path.first(record)?)).collect();
    Some(parts?.join("/"))
}
