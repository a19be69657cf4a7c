//! Which channel a source word means.

use inflow_config::{Config, Connection};
use std::collections::HashMap;

/// Spend that no channel was named for.
pub const UNALLOCATED: &str = "unallocated";

/// The words of one connection: its `source_map`, and the ids and names of the configured channels.
#[derive(Debug)]
pub struct Channels {
    words: HashMap<String, String>,
    own: Option<String>,
}

impl Channels {
    /// Collects the words. The connection's own map wins over the channels' names.
    pub fn new(config: &Config, connection: &Connection) -> Self {
        let mut words = HashMap::new();
        for channel in &config.channels {
            for word in [&channel.id, &channel.name.zh, &channel.name.en] {
                words.insert(fold(word), channel.id.clone());
            }
        }
        for (word, channel) in &connection.source_map {
            words.insert(fold(word), channel.clone());
        }
        Self { words, own: connection.channel.clone() }
    }

    /// Of an application. Several words (`LinkedIn, Referral`) count for the first that is known; an unmapped word
    /// becomes `unknown:<word>` and is shown.
    pub fn of_source(&self, word: &str) -> String {
        if word.trim().is_empty() {
            return self.own.as_deref().unwrap_or("unknown:").to_owned();
        }
        let known = self.words.get(&fold(word)).or_else(|| word.split([',', '、', ';']).find_map(|part| self.words.get(&fold(part))));
        known.map_or_else(|| format!("unknown:{}", word.trim()), String::clone)
    }

    /// Of a posting: the connection's own channel unless the posting names one.
    pub fn of_posting(&self, word: &str) -> String {
        self.of_source(word)
    }

    /// Of a row that tells of a case: empty when it names none, since the case itself has one.
    pub fn of_case(&self, word: &str) -> String {
        if word.trim().is_empty() { self.own.clone().unwrap_or_default() } else { self.of_source(word) }
    }

    /// Of a bank line or an invoice: the channel that it names; else what the other side's name means, if anything. Most of a bank account's
    /// lines and many invoices are not about recruiting, so a name that nobody mapped is no unknown channel.
    pub fn of_party(&self, word: &str, party: &str) -> String {
        if !word.trim().is_empty() {
            return self.of_source(word);
        }
        self.words.get(&fold(party)).or(self.own.as_ref()).cloned().unwrap_or_default()
    }

    /// Of a ledger line: a line that names no channel is unallocated, whatever the connection.
    pub fn of_spend(&self, word: &str) -> String {
        match (word.trim(), &self.own) {
            ("", None) => UNALLOCATED.to_owned(),
            (word, _) if fold(word) == UNALLOCATED => UNALLOCATED.to_owned(),
            (word, _) => self.of_source(word),
        }
    }
}

fn fold(word: &str) -> String {
    crate::normalise::text::squeeze(word).to_lowercase()
}
