//! Ties beside that of spend that must hold before a month is closed.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use inflow_config::{Config, Lang};
use inflow_store::Store;
use serde_json::{Map, Value};

use super::Month;
use crate::AnalyticsError;
use crate::report::{Query, report_untied};

/// A tie that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Off {
    /// A tie of the report `ties`.
    Books {
        /// Its name there.
        tie: String,
        /// How far it is off, in the base currency.
        difference: String,
    },
    /// A board states another balance of a wallet.
    Wallet {
        /// Channel and account.
        wallet: String,
        /// The board's balance less ours, in the measure of the wallet.
        difference: String,
    },
    /// Money that only one side tells of.
    Bank {
        /// Lines of bank and ledger.
        lines: u64,
    },
}

impl Off {
    /// What is kept of it with the closing.
    pub fn name(&self) -> String {
        match self {
            Self::Books { tie, .. } => tie.clone(),
            Self::Wallet { wallet, .. } => format!("wallet {wallet}"),
            Self::Bank { .. } => "bank".to_owned(),
        }
    }

    /// What is wrong, in a language.
    pub fn sentence(&self, lang: Lang) -> String {
        let zh = lang == Lang::Zh;
        match self {
            Self::Books { tie, difference } if zh => format!("{tie} 勾稽差 {difference}"),
            Self::Books { tie, difference } => format!("the tie {tie} is off by {difference}"),
            Self::Wallet { wallet, difference } if zh => format!("钱包 {wallet} 平台余额与账面差 {difference}"),
            Self::Wallet { wallet, difference } => format!("the board's balance of wallet {wallet} is off by {difference}"),
            Self::Bank { lines } if zh => format!("银行流水与台账有 {lines} 笔未匹配"),
            Self::Bank { lines: 1 } => "1 line of bank or ledger has no other side".to_owned(),
            Self::Bank { lines } => format!("{lines} lines of bank or ledger have no other side"),
        }
    }
}

/// Those that are off of all that a closing from `from` on would freeze: the ties of books, the balances that boards state, and the bank, once it was imported.
/// Lines without a rate are told by the tie of spend.
pub(super) async fn ties_off(
    store: &Store,
    config: &Config,
    month: Month,
    from: NaiveDate,
    now: DateTime<Utc>,
) -> Result<Vec<Off>, AnalyticsError> {
    let ask = async |metric: &str, by: &[&str]| -> Result<Vec<Map<String, Value>>, AnalyticsError> {
        let query = Query {
            metric: metric.to_owned(),
            version: None,
            by: by.iter().map(|name| (*name).to_owned()).collect(),
            from,
            to: month.last(),
            tz: Some(config.settings.company.timezone),
            as_of: now,
            filters: BTreeMap::new(),
        };
        Ok(report_untied(store, config, &query).await?.rows)
    };
    let mut off = Vec::new();
    for row in ask("ties", &[]).await? {
        if let Some(difference) = not_zero(&row, "difference") {
            off.push(Off::Books { tie: text(&row, "tie"), difference });
        }
    }
    for row in ask("wallet", &["channel", "account"]).await? {
        // What was stated for a month that is closed was answered for then.
        let stated = text(&row, "stated_on").parse::<NaiveDate>().is_ok_and(|day| day >= from);
        if let Some(difference) = not_zero(&row, "difference").filter(|_| stated) {
            let account = text(&row, "account");
            let wallet = if account.is_empty() { text(&row, "channel") } else { format!("{}/{account}", text(&row, "channel")) };
            off.push(Off::Wallet { wallet, difference });
        }
    }
    let bank = ask("bank", &["none"]).await?;
    let alone = bank.iter().filter(|row| !matches!(text(row, "outcome").as_str(), "matched" | "no_channel"));
    let lines = alone.filter_map(|row| row.get("lines").and_then(Value::as_u64)).sum();
    if lines > 0 {
        off.push(Off::Bank { lines });
    }
    Ok(off)
}

/// A cell as text; empty where there is none.
fn text(row: &Map<String, Value>, column: &str) -> String {
    match row.get(column) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn not_zero(row: &Map<String, Value>, column: &str) -> Option<String> {
    let difference = text(row, column);
    difference.chars().any(|c| c.is_ascii_digit() && c != '0').then_some(difference)
}
