//! What is wrong with each line for itself.

use super::{amount, note, of_line, same};
use crate::frame::{Cell, Row};
use crate::map::Mapper;
use crate::map::unfit::Unfit;
use crate::version::day_number;
use inflow_config::Currency;
use inflow_connectors::landing::Line;
use inflow_connectors::spec::{Cell as Value, Field, FieldType, Kind, Scope, TimeFormat, currencies_of};
use inflow_connectors::{Note, StatementFault};

/// Columns of money, in which a currency may be named.
fn money(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::BankLines => &["amount", "debit", "credit", "balance"],
        _ => &["gross", "net", "tax"],
    }
}

/// Reads the lines of one statement.
pub(super) struct Reader<'m> {
    mapper: &'m Mapper,
}

impl<'m> Reader<'m> {
    pub(super) fn new(mapper: &'m Mapper) -> Self {
        Self { mapper }
    }

    fn kind(&self) -> Kind {
        self.mapper.stream().kind
    }

    fn field(&self, column: &str) -> Option<&Field> {
        self.mapper.stream().fields.get(column)
    }

    /// A cell as it is written.
    fn written(&self, column: &str, scope: &Scope<'_>) -> Option<String> {
        self.field(column)?.paths.iter().find_map(|path| scope.text(path, None))
    }

    /// What is wrong with a line; `row` and `unfit` are the entry that it is.
    pub(super) fn line(&self, at: usize, line: &Line, row: &Row, unfit: &[Unfit], scope: &Scope<'_>, faults: &mut Vec<StatementFault>) {
        faults.extend(unfit.iter().map(|unfit| self.unfit(at, unfit, scope)));
        if line.id.is_empty() {
            let paths: Vec<String> = self.mapper.stream().id.iter().map(ToString::to_string).collect();
            let said = note("a line without the id that the mapping names", "该行没有映射所指定的编号");
            faults.push(of_line(at, &paths.join(", "), said, &note("fill it in", "请补上编号")));
        }
        faults.extend(self.other_currency(at, row, scope));
        faults.extend(future(at, self.kind().statement_day(), row, scope));
        if self.kind() == Kind::Invoices {
            faults.extend(self.torn_tax(at, scope));
        }
    }

    fn unfit(&self, at: usize, unfit: &Unfit, scope: &Scope<'_>) -> StatementFault {
        let column = unfit.column.as_str();
        let known = self.kind().column(column);
        let Some(written) = self.written(column, scope).filter(|_| unfit.chinese.is_empty()) else {
            let zh = if unfit.chinese.is_empty() { unfit.reason.clone() } else { unfit.chinese.clone() };
            return of_line(at, column, note(unfit.reason.clone(), zh), &note("fill in or correct the cell", "请补上或改正该单元格"));
        };
        let accepted = known.map_or(&[][..], |known| known.accepted);
        let (said, hint) = match known.map(|known| known.value) {
            _ if !accepted.is_empty() => (
                note(
                    format!("the {} {written:?} is not known", column.replace('_', " ")),
                    format!("{} {written:?} 未知", chinese_name(column)),
                ),
                note(
                    format!("say under `words` of the field `{column}` in the mapping which it is: {}", accepted.join(", ")),
                    format!("请在映射 {column} 字段的 words 中注明它是哪一种:{}", accepted.join("、")),
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
        money(self.kind()).iter().find_map(|column| {
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

    /// An invoice whose net and tax do not come to its gross.
    fn torn_tax(&self, at: usize, scope: &Scope<'_>) -> Option<StatementFault> {
        let stated = |column: &str| match self.field(column)?.read(FieldType::Decimal, scope) {
            Ok(Some(Value::Decimal(number))) => Some(number),
            _ => None,
        };
        let (net, tax, gross) = (stated("net")?, stated("tax")?, stated("gross")?);
        let sum = net.checked_add(tax)?;
        if same(sum, gross) {
            return None;
        }
        let [net, tax, gross, sum] = [net, tax, gross, sum].map(amount);
        let said = note(
            format!("the gross is {gross}, but net {net} plus tax {tax} makes {sum}"),
            format!("价税合计为 {gross},而不含税金额 {net} 加税额 {tax} 应为 {sum}"),
        );
        let hint = note(
            "compare with the invoice; if these columns are of something else, map two of the three",
            "请与发票核对;若这些列另有含义,三者只映射其二",
        );
        Some(of_line(at, "gross", said, &hint))
    }
}

/// What a column of words is called in Chinese.
fn chinese_name(column: &str) -> &str {
    match column {
        "kind" => "类型",
        "direction" => "借贷方向",
        "status" => "发票状态",
        "invoice_type" => "发票类型",
        other => other,
    }
}

/// A line that is booked, or an invoice that is issued, after today. Services may lie ahead.
fn future(at: usize, column: &str, row: &Row, scope: &Scope<'_>) -> Option<StatementFault> {
    let today = scope.fetched?.with_timezone(&scope.zone).date_naive();
    let Cell::Day(day) = row.get(column) else { return None };
    let ahead = day - day_number(today);
    if ahead <= 0 {
        return None;
    }
    let booked = today + chrono::Days::new(u64::try_from(ahead).ok()?);
    let said = note(
        format!("{booked} lies in the future: today is {today} in {}", scope.zone),
        format!("{booked} 是将来的日期:{} 的今天是 {today}", scope.zone),
    );
    let hint = if row.table().position("service_from").is_some() {
        note(
            "check year and month; what is paid ahead has its days in service_from and service_to",
            "请检查年月;预付的服务期写在 service_from 与 service_to",
        )
    } else {
        note("check year and month, and the order of day and month", "请检查年月,以及日与月的先后")
    };
    Some(of_line(at, column, said, &hint))
}
