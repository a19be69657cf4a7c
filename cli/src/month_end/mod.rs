//! 月末费用表: the workbook that finance takes away at a month's end. Figures come from [`inflow_analytics::month_end`]; here they get
//! their places, formulas and words.

mod plain;
mod tables;
#[cfg(test)]
mod tests;
mod ties;
mod words;

use chrono::{DateTime, Utc};
use inflow_actions::workbook::{Book, Cell, Sheet};
use inflow_analytics::MonthEnd;
use inflow_config::{Config, Lang};
use rust_decimal::Decimal;

pub use inflow_actions::workbook::workbook;
pub use plain::files;
pub use words::{channel, kind};

use tables::Scene;
use ties::Tie;

/// What became of the month's figures.
pub struct Made {
    /// The workbook.
    pub book: Book,
    /// Whether every tie holds.
    pub ties: bool,
    /// Ledger lines that are in no sum, for their currency has no rate.
    pub unconverted: u64,
    /// Faults of the ledger in the month.
    pub faults: usize,
}

/// The workbook of a month.
pub fn made(month: &MonthEnd, config: &Config, lang: Lang, made: DateTime<Utc>) -> Made {
    let scene = Scene { config, lang, month, currency: config.settings.company.currency.to_string() };
    let (summary, at) = tables::summary(&scene);
    let by = |name: &str, header_en: &str, header_zh: &str, report, dimension| {
        tables::matrix(&scene, name, ties::dimension(&scene, header_en, header_zh), report, dimension)
    };
    let store = by(scene.pick("By store", "按门店"), "Store", "门店", &month.by_store, "store");
    let department = by(scene.pick("By department", "按部门"), "Department", "部门", &month.by_department, "department");
    let kind = by(scene.pick("By kind", "按类型"), "Kind", "类型", &month.by_kind, "kind");
    let cash = tables::cash(&scene);
    let entries = tables::entries(&scene);
    let [wallets, units] = tables::wallets(&scene);
    let packages = tables::packages(&scene);
    let accounts = ties::accounts(&scene);

    let accrued = || summary.total_of(at.accrued);
    let paid = || summary.total_of(at.cash);
    let turnover = |account: &str| month.accounts.iter().find(|one| one.account == account);
    let moved = |account: &str| turnover(account).map(|one| one.debit - one.credit).unwrap_or_default();
    let held = turnover("wallet").map(|one| one.opening + one.debit - one.credit).unwrap_or_default();
    let edge = |sheet: &Sheet| sheet.total_of(sheet.columns.len() - 1);
    let tie = |en: &str, zh: &str, left, right| Tie { name: scene.pick(en, zh).to_owned(), left, right, open: 0 };
    let mut checked = vec![
        tie("Summary, accrued = ledger", "渠道汇总权责费用 = 台账", accrued(), ties::reconciled(&month.spend, "ledger")),
        tie("Summary, accrued = by store", "渠道汇总权责费用 = 按门店合计", accrued(), edge(&store)),
        tie("Summary, accrued = by department", "渠道汇总权责费用 = 按部门合计", accrued(), edge(&department)),
        tie("Summary, accrued = by kind", "渠道汇总权责费用 = 按类型合计", accrued(), edge(&kind)),
        tie("Summary, accrued = entries, accrued", "渠道汇总权责费用 = 费用明细合计", accrued(), entries.total_of(tables::ENTRY_ACCRUED)),
        tie("Summary, accrued = accounts, cost", "渠道汇总权责费用 = 费用科目发生额", accrued(), Cell::Number(moved("cost"))),
        tie("Summary, cash = cash, paid", "渠道汇总现金支出 = 现金与权责合计", paid(), edge(&cash)),
        tie("Summary, cash = entries, cash", "渠道汇总现金支出 = 费用明细合计", paid(), entries.total_of(tables::ENTRY_ACCRUED + 1)),
        tie("Summary, cash = accounts, bank", "渠道汇总现金支出 = 银行科目净付出", paid(), Cell::Number(Decimal::ZERO - moved("bank"))),
        tie(
            "Wallets, closing = accounts, wallets",
            "账户余额期末 = 平台账户科目余额",
            wallets.total_of(tables::WALLET_CLOSING),
            Cell::Number(held),
        ),
        tie("Accounts, debits = credits", "科目借方合计 = 贷方合计", accounts.total_of(2), accounts.total_of(3)),
    ];
    checked.extend(ties::of_metric(&scene));
    let (tied, all_tie) = ties::ties(&scene, checked);
    let faults = ties::faults(&scene);
    let mut sheets = vec![summary, store, department, kind, cash, entries, wallets, units, packages, tied, accounts, faults];
    let program = format!(
        "inflow {}, {}",
        env!("CARGO_PKG_VERSION"),
        made.with_timezone(&config.settings.company.timezone).format("%Y-%m-%d %H:%M %Z")
    );
    sheets.push(ties::definitions(&scene, &sheets, &program));
    let title = match lang {
        Lang::En => format!("Recruiting spend of {}", month.month),
        Lang::Zh => format!("月末费用表 {}", month.month),
    };
    let subject = scene.pick("Recruiting channel spend", "招聘渠道费用").to_owned();
    let book = Book { title, subject, company: config.settings.company.name.clone(), lang, currency: scene.currency, made, sheets };
    Made { book, ties: all_tie, unconverted: ties::unconverted(&month.spend), faults: month.faults.rows.len() }
}
