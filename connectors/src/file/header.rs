//! Which columns a stream reads from a table, and the row of the table that names them.

use std::collections::{BTreeMap, BTreeSet};

use inflow_config::closest;
use unicode_normalization::UnicodeNormalization;

use super::table::{Table, TableRow};
use crate::spec::{FileForm, Path, Step, Stream};

/// A header stands within this many rows that are not empty: titles and notes come before it.
pub(crate) const DEEPEST_HEADER: usize = 40;
/// Names listed in a sentence.
const MOST_NAMES: usize = 12;

/// The columns of a stream.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Every mapped column by its comparable name.
    names: BTreeMap<String, String>,
    /// Groups of columns: of each group the file must have one.
    needs: Vec<Vec<String>>,
}

impl Wanted {
    pub(crate) fn of(stream: &Stream, form: &FileForm) -> Wanted {
        let landed = stream.landed_paths();
        let names: Vec<String> = landed.iter().chain(stream.identity.all()).filter_map(column).collect();
        let optional: BTreeSet<String> = form.optional.iter().map(|name| comparable(name)).collect();
        let mut needs: Vec<Vec<String>> = Vec::new();
        let mut need = |paths: &mut dyn Iterator<Item = &Path>| {
            let group: Vec<String> = paths.filter_map(column).collect();
            if !group.is_empty() && !needs.contains(&group) && !group.iter().any(|name| optional.contains(&comparable(name))) {
                needs.push(group);
            }
        };
        for path in stream.id.iter().chain(&stream.entry_key).chain(&stream.candidate).chain(&stream.application) {
            need(&mut std::iter::once(path));
        }
        let person = &stream.identity;
        for paths in [&person.name, &person.phone, &person.email, &person.birth_year, &stream.version] {
            need(&mut paths.iter());
        }
        let own = stream.fields.values();
        let events = stream.events.iter().filter(|event| event.each.is_none()).flat_map(|event| event.fields().map(|(_, field)| field));
        for field in own.chain(events) {
            if field.default.is_none() {
                need(&mut field.paths.iter().chain(&field.all_of));
            }
            need(&mut field.when.iter().map(|when| &when.path));
        }
        for event in &stream.events {
            need(&mut event.each.iter());
            need(&mut event.when.iter().map(|when| &when.path));
        }
        Wanted { names: names.into_iter().map(|name| (comparable(&name), name)).collect(), needs }
    }

    /// True when the stream reads the column.
    pub(crate) fn reads(&self, name: &str) -> bool {
        self.names.contains_key(&comparable(name))
    }

    /// The first of each group of columns that it needs, for a sentence; all when it needs none.
    pub(crate) fn summary(&self) -> String {
        let mut names: Vec<&str> = self.needs.iter().filter_map(|group| group.first().map(String::as_str)).collect();
        if names.is_empty() {
            names = self.names.values().map(String::as_str).collect();
        }
        let rest = names.len().saturating_sub(MOST_NAMES);
        let listed = names.iter().take(MOST_NAMES).copied().collect::<Vec<_>>().join(", ");
        if rest > 0 { format!("{listed} and {rest} more") } else { listed }
    }
}

/// The column that a path begins with.
pub(crate) fn column(path: &Path) -> Option<String> {
    match path.steps().first() {
        Some(Step::Key(key)) => Some(key.clone()),
        _ => None,
    }
}

/// Names that differ in width, case, blanks or a star for "must be filled" are the same column.
pub(crate) fn comparable(name: &str) -> String {
    let plain: String = name.nfkc().filter(|c| !c.is_whitespace() && !matches!(c, '\u{feff}' | '\u{200b}')).collect();
    plain.trim_matches('*').to_lowercase()
}

/// A row that names columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// The row, as the table counts.
    pub(crate) row: u64,
    /// Column and its name: the mapping's where it reads it, else as written.
    pub(crate) columns: Vec<(u32, String)>,
    /// Columns (in groups of alternatives) that the stream needs and the row lacks.
    pub(crate) missing: Vec<Vec<String>>,
    /// A mapped name that stands twice: where and which.
    pub(crate) twice: Option<(u32, String)>,
    /// How many groups of the needed columns it has.
    score: usize,
}

impl Header {
    /// True when everything needed is there, once.
    pub(crate) fn fits(&self) -> bool {
        self.missing.is_empty() && self.twice.is_none()
    }

    /// What is missing, with what was probably meant: `the column 渠道 is missing (did you mean 来源渠道?)`.
    pub(crate) fn complaint(&self, wanted: &Wanted) -> String {
        let mut others: Vec<&str> = self.columns.iter().map(|(_, name)| name.as_str()).filter(|name| !wanted.reads(name)).collect();
        let mut parts: Vec<(String, String)> = Vec::new();
        for group in &self.missing {
            let near = group.iter().find_map(|name| nearest(name, &others));
            others.retain(|other| Some(*other) != near);
            parts.push((group.join(" or "), near.map(|near| format!(" (did you mean {near}?)")).unwrap_or_default()));
        }
        if let [(name, meant)] = parts.as_slice() {
            format!("the column {name} is missing{meant}")
        } else {
            let listed: Vec<String> = parts.iter().map(|(name, meant)| format!("{name}{meant}")).collect();
            format!("the columns {} are missing", listed.join(", "))
        }
    }
}

/// The name that was probably meant: one within the other, or a few letters off.
pub(crate) fn nearest<'n>(wanted: &str, names: &[&'n str]) -> Option<&'n str> {
    let plain = comparable(wanted);
    let within = names.iter().find(|name| {
        let name = comparable(name);
        !name.is_empty() && (name.contains(&plain) || plain.contains(&name))
    });
    within.copied().or_else(|| closest(wanted, names.iter().copied())).or_else(|| {
        // Names of two to five signs that share most of them: 投递日期 for 投递时间.
        let shared = |name: &str| plain.chars().filter(|c| name.contains(*c)).count();
        let near = names.iter().map(|name| (shared(&comparable(name)), *name)).max_by_key(|(count, _)| *count)?;
        (near.0 * 2 >= plain.chars().count().max(2)).then_some(near.1)
    })
}

/// The header of a table: the first row with everything needed, else the one with most of it; `None` when no row has any.
pub(crate) fn find(table: &Table, wanted: &Wanted, form: &FileForm) -> Option<Header> {
    if let Some(row) = form.header_row {
        let row = table.rows.iter().find(|other| other.number == u64::from(row))?;
        return Some(read(table, row, wanted));
    }
    let mut best: Option<Header> = None;
    for row in table.rows.iter().take(DEEPEST_HEADER) {
        let header = read(table, row, wanted);
        if header.score > 0 && header.fits() {
            return Some(header);
        }
        if header.score > best.as_ref().map_or(0, |best| best.score) {
            best = Some(header);
        }
    }
    best
}

fn read(table: &Table, row: &TableRow, wanted: &Wanted) -> Header {
    let mut columns: Vec<(u32, String)> = Vec::new();
    let mut twice = None;
    for (column, text) in names(table, row) {
        match wanted.names.get(&comparable(&text)) {
            Some(name) if columns.iter().any(|(_, earlier)| earlier == name) => {
                twice.get_or_insert((column, name.clone()));
            }
            Some(name) => columns.push((column, name.clone())),
            // Of two equal names that nobody reads the first is enough.
            None if columns.iter().any(|(_, earlier)| *earlier == text) => {}
            None => columns.push((column, text)),
        }
    }
    let has = |name: &String| columns.iter().any(|(_, other)| comparable(other) == comparable(name));
    let missing: Vec<Vec<String>> = wanted.needs.iter().filter(|group| !group.iter().any(has)).cloned().collect();
    let found = columns.iter().filter(|(_, name)| wanted.reads(name)).count();
    let score = if wanted.needs.is_empty() { found } else { (wanted.needs.len() - missing.len()).max(usize::from(found > 0)) };
    Header { row: row.number, columns, missing, twice, score }
}

/// Texts of a row; where a cell is part of one merged with rows above, the text of that.
pub(crate) fn names(table: &Table, row: &TableRow) -> BTreeMap<u32, String> {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let own = row.cells.iter().filter_map(|(column, datum)| Some((*column, one_line(datum.text()?))));
    let mut names: BTreeMap<u32, String> = own.collect();
    for merge in table.merges.iter().filter(|merge| merge.rows.0 < row.number && merge.holds(row.number, merge.columns.0)) {
        let top = table.rows.iter().find(|other| other.number == merge.rows.0);
        if let Some(text) = top.and_then(|top| top.cell(merge.columns.0)?.text()) {
            names.entry(merge.columns.0).or_insert_with(|| one_line(text));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_people_read_them() {
        for name in ["姓 名", "姓名*", " 姓名", "＊姓名", "姓\n名"] {
            assert_eq!(comparable(name), "姓名");
        }
        assert_eq!(comparable("Ｐhone No."), "phoneno.");
    }

    #[test]
    fn what_was_meant() {
        for (wanted, names, expected) in [
            ("渠道", &["姓名", "来源渠道"][..], Some("来源渠道")),
            ("投递时间", &["备注", "投递日期"], Some("投递日期")),
            ("applied_at", &["aplied_at"], Some("aplied_at")),
            ("渠道", &["电话", "备注"], None),
        ] {
            assert_eq!(nearest(wanted, names), expected, "{wanted}");
        }
    }
}
