//! The canonical stages of an application, and the two languages everything is named in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::problem::{Bad, did_you_mean};

/// A language of the page, the reports and the labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Chinese.
    Zh,
    /// English.
    #[default]
    En,
}

impl Lang {
    /// `zh` or `en`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// The language of a POSIX locale such as `zh_CN.UTF-8`; English for every other one.
    pub fn from_locale(locale: &str) -> Self {
        if locale.to_lowercase().starts_with("zh") { Self::Zh } else { Self::En }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Lang {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        match text {
            "zh" => Ok(Self::Zh),
            "en" => Ok(Self::En),
            _ => Err(Bad::new(format!("unknown language `{text}`, accepted: zh, en"))),
        }
    }
}

/// A canonical stage, in the order in which an application passes them.
///
/// Who reached a later stage has reached the earlier ones; the two terminal stages stand outside
/// that order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The posting was seen.
    Viewed,
    /// Company or candidate wrote first.
    Contacted,
    /// A resume was received (收获简历, 投递).
    Applied,
    /// The resume passed the first sifting.
    Screened,
    /// Invited to an interview (约面).
    Invited,
    /// Came to an interview (到面).
    Attended,
    /// An offer was made.
    Offered,
    /// The offer was accepted (录用).
    Accepted,
    /// Started work (入职).
    Onboarded,
    /// Passed probation (转正).
    PassedProbation,
    /// Ended by the company.
    Rejected,
    /// Ended by the candidate.
    Withdrawn,
}

impl Stage {
    /// All stages: the ladder in order, then the terminal ones.
    pub const ALL: [Self; 12] = [
        Self::Viewed,
        Self::Contacted,
        Self::Applied,
        Self::Screened,
        Self::Invited,
        Self::Attended,
        Self::Offered,
        Self::Accepted,
        Self::Onboarded,
        Self::PassedProbation,
        Self::Rejected,
        Self::Withdrawn,
    ];

    /// Place in the ladder, 1 (viewed) to 10 (passed probation); 101 rejected, 102 withdrawn.
    pub fn rank(self) -> u8 {
        match self {
            Self::Viewed => 1,
            Self::Contacted => 2,
            Self::Applied => 3,
            Self::Screened => 4,
            Self::Invited => 5,
            Self::Attended => 6,
            Self::Offered => 7,
            Self::Accepted => 8,
            Self::Onboarded => 9,
            Self::PassedProbation => 10,
            Self::Rejected => 101,
            Self::Withdrawn => 102,
        }
    }

    /// The stage with a [`rank`](Self::rank).
    pub fn from_rank(rank: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.rank() == rank)
    }

    /// The word used in config, store and API, in snake_case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewed => "viewed",
            Self::Contacted => "contacted",
            Self::Applied => "applied",
            Self::Screened => "screened",
            Self::Invited => "invited",
            Self::Attended => "attended",
            Self::Offered => "offered",
            Self::Accepted => "accepted",
            Self::Onboarded => "onboarded",
            Self::PassedProbation => "passed_probation",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The word shown to people.
    pub fn label(self, lang: Lang) -> &'static str {
        let (zh, en) = match self {
            Self::Viewed => ("浏览", "viewed"),
            Self::Contacted => ("沟通", "contacted"),
            Self::Applied => ("投递", "applied"),
            Self::Screened => ("初筛通过", "screened"),
            Self::Invited => ("约面", "invited"),
            Self::Attended => ("到面", "attended"),
            Self::Offered => ("发放 offer", "offered"),
            Self::Accepted => ("录用", "accepted"),
            Self::Onboarded => ("入职", "onboarded"),
            Self::PassedProbation => ("转正", "passed probation"),
            Self::Rejected => ("淘汰", "rejected"),
            Self::Withdrawn => ("放弃", "withdrawn"),
        };
        match lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// Whether the application ended here without a hire.
    pub fn terminal(self) -> bool {
        matches!(self, Self::Rejected | Self::Withdrawn)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Stage {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        let words = Self::ALL.map(Self::as_str);
        Self::ALL
            .into_iter()
            .find(|stage| stage.as_str() == text)
            .ok_or_else(|| Bad::new(format!("unknown stage `{text}`, accepted: {}", words.join(", "))).hint(did_you_mean(text, words)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_ranks_and_serde_agree() {
        for stage in Stage::ALL {
            assert_eq!(stage.as_str().parse::<Stage>().unwrap(), stage);
            assert_eq!(Stage::from_rank(stage.rank()), Some(stage));
            assert_eq!(serde_json::to_value(stage).unwrap(), stage.as_str());
            assert_eq!(stage.terminal(), stage.rank() > 100);
        }
        assert!(Stage::ALL.is_sorted_by_key(|stage| stage.rank()), "ALL is the ladder in order");
    }

    #[test]
    fn an_unknown_stage_lists_the_accepted_words() {
        let bad = "onboard".parse::<Stage>().unwrap_err();
        assert_eq!(
            bad.to_string(),
            "unknown stage `onboard`, accepted: viewed, contacted, applied, screened, invited, attended, offered, \
             accepted, onboarded, passed_probation, rejected, withdrawn (did you mean `onboarded`?)"
        );
    }

    #[test]
    fn a_locale_names_a_language() {
        assert_eq!(Lang::from_locale("zh_CN.UTF-8"), Lang::Zh);
        assert_eq!(Lang::from_locale("C"), Lang::En);
    }
}
