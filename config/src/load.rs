//! Loads `inflow.toml` with what lies beside it, and reports everything that is wrong at once.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;

use crate::alert::Alerts;
use crate::channel::{Channel, ChannelsFile};
use crate::clock::{FixedClock, SharedClock, SystemClock};
use crate::connection::Connection;
use crate::finance::Finance;
use crate::message::Messages;
use crate::persona::Personas;
use crate::places::{Places, join_key};
use crate::plan::Plans;
use crate::problem::{Bad, ConfigError, Explain, Problem, did_you_mean};
use crate::process::Processes;
use crate::reader::Sink;
use crate::repost::Reposts;
use crate::secret::SecretRef;
use crate::settings::Settings;
use crate::tree::{self, Node};

/// The whole configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Folder of the config file; relative paths in it start here.
    pub dir: PathBuf,
    /// The config file itself.
    pub file: PathBuf,
    /// `inflow.toml`.
    pub settings: Settings,
    /// `channels.toml`, in file order.
    pub channels: Vec<Channel>,
    /// `personas.toml`.
    pub personas: Personas,
    /// `alerts.toml`.
    pub alerts: Alerts,
    /// `finance.toml`.
    pub finance: Finance,
    /// `messages.toml`.
    pub messages: Messages,
    /// `reposts.toml`.
    pub reposts: Reposts,
    /// `process.toml`.
    pub processes: Processes,
    /// `plans.toml`.
    pub plans: Plans,
    /// `connections/*.toml`, by name.
    pub connections: Vec<Connection>,
    /// Where the keys of `inflow.toml` stand.
    pub places: Places,
    /// Where the keys of `channels.toml` stand.
    pub channel_places: Places,
}

impl Config {
    /// Loads `inflow.toml`, and `channels.toml`, `personas.toml`, `alerts.toml`, `finance.toml`, `messages.toml`, `reposts.toml`, `process.toml`, `plans.toml` and
    /// `connections/*.toml` beside it.
    ///
    /// `INFLOW__SECTION__KEY` variables out of `env` override `inflow.toml`; pass
    /// [`process_env`] for those of the process.
    pub fn load(file: &Path, env: &dyn Fn() -> Vec<(String, String)>) -> Result<Self, ConfigError> {
        let beside = file.parent().unwrap_or(Path::new(""));
        let mut problems = Vec::new();
        let mut settings = load_settings(file, env(), &mut problems);
        let rates_known = settings.as_mut().is_some_and(|(settings, places)| load_rates(beside, settings, places, &mut problems));
        let known = settings.as_ref().map(|(settings, _)| settings).filter(|_| rates_known);
        let channels = load_channels(&beside.join("channels.toml"), known, &mut problems);
        let known = channels.as_ref().map(|(channels, _)| channels.as_slice());
        if let (Some((settings, places)), Some(channels)) = (&settings, known) {
            problems.extend(unknown_sources(settings, channels, places));
        }
        let connections = load_connections(&beside.join("connections"), known, &mut problems);
        let personas = load_personas(&beside.join("personas.toml"), &mut problems);
        let alerts = load_alerts(&beside.join("alerts.toml"), known, &mut problems);
        let finance = load_finance(&beside.join("finance.toml"), known, &mut problems);
        let messages = load_messages(&beside.join("messages.toml"), known, &mut problems);
        problems.extend(alerts.check(&messages));
        let reposts = load_reposts(&beside.join("reposts.toml"), known, &messages, &connections, &mut problems);
        let country = settings.as_ref().map(|(settings, _)| settings.company.country.as_str());
        let processes = load_processes(&beside.join("process.toml"), country, &messages, &connections, &mut problems);
        let plans = load_plans(&beside.join("plans.toml"), known, &mut problems);
        let (Some((settings, places)), Some((channels, channel_places)), true) = (settings, channels, problems.is_empty()) else {
            return Err(ConfigError { problems });
        };
        Ok(Self {
            dir: if beside.as_os_str().is_empty() { PathBuf::from(".") } else { beside.to_owned() },
            file: file.to_owned(),
            settings,
            channels,
            personas,
            alerts,
            finance,
            messages,
            reposts,
            processes,
            plans,
            connections,
            places,
            channel_places,
        })
    }

    /// The channel with an id.
    pub fn channel(&self, id: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.id == id)
    }

    /// The connection with a name.
    pub fn connection(&self, name: &str) -> Option<&Connection> {
        self.connections.iter().find(|connection| connection.name == name)
    }

    /// Zone of a channel's days and hours: its own, else the company's.
    pub fn channel_timezone(&self, id: &str) -> Tz {
        self.channel(id).and_then(|channel| channel.timezone).unwrap_or(self.settings.company.timezone)
    }

    /// Zone of a connection: its own, else its one channel's, else the company's.
    pub fn connection_timezone(&self, connection: &Connection) -> Tz {
        connection.timezone.unwrap_or_else(|| self.channel_timezone(connection.channel.as_deref().unwrap_or_default()))
    }

    /// The clock that the settings ask for.
    pub fn clock(&self) -> SharedClock {
        match self.settings.clock.fixed {
            Some(instant) => std::sync::Arc::new(FixedClock(instant)),
            None => std::sync::Arc::new(SystemClock),
        }
    }

    /// A path of the config, relative to its folder.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        self.dir.join(path)
    }

    /// Tries to read the secrets of the settings, of the enabled connections and of what is sent on a schedule.
    ///
    /// Identity keys in files are left out: they are made when they are first needed.
    pub fn check_secrets(&self) -> Vec<Problem> {
        let settings = &self.settings;
        let identity = [("identity.key", &settings.identity.key), ("identity.erase_key", &settings.identity.erase_key)];
        let own = [("store.password", &settings.store.password), ("serve.reader_password", &settings.serve.reader_password)]
            .into_iter()
            .filter_map(|(key, secret)| secret.as_ref().map(|secret| (key, secret)))
            .chain(identity.into_iter().filter(|(_, secret)| secret.is_env()));
        let mut problems: Vec<Problem> = own.filter_map(|(key, secret)| self.check_secret(&self.places, key, secret)).collect();
        for connection in self.connections.iter().filter(|c| c.enabled) {
            for (name, secret) in &connection.secrets {
                let key = format!("secrets.{name}");
                problems.extend(self.check_secret(&connection.places, &key, secret));
            }
        }
        let also = self.alerts.all_receivers();
        let sent = self.messages.secrets(&also);
        problems.extend(sent.filter_map(|(key, secret)| self.check_secret(&self.messages.places, &key, secret)));
        let called = self.reposts.secrets();
        problems.extend(called.filter_map(|(key, secret)| self.check_secret(&self.reposts.places, &key, secret)));
        let led = self.processes.secrets().filter(|_| self.processes.is_any());
        problems.extend(led.filter_map(|(key, secret)| self.check_secret(&self.processes.places, &key, secret)));
        problems
    }

    fn check_secret(&self, places: &Places, key: &str, secret: &SecretRef) -> Option<Problem> {
        let error = secret.read(&self.dir).err()?;
        let problem = places.problem(key, error.to_string());
        Some(Problem { hint: error.hint(), ..problem })
    }
}

/// The environment of the process, for [`Config::load`]. A variable that is not Unicode is left
/// out: its name cannot be one of ours, or its value none that a setting takes.
pub fn process_env() -> Vec<(String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect()
}

fn load_settings(file: &Path, env: Vec<(String, String)>, problems: &mut Vec<Problem>) -> Option<(Settings, Places)> {
    let Some(mut root) = read_document(file, problems)? else {
        let hint = "`inflow init` writes one with comments, `--config FILE` names another";
        problems.push(Problem::in_file(file, "there is no such config file").with_hint(hint));
        return None;
    };
    let mut wrong = tree::overlay(&mut root, env);
    let sink = Sink::new(file);
    let settings = sink.read(&root, Settings::read);
    let (places, unread) = sink.into_parts();
    wrong.extend(unread);
    problems.extend(in_order(wrong));
    Some((settings, places))
}

/// Adds the rates of the file that the settings name; false when they cannot be known.
fn load_rates(beside: &Path, settings: &mut Settings, places: &Places, problems: &mut Vec<Problem>) -> bool {
    let Some(file) = settings.rates_file.as_ref().map(|file| beside.join(file)) else { return true };
    let read = match std::fs::read(&file) {
        Ok(bytes) => crate::rates::read(&file, &bytes, &settings.rates),
        Err(error) => Err(vec![places.problem("rates_file", format!("{} cannot be read: {error}", file.display()))]),
    };
    match read {
        Ok(rates) => {
            settings.rates.extend(rates);
            true
        }
        Err(wrong) => {
            problems.extend(wrong);
            false
        }
    }
}

/// `None` when the file is there and broken, so that the channels are not known.
fn load_channels(file: &Path, settings: Option<&Settings>, problems: &mut Vec<Problem>) -> Option<(Vec<Channel>, Places)> {
    let Some(root) = read_document(file, problems)? else {
        return Some((Vec::new(), Places::default()));
    };
    let sink = Sink::new(file);
    let channels = sink.read(&root, ChannelsFile::read).channel;
    let (places, mut wrong) = sink.into_parts();
    // A term that was not understood may have a stand-in for its currency or day.
    if let (Some(settings), true) = (settings, wrong.is_empty()) {
        wrong.extend(missing_rates(settings, &channels, &places));
    }
    problems.extend(in_order(wrong));
    Some((channels, places))
}

fn load_personas(file: &Path, problems: &mut Vec<Problem>) -> Personas {
    let Some(Some(root)) = read_document(file, problems) else { return Personas::default() };
    let sink = Sink::new(file);
    let personas = sink.read(&root, Personas::read);
    problems.extend(in_order(sink.into_parts().1));
    personas
}

fn load_alerts(file: &Path, channels: Option<&[Channel]>, problems: &mut Vec<Problem>) -> Alerts {
    let Some(Some(root)) = read_document(file, problems) else { return Alerts::default() };
    let sink = Sink::new(file);
    let alerts = sink.read(&root, Alerts::read);
    let (places, mut wrong) = sink.into_parts();
    let alerts = Alerts { places, ..alerts };
    for (index, rule) in alerts.rule.iter().enumerate() {
        let strange = |id: &&String| channels.is_some_and(|channels| channels.iter().all(|channel| channel.id != **id));
        for id in rule.channel.iter().filter(strange) {
            let (message, hint) = no_such_channel(id, channels.unwrap_or_default());
            wrong.push(alerts.problem(index, "channel", Bad::new(message).hint(hint)));
        }
    }
    problems.extend(in_order(wrong));
    alerts
}

fn load_finance(file: &Path, channels: Option<&[Channel]>, problems: &mut Vec<Problem>) -> Finance {
    let Some(Some(root)) = read_document(file, problems) else { return Finance::default() };
    let sink = Sink::new(file);
    let finance = sink.read(&root, Finance::read);
    let (places, mut wrong) = sink.into_parts();
    let finance = Finance { places, ..finance };
    let strange = |id: &str| channels.is_some_and(|channels| channels.iter().all(|channel| channel.id != id));
    for (key, id) in finance.channels().filter(|(_, id)| strange(id)) {
        let (message, hint) = no_such_channel(id, channels.unwrap_or_default());
        wrong.push(finance.problem(&key, Bad::new(message).hint(hint)));
    }
    problems.extend(in_order(wrong));
    finance
}

fn load_messages(file: &Path, channels: Option<&[Channel]>, problems: &mut Vec<Problem>) -> Messages {
    let Some(Some(root)) = read_document(file, problems) else { return Messages::default() };
    let sink = Sink::new(file);
    let messages = sink.read(&root, Messages::read);
    let (places, mut wrong) = sink.into_parts();
    let messages = Messages { places, ..messages };
    let strange = |id: &str| channels.is_some_and(|channels| channels.iter().all(|channel| channel.id != id));
    for (key, id) in messages.channels().filter(|(_, id)| strange(id)) {
        let (message, hint) = no_such_channel(id, channels.unwrap_or_default());
        wrong.push(messages.problem(&key, Bad::new(message).hint(hint)));
    }
    problems.extend(in_order(wrong));
    messages
}

fn load_reposts(
    file: &Path,
    channels: Option<&[Channel]>,
    messages: &Messages,
    connections: &[Connection],
    problems: &mut Vec<Problem>,
) -> Reposts {
    let Some(Some(root)) = read_document(file, problems) else { return Reposts::default() };
    let sink = Sink::new(file);
    let reposts = sink.read(&root, Reposts::read);
    let (places, mut wrong) = sink.into_parts();
    let reposts = Reposts { places, ..reposts };
    let strange = |id: &str| channels.is_some_and(|channels| channels.iter().all(|channel| channel.id != id));
    for (key, id) in reposts.channels().filter(|(_, id)| !id.is_empty() && strange(id)) {
        let (message, hint) = no_such_channel(id, channels.unwrap_or_default());
        wrong.push(reposts.problem(&key, Bad::new(message).hint(hint)));
    }
    for id in reposts.to.iter().filter(|id| messages.receiver(id).is_none()) {
        let known: Vec<&str> = messages.receiver.iter().map(|receiver| receiver.id.as_str()).collect();
        let has = if known.is_empty() { "which has none".to_owned() } else { format!("which has {}", known.join(", ")) };
        let message = format!("there is no receiver `{id}` in messages.toml, {has}");
        wrong.push(reposts.problem("to", Bad::new(message).hint(did_you_mean(id, known))));
    }
    let known: Vec<&str> = connections.iter().map(|one| one.name.as_str()).collect();
    for (index, webhook) in reposts.webhook.iter().enumerate().filter(|(_, one)| !one.connection.is_empty()) {
        if !known.contains(&webhook.connection.as_str()) {
            let message = format!("there is no connections/{}.toml", webhook.connection);
            let hint = did_you_mean(&webhook.connection, known.iter().copied());
            wrong.push(reposts.problem(&format!("webhook[{index}].connection"), Bad::new(message).hint(hint)));
        }
    }
    problems.extend(in_order(wrong));
    reposts
}

fn load_plans(file: &Path, channels: Option<&[Channel]>, problems: &mut Vec<Problem>) -> Plans {
    let Some(Some(root)) = read_document(file, problems) else { return Plans::default() };
    let sink = Sink::new(file);
    let plans = sink.read(&root, Plans::read);
    let (places, mut wrong) = sink.into_parts();
    let plans = Plans { places, ..plans };
    let strange = |id: &str| channels.is_some_and(|channels| channels.iter().all(|channel| channel.id != id));
    for (key, id) in plans.channels().filter(|(_, id)| !id.is_empty() && strange(id)) {
        let (message, hint) = no_such_channel(id, channels.unwrap_or_default());
        wrong.push(plans.problem(&key, Bad::new(message).hint(hint)));
    }
    problems.extend(in_order(wrong));
    plans
}

fn load_processes(
    file: &Path,
    country: Option<&str>,
    messages: &Messages,
    connections: &[Connection],
    problems: &mut Vec<Problem>,
) -> Processes {
    let Some(Some(root)) = read_document(file, problems) else { return Processes::default() };
    let sink = Sink::new(file);
    let processes = sink.read(&root, Processes::read);
    let (places, mut wrong) = sink.into_parts();
    let processes = Processes { places, ..processes };
    // What was not understood has a stand-in, of which nothing more is to be said.
    if let (Some(country), true) = (country, wrong.is_empty()) {
        let names: Vec<&str> = connections.iter().map(|connection| connection.name.as_str()).collect();
        wrong.extend(processes.check(country, messages, &names));
    }
    problems.extend(in_order(wrong));
    processes
}

fn missing_rates(settings: &Settings, channels: &[Channel], places: &Places) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, channel) in channels.iter().enumerate() {
        for (term, terms) in channel.terms.iter().enumerate() {
            let currency = terms.currency.unwrap_or(settings.company.currency);
            if settings.rate(currency, terms.from).is_none() {
                let (message, hint) = match &settings.rates_file {
                    None => (
                        format!("there is no exchange rate of {currency} for {} in inflow.toml", terms.from),
                        format!("add [[rates]] with currency = \"{currency}\", rate, and from = {} or earlier", terms.from),
                    ),
                    Some(file) => (
                        format!("there is no exchange rate of {currency} for {} in inflow.toml or {}", terms.from, file.display()),
                        format!("add a line of {currency} to {} whose day is {} or earlier", file.display(), terms.from),
                    ),
                };
                let key = format!("channel[{index}].terms[{term}].currency");
                problems.push(places.problem(&key, message).with_hint(hint));
            }
        }
    }
    problems
}

fn load_connections(folder: &Path, channels: Option<&[Channel]>, problems: &mut Vec<Problem>) -> Vec<Connection> {
    match connection_files(folder) {
        Ok(files) => files.iter().filter_map(|file| load_connection(file, channels, problems)).collect(),
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            problems.push(unreadable(folder, &error));
            Vec::new()
        }
    }
}

/// Files that end in `.toml`, by name; hidden ones are an editor's.
fn connection_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        let path = entry.path();
        if !hidden && path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn load_connection(file: &Path, channels: Option<&[Channel]>, problems: &mut Vec<Problem>) -> Option<Connection> {
    let name = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if !is_connection_name(name) {
        let message = "the file's name is the connection's, accepted: lower-case letters, digits, _ and -, then .toml";
        problems.push(Problem::in_file(file, message));
    }
    let root = read_document(file, problems)??;
    let sink = Sink::new(file);
    let mut connection = sink.read(&root, |section| Connection::read(section, name));
    let (places, mut wrong) = sink.into_parts();
    connection.places = places;
    if let Some(channels) = channels {
        wrong.extend(unknown_channels(&connection, channels));
    }
    problems.extend(in_order(wrong));
    Some(connection)
}

/// The name is a folder of the landing zone and a word of messages.
fn is_connection_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(fits)
}

fn unknown_channels(connection: &Connection, channels: &[Channel]) -> Vec<Problem> {
    let one = connection.channel.iter().map(|id| ("channel".to_owned(), id));
    let mapped = connection.source_map.iter().map(|(word, id)| (join_key("source_map", word), id));
    one.chain(mapped)
        .filter(|(_, id)| channels.iter().all(|channel| channel.id != **id))
        .map(|(key, id)| unknown_channel(connection, &key, id, channels))
        .collect()
}

fn unknown_channel(connection: &Connection, key: &str, id: &str, channels: &[Channel]) -> Problem {
    let (message, hint) = no_such_channel(id, channels);
    Problem { hint, ..connection.problem(key, message) }
}

fn unknown_sources(settings: &Settings, channels: &[Channel], places: &Places) -> Vec<Problem> {
    let fed = settings.feed.channels.iter().map(|id| ("feed.channels".to_owned(), id.as_str()));
    let named = settings
        .sources
        .channels()
        .into_iter()
        .chain(fed)
        .filter(|(_, id)| !id.is_empty() && channels.iter().all(|channel| channel.id != *id));
    named
        .map(|(key, id)| {
            let (message, hint) = no_such_channel(id, channels);
            Problem { hint, ..places.problem(&key, message) }
        })
        .collect()
}

fn no_such_channel(id: &str, channels: &[Channel]) -> (String, Option<String>) {
    let known: Vec<&str> = channels.iter().map(|channel| channel.id.as_str()).filter(|id| !id.is_empty()).collect();
    let accepted = if known.is_empty() { "which has none yet".to_owned() } else { format!("which has {}", known.join(", ")) };
    (format!("there is no channel `{id}` in channels.toml, {accepted}"), did_you_mean(id, known))
}

/// `None` when it cannot be read or parsed, `Some(None)` when it is not there.
#[expect(clippy::option_option, reason = "broken and absent are two answers, and the caller stops at the first")]
fn read_document(file: &Path, problems: &mut Vec<Problem>) -> Option<Option<BTreeMap<String, Node>>> {
    match std::fs::read_to_string(file) {
        Ok(text) => tree::parse(file, &text).map(Some).map_err(|wrong| problems.extend(wrong)).ok(),
        Err(error) if error.kind() == ErrorKind::NotFound => Some(None),
        Err(error) => {
            problems.push(unreadable(file, &error));
            None
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    if error.kind() == ErrorKind::InvalidData {
        return Problem::in_file(path, "is not UTF-8 text").with_hint("save it as UTF-8 in your editor");
    }
    Problem::in_file(path, format!("cannot be read: {error}"))
}

/// By line; what comes from the environment last.
fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|problem| (problem.file.as_os_str().is_empty(), problem.line));
    problems
}
