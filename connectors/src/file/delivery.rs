//! A delivered file, opened once and read by every stream that it fits.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use super::decode::decode;
use super::header::{self, Header, Wanted, nearest};
use super::records::{CSV_HINT, Fault, Records, TableRows};
use super::table::{RowPlace, Table};
use super::text::CsvRows;
use super::{Row, SumRow, matches, page, text, workbook};
use crate::answer::{self, convert};
use crate::error::{PullError, PullErrorKind};
use crate::pull::shaped_list;
use crate::spec::{Answer, FileForm, FileFormat, Stream};

/// Larger files are refused: split them.
const LARGEST_FILE: u64 = 1 << 30;

/// A file of people.
pub(crate) struct Delivery {
    path: PathBuf,
    bytes: Vec<u8>,
    format: Option<FileFormat>,
    tables: OnceCell<Result<Vec<Table>, Fault>>,
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
    /// In the text of the file; already read.
    Text(Vec<Row>),
}

/// A table of the file: a sheet, or a csv that is read for one stream.
pub(crate) enum Found<'d> {
    Kept(&'d Table),
    /// The first rows of a csv file, and its text.
    Csv(Table, Cow<'d, str>),
}

impl Found<'_> {
    fn table(&self) -> &Table {
        match self {
            Found::Kept(table) => table,
            Found::Csv(head, _) => head,
        }
    }
}

/// What a file of one object a line is to a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plain {
    /// Its lines are the stream's records as they are.
    Fits,
    /// Its name is not one of those that the stream reads.
    Other,
    /// It has to be opened as a [`Delivery`].
    Unknown,
}

/// Whether a stream's records are the lines of a file, one by one, as far as its name and the stream's words say.
pub(crate) fn plain_lines(path: &Path, stream: &Stream, alone: bool) -> Plain {
    let default = FileForm::default();
    let form = stream.file.as_ref().unwrap_or(&default);
    let is_named = |name: &String| {
        path.file_name().and_then(|file| file.to_str()).is_some_and(|file| matches(&name.to_lowercase(), &file.to_lowercase()))
    };
    if by_ending(path) != Some(FileFormat::Ndjson) {
        return Plain::Unknown;
    }
    if !alone && !form.names.is_empty() && !form.names.iter().any(is_named) {
        return Plain::Other;
    }
    // A statement is checked as a whole before anything of it is landed.
    let whole = is_reshaped(stream) || stream.kind.is_statement();
    let stated = form.format.is_none_or(|format| format == FileFormat::Ndjson) && form.encoding.is_none();
    let has_ids = !stream.id.is_empty();
    if whole || !stated || !has_ids || !accepted(stream, form).contains(&FileFormat::Ndjson) { Plain::Unknown } else { Plain::Fits }
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
        Ok(Delivery { path: path.to_owned(), bytes, format, tables: OnceCell::new() })
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
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
        let Some(found) = self.format.or(form.format) else {
            let hint = "name it .xlsx, .csv, .ndjson or .json, or say `format` under [file] of the mapping";
            return Fit::Broken(self.error(Fault::new("its ending does not say what it is".to_owned(), hint)));
        };
        let accepted = accepted(stream, form);
        // What is text can be called anything; what is not cannot be taken for it.
        let format = match form.format {
            Some(stated) if alone && is_text(stated) && is_text(found) => stated,
            _ => found,
        };
        if !accepted.contains(&format) {
            let wanted = form.format.or_else(|| accepted.first().copied()).map_or("another file", FileFormat::about);
            if alone {
                let reason = format!("it is {}, and {} is read from {wanted}", found.about(), stream.name);
                return Fit::Broken(self.error(Fault::new(reason, "say `format` under [file] of the mapping, or deliver the right file")));
            }
            return Fit::Other(wanted.to_owned());
        }
        let fit = match format {
            FileFormat::Csv => self.fit_csv(stream, form, alone),
            FileFormat::Xlsx => self.fit_tables(stream, form, alone),
            FileFormat::Html if stream.answer.is_json() => self.fit_tables(stream, form, alone),
            FileFormat::Ndjson | FileFormat::Json | FileFormat::Html | FileFormat::Xml => self.fit_text(stream, form, format, alone),
            FileFormat::Mail => {
                let hint = "import it into a connection with connector = \"mailbox\"";
                Err(Fault::new("mail is read by the connector mailbox only".to_owned(), hint))
            }
        };
        fit.unwrap_or_else(|fault| Fit::Broken(self.error(fault)))
    }

    /// Every table of the file that is shown and not empty; an error for what has none (documents, mail).
    pub(crate) fn shown_tables(&self) -> Result<Vec<Cow<'_, Table>>, PullError> {
        let tables: Result<Vec<Cow<'_, Table>>, Fault> = match self.format {
            None => Err(Fault::new("its ending does not say what it is".to_owned(), "name it .xlsx or .csv")),
            Some(FileFormat::Csv) => {
                let form = FileForm::default();
                let table =
                    self.decoded(&form).and_then(|text| text::csv_table(&text, &form).map_err(|reason| Fault::new(reason, CSV_HINT)));
                table.map(|table| vec![Cow::Owned(table)])
            }
            Some(FileFormat::Xlsx | FileFormat::Html) => self.tables().map(|tables| tables.iter().map(Cow::Borrowed).collect()),
            Some(other) => {
                let hint = "give it a spreadsheet: csv, xlsx, xls, ods, or a saved page with a table";
                Err(Fault::new(format!("it is {}, which has no header row", other.about()), hint))
            }
        };
        let mut tables = tables.map_err(|fault| self.error(fault))?;
        tables.retain(|table| !table.hidden && !table.rows.is_empty());
        Ok(tables)
    }

    fn error(&self, fault: Fault) -> PullError {
        at(&self.path, fault)
    }

    fn decoded(&self, form: &FileForm) -> Result<Cow<'_, str>, Fault> {
        decode(&self.bytes, form.encoding)
            .map_err(|reason| Fault::new(reason, "save it as UTF-8, or say `encoding` under [file] of the mapping"))
    }

    fn fit_csv(&self, stream: &Stream, form: &FileForm, alone: bool) -> Result<Fit<'_>, Fault> {
        let text = self.decoded(form)?;
        let table = text::csv_head(&text, form).map_err(|reason| Fault::new(reason, CSV_HINT))?;
        let wanted = Wanted::of(stream, form);
        Ok(match header::find(&table, &wanted, form) {
            Some(header) if header.fits() => Fit::Rows(Source::Tables(vec![(Found::Csv(table, text), header)])),
            Some(header) if alone || !form.names.is_empty() => return Err(lacking(&table, &header, &wanted)),
            _ if alone => return Err(headless(&table, &wanted)),
            _ => Fit::Other(format!("a header line with {}", wanted.summary())),
        })
    }

    /// Every sheet of a workbook or table of a page, parsed once.
    fn tables(&self) -> Result<&[Table], Fault> {
        let tables = self.tables.get_or_init(|| {
            if self.format == Some(FileFormat::Html) {
                return Ok(page::tables(&answer::text(&self.bytes, None)));
            }
            workbook::tables(&self.bytes).map_err(|(reason, hint)| Fault::new(reason, hint))
        });
        tables.as_ref().map(Vec::as_slice).map_err(Clone::clone)
    }

    fn fit_tables(&self, stream: &Stream, form: &FileForm, alone: bool) -> Result<Fit<'_>, Fault> {
        let tables = self.tables()?;
        let wanted = Wanted::of(stream, form);
        if !form.sheet.is_empty() && self.format == Some(FileFormat::Xlsx) {
            return named_sheets(tables, stream, form, &wanted, alone);
        }
        let shown = || tables.iter().filter(|table| !table.hidden && !table.rows.is_empty());
        let found = |table: &Table| header::find(table, &wanted, form);
        let mut fitting: Vec<(Found<'_>, Header)> =
            shown().filter_map(|table| Some((Found::Kept(table), found(table).filter(Header::fits)?))).collect();
        // Rows of a page may be spread over several tables; sheets of a workbook are different lists until somebody says so.
        if fitting.len() > 1 && self.format == Some(FileFormat::Xlsx) {
            let names: Vec<String> =
                fitting.iter().map(|(table, _)| table.table().sheet.as_deref().unwrap_or_default().to_owned()).collect();
            return Err(Fault::new(
                format!("the sheets {} all have the columns of {}", names.join(", "), stream.name),
                "say which under [file] of the mapping: sheet = \"NAME\", or sheet = \"*\" for all of them",
            ));
        }
        if !fitting.is_empty() {
            return Ok(Fit::Rows(Source::Tables(std::mem::take(&mut fitting))));
        }
        if alone || !form.names.is_empty() {
            let nearest = shown().filter_map(|table| Some((table, found(table)?))).min_by_key(|(_, header)| header.missing.len());
            return Err(match (nearest, shown().next()) {
                (Some((table, header)), _) => lacking(table, &header, &wanted),
                (None, Some(table)) => headless(table, &wanted),
                (None, None) => Fault::new("there is no table with anything in it".to_owned(), "is this the right file?"),
            });
        }
        Ok(Fit::Other(format!("a table with the columns {}", wanted.summary())))
    }

    fn fit_text(&self, stream: &Stream, form: &FileForm, format: FileFormat, alone: bool) -> Result<Fit<'_>, Fault> {
        let rows = match self.text_rows(stream, form, format) {
            Ok(rows) => rows,
            Err(fault) if alone => return Err(fault),
            // A document of another list.
            Err(_) => return Ok(Fit::Other(format!("{} with a list at `{}`", format.about(), stream.records))),
        };
        let has_id = |row: &Row| stream.source_id(&row.record).is_some();
        if !alone && !stream.id.is_empty() && !rows.is_empty() && !rows.iter().any(has_id) {
            let paths: Vec<String> = stream.id.iter().map(ToString::to_string).collect();
            return Ok(Fit::Other(format!("{} with records that have {}", format.about(), paths.join(", "))));
        }
        Ok(Fit::Rows(Source::Text(rows)))
    }

    fn text_rows(&self, stream: &Stream, form: &FileForm, format: FileFormat) -> Result<Vec<Row>, Fault> {
        let list = "say in the mapping where the list stands: records = \"path\"";
        match format {
            FileFormat::Ndjson => {
                text::ndjson_rows(&self.decoded(form)?).map_err(|reason| Fault::new(reason, "each line must be one JSON object"))
            }
            FileFormat::Html | FileFormat::Xml => {
                let document = convert(&self.bytes, None, &stream.answer)
                    .map_err(|error| Fault::new(format!("it is {error}"), "save the page again, as it is shown, in one file"))?;
                text::list_rows(document, stream).map_err(|reason| Fault::new(reason, list))
            }
            _ => text::json_rows(&self.decoded(form)?, stream).map_err(|reason| Fault::new(reason, list)),
        }
    }

    /// The records of a stream that fits.
    pub(crate) fn rows(&self, stream: &Stream, source: Source<'_>) -> Result<Vec<Row>, PullError> {
        let mut all = Vec::new();
        self.read(stream, source, &mut |rows| {
            all.extend(rows);
            Ok(())
        })?;
        Ok(all)
    }

    /// The same, part by part; and the rows that add them up, of a statement.
    pub(crate) fn read(
        &self,
        stream: &Stream,
        source: Source<'_>,
        take: &mut dyn FnMut(Vec<Row>) -> Result<(), PullError>,
    ) -> Result<Vec<SumRow>, PullError> {
        if is_reshaped(stream) {
            let mut all = Vec::new();
            self.read_plain(stream, source, &mut |rows| {
                all.extend(rows);
                Ok(())
            })?;
            // Of what is made of the rows, totals are no sums.
            return take(shaped(stream, all)).map(|()| Vec::new());
        }
        self.read_plain(stream, source, take)
    }

    fn read_plain(
        &self,
        stream: &Stream,
        source: Source<'_>,
        take: &mut dyn FnMut(Vec<Row>) -> Result<(), PullError>,
    ) -> Result<Vec<SumRow>, PullError> {
        let tables = match source {
            Source::Tables(tables) => tables,
            Source::Text(rows) => return take(rows).map(|()| Vec::new()),
        };
        let default = FileForm::default();
        let form = stream.file.as_ref().unwrap_or(&default);
        let wanted = Wanted::of(stream, form);
        let (mut before, mut sums) = (0, Vec::new());
        for (found, header) in tables {
            let width = found.table().rows.iter().find(|row| row.number == header.row).and_then(|row| row.width);
            let rows = match &found {
                Found::Csv(_, text) => {
                    let rows = CsvRows::new(text, form).map_err(|reason| self.error(Fault::new(reason, CSV_HINT)))?;
                    TableRows::Csv(Box::new(rows))
                }
                Found::Kept(table) => TableRows::Kept(table.rows.iter()),
            };
            let records = Records::new(found.table(), rows, (&header, width), &wanted, stream, form);
            let mut records = records.map_err(|fault| self.error(fault))?;
            let mut count = 0;
            while let Some(rows) = records.next().map_err(|fault| self.error(fault))? {
                count += rows.len();
                take(rows)?;
            }
            sums.extend(records.sums().into_iter().map(|sum| sum.after(before)));
            before += count;
        }
        Ok(sums)
    }
}

/// Whether the words of the stream make other records of its rows.
fn is_reshaped(stream: &Stream) -> bool {
    stream.same_id || stream.only.is_some() || stream.explode.is_some() || stream.hook.is_some()
}

/// What the words `only`, `explode`, `hook` and `same_id` make of the rows.
fn shaped(stream: &Stream, rows: Vec<Row>) -> Vec<Row> {
    if stream.same_id {
        // One record comes from many rows: it stands where it stands in the list.
        let records = shaped_list(stream, rows.into_iter().map(|row| row.record).collect());
        return records.into_iter().zip(1..).map(|(record, at)| Row { place: RowPlace::record(at), record }).collect();
    }
    let each = rows.into_iter().flat_map(|row| {
        let place = row.place;
        shaped_list(stream, vec![row.record]).into_iter().map(move |record| Row { place: place.clone(), record })
    });
    each.collect()
}

/// Sheets that the stream names: they must have its columns. A sheet that is not there is no delivery, unless another
/// one looks like it under a new name.
fn named_sheets<'d>(sheets: &'d [Table], stream: &Stream, form: &FileForm, wanted: &Wanted, alone: bool) -> Result<Fit<'d>, Fault> {
    let name_of = |table: &'d Table| table.sheet.as_deref().unwrap_or_default();
    let named: Vec<&Table> =
        sheets.iter().filter(|table| form.sheet.iter().any(|pattern| matches(pattern.trim(), name_of(table).trim()))).collect();
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
            Some(header) if header.fits() => found.push((Found::Kept(table), header)),
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
    Fault::new(
        format!("{}there is no header with the columns {}", table.prefix(), wanted.summary()),
        "is this the file that the mapping is for?",
    )
}

fn at(path: &Path, fault: Fault) -> PullError {
    PullError::new(PullErrorKind::File, format!("{}: {}", path.display(), fault.reason)).with_hint(fault.hint)
}

/// The formats that a stream can be read from.
fn accepted(stream: &Stream, form: &FileForm) -> Vec<FileFormat> {
    use FileFormat::{Csv, Html, Json, Ndjson, Xlsx, Xml};
    match (&stream.answer, form.format) {
        (Answer::Xml { .. }, _) => vec![Xml],
        (answer, _) if answer.is_page() => vec![Html],
        // Excel opens pages as workbooks, and people deliver them as such.
        (_, Some(Xlsx)) => vec![Xlsx, Html],
        (_, Some(format)) => vec![format],
        // An answer of a board that was kept as a file.
        (_, None) if stream.file.is_none() && stream.request.is_some() => vec![Json, Ndjson, Csv],
        (_, None) => vec![Xlsx, Csv, Json, Ndjson, Html],
    }
}

fn is_text(format: FileFormat) -> bool {
    matches!(format, FileFormat::Csv | FileFormat::Ndjson | FileFormat::Json)
}

/// What the first bytes say, whatever the file is called.
fn by_content(bytes: &[u8]) -> Option<FileFormat> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return Some(FileFormat::Xlsx);
    }
    let head = answer::text(bytes.get(..bytes.len().min(1024)).unwrap_or_default(), None).to_lowercase();
    let start = head.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if !start.starts_with('<') {
        return None;
    }
    let page = ["<!doctype html", "<html", "<head", "<meta", "<body", "<table"].iter().any(|tag| head.contains(tag));
    if page {
        return Some(FileFormat::Html);
    }
    start.starts_with("<?xml").then_some(FileFormat::Xml)
}

fn by_ending(path: &Path) -> Option<FileFormat> {
    match path.extension()?.to_str()?.to_lowercase().as_str() {
        "csv" | "tsv" | "txt" => Some(FileFormat::Csv),
        "xlsx" | "xlsm" | "xlsb" | "xls" | "ods" => Some(FileFormat::Xlsx),
        "ndjson" | "jsonl" => Some(FileFormat::Ndjson),
        "json" => Some(FileFormat::Json),
        "html" | "htm" => Some(FileFormat::Html),
        "xml" | "rss" => Some(FileFormat::Xml),
        "eml" | "mbox" => Some(FileFormat::Mail),
        _ => None,
    }
}
