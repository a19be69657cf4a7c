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

/// What came of a slot that the machine carries out, by the code of its outcome; the code itself where it is none.
pub fn outcome_sentence(code: &str) -> Sentence {
    let limits = [
        WhyNot::Rests,
        WhyNot::Ends,
        WhyNot::Skipped,
        WhyNot::ChannelQuota,
        WhyNot::AccountQuota,
        WhyNot::CostLimit,
        WhyNot::Budget,
        WhyNot::TooNear,
    ];
    if let Some(limit) = limits.into_iter().find(|limit| limit.as_str() == code) {
        return limit.sentence();
    }
    match code {
        "done" => Sentence::of("it was refreshed", "已刷新"),
        "already" => Sentence::of("an earlier call had refreshed it", "此前的调用已刷新"),
        "unknown" => Sentence::of("nobody knows whether it was refreshed: look before you do it", "是否已刷新不明,请先查看再操作"),
        "not_sent" => Sentence::of("the call could not leave yet", "调用尚未发出"),
        "refused" => Sentence::of("the other side refused the call", "对方拒绝了调用"),
        "not_allowed" => Sentence::of("the account or the board's rules do not allow it", "账号权限或平台规则不允许"),
        "gone" => Sentence::of("the board has no such posting any more", "平台已无该职位"),
        "quota_spent" => Sentence::of("the account has no refresh left", "账号刷新次数已用完"),
        "late" => Sentence::of("it could not be called within an hour of its time", "到点后一小时内未能调用"),
        "closed_hours" => Sentence::of(
            "it could not be called when its time came, and now nobody works or the hours are quiet",
            "到点时未能调用,现为非工作或静默时段",
        ),
        "not_live" => Sentence::of("the posting was not live any more", "职位已不在线"),
        "not_planned" => Sentence::of("the channel is not planned any more", "该渠道已不再排期"),
        other => Sentence::of(other, other),
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
