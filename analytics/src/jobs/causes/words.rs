//! Causes in a sentence, in English and Chinese. No recruiter is named, not even by code.

use inflow_config::{Config, Lang};
use inflow_statistics::causes::{Cause, Measure};

/// A cause that is put into words.
pub(super) struct Said<'a> {
    pub(super) config: &'a Config,
    pub(super) metric: &'a str,
    pub(super) of: Measure,
    pub(super) factor: &'a str,
    /// As people call it.
    pub(super) value: &'a str,
    /// What the same cases have beside it.
    pub(super) also: &'a [(&'static str, String)],
    pub(super) cause: &'a Cause,
    /// Bad cases of the alert.
    pub(super) all_bad: f64,
    /// Of the cause's cases and of all others: how many were opened, of how many that is known.
    pub(super) opened: [(u64, u64); 2],
}

const WEEKDAYS: [[&str; 2]; 7] = [
    ["Mondays", "周一"],
    ["Tuesdays", "周二"],
    ["Wednesdays", "周三"],
    ["Thursdays", "周四"],
    ["Fridays", "周五"],
    ["Saturdays", "周六"],
    ["Sundays", "周日"],
];

impl Said<'_> {
    /// In English and in Chinese.
    pub(super) fn texts(&self) -> [String; 2] {
        match self.of {
            Measure::Share { .. } => [self.share(Lang::En), self.share(Lang::Zh)],
            Measure::Cost { .. } => [self.cost(Lang::En), self.cost(Lang::Zh)],
            Measure::Fall { .. } => [self.fall(Lang::En), self.fall(Lang::Zh)],
        }
    }

    fn share(&self, lang: Lang) -> String {
        let Cause { cases, bad, rest_cases, rest_bad, .. } = *self.cause;
        let (what, all) = (self.bad_cases(lang), self.all_bad);
        let (of, here, rest) = (self.names(lang), percent(bad / cases as f64), percent(rest_bad / rest_cases as f64));
        match lang {
            Lang::En => {
                format!("{bad:.0} of the {all:.0} {what}: {of} ({bad:.0} of {cases}, {here}; the others {rest}){}", self.opening(lang))
            }
            Lang::Zh => format!("{all:.0} 例{what}中 {bad:.0} 例:{of}({cases} 例中 {bad:.0} 例,{here};其余 {rest}){}", self.opening(lang)),
        }
    }

    /// Whether people opened what they were sent, where that is known of enough of them.
    fn opening(&self, lang: Lang) -> String {
        let [(opened, known), (others, of_others)] = self.opened;
        if !matches!(self.factor, "link" | "template" | "receipt") || known < 5 || of_others < 5 {
            return String::new();
        }
        let others = percent(others as f64 / of_others as f64);
        match lang {
            Lang::En => format!("; {opened} of {known} opened it, of the others {others}"),
            Lang::Zh => format!(";{known} 例中 {opened} 例打开过,其余 {others}"),
        }
    }

    fn cost(&self, lang: Lang) -> String {
        let Cause { cases, bad, rest_cases, rest_bad, .. } = *self.cause;
        let currency = self.config.settings.company.currency.as_str();
        let each = |money: f64, people: u64| if people == 0 { "–".to_owned() } else { format!("{:.2}", money / people as f64) };
        let (of, here, rest) = (self.names(lang), each(bad, cases), each(rest_bad, rest_cases));
        match lang {
            Lang::En => format!("{of}: {bad:.2} {currency} for {cases} ({here} each; the others {rest})"),
            Lang::Zh => format!("{of}:{bad:.2} {currency} 得 {cases} 例(每例 {here};其余 {rest})"),
        }
    }

    fn fall(&self, lang: Lang) -> String {
        let Cause { cases, bad, rest_cases, rest_bad, excess, share, .. } = *self.cause;
        let (of, later, rest_later) = (self.names(lang), cases as f64 - bad, rest_cases as f64 - rest_bad);
        let share = percent(share);
        match lang {
            Lang::En => format!(
                "{of}: {bad:.0} resumes before, {later:.0} since, {excess:.0} fewer than expected, {share} of what is missing (the others {rest_bad:.0} and {rest_later:.0})"
            ),
            Lang::Zh => format!(
                "{of}:此前 {bad:.0} 份简历,其后 {later:.0} 份,比预期少 {excess:.0} 份,占缺口 {share}(其余 {rest_bad:.0} 与 {rest_later:.0})"
            ),
        }
    }

    /// What the bad cases are.
    fn bad_cases(&self, lang: Lang) -> &'static str {
        let [en, zh] = match self.metric {
            "no_show" => ["no-shows", "爽约"],
            "no_reply" => ["that nobody answered", "未回复"],
            "step_rate" => ["that did not go on", "未进入下一阶段"],
            "drop_out" => ["that dropped out", "流失"],
            "offer_acceptance" => ["offers that were not accepted", "未接受录用"],
            "onboard_rate" => ["that did not start", "未入职"],
            "assessment_pass" => ["that did not pass", "未通过"],
            "fill_rate" => ["heads that are missing", "缺编"],
            _ => ["cases", "个案"],
        };
        match lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    fn names(&self, lang: Lang) -> String {
        let also: Vec<String> = self.also.iter().take(2).map(|(factor, value)| self.name(factor, value, lang)).collect();
        let own = self.name(self.factor, self.value, lang);
        match lang {
            _ if also.is_empty() => own,
            Lang::En => format!("{own} (the same as {})", also.join(", ")),
            Lang::Zh => format!("{own}(即{})", also.join("、")),
        }
    }

    fn name(&self, factor: &str, value: &str, lang: Lang) -> String {
        let [en, zh] = match factor {
            "link" => [format!("link to {value}"), format!("链接 {value}")],
            "template" => [format!("message template {value}"), format!("消息模板 {value}")],
            "receipt" if value == "none" => ["no receipt of delivery (wrong number?)", "没有送达回执(号码可能有误)"].map(str::to_owned),
            "receipt" if value == "failed" => {
                ["message that could not be delivered (wrong number?)", "消息未能送达(号码可能有误)"].map(str::to_owned)
            }
            "receipt" => ["with a receipt of delivery", "有送达回执"].map(str::to_owned),
            "told_by" => [format!("told by connection {value}"), format!("来自连接 {value}")],
            "posting_cluster" => [format!("job {value}"), format!("职位 {value}")],
            "requisition" => [format!("opening {value}"), format!("招聘需求 {value}")],
            "recruiter" => ["one recruiter", "同一名招聘人员"].map(str::to_owned),
            "job_family" => [format!("job family {value}"), format!("职类 {value}")],
            "store" => [format!("store {value}"), format!("门店 {value}")],
            "department" => [format!("department {value}"), format!("部门 {value}")],
            "city" => [format!("city {value}"), format!("城市 {value}")],
            "channel" => match self.config.channels.iter().find(|channel| channel.id == value) {
                Some(channel) => [format!("channel {}", channel.name.en), format!("渠道 {}", channel.name.zh)],
                None => [format!("channel {value}"), format!("渠道 {value}")],
            },
            "kind" => {
                let word = match value {
                    "phone" => "电话",
                    "onsite" => "现场",
                    "video" => "视频",
                    "ai" => "AI ",
                    other => other,
                };
                [format!("interviews of kind {value}"), format!("{word}面试")]
            }
            "hour" => [format!("sent from {value}:00 to {value}:59"), format!("{value} 点发送")],
            "weekday" => {
                let day = value.parse::<usize>().ok().and_then(|number| WEEKDAYS.get(number.checked_sub(1)?));
                day.map_or_else(|| [value.to_owned(), value.to_owned()], |[en, zh]| [format!("due on {en}"), format!("{zh}到期")])
            }
            _ => [format!("{factor} {value}"), format!("{factor} {value}")],
        };
        match lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }
}

/// What there is less of, by the day.
pub(super) fn fewer(factor: &str, earlier: f64, later: f64) -> [String; 2] {
    let (en, zh) = match factor {
        "live_postings" => ("Postings live", "在线职位"),
        "refreshes" => ("Refreshes a day", "每日刷新"),
        _ => ("Impressions a day", "每日曝光"),
    };
    let by = percent(1.0 - later / earlier);
    [format!("{en}: {earlier:.1} before, {later:.1} since ({by} fewer)"), format!("{zh}:此前 {earlier:.1},其后 {later:.1}(少 {by})")]
}

/// Invitations that arrived nowhere, of all sent.
pub(super) fn undelivered((is, of_now): (u64, u64), (was, of_before): (u64, u64)) -> [String; 2] {
    let share = |part: u64, all: u64| if all == 0 { "–".to_owned() } else { percent(part as f64 / all as f64) };
    let (now, before) = (share(is, of_now), share(was, of_before));
    [
        format!("Not delivered (wrong number?): {is} of {of_now} invitations ({now}), before {was} of {of_before} ({before})"),
        format!("未送达(号码可能有误):{of_now} 份邀约中 {is} 份({now}),此前 {of_before} 份中 {was} 份({before})"),
    ]
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
