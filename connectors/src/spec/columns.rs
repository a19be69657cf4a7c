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
    /// Movements of the company's bank accounts: table `bank_lines`.
    BankLines,
    /// Invoices that suppliers issued to the company: table `invoices`.
    Invoices,
    /// Openings inside the company: table `requisitions`.
    Requisitions,
    /// Counts that a board publishes by day, never added to people: table `channel_daily`.
    ChannelDaily,
    /// Who came, stayed and left: tables `employment` and `candidates`.
    Employment,
    /// Tests, interviews with a machine, certificates: tables `assessments` and `candidates`.
    Assessments,
    /// Invitations to interviews and what became of them: tables `invitations` and `candidates`.
    Invitations,
    /// A list that others look up (stages, reasons); joined into their lines, never landed itself.
    Reference,
}

impl Kind {
    /// Every kind that can be landed, in the order of the data flow.
    pub const LANDED: [Kind; 11] = [
        Kind::Requisitions,
        Kind::Postings,
        Kind::Applications,
        Kind::Events,
        Kind::ChannelDaily,
        Kind::Spend,
        Kind::BankLines,
        Kind::Invoices,
        Kind::Employment,
        Kind::Assessments,
        Kind::Invitations,
    ];

    /// The word used in specs and segment headers; on the command line with `-` for `_`.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Postings => "postings",
            Kind::Applications => "applications",
            Kind::Events => "events",
            Kind::Spend => "spend",
            Kind::BankLines => "bank_lines",
            Kind::Invoices => "invoices",
            Kind::Requisitions => "requisitions",
            Kind::ChannelDaily => "channel_daily",
            Kind::Employment => "employment",
            Kind::Assessments => "assessments",
            Kind::Invitations => "invitations",
            Kind::Reference => "reference",
        }
    }

    /// The columns that `fields` may name.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Kind::Postings => POSTINGS,
            Kind::Applications => APPLICATIONS,
            Kind::Spend => SPEND,
            Kind::BankLines => BANK_LINES,
            Kind::Invoices => INVOICES,
            Kind::Requisitions => REQUISITIONS,
            Kind::ChannelDaily => CHANNEL_DAILY,
            Kind::Employment => EMPLOYMENT,
            Kind::Assessments => ASSESSMENTS,
            Kind::Invitations => INVITATIONS,
            Kind::Events | Kind::Reference => &[],
        }
    }

    /// True for kinds whose records are about one person: they may carry `identity` and `candidate`.
    pub fn is_about_people(self) -> bool {
        matches!(self, Kind::Applications) || self.tells_of_a_case()
    }

    /// True for kinds whose files are statements of money: taken whole or not at all.
    pub fn is_statement(self) -> bool {
        matches!(self, Kind::Spend | Kind::BankLines | Kind::Invoices)
    }

    /// The column of the day to which a line of a statement belongs: its booking, or its issue.
    pub fn statement_day(self) -> &'static str {
        if self == Kind::Invoices { "issued_on" } else { "booked_on" }
    }

    /// True for kinds that tell what became of a case that another stream delivers: `application`, `candidate` or
    /// `identity` says whose.
    pub fn tells_of_a_case(self) -> bool {
        matches!(self, Kind::Employment | Kind::Assessments | Kind::Invitations)
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
        let word = text.replace('-', "_");
        Kind::LANDED
            .into_iter()
            .find(|kind| kind.as_str() == word)
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
    /// What a source says that a person can do or wants: masked like [`Care::Mask`], and parts that tell of sex, age, marriage or
    /// anything else that is never kept are taken out.
    Traits,
    /// A person of the company: replaced by a pseudonymous code.
    Code,
    /// Who pays or is paid: a company's name or a channel's is kept, anybody else becomes a pseudonymous code.
    Party,
    /// What a payment is said to be for: masked like [`Care::Mask`], and not kept where the other side of it is a person.
    Purpose,
    /// A link that a person was sent: its host alone is kept, since what follows lets in whoever has it.
    Host,
}

const fn column(name: &'static str, value: FieldType, care: Care) -> Column {
    Column { name, value, accepted: &[], care }
}

const fn words(name: &'static str, accepted: &'static [&'static str]) -> Column {
    Column { name, value: FieldType::Text, accepted, care: Care::Keep }
}

use Care::{Code, Host, Keep, Mask, Party, Purpose, Traits};
use FieldType::{Day, Decimal, Integer, Text, Time};

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
    // The job's title, where the source has no id for it.
    column("title", Text, Mask),
    column("store", Text, Mask),
    column("department", Text, Mask),
    column("city", Text, Mask),
    column("recruiter", Text, Code),
    column("first_at", Time, Keep),
    column("applied_at", Time, Keep),
    words("status", &["open", "hired", "rejected", "withdrawn"]),
    column("outcome_reason", Text, Mask),
    // What bears on the work, in the words of the source: the pipeline reads level, years, pay and yes or no out of them.
    column("education", Text, Traits),
    column("experience_years", Text, Traits),
    column("expected_pay_text", Text, Mask),
    column("expected_pay_min", Decimal, Keep),
    column("expected_pay_max", Decimal, Keep),
    words("expected_pay_period", &["hour", "day", "week", "month", "year"]),
    column("night_shift", Text, Traits),
    // Words that the source keeps for a person, a list or separated by commas and the like.
    column("tags", Text, Traits),
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
    // Units given on top of what is paid for, in a line of a recharge.
    column("bonus_units", Decimal, Keep),
    // Of a unit of a package that was used: the document under which the package was bought, and which of its entitlements.
    column("package", Text, Keep),
    column("item", Text, Mask),
    // What the wallet holds after the line, as its board states it: units, or money where it counts in money.
    column("balance", Decimal, Keep),
    column("project", Text, Mask),
];

static BANK_LINES: &[Column] = &[
    // The company's own account at the bank.
    column("account", Text, Mask),
    column("booked_on", Day, Keep),
    // Signed: money that left the account is negative. With `direction`, what a debit or a credit comes to.
    column("amount", Decimal, Keep),
    // Banks often have a column for each: 借方 or 支出 is what left the account, 贷方 or 收入 what came.
    column("debit", Decimal, Keep),
    column("credit", Decimal, Keep),
    words("direction", &["out", "in"]),
    column("currency", Text, Keep),
    column("counterparty", Text, Party),
    // A column of the export that names it; without one, what the counterparty's name means in the `source_map`.
    column("channel", Text, Mask),
    // What the payment refers to: an order, a bill, a voucher.
    column("document", Text, Keep),
    // The bank's own number of the movement.
    column("serial", Text, Keep),
    column("note", Text, Purpose),
    // What the account holds after the line.
    column("balance", Decimal, Keep),
];

static INVOICES: &[Column] = &[
    column("number", Text, Keep),
    column("issued_on", Day, Keep),
    words("invoice_type", &["special", "ordinary", "none"]),
    column("seller", Text, Party),
    // A column of the list that names it; without one, what the seller's name means in the `source_map`.
    column("channel", Text, Mask),
    column("gross", Decimal, Keep),
    column("tax_rate", Decimal, Keep),
    column("tax", Decimal, Keep),
    column("net", Decimal, Keep),
    column("currency", Text, Keep),
    column("payer", Text, Party),
    // Orders, contracts or statements that it covers; several are parted by commas, semicolons or blanks.
    column("documents", Text, Keep),
    column("service_from", Day, Keep),
    column("service_to", Day, Keep),
    // `reversed`: a red-letter invoice has cancelled all of it; `red_letter`: it is such a one, and its amounts are negative.
    words("status", &["normal", "voided", "reversed", "red_letter"]),
    // Of a red-letter invoice: the number of the one that it cancels.
    column("original", Text, Keep),
    column("note", Text, Purpose),
];

static REQUISITIONS: &[Column] = &[
    column("title", Text, Mask),
    column("department", Text, Mask),
    column("store", Text, Mask),
    column("city", Text, Mask),
    // Planned heads.
    column("heads", Integer, Keep),
    words("reason", &["new", "replacement", "expansion", "seasonal", "other"]),
    column("employment_type", Text, Mask),
    // Who asked for the people, and who finds them.
    column("owner", Text, Code),
    column("recruiter", Text, Code),
    column("priority", Text, Mask),
    // `closed`: it is not said whether filled or cancelled.
    words("status", &["open", "on_hold", "filled", "cancelled", "closed"]),
    column("opened_on", Day, Keep),
    column("due_on", Day, Keep),
    column("closed_on", Day, Keep),
    // Approved pay, as it is written or in numbers.
    column("pay_text", Text, Mask),
    column("pay_min", Decimal, Keep),
    column("pay_max", Decimal, Keep),
    words("pay_period", &["hour", "day", "week", "month", "year"]),
    // What may be spent on filling it.
    column("budget", Decimal, Keep),
    column("currency", Text, Keep),
    column("note", Text, Mask),
];

/// Counters of `channel_daily` with the Chinese word for each: the first eight are those of BOSS's page of recruiting
/// data, the last one is what other boards say.
pub const DAILY_COUNTERS: &[(&str, &str)] = &[
    ("viewed_by_us", "BOSS查看牛人"),
    ("contacted_by_us", "BOSS发起聊天"),
    ("chats", "BOSS沟通"),
    ("viewed_by_candidates", "牛人查看BOSS"),
    ("contacted_by_candidates", "牛人发起聊天"),
    ("resumes", "收获简历"),
    ("contacts_exchanged", "交换电话微信"),
    ("interviews_accepted", "接受面试"),
    ("impressions", "职位曝光"),
];

static CHANNEL_DAILY: &[Column] = &[
    column("channel", Text, Mask),
    column("account", Text, Mask),
    column("recruiter", Text, Code),
    column("posting_source_id", Text, Keep),
    // The job's title, where the board's table has no id for it.
    column("title", Text, Mask),
    column("store", Text, Mask),
    column("department", Text, Mask),
    column("day", Day, Keep),
    column("viewed_by_us", Integer, Keep),
    column("contacted_by_us", Integer, Keep),
    column("chats", Integer, Keep),
    column("viewed_by_candidates", Integer, Keep),
    column("contacted_by_candidates", Integer, Keep),
    column("resumes", Integer, Keep),
    column("contacts_exchanged", Integer, Keep),
    column("interviews_accepted", Integer, Keep),
    column("impressions", Integer, Keep),
];

static EMPLOYMENT: &[Column] = &[
    // The employee's number.
    column("employee", Text, Code),
    column("source_word", Text, Mask),
    column("self_reported_source", Text, Mask),
    column("posting_source_id", Text, Keep),
    column("requisition_source_id", Text, Keep),
    column("title", Text, Mask),
    column("department", Text, Mask),
    column("store", Text, Mask),
    column("city", Text, Mask),
    column("recruiter", Text, Code),
    // The agreed first day, and the first day.
    column("agreed_on", Day, Keep),
    column("onboard_on", Day, Keep),
    column("probation_until", Day, Keep),
    column("passed_on", Day, Keep),
    column("left_on", Day, Keep),
    words("leave_type", &["resigned", "dismissed", "expired", "retired", "transferred", "other"]),
    column("leave_reason", Text, Mask),
    // `not_started`: did not come on the agreed day; `employed`: it is not said whether on probation.
    words("status", &["agreed", "not_started", "employed", "probation", "regular", "left"]),
];

/// What is assessed.
pub const ASSESSMENT_KINDS: &[&str] = &["test", "ai_interview", "trial_shift", "night_shift", "performance", HEALTH_CERTIFICATE];

/// The kind of assessment of which only status and validity are kept.
pub const HEALTH_CERTIFICATE: &str = "health_certificate";

/// What a mapping may say of a health certificate.
pub(crate) const CERTIFICATE_COLUMNS: &[&str] = &["kind", "status", "valid_until"];

static ASSESSMENTS: &[Column] = &[
    words("kind", ASSESSMENT_KINDS),
    column("name", Text, Mask),
    column("assessor", Text, Code),
    column("sent_at", Time, Keep),
    column("taken_at", Time, Keep),
    column("score", Decimal, Keep),
    column("max_score", Decimal, Keep),
    words("result", &["passed", "failed"]),
    // `missing`: there is no valid certificate; `missed`: a test was not taken in time.
    words("status", &["pending", "taken", "missed", "valid", "expired", "missing"]),
    column("valid_until", Day, Keep),
];

static INVITATIONS: &[Column] = &[
    column("channel", Text, Mask),
    column("posting_source_id", Text, Keep),
    column("requisition_source_id", Text, Keep),
    column("department", Text, Mask),
    column("store", Text, Mask),
    words("kind", &["phone", "onsite", "video", "ai"]),
    column("round", Text, Mask),
    column("recruiter", Text, Code),
    column("interviewer", Text, Code),
    // What it was written by, and where its link leads: causes of no-shows.
    column("template", Text, Mask),
    column("link", Text, Host),
    column("sent_at", Time, Keep),
    column("delivered_at", Time, Keep),
    column("opened_at", Time, Keep),
    column("replied_at", Time, Keep),
    // When the interview is due now: a moved interview counts on its new date.
    column("scheduled_at", Time, Keep),
    // Until when an interview without an appointment must be taken.
    column("deadline_at", Time, Keep),
    column("attended_at", Time, Keep),
    // `declined` by the candidate, `cancelled` by the company.
    words("result", &["invited", "confirmed", "declined", "no_reply", "no_show", "attended", "cancelled", "undelivered"]),
    column("reason", Text, Mask),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_read_as_it_is_written_and_as_it_is_typed() {
        for kind in Kind::LANDED {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(kind.as_str().replace('_', "-").parse(), Ok(kind));
        }
        assert!("reference".parse::<Kind>().is_err());
        let error = "chanel-daily".parse::<Kind>().unwrap_err();
        assert!(error.starts_with("\"chanel-daily\" is not a kind of data: one of requisitions, postings, "), "{error}");
    }

    #[test]
    fn every_counter_of_the_board_is_a_column_of_whole_numbers() {
        for (name, _) in DAILY_COUNTERS {
            assert_eq!(Kind::ChannelDaily.column(name).map(|column| column.value), Some(FieldType::Integer), "{name}");
        }
        let integers = CHANNEL_DAILY.iter().filter(|column| column.value == FieldType::Integer).count();
        assert_eq!(integers, DAILY_COUNTERS.len());
    }
}
