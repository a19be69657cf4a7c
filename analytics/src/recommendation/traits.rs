//! What a score may stand on, and how it is brought into numbers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::cases::Case;

/// Levels, tags and families that fewer past applications have say nothing of their own.
const LEAST_OF_A_LEVEL: usize = 20;
/// Families of jobs, the most frequent ones, that are kept apart.
const MOST_FAMILIES: usize = 20;
/// Reasons that are told of a score.
const REASONS: usize = 3;
/// Log-odds under which a trait is no reason, unless it is the greatest.
const FAINT: f64 = 0.05;
/// Nobody expects under a fifth or over five times what is offered: the two are of different periods or currencies.
const LIKELY_RATIO: std::ops::RangeInclusive<f64> = 0.2..=5.0;

/// The list of what a score may stand on. It is closed: a field of an application that is not here reaches no model, whatever a source delivers.
/// Sex, age, marriage, family, origin, faith and health are dropped before landing and have no place here. Neither has the channel, which
/// stands for age where young people use one board, nor names, cities, photos or free text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trait {
    /// Level of education.
    Education,
    /// Years of work.
    Experience,
    /// Expected pay over the greatest that the posting (else the requisition) offers.
    ExpectedPay,
    /// Whether the person works at night.
    NightShift,
    /// The family of jobs applied for: chances differ by job, whoever applies.
    JobFamily,
    /// A tag of `personas.toml`, whose rules refuse words for protected attributes.
    Tag(String),
}

impl Trait {
    /// `education`, .., `tag:<id>`: as marts and reports have it.
    pub fn code(&self) -> String {
        match self {
            Self::Education => "education".to_owned(),
            Self::Experience => "experience".to_owned(),
            Self::ExpectedPay => "expected_pay".to_owned(),
            Self::NightShift => "night_shift".to_owned(),
            Self::JobFamily => "job_family".to_owned(),
            Self::Tag(id) => format!("tag:{id}"),
        }
    }

    /// What an application has of it; `untold` where its source does not say.
    fn value(&self, case: &Case) -> String {
        let untold = || "untold".to_owned();
        match self {
            Self::Education => case.education.clone().unwrap_or_else(untold),
            Self::Experience => case.experience.map_or_else(untold, |years| format!("{years}")),
            Self::ExpectedPay => pay_ratio(case).map_or_else(untold, |ratio| format!("{ratio:.2}")),
            Self::NightShift => case.night_shift.clone().unwrap_or_else(untold),
            Self::JobFamily => case.job_family.clone().unwrap_or_else(untold),
            Self::Tag(id) => if case.tags.contains(id) { "has" } else { "lacks" }.to_owned(),
        }
    }
}

/// Expected over offered pay; none unless both are told and can be of one period.
fn pay_ratio(case: &Case) -> Option<f64> {
    case.expected_pay.zip(case.offered_pay).map(|(expected, offered)| expected / offered).filter(|ratio| LIKELY_RATIO.contains(ratio))
}

/// One number of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Number {
    /// 1 when the trait has this value.
    Is(String),
    /// 1 when it is told, so that what is not told is nobody's fault of the amount.
    Told,
    /// The logarithm of its amount; 0 when it is not told.
    Amount,
}

/// The numbers of a row in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Layout {
    columns: Vec<(Trait, Number)>,
}

/// A part of a score: what the trait adds to the log-odds beside the mean of past applications.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// See [`Trait::code`].
    #[serde(rename = "trait")]
    pub of: String,
    /// A level, a number of years, a ratio, `yes`, `no`, `has`, `lacks`, `untold`.
    pub value: String,
    /// Positive: speaks for the outcome. 0 where tag rules stand in for a model.
    pub log_odds: f64,
}

impl Layout {
    /// The columns that past applications give something to learn of.
    pub(super) fn of(cases: &[&Case]) -> Self {
        let mut columns = Vec::new();
        let is = |of: &Trait, value: String| (of.clone(), Number::Is(value));
        for (of, most) in [(Trait::Education, usize::MAX), (Trait::NightShift, usize::MAX), (Trait::JobFamily, MOST_FAMILIES)] {
            columns.extend(frequent(cases.iter().map(|case| of.value(case)).filter(|value| value != "untold"), most).map(|v| is(&of, v)));
        }
        for of in [Trait::Experience, Trait::ExpectedPay] {
            if cases.iter().filter(|case| amount(&of, case).is_some()).count() >= LEAST_OF_A_LEVEL {
                columns.extend([(of.clone(), Number::Told), (of, Number::Amount)]);
            }
        }
        let tags = frequent(cases.iter().flat_map(|case| case.tags.iter().cloned()), usize::MAX);
        columns.extend(tags.map(|id| (Trait::Tag(id), Number::Is("has".to_owned()))));
        Self { columns }
    }

    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    pub(super) fn row(&self, case: &Case) -> Vec<f64> {
        let number = |(of, number): &(Trait, Number)| match number {
            Number::Is(value) => f64::from(u8::from(of.value(case) == *value)),
            Number::Told => f64::from(u8::from(amount(of, case).is_some())),
            Number::Amount => amount(of, case).unwrap_or(0.0),
        };
        self.columns.iter().map(number).collect()
    }

    /// Code of the trait and what of it the number is, column by column.
    pub(super) fn names(&self) -> impl Iterator<Item = (String, String)> {
        self.columns.iter().map(|(of, number)| {
            let value = match number {
                Number::Is(value) => value.clone(),
                Number::Told => "told".to_owned(),
                Number::Amount => "log".to_owned(),
            };
            (of.code(), value)
        })
    }

    /// The greatest reasons, of what each column contributes; those of one trait are one.
    pub(super) fn reasons(&self, case: &Case, contributions: &[f64]) -> Vec<Reason> {
        let mut of_traits: BTreeMap<&Trait, f64> = BTreeMap::new();
        for ((of, _), part) in self.columns.iter().zip(contributions) {
            *of_traits.entry(of).or_default() += part;
        }
        let mut reasons: Vec<Reason> = of_traits
            .into_iter()
            .map(|(of, log_odds)| Reason { of: of.code(), value: of.value(case), log_odds: (log_odds * 1e3).round() / 1e3 })
            .collect();
        reasons.sort_by(|a, b| b.log_odds.abs().total_cmp(&a.log_odds.abs()).then_with(|| a.of.cmp(&b.of)));
        let telling = reasons.iter().take(REASONS).filter(|reason| reason.log_odds.abs() >= FAINT).count();
        reasons.truncate(telling.max(1));
        reasons
    }
}

/// What a tag rule says of an application: which of the tags it carries.
pub(super) fn tag_reasons(case: &Case, wanted: &[String]) -> Vec<Reason> {
    let tags: BTreeSet<&String> = wanted.iter().collect();
    let reason = |id: &String| {
        let of = Trait::Tag(id.clone());
        Reason { value: of.value(case), of: of.code(), log_odds: 0.0 }
    };
    tags.into_iter().map(reason).collect()
}

fn amount(of: &Trait, case: &Case) -> Option<f64> {
    match of {
        Trait::Experience => case.experience.map(|years| years.clamp(0.0, 40.0).ln_1p()),
        Trait::ExpectedPay => pay_ratio(case).map(f64::ln),
        _ => None,
    }
}

/// Values that enough have, the most frequent first.
fn frequent(values: impl Iterator<Item = String>, most: usize) -> impl Iterator<Item = String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    values.for_each(|value| *counts.entry(value).or_default() += 1);
    let mut counts: Vec<(String, usize)> = counts.into_iter().filter(|(_, count)| *count >= LEAST_OF_A_LEVEL).collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts.into_iter().take(most).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(change: impl FnOnce(&mut Case)) -> Case {
        let mut case = Case::default();
        change(&mut case);
        case
    }

    #[test]
    fn a_row_has_what_past_applications_told_and_nothing_else() {
        let told = case(|case| {
            case.education = Some("college".to_owned());
            case.night_shift = Some("no".to_owned());
            case.experience = Some(3.0);
            case.tags.insert("sold".to_owned());
            (case.expected_pay, case.offered_pay) = (Some(6600.0), Some(6000.0));
            // The channel and the rest of the record are no traits.
            case.channel = "douyin".to_owned();
        });
        let past: Vec<&Case> = std::iter::repeat_n(&told, LEAST_OF_A_LEVEL).collect();
        let layout = Layout::of(&past);
        let names: Vec<String> = layout.names().map(|(of, value)| format!("{of}={value}")).collect();
        assert_eq!(
            names,
            [
                "education=college",
                "night_shift=no",
                "experience=told",
                "experience=log",
                "expected_pay=told",
                "expected_pay=log",
                "tag:sold=has"
            ]
        );
        assert_eq!(layout.row(&told), [1.0, 1.0, 1.0, 4.0_f64.ln(), 1.0, 1.1_f64.ln(), 1.0]);
        assert_eq!(layout.row(&Case::default()), [0.0; 7]);
        assert_eq!(Layout::of(&past[1..]).width(), 0, "one fewer is not enough");
        let reasons = layout.reasons(&told, &[0.01, -0.4, 0.3, -0.1, 0.0, -0.02, 0.5]);
        let reasons: Vec<String> = reasons.iter().map(|one| format!("{}={} {:+}", one.of, one.value, one.log_odds)).collect();
        assert_eq!(reasons, ["tag:sold=has +0.5", "night_shift=no -0.4", "experience=3 +0.2"]);
        assert_eq!(layout.reasons(&Case::default(), &[0.01, -0.02, 0.0, 0.0, 0.0, 0.0, 0.0]).len(), 1, "every score has a reason");
    }

    #[test]
    fn pay_of_another_period_or_currency_is_not_compared() {
        let ratio = |expected: f64| pay_ratio(&case(|case| (case.expected_pay, case.offered_pay) = (Some(expected), Some(6000.0))));
        assert_eq!((ratio(6000.0), ratio(900.0), ratio(72_000.0)), (Some(1.0), None, None));
    }

    #[test]
    fn tag_rules_say_which_tags_are_there() {
        let carries = case(|case| _ = case.tags.insert("nights".to_owned()));
        let reasons = tag_reasons(&carries, &["sold".to_owned(), "nights".to_owned()]);
        let told: Vec<(&str, &str)> = reasons.iter().map(|one| (one.of.as_str(), one.value.as_str())).collect();
        assert_eq!(told, [("tag:nights", "has"), ("tag:sold", "lacks")]);
    }
}
