//! Sheets as people export them: a header line, quoted cells, UTF-8 with a mark or GBK.

use std::collections::BTreeMap;

/// A sheet; a cell is looked up by its header.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    headers: &'static [&'static str],
    rows: Vec<BTreeMap<&'static str, String>>,
}

impl Table {
    pub(crate) fn new(headers: &'static [&'static str]) -> Self {
        Self { headers, rows: Vec::new() }
    }

    /// Adds a row; headers that are not named stay empty.
    pub(crate) fn push(&mut self, row: BTreeMap<&'static str, String>) {
        debug_assert!(row.keys().all(|key| self.headers.contains(key)), "a cell without a column in {row:?}");
        self.rows.push(row);
    }

    pub(crate) fn rows_mut(&mut self) -> &mut Vec<BTreeMap<&'static str, String>> {
        &mut self.rows
    }

    fn text(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let cells = |row: &BTreeMap<&'static str, String>| -> Vec<String> {
            self.headers.iter().map(|header| row.get(header).cloned().unwrap_or_default()).collect()
        };
        // Writing to memory cannot fail.
        let mut written = writer.write_record(self.headers);
        for row in &self.rows {
            written = written.and_then(|()| writer.write_record(cells(row)));
        }
        debug_assert!(written.is_ok());
        String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
    }

    /// As Excel writes "CSV UTF-8": with a byte order mark.
    pub(crate) fn utf8(&self) -> Vec<u8> {
        format!("\u{feff}{}", self.text()).into_bytes()
    }

    /// As Excel writes "CSV" on a Chinese Windows.
    pub(crate) fn gbk(&self) -> Vec<u8> {
        encoding_rs::GBK.encode(&self.text()).0.into_owned()
    }
}
