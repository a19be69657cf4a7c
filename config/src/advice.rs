//! `[recommendation]` of `inflow.toml`: what advice about people needs before it is given.

use serde::Serialize;

use crate::reader::Section;
use crate::values::words;

/// Scores of applications from past outcomes. They are off until the company has assessed their impact on the people scored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct RecommendationSettings {
    /// Reference of the personal-information impact assessment that covers them (PIPL art. 24 and 55); absent: no scores.
    pub impact_assessment: Option<String>,
}

impl RecommendationSettings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self { impact_assessment: section.optional("impact_assessment", words) }
    }
}
