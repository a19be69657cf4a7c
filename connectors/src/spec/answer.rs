//! `Answer`: what an answer is written in, and how it becomes the JSON that paths read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::request::is_false;

/// The form of an answer or of a saved page. Whatever it is, it becomes JSON first; `records`, fields and
/// paging read that.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// JSON as it is.
    #[default]
    Json,
    /// JSON:API: where a record names related resources, those that the answer includes stand in their place
    /// (`relationships.candidate.data.attributes`).
    JsonApi,
    /// XML: `{root: {child: .., "@attribute": ..}}`. An element with text alone is that text; one that
    /// occurs several times is a list.
    Xml {
        /// Elements that are lists even when there is one of them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lists: Vec<String>,
    },
    /// HTML: `{rows: [{cell: text, ..}, ..], page: {cell: ..}}`. `href` and `src` come out whole, as a browser follows
    /// them. Selectors and `after` may hold `{param}`.
    Html {
        /// CSS selector of a row.
        rows: String,
        /// What is read in each row.
        cells: BTreeMap<String, HtmlCell>,
        /// What is read once a page (the next page's address, a count).
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        page: BTreeMap<String, HtmlCell>,
        /// CSS selector of what every true page has, with or without rows: a page without it is a
        /// challenge or a new layout, never an empty list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holds: Option<String>,
    },
    /// The JSON value that follows this text in a page, such as `window.pageData =`.
    Script {
        /// The text before the value.
        after: String,
    },
    /// Every schema.org object of this type in the page's JSON-LD scripts: `{objects: [..]}`.
    JsonLd {
        /// Such as `JobPosting`.
        #[serde(rename = "type")]
        object: String,
    },
}

/// A value in a row of HTML.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HtmlCell {
    /// CSS selector inside the row; the row itself when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub select: Option<String>,
    /// This attribute instead of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attr: Option<String>,
    /// The part after this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The part before this text (searched behind `after`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The markup inside instead of the text.
    #[serde(default, skip_serializing_if = "is_false")]
    pub html: bool,
    /// Every element that is found, as a list.
    #[serde(default, skip_serializing_if = "is_false")]
    pub all: bool,
}

impl Answer {
    /// True for answers that are web pages.
    pub fn is_page(&self) -> bool {
        matches!(self, Answer::Html { .. } | Answer::Script { .. } | Answer::JsonLd { .. })
    }

    /// Selectors, which may hold `{param}`.
    fn selectors(&self) -> Vec<&String> {
        let Answer::Html { rows, cells, page, holds } = self else { return Vec::new() };
        let own = [Some(rows), holds.as_ref()].into_iter().flatten();
        own.chain(cells.values().chain(page.values()).flat_map(|cell| cell.select.iter().chain(&cell.after))).collect()
    }

    /// True when a selector or an `after` holds `{param}`.
    pub fn has_placeholders(&self) -> bool {
        self.selectors().into_iter().any(|text| text.contains('{'))
    }

    /// The names of the params in its selectors.
    pub(super) fn placeholder_names(&self) -> Vec<&str> {
        self.selectors().into_iter().flat_map(|text| super::check::placeholder_names(text)).collect()
    }

    /// The same with every selector filled in.
    pub(crate) fn filled<E>(&self, mut fill: impl FnMut(&str) -> Result<String, E>) -> Result<Answer, E> {
        let Answer::Html { rows, cells, page, holds } = self else { return Ok(self.clone()) };
        let mut all = |cells: &BTreeMap<String, HtmlCell>| -> Result<BTreeMap<String, HtmlCell>, E> {
            let filled = cells.iter().map(|(name, cell)| {
                let select = cell.select.as_deref().map(&mut fill).transpose()?;
                let after = cell.after.as_deref().map(&mut fill).transpose()?;
                Ok((name.clone(), HtmlCell { select, after, ..cell.clone() }))
            });
            filled.collect()
        };
        let (cells, page) = (all(cells)?, all(page)?);
        let holds = holds.as_deref().map(&mut fill).transpose()?;
        Ok(Answer::Html { rows: fill(rows)?, cells, page, holds })
    }

    /// True for plain JSON.
    pub fn is_json(&self) -> bool {
        matches!(self, Answer::Json)
    }

    /// The `Accept` header of a request for it.
    pub fn accept(&self) -> &'static str {
        match self {
            Answer::Json => "application/json",
            Answer::JsonApi => "application/vnd.api+json",
            Answer::Xml { .. } => "application/xml, text/xml, application/rss+xml, application/atom+xml",
            _ => "text/html, application/xhtml+xml",
        }
    }
}
