//! An opening as the public may see it.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use url::Url;

/// An opening. There is no field for what is internal.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// Stable id in feeds and addresses: of the requisition, else of the job that postings are of.
    pub id: String,
    /// The requisition's id at its source, or of the posting where it names none.
    pub reference: String,
    /// Title of the posting.
    pub title: String,
    /// City; may be empty.
    pub city: String,
    /// State or province; may be empty.
    pub region: String,
    /// ISO 3166 code.
    pub country: String,
    /// Department; may be empty.
    pub department: String,
    /// As the posting says it; may be empty.
    pub employment_type: String,
    /// As the posting says it; may be empty.
    pub pay_text: String,
    /// Read out of it.
    pub pay: Option<Pay>,
    /// Plain text, paragraphs apart by blank lines; no phone or mail is in it.
    pub description: String,
    /// When it was published.
    pub posted_at: Option<DateTime<Utc>>,
    /// The end that the posting announces. A requisition's due date is none.
    pub valid_through: Option<DateTime<Utc>>,
    /// Where to apply.
    pub url: Option<Url>,
}

/// Pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pay {
    /// At least.
    pub min: Option<Decimal>,
    /// At most.
    pub max: Option<Decimal>,
    /// ISO 4217.
    pub currency: String,
    /// `hour`, `day`, `week`, `month` or `year`.
    pub period: String,
}

/// A kind of employment that the forms have words for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Employment {
    Full,
    Part,
    Contract,
    Temporary,
    Intern,
}

impl Employment {
    /// The kind that boards' words say; none where they say none of these.
    pub(super) fn of(text: &str) -> Option<Self> {
        let plain: String = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
        let has = |words: &[&str]| words.iter().any(|word| plain.contains(word));
        if has(&["intern", "实习", "實習"]) {
            Some(Self::Intern)
        } else if has(&["parttime", "teilzeit", "兼职", "兼職"]) {
            Some(Self::Part)
        } else if has(&["temporary", "seasonal", "临时", "季节"]) {
            Some(Self::Temporary)
        } else if has(&["contract", "freelance", "合同工", "外包"]) {
            Some(Self::Contract)
        } else if has(&["fulltime", "vollzeit", "permanent", "全职", "全職"]) {
            Some(Self::Full)
        } else {
            None
        }
    }

    /// Indeed's word.
    pub(super) fn indeed(self) -> &'static str {
        match self {
            Self::Full => "fulltime",
            Self::Part => "parttime",
            Self::Contract => "contract",
            Self::Temporary => "temporary",
            Self::Intern => "internship",
        }
    }

    /// Google's word.
    pub(super) fn schema_org(self) -> &'static str {
        match self {
            Self::Full => "FULL_TIME",
            Self::Part => "PART_TIME",
            Self::Contract => "CONTRACTOR",
            Self::Temporary => "TEMPORARY",
            Self::Intern => "INTERN",
        }
    }
}

impl Pay {
    /// schema.org's word for the period.
    pub(super) fn unit(&self) -> Option<&'static str> {
        Some(match self.period.as_str() {
            "hour" => "HOUR",
            "day" => "DAY",
            "week" => "WEEK",
            "month" => "MONTH",
            "year" => "YEAR",
            _ => return None,
        })
    }
}

impl Opening {
    /// Pay in words: the posting's, else made of what was read.
    pub(super) fn salary(&self) -> String {
        // A board's words without an amount (月薪, by agreement) say less than the amounts that were read, or nothing.
        if self.pay_text.chars().any(char::is_numeric) {
            return self.pay_text.clone();
        }
        let Some(pay) = &self.pay else { return String::new() };
        let number = |one: &Decimal| one.normalize().to_string();
        let range = match (&pay.min, &pay.max) {
            (Some(min), Some(max)) if min != max => format!("{} - {}", number(min), number(max)),
            (Some(one), _) | (None, Some(one)) => number(one),
            (None, None) => return String::new(),
        };
        format!("{range} {} per {}", pay.currency, pay.period)
    }
}
