//! What is wrong with each line for itself, and what its balance has to follow from.

use super::balance::{Entry, Flow};
use super::{note, of_line};
use crate::frame::{Cell, Row};
use crate::map::Mapper;
use crate::map::spend::Unfit;
use crate::version::day_number;
use inflow_config::Currency;
use inflow_connectors::spec::{Cell as Value, Field, FieldType, SPEND_KINDS, Scope, TimeFormat, currencies_of};
use inflow_connectors::{Note, StatementFault, StatementLine};
use rust_decimal::Decimal;

/// Columns of money, in which a currency may be named.
const MONEY: &[&str] = &["gross", "net", "tax"];

/// Some lines, read.
#[derive(Default)]
pub(super) struct Read {
    pub(super) faults: Vec<StatementFault>,
    /// Where balances are stated.
    pub(super) entries: Vec<Entry>,
}

/// Reads the lines of one statement.
pub(super) struct Reader<'m> {
    mapper: &'m Mapper,
    balances: bool,
}

impl<'m> Reader<'m> {
    /// `balances`: what is stated of them is asked for.
    pub(super) fn new(mapper: &'m Mapper, balances: bool) -> Self {
        Self { mapper, balances: balances && mapper.stream().fields.contains_key("balance") }
    }

    fn field(&self, column: &str) -> Option<&Field> {
        self.mapper.stream().fields.get(column)
    }

    /// A cell as it is written.
    fn written(&self, column: &str, scope: &Scope<'_>) -> Option<String> {
        self.field(column)?.paths.iter().find_map(|path| scope.text(path, None))
    }

    /// Reads lines; the first is that of number `first` in the statement.
    pub(super) fn read(&self, first: usize, lines: &[StatementLine<'_>]) -> Read {
        let mut read = Read::default();
        for (at, line) in (first..).zip(lines) {
            self.line(at, line, &mut read);
        }
        read
    }

    fn line(&self, at: usize, told: &StatementLine<'_>, read: &mut Read) {
        let scope = self.mapper.scope(told.line);
        let (row, unfit) = self.mapper.entry(told.line);
        read.faults.extend(unfit.iter().map(|unfit| self.unfit(at, unfit, &scope)));
        if told.line.id.is_empty() {
            let paths: Vec<String> = self.mapper.stream().id.iter().map(ToString::to_string).collect();
            let said = note("a ledger line without the id that the mapping names", "该行没有映射所指定的编号");
            read.faults.push(of_line(at, &paths.join(", "), said, &note("fill it in", "请补上编号")));
        }
        read.faults.extend(self.other_currency(at, &row, &scope));
        read.faults.extend(future(at, &row, &scope));
        if self.balances {
            read.entries.push(self.entry(at, told.row, &row, &unfit, &scope));
        }
    }

    fn unfit(&self, at: usize, unfit: &Unfit, scope: &Scope<'_>) -> StatementFault {
        let column = unfit.column.as_str();
        let known = self.mapper.stream().kind.column(column);
        let Some(written) = self.written(column, scope).filter(|_| unfit.chinese.is_empty()) else {
            let zh = if unfit.chinese.is_empty() { unfit.reason.clone() } else { unfit.chinese.clone() };
            return of_line(at, column, note(unfit.reason.clone(), zh), &note("fill in or correct the cell", "请补上或改正该单元格"));
        };
        let (said, hint) = match known.map(|known| known.value) {
            _ if column == "kind" => (
                note(format!("the kind {written:?} is not known"), format!("类型 {written:?} 未知")),
                note(
                    format!("say under `words` of the field `kind` in the mapping which it is: {}", SPEND_KINDS.join(", ")),
                    format!("请在映射 kind 字段的 words 中注明它是哪一种:{}", SPEND_KINDS.join("、")),
                ),
            ),
            // Read, but beyond what can be kept.
            _ if unfit.reason.contains("too large") || unfit.reason.contains("is not between") => (
                note(unfit.reason.clone(), format!("{written:?} 超出可保存的范围")),
                note("fill in or correct the cell", "请补上或改正该单元格"),
            ),
            Some(FieldType::Decimal | FieldType::Integer) => (
                note(format!("{written:?} is no number that can be read"), format!("{written:?} 不是可识别的数字")),
                note(
                    "numbers are read as 1234.50, 1,234.50, ¥1,234.50, (80.00) or 1.2万",
                    "数字可写作 1234.50、1,234.50、¥1,234.50、(80.00) 或 1.2万",
                ),
            ),
            Some(FieldType::Day | FieldType::Time) => {
                (note(format!("{written:?} is no date that can be read"), format!("{written:?} 不是可识别的日期")), self.dates(column))
            }
            _ => (
                note(unfit.reason.clone(), format!("{written:?} 不是可识别的内容")),
                note("fill in or correct the cell", "请补上或改正该单元格"),
            ),
        };
        of_line(at, column, said, &hint)
    }

    /// How the dates of a column are written.
    fn dates(&self, column: &str) -> Note {
        let stream = self.mapper.stream();
        match self.field(column).and_then(|field| field.format.as_ref()).unwrap_or(&stream.time_format) {
            TimeFormat::IsoLocal | TimeFormat::Relative => {
                note("dates are read as 2026-03-01, 2026/3/1 9:05 or 2026年3月1日", "日期可写作 2026-03-01、2026/3/1 9:05 或 2026年3月1日")
            }
            other => note(format!("the mapping reads dates as {other}"), format!("映射规定的日期格式是 {other}")),
        }
    }

    /// An amount with the sign of another currency than the line's would be booked as what it is not.
    fn other_currency(&self, at: usize, row: &Row, scope: &Scope<'_>) -> Option<StatementFault> {
        let booked = row.get_text("currency");
        MONEY.iter().find_map(|column| {
            let written = self.written(column, scope)?;
            let named = currencies_of(&written);
            let first = named.first()?;
            if booked.parse::<Currency>().is_err() || named.iter().any(|code| code.as_str() == booked) {
                return None;
            }
            let stated = self.field("currency").is_some_and(|field| matches!(field.read(FieldType::Text, scope), Ok(Some(_))));
            let said = if stated {
                note(
                    format!("{written:?} is in {first}, but the currency of the line is {booked}"),
                    format!("{written:?} 的币种是 {first},而该行的币种是 {booked}"),
                )
            } else {
                note(
                    format!("{written:?} is in {first}, but no column names a currency, so that amounts are in {booked}"),
                    format!("{written:?} 的币种是 {first},但没有币种列,金额按 {booked} 计"),
                )
            };
            let hint = note(
                "name the currency of each line in a column of its own, or deliver a statement for each currency",
                "请用单独一列注明每行的币种,或按币种分成几份账单",
            );
            Some(of_line(at, column, said, &hint))
        })
    }

    fn entry(&self, at: usize, number: u64, row: &Row, unfit: &[Unfit], scope: &Scope<'_>) -> Entry {
        let decimal = |column: &str| row.get_text(column).parse::<Decimal>().ok();
        let booked = self.field("booked_on").and_then(|field| field.read(FieldType::Time, scope).ok().flatten());
        let when = match (booked, row.get("booked_on")) {
            (Some(Value::Time(instant, _)), _) => Some(instant.timestamp_millis()),
            (_, Cell::Day(day)) => Some(i64::from(*day) * 86_400_000),
            _ => None,
        };
        let units = decimal("units");
        let given = decimal("bonus_units").filter(|_| row.get_text("kind") == "recharge").unwrap_or_default();
        Entry {
            at,
            row: number,
            wallet: ["channel", "account", "currency"].map(|column| row.get_text(column)).join("\u{1f}"),
            when,
            flow: Flow::of(row.get_text("kind")),
            // The money that moved is what the line says, tax and all.
            money: decimal("gross"),
            units: units.map(|units| units + given),
            balance: decimal("balance"),
            known: unfit.is_empty(),
        }
    }
}

/// A line that is booked after today. Services may lie ahead, bookings may not.
fn future(at: usize, row: &Row, scope: &Scope<'_>) -> Option<StatementFault> {
    let today = scope.fetched?.with_timezone(&scope.zone).date_naive();
    let Cell::Day(day) = row.get("booked_on") else { return None };
    let ahead = day - day_number(today);
    if ahead <= 0 {
        return None;
    }
    let booked = today + chrono::Days::new(u64::try_from(ahead).ok()?);
    let said = note(
        format!("{booked} lies in the future: today is {today} in {}", scope.zone),
        format!("{booked} 是将来的日期:{} 的今天是 {today}", scope.zone),
    );
    let hint = note(
        "check year and month; what is paid ahead has its days in service_from and service_to",
        "请检查年月;预付的服务期写在 service_from 与 service_to",
    );
    Some(of_line(at, "booked_on", said, &hint))
}
