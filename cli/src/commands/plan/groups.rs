//! Groups of applicants that a company delivers for an audit. They are read, counted and forgotten.

use crate::failure::Failure;
use std::collections::BTreeMap;
use std::path::Path;

/// Group by application.
pub fn read(file: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::user(format!("{} cannot be read: {error}", file.display()), "it must be a csv file in UTF-8"))?;
    parse(&file.display().to_string(), &text)
}

fn parse(name: &str, text: &str) -> Result<BTreeMap<String, String>, Failure> {
    let unreadable =
        |error: csv::Error| Failure::user(format!("{name} is no csv file: {error}"), "save it as csv, comma-separated, in UTF-8");
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().map_err(unreadable)?.clone();
    let place = |words: [&str; 2]| {
        header.iter().position(|cell| words.contains(&cell.trim().to_lowercase().as_str())).ok_or_else(|| {
            let has = header.iter().collect::<Vec<_>>().join(", ");
            Failure::user(
                format!("{name} has no column {}; it has {has}", words[0]),
                "the columns are application (or 申请) and group (or 组别)",
            )
        })
    };
    let (application, group) = (place(["application", "申请"])?, place(["group", "组别"])?);
    let mut groups = BTreeMap::new();
    for (row, record) in (2..).zip(reader.records()) {
        let record = record.map_err(unreadable)?;
        let cell = |place: usize, column: &str| {
            let cell = record.get(place).unwrap_or_default().trim();
            let empty = || Failure::user(format!("{name}, row {row}, column {column}: empty"), "leave the row out, or fill it in");
            (!cell.is_empty()).then(|| cell.to_owned()).ok_or_else(empty)
        };
        let key = cell(application, "application")?;
        if groups.insert(key.clone(), cell(group, "group")?).is_some() {
            return Err(Failure::user(format!("{name}, row {row}, column application: {key} stands in two rows"), "keep one of them"));
        }
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        parse("groups.csv", text).map_or_else(|failure| failure.messages[0].0.clone(), |groups| format!("{groups:?}"))
    }

    #[test]
    fn a_file_is_read_or_says_where_it_is_wrong() {
        assert_eq!(said("\u{feff}申请,备注,组别\nats/1,x,甲\n2,,乙\n"), r#"{"2": "乙", "ats/1": "甲"}"#);
        assert_eq!(said("application\nats/1\n"), "groups.csv has no column group; it has application");
        assert_eq!(said("application,group\nats/1,a\nats/2,\n"), "groups.csv, row 3, column group: empty");
        assert_eq!(said("application,group\n1,a\n1,b\n"), "groups.csv, row 3, column application: 1 stands in two rows");
        assert!(said("application,group\n1\n").starts_with("groups.csv is no csv file: "));
    }
}
