//! `[[allocation]]` of `finance.toml`: who bears a cost when it is not whom its lines name.

use std::str::FromStr;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::problem::Bad;
use crate::reader::Section;
use crate::settings::DecimalText;
use crate::values::{above_zero, bad, day, decimal, from_str, id, list, one_of, words};

/// Cost that is given to others than its lines name: a shared account, a subscription of several stores.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Allocation {
    /// Stable name in reports.
    #[schemars(regex(pattern = "^[a-z0-9_]+$"))]
    pub id: String,
    /// Only lines of these channels.
    #[schemars(default)]
    pub channel: Vec<String>,
    /// Only lines of these accounts at boards.
    #[schemars(default)]
    pub account: Vec<String>,
    /// Only lines with these documents.
    #[schemars(default)]
    pub document: Vec<String>,
    /// Only lines of these kinds.
    #[schemars(default)]
    pub kind: Vec<String>,
    /// First service day; absent: from the beginning.
    #[schemars(default)]
    pub from: Option<NaiveDate>,
    /// Last service day; absent: without end.
    #[schemars(default)]
    pub to: Option<NaiveDate>,
    /// Who bears how much; what is left stays where the line is.
    #[schemars(default)]
    pub share: Vec<AllocationShare>,
    /// Instead of shares: by people of the month, counted anew for each month.
    #[schemars(default)]
    pub by: Option<AllocationBasis>,
    /// With `by`: among whom it is divided.
    #[schemars(default)]
    pub among: Option<AllocationDimension>,
    /// With `by`: only among these; empty: all of whom people were counted.
    #[schemars(default)]
    pub only: Vec<String>,
}

/// Which people of a month divide a cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AllocationBasis {
    /// Who was employed on the last day of the month, of all channels.
    Headcount,
    /// Applications that began in the month, of the channels that the rule names.
    Applications,
    /// Who started work in the month, of the channels that the rule names.
    Hires,
}

/// Among whom a cost is divided by people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AllocationDimension {
    /// Channels.
    Channel,
    /// Stores.
    Store,
    /// Departments.
    Department,
    /// Requisitions, by source id.
    Requisition,
}

/// Who bears how much of a cost.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AllocationShare {
    /// Channel; absent: the line's.
    #[schemars(default)]
    pub channel: Option<String>,
    /// Store; absent: the line's.
    #[schemars(default)]
    pub store: Option<String>,
    /// Department; absent: the line's.
    #[schemars(default)]
    pub department: Option<String>,
    /// Source id of a requisition; absent: the line's.
    #[schemars(default)]
    pub requisition: Option<String>,
    /// From 0 to 1.
    #[schemars(with = "DecimalText")]
    pub share: Decimal,
}

impl AllocationBasis {
    /// The word used in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Headcount => "headcount",
            Self::Applications => "applications",
            Self::Hires => "hires",
        }
    }
}

impl FromStr for AllocationBasis {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        one_of("basis", text, [Self::Headcount, Self::Applications, Self::Hires], Self::as_str)
    }
}

impl AllocationDimension {
    /// The word used in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Store => "store",
            Self::Department => "department",
            Self::Requisition => "requisition",
        }
    }
}

impl FromStr for AllocationDimension {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        one_of("dimension", text, [Self::Channel, Self::Store, Self::Department, Self::Requisition], Self::as_str)
    }
}

impl Allocation {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let allocation = Self {
            id: section.required("id", String::new(), id),
            channel: section.optional("channel", list).unwrap_or_default(),
            account: section.optional("account", list).unwrap_or_default(),
            document: section.optional("document", list).unwrap_or_default(),
            kind: section.optional("kind", list).unwrap_or_default(),
            from: section.optional("from", day),
            to: section.optional("to", day),
            share: section.sections("share", |section| AllocationShare {
                channel: section.optional("channel", words),
                store: section.optional("store", words),
                department: section.optional("department", words),
                requisition: section.optional("requisition", words),
                share: section.required("share", Decimal::ZERO, |node| decimal(node).and_then(above_zero)),
            }),
            by: section.optional("by", from_str),
            among: section.optional("among", from_str),
            only: section.optional("only", list).unwrap_or_default(),
        };
        if allocation.channel.is_empty() && allocation.account.is_empty() && allocation.document.is_empty() && allocation.kind.is_empty() {
            section.complain_here(bad("an allocation of everything", "say of which channel, account, document or kind"));
        }
        allocation.check_who(section);
        let all = allocation.share.iter().map(|one| one.share).sum::<Decimal>();
        if all > Decimal::ONE {
            section.complain_here(bad(format!("the shares add up to {all}"), "at most 1; what is left stays where the line is"));
        }
        if let (Some(from), Some(to)) = (allocation.from, allocation.to)
            && to < from
        {
            section.complain("to", Bad::new(format!("is before from ({from})")));
        }
        allocation
    }
}

impl Allocation {
    /// Either shares, or people among whom.
    fn check_who(&self, section: &Section<'_>) {
        match (self.share.is_empty(), self.by) {
            (true, None) => section.complain_here(bad(
                "an allocation without shares",
                "[[allocation.share]] with store, department, channel or requisition, and share; or by = \"headcount\" and among = \"store\"",
            )),
            (false, Some(by)) => {
                let message = format!("an allocation by {} and by shares", by.as_str());
                section.complain_here(bad(message, "either by and among, or [[allocation.share]]"));
            }
            (true, Some(_)) if self.among.is_none() => {
                section.complain("by", bad("does not say among whom", "among = \"store\", or channel, department or requisition"));
            }
            _ => {}
        }
        let needless = [("among", self.among.is_some()), ("only", !self.only.is_empty())];
        for (key, _) in needless.into_iter().filter(|(_, said)| *said && self.by.is_none()) {
            section.complain(key, bad("belongs to an allocation by people", "by = \"headcount\", applications or hires"));
        }
    }
}
