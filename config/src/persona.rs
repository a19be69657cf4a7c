//! `personas.toml`: tags that applications carry, and the sets of tags that jobs look for.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::channel::Name;
use crate::problem::Bad;
use crate::reader::Section;
use crate::settings::DecimalText;
use crate::tree::{Node, Value};
use crate::values::{boolean, decimal, expected, not_negative, text, words};

/// `personas.toml`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct Personas {
    /// What an application may carry; a tag of a source counts by its words.
    pub tag: Vec<Tag>,
    /// Whom jobs look for.
    pub persona: Vec<Persona>,
}

/// A tag: carried when everything that is given here holds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Tag {
    /// Stable name in reports.
    #[schemars(regex(pattern = "^[a-z0-9_]+$"))]
    pub id: String,
    /// Names shown to people.
    pub name: Name,
    /// One of these stands as a word in the source's tags or in the title applied for; case does not matter. 经理 stands in 客户经理, not in 总经理.
    #[schemars(default)]
    pub words: Vec<String>,
    /// One of these levels of education: junior_middle, high_school, vocational, college, bachelor, master, doctor.
    #[schemars(default)]
    pub education: Vec<String>,
    /// At least so many years of experience.
    #[schemars(default, with = "Option<DecimalText>")]
    pub experience_from: Option<Decimal>,
    /// Less than so many years of experience.
    #[schemars(default, with = "Option<DecimalText>")]
    pub experience_below: Option<Decimal>,
    /// Expects at most so much a month, in the company's currency.
    #[schemars(default, with = "Option<DecimalText>")]
    pub pay_at_most: Option<Decimal>,
    /// Expects more a month than the posting offers at most, by more than this share: "0.1" is a tenth.
    #[schemars(default, with = "Option<DecimalText>")]
    pub pay_above_offer: Option<Decimal>,
    /// Works at night, or does not.
    #[schemars(default)]
    pub night_shift: Option<bool>,
}

/// Whom a family of jobs looks for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Persona {
    /// Stable name in reports.
    #[schemars(regex(pattern = "^[a-z0-9_]+$"))]
    pub id: String,
    /// Names shown to people.
    pub name: Name,
    /// Words of the titles of its jobs, found as those of tags are; none: all jobs.
    #[schemars(default)]
    pub titles: Vec<String>,
    /// The tags, all of which a match carries.
    pub tags: Vec<String>,
}

/// Levels of education, as the pipeline reads them.
const EDUCATION: [&str; 7] = ["junior_middle", "high_school", "vocational", "college", "bachelor", "master", "doctor"];

/// Nobody is picked out by sex, age, family, origin, faith or health.
const PROTECTED: &[&str] = &[
    "性别", "年龄", "岁", "婚", "孕", "生育", "子女", "民族", "籍贯", "户口", "户籍", "党员", "宗教", "残疾", "病史", "男性", "女性",
    "female", "gender", "married", "pregnan", "ethnic", "religio", "disab",
];
const PROTECTED_ALONE: &[&str] = &["男", "女", "male", "man", "woman", "age", "sex", "race", "90后", "00后", "80后"];

impl Personas {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let mut tags: BTreeSet<String> = BTreeSet::new();
        let tag = section.sections("tag", |section| {
            let tag = Tag::read(section);
            if !tags.insert(tag.id.clone()) {
                section.complain("id", Bad::new(format!("there are two tags `{}`", tag.id)));
            }
            tag
        });
        let mut personas: BTreeSet<String> = BTreeSet::new();
        let persona = section.sections("persona", |section| {
            let persona = Persona::read(section);
            if !personas.insert(persona.id.clone()) {
                section.complain("id", Bad::new(format!("there are two personas `{}`", persona.id)));
            }
            if persona.tags.is_empty() {
                section.complain("tags", Bad::new("must name a tag"));
            }
            if let Some(unknown) = persona.tags.iter().find(|tag| !tags.contains(*tag)) {
                let known: Vec<&str> = tags.iter().map(String::as_str).collect();
                section.complain("tags", Bad::new(format!("there is no tag `{unknown}`, accepted: {}", known.join(", "))));
            }
            persona
        });
        Self { tag, persona }
    }
}

impl Tag {
    fn read(section: &mut Section<'_>) -> Self {
        let tag = Self {
            id: section.required("id", String::new(), id),
            name: section.section("name", Name::read),
            words: section.optional("words", |node| list(node, lawful)).unwrap_or_default(),
            education: section.optional("education", |node| list(node, level)).unwrap_or_default(),
            experience_from: section.optional("experience_from", decimal),
            experience_below: section.optional("experience_below", decimal),
            pay_at_most: section.optional("pay_at_most", decimal),
            pay_above_offer: section.optional("pay_above_offer", |node| decimal(node).and_then(not_negative)),
            night_shift: section.optional("night_shift", boolean),
        };
        let nothing = Self { id: tag.id.clone(), name: tag.name.clone(), ..Self::default() };
        if tag == nothing {
            section.complain_here(Bad::new(
                "a tag needs a condition: words, education, experience_from, experience_below, pay_at_most, pay_above_offer or night_shift",
            ));
        }
        tag
    }
}

impl Persona {
    fn read(section: &mut Section<'_>) -> Self {
        Self {
            id: section.required("id", String::new(), id),
            name: section.section("name", Name::read),
            titles: section.optional("titles", |node| list(node, lawful)).unwrap_or_default(),
            tags: section.optional("tags", |node| list(node, Ok)).unwrap_or_default(),
        }
    }
}

fn id(node: &Node) -> Result<String, Bad> {
    let id = words(node)?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if id.chars().all(fits) { Ok(id) } else { Err(Bad::new("accepted: lower-case letters, digits and _")) }
}

fn list(node: &Node, parse: impl Fn(String) -> Result<String, Bad>) -> Result<Vec<String>, Bad> {
    match &node.value {
        Value::List(items) => items.iter().map(|item| parse(text(item)?.trim().to_owned())).collect(),
        other => Err(expected("a list of texts", other)),
    }
}

fn level(word: String) -> Result<String, Bad> {
    if EDUCATION.contains(&word.as_str()) {
        return Ok(word);
    }
    Err(Bad::new(format!("unknown level `{word}`, accepted: {}", EDUCATION.join(", "))))
}

fn lawful(word: String) -> Result<String, Bad> {
    let lower = word.to_lowercase();
    if word.is_empty() {
        return Err(Bad::new("must not be empty"));
    }
    if PROTECTED_ALONE.contains(&lower.as_str()) || PROTECTED.iter().any(|part| lower.contains(part)) {
        return Err(Bad::new(format!(
            "`{word}` picks people out by what nobody may be picked out by (sex, age, family, origin, faith, health)"
        )));
    }
    Ok(word)
}
