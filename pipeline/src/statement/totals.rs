//! What a statement's rows of totals say, held to the lines above them.

use super::{amount, note, same};
use crate::map::Mapper;
use inflow_connectors::spec::{Cell, Field, FieldType, Kind};
use inflow_connectors::{Statement, StatementFault, StatementPlace};
use rayon::prelude::*;
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Columns that are added up.
fn added(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::BankLines => &["amount", "debit", "credit"],
        _ => &["gross", "net", "tax", "units", "bonus_units"],
    }
}

/// Totals that differ from what they add up. A total may be that of all lines above it (of its sheet), of those since the total before it
/// (a subtotal) or since the last one of its name (months of pages), and of all lines where it stands above them. Of lines in several currencies it
/// may be that of one of them; of a bank's it may be that of what came, of what left, or of both with their signs; of invoices, of those that stand.
pub(super) fn check(mapper: &Mapper, statement: &Statement<'_>) -> Vec<StatementFault> {
    if statement.sums.is_empty() {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for column in added(mapper.stream().kind) {
        let Some(field) = mapper.stream().fields.get(*column) else { continue };
        // A total has no kind and no default.
        let field = Field { when: None, default: None, text: None, ..field.clone() };
        let number = |record: &Value| -> Result<Option<Decimal>, String> {
            let scope = mapper.stream().scope(record, None, chrono_tz::UTC);
            Ok(match field.read(FieldType::Decimal, &scope)? {
                Some(Cell::Decimal(number)) => Some(number),
                _ => None,
            })
        };
        let stated: Vec<Option<Decimal>> = statement.sums.iter().map(|sum| number(sum.record).ok().flatten()).collect();
        if stated.iter().all(Option::is_none) {
            continue;
        }
        let numbers: Result<Vec<Option<Decimal>>, String> = statement.lines.par_iter().map(|line| number(&line.line.record)).collect();
        // A line that cannot be read is said for itself.
        let Ok(numbers) = numbers else { continue };
        let sums = Sums::new(mapper, statement, &numbers);
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
    fn new(mapper: &Mapper, statement: &Statement<'_>, numbers: &[Option<Decimal>]) -> Sums {
        let of = |sign: &dyn Fn(usize) -> Decimal| {
            let mut sum = Decimal::ZERO;
            let mut sums = vec![sum];
            for (at, number) in numbers.iter().enumerate() {
                sum = sum.saturating_add(number.map(|number| number * sign(at)).unwrap_or_default());
                sums.push(sum);
            }
            sums
        };
        let within = |lines: &[usize], at: usize| lines.binary_search(&at).is_ok();
        let one_if = |counts: bool| if counts { Decimal::ONE } else { Decimal::ZERO };
        let mut each: Vec<Vec<Decimal>> =
            parts(mapper, statement, "currency").values().map(|lines| of(&|at| one_if(within(lines, at)))).collect();
        match mapper.stream().kind {
            Kind::BankLines => {
                let sides = parts(mapper, statement, "direction");
                each.extend(sides.values().map(|lines| of(&|at| one_if(within(lines, at)))));
                each.extend(sides.get("OUT").map(|out| of(&|at| if within(out, at) { Decimal::NEGATIVE_ONE } else { Decimal::ONE })));
            }
            Kind::Invoices => {
                let states = parts(mapper, statement, "status");
                let void: Vec<&Vec<usize>> = ["VOIDED", "REVERSED"].iter().filter_map(|state| states.get(*state)).collect();
                each.extend(states.get("VOIDED").map(|lines| of(&|at| one_if(!within(lines, at)))));
                each.extend((!void.is_empty()).then(|| of(&|at| one_if(!void.iter().any(|lines| within(lines, at))))));
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

/// The lines that say each word of a column, in upper case, where they say several.
fn parts(mapper: &Mapper, statement: &Statement<'_>, column: &str) -> BTreeMap<String, Vec<usize>> {
    let mut by: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let Some(field) = mapper.stream().fields.get(column).filter(|field| !field.paths.is_empty()) else { return by };
    for (at, line) in statement.lines.iter().enumerate() {
        let scope = mapper.stream().scope(&line.line.record, None, chrono_tz::UTC);
        let word = field.read(FieldType::Text, &scope).ok().flatten();
        by.entry(word.and_then(|cell| cell.as_text().map(str::to_uppercase)).unwrap_or_default()).or_default().push(at);
    }
    if by.len() > 1 { by } else { BTreeMap::new() }
}

fn difference(sums: &[Decimal], start: usize, end: usize) -> Decimal {
    let at = |at: usize| sums.get(at).copied().unwrap_or_default();
    at(end) - at(start)
}
