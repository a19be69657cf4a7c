//! What columns are called and what the words in them mean, in both languages.

use inflow_config::{Lang, Stage};

/// A text in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// English.
    pub en: &'static str,
    /// Chinese.
    pub zh: &'static str,
}

impl Words {
    /// In one language.
    pub fn in_lang(self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Zh => self.zh,
        }
    }
}

/// A text in both languages.
pub(crate) const fn words(en: &'static str, zh: &'static str) -> Words {
    Words { en, zh }
}

/// Colours by which Grafana knows them in both themes.
pub(crate) const GREEN: &str = "green";
pub(crate) const BLUE: &str = "blue";
pub(crate) const ORANGE: &str = "orange";
pub(crate) const RED: &str = "red";
pub(crate) const PURPLE: &str = "purple";
pub(crate) const GREY: &str = "text";

/// A word that stands in a column: as it is stored, as it is shown, in which colour.
pub(crate) type Meaning = (&'static str, Words, &'static str);

/// How complete a figure is. None of these looks like a zero.
const STATUS: [Meaning; 7] = [
    ("ok", words("complete", "完整"), GREEN),
    ("few", words("few cases", "样本少"), BLUE),
    ("partial", words("partial", "部分覆盖"), ORANGE),
    ("no_data", words("no data", "无数据"), PURPLE),
    ("learning", words("learning", "学习中"), BLUE),
    ("special", words("holiday", "特殊日"), BLUE),
    ("off", words("switched off", "未启用"), GREY),
];

const CONNECTION: [Meaning; 6] = [
    ("ok", words("delivers", "正常"), GREEN),
    ("failing", words("failing", "异常"), RED),
    ("failed", words("failed", "失败"), RED),
    ("never", words("never tried", "从未拉取"), PURPLE),
    ("raised", words("alert", "告警"), RED),
    ("clear", words("clear", "正常"), GREEN),
];

const STATES: [Meaning; 7] = [
    ("raised", words("alert", "告警"), RED),
    ("clear", words("clear", "正常"), GREEN),
    ("unknown", words("unknown", "未知"), PURPLE),
    ("within", words("within", "预算内"), GREEN),
    ("may_exceed", words("may exceed", "可能超出"), ORANGE),
    ("will_exceed", words("will exceed", "将超出"), RED),
    ("exceeded", words("exceeded", "已超出"), RED),
];

const CERTAINTY: [Meaning; 3] =
    [("sure", words("sure", "确定"), RED), ("unsure", words("unsure", "不确定"), ORANGE), ("", words("–", "–"), GREY)];

const PROOF: [Meaning; 4] = [
    ("proven", words("proven", "已证实"), GREEN),
    ("unproven", words("unproven", "未证实"), ORANGE),
    ("refuted", words("refuted", "已否定"), RED),
    ("mixed", words("mixed", "不一"), GREY),
];

const BASIS: [Meaning; 9] = [
    ("response", words("response curve", "响应曲线"), GREEN),
    ("rule_of_thumb", words("rule of thumb", "经验法则"), ORANGE),
    ("experiment", words("drawn reposts", "随机重发实测"), GREEN),
    ("peak", words("when people apply", "投递高峰"), ORANGE),
    ("scheduled", words("by appointment", "按约定时间"), GREY),
    ("days", words("by days", "按天数"), GREY),
    ("sum", words("of the day", "当日"), GREY),
    ("cusum", words("adding up", "累积"), GREY),
    ("mixed", words("mixed", "不一"), GREY),
];

const REASON: [Meaning; 7] = [
    ("cheaper_here", words("the next person costs less here", "这里多来一人更便宜"), GREEN),
    ("dearer_here", words("the next person costs more here", "这里多来一人更贵"), ORANGE),
    ("even", words("as dear as elsewhere", "与别处相当"), GREY),
    ("only_channel", words("no other channel", "仅此渠道"), GREY),
    ("no_spend", words("no spend", "无花费"), GREY),
    ("rejected", words("a person rejected the move", "调整已被否决"), GREY),
    ("no_data", words("no data", "无数据"), PURPLE),
];

const SLOT_REASON: [Meaning; 5] = [
    ("measured", words("drawn reposts proved the hour", "随机重发已证实该时点"), GREEN),
    ("peak", words("when most people apply", "投递最多的时点"), GREY),
    ("best_left", words("the best hour that limits left", "上限内剩余的最佳时点"), GREY),
    ("drawn", words("drawn at random, to measure", "随机抽取,用于测量"), GREY),
    ("no_figures", words("nothing is known of the hours", "尚无时点数据"), PURPLE),
];

const SLOT_STATE: [Meaning; 7] = [
    ("planned", words("planned", "已计划"), GREY),
    ("sent", words("called, no answer yet", "已调用,结果未明"), ORANGE),
    ("told", words("a person was asked", "已通知"), ORANGE),
    ("done", words("done", "已完成"), GREEN),
    ("failed", words("the program could not", "未能自动完成"), RED),
    ("skipped", words("skipped", "已跳过"), GREY),
    ("missed", words("missed", "已错过"), GREY),
];

const COMPONENT: [Meaning; 4] = [
    ("performance", words("review score", "绩效得分"), GREY),
    ("performance_passed", words("reviews passed", "绩效合格"), GREY),
    ("retention_90", words("still there after 90 days", "满 90 天在职"), GREY),
    ("probation_passed", words("probation passed", "试用期通过"), GREY),
];

/// The meanings of what stands in a column of this name.
pub(crate) fn meanings(column: &str) -> Vec<Meaning> {
    match column {
        "status" => STATUS.to_vec(),
        "connection_status" | "run_status" => CONNECTION.to_vec(),
        "state" => STATES.to_vec(),
        "certainty" | "alarm" => CERTAINTY.to_vec(),
        "proof" => PROOF.to_vec(),
        "basis" => BASIS.to_vec(),
        "move_reason" => REASON.to_vec(),
        "slot_reason" => SLOT_REASON.to_vec(),
        "slot_state" => SLOT_STATE.to_vec(),
        "component" => COMPONENT.to_vec(),
        "stage" | "from_stage" | "to_stage" | "people" | "filled_by" | "outcome" => stages(),
        _ => Vec::new(),
    }
}

/// The canonical stages, as they are stored and as they are called.
pub(crate) fn stages() -> Vec<Meaning> {
    const NAMES: [Words; 10] = [
        words("viewed", "浏览"),
        words("contacted", "沟通"),
        words("resume", "收获简历"),
        words("screened", "筛选通过"),
        words("invited", "约面"),
        words("attended", "到面"),
        words("offered", "发放录用"),
        words("accepted", "接受录用"),
        words("onboarded", "入职"),
        words("passed probation", "转正"),
    ];
    Stage::ALL.iter().zip(NAMES).map(|(stage, name)| (stage.as_str(), name, GREY)).collect()
}
