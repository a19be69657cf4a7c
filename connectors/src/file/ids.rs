//! Ids of rows. A row without one gets, once and for good, a digest of connection, person or content,
//! posting or title, day and occurrence number, so that importing the same sheet again changes nothing.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono_tz::Tz;
use serde_json::Value;

use super::header::{column, comparable};
use super::{Row, RowPlace};
use crate::error::{PullError, PullErrorKind};
use crate::identity::{DigestKind, IdentityKeys};
use crate::landing::{LineIdentity, canonical_hash};
use crate::spec::{Cell, FieldType, Kind, Stream, composite, scalar_text};

/// What tells a movement of a bank account from others of its day, where the bank has no number for it.
const BANK_LINE: &[&str] = &["amount", "debit", "credit", "direction", "currency", "counterparty", "document", "note", "balance"];

/// Gives ids to the rows of one file, in order.
pub(crate) struct RowIds<'a> {
    keys: &'a IdentityKeys,
    connection: &'a str,
    stream: &'a Stream,
    zone: Tz,
    /// Columns that count the rows of a file: another export numbers the same line otherwise.
    counting: Vec<String>,
    /// How often each content occurred, by the id of the first row that has it.
    occurrences: HashMap<String, u32>,
    /// Place and content of each ledger entry, by a hash of its key: there may be millions.
    entries: HashMap<Print, (RowPlace, Print)>,
}

/// A hash that no two different texts have.
type Print = [u8; 16];

fn print(hash: &blake3::Hash) -> Print {
    hash.as_bytes().first_chunk().copied().unwrap_or_default()
}

/// What the id of a row is made of, before the rows above it are known.
pub(crate) enum Base {
    /// The id itself.
    Id(String),
    /// A ledger line's own key, a hash of it, and its content.
    Entry(String, Print, Print),
    /// Who, what and the day, and the id of the first row that says so; how many there are alike is counted.
    Content([String; 3], String),
}

/// The same once that was counted.
pub(crate) enum Numbered {
    Id(String),
    /// Who, what, the day, and how many alike come before.
    Content([String; 3], u32),
}

/// What headers of such columns are, in comparable form.
const COUNTING: &[&str] = &["序号", "行号", "no", "no.", "#", "index", "row"];

impl<'a> RowIds<'a> {
    pub(crate) fn new(keys: &'a IdentityKeys, connection: &'a str, stream: &'a Stream, zone: Tz) -> RowIds<'a> {
        let zone = stream.timezone.unwrap_or(zone);
        RowIds { keys, connection, stream, zone, counting: Vec::new(), occurrences: HashMap::new(), entries: HashMap::new() }
    }

    /// Tells the columns of the file that are about to come.
    pub(crate) fn of_columns<'c>(&mut self, names: impl Iterator<Item = &'c str>) {
        if !self.stream.kind.is_statement() {
            return;
        }
        let read: Vec<String> = self.stream.landed_paths().iter().filter_map(column).collect();
        let counts = |name: &&str| COUNTING.contains(&comparable(name).as_str()) && !read.iter().any(|read| read == name);
        self.counting = names.filter(counts).map(str::to_owned).collect();
    }

    /// What the id of a row is made of, whatever rows are above it.
    pub(crate) fn base(&self, row: &Row, identity: Option<&LineIdentity>) -> Result<Base, PullError> {
        if !self.stream.id.is_empty() {
            return Ok(Base::Id(self.stream.source_id(&row.record).unwrap_or_default()));
        }
        if !self.stream.entry_key.is_empty() {
            return self.entry(row);
        }
        let (who, what) = self.who_and_what(row, identity);
        let parts = [who, what, self.day(row)];
        let first = self.content_id(&parts, 0);
        Ok(Base::Content(parts, first))
    }

    /// Counts those alike. Rows come in the order of their file.
    pub(crate) fn number(&mut self, place: &RowPlace, base: Base) -> Result<Numbered, PullError> {
        match base {
            Base::Id(id) => Ok(Numbered::Id(id)),
            Base::Entry(key, hash, content) => self.settle(place, key, hash, content).map(Numbered::Id),
            Base::Content(parts, first) => match self.occurrences.entry(first.clone()) {
                Entry::Vacant(place) => {
                    place.insert(0);
                    Ok(Numbered::Id(first))
                }
                Entry::Occupied(mut count) => {
                    *count.get_mut() += 1;
                    Ok(Numbered::Content(parts, *count.get()))
                }
            },
        }
    }

    /// The id of a row: its own, its entry key, or a digest. Empty when the row lacks the id that the
    /// mapping names (the pipeline quarantines it).
    pub(crate) fn id(&self, numbered: Numbered) -> String {
        match numbered {
            Numbered::Id(id) => id,
            Numbered::Content(parts, occurrence) => self.content_id(&parts, occurrence),
        }
    }

    /// The id of a row that is known by what it says.
    fn content_id(&self, [who, what, day]: &[String; 3], occurrence: u32) -> String {
        self.keys.row_id(&[self.connection, &self.stream.name, who, what, day, &occurrence.to_string()])
    }

    /// What tells a row from others of its day. Where the row says of whom or of what it is, that; else its content.
    fn who_and_what(&self, row: &Row, identity: Option<&LineIdentity>) -> (String, String) {
        let content = || self.content(row);
        let texts = |columns: &[&str]| columns.iter().map(|column| self.text(row, column)).collect::<Vec<_>>().join("\u{1e}");
        match self.stream.kind {
            Kind::Applications => {
                let posting = Some(texts(&["posting_source_id"])).filter(|id| !id.is_empty());
                (first_digest(identity).unwrap_or_else(content), posting.unwrap_or_else(|| texts(&["title"])))
            }
            Kind::Employment => (self.case(row, identity).unwrap_or_else(content), String::new()),
            Kind::Assessments => (self.case(row, identity).unwrap_or_else(content), texts(&["kind", "name"])),
            Kind::Invitations => (self.case(row, identity).unwrap_or_else(content), texts(&["kind", "round", "posting_source_id"])),
            Kind::Postings => (content(), texts(&["title"])),
            Kind::Spend => (content(), texts(&["document"])),
            // The bank's own number; else what the line says, without what an export counts for itself.
            Kind::BankLines => {
                let serial = Some(self.text(row, "serial")).filter(|serial| !serial.is_empty());
                (serial.unwrap_or_else(|| texts(BANK_LINE)), texts(&["account"]))
            }
            // An invoice that was voided since, or found its order, is a version of the same; its items come in their order.
            Kind::Invoices => (Some(self.text(row, "number")).filter(|number| !number.is_empty()).unwrap_or_else(content), String::new()),
            // A corrected figure or another state of the same opening is a version of the same row.
            Kind::ChannelDaily => (texts(&["channel", "account", "recruiter"]), texts(&["posting_source_id", "title", "store"])),
            Kind::Requisitions => (texts(&["department", "store"]), texts(&["title"])),
            Kind::Events | Kind::Reference => (content(), String::new()),
        }
    }

    /// Whose case a row tells of: the application or candidate that it names, else the person.
    fn case(&self, row: &Row, identity: Option<&LineIdentity>) -> Option<String> {
        let named = self.stream.application.iter().chain(&self.stream.candidate);
        named.into_iter().find_map(|path| scalar_text(path.first(&row.record)?)).or_else(|| first_digest(identity))
    }

    /// All that a row says, less its number in the file.
    fn content(&self, row: &Row) -> String {
        self.content_of(row).to_hex().to_string()
    }

    fn content_of(&self, row: &Row) -> blake3::Hash {
        if self.counting.is_empty() {
            return canonical_hash(&row.record);
        }
        let mut record = row.record.clone();
        if let Value::Object(cells) = &mut record {
            cells.retain(|name, _| !self.counting.contains(name));
        }
        canonical_hash(&record)
    }

    /// A ledger line's own key.
    fn entry(&self, row: &Row) -> Result<Base, PullError> {
        let key = composite(&self.stream.entry_key, &row.record).ok_or_else(|| {
            let names: Vec<String> = self.stream.entry_key.iter().map(ToString::to_string).collect();
            PullError::new(PullErrorKind::File, format!("{}: the entry key ({}) is empty", row.place, names.join(", ")))
                .with_hint("fill it in, or leave entry_key out of the mapping")
        })?;
        let hash = print(&blake3::hash(key.as_bytes()));
        Ok(Base::Entry(key, hash, print(&self.content_of(row))))
    }

    /// The same key twice with different content would lose money silently.
    fn settle(&mut self, place: &RowPlace, key: String, hash: Print, content: Print) -> Result<String, PullError> {
        match self.entries.entry(hash) {
            Entry::Occupied(entry) if entry.get().1 != content => {
                let first = &entry.get().0;
                let message = format!("{place}: the same entry key as {first} ({key}), but another content");
                return Err(PullError::new(PullErrorKind::File, message).with_hint("add a column to entry_key that tells them apart"));
            }
            entry => {
                entry.insert_entry((place.clone(), content));
            }
        }
        Ok(key)
    }

    fn cell(&self, row: &Row, column: &str, kind: FieldType) -> Option<Cell> {
        let field = self.stream.fields.get(column)?;
        field.read(kind, &self.stream.scope(&row.record, None, self.zone)).ok().flatten()
    }

    fn text(&self, row: &Row, column: &str) -> String {
        let cell = self.cell(row, column, FieldType::Text);
        cell.and_then(|cell| cell.as_text().map(str::to_owned)).unwrap_or_default()
    }

    /// The local day of the row, as far as it has one.
    fn day(&self, row: &Row) -> String {
        let columns: &[&str] = match self.stream.kind {
            Kind::Applications => &["applied_at", "first_at"],
            Kind::Postings => &["posted_at"],
            Kind::Spend => &["booked_on", "service_from"],
            Kind::BankLines => &["booked_on"],
            Kind::Invoices => &["issued_on"],
            Kind::Requisitions => &["opened_on"],
            Kind::ChannelDaily => &["day"],
            // What was agreed stays when the person comes later.
            Kind::Employment => &["agreed_on", "onboard_on"],
            Kind::Assessments => &["sent_at", "taken_at"],
            Kind::Invitations => &["sent_at", "scheduled_at"],
            Kind::Events | Kind::Reference => &[],
        };
        let day = columns.iter().find_map(|column| match self.cell(row, column, FieldType::Day)? {
            Cell::Day(day) => Some(day.to_string()),
            _ => None,
        });
        day.unwrap_or_default()
    }
}

fn first_digest(identity: Option<&LineIdentity>) -> Option<String> {
    let kinds = [DigestKind::PhoneE164, DigestKind::EmailExact, DigestKind::NameExact];
    let digests = &identity?.digests;
    kinds.iter().find_map(|kind| digests.iter().find(|digest| digest.kind == *kind)).map(|digest| digest.hex().to_string())
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;
    use serde_json::json;

    use super::*;
    use crate::spec::parse_mapping;

    const LEDGER: &str =
        "kind = \"spend\"\n[fields]\nchannel = \"渠道\"\nbooked_on = \"日期\"\nkind = { default = \"daily\" }\nnet = \"金额\"\n";

    fn ids(mapping: &str, records: &[serde_json::Value]) -> Result<Vec<String>, String> {
        let stream = parse_mapping(mapping, "m.toml").unwrap();
        let keys = IdentityKeys::fixed_for_tests();
        let mut ids = RowIds::new(&keys, "ledger", &stream, Shanghai);
        let rows = records.iter().enumerate().map(|(at, record)| Row { place: RowPlace::line(at as u64 + 2), record: record.clone() });
        ids.of_columns(records.iter().filter_map(serde_json::Value::as_object).flatten().map(|(name, _)| name.as_str()));
        let id = |row: Row| -> Result<String, PullError> {
            let base = ids.base(&row, None)?;
            let numbered = ids.number(&row.place, base)?;
            Ok(ids.id(numbered))
        };
        rows.map(id).map(|id| id.map_err(|error| error.message)).collect()
    }

    #[test]
    fn two_equal_lines_are_two_entries_and_stay_the_same_two() {
        let line = json!({"渠道": "某平台", "日期": "2026-03-01", "金额": "50"});
        let other = json!({"渠道": "某平台", "日期": "2026-03-02", "金额": "50"});
        let first = ids(LEDGER, &[line.clone(), line.clone(), other.clone()]).unwrap();
        assert_eq!(first.iter().collect::<std::collections::HashSet<_>>().len(), 3);
        let mut again = ids(LEDGER, &[other, line.clone(), line]).unwrap();
        again.rotate_left(1);
        assert_eq!(again, first);
    }

    #[test]
    fn a_line_is_the_same_wherever_a_file_counts_it() {
        let line = |number: u32, amount: &str| json!({"序号": number, "渠道": "某平台", "日期": "2026-03-01", "金额": amount});
        let whole = ids(LEDGER, &[line(1, "50"), line(2, "50"), line(3, "60")]).unwrap();
        assert_eq!(ids(LEDGER, &[line(1, "50"), line(2, "60")]).unwrap(), [&*whole[0], &*whole[2]]);
        // Who reads the number says that it tells lines apart.
        let read = LEDGER.replace("net = ", "document = \"序号\"\nnet = ");
        assert_ne!(ids(&read, &[line(1, "50")]).unwrap(), ids(&read, &[line(2, "50")]).unwrap());
    }

    #[test]
    fn a_corrected_figure_is_another_state_of_the_same_row() {
        let mapping = "kind = \"channel_daily\"\n[fields]\nchannel = { default = \"boss\" }\nrecruiter = \"招聘者\"\ntitle = \"职位\"\nday = \"日期\"\nresumes = \"收获简历\"\n";
        let cook = json!({"招聘者": "测试甲", "职位": "厨师", "日期": "2026-03-01", "收获简历": 3});
        let corrected = json!({"招聘者": "测试甲", "职位": "厨师", "日期": "2026-03-01", "收获简历": 5});
        let other = json!({"招聘者": "测试乙", "职位": "厨师", "日期": "2026-03-01", "收获简历": 3});
        let ids = |records: &[serde_json::Value]| ids(mapping, records).unwrap();
        assert_eq!(ids(std::slice::from_ref(&cook)), ids(&[corrected]));
        assert_ne!(ids(std::slice::from_ref(&cook)), ids(&[other]));
    }

    #[test]
    fn an_opening_keeps_its_id_while_it_is_filled() {
        let mapping = "kind = \"requisitions\"\n[fields]\ntitle = \"岗位\"\nstore = \"门店\"\nheads = \"人数\"\nopened_on = \"提出日期\"\n";
        let row = |store: &str, heads: u32| json!({"岗位": "店员", "门店": store, "人数": heads, "提出日期": "2026-03-01"});
        let first = ids(mapping, &[row("徐汇", 2), row("静安", 1)]).unwrap();
        assert_eq!(ids(mapping, &[row("徐汇", 3), row("静安", 1)]).unwrap(), first);
        assert_ne!(first.first(), first.last());
    }

    #[test]
    fn an_entry_key_names_the_line_for_good() {
        let mapping = format!("entry_key = [\"单号\", \"行\"]\n{LEDGER}");
        let line = json!({"单号": "A1", "行": 1, "金额": "50"});
        let changed = json!({"单号": "A1", "行": 1, "金额": "60"});
        assert_eq!(ids(&mapping, &[line.clone(), line.clone()]).unwrap(), ["A1/1", "A1/1"]);
        assert_eq!(ids(&mapping, &[line, changed]).unwrap_err(), "line 3: the same entry key as line 2 (A1/1), but another content");
        assert!(ids(&mapping, &[json!({"行": 1})]).unwrap_err().contains("line 2: the entry key (单号, 行) is empty"));
    }
}
