//! Why a slot is where it is, and why a posting has none, in sentences.

use serde::Serialize;

use super::plan::{Slot, Why, WhyNot};

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sentence {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

impl Sentence {
    fn of(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }
}

impl Why {
    /// The word in files and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Peak => "peak",
            Self::BestLeft => "best_left",
            Self::Drawn => "drawn",
            Self::NoFigures => "no_figures",
        }
    }
}

impl WhyNot {
    /// The word in files and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoOpenHour => "no_open_hour",
            Self::Rests => "rests",
            Self::Ends => "ends",
            Self::Skipped => "skipped",
            Self::ChannelQuota => "channel_quota",
            Self::AccountQuota => "account_quota",
            Self::CostLimit => "cost_limit",
            Self::Budget => "budget",
            Self::TooNear => "too_near",
        }
    }

    /// The reason for people.
    pub fn sentence(self) -> Sentence {
        match self {
            Self::NoOpenHour => Sentence::of("no working hour is left in the period", "该期间已无可用工作时段"),
            Self::Rests => Sentence::of("it was refreshed too recently", "距上次刷新时间过短"),
            Self::Ends => Sentence::of("it ends within a day", "职位一天内到期"),
            Self::Skipped => Sentence::of("a person skipped it on the days in question", "当日已被人工跳过"),
            Self::ChannelQuota => Sentence::of("the channel's refreshes of the days in question are used up", "渠道当日刷新次数已用完"),
            Self::AccountQuota => Sentence::of("the account's refreshes of the days in question are used up", "账号当日刷新次数已用完"),
            Self::CostLimit => Sentence::of("refreshes may cost no more on the day or in the month", "已达到每日或每月费用上限"),
            Self::Budget => Sentence::of("the month's budget is spent, or ahead of the calendar", "当月预算已用完,或支出快于进度"),
            Self::TooNear => {
                Sentence::of("other slots of the channel or of the same job are too near", "与同渠道或同一职位的其他时段间隔过小")
            }
        }
    }
}

impl Slot {
    /// The reason for people.
    pub fn sentence(&self) -> Sentence {
        let (en, zh) = match self.why {
            Why::Measured => ("measured: drawn reposts show that this hour brings more", "实测:随机时段对照表明该小时带来更多人"),
            Why::Peak => ("most people of the day apply in the three hours from here on (unproven)", "当日此后三小时投递最多(尚未证实)"),
            Why::BestLeft => ("the best hour of the day that limits leave open (unproven)", "在限制之内当日最好的时段(尚未证实)"),
            Why::Drawn => ("drawn at random, to measure what an hour is worth", "随机抽取,用于测量时段的真实效果"),
            Why::NoFigures => ("nothing is known of this channel's hours: the first open one", "该渠道尚无时段数据:取首个可用时段"),
        };
        let days = self.rested;
        match days {
            1 => Sentence::of(format!("{en}; last up 1 day before"), format!("{zh};距上次展示 1 天")),
            _ => Sentence::of(format!("{en}; last up {days} days before"), format!("{zh};距上次展示 {days} 天")),
        }
    }
}
