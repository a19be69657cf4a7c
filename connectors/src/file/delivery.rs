//! A delivered file, opened once and read by every stream that it fits.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use super::decode::decode;
use super::header::{self, Header, Wanted, nearest};
use super::records::{self, Fault};
use super::table::Table;
use super::{Row, matches, text, workbook};
use crate::error::{PullError, PullErrorKind};
use crate::spec::{FileForm, FileFormat, Stream};

/// Larger files are refused: split them.
const LARGEST_FILE: u64 = 1 << 30;

/// A file of people.
pub(crate) struct Delivery {
    path: PathBuf,
    bytes: Vec<u8>,
    format: Option<FileFormat>,
    sheets: OnceCell<Result<Vec<Table>, Fault>>,
}

/// What a file is to a stream.
pub(crate) enum Fit<'d> {
    /// It has the stream's records.
    Rows(Source<'d>),
    /// It is meant for the stream (by its name, its sheet, most of its columns), but something is wrong.
    Broken(PullError),
    /// It is something else. What the stream would need.
    Other(String),
}

/// Where in a file the records of a stream are.
pub(crate) enum Source<'d> {
    /// Below the headers of these tables.
    Tables(Vec<(Found<'d>, Header)>),
    /// In the text of the file.
    Text,
}

/// A table of the file: a sheet, or a csv that was read for one stream.
pub(crate) enum Found<'d> {
    Sheet(&'d Table),
    Csv(Box<Table>),
}

impl Found<'_> {
    fn table(&self) -> &Table {
        match self {
            Found::Sheet(table) => table,
            Found::Csv(table) => table,
        }
    }
}

impl Delivery {
    /// Reads the file; it is parsed when a stream asks for it.
    pub(crate) fn open(path: &Path) -> Result<Delivery, PullError> {
        let fail = |reason: String, hint: &str| at(path, Fault::new(reason, hint));
        let unreadable =
            |error: std::io::Error| fail(format!("cannot be read: {error}"), "check that the file exists and that you may read it");
        if std::fs::metadata(path).map_err(unreadable)?.len() > LARGEST_FILE {
            return Err(fail("it is larger than 1 GiB".to_owned(), "split it into several files"));
        }
        let bytes = std::fs::read(path).map_err(unreadable)?;
        let format = by_content(&bytes).or_else(|| by_ending(path));
        Ok(Delivery { path: path.to_owned(), bytes, format, sheets: OnceCell::new() })
    }

    /// An error of this file.
    pub(crate) fn error(&self, fault: Fault) -> PullError {
        at(&self.path, fault)
    }

    /// Whether the stream reads this file. `alone`: it is the only one asked, as with a mapping, so what it needs is
    /// what is wrong with the file.
    pub(crate) fn fit(&self, stream: &Stream, alone: bool) -> Fit<'_> {
        let default = FileForm::default();
        let form = stream.file.as_ref().unwrap_or(&default);
        let file_name = self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_lowercase();
        if !alone && !form.names.is_empty() && !form.names.iter().any(|name| matches(&name.to_lowercase(), &file_name)) {
            return Fit::Other(format!("a file called {}", form.names.join(" or ")));
        }
        let format = match (form.format, self.format) {
            (Some(stated), Some(found)) if stated != found && (is_workbook(stated) || is_workbook(found)) => {
                let fault = Fault::new(format!("it is {}, and {} is read from {}", found.about(), stream.name, stated.about()), "");
                return if alone { Fit::Broken(self.error(fault)) } else { Fit::Other(stated.about().to_owned()) };
            }
            (Some(stated), Some(found)) if stated != found && !alone => return Fit::Other(stated.about().to_owned()),
            (Some(stated), _) => stated,
            (None, Some(found)) => found,
            (None, None) => {
                let hint = "name it .xlsx, .csv, .ndjson or .json, or say `format` under [file] of the mapping";
                return Fit::Broken(self.error(Fault::new("its ending does not say what it is".to_owned(), hint)));
            }
        };
        let fit = match format {
            FileFormat::Csv => self.fit_csv(stream, form, alone),
            FileFormat::Xlsx => self.fit_sheets(stream, form, alone),
            FileFormat::Ndjson | FileFormat::Json => self.fit_text(stream, form, format, alone),
        };
        fit.unwrap_or_else(|fault| Fit::Broken(self.error(fault)))
    }

    fn decoded(&self, form: &FileForm) -> Result<String, Fault> {
        decode(&self.bytes, form.encoding)
            .map_err(|reason| Fault::new(reason, "save it as UTF-8, or say `encoding` under [file] of the mapping"))
    }

    fn fit_csv(&self, stream: &Stream, form: &FileForm, alone: bool) -> Result<Fit<'_>, Fault> {
        let table = text::csv_table(&self.decoded(form)?, form).map_err(|reason| {
            Fault::new(reason, "compare the line with the header line; cells that hold the separator or line breaks need quotes")
        })?;
        let wanted = Wanted::of(stream, form);
        Ok(match header::find(&table, &wanted, form) {
            Some(header) if header.fits() => Fit::Rows(Source::Tables(vec![(Found::Csv(Box::new(table)), header)])),
            Some(header) if alone || !form.names.is_empty() => return Err(lacking(&table, &header, &wanted)),
            _ if alone => return Err(headless(&table, &wanted)),
            _ => Fit::Other(format!("a header line with {}", wanted.summary())),
        })
    }

    /// Every sheet, parsed once.
    pub(crate) fn sheets(&self) -> Result<&[Table], Fault> {
        let sheets = self.sheets.get_or_init(|| workbook::tables(&self.bytes).map_err(|(reason, hint)| Fault::new(reason, hint)));
        sheets.as_ref().map(Vec::as_slice).map_err(Clone::clone)
    }

    fn fit_sheets(&self, stream: &Stream, form: &FileForm, alone: bool) -> Result<Fit<'_>, Fault> {
        let sheets = self.sheets()?;
        let wanted = Wanted::of(stream, form);
        if !form.sheet.is_empty() {
            return named_sheets(sheets, stream, form, &wanted, alone);
        }
        let shown = || sheets.iter().filter(|sheet| !sheet.hidden && !sheet.rows.is_empty());
        let found = |table: &Table| header::find(table, &wanted, form);
        let mut fitting: Vec<(Found<'_>, Header)> =
            shown().filter_map(|table| Some((Found::Sheet(table), found(table).filter(Header::fits)?))).collect();
        if fitting.len() > 1 {
            let names: Vec<String> =
                fitting.iter().map(|(table, _)| table.table().sheet.as_deref().unwrap_or_default().to_owned()).collect();
            return Err(Fault::new(
                format!("the sheets {} all have the columns of {}", names.join(", "), stream.name),
                "say which under [file] of the mapping: sheet = \"NAME\", or sheet = \"*\" for all of them",
            ));
        }
        if let Some(found) = fitting.pop() {
            return Ok(Fit::Rows(Source::Tables(vec![found])));
        }
        if alone || !form.names.is_empty() {
            let nearest = shown().filter_map(|table| Some((table, found(table)?))).min_by_key(|(_, header)| header.missing.len());
            return Err(match nearest {
                Some((table, header)) => lacking(table, &header, &wanted),
                None => match shown().next() {
                    Some(table) => headless(table, &wanted),
                    None => Fault::new("it has no sheet with anything in it".to_owned(), "is this the right file?"),
                },
            });
        }
        Ok(Fit::Other(format!("a sheet with the columns {}", wanted.summary())))
    }

    fn fit_text(&self, stream: &Stream, form: &FileForm, format: FileFormat, alone: bool) -> Result<Fit<'_>, Fault> {
        if !alone {
            // A document of another list has other records.
            let rows = match self.text_rows(&self.decoded(form)?, stream, format) {
                Ok(rows) => rows,
                Err(_) => return Ok(Fit::Other(format!("{} with a list at `{}`", format.about(), stream.records))),
            };
            let first = rows.first().map(|row| &row.record);
            let has = |path: &crate::spec::Path| first.is_none_or(|record| path.first(record).is_some());
            if !stream.id.iter().all(has) {
                let paths: Vec<String> = stream.id.iter().map(ToString::to_string).collect();
                return Ok(Fit::Other(format!("{} with records that have {}", format.about(), paths.join(", "))));
            }
        }
        Ok(Fit::Rows(Source::Text))
    }

    fn text_rows(&self, content: &str, stream: &Stream, format: FileFormat) -> Result<Vec<Row>, Fault> {
        if format == FileFormat::Json {
            return text::json_rows(content, stream)
                .map_err(|reason| Fault::new(reason, "say in the mapping where the list stands: records = \"path\""));
        }
        text::ndjson_rows(content).map_err(|reason| Fault::new(reason, "each line must be one JSON object"))
    }

    /// The records of a stream that fits.
    pub(crate) fn rows(&self, stream: &Stream, source: &Source<'_>) -> Result<Vec<Row>, PullError> {
        let default = FileForm::default();
        let form = stream.file.as_ref().unwrap_or(&default);
        let rows = match source {
            Source::Tables(tables) => {
                let wanted = Wanted::of(stream, form);
                let read = |(table, header): &(Found<'_>, Header)| records::records(table.table(), header, &wanted, stream, form);
                tables.iter().map(read).collect::<Result<Vec<_>, Fault>>().map(|rows| rows.into_iter().flatten().collect())
            }
            Source::Text => {
                let format = form.format.or(self.format).unwrap_or(FileFormat::Json);
                self.decoded(form).and_then(|content| self.text_rows(&content, stream, format))
            }
        };
        rows.map_err(|fault| self.error(fault))
    }
}

/// Sheets that the stream names: they must have its columns. A sheet that is not there is no delivery, unless another
/// one looks like it under a new name.
fn named_sheets<'d>(sheets: &'d [Table], stream: &Stream, form: &FileForm, wanted: &Wanted, alone: bool) -> Result<Fit<'d>, Fault> {
    let name_of = |table: &'d Table| table.sheet.as_deref().unwrap_or_default();
    let is_named =
        |table: &&Table| form.sheet.iter().any(|pattern| matches(pattern.trim(), table.sheet.as_deref().unwrap_or_default().trim()));
    let named: Vec<&Table> = sheets.iter().filter(is_named).collect();
    let asked = form.sheet.join(" or ");
    if named.is_empty() {
        let names: Vec<&str> = sheets.iter().map(name_of).collect();
        let with_columns = |table: &&Table| header::find(table, wanted, form).is_some_and(|header| header.fits());
        let meant = nearest(&asked, &names).or_else(|| sheets.iter().find(with_columns).map(name_of));
        let renamed = meant.and_then(|meant| sheets.iter().find(|table| name_of(table) == meant)).filter(with_columns);
        if alone || renamed.is_some() {
            let meant = meant.map(|meant| format!(" (did you mean {meant}?)")).unwrap_or_default();
            let hint = format!("its sheets are {}; {} is read from the sheet {asked}", names.join(", "), stream.name);
            return Err(Fault::new(format!("there is no sheet {asked}{meant}"), hint));
        }
        return Ok(Fit::Other(format!("a sheet called {asked}")));
    }
    let mut found = Vec::new();
    // `*` takes the sheets that fit; a name must fit.
    let strict = !form.sheet.iter().any(|pattern| pattern.contains(['*', '?']));
    for table in named {
        match header::find(table, wanted, form) {
            Some(header) if header.fits() => found.push((Found::Sheet(table), header)),
            Some(header) if strict => return Err(lacking(table, &header, wanted)),
            None if strict => return Err(headless(table, wanted)),
            _ => {}
        }
    }
    if found.is_empty() {
        return Ok(Fit::Other(format!("a sheet called {asked} with the columns {}", wanted.summary())));
    }
    Ok(Fit::Rows(Source::Tables(found)))
}

fn lacking(table: &Table, header: &Header, wanted: &Wanted) -> Fault {
    if let Some((column, name)) = &header.twice {
        let place = table.cell_place(header.row, *column);
        return Fault::new(format!("{place}: two columns are called {name}"), "rename or delete one of them");
    }
    Fault::new(
        format!("{}: {}", table.row_place(header.row), header.complaint(wanted)),
        "give the column its old name again, or say the new one in the mapping (a column that may be missing: `optional` under [file])",
    )
}

fn headless(table: &Table, wanted: &Wanted) -> Fault {
    let place = if table.sheet.is_some() { table.prefix() } else { String::new() };
    Fault::new(format!("{place}there is no header with the columns {}", wanted.summary()), "is this the file that the mapping is for?")
}

fn at(path: &Path, fault: Fault) -> PullError {
    let error = PullError::new(PullErrorKind::File, format!("{}: {}", path.display(), fault.reason));
    if fault.hint.is_empty() { error } else { error.with_hint(fault.hint) }
}

fn is_workbook(format: FileFormat) -> bool {
    format == FileFormat::Xlsx
}

/// What the first bytes say, whatever the file is called.
fn by_content(bytes: &[u8]) -> Option<FileFormat> {
    (bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0")).then_some(FileFormat::Xlsx)
}

fn by_ending(path: &Path) -> Option<FileFormat> {
    match path.extension()?.to_str()?.to_lowercase().as_str() {
        "csv" | "tsv" | "txt" => Some(FileFormat::Csv),
        "xlsx" | "xlsm" | "xlsb" | "xls" | "ods" => Some(FileFormat::Xlsx),
        "ndjson" | "jsonl" => Some(FileFormat::Ndjson),
        "json" => Some(FileFormat::Json),
        _ => None,
    }
}
