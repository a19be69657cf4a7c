//! `[job_families]` of `inflow.toml`: which titles are one family of jobs.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::problem::Bad;
use crate::reader::Section;
use crate::tree::{Node, Value};
use crate::values::{expected, words};

/// Each family with words of its titles. A word is of one family, or a title with it would be of two.
pub(crate) fn read(section: &mut Section<'_>) -> BTreeMap<String, Vec<String>> {
    let seen = RefCell::new(BTreeSet::new());
    section.map("job_families", |node| match &node.value {
        Value::List(items) if items.is_empty() => Err(Bad::new("must name a word of the family's titles")),
        Value::List(items) => items.iter().map(|item| word(item, &mut seen.borrow_mut())).collect(),
        other => Err(expected("a list of words", other)),
    })
}

fn word(node: &Node, seen: &mut BTreeSet<String>) -> Result<String, Bad> {
    let word = words(node)?.trim().to_owned();
    if seen.insert(word.to_lowercase()) { Ok(word) } else { Err(Bad::new(format!("`{word}` is a word of a family already"))) }
}
