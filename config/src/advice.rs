//! `[recommendation]` and `[demand]` of `inflow.toml`: what advice needs that no source tells.

use std::path::PathBuf;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::problem::Bad;
use crate::reader::Section;
use crate::settings::DecimalText;
use crate::tree::Node;
use crate::values::{above_zero, decimal, whole, words};

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

/// The plan from business to hires, applications and budget (`inflow plan demand`); options of the command go before.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct DemandSettings {
    /// A csv file of the business by day, week or month: orders, sales, visits. Relative to this file.
    pub file: Option<PathBuf>,
    /// Its column of units; absent: the only column beside period and store.
    pub column: Option<String>,
    /// Units that a head at work does in a week (series by day or week) or month (by month).
    #[schemars(with = "Option<DecimalText>")]
    pub units_per_head: Option<Decimal>,
    /// Share of paid time in which nobody works (leave, sickness, training), from 0 to below 1; absent: 0.
    #[schemars(with = "Option<DecimalText>")]
    pub shrinkage: Option<Decimal>,
    /// Days from asking for people until they start; absent: the median from resume to first day.
    #[schemars(range(min = 0, max = 365))]
    pub lead_days: Option<u32>,
    /// Heads of now; absent: as employment tells.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub heads: Option<u32>,
    /// Share of the heads that leaves in a month, from 0 to below 1; absent: as employment tells.
    #[schemars(with = "Option<DecimalText>")]
    pub attrition: Option<Decimal>,
    /// Weeks or months to plan; absent: 12 weeks, 4 months.
    #[schemars(range(min = 1, max = 52))]
    pub ahead: Option<u32>,
}

impl DemandSettings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self {
            file: section.optional("file", words).map(PathBuf::from),
            column: section.optional("column", words),
            units_per_head: section.optional("units_per_head", |node| decimal(node).and_then(above_zero)),
            shrinkage: section.optional("shrinkage", part),
            lead_days: section.optional("lead_days", |node| whole(node, 0, 365)),
            heads: section.optional("heads", |node| whole(node, 0, 1_000_000)),
            attrition: section.optional("attrition", part),
            ahead: section.optional("ahead", |node| whole(node, 1, 52)),
        }
    }
}

fn part(node: &Node) -> Result<Decimal, Bad> {
    let share = decimal(node)?;
    if share < Decimal::ZERO || share >= Decimal::ONE { Err(Bad::new("must be from 0 to below 1, such as \"0.15\"")) } else { Ok(share) }
}
