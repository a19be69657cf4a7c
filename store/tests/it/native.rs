//! ClickHouse's Native format, read here by itself: blocks of columns, as drivers read them, with nothing of the product's.
//!
//! After the documentation of the format and of the drivers: a block is, from revision 1 on, a preamble; then the number of columns and rows; then of each
//! column its name, its type, from revision 54454 on a flag, and its values.

use std::fmt::Write;

/// A block's columns: name, type, values as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: String,
    pub values: Vec<String>,
}

/// Reads all blocks of an answer; columns of one name and place are put together.
pub fn columns(bytes: &[u8], revision: u64) -> Vec<Column> {
    let mut reader = Reader { bytes };
    let mut all: Vec<Column> = Vec::new();
    while !reader.bytes.is_empty() {
        let block = reader.block(revision);
        if all.is_empty() {
            all = block;
            continue;
        }
        assert_eq!(all.len(), block.len(), "blocks of one answer have the same columns");
        for (all, one) in all.iter_mut().zip(block) {
            assert_eq!((&all.name, &all.kind), (&one.name, &one.kind));
            all.values.extend(one.values);
        }
    }
    all
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        assert!(count <= self.bytes.len(), "{count} bytes more, and there are {}", self.bytes.len());
        let (taken, rest) = self.bytes.split_at(count);
        self.bytes = rest;
        taken
    }

    fn unsigned(&mut self, width: usize) -> u128 {
        let mut whole = [0; 16];
        whole[..width].copy_from_slice(self.take(width));
        u128::from_le_bytes(whole)
    }

    fn signed(&mut self, width: usize) -> i128 {
        let shift = 128 - 8 * width as u32;
        (self.unsigned(width) << shift).cast_signed() >> shift
    }

    fn size(&mut self) -> usize {
        usize::try_from(self.unsigned(8)).unwrap()
    }

    fn varint(&mut self) -> u64 {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return value;
            }
        }
        panic!("a number of more than ten bytes");
    }

    fn text(&mut self) -> String {
        let length = self.varint() as usize;
        String::from_utf8(self.take(length).to_vec()).unwrap()
    }

    fn block(&mut self, revision: u64) -> Vec<Column> {
        if revision > 0 {
            assert_eq!((self.varint(), self.take(1), self.varint(), self.signed(4), self.varint()), (1, &[0][..], 2, -1, 0));
        }
        let (count, rows) = (self.varint(), self.varint() as usize);
        let column = |reader: &mut Self| {
            let (name, kind) = (reader.text(), reader.text());
            if revision >= 54454 {
                assert_eq!(reader.take(1), [0], "no serialization of its own");
            }
            let parsed = Type::parse(&kind);
            let values = if rows == 0 {
                Vec::new()
            } else {
                reader.prefix(&parsed);
                reader.values(&parsed, rows)
            };
            Column { name, kind, values }
        };
        (0..count).map(|_| column(self)).collect()
    }

    /// What stands before a column's values: of each dictionary in it, its version.
    fn prefix(&mut self, kind: &Type) {
        if kind.name == "LowCardinality" {
            assert_eq!(self.unsigned(8), 1, "a dictionary with keys of its own");
            return;
        }
        for inner in kind.inner() {
            self.prefix(&inner);
        }
    }

    fn values(&mut self, kind: &Type, rows: usize) -> Vec<String> {
        match kind.name.as_str() {
            "Nullable" => {
                let nulls = self.take(rows);
                let values = self.values(&kind.inner()[0], rows);
                nulls.iter().zip(values).map(|(null, value)| if *null == 1 { "NULL".to_owned() } else { value }).collect()
            }
            "LowCardinality" => self.dictionary(&kind.inner()[0], rows),
            "Array" => self.arrays(rows, |reader, count| reader.values(&kind.inner()[0], count)),
            "Map" => {
                let inner = kind.inner();
                let pairs = self.arrays_of(rows, |reader, count| {
                    let (keys, values) = (reader.values(&inner[0], count), reader.values(&inner[1], count));
                    keys.into_iter().zip(values).map(|(key, value)| format!("{key}:{value}")).collect()
                });
                pairs.into_iter().map(|pairs| format!("{{{}}}", pairs.join(","))).collect()
            }
            "Tuple" => {
                let parts: Vec<Vec<String>> = kind.inner().iter().map(|inner| self.values(inner, rows)).collect();
                (0..rows).map(|row| format!("({})", parts.iter().map(|part| part[row].as_str()).collect::<Vec<_>>().join(","))).collect()
            }
            _ => (0..rows).map(|_| self.value(kind)).collect(),
        }
    }

    fn arrays(&mut self, rows: usize, read: impl FnOnce(&mut Self, usize) -> Vec<String>) -> Vec<String> {
        self.arrays_of(rows, read).into_iter().map(|values| format!("[{}]", values.join(","))).collect()
    }

    /// Ends of all arrays, then the values of all of them.
    fn arrays_of(&mut self, rows: usize, read: impl FnOnce(&mut Self, usize) -> Vec<String>) -> Vec<Vec<String>> {
        let ends: Vec<usize> = (0..rows).map(|_| self.size()).collect();
        let count = ends.last().copied().unwrap_or_default();
        let values = if count == 0 { Vec::new() } else { read(self, count) };
        let mut start = 0;
        ends.iter()
            .map(|end| {
                let part = values[start..*end].to_vec();
                start = *end;
                part
            })
            .collect()
    }

    /// The words, of which the first stands for null where that is one, and of each row the number of its word.
    fn dictionary(&mut self, kind: &Type, rows: usize) -> Vec<String> {
        let flags = self.unsigned(8);
        assert_eq!(flags & !0xff, (1 << 9) | (1 << 10), "words of its own, new in each block");
        let count = self.size();
        let nullable = kind.name == "Nullable";
        let mut words = if nullable { self.values(&kind.inner()[0], count) } else { self.values(kind, count) };
        if nullable {
            "NULL".clone_into(&mut words[0]);
        }
        assert_eq!(self.size(), rows);
        let width = 1 << (flags & 0xff);
        (0..rows).map(|_| words[self.unsigned(width) as usize].clone()).collect()
    }

    fn value(&mut self, kind: &Type) -> String {
        match kind.name.as_str() {
            "String" => self.text(),
            "FixedString" => {
                let bytes = self.take(kind.number(0) as usize);
                String::from_utf8_lossy(bytes).into_owned()
            }
            "Bool" => (self.unsigned(1) == 1).to_string(),
            "UInt8" => self.unsigned(1).to_string(),
            "UInt16" => self.unsigned(2).to_string(),
            "UInt32" => self.unsigned(4).to_string(),
            "UInt64" => self.unsigned(8).to_string(),
            "UInt128" => self.unsigned(16).to_string(),
            "Int8" => self.signed(1).to_string(),
            "Int16" => self.signed(2).to_string(),
            "Int32" => self.signed(4).to_string(),
            "Int64" => self.signed(8).to_string(),
            "Int128" => self.signed(16).to_string(),
            "Float32" => f32::from_le_bytes(self.take(4).try_into().unwrap()).to_string(),
            "Float64" => f64::from_le_bytes(self.take(8).try_into().unwrap()).to_string(),
            "Date" => day(self.unsigned(2).cast_signed()),
            "Date32" => day(self.signed(4)),
            "DateTime" => instant(self.unsigned(4).cast_signed(), 0, kind.zone(0)),
            "DateTime64" => instant(self.signed(8), kind.number(0) as u32, kind.zone(1)),
            "Decimal" => {
                let (digits, scale) = (kind.number(0), kind.number(1));
                let width = if digits <= 9 {
                    4
                } else if digits <= 18 {
                    8
                } else {
                    16
                };
                decimal(self.signed(width), scale as u32)
            }
            "Enum8" => kind.word(self.signed(1)),
            "Enum16" => kind.word(self.signed(2)),
            "UUID" => {
                let (high, low) = (self.unsigned(8), self.unsigned(8));
                let hex = format!("{:032x}", high << 64 | low);
                [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| hex.get(part).unwrap()).join("-")
            }
            "IPv4" => std::net::Ipv4Addr::from(self.unsigned(4) as u32).to_string(),
            "Nothing" => {
                self.take(1);
                "nothing".to_owned()
            }
            other => panic!("a type that is not read: {other}"),
        }
    }
}

fn day(days: i128) -> String {
    (chrono::NaiveDate::default() + chrono::Duration::days(days as i64)).to_string()
}

fn instant(ticks: i128, scale: u32, zone: &str) -> String {
    let unit = 10_i128.pow(scale);
    let zone: chrono_tz::Tz = zone.parse().unwrap();
    let whole = chrono::DateTime::from_timestamp(ticks.div_euclid(unit) as i64, 0).unwrap().with_timezone(&zone);
    let mut text = whole.format("%F %T").to_string();
    if scale > 0 {
        write!(text, ".{:0width$}", ticks.rem_euclid(unit), width = scale as usize).unwrap();
    }
    text
}

fn decimal(value: i128, scale: u32) -> String {
    let unit = 10_u128.pow(scale);
    let (sign, value) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    if scale == 0 { format!("{sign}{value}") } else { format!("{sign}{}.{:0width$}", value / unit, value % unit, width = scale as usize) }
}

/// `Name(argument, ..)`.
#[derive(Debug, Clone)]
struct Type {
    name: String,
    arguments: Vec<String>,
}

impl Type {
    fn parse(text: &str) -> Type {
        let Some((name, rest)) = text.split_once('(') else { return Type { name: text.to_owned(), arguments: Vec::new() } };
        let inside = rest.strip_suffix(')').unwrap_or_else(|| panic!("{text} has no end"));
        let (mut depth, mut quoted) = (0, false);
        let mut arguments = vec![String::new()];
        for letter in inside.chars() {
            match letter {
                '\'' => quoted = !quoted,
                '(' if !quoted => depth += 1,
                ')' if !quoted => depth -= 1,
                ',' if !quoted && depth == 0 => {
                    arguments.push(String::new());
                    continue;
                }
                _ => {}
            }
            arguments.last_mut().unwrap().push(letter);
        }
        Type { name: name.to_owned(), arguments: arguments.iter().map(|argument| argument.trim().to_owned()).collect() }
    }

    /// Types within; a tuple's may have names.
    fn inner(&self) -> Vec<Type> {
        if !["Nullable", "LowCardinality", "Array", "Map", "Tuple"].contains(&self.name.as_str()) {
            return Vec::new();
        }
        let unnamed = |text: &str| match text.split_once(' ') {
            Some((name, kind)) if self.name == "Tuple" && !name.contains('(') => kind.to_owned(),
            _ => text.to_owned(),
        };
        self.arguments.iter().map(|text| Type::parse(&unnamed(text))).collect()
    }

    fn number(&self, place: usize) -> u64 {
        self.arguments[place].parse().unwrap()
    }

    fn zone(&self, place: usize) -> &str {
        self.arguments.get(place).map_or("UTC", |zone| zone.trim_matches('\''))
    }

    fn word(&self, value: i128) -> String {
        let words = self.arguments.iter().filter_map(|argument| argument.rsplit_once(" = "));
        let found = words.filter(|(_, number)| number.parse() == Ok(value)).map(|(word, _)| word.trim_matches('\'').to_owned()).next();
        found.unwrap_or_else(|| panic!("{value} is none of {:?}", self.arguments))
    }
}
