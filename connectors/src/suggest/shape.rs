//! How the cells of a column are written: the form of its dates, words that it accepts, cells that say nothing. Cells are
//! looked at and counted, never repeated.

use std::collections::{BTreeMap, BTreeSet};

use super::assign::{Assignment, Filled, Left};
use super::dictionary::Dictionary;
use super::table::Column;
use super::target::Target;
use crate::file::{Datum, serial_date};
use crate::spec::{FieldType, Kind, TimeFormat, bool_of, decimal_of};

/// Date patterns that are tried after the forms without one.
const PATTERNS: &[&str] = &[
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y, %I:%M %p",
    "%d/%m/%Y %I:%M %p",
    "%m/%d/%y",
    "%m/%d/%y %H:%M",
    "%m/%d/%y, %I:%M %p",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d %b %Y",
    "%d %B %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%b %d, %Y %I:%M %p",
    "%Y-%m-%d %I:%M %p",
    "%Y%m%d %H:%M:%S",
    "%Y%m%d%H%M%S",
    "%Y年%m月%d日 %H时%M分",
    "%Y年%m月%d日%H:%M",
    "%a %b %d %Y",
];

/// What a field needs beside its path.
#[derive(Debug, Default)]
pub(super) struct Form {
    /// Date form, where it is not the usual one.
    pub(super) format: Option<TimeFormat>,
    /// Another form that the dates fit as well.
    pub(super) ambiguous: Option<TimeFormat>,
    /// Some cells say nothing: `-`, `无`.
    pub(super) ignore: bool,
    /// Words of the source to accepted words.
    pub(super) words: BTreeMap<String, String>,
    /// Some cells hold words that are not listed; how many.
    pub(super) unknown_words: usize,
    /// Rows whose cell cannot be read.
    pub(super) unreadable: Vec<String>,
    /// Dates without a zone of their own.
    pub(super) naive: bool,
}

/// The form of what fills a place.
pub(super) fn form(kind: Kind, filled: &Filled, columns: &[Column], dictionary: &Dictionary) -> Form {
    let own: Vec<&Column> = filled.columns.iter().filter_map(|at| columns.get(*at)).collect();
    let cells: Vec<&(String, Datum)> = own.iter().flat_map(|column| &column.cells).collect();
    let typed = own.iter().any(|column| column.typed);
    if let Target::Column(name) = filled.target
        && let Some(column) = kind.column(name).filter(|column| !column.accepted.is_empty())
    {
        return words(kind, name, column.accepted, &cells, dictionary);
    }
    match filled.target.value(kind) {
        FieldType::Time | FieldType::Day => times(&cells, typed, dictionary),
        FieldType::Integer => numbers(&cells, dictionary, |text| text.parse::<i64>().is_ok()),
        FieldType::Decimal => numbers(&cells, dictionary, |text| decimal_of(text).is_some()),
        FieldType::Bool => numbers(&cells, dictionary, |text| bool_of(text).is_some()),
        FieldType::Text | FieldType::Html | FieldType::EscapedHtml => Form::default(),
    }
}

fn says_nothing(datum: &Datum, dictionary: &Dictionary) -> bool {
    datum.text().is_some_and(|text| dictionary.nothing.contains(&text.to_lowercase()))
}

fn numbers(cells: &[&(String, Datum)], dictionary: &Dictionary, reads: impl Fn(&str) -> bool) -> Form {
    let mut form = Form::default();
    for (place, datum) in cells {
        if datum.text().is_none_or(&reads) {
            continue;
        }
        if says_nothing(datum, dictionary) {
            form.ignore = true;
        } else {
            form.unreadable.push(place.clone());
        }
    }
    form
}

fn words(kind: Kind, name: &str, accepted: &[&str], cells: &[&(String, Datum)], dictionary: &Dictionary) -> Form {
    let mut words = dictionary.words(kind, name);
    let known: BTreeSet<String> =
        words.keys().map(|word| word.to_lowercase()).chain(accepted.iter().map(|word| (*word).to_owned())).collect();
    let unknown = cells.iter().filter_map(|(_, datum)| datum.text()).filter(|text| !known.contains(&text.to_lowercase())).count();
    let own = cells.iter().filter_map(|(_, datum)| datum.text()).any(|text| accepted.contains(&text));
    if unknown > 0 || own {
        words.extend(accepted.iter().map(|word| ((*word).to_owned(), (*word).to_owned())));
    }
    Form { words, unknown_words: unknown, ..Form::default() }
}

fn times(cells: &[&(String, Datum)], typed: bool, dictionary: &Dictionary) -> Form {
    let telling: Vec<&(String, Datum)> = cells.iter().copied().filter(|(_, datum)| !says_nothing(datum, dictionary)).collect();
    let formats = [TimeFormat::IsoLocal, TimeFormat::EpochMs, TimeFormat::EpochS, TimeFormat::Rfc2822]
        .into_iter()
        .chain(PATTERNS.iter().map(|pattern| TimeFormat::Pattern((*pattern).to_owned())))
        .chain([TimeFormat::Relative]);
    let counted: Vec<(usize, TimeFormat)> =
        formats.map(|format| (telling.iter().filter(|(_, datum)| reads(&format, datum, typed)).count(), format)).collect();
    let most = counted.iter().map(|(count, _)| *count).max().unwrap_or(0);
    let mut best = counted.into_iter().filter(|(count, _)| *count == most).map(|(_, format)| format);
    let format = best.next().unwrap_or_default();
    let ambiguous = match &format {
        TimeFormat::Pattern(_) => best.find(|other| matches!(other, TimeFormat::Pattern(_))),
        _ => None,
    };
    let unreadable = telling.iter().filter(|(_, datum)| !reads(&format, datum, typed)).map(|(place, _)| place.clone()).collect();
    let naive = telling.iter().any(|(_, datum)| match datum {
        Datum::Text(text) | Datum::Date(text) => in_two_zones_differs(&format, text),
        _ => true,
    });
    Form {
        naive,
        ambiguous,
        unreadable,
        ignore: telling.len() < cells.len(),
        format: (format != TimeFormat::IsoLocal).then_some(format),
        ..Form::default()
    }
}

fn in_two_zones_differs(format: &TimeFormat, text: &str) -> bool {
    let east = format.read_text(text, chrono_tz::Asia::Shanghai).map(|(at, _)| at);
    east != format.read_text(text, chrono_tz::UTC).map(|(at, _)| at)
}

/// Whether importing reads the cell in this form.
fn reads(format: &TimeFormat, datum: &Datum, typed: bool) -> bool {
    match datum {
        Datum::Failed(_) | Datum::Uncalculated => false,
        Datum::Date(_) => true,
        Datum::Number(number) if typed && serial_date(number, false).is_some() => {
            !matches!(format, TimeFormat::EpochS | TimeFormat::EpochMs)
        }
        Datum::Text(text) | Datum::Number(text) => {
            let digits = text.chars().all(|c| c.is_ascii_digit()).then_some(text.len());
            let fits = match format {
                TimeFormat::EpochMs => digits == Some(13),
                TimeFormat::EpochS => digits == Some(10),
                _ => true,
            };
            // What is said relative to a day needs one; any will do to see that it can be read.
            let read = || format.read_at(&text.as_str().into(), chrono_tz::UTC, Some(chrono::DateTime::UNIX_EPOCH));
            fits && read().is_ok()
        }
    }
}

/// Leaves out what cannot be read as what its header says: ids that are not in every row, columns most of whose cells are
/// something else.
pub(super) fn settle(assigned: &mut Assignment, columns: &[Column], dictionary: &Dictionary) {
    let mut dropped: Vec<(Target, Left)> = Vec::new();
    for filled in &assigned.filled {
        let cells: Vec<&Datum> =
            filled.columns.iter().filter_map(|at| columns.get(*at)).flat_map(|column| &column.cells).map(|(_, datum)| datum).collect();
        let rows: usize = filled.columns.iter().filter_map(|at| columns.get(*at)).map(|column| column.rows).max().unwrap_or(0);
        let texts: BTreeSet<&str> = cells.iter().filter_map(|datum| datum.text()).collect();
        let missing = filled.columns.iter().filter_map(|at| columns.get(*at)).any(|column| column.missing);
        match filled.target {
            Target::RowId if texts.len() < rows || missing => dropped.push((filled.target, Left::NoId)),
            Target::Candidate | Target::Application if cells.len() < rows || missing => dropped.push((filled.target, Left::NoId)),
            _ => {
                let unreadable = form(assigned.kind, filled, columns, dictionary).unreadable.len();
                if unreadable * 2 > cells.len() {
                    dropped.push((filled.target, Left::Unreadable(filled.target, unreadable, cells.len())));
                }
            }
        }
    }
    for (target, why) in dropped {
        assigned.drop(target, &why);
    }
    only_one_name(assigned);
    certificate_alone(assigned, columns, dictionary);
}

/// A full name needs no part of it beside it.
fn only_one_name(assigned: &mut Assignment) {
    if assigned.get(Target::Name).is_some() && assigned.get(Target::Family).is_none() {
        assigned.drop(Target::Given, &Left::Taken(Target::Name));
    }
}

/// Of a health certificate only its state and validity may be mapped.
fn certificate_alone(assigned: &mut Assignment, columns: &[Column], dictionary: &Dictionary) {
    let headers: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    if assigned.kind != Kind::Assessments || dictionary.default(Kind::Assessments, "kind", &headers) != Some("health_certificate") {
        return;
    }
    let more: Vec<Target> = assigned
        .filled
        .iter()
        .map(|filled| filled.target)
        .filter(|target| match target {
            Target::Column(name) => !matches!(*name, "status" | "valid_until"),
            Target::RowId => true,
            _ => false,
        })
        .collect();
    for target in more {
        assigned.drop(target, &Left::Sensitive(crate::spec::Sensitive::Health));
    }
}
