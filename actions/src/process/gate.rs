//! Whether a gate is open.

use chrono::{DateTime, NaiveDate, Utc};
use inflow_config::{AssessmentKind, Gate, Lang};

use super::case::{Assessment, Case};

/// How a gate stands for a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// What it asks for is there, since this instant where that is known, and for a certificate until this day.
    Open {
        /// Since when.
        since: Option<DateTime<Utc>>,
        /// Last day.
        until: Option<NaiveDate>,
    },
    /// Nothing was handed in.
    Missing,
    /// It was asked for, and is not there yet.
    Pending,
    /// It was not passed.
    Failed,
    /// The certificate ended on this day.
    Expired(NaiveDate),
}

impl Standing {
    /// How a gate stands on a local day: by the newest assessment of its kind; of certificates by the one that holds longest.
    pub fn of(gate: &Gate, case: &Case, today: NaiveDate) -> Self {
        let fits = |own: &&Assessment| own.kind == gate.assessment && gate.name.as_ref().is_none_or(|name| *name == own.name);
        let of_gate = || case.assessments.iter().filter(fits);
        if gate.assessment == AssessmentKind::HealthCertificate {
            let dated = of_gate().filter(|own| own.result != "failed").max_by_key(|own| own.valid_until);
            return match dated {
                Some(Assessment { valid_until: Some(until), .. }) if *until < today => Self::Expired(*until),
                Some(Assessment { valid_until: Some(until), at, .. }) => Self::Open { since: *at, until: Some(*until) },
                Some(own) if own.status == "valid" || own.result == "passed" => Self::Open { since: own.at, until: None },
                Some(own) if own.status == "pending" => Self::Pending,
                _ if of_gate().any(|own| own.result == "failed") => Self::Failed,
                _ => Self::Missing,
            };
        }
        // One passed is enough: a test may be taken again.
        if let Some(passed) = of_gate().filter(|own| own.result == "passed").min_by_key(|own| own.at) {
            return Self::Open { since: passed.at, until: None };
        }
        if of_gate().any(|own| own.result.is_empty() && own.status != "missed" && own.status != "missing") {
            return Self::Pending;
        }
        if of_gate().any(|own| own.result == "failed") { Self::Failed } else { Self::Missing }
    }

    /// Whether the next stage is free.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// In words.
    pub fn said(self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Open { until: Some(day), .. }, Lang::En) => format!("valid until {day}"),
            (Self::Open { until: Some(day), .. }, Lang::Zh) => format!("有效期至 {day}"),
            (Self::Open { .. }, Lang::En) => "passed".to_owned(),
            (Self::Open { .. }, Lang::Zh) => "已通过".to_owned(),
            (Self::Missing, Lang::En) => "not handed in".to_owned(),
            (Self::Missing, Lang::Zh) => "未提交".to_owned(),
            (Self::Pending, Lang::En) => "asked for, not there yet".to_owned(),
            (Self::Pending, Lang::Zh) => "已要求,尚未完成".to_owned(),
            (Self::Failed, Lang::En) => "not passed".to_owned(),
            (Self::Failed, Lang::Zh) => "未通过".to_owned(),
            (Self::Expired(day), Lang::En) => format!("ended on {day}"),
            (Self::Expired(day), Lang::Zh) => format!("已于 {day} 到期"),
        }
    }
}

/// What an assessment is called.
pub fn name(kind: AssessmentKind, lang: Lang) -> &'static str {
    let (en, zh) = match kind {
        AssessmentKind::HealthCertificate => ("health certificate", "健康证"),
        AssessmentKind::NightShift => ("night-shift assessment", "夜班测评"),
        AssessmentKind::Test => ("test", "测试"),
        AssessmentKind::AiInterview => ("AI interview", "AI 面试"),
        AssessmentKind::TrialShift => ("trial shift", "试岗"),
        AssessmentKind::Performance => ("performance", "绩效"),
    };
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}
