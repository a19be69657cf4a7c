//! Numbers of invoices: each invoice stands in a list once, or once for each of its items.

use super::{note, of_line};
use inflow_connectors::spec::{Cell, FieldType, Scope, Stream};
use inflow_connectors::{Statement, StatementFault};
use std::collections::HashMap;

/// What belongs to an invoice as a whole, so that it is the same on all rows of it, with what it is called.
const WHOLE: [(&str, &str, &str); 5] = [
    ("issued_on", "day of issue", "开票日期"),
    ("invoice_type", "type", "发票类型"),
    ("payer", "buyer", "购买方"),
    ("status", "status", "发票状态"),
    ("original", "original invoice", "对应蓝字发票"),
];

/// What a row of its own says beside: where rows are no items, this is of the whole invoice as well.
const ITEM: [(&str, &str, &str); 3] = [("gross", "gross", "价税合计"), ("net", "net", "不含税金额"), ("tax", "tax", "税额")];

/// What a column of items is called, as far as it is.
const ITEM_HEADERS: &[&str] =
    &["货物", "劳务", "服务名称", "项目名称", "商品", "品名", "规格", "单价", "unit price", "item", "product", "goods"];

/// What a row says: number and seller, what belongs to the invoice as a whole, and what is the row's own.
pub(super) struct Paper {
    named: [String; 2],
    whole: [String; WHOLE.len()],
    item: [String; ITEM.len()],
}

/// Reads a row.
pub(super) fn paper(stream: &Stream, scope: &Scope<'_>) -> Paper {
    let said = |column: &str| -> String {
        let Some(field) = stream.fields.get(column) else { return String::new() };
        let kind = stream.kind.column(column).map_or(FieldType::Text, |column| column.value);
        match field.read(kind, scope).ok().flatten() {
            // Written with or without cents.
            Some(Cell::Decimal(number)) => number.normalize().to_string(),
            cell => cell.map(|cell| cell.to_string()).unwrap_or_default(),
        }
    };
    Paper {
        named: ["number", "seller"].map(said),
        whole: WHOLE.map(|(column, ..)| said(column)),
        item: ITEM.map(|(column, ..)| said(column)),
    }
}

/// Rows of an invoice that stands there before: with another content, or, in a list without items, a second time. Invoices of one number by
/// different sellers are several.
pub(super) fn check(papers: &[Paper], statement: &Statement<'_>) -> Vec<StatementFault> {
    let items = statement.headers.iter().any(|header| {
        let header = header.to_lowercase();
        ITEM_HEADERS.iter().any(|word| header.contains(word))
    });
    let hint = note(
        "keep the row that is right; if the rows are items of one invoice, say unchecked = \"numbers\" under [file] of a mapping",
        "请只保留正确的一行;若各行是同一张发票的明细,可在映射的 [file] 中写 unchecked = \"numbers\"",
    );
    let mut first: HashMap<&[String; 2], (usize, &Paper)> = HashMap::new();
    let mut faults = Vec::new();
    for (at, paper) in papers.iter().enumerate() {
        let [number, _] = &paper.named;
        if number.is_empty() {
            continue;
        }
        let (before, earlier) = *first.entry(&paper.named).or_insert((at, paper));
        if before == at {
            continue;
        }
        let row = statement.rows.get(before).copied().unwrap_or_default();
        let whole = WHOLE.iter().zip(earlier.whole.iter().zip(&paper.whole));
        let own = ITEM.iter().zip(earlier.item.iter().zip(&paper.item));
        let other = whole.chain(own.filter(|_| !items)).find(|(_, (was, is))| was != is);
        let (en, zh) = match other {
            Some(((_, en, zh), (was, is))) => (
                format!("the invoice {number} stands in row {row} already, and its {en} is {was:?} there and {is:?} here"),
                format!("发票 {number} 已在第 {row} 行出现,其{zh}那里为 {was:?},这里为 {is:?}"),
            ),
            None if items => continue,
            None => (format!("the invoice {number} stands in row {row} already"), format!("发票 {number} 已在第 {row} 行出现")),
        };
        faults.push(of_line(at, "number", note(en, zh), &hint));
    }
    faults
}
