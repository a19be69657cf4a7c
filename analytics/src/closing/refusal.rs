//! Why a month is not closed or not reopened, for people.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use inflow_config::Lang;

use super::{Month, Off};

/// Why a month is not closed or not reopened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It is not over in the company's zone.
    NotOver {
        /// The month.
        month: Month,
        /// The company's day.
        today: NaiveDate,
    },
    /// It is closed, by itself or with a later month.
    Closed {
        /// The month.
        month: Month,
        /// The last closed month.
        last: Month,
        /// When that was closed.
        at: DateTime<Utc>,
        /// By whom.
        by: String,
    },
    /// Another month is to be closed first.
    NotNext {
        /// The month.
        month: Month,
        /// The one that is next.
        next: Month,
    },
    /// Closed months are in another base currency.
    OtherCurrency {
        /// The last closed month.
        last: Month,
        /// Its base currency.
        was: String,
        /// The company's now.
        is: String,
    },
    /// Spend does not tie to the ledger.
    DoesNotTie {
        /// The month.
        month: Month,
        /// Channels and unallocated less the ledger, with the currency.
        difference: String,
        /// Lines without a rate on their booking day.
        unconverted: u64,
    },
    /// The ledger does not tie to wallets, bank or books.
    TiesOff {
        /// The month.
        month: Month,
        /// What is off.
        off: Vec<Off>,
    },
    /// Nothing is closed, so nothing can be reopened.
    NoneClosed {
        /// The month.
        month: Month,
    },
    /// A later month is closed.
    NotLast {
        /// The month.
        month: Month,
        /// The last closed month.
        last: Month,
    },
    /// Who closes or why it is reopened is not said.
    Unsaid {
        /// The option that is empty.
        option: &'static str,
    },
}

impl Refusal {
    /// The sentence in a language.
    pub fn sentence(&self, lang: Lang) -> String {
        let zh = lang == Lang::Zh;
        match self {
            Self::NotOver { month, today } if zh => format!("{month} 尚未结束(公司时区今天是 {today})"),
            Self::NotOver { month, today } => format!("{month} is not over yet: it is {today} in the company's zone"),
            Self::Closed { month, last, at, by } => {
                let at = at.format("%Y-%m-%d %H:%M UTC");
                match (month == last, zh) {
                    (true, true) => format!("{month} 已由 {by} 于 {at} 关账"),
                    (true, false) => format!("{month} was closed by {by} on {at}"),
                    (false, true) => format!("{month} 已关账:至 {last} 的各月均已关账({by},{at})"),
                    (false, false) => format!("{month} is closed: all months up to {last} are (by {by}, {at})"),
                }
            }
            Self::NotNext { month, next } if zh => format!("{month} 之前还有未关账的月份:应先关 {next}"),
            Self::NotNext { month, next } => format!("months are closed one after the other, and {next} comes before {month}"),
            Self::OtherCurrency { last, was, is } if zh => format!("{last} 以 {was} 关账,而公司本位币现为 {is}"),
            Self::OtherCurrency { last, was, is } => format!("{last} was closed in {was}, and the company's currency is {is} now"),
            Self::DoesNotTie { month, difference, unconverted } if zh => {
                format!("{month} 与台账不符:差额 {difference},无汇率的台账行 {unconverted} 条")
            }
            Self::DoesNotTie { month, difference, unconverted } => {
                format!("spend up to {month} does not tie to the ledger: difference {difference}, {unconverted} lines without a rate")
            }
            Self::TiesOff { month, off } => {
                let all: Vec<String> = off.iter().map(|one| one.sentence(lang)).collect();
                if zh { format!("{month} 未勾稽:{}", all.join(";")) } else { format!("{month} does not tie: {}", all.join("; ")) }
            }
            Self::NoneClosed { month } if zh => format!("没有已关账的月份,{month} 无需重新打开"),
            Self::NoneClosed { month } => format!("no month is closed, so {month} is open"),
            Self::NotLast { month, last } if *month > *last => {
                if zh {
                    format!("{month} 未关账")
                } else {
                    format!("{month} is not closed")
                }
            }
            Self::NotLast { month, last } if zh => format!("{month} 之后的 {last} 已关账"),
            Self::NotLast { month, last } => format!("{last}, after {month}, is closed too"),
            Self::Unsaid { option } if zh => format!("{option} 不能为空"),
            Self::Unsaid { option } => format!("{option} is empty"),
        }
    }

    /// What to do, in a language.
    pub fn advice(&self, lang: Lang) -> String {
        let (en, zh) = match self {
            Self::NotOver { .. } => ("close it on the first day after it".to_owned(), "次月第一天起可以关账".to_owned()),
            Self::Closed { last, .. } => (
                format!(
                    "what comes later is posted to {}; `inflow close {last} --reopen --by NAME --reason TEXT` opens {last}",
                    last.next()
                ),
                format!("其后的变动计入 {};如需改动:inflow close {last} --reopen --by 姓名 --reason 原因", last.next()),
            ),
            Self::NotNext { next, .. } => {
                (format!("`inflow close {next} --by NAME` first"), format!("先执行 inflow close {next} --by 姓名"))
            }
            Self::OtherCurrency { was, .. } => (
                format!("set `company.currency` back to {was}: frozen amounts are not converted"),
                format!("将 company.currency 改回 {was}:已冻结金额不换算"),
            ),
            Self::DoesNotTie { .. } => (
                "`inflow report spend` shows the tie; add the missing [[rates]], or give `--despite \"REASON\"`, which is kept and printed"
                    .to_owned(),
                "用 inflow report spend 查看勾稽;补充 [[rates]],或加 --despite \"原因\"(会留存并打印)".to_owned(),
            ),
            Self::TiesOff { .. } => (
                "`inflow report ties`, `wallet` and `bank` show them; give `--despite \"REASON\"`, which is kept with what is off, and printed".to_owned(),
                "用 inflow report ties、wallet、bank 查看;或加 --despite \"原因\"(与未勾稽项一并留存并打印)".to_owned(),
            ),
            Self::NoneClosed { .. } => {
                ("`inflow close --list` lists all closings".to_owned(), "inflow close --list 列出全部关账记录".to_owned())
            }
            Self::NotLast { month, last } if *month > *last => {
                (format!("the last closed month is {last}"), format!("最后关账的月份是 {last}"))
            }
            Self::NotLast { last, .. } => (
                format!("only the last closed month can be reopened: `inflow close {last} --reopen --by NAME --reason TEXT` first"),
                format!("只能重新打开最后关账的月份:先执行 inflow close {last} --reopen --by 姓名 --reason 原因"),
            ),
            Self::Unsaid { .. } => ("say it: it is kept with the closing".to_owned(), "请填写:它会随关账记录留存".to_owned()),
        };
        if lang == Lang::Zh { zh } else { en }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence(Lang::En))
    }
}

impl std::error::Error for Refusal {}
