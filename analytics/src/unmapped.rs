//! Words of boards and sheets that nobody has mapped yet, each with the line that maps it.
//!
//! A source word without a channel stands in the rows as channel `unknown:<word>`: it is counted, as nobody's. A stage word
//! without a stage leaves its event out, and state remembers it. Both end when a line is added to the connection's file and
//! what was landed is replayed.

use std::collections::BTreeMap;

use inflow_config::{Config, Connection, Lang, Stage, closest};
use inflow_store::Store;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::AnalyticsError;

/// A word that no map has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unmapped {
    /// What it should have been mapped to.
    pub of: Meaning,
    /// Where it stands: a table, or `stage_events`.
    pub kind: String,
    /// The word as the system said it; empty when rows name no source at all.
    pub word: String,
    /// Rows that say it; of a stage word, landed records.
    pub records: u64,
    /// What is the matter, as one sentence without the connection.
    pub message: String,
    /// The table of the connection's file that takes the line; `None` for the top of the file.
    pub section: Option<&'static str>,
    /// The line to paste; `None` when the configuration has it already and only a replay is missing.
    pub line: Option<String>,
}

/// What a word means once it is mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// A channel, by `[source_map]`.
    Channel,
    /// A stage, by `[stages]`.
    Stage,
}

/// Rows of every table that names a channel, by the word that is none.
const SOURCES: &str = "
SELECT toString(connection) AS connection, kind, word, count() AS records FROM
(
    SELECT connection, 'applications' AS kind, substring(channel, 9) AS word FROM inflow.applications FINAL WHERE deleted = 0 AND startsWith(channel, 'unknown:')
    UNION ALL SELECT connection, 'postings', substring(channel, 9) FROM inflow.postings FINAL WHERE deleted = 0 AND startsWith(channel, 'unknown:')
    UNION ALL SELECT connection, 'spend', substring(channel, 9) FROM inflow.spend FINAL WHERE deleted = 0 AND startsWith(channel, 'unknown:')
    UNION ALL SELECT connection, 'channel_daily', substring(channel, 9) FROM inflow.channel_daily FINAL WHERE deleted = 0 AND startsWith(channel, 'unknown:')
    UNION ALL SELECT connection, 'employment', substring(channel, 9) FROM inflow.employment FINAL WHERE deleted = 0 AND startsWith(channel, 'unknown:')
    UNION ALL SELECT connection, 'invitations', substring(channel, 9) FROM inflow.invitations FINAL WHERE deleted = 0 AND startsWith(channel, 'unknown:')
)
GROUP BY connection, kind, word ORDER BY connection, kind, records DESC, word";

/// Every word that nobody mapped, by connection; the most frequent of a kind first. Connections that are no longer
/// configured are left out: there is no file to add a line to.
///
/// # Errors
/// When the store refuses.
pub async fn unmapped_words(store: &Store, config: &Config) -> Result<BTreeMap<String, Vec<Unmapped>>, AnalyticsError> {
    let mut found: BTreeMap<String, Vec<Unmapped>> = BTreeMap::new();
    for row in store.rows(SOURCES, &[]).await.map_err(AnalyticsError::store("cannot read the words of sources"))? {
        let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(connection) = config.connection(&text("connection")) {
            let word = source(config, connection, text("kind"), text("word"), records(&row));
            found.entry(connection.name.clone()).or_default().push(word);
        }
    }
    for (name, word, records) in store.unknown_stage_words().await.map_err(AnalyticsError::store("cannot read the words of stages"))? {
        if let Some(connection) = config.connection(&name) {
            found.entry(name).or_default().push(stage(connection, word, records));
        }
    }
    Ok(found)
}

fn records(row: &Map<String, Value>) -> u64 {
    row.get("records").and_then(Value::as_u64).unwrap_or_default()
}

fn source(config: &Config, connection: &Connection, kind: String, word: String, records: u64) -> Unmapped {
    let rows = counted(&kind, records);
    if word.is_empty() {
        let verb = if records == 1 { "says" } else { "say" };
        return Unmapped {
            message: format!("{rows} {verb} no source, and the connection has no channel of its own"),
            line: connection.channel.is_none().then(|| format!("channel = {}", channel_or_placeholder(config, &connection.name))),
            of: Meaning::Channel,
            section: None,
            kind,
            word,
            records,
        };
    }
    let known =
        connection.source_map.keys().chain(config.channels.iter().flat_map(|channel| [&channel.id, &channel.name.zh, &channel.name.en]));
    let mapped = known.into_iter().any(|known| fold(known) == fold(&word));
    Unmapped {
        message: format!("{rows} came from {word:?}, which is no channel yet"),
        line: (!mapped).then(|| format!("{} = {}", quoted(&word), channel_or_placeholder(config, &word))),
        of: Meaning::Channel,
        section: Some("source_map"),
        kind,
        word,
        records,
    }
}

fn stage(connection: &Connection, word: String, records: u64) -> Unmapped {
    let mapped = connection.stages.keys().any(|known| fold(known) == fold(&word)) || word.trim().to_lowercase().parse::<Stage>().is_ok();
    let line = (!mapped).then(|| match likely_stage(&word) {
        Some(stage) => format!("{} = {}", quoted(&word), quoted(stage.as_str())),
        None => format!("{} = \"STAGE\"  # one of {}", quoted(&word), Stage::ALL.map(Stage::as_str).join(", ")),
    });
    let say = if records == 1 { "record says" } else { "records say" };
    Unmapped {
        message: format!("{records} {say} {word:?}, which is no stage yet: their events are set aside"),
        of: Meaning::Stage,
        kind: "stage_events".to_owned(),
        section: Some("stages"),
        word,
        records,
        line,
    }
}

fn counted(kind: &str, records: u64) -> String {
    let (one, many) = match kind {
        "applications" => ("application", "applications"),
        "postings" => ("posting", "postings"),
        "spend" => ("ledger line", "ledger lines"),
        "channel_daily" => ("row of daily counts", "rows of daily counts"),
        "employment" => ("hire", "hires"),
        _ => ("invitation", "invitations"),
    };
    format!("{records} {}", if records == 1 { one } else { many })
}

/// The channel that was probably meant, quoted for TOML; a placeholder that `inflow validate` refuses when none is near.
fn channel_or_placeholder(config: &Config, word: &str) -> String {
    if let Some(id) = likely_channel(config, word) {
        return quoted(id);
    }
    let ids: Vec<&str> = config.channels.iter().map(|channel| channel.id.as_str()).collect();
    format!("\"CHANNEL\"  # one of {}", ids.join(", "))
}

/// A channel whose name is part of the word or has the word as part, the longest such name; else one that differs by a slip.
fn likely_channel<'c>(config: &'c Config, word: &str) -> Option<&'c str> {
    let folded = fold(word);
    let names: Vec<(&str, String)> = config
        .channels
        .iter()
        .flat_map(|channel| [&channel.id, &channel.name.zh, &channel.name.en].map(|name| (channel.id.as_str(), fold(name))))
        .collect();
    let telling = |text: &str| text.chars().count() > 1;
    let part = names
        .iter()
        .filter(|(_, name)| telling(name) && telling(&folded) && (folded.contains(name.as_str()) || name.contains(&folded)))
        .max_by_key(|(_, name)| name.chars().count());
    let found = part.or_else(|| {
        let near = closest(&folded, names.iter().map(|(_, name)| name.as_str()))?;
        names.iter().find(|(_, name)| name == near)
    });
    found.map(|(id, _)| *id)
}

/// Only a word that is a stage's name but for 已 (done) or a slip: `待入职` and `拒绝录用` hold names of stages and mean
/// nearly the opposite.
fn likely_stage(word: &str) -> Option<Stage> {
    let folded = fold(word);
    let plain = folded.strip_prefix('已').unwrap_or(&folded);
    let named = Stage::ALL.into_iter().find(|stage| [Lang::Zh, Lang::En].iter().any(|lang| fold(stage.label(*lang)) == plain));
    named.or_else(|| {
        let near = plain.is_ascii().then(|| closest(plain, Stage::ALL.map(Stage::as_str))).flatten()?;
        near.parse().ok()
    })
}

/// Words are compared without case and extra blanks.
fn fold(word: &str) -> String {
    word.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// A TOML string; its escapes are those of JSON.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("inflow.toml"), "").unwrap();
        let channels = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS Zhipin\", zh = \"BOSS直聘\" }\n\
            [[channel]]\nid = \"zhaopin\"\nname = { en = \"Zhaopin\", zh = \"智联招聘\" }\n";
        std::fs::write(folder.path().join("channels.toml"), channels).unwrap();
        Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap()
    }

    #[test]
    fn the_nearest_channel_is_proposed_and_none_when_none_is_near() {
        let config = config();
        for (word, expected) in
            [("boss直聘APP", Some("boss")), ("智联", Some("zhaopin")), ("zhaopinn", Some("zhaopin")), ("某某网", None), ("b", None)]
        {
            assert_eq!(likely_channel(&config, word), expected, "{word}");
        }
    }

    #[test]
    fn a_word_that_only_holds_a_stage_is_not_taken_for_it() {
        assert_eq!(likely_stage("已入职"), Some(Stage::Onboarded));
        assert_eq!(likely_stage("Onbording"), None);
        assert_eq!(likely_stage("onborded"), Some(Stage::Onboarded));
        for word in ["待入职", "拒绝录用", "未到面", "笔试"] {
            assert_eq!(likely_stage(word), None, "{word}");
        }
    }

    #[test]
    fn lines_can_be_pasted_and_a_mapped_word_asks_for_a_replay() {
        let config = config();
        let mut connection = Connection::new("moka", "moka");
        let said = |connection: &Connection, word: &str| source(&config, connection, "applications".to_owned(), word.to_owned(), 37);
        let unmapped = said(&connection, "某\"某\"网");
        assert_eq!(unmapped.message, "37 applications came from \"某\\\"某\\\"网\", which is no channel yet");
        assert_eq!(unmapped.line.unwrap(), "\"某\\\"某\\\"网\" = \"CHANNEL\"  # one of boss, zhaopin");
        assert_eq!(said(&connection, "智联").line.unwrap(), "\"智联\" = \"zhaopin\"");
        assert_eq!(said(&connection, "").line.unwrap(), "channel = \"CHANNEL\"  # one of boss, zhaopin");
        connection.source_map.insert("智联".to_owned(), "zhaopin".to_owned());
        connection.channel = Some("boss".to_owned());
        assert_eq!(said(&connection, " 智联 ").line, None);
        assert_eq!(said(&connection, "").line, None);
        let line = |word: &str| stage(&connection, word.to_owned(), 1).line.unwrap();
        assert!(line("笔试").starts_with("\"笔试\" = \"STAGE\"  # one of viewed, contacted, "));
        assert_eq!(line("已到面"), "\"已到面\" = \"attended\"");
    }
}
