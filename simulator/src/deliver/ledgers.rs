//! The ledgers: the company's own, with corrections, and the statement of Douyin; what the bank says of them, and the invoices.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};
use rust_decimal::{Decimal, RoundingStrategy};

use super::File;
use super::sheets::{Row, clock, redeliver};
use super::table::Table;
use crate::boards::COMPANY;
use crate::world::{Book, Entry, World, channel, instant};

const LEDGER_HEADERS: [&str; 20] = [
    "凭证行号",
    "渠道",
    "账户",
    "单据号",
    "入账日期",
    "服务开始",
    "服务结束",
    "类型",
    "数量",
    "含税金额",
    "税率",
    "税额",
    "不含税金额",
    "币种",
    "发票类型",
    "发票号",
    "付款方",
    "门店",
    "权益",
    "备注",
];

const LEDGER_WITH_VERSION: [&str; 21] = {
    let mut headers = [""; 21];
    let mut index = 0;
    while index < LEDGER_HEADERS.len() {
        headers[index] = LEDGER_HEADERS[index];
        index += 1;
    }
    headers[20] = "更新时间";
    headers
};

const STATEMENT_HEADERS: [&str; 4] = ["日期", "类型", "消耗金额", "门店"];
const BANK_HEADERS: [&str; 8] = ["本方账号", "交易日期", "对方户名", "借方发生额", "贷方发生额", "币种", "流水号", "用途"];
const INVOICE_HEADERS: [&str; 9] = ["发票号码", "开票日期", "发票类型", "销售方", "价税合计", "税额", "币种", "购买方", "单据号"];

/// Who is paid for what belongs to no channel.
const AGENCY: &str = "示例人力资源有限公司";
/// A bill that was paid short, and one that nobody sent an invoice for.
const SHORT_PAID: &str = "D202608-job51";
const NO_INVOICE: &str = "D202609-wuba58";

pub(crate) fn files(world: &World) -> Vec<File> {
    let mut main = Table::new(&LEDGER_WITH_VERSION);
    let mut corrections = Table::new(&LEDGER_WITH_VERSION);
    let numbered = world.ledger.iter().filter(|entry| entry.book == Book::Ledger);
    for (number, entry) in numbered.enumerate() {
        let right = ledger_row(entry, entry.net, if entry.corrected_from.is_some() { 17 } else { 9 });
        match entry.corrected_from {
            None => main.push(right),
            // Which of the two stands in which file says nothing about which is right.
            Some(net) => {
                let wrong = ledger_row(entry, net, 9);
                let (here, there) = if number.is_multiple_of(2) { (wrong, right) } else { (right, wrong) };
                main.push(here);
                corrections.push(there);
            }
        }
    }
    redeliver(&mut main);
    let mut statement = Table::new(&STATEMENT_HEADERS);
    for entry in world.ledger.iter().filter(|entry| entry.book == Book::DouyinStatement) {
        statement.push(Row::from([
            ("日期", entry.booked_on.format("%Y/%m/%d").to_string()),
            ("类型", "点击消耗".to_owned()),
            ("消耗金额", entry.net.to_string()),
            ("门店", entry.store.to_owned()),
        ]));
    }
    vec![
        File::new("exports/ledger/台账.csv", main.utf8()),
        File::new("exports/ledger/台账-更正.csv", corrections.utf8()),
        File::new("exports/douyin/结算单.csv", statement.gbk()),
        File::new("exports/bank/流水.csv", bank(world).utf8()),
        File::new("exports/invoices/发票.csv", invoices(world).utf8()),
    ]
}

/// A bill: what a channel is paid for in a month, or a contract.
struct Bill<'a> {
    document: &'a str,
    first: &'a Entry,
    gross: Decimal,
    /// The part that comes with an invoice, and the tax in it.
    invoiced: Decimal,
    tax: Decimal,
}

/// Every bill of a board or agency, in the order of their documents. Bonuses are paid with the wages.
fn bills(world: &World) -> Vec<Bill<'_>> {
    let mut bills: BTreeMap<(&str, &str), Bill<'_>> = BTreeMap::new();
    for entry in
        world.ledger.iter().filter(|entry| !["consumption", "package_unit", "bonus_credit", "referral_bonus"].contains(&entry.kind))
    {
        let (gross, tax) = gross_and_tax(entry, entry.net);
        let document = entry.document.as_str();
        let bill = bills.entry((document, entry.currency)).or_insert(Bill {
            document,
            first: entry,
            gross: Decimal::ZERO,
            invoiced: Decimal::ZERO,
            tax: Decimal::ZERO,
        });
        bill.gross += gross;
        bill.invoiced += if entry.taxed || entry.book == Book::DouyinStatement { gross } else { Decimal::ZERO };
        bill.tax += tax;
    }
    bills.into_values().filter(|bill| !bill.gross.is_zero()).collect()
}

/// The last day of a day's month.
fn month_end(day: NaiveDate) -> NaiveDate {
    day + Days::new(u64::from(day.num_days_in_month()) - u64::from(day.day()))
}

fn payee(entry: &Entry) -> &'static str {
    channel(entry.channel).map_or(AGENCY, |channel| channel.zh)
}

/// Every bill is paid on the last day of its month; and the bank takes its fee.
fn bank(world: &World) -> Table {
    let mut table = Table::new(&BANK_HEADERS);
    let mut payments: Vec<(NaiveDate, &str, Decimal, &str, &str)> = bills(world)
        .iter()
        .map(|bill| {
            let paid = if bill.document == SHORT_PAID { bill.gross - Decimal::from(100) } else { bill.gross };
            let purpose = if bill.first.book == Book::DouyinStatement { "抖音消耗" } else { bill.document };
            (month_end(bill.first.booked_on), payee(bill.first), paid, bill.first.currency, purpose)
        })
        .collect();
    payments.extend(
        (5..=10).filter_map(|month| Some((NaiveDate::from_ymd_opt(2026, month, 21)?, "示例银行", Decimal::from(15), "CNY", "手续费"))),
    );
    payments.retain(|payment| payment.0 <= world.to);
    payments.sort_by_key(|payment| payment.0);
    for (number, (day, party, amount, currency, purpose)) in payments.into_iter().enumerate() {
        let (out, back) = if amount.is_sign_negative() { (Decimal::ZERO, -amount) } else { (amount, Decimal::ZERO) };
        let column = |amount: Decimal| if amount.is_zero() { String::new() } else { format!("{amount:.2}") };
        table.push(Row::from([
            ("本方账号", "示例基本户".to_owned()),
            ("交易日期", day.format("%Y%m%d").to_string()),
            ("对方户名", party.to_owned()),
            ("借方发生额", column(out)),
            ("贷方发生额", column(back)),
            ("币种", currency.to_owned()),
            ("流水号", format!("LS{number:06}")),
            ("用途", purpose.to_owned()),
        ]));
    }
    table
}

/// An invoice for each bill with tax, at the end of its month, and an ordinary one for what Douyin took; its statement names no documents.
fn invoices(world: &World) -> Table {
    let mut table = Table::new(&INVOICE_HEADERS);
    for bill in bills(world).iter().filter(|bill| !bill.invoiced.is_zero() && bill.document != NO_INVOICE) {
        let taxed = !bill.tax.is_zero();
        let issued = month_end(bill.first.booked_on);
        if issued <= world.to {
            table.push(Row::from([
                ("发票号码", invoice_number(bill.document)),
                ("开票日期", issued.to_string()),
                ("发票类型", if taxed { "专票" } else { "普票" }.to_owned()),
                ("销售方", payee(bill.first).to_owned()),
                ("价税合计", format!("{:.2}", bill.invoiced)),
                ("税额", format!("{:.2}", bill.tax)),
                ("币种", bill.first.currency.to_owned()),
                ("购买方", COMPANY.trim().to_owned()),
                ("单据号", if taxed { bill.document } else { "" }.to_owned()),
            ]));
        }
    }
    table
}

fn invoice_number(document: &str) -> String {
    format!("FP-{document}")
}

/// Amounts are stated in cents, the net of some clicks in tenths of them.
fn gross_and_tax(entry: &Entry, net: Decimal) -> (Decimal, Decimal) {
    let cents = |amount: Decimal| amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    let tax = if entry.taxed { cents(net * Decimal::new(6, 2)) } else { Decimal::ZERO };
    (cents(net + tax), tax)
}

fn ledger_row(entry: &Entry, net: Decimal, hour: u32) -> Row {
    let kind = match entry.kind {
        "subscription" => "订阅",
        "cpc" => "点击",
        "daily" => "日结",
        "refresh" => "刷新",
        "refund" => "退款",
        "recharge" => "充值",
        "bonus_credit" => "赠送",
        "referral_bonus" => "内推奖金",
        "consumption" => "消耗",
        "package" => "套餐",
        "package_unit" => "套餐使用",
        other => other,
    };
    let zh = channel(entry.channel).map_or("", |channel| channel.zh);
    let (gross, tax) = gross_and_tax(entry, net);
    let invoice = if entry.taxed { ("专票", invoice_number(&entry.document)) } else { ("无", String::new()) };
    Row::from([
        ("凭证行号", entry.id.clone()),
        ("渠道", zh.to_owned()),
        ("账户", entry.account().to_owned()),
        ("单据号", entry.document.clone()),
        ("入账日期", entry.booked_on.to_string()),
        ("服务开始", entry.from.to_string()),
        ("服务结束", entry.to.to_string()),
        ("类型", kind.to_owned()),
        ("数量", entry.units.map(|units| units.to_string()).unwrap_or_default()),
        ("含税金额", grouped(gross)),
        ("税率", if entry.taxed { "6%" } else { "0%" }.to_owned()),
        ("税额", tax.to_string()),
        ("不含税金额", grouped(net)),
        ("币种", entry.currency.to_owned()),
        ("发票类型", invoice.0.to_owned()),
        ("发票号", invoice.1),
        ("付款方", COMPANY.trim().to_owned()),
        ("门店", entry.store.to_owned()),
        ("权益", entry.item.to_owned()),
        ("备注", String::new()),
        ("更新时间", clock(instant(entry.booked_on, hour, 0, 0))),
    ])
}

/// As finance writes amounts: `36,800.00`.
fn grouped(amount: Decimal) -> String {
    let text = amount.abs().to_string();
    let (whole, cents) = text.split_once('.').unwrap_or((&text, "00"));
    let mut grouped = String::new();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if amount.is_sign_negative() { "-" } else { "" };
    format!("{sign}{grouped}.{cents}")
}
