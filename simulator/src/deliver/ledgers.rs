//! The ledgers: the company's own, with corrections, and the statement of Douyin.

use rust_decimal::{Decimal, RoundingStrategy};

use super::File;
use super::sheets::{Row, clock, redeliver};
use super::table::Table;
use crate::boards::COMPANY;
use crate::world::{Book, Entry, World, channel, instant};

const LEDGER_HEADERS: [&str; 19] = [
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
    "备注",
];

const LEDGER_WITH_VERSION: [&str; 20] = {
    let mut headers = [""; 20];
    let mut index = 0;
    while index < LEDGER_HEADERS.len() {
        headers[index] = LEDGER_HEADERS[index];
        index += 1;
    }
    headers[19] = "更新时间";
    headers
};

const STATEMENT_HEADERS: [&str; 4] = ["日期", "类型", "消耗金额", "门店"];

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
    ]
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
        other => other,
    };
    let zh = channel(entry.channel).map_or("", |channel| channel.zh);
    let taxed = entry.currency == "CNY" && !net.is_sign_negative();
    let rate = if taxed { Decimal::new(6, 2) } else { Decimal::ZERO };
    let tax = (net * rate).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    let invoice = if taxed { ("专票", format!("FP{}", entry.id)) } else { ("无", String::new()) };
    Row::from([
        ("凭证行号", entry.id.clone()),
        ("渠道", zh.to_owned()),
        ("账户", if entry.store.is_empty() { "总部" } else { entry.store }.to_owned()),
        ("单据号", format!("D{}", entry.booked_on.format("%Y%m"))),
        ("入账日期", entry.booked_on.to_string()),
        ("服务开始", entry.from.to_string()),
        ("服务结束", entry.to.to_string()),
        ("类型", kind.to_owned()),
        ("数量", entry.units.map(|units| units.to_string()).unwrap_or_default()),
        ("含税金额", grouped(net + tax)),
        ("税率", if taxed { "6%" } else { "0%" }.to_owned()),
        ("税额", tax.to_string()),
        ("不含税金额", grouped(net)),
        ("币种", entry.currency.to_owned()),
        ("发票类型", invoice.0.to_owned()),
        ("发票号", invoice.1),
        ("付款方", COMPANY.trim().to_owned()),
        ("门店", entry.store.to_owned()),
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
