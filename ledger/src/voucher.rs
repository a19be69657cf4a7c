//! Accounting vouchers (记账凭证): journal rows in, balanced entries out, by account, auxiliary dimension (辅助核算) and invoice.
//!
//! A journal row moves one amount from the account it credits to the account it debits. [`Chart`] says which account of the company's chart of
//! accounts each side is, and which dimensions that account is kept by; [`vouchers`] adds up what has the same account, side and dimensions.
//! Each row adds the same amount to both sides of one voucher, so every voucher balances, whatever the rows are. A correction is a negative
//! amount and stays on its side (红字): turnover is not changed by it twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::book::Account;

#[cfg(test)]
mod tests;

/// One row of the journal, with the invoice of its ledger line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// Booking day of money, service day of cost, in days since 1970-01-01.
    pub day: i32,
    /// Account that is debited.
    pub debit: Account,
    /// Account that is credited.
    pub credit: Account,
    /// Hundredths of the base currency; negative for a correction.
    pub cents: i64,
    /// What of the ledger line decides account and dimensions.
    pub facts: Facts,
    /// Connection of the ledger line.
    pub connection: String,
    /// Id of the ledger line.
    pub source_id: String,
}

/// What a ledger line says of where its money belongs; empty where it says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Kind of the ledger line.
    pub kind: String,
    /// The channel: the supplier, to an accountant.
    pub channel: String,
    /// The store.
    pub store: String,
    /// The department.
    pub department: String,
    /// The project.
    pub project: String,
    /// The document.
    pub document: String,
    /// Number of the invoice.
    pub invoice: String,
}

/// The accounts of the journal.
pub const ACCOUNTS: [Account; 6] = [Account::Bank, Account::Wallet, Account::Prepaid, Account::InputVat, Account::Cost, Account::Payable];

/// The account of a word in the journal.
pub fn account_of(word: &str) -> Option<Account> {
    ACCOUNTS.into_iter().find(|account| account.as_str() == word)
}

/// By what a company keeps an account apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// 部门
    Department,
    /// 项目
    Project,
    /// 供应商: the channel.
    Supplier,
    /// 发票号
    Invoice,
}

/// An account of the company's chart, for the journal rows that fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Account of the journal.
    pub account: Account,
    /// Only rows with one of these kinds; empty: all. `*` fits whatever is named, for this and the next three.
    pub kinds: Vec<String>,
    /// Only rows of one of these channels.
    pub channels: Vec<String>,
    /// Only rows of one of these stores.
    pub stores: Vec<String>,
    /// Only rows of one of these departments.
    pub departments: Vec<String>,
    /// Code in the company's chart (科目编码).
    pub code: String,
    /// Its name (科目名称).
    pub name: String,
    /// By what the account is kept apart; an importing program refuses a dimension that its account does not have.
    pub dimensions: BTreeSet<Dimension>,
}

impl Rule {
    fn fits(&self, account: Account, facts: &Facts) -> bool {
        let one = |accepted: &[String], found: &str| {
            accepted.is_empty() || accepted.iter().any(|word| word == found || (word == "*" && !found.is_empty()))
        };
        self.account == account
            && one(&self.kinds, &facts.kind)
            && one(&self.channels, &facts.channel)
            && one(&self.stores, &facts.store)
            && one(&self.departments, &facts.department)
    }
}

/// The company's chart of accounts as far as recruiting spend needs it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chart {
    /// The first that fits counts.
    pub rules: Vec<Rule>,
    /// Whether what has no department belongs to its store: companies whose stores are departments in their books.
    pub stores_are_departments: bool,
}

/// Which rows make one voucher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Split {
    /// All of the month.
    #[default]
    Month,
    /// Those of one channel.
    Channel,
    /// Those of one day.
    Day,
}

/// How rows are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Grouping {
    /// Which rows make one voucher.
    pub split: Split,
    /// Whether each ledger line keeps an entry of its own.
    pub detail: bool,
}

/// Side of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// 借
    Debit,
    /// 贷
    Credit,
}

/// One line of a voucher (分录).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Side.
    pub side: Side,
    /// Code in the company's chart.
    pub code: String,
    /// Name in the company's chart.
    pub name: String,
    /// Department, where the account is kept by it; else empty, as are the next three.
    pub department: String,
    /// Project.
    pub project: String,
    /// Channel.
    pub supplier: String,
    /// Invoice.
    pub invoice: String,
    /// Hundredths of the base currency, never zero.
    pub cents: i64,
    /// All kinds of ledger line in it.
    pub kinds: BTreeSet<String>,
    /// All channels in it.
    pub channels: BTreeSet<String>,
    /// All stores in it.
    pub stores: BTreeSet<String>,
    /// All documents in it.
    pub documents: BTreeSet<String>,
}

/// Entries whose debits are equal to their credits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voucher {
    /// Last day of its rows, in days since 1970-01-01.
    pub day: i32,
    /// The channel, when vouchers are split by it.
    pub channel: Option<String>,
    /// Debits first, then by account and dimensions.
    pub entries: Vec<Entry>,
}

impl Voucher {
    /// Sum of one side, in hundredths.
    pub fn total(&self, side: Side) -> i128 {
        self.entries.iter().filter(|entry| entry.side == side).map(|entry| i128::from(entry.cents)).sum()
    }

    /// How many documents it stands on (附单据数).
    pub fn documents(&self) -> usize {
        self.entries.iter().flat_map(|entry| &entry.documents).collect::<BTreeSet<_>>().len()
    }
}

/// Why there is no voucher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VoucherError {
    /// No account of the chart fits a row.
    NoAccount {
        /// Account of the journal.
        account: Account,
        /// The row's facts.
        facts: Box<Facts>,
    },
    /// A sum is too large for an amount of money.
    TooLarge {
        /// Code of the account.
        code: String,
    },
    /// Debits and credits differ.
    Unbalanced {
        /// Debits in hundredths.
        debit: i128,
        /// Credits in hundredths.
        credit: i128,
    },
}

impl fmt::Display for VoucherError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAccount { account, facts } => write!(
                f,
                "no [[account]] fits `{}` (kind `{}`, channel `{}`, store `{}`, department `{}`)",
                account.as_str(),
                facts.kind,
                facts.channel,
                facts.store,
                facts.department
            ),
            Self::TooLarge { code } => write!(f, "the sum of account {code} is too large for an amount of money"),
            Self::Unbalanced { debit, credit } => write!(f, "debits of {debit} and credits of {credit} hundredths do not balance"),
        }
    }
}

impl std::error::Error for VoucherError {}

type VoucherKey = (Option<i32>, Option<String>);
/// Side, code, name, department, project, supplier, invoice, and the ledger line where each keeps its own.
type EntryKey = (Side, String, String, String, String, String, String, Option<(String, String)>);

#[derive(Default)]
struct Sum {
    cents: i128,
    kinds: BTreeSet<String>,
    channels: BTreeSet<String>,
    stores: BTreeSet<String>,
    documents: BTreeSet<String>,
}

/// The vouchers of journal rows, whatever the order of the rows. Entries that sum to zero are left out, and vouchers without entries.
///
/// # Errors
/// When a row has no account in the chart, or a sum is no amount of money any more.
pub fn vouchers(postings: &[Posting], chart: &Chart, grouping: Grouping) -> Result<Vec<Voucher>, VoucherError> {
    let mut all: BTreeMap<VoucherKey, (i32, BTreeMap<EntryKey, Sum>)> = BTreeMap::new();
    for posting in postings {
        let key = match grouping.split {
            Split::Month => (None, None),
            Split::Channel => (None, Some(posting.facts.channel.clone())),
            Split::Day => (Some(posting.day), None),
        };
        let (day, entries) = all.entry(key).or_insert_with(|| (posting.day, BTreeMap::new()));
        *day = (*day).max(posting.day);
        for (side, account) in [(Side::Debit, posting.debit), (Side::Credit, posting.credit)] {
            let sum = entries.entry(entry_key(posting, side, account, chart, grouping.detail)?).or_default();
            sum.cents += i128::from(posting.cents);
            let facts = &posting.facts;
            for (words, word) in [
                (&mut sum.kinds, &facts.kind),
                (&mut sum.channels, &facts.channel),
                (&mut sum.stores, &facts.store),
                (&mut sum.documents, &facts.document),
            ] {
                if !word.is_empty() {
                    words.insert(word.clone());
                }
            }
        }
    }
    let mut made = Vec::new();
    for ((_, channel), (day, sums)) in all {
        let entries = sums.into_iter().filter(|(_, sum)| sum.cents != 0).map(entry).collect::<Result<Vec<_>, _>>()?;
        let voucher = Voucher { day, channel, entries };
        let (debit, credit) = (voucher.total(Side::Debit), voucher.total(Side::Credit));
        if debit != credit {
            return Err(VoucherError::Unbalanced { debit, credit });
        }
        if !voucher.entries.is_empty() {
            made.push(voucher);
        }
    }
    Ok(made)
}

fn entry_key(posting: &Posting, side: Side, account: Account, chart: &Chart, detail: bool) -> Result<EntryKey, VoucherError> {
    let facts = &posting.facts;
    let rule = chart
        .rules
        .iter()
        .find(|rule| rule.fits(account, facts))
        .ok_or_else(|| VoucherError::NoAccount { account, facts: Box::new(facts.clone()) })?;
    let kept = |dimension, word: &str| if rule.dimensions.contains(&dimension) { word.to_owned() } else { String::new() };
    let department = if facts.department.is_empty() && chart.stores_are_departments { &facts.store } else { &facts.department };
    Ok((
        side,
        rule.code.clone(),
        rule.name.clone(),
        kept(Dimension::Department, department),
        kept(Dimension::Project, &facts.project),
        kept(Dimension::Supplier, &facts.channel),
        kept(Dimension::Invoice, &facts.invoice),
        detail.then(|| (posting.connection.clone(), posting.source_id.clone())),
    ))
}

fn entry((key, sum): (EntryKey, Sum)) -> Result<Entry, VoucherError> {
    let (side, code, name, department, project, supplier, invoice, _) = key;
    let Ok(cents) = i64::try_from(sum.cents) else { return Err(VoucherError::TooLarge { code }) };
    let Sum { kinds, channels, stores, documents, .. } = sum;
    Ok(Entry { side, code, name, department, project, supplier, invoice, cents, kinds, channels, stores, documents })
}
