//! Voucher templates: how vouchers are written for an accounting program. Two come with the program, a company's own file starts from one of
//! them (`base`) or says everything itself.

use std::collections::BTreeMap;

use inflow_ledger::Account as JournalAccount;
use inflow_ledger::voucher::{ACCOUNTS, Split, account_of};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Templates that come with the program: name, text.
pub const SHIPPED: [(&str, &str); 2] = [("yonyou", include_str!("yonyou.toml")), ("kingdee", include_str!("kingdee.toml"))];
/// Placeholders of a summary.
pub const PLACEHOLDERS: [&str; 8] = ["month", "account", "channel", "kind", "store", "department", "project", "invoice"];
/// Placeholders of an auxiliary item.
pub const ITEM_PLACEHOLDERS: [&str; 3] = ["name", "code", "text"];

/// How vouchers are written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// A template to start from: `account` goes before its own, the tables of names are added to its own, all else replaces it.
    #[serde(default)]
    pub base: Option<String>,
    /// For people.
    #[serde(default)]
    pub title: String,
    /// csv or xlsx.
    pub format: Form,
    /// Of the file, without the dot [default: the format].
    #[serde(default)]
    pub extension: Option<String>,
    /// Of csv.
    #[serde(default)]
    pub encoding: Encoding,
    /// Lines before the header.
    #[serde(default)]
    pub preamble: Vec<String>,
    /// Whether the first row names the columns.
    #[serde(default = "yes")]
    pub header: bool,
    /// Name of the sheet of an xlsx.
    #[serde(default = "page")]
    pub sheet: String,
    /// Language of channels and kinds in summaries.
    #[serde(default)]
    pub lang: Words,
    /// 凭证字, 凭证类别: 记, 转, ..
    #[serde(default = "word")]
    pub word: String,
    /// Number of the month's first voucher.
    #[serde(default = "one")]
    pub first_number: u32,
    /// Who prepares them.
    #[serde(default)]
    pub preparer: String,
    /// chrono's format of days.
    #[serde(default = "iso")]
    pub date: String,
    /// Format of amounts in an xlsx.
    #[serde(default = "two_decimals")]
    pub number_format: String,
    /// What the side without an amount shows.
    #[serde(default)]
    pub zero: String,
    /// Text of an entry, with placeholders.
    pub summary: String,
    /// Characters of a summary at most.
    #[serde(default = "sixty")]
    pub summary_length: usize,
    /// Programs that split lines at every comma: commas in words become full-width ones, and nothing is quoted.
    #[serde(default)]
    pub without_commas: bool,
    /// Which rows make one voucher: month, channel, day.
    #[serde(default)]
    pub voucher_per: Per,
    /// What has no department belongs to its store.
    #[serde(default)]
    pub stores_are_departments: bool,
    /// How the dimensions of an entry are written into one column.
    #[serde(default)]
    pub auxiliary: Option<Auxiliary>,
    /// The chart of accounts; the first that fits counts.
    #[serde(default)]
    pub account: Vec<Account>,
    /// Columns, in their order.
    #[serde(default)]
    pub column: Vec<Column>,
    /// Channel to the code of the supplier.
    #[serde(default)]
    pub suppliers: BTreeMap<String, Named>,
    /// Department (or store) to its code.
    #[serde(default)]
    pub departments: BTreeMap<String, Named>,
    /// Project to its code.
    #[serde(default)]
    pub projects: BTreeMap<String, Named>,
    /// ISO 4217 code to what the program calls the currency.
    #[serde(default)]
    pub currencies: BTreeMap<String, Named>,
}

/// File formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Text with commas.
    Csv,
    /// A workbook.
    Xlsx,
}

/// Encodings of csv.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8 with a byte-order mark, as Excel wants it.
    #[default]
    Utf8Bom,
    /// UTF-8.
    #[serde(rename = "utf-8")]
    Utf8,
    /// GB 18030, a superset of GBK.
    Gb18030,
}

/// Languages of a template's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Words {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// Which rows make one voucher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// All of the month.
    #[default]
    Month,
    /// Those of one channel.
    Channel,
    /// Those of one day.
    Day,
}

impl From<Per> for Split {
    fn from(per: Per) -> Self {
        match per {
            Per::Month => Self::Month,
            Per::Channel => Self::Channel,
            Per::Day => Self::Day,
        }
    }
}

/// An account of the company's chart.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Account of the journal.
    #[serde(rename = "account", deserialize_with = "journal_account")]
    pub journal: JournalAccount,
    /// Only these kinds of ledger line; `*`: any that is named.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Only these channels.
    #[serde(default)]
    pub channels: Vec<String>,
    /// Only these stores.
    #[serde(default)]
    pub stores: Vec<String>,
    /// Only these departments.
    #[serde(default)]
    pub departments: Vec<String>,
    /// 科目编码
    pub code: String,
    /// 科目名称
    #[serde(default)]
    pub name: String,
    /// 辅助核算
    #[serde(default)]
    pub by: Vec<By>,
}

/// By what an account is kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// 部门
    Department,
    /// 项目
    Project,
    /// 供应商
    Supplier,
    /// 发票
    Invoice,
}

/// A column: a value, or the same text in every row, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub header: String,
    /// What stands in it.
    #[serde(default)]
    pub value: Option<Value>,
    /// The same in every row.
    #[serde(default)]
    pub text: Option<String>,
}

/// What may stand in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Day of the voucher.
    Date,
    /// Its year.
    Year,
    /// Its month as a number.
    Period,
    /// 凭证字
    Word,
    /// 凭证号
    Number,
    /// Number of the entry in its voucher, from 1.
    Line,
    /// How many documents the voucher stands on.
    Documents,
    /// 摘要
    Summary,
    /// 科目编码
    AccountCode,
    /// 科目名称
    AccountName,
    /// 借 or 贷.
    Side,
    /// Amount of a debit.
    Debit,
    /// Amount of a credit.
    Credit,
    /// Amount of either.
    Amount,
    /// Code of the department.
    DepartmentCode,
    /// Its name.
    DepartmentName,
    /// Code of the project.
    ProjectCode,
    /// Its name.
    ProjectName,
    /// Code of the supplier.
    SupplierCode,
    /// Its name.
    SupplierName,
    /// Number of the invoice.
    Invoice,
    /// All dimensions in one cell.
    Auxiliary,
    /// Who prepares it.
    Preparer,
    /// What the program calls the base currency.
    CurrencyCode,
    /// Its name.
    CurrencyName,
}

/// A code, and a name when the program knows it by another.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The code.
    pub code: String,
    /// The name.
    #[serde(default)]
    pub name: Option<String>,
}

/// How the dimensions of an entry are written into one column.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auxiliary {
    /// One of them: {name} of the dimension, {code} and {text} of what it is.
    pub item: String,
    /// Between two.
    pub between: String,
    /// What the program calls departments.
    pub department: String,
    /// .. projects.
    pub project: String,
    /// .. suppliers.
    pub supplier: String,
}

fn yes() -> bool {
    true
}

fn one() -> u32 {
    1
}

fn sixty() -> usize {
    60
}

fn page() -> String {
    "Page1".to_owned()
}

fn word() -> String {
    "记".to_owned()
}

fn iso() -> String {
    "%Y-%m-%d".to_owned()
}

fn two_decimals() -> String {
    "0.00".to_owned()
}

fn journal_account<'de, D: Deserializer<'de>>(word: D) -> Result<JournalAccount, D::Error> {
    let word = String::deserialize(word)?;
    let accepted = || ACCOUNTS.map(JournalAccount::as_str).join(", ");
    account_of(&word).ok_or_else(|| D::Error::custom(format!("`{word}` is no account of the journal, accepted: {}", accepted())))
}
