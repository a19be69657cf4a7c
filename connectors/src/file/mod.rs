//! Delivered files: found, decoded and read into records; ids for rows that have none.

mod decode;
mod delivery;
mod header;
mod ids;
mod lines;
mod page;
mod records;
mod sums;
mod table;
mod text;
mod workbook;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::error::{PullError, PullErrorKind};

pub(crate) use delivery::{Delivery, Fit, Plain, Source, plain_lines};
pub(crate) use header::{DEEPEST_HEADER, column as header_column, comparable, names as header_names};
pub(crate) use ids::RowIds;
pub(crate) use lines::{Halt, LineFile, parts};
pub(crate) use sums::SumRow;
pub(crate) use table::{Datum, RowPlace, Table, TableRow, cell_name};
pub(crate) use workbook::serial_date;

/// The records of a file without their lines.
pub(crate) fn records_of_file(path: &Path, stream: &crate::spec::Stream) -> Result<Vec<serde_json::Value>, PullError> {
    let delivery = Delivery::open(path)?;
    let rows = match delivery.fit(stream, true) {
        Fit::Rows(source) => delivery.rows(stream, source)?,
        Fit::Broken(error) => return Err(error),
        Fit::Other(need) => {
            return Err(PullError::new(PullErrorKind::File, format!("{}: {} needs {need}", path.display(), stream.name)));
        }
    };
    Ok(rows.into_iter().map(|row| row.record).collect())
}

/// Endings that a folder's files are taken for.
const ENDINGS: &[&str] = &["csv", "tsv", "txt", "ndjson", "jsonl", "json", "xlsx", "xlsm", "xlsb", "xls", "ods", "html", "htm", "xml"];

/// A record of a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) place: RowPlace,
    pub(crate) record: serde_json::Value,
}

/// The files that a path names, sorted: a file, a folder, or a pattern with `*` and `?` in its last part.
pub(crate) fn expand(path: &Path) -> Result<Vec<PathBuf>, PullError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if name.contains(['*', '?']) {
        let folder = path.parent().unwrap_or(Path::new("."));
        return list(folder, &|file| matches(name, file));
    }
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    list(path, &|file| ENDINGS.iter().any(|ending| file.to_lowercase().ends_with(&format!(".{ending}"))))
}

fn list(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<PathBuf>, PullError> {
    let unreadable = |error: std::io::Error| {
        PullError::new(PullErrorKind::File, format!("{} cannot be read: {error}", folder.display()))
            .with_hint("`path` in the connection's file starts at the folder of inflow.toml")
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // Hidden files and Excel's lock files are not deliveries.
        if path.is_file() && !name.starts_with(['.', '~']) && wanted(name) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// `*` is any text, `?` any character.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let mut reachable = vec![false; name.len() + 1];
    if let Some(first) = reachable.first_mut() {
        *first = true;
    }
    for wanted in pattern {
        let mut next = vec![false; name.len() + 1];
        let mut star = false;
        for (at, slot) in next.iter_mut().enumerate() {
            let here = reachable.get(at).copied().unwrap_or(false);
            star |= here;
            let before = at.checked_sub(1);
            let step = before.is_some_and(|before| {
                reachable.get(before).copied().unwrap_or(false) && name.get(before).is_some_and(|c| wanted == '?' || *c == wanted)
            });
            *slot = if wanted == '*' { star } else { step };
        }
        reachable = next;
    }
    reachable.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod names {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("*.csv", "a.csv", true),
            ("*.csv", "a.csv.bak", false),
            ("账单-??.csv", "账单-10.csv", true),
            ("账单-??.csv", "账单-1.csv", false),
            ("a*b*c", "aXXbYYc", true),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn a_folder_gives_its_data_files_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.NDJSON", "~$a.csv", ".hidden.csv", "readme.md"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let names: Vec<String> =
            expand(folder.path()).unwrap().iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
        assert_eq!(names, ["a.NDJSON", "b.csv"]);
        let error = expand(&folder.path().join("none")).unwrap_err();
        assert_eq!(error.kind, PullErrorKind::File);
    }
}
