//! What the workbook calls things, in both languages.

use inflow_config::Lang;

pub use inflow_actions::words::{channel, pick, status};

/// Kind of a ledger line.
pub fn kind(lang: Lang, kind: &str) -> &str {
    let (en, zh) = match kind {
        "recharge" => ("Recharge", "充值"),
        "bonus_credit" => ("Bonus credit", "赠送"),
        "consumption" => ("Consumption", "消耗"),
        "package" => ("Package", "套餐"),
        "package_unit" => ("Package unit", "套餐用量"),
        "cpc" => ("Cost per click", "点击"),
        "daily" => ("Daily", "日结"),
        "subscription" => ("Subscription", "订阅"),
        "refresh" => ("Refresh", "刷新"),
        "refund" => ("Refund", "退款"),
        "expiry" => ("Expiry", "过期"),
        "referral_bonus" => ("Referral bonus", "内推奖金"),
        "headhunter_fee" => ("Headhunter fee", "猎头费"),
        "rebate" => ("Rebate", "返利"),
        "clawback" => ("Clawback", "追回"),
        "adjustment" => ("Adjustment", "调整"),
        other => return other,
    };
    pick(lang, en, zh)
}

/// An account of the journal.
pub fn account(lang: Lang, account: &str) -> &str {
    let (en, zh) = match account {
        "bank" => ("Bank", "银行存款"),
        "wallet" => ("Wallets at boards", "平台账户余额"),
        "prepaid" => ("Prepaid", "预付账款"),
        "input_vat" => ("Input VAT", "进项税额"),
        "cost" => ("Recruiting cost", "招聘费用"),
        "payable" => ("Payable", "应付账款"),
        other => return other,
    };
    pick(lang, en, zh)
}

/// Type of an invoice.
pub fn invoice_type(lang: Lang, invoice: &str) -> &str {
    match invoice {
        "special" => pick(lang, "special", "专票"),
        "ordinary" => pick(lang, "ordinary", "普票"),
        "none" => pick(lang, "none", "无票"),
        other => other,
    }
}

/// By what a package's price is given to its use.
pub fn rule(lang: Lang, rule: &str) -> &str {
    match rule {
        "day" => pick(lang, "by day", "按天"),
        "unit" => pick(lang, "by unit", "按量"),
        "price" => pick(lang, "by price", "按价"),
        other => other,
    }
}

/// A tie of the metric.
pub fn tie(lang: Lang, tie: &str) -> &str {
    let (en, zh) = match tie {
        "channels" => ("Cost of channels and unallocated = journal, cost", "渠道费用与未分摊 = 分录费用"),
        "ledger" => ("Journal, paid = ledger lines at their rates", "分录付款 = 台账行按汇率折算"),
        "wallets" => ("Journal, held in wallets = moves of the wallets", "分录平台账户余额 = 账户变动累计"),
        "prepaid" => ("Journal, prepaid and payable = what is still to be cost", "分录预付与应付余额 = 尚待计入的费用"),
        other => return other,
    };
    pick(lang, en, zh)
}

/// Why something of the ledger does not fit.
pub fn reason(lang: Lang, reason: &str) -> &str {
    let (en, zh) = match reason {
        "no_rate" => ("no rate of its currency on that day", "当日无汇率"),
        "no_wallet" => ("used from a wallet that was never filled", "账户未曾充值"),
        "no_units" => ("the wallet counts in units, and the line has none", "账户按点数计,此行无点数"),
        "below_zero" => ("the wallet falls below zero", "账户余额为负"),
        "balance_differs" => ("the board states another balance", "与平台余额不符"),
        "no_package" => ("its package is not known", "找不到套餐"),
        "no_item" => ("the package has no such entitlement", "套餐无此权益"),
        "over_entitlement" => ("more was used than the package holds", "超出套餐数量"),
        "no_accrual" => ("a bonus, fee or clawback of no hire that it is owed for", "奖金、猎头费或退费无对应入职者"),
        "amount_differs" => ("another amount was paid for a hire than is owed", "实付与该入职者应付不符"),
        "no_pay" => ("a fee in percent of pay that nobody states", "按年薪比例计的猎头费缺少年薪"),
        "no_leave_day" => ("the last day of work is not known", "离职日期不明"),
        "no_basis" => ("nobody was counted by whom it could be divided", "该月无可据以分摊的人数"),
        "outside_validity" => ("used outside the package's validity", "不在套餐有效期内"),
        other => return other,
    };
    pick(lang, en, zh)
}
