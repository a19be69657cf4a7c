//! The columns that a mapping may fill, by kind of stream, with their types and accepted words.

use serde::{Deserialize, Serialize};

/// What a stream delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Advertisements: table `postings`.
    Postings,
    /// Cases of candidates: tables `applications`, `candidates` and, by `events`, `stage_events`.
    Applications,
    /// Stage events of applications that another stream delivers.
    Events,
    /// Ledger lines: table `spend`.
    Spend,
    /// A list that others look up (stages, reasons); joined into their lines, never landed itself.
    Reference,
}

impl Kind {
    /// Every kind that can be landed, in the order of the data flow.
    pub const LANDED: [Kind; 4] = [Kind::Postings, Kind::Applications, Kind::Events, Kind::Spend];

    /// The word used in specs, segment headers and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Postings => "postings",
            Kind::Applications => "applications",
            Kind::Events => "events",
            Kind::Spend => "spend",
            Kind::Reference => "reference",
        }
    }

    /// The columns that `fields` may name.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Kind::Postings => POSTINGS,
            Kind::Applications => APPLICATIONS,
            Kind::Spend => SPEND,
            Kind::Events | Kind::Reference => &[],
        }
    }

    /// The column of that name.
    pub fn column(self, name: &str) -> Option<&'static Column> {
        self.columns().iter().find(|column| column.name == name)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Kind::LANDED
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("{text:?} is not a kind of data: one of {}", Kind::LANDED.map(Kind::as_str).join(", ")))
    }
}

/// The type of a mapped value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// Text, trimmed; a list of texts is joined.
    Text,
    /// HTML; the pipeline makes plain text of it.
    Html,
    /// HTML whose entities were escaped once more (Greenhouse).
    EscapedHtml,
    /// A whole number.
    Integer,
    /// A decimal number; currency signs and thousands separators are understood.
    Decimal,
    /// An instant.
    Time,
    /// A calendar day in the connection's zone.
    Day,
    /// true or false.
    Bool,
}

/// A column that a field may fill.
#[derive(Debug)]
pub struct Column {
    /// Its name in the table.
    pub name: &'static str,
    /// Its natural type.
    pub value: FieldType,
    /// Words that it accepts; empty when any text is fine.
    pub accepted: &'static [&'static str],
    /// What the engine does with it before landing.
    pub care: Care,
}

/// What happens to a value before it is landed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// Kept as it came: ids, codes, numbers, times.
    Keep,
    /// Text of people: phones, mails and ID numbers inside are masked.
    Mask,
    /// A person of the company: replaced by a pseudonymous code.
    Code,
}

const fn column(name: &'static str, value: FieldType, care: Care) -> Column {
    Column { name, value, accepted: &[], care }
}

const fn words(name: &'static str, accepted: &'static [&'static str]) -> Column {
    Column { name, value: FieldType::Text, accepted, care: Care::Keep }
}

use Care::{Code, Keep, Mask};
use FieldType::{Day, Decimal, Text, Time};

static POSTINGS: &[Column] = &[
    column("channel", Text, Mask),
    column("requisition_source_id", Text, Keep),
    column("company", Text, Mask),
    column("title", Text, Mask),
    column("place", Text, Mask),
    column("city", Text, Mask),
    column("country", Text, Keep),
    column("store", Text, Mask),
    column("department", Text, Mask),
    column("employment_type", Text, Mask),
    column("recruiter", Text, Code),
    column("url", Text, Keep),
    words("status", &["open", "closed", "draft", "internal"]),
    column("pay_text", Text, Mask),
    column("pay_min", Decimal, Keep),
    column("pay_max", Decimal, Keep),
    column("pay_currency", Text, Keep),
    words("pay_period", &["hour", "day", "week", "month", "year"]),
    column("pay_months", Decimal, Keep),
    column("posted_at", Time, Keep),
    column("updated_at", Time, Keep),
    column("closed_at", Time, Keep),
    column("body", Text, Mask),
];

static APPLICATIONS: &[Column] = &[
    column("source_word", Text, Mask),
    column("source_type", Text, Mask),
    column("posting_source_id", Text, Keep),
    column("requisition_source_id", Text, Keep),
    column("store", Text, Mask),
    column("department", Text, Mask),
    column("city", Text, Mask),
    column("recruiter", Text, Code),
    column("first_at", Time, Keep),
    column("applied_at", Time, Keep),
    words("status", &["open", "hired", "rejected", "withdrawn"]),
    column("outcome_reason", Text, Mask),
];

/// Kinds of ledger lines, as in the table `spend`.
pub const SPEND_KINDS: &[&str] = &[
    "recharge",
    "bonus_credit",
    "consumption",
    "package",
    "package_unit",
    "cpc",
    "daily",
    "subscription",
    "refresh",
    "refund",
    "expiry",
    "referral_bonus",
    "headhunter_fee",
    "rebate",
    "clawback",
    "adjustment",
];

static SPEND: &[Column] = &[
    column("channel", Text, Mask),
    column("account", Text, Mask),
    column("document", Text, Keep),
    column("booked_on", Day, Keep),
    column("service_from", Day, Keep),
    column("service_to", Day, Keep),
    words("kind", SPEND_KINDS),
    column("units", Decimal, Keep),
    column("gross", Decimal, Keep),
    column("tax_rate", Decimal, Keep),
    column("tax", Decimal, Keep),
    column("net", Decimal, Keep),
    column("currency", Text, Keep),
    words("invoice_type", &["special", "ordinary", "none"]),
    column("invoice_number", Text, Keep),
    column("invoice_date", Day, Keep),
    column("payer", Text, Mask),
    column("requisition_source_id", Text, Keep),
    column("store", Text, Mask),
    column("department", Text, Mask),
    column("supersedes", Text, Keep),
    column("note", Text, Mask),
];
