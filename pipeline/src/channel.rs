//! Which channel a source word means.

use inflow_config::{Config, Connection};
use std::collections::HashMap;

/// Spend that no channel was named for.
pub const UNALLOCATED: &str = "unallocated";

/// The words of one connection: its `source_map`, and the ids and names of the configured channels.
#[derive(Debug)]
pub struct Channels<'a> {
    words: HashMap<String, &'a str>,
    own: Option<&'a str>,
}

impl<'a> Channels<'a> {
    /// Collects the words. The connection's own map wins over the channels' names.
    pub fn new(config: &'a Config, connection: &'a Connection) -> Self {
        let mut words = HashMap::new();
        for channel in &config.channels {
            for word in [&channel.id, &channel.name.zh, &channel.name.en] {
                words.insert(fold(word), channel.id.as_str());
            }
        }
        for (word, channel) in &connection.source_map {
            words.insert(fold(word), channel.as_str());
        }
        Self { words, own: connection.channel.as_deref() }
    }

    /// Of an application. Several words (`LinkedIn, Referral`) count for the first that is known; an unmapped word
    /// becomes `unknown:<word>` and is shown.
    pub fn of_source(&self, word: &str) -> String {
        if word.trim().is_empty() {
            return self.own.unwrap_or("unknown:").to_owned();
        }
        let known = self.words.get(&fold(word)).or_else(|| word.split([',', '、', ';']).find_map(|part| self.words.get(&fold(part))));
        known.map_or_else(|| format!("unknown:{}", word.trim()), |channel| (*channel).to_owned())
    }

    /// Of a posting: the connection's own channel unless the posting names one.
    pub fn of_posting(&self, word: &str) -> String {
        self.of_source(word)
    }

    /// Of a row that tells of a case: empty when it names none, since the case itself has one.
    pub fn of_case(&self, word: &str) -> String {
        if word.trim().is_empty() { self.own.unwrap_or_default().to_owned() } else { self.of_source(word) }
    }

    /// Of a ledger line: a line that names no channel is unallocated, whatever the connection.
    pub fn of_spend(&self, word: &str) -> String {
        match (word.trim(), self.own) {
            ("", None) => UNALLOCATED.to_owned(),
            (word, _) if fold(word) == UNALLOCATED => UNALLOCATED.to_owned(),
            (word, _) => self.of_source(word),
        }
    }
}

fn fold(word: &str) -> String {
    crate::normalise::text::squeeze(word).to_lowercase()
}
