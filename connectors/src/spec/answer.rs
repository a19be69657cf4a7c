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
    /// XML: `{root: {child: .., "@attribute": ..}}`. An element with text alone is that text; one that
    /// occurs several times is a list.
    Xml {
        /// Elements that are lists even when there is one of them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lists: Vec<String>,
    },
    /// HTML: `{rows: [{cell: text, ..}, ..], page: {cell: ..}}`.
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

    /// True for plain JSON.
    pub fn is_json(&self) -> bool {
        matches!(self, Answer::Json)
    }

    /// The `Accept` header of a request for it.
    pub fn accept(&self) -> &'static str {
        match self {
            Answer::Json => "application/json",
            Answer::Xml { .. } => "application/xml, text/xml, application/rss+xml, application/atom+xml",
            _ => "text/html, application/xhtml+xml",
        }
    }
}
