//! `inflow import --suggest-mapping`: a mapping file proposed from the header row of tables. Headers are understood by
//! `headers.toml` and by the words of every spec that reads tables. Cells are looked at where a header does not say enough
//! (the form of dates, ids, words that a column accepts) and never repeated.

mod assign;
mod dictionary;
mod notes;
mod recognise;
mod shape;
mod table;
mod target;
mod write;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use inflow_config::Lang;

use crate::error::{PullError, PullErrorKind};
use crate::file::{Delivery, Fit, Table};
use crate::spec::{Kind, Stream, parse_mapping};
use assign::{Assignment, assign};
use dictionary::{Dictionary, dictionary};
use table::{Column, Headed, headed};

/// A proposed mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The text of the mapping file, with comments.
    pub mapping: String,
    /// What it is for.
    pub kind: Kind,
    /// Connectors that read the files without a mapping, the likeliest first.
    pub connectors: Vec<String>,
    /// Headers understood, and headers there are.
    pub understood: (usize, usize),
    /// Rows that importing the files with the mapping would read; none while something is lacking.
    pub rows: Option<usize>,
    /// What the kind cannot do without and no header was understood as: one of each group.
    pub lacks: Vec<String>,
    /// What to look at before importing, a sentence each.
    pub remarks: Vec<String>,
}

/// Proposes a mapping for the files together; of `kind`, else of the kind that understands most headers.
///
/// # Errors
/// When a file cannot be read as a table, or no row of it is understood as a header.
pub fn suggest_mapping(files: &[PathBuf], kind: Option<Kind>, lang: Lang) -> Result<Suggestion, PullError> {
    let dictionary = dictionary().map_err(|reason| PullError::new(PullErrorKind::Configuration, reason).at("import"))?;
    let open = |path: &PathBuf| Ok((path.clone(), Delivery::open(path)?));
    let opened: Result<Vec<(PathBuf, Delivery)>, PullError> = files.iter().map(open).collect();
    let opened = opened.map_err(|error| error.at("import"))?;
    let tables: Result<Vec<Vec<Cow<'_, Table>>>, PullError> = opened.iter().map(|(_, delivery)| delivery.shown_tables()).collect();
    let tables = tables.map_err(|error| error.at("import"))?;

    let Choice { kind, chosen, guesses } = choose(&opened, &tables, kind, dictionary)?;
    let columns = table::columns(&chosen, dictionary);
    let mut assigned = assign(kind, &columns, dictionary);
    shape::settle(&mut assigned, &columns, dictionary);
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let connectors = recognise::recognised(&opened, &assigned, &names);
    let draft = write::Draft {
        lang,
        dictionary,
        assigned: &assigned,
        columns: &columns,
        chosen: &chosen,
        guesses: &guesses,
        connectors: &connectors,
        several_sheets: tables.iter().any(|tables| tables.len() > 1),
    };
    let mut suggestion = draft.suggestion();
    if suggestion.lacks.is_empty() {
        check(&mut suggestion, &opened, lang)?;
    }
    Ok(suggestion)
}

/// The kind, and of each file the table of that kind.
struct Choice<'t> {
    kind: Kind,
    chosen: Vec<Headed<'t>>,
    guesses: Vec<write::Guessed>,
}

/// Chooses by the first file; the others follow it, with the sheet of the same name where they have one.
fn choose<'t>(
    files: &[(PathBuf, Delivery)],
    tables: &'t [Vec<Cow<'t, Table>>],
    only: Option<Kind>,
    dictionary: &Dictionary,
) -> Result<Choice<'t>, PullError> {
    let mut kind = only;
    let mut chosen: Vec<Headed<'t>> = Vec::new();
    let mut guesses: Vec<write::Guessed> = Vec::new();
    for ((path, _), tables) in files.iter().zip(tables) {
        let found = guess(tables, kind, dictionary);
        let best = found.first().ok_or_else(|| not_understood(path, tables, kind))?;
        kind = Some(best.kind);
        let sheet = chosen.first().and_then(|first| first.table.sheet.as_ref());
        let same = found.iter().find(|guess| guess.kind == best.kind && sheet.is_some() && guess.table.sheet.as_ref() == sheet);
        let table = same.unwrap_or(best).table;
        chosen
            .push(headed(table, only, dictionary).ok_or_else(|| not_understood(path, std::slice::from_ref(&Cow::Borrowed(table)), kind))?);
        if guesses.is_empty() {
            guesses.extend(found.iter().map(|guess| (guess.kind, guess.known, guess.table.sheet.clone())));
        }
    }
    let kind = kind.ok_or_else(|| not_understood(Path::new(""), &[], None))?;
    Ok(Choice { kind, chosen, guesses })
}

/// What a table may be.
struct Guess<'t> {
    kind: Kind,
    table: &'t Table,
    /// Headers that the kind knows as a whole.
    known: usize,
}

/// The kinds that order decides between, of equal knowledge.
const LIKELY: [Kind; 11] = [
    Kind::Applications,
    Kind::Spend,
    Kind::BankLines,
    Kind::Invoices,
    Kind::ChannelDaily,
    Kind::Requisitions,
    Kind::Postings,
    Kind::Employment,
    Kind::Invitations,
    Kind::Assessments,
    Kind::Events,
];

/// What the tables may be, the likeliest first: kinds that have all they need before others, then by the number of headers
/// that they know.
fn guess<'t>(tables: &'t [Cow<'_, Table>], only: Option<Kind>, dictionary: &Dictionary) -> Vec<Guess<'t>> {
    let mut found = Vec::new();
    for table in tables {
        let Some(headed) = headed(table, only, dictionary) else { continue };
        let columns = headed.columns(dictionary);
        for (rank, kind) in LIKELY.into_iter().enumerate().filter(|(_, kind)| only.is_none_or(|only| only == *kind)) {
            let mut assigned = assign(kind, &columns, dictionary);
            shape::settle(&mut assigned, &columns, dictionary);
            let known: Vec<&assign::Filled> =
                assigned.filled.iter().filter(|filled| !matches!(filled.how, assign::How::Part(_) | assign::How::Shared(_))).collect();
            let (sure, known) = (known.iter().filter(|filled| !filled.target.is_identity()).count(), known.len());
            let whole = lacks(&assigned, &columns, dictionary).is_empty();
            if known > 0 {
                found.push((whole, known, sure, std::cmp::Reverse(rank), Guess { kind, table, known }));
            }
        }
    }
    found.sort_by_key(|(whole, known, sure, rank, _)| std::cmp::Reverse((*whole, *known, *sure, *rank)));
    found.into_iter().map(|(.., guess)| guess).collect()
}

/// What the kind cannot do without; a column with a value of its own is not lacking.
fn lacks(assigned: &Assignment, columns: &[Column], dictionary: &Dictionary) -> Vec<Vec<&'static str>> {
    let headers: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    // Spend without a channel's column counts for the connection's channel.
    assigned.lacks(|column| {
        (column == "channel" && assigned.kind == Kind::Spend) || dictionary.default(assigned.kind, column, &headers).is_some()
    })
}

fn not_understood(path: &Path, tables: &[Cow<'_, Table>], kind: Option<Kind>) -> PullError {
    let of_kind = kind.map(|kind| format!(" of {kind}")).unwrap_or_default();
    let message = if tables.is_empty() {
        format!("{}: there is no table with anything in it", path.display())
    } else {
        format!("{}: no row is understood as a header{of_kind}", path.display())
    };
    PullError::new(PullErrorKind::File, message).at("import").with_hint(
        "the file needs a row of column names such as 姓名, 应聘职位, 投递时间 or Name, Job title, Applied at; write the mapping by hand (connectors/README.md) if its names are others",
    )
}

/// Reads the files with the proposal, as importing will.
fn check(suggestion: &mut Suggestion, files: &[(PathBuf, Delivery)], lang: Lang) -> Result<(), PullError> {
    let stream: Stream = parse_mapping(&suggestion.mapping, "the proposed mapping").map_err(|error| {
        PullError::new(PullErrorKind::Configuration, error.to_string())
            .at("import")
            .with_hint("this is a fault of the program; please report the headers of the file")
    })?;
    let mut rows = 0;
    for (path, delivery) in files {
        let read = match delivery.fit(&stream, true) {
            Fit::Rows(source) => delivery.rows(&stream, source),
            Fit::Broken(error) => Err(error),
            Fit::Other(need) => Err(PullError::new(PullErrorKind::File, format!("{} needs {need}", path.display()))),
        };
        match read {
            Ok(read) => rows += read.len(),
            Err(error) => {
                // A date that cannot be read stands in quotes: cells are not repeated here.
                let shown: Vec<&str> =
                    error.message.split('"').enumerate().map(|(at, part)| if at % 2 == 1 { ".." } else { part }).collect();
                let message = shown.concat();
                let hint = error.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
                suggestion.remarks.push(match lang {
                    Lang::En => format!("importing would refuse {message}{hint}"),
                    Lang::Zh => format!("导入会被拒绝: {message}{hint}"),
                });
                return Ok(());
            }
        }
    }
    suggestion.rows = Some(rows);
    Ok(())
}
