//! The company's own openings for job search sites: as an XML feed in Indeed's form, as RSS 2.0, and as pages with schema.org `JobPosting`.
//!
//! An opening is what the public can see already: a live posting, of an open requisition where it names one. Of a requisition only its id, its
//! department and its store are read, so budget, heads, reasons, owners, approved pay and due dates cannot get out. Phones and mails were masked when
//! postings were landed; the sentence around a mask is left out. Boards on which many companies post name the employer: postings of others are left out. What lacks something that a form requires is left out of it and listed with the reason.

mod indeed;
mod json_ld;
mod opening;
mod read;
mod rss;
mod text;
mod xml;

use chrono::{DateTime, Utc};
use inflow_config::{Config, Feed as Settings};
use url::Url;

pub use indeed::indeed;
pub use json_ld::{json_ld, page};
pub use opening::{Opening, Pay};
pub use read::FeedError;
pub use rss::rss;

/// What the feeds are made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Openings {
    /// The employer.
    pub company: String,
    /// Its site.
    pub site: Option<Url>,
    /// When requisitions or postings last changed; Unix epoch while there are none.
    pub changed_at: DateTime<Utc>,
    /// By id.
    pub all: Vec<Opening>,
    /// Live postings that name another employer, by connection: they are nobody's of `all`.
    pub strangers: Vec<LeftOut>,
}

/// What a form leaves out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The opening's id in feeds; of postings that are another employer's, their connection.
    pub id: String,
    /// Its title; of those, their connection.
    pub title: String,
    /// What is missing, in English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

/// A document, and what is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The document.
    pub text: String,
    /// Openings in it.
    pub count: usize,
    /// What is not in it.
    pub left: Vec<LeftOut>,
}

impl Openings {
    /// The opening with an id.
    pub fn get(&self, id: &str) -> Option<&Opening> {
        self.all.iter().find(|one| one.id == id)
    }

    /// Those that have all that a form requires, and the others with what is another employer's.
    fn complete(&self, missing: impl Fn(&Opening) -> Vec<Missing>) -> (Vec<&Opening>, Vec<LeftOut>) {
        let (mut complete, mut left) = (Vec::new(), self.strangers.clone());
        for opening in &self.all {
            let missing = missing(opening);
            if missing.is_empty() {
                complete.push(opening);
                continue;
            }
            let words = |of: fn(Missing) -> &'static str, between| missing.iter().map(|one| of(*one)).collect::<Vec<_>>().join(between);
            left.push(LeftOut {
                id: opening.id.clone(),
                title: opening.title.clone(),
                en: words(Missing::en, "; "),
                zh: words(Missing::zh, ";"),
            });
        }
        (complete, left)
    }
}

/// What an opening lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    Title,
    Description,
    Date,
    City,
    Address,
}

impl Missing {
    fn en(self) -> &'static str {
        match self {
            Self::Title => "it has no title",
            Self::Description => "no posting says what the job is, and `descriptions` under [feed] has no file for it",
            Self::Date => "nobody says since when it is published",
            Self::City => "its city is not known",
            Self::Address => "there is no address to apply at: the posting has none, and [feed] neither apply_url nor base_url",
        }
    }

    fn zh(self) -> &'static str {
        match self {
            Self::Title => "没有职位名称",
            Self::Description => "职位没有描述,[feed] 的 descriptions 中也没有对应文件",
            Self::Date => "发布日期不明",
            Self::City => "城市不明",
            Self::Address => "没有投递地址:职位没有网址,[feed] 也没有 apply_url 或 base_url",
        }
    }
}

/// What all forms require.
fn missing(opening: &Opening) -> Vec<Missing> {
    [
        (opening.title.is_empty(), Missing::Title),
        (opening.description.is_empty(), Missing::Description),
        (opening.posted_at.is_none(), Missing::Date),
        (opening.city.is_empty(), Missing::City),
    ]
    .into_iter()
    .filter_map(|(lacks, what)| lacks.then_some(what))
    .collect()
}

/// The same with an address to apply at, where a feed leads.
fn missing_in_feed(opening: &Opening) -> Vec<Missing> {
    let mut all = missing(opening);
    all.extend(opening.url.is_none().then_some(Missing::Address));
    all
}

/// Whether a text can be an opening's id: sixteen hex digits.
pub fn is_id(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The settings of the feed.
fn settings(config: &Config) -> &Settings {
    &config.settings.feed
}

#[cfg(test)]
mod tests;
