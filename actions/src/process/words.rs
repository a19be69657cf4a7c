//! What steps are called for people.

use inflow_config::{AssessmentKind, Config, Ending, Lang};
use inflow_store::{StepKind, StepRow, StepState};

use super::gate;

/// The language of messages: Chinese for a company in China.
pub fn language(config: &Config) -> Lang {
    if config.settings.company.country == "CN" { Lang::Zh } else { Lang::En }
}

/// What a task asks for: in the words of the file, or what gates and deadlines say.
pub fn task_words(what: &str, lang: Lang) -> String {
    let parts: Vec<&str> = what.split(':').collect();
    let assessment = |word: &str| word.parse::<AssessmentKind>().map_or(word, |kind| gate::name(kind, lang)).to_owned();
    match (parts.as_slice(), lang) {
        (["expires", kind, day], Lang::En) => format!("{} ends on {day}: ask for a new one", assessment(kind)),
        (["expires", kind, day], Lang::Zh) => format!("{}将于 {day} 到期,请提醒换证", assessment(kind)),
        (["gate", kind], Lang::En) => format!("went on without {}: check", assessment(kind)),
        (["gate", kind], Lang::Zh) => format!("缺少{}却已进入下一阶段,请核实", assessment(kind)),
        (["overdue", stage], Lang::En) => format!("stays in `{stage}` for longer than planned: see to it"),
        (["overdue", stage], Lang::Zh) => format!("在“{stage}”阶段停留过久,请处理"),
        _ => what.to_owned(),
    }
}

/// A step in a line, without the case.
pub fn step_words(row: &StepRow, lang: Lang) -> String {
    match (row.kind, lang) {
        (StepKind::Message | StepKind::Known, Lang::En) => format!("message `{}` to the candidate", row.what),
        (StepKind::Message | StepKind::Known, Lang::Zh) => format!("发给候选人的消息 {}", row.what),
        (StepKind::Task, _) => task_words(&row.what, lang),
        (StepKind::Proposal, _) => proposal_words(&row.what, lang).to_owned(),
        (StepKind::Notice, Lang::En) => format!("notice to {}", row.receiver),
        (StepKind::Notice, Lang::Zh) => format!("通知 {}", row.receiver),
    }
}

/// What a proposal proposes.
pub fn proposal_words(what: &str, lang: Lang) -> &'static str {
    let withdrawn = what == Ending::Withdrawn.as_str();
    match (withdrawn, lang) {
        (false, Lang::En) => "proposed: reject; nothing happens until somebody confirms it",
        (false, Lang::Zh) => "建议淘汰;须由人确认,否则不会执行",
        (true, Lang::En) => "proposed: note as withdrawn; nothing happens until somebody confirms it",
        (true, Lang::Zh) => "建议记为放弃;须由人确认,否则不会执行",
    }
}

/// What became of a step.
pub fn state_words(state: StepState, lang: Lang) -> &'static str {
    let (en, zh) = match state {
        StepState::Planned => ("planned", "待发送"),
        StepState::Begun => ("being sent", "发送中"),
        StepState::Sent => ("sent", "已发送"),
        StepState::Failed => ("failed, tried again", "失败,将重试"),
        StepState::GivenUp => ("given up", "已放弃"),
        StepState::OptedOut => ("opted out", "已退订"),
        StepState::Unreachable => ("no contact data", "无联系方式"),
        StepState::Lapsed => ("too late to send", "过期未发"),
        StepState::Obsolete => ("no longer due", "不再需要"),
        StepState::Open => ("open", "待处理"),
        StepState::Done => ("done", "已完成"),
        StepState::Confirmed => ("confirmed", "已确认"),
        StepState::Dismissed => ("dismissed", "已驳回"),
    };
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}
