//! A file's records, each with its line.

use std::path::Path;

use serde_json::{Map, Value};

use super::decode::decode;
use crate::error::{PullError, PullErrorKind};
use crate::spec::{FileForm, FileFormat, Step, Stream, shape};

/// Larger files are refused: split them.
const LARGEST_FILE: u64 = 1 << 30;

/// A record of a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// From 1.
    pub(crate) line: u64,
    pub(crate) record: Value,
}

/// Reads a file whole; an error names file, line and column.
pub(crate) fn read_rows(path: &Path, stream: &Stream) -> Result<Vec<Row>, PullError> {
    let fail = |reason: String, hint: &str| {
        PullError::new(PullErrorKind::File, format!("{}: {reason}", path.display())).with_hint(hint.to_owned())
    };
    let unreadable =
        |error: std::io::Error| fail(format!("cannot be read: {error}"), "check that the file exists and that you may read it");
    if std::fs::metadata(path).map_err(unreadable)?.len() > LARGEST_FILE {
        return Err(fail("it is larger than 1 GiB".to_owned(), "split it into several files"));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let default = FileForm::default();
    let form = stream.file.as_ref().unwrap_or(&default);
    let text =
        decode(&bytes, form.encoding).map_err(|reason| fail(reason, "save it as UTF-8, or say `encoding` under [file] of the mapping"))?;
    drop(bytes);
    let format = form.format.or_else(|| by_ending(path)).ok_or_else(|| {
        fail("its ending does not say what it is".to_owned(), "name it .csv, .ndjson or .json, or say `format` under [file] of the mapping")
    })?;
    match format {
        FileFormat::Csv => {
            let rows = csv_rows(&text, form).map_err(|reason| {
                fail(reason, "compare the line with the header line; cells that hold the separator or line breaks need quotes")
            })?;
            match rows.first().and_then(|row| strange_header(&row.record, stream)) {
                Some(reason) => Err(fail(reason, "is this the file that the mapping is for? the header line must have the mapped columns")),
                None => Ok(rows),
            }
        }
        FileFormat::Ndjson => ndjson_rows(&text).map_err(|reason| fail(reason, "each line must be one JSON object")),
        FileFormat::Json => {
            json_rows(&text, stream).map_err(|reason| fail(reason, "say in the mapping where the list stands: records = \"path\""))
        }
    }
}

fn by_ending(path: &Path) -> Option<FileFormat> {
    match path.extension()?.to_str()?.to_lowercase().as_str() {
        "csv" | "tsv" | "txt" => Some(FileFormat::Csv),
        "ndjson" | "jsonl" => Some(FileFormat::Ndjson),
        "json" => Some(FileFormat::Json),
        _ => None,
    }
}

fn csv_rows(text: &str, form: &FileForm) -> Result<Vec<Row>, String> {
    let mut body = text;
    for _ in 0..form.skip_lines {
        body = body.split_once('\n').map_or("", |(_, rest)| rest);
    }
    let header_line = body.lines().next().unwrap_or_default();
    let delimiter = form.delimiter.unwrap_or_else(|| likely_delimiter(header_line));
    let delimiter = u8::try_from(delimiter).map_err(|_| format!("{delimiter:?} cannot separate cells"))?;
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(body.as_bytes());
    let offset = form.skip_lines as u64;
    let header: Vec<String> = reader.headers().map_err(|error| csv_error(&error, offset))?.iter().map(str::to_owned).collect();
    check_header(&header, offset + 1)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| csv_error(&error, offset))?;
        let line = record.position().map_or(0, csv::Position::line) + offset;
        let blank = record.iter().all(str::is_empty);
        let skipped = record.get(0).is_some_and(|first| form.skip_rows.iter().any(|word| word == first));
        if blank || skipped {
            continue;
        }
        // Excel leaves empty cells at the end; anything else that does not fit is an error.
        if record.len() < header.len() || record.iter().skip(header.len()).any(|cell| !cell.is_empty()) {
            return Err(format!("line {line}: {} cells, but the header has {}", record.len(), header.len()));
        }
        let cells = header.iter().zip(record.iter()).filter(|(name, _)| !name.is_empty());
        let record: Map<String, Value> = // An empty cell says nothing, as null does.
            cells.map(|(name, cell)| (name.clone(), if cell.is_empty() { Value::Null } else { Value::from(cell) })).collect();
        rows.push(Row { line, record: Value::Object(record) });
    }
    Ok(rows)
}

/// Why a csv is not the one that the mapping is for: it lacks the id's columns, or every mapped one.
fn strange_header(record: &Value, stream: &Stream) -> Option<String> {
    let header = record.as_object()?;
    let column = |path: &crate::spec::Path| match path.steps().first() {
        Some(Step::Key(key)) => Some(key.clone()),
        _ => None,
    };
    let has = |name: &String| header.contains_key(name);
    let missing: Vec<String> = stream.id.iter().filter_map(column).filter(|name| !has(name)).collect();
    let read: Vec<String> = stream.fields.values().flat_map(|field| field.reads().filter_map(column).collect::<Vec<_>>()).collect();
    let lacking = if !missing.is_empty() {
        missing
    } else if !read.is_empty() && !read.iter().any(has) {
        read
    } else {
        return None;
    };
    let columns: Vec<&str> = header.keys().map(String::as_str).collect();
    Some(format!("the mapping reads {}, and the header has {}", lacking.join(", "), columns.join(", ")))
}

fn check_header(header: &[String], line: u64) -> Result<(), String> {
    if header.iter().all(String::is_empty) {
        return Err(format!("line {line}: there is no header line"));
    }
    for (at, name) in header.iter().enumerate() {
        if !name.is_empty() && header.iter().take(at).any(|earlier| earlier == name) {
            return Err(format!("line {line}, column {}: two columns are called {name}", at + 1));
        }
    }
    Ok(())
}

fn likely_delimiter(header: &str) -> char {
    let count = |c: char| header.chars().filter(|other| *other == c).count();
    [',', '\t', ';', '|'].into_iter().rev().max_by_key(|c| count(*c)).filter(|c| count(*c) > 0).unwrap_or(',')
}

fn csv_error(error: &csv::Error, offset: u64) -> String {
    let line = error.position().map_or(0, csv::Position::line) + offset;
    match error.kind() {
        csv::ErrorKind::Utf8 { err, .. } => format!("line {line}, column {}: not text", err.field() + 1),
        _ => format!("line {line}: {error}"),
    }
}

fn ndjson_rows(text: &str) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let record = parse(line).map_err(|error| format!("line {}, column {}: {}", at + 1, column(line, 1, &error), reason(&error)))?;
        if !record.is_object() {
            return Err(format!("line {}: expected an object, found {}", at + 1, shape(&record)));
        }
        rows.push(Row { line: at as u64 + 1, record });
    }
    Ok(rows)
}

fn json_rows(text: &str, stream: &Stream) -> Result<Vec<Row>, String> {
    let mut document =
        parse(text).map_err(|error| format!("line {}, column {}: {}", error.line(), column(text, error.line(), &error), reason(&error)))?;
    let place = if stream.records.is_empty() { "the document".to_owned() } else { format!("`{}`", stream.records) };
    let found = stream.records.first(&document).map_or("nothing", shape);
    let mut list = None;
    stream.records.change(&mut document, &mut |value| list = Some(value.take()));
    let Some(Value::Array(list)) = list else { return Err(format!("{place} is {found} instead of a list")) };
    let rows = list.into_iter().enumerate().map(|(at, record)| {
        if record.is_object() {
            return Ok(Row { line: at as u64 + 1, record });
        }
        Err(format!("record {} of {place} is {} instead of an object", at + 1, shape(&record)))
    });
    rows.collect()
}

/// Other tools write NaN and Infinity, which JSON does not know: they are null.
fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| match without_nan(text) {
        Some(repaired) => serde_json::from_str(&repaired).map_err(|_| error),
        None => Err(error),
    })
}

fn without_nan(text: &str) -> Option<String> {
    if !text.contains("NaN") && !text.contains("Infinity") {
        return None;
    }
    let mut repaired = String::with_capacity(text.len());
    let mut inside = false;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let bare = ["-Infinity", "Infinity", "NaN"].iter().find(|word| !inside && rest.starts_with(**word));
        if let Some(word) = bare {
            // As wide as before, so that columns in errors stay right.
            repaired.push_str("null");
            rest = rest.get(word.len()..).unwrap_or_default();
            continue;
        }
        let mut width = c.len_utf8();
        if c == '"' {
            inside = !inside;
        } else if c == '\\' && inside {
            width += rest.chars().nth(1).map_or(0, char::len_utf8);
        }
        let (taken, tail) = rest.split_at_checked(width).unwrap_or((rest, ""));
        repaired.push_str(taken);
        rest = tail;
    }
    Some(repaired)
}

/// The column in characters: the parser counts bytes.
fn column(text: &str, line: usize, error: &serde_json::Error) -> usize {
    let line = text.split('\n').nth(line.saturating_sub(1)).unwrap_or_default();
    line.char_indices().take_while(|(at, _)| *at < error.column()).count()
}

fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spec::parse_mapping;

    fn rows(name: &str, bytes: &[u8], extra: &str) -> Result<Vec<Row>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let mapping = format!("kind = \"postings\"\n{extra}\nfields.title = \"职位\"\n");
        let stream = parse_mapping(&mapping, "m.toml").unwrap();
        read_rows(&path, &stream).map_err(|error| error.message.replace(&folder.path().display().to_string(), ""))
    }

    #[test]
    fn csv_with_quotes_semicolons_and_totals() {
        let text = "导出时间：今天\n职位;城市\n\"厨师;长\";上海\n;\n合计;1\n";
        let found = rows("a.csv", text.as_bytes(), "file = { skip_lines = 1, skip_rows = [\"合计\"] }").unwrap();
        assert_eq!(found, [Row { line: 3, record: json!({"职位": "厨师;长", "城市": "上海"}) }]);
    }

    #[test]
    fn csv_in_gbk() {
        let (bytes, _, _) = encoding_rs::GBK.encode("职位,城市\n厨师,上海\n");
        assert_eq!(rows("a.csv", &bytes, "").unwrap().len(), 1);
    }

    #[test]
    fn errors_name_file_line_and_column() {
        for (name, text, expected) in [
            ("a.csv", "职位,城市\n厨师\n", "/a.csv: line 2: 1 cells, but the header has 2"),
            ("a.csv", "职位,城市,职位\n", "/a.csv: line 1, column 3: two columns are called 职位"),
            ("a.csv", "", "/a.csv: line 1: there is no header line"),
            ("a.ndjson", "{\"职位\": 1}\n{\"职位\": }\n", "/a.ndjson: line 2, column 8: expected value"),
            ("a.ndjson", "[1]\n", "/a.ndjson: line 1: expected an object, found a list"),
            ("a.json", "{\"jobs\": []}", "/a.json: the document is an object instead of a list"),
            ("a.bin", "x", "/a.bin: its ending does not say what it is"),
        ] {
            assert_eq!(rows(name, text.as_bytes(), "").unwrap_err(), expected);
        }
    }

    #[test]
    fn json_with_nan_is_read() {
        let found = rows("a.json", br#"{"jobs": [{"a": NaN, "b": "NaN \" NaN", "c": -Infinity}]}"#, "records = \"jobs\"").unwrap();
        assert_eq!(found.first().unwrap().record, json!({"a": null, "b": "NaN \" NaN", "c": null}));
    }
}
