//! What a statement's rows of totals say, held to the lines above them.

use super::{amount, note, same};
use crate::map::Mapper;
use inflow_connectors::spec::{Cell, Field, FieldType, Kind};
use inflow_connectors::{Statement, StatementFault, StatementPlace};
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// Columns that are added up.
fn added_columns(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::BankLines => &["amount", "debit", "credit"],
        _ => &["gross", "net", "tax", "units", "bonus_units"],
    }
}

/// Columns by whose words a total may be of some lines.
fn told_by(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::BankLines => &["currency", "direction"],
        Kind::Invoices => &["currency", "status"],
        _ => &["currency"],
    }
}

/// Reads what is added up of the lines.
pub(super) struct Reader<'m> {
    mapper: &'m Mapper,
    /// The columns that are added up, as they are read of a line and of a total: that has no kind and no default.
    fields: Vec<Option<Field>>,
    /// Those by whose words lines are told apart.
    words: Vec<Option<&'m Field>>,
}

/// What is added up of the lines of a statement, as far as they say it.
#[derive(Debug, Default)]
pub(super) struct Added {
    /// By column: number of the line, and number.
    columns: Vec<Vec<(u32, Decimal)>>,
    /// Of which columns some line cannot be read: that is said for itself.
    unreadable: Vec<bool>,
    /// By column that tells lines apart.
    words: Vec<Words>,
    lines: usize,
}

/// The words of a column, in upper case, and the place among them of each line's.
#[derive(Debug, Default)]
struct Words {
    known: Vec<String>,
    places: Vec<u32>,
}

impl Words {
    fn place(&mut self, word: &str) -> u32 {
        let upper = word.to_uppercase();
        let place = self.known.iter().position(|known| *known == upper).unwrap_or_else(|| {
            self.known.push(upper);
            self.known.len() - 1
        });
        place as u32
    }

    /// Whether a line says a word.
    fn says(&self, at: usize, word: &str) -> bool {
        self.places.get(at).and_then(|place| self.known.get(*place as usize)).is_some_and(|known| known == word)
    }
}

impl<'m> Reader<'m> {
    pub(super) fn new(mapper: &'m Mapper) -> Self {
        let stream = mapper.stream();
        let plain = |column: &&str| Some(Field { when: None, default: None, text: None, ..stream.fields.get(*column)?.clone() });
        let named = |column: &&str| stream.fields.get(*column).filter(|field| !field.paths.is_empty());
        let (fields, words) = (added_columns(stream.kind), told_by(stream.kind));
        Self { mapper, fields: fields.iter().map(plain).collect(), words: words.iter().map(named).collect() }
    }

    fn number(&self, field: &Field, record: &Value) -> Result<Option<Decimal>, String> {
        let scope = self.mapper.stream().scope(record, None, chrono_tz::UTC);
        Ok(match field.read(FieldType::Decimal, &scope)? {
            Some(Cell::Decimal(number)) => Some(number),
            _ => None,
        })
    }

    /// Reads a line.
    pub(super) fn line(&self, at: usize, record: &Value, added: &mut Added) {
        added.lines += 1;
        added.shape(self.fields.len(), self.words.len());
        for ((field, column), unreadable) in self.fields.iter().zip(&mut added.columns).zip(&mut added.unreadable) {
            match field.as_ref().map(|field| self.number(field, record)) {
                Some(Ok(Some(number))) => column.push((at as u32, number)),
                Some(Err(_)) => *unreadable = true,
                _ => {}
            }
        }
        for (field, words) in self.words.iter().zip(&mut added.words) {
            let Some(field) = field else { continue };
            let scope = self.mapper.stream().scope(record, None, chrono_tz::UTC);
            let read = field.read(FieldType::Text, &scope).ok().flatten();
            let place = words.place(read.as_ref().and_then(Cell::as_text).unwrap_or_default());
            words.places.push(place);
        }
    }
}

impl Added {
    fn shape(&mut self, columns: usize, words: usize) {
        self.columns.resize_with(columns, Vec::new);
        self.unreadable.resize(columns, false);
        self.words.resize_with(words, Words::default);
    }

    /// Adds those of the next lines.
    pub(super) fn append(&mut self, next: Self) {
        self.shape(next.columns.len().max(self.columns.len()), next.words.len().max(self.words.len()));
        for (column, more) in self.columns.iter_mut().zip(next.columns) {
            column.extend(more);
        }
        for (unreadable, more) in self.unreadable.iter_mut().zip(next.unreadable) {
            *unreadable |= more;
        }
        for (words, more) in self.words.iter_mut().zip(next.words) {
            let places: Vec<u32> = more.known.iter().map(|word| words.place(word)).collect();
            words.places.extend(more.places.iter().filter_map(|place| places.get(*place as usize)));
        }
        self.lines += next.lines;
    }
}

/// Totals that differ from what they add up. A total may be that of all lines above it (of its sheet), of those since the total before it
/// (a subtotal) or since the last one of its name (months of pages), and of all lines where it stands above them. Of lines in several currencies it
/// may be that of one of them; of a bank's it may be that of what came, of what left, or of both with their signs; of invoices, of those that stand.
pub(super) fn check(mapper: &Mapper, statement: &Statement<'_>, added: &Added) -> Vec<StatementFault> {
    if statement.sums.is_empty() {
        return Vec::new();
    }
    let reader = Reader::new(mapper);
    let mut faults = Vec::new();
    let kind = mapper.stream().kind;
    let columns = added_columns(kind).iter().zip(&reader.fields).zip(added.columns.iter().zip(&added.unreadable));
    for ((column, field), (of_lines, unreadable)) in columns {
        let Some(field) = field else { continue };
        let stated: Vec<Option<Decimal>> = statement.sums.iter().map(|sum| reader.number(field, sum.record).ok().flatten()).collect();
        if *unreadable || stated.iter().all(Option::is_none) {
            continue;
        }
        let sums = Sums::new(kind, added, of_lines);
        let mut before = Before::default();
        for (at, (sum, stated)) in statement.sums.iter().zip(stated).enumerate() {
            let (spans, usual) = before.spans(sum.label, &sum.lines, sum.above);
            let Some(stated) = stated else { continue };
            if spans.iter().any(|(start, end)| sums.any(*start, *end, stated)) {
                continue;
            }
            let all = sums.of(usual.0, usual.1);
            let said = note(
                format!("the total is {}, but the lines that it is of add up to {}", amount(stated), amount(all)),
                format!("合计为 {},而所含各行之和为 {}", amount(stated), amount(all)),
            );
            let hint = note(
                "a line is missing, was changed or is there twice: compare with the source; if the source adds up otherwise, say unchecked = \"totals\" under [file] of the mapping",
                "可能有行缺失、被改动或重复,请与来源核对;若来源的合计口径不同,可在映射的 [file] 中写 unchecked = \"totals\"",
            );
            faults.push(StatementFault { place: StatementPlace::Sum(at), column: (*column).to_owned(), said, hint });
        }
    }
    faults
}

/// Totals that were seen.
#[derive(Default)]
struct Before<'s> {
    /// First line below the last one.
    last: Option<usize>,
    /// The same by name.
    named: HashMap<&'s str, usize>,
}

impl<'s> Before<'s> {
    /// The lines that a total can be of, and those that it would usually be of.
    fn spans(&mut self, label: &'s str, table: &std::ops::Range<usize>, above: usize) -> (BTreeSet<(usize, usize)>, (usize, usize)) {
        let within = |at: &usize| *at >= table.start;
        let last = self.last.filter(within).unwrap_or(table.start);
        let named = self.named.get(label).copied().filter(within).unwrap_or(table.start);
        self.last = Some(above);
        self.named.insert(label, above);
        if above == table.start {
            let all = (table.start, table.end);
            return (BTreeSet::from([all]), all);
        }
        let whole = (table.start, above);
        let part = label.contains("小计") || label.contains("小計") || label.to_lowercase().contains("sub");
        (BTreeSet::from([whole, (last, above), (named, above)]), if part { (last, above) } else { whole })
    }
}

/// Sums of the lines before each line: of all, and of those that a total may be of where lines differ.
struct Sums {
    all: Vec<Decimal>,
    each: Vec<Vec<Decimal>>,
}

impl Sums {
    fn new(kind: Kind, added: &Added, of_lines: &[(u32, Decimal)]) -> Sums {
        let of = |sign: &dyn Fn(usize) -> Decimal| {
            let mut sum = Decimal::ZERO;
            let mut sums = vec![sum];
            let mut next = of_lines.iter().peekable();
            for at in 0..added.lines {
                let number = next.next_if(|(line, _)| *line as usize == at).map(|(_, number)| *number);
                sum = sum.saturating_add(number.map(|number| number * sign(at)).unwrap_or_default());
                sums.push(sum);
            }
            sums
        };
        let one_if = |counts: bool| if counts { Decimal::ONE } else { Decimal::ZERO };
        // Words by which lines differ.
        let several = |place: usize| added.words.get(place).filter(|words| words.known.len() > 1);
        let of_each =
            |words: &Words| -> Vec<Vec<Decimal>> { words.known.iter().map(|word| of(&|at| one_if(words.says(at, word)))).collect() };
        let has = |words: &Words, word: &str| words.known.iter().any(|known| known == word);
        let mut each: Vec<Vec<Decimal>> = several(0).map(of_each).unwrap_or_default();
        match (kind, several(1)) {
            (Kind::BankLines, Some(sides)) => {
                each.extend(of_each(sides));
                let signed = |at: usize| if sides.says(at, "OUT") { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
                each.extend(has(sides, "OUT").then(|| of(&signed)));
            }
            (Kind::Invoices, Some(states)) => {
                let void = has(states, "VOIDED");
                each.extend(void.then(|| of(&|at| one_if(!states.says(at, "VOIDED")))));
                let gone = |at: usize| states.says(at, "VOIDED") || states.says(at, "REVERSED");
                each.extend((void || has(states, "REVERSED")).then(|| of(&|at| one_if(!gone(at)))));
            }
            _ => {}
        }
        Sums { all: of(&|_| Decimal::ONE), each }
    }

    fn of(&self, start: usize, end: usize) -> Decimal {
        difference(&self.all, start, end)
    }

    fn any(&self, start: usize, end: usize, stated: Decimal) -> bool {
        std::iter::once(&self.all).chain(&self.each).any(|sums| same(difference(sums, start, end), stated))
    }
}

fn difference(sums: &[Decimal], start: usize, end: usize) -> Decimal {
    let at = |at: usize| sums.get(at).copied().unwrap_or_default();
    at(end) - at(start)
}
