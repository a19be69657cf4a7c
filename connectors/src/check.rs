//! `inflow validate`: what only the connectors can check about a connection.

use std::collections::BTreeSet;

use inflow_config::{Config, Connection, Problem, did_you_mean};

use crate::error::{PullError, PullErrorKind};
use crate::pull::{WEBHOOK_PARAMS, WEBHOOK_SECRETS, WebhookScheme, check_mailbox, read_mapping};
use crate::spec::{FILE_CONNECTOR, Kind, MAILBOX_CONNECTOR, Spec, Stream, WEBHOOK_CONNECTOR, names, spec};

/// Everything that is wrong with a connection as its connector sees it: unknown connector, params and
/// secrets that are missing or that the connector does not know, a mapping that does not read.
pub fn check_connection(config: &Config, connection: &Connection) -> Vec<Problem> {
    if connection.connector == FILE_CONNECTOR {
        return check_file(config, connection);
    }
    if connection.connector == WEBHOOK_CONNECTOR {
        return check_webhook(config, connection);
    }
    if let Some(spec) = spec(&connection.connector) {
        let mut problems = check_board(connection, spec);
        if spec.name == MAILBOX_CONNECTOR {
            problems.extend(check_mailbox(config, connection));
        }
        return problems;
    }
    let error = unknown_connector(&connection.connector);
    let problem = connection.problem("connector", error.message);
    vec![Problem { hint: error.hint, ..problem }]
}

pub(crate) fn unknown_connector(name: &str) -> PullError {
    let known = names();
    let hint = did_you_mean(name, known.iter().copied()).unwrap_or_else(|| "a board that is not listed can be read from files".to_owned());
    PullError::new(PullErrorKind::Configuration, format!("there is no connector {name}: one of {}", known.join(", "))).with_hint(hint)
}

fn check_board(connection: &Connection, spec: &Spec) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut known = |table: &str, set: BTreeSet<&String>, needs: &std::collections::BTreeMap<String, crate::spec::Need>| {
        for name in set {
            if !needs.contains_key(name) {
                let accepted: Vec<&str> = needs.keys().map(String::as_str).collect();
                let message = if accepted.is_empty() {
                    format!("{} takes no {table}", spec.name)
                } else {
                    format!("{} does not know it, accepted: {}", spec.name, accepted.join(", "))
                };
                let problem = connection.problem(&format!("{table}.{name}"), message);
                problems.push(Problem { hint: did_you_mean(name, accepted), ..problem });
            }
        }
    };
    known("params", connection.params.keys().collect(), &spec.params);
    known("secrets", connection.secrets.keys().collect(), &spec.secrets);
    let required = |table: &str, name: &str, about: &str| {
        connection.problem(&format!("{table}.{name}"), format!("{} needs it", spec.name)).with_hint(about.to_owned())
    };
    // Files ask nobody, so nothing is needed to sign in.
    let asks = connection.path.is_none();
    for (name, need) in spec.params.iter().filter(|_| asks) {
        if need.required && need.default.is_none() && !connection.params.contains_key(name) {
            problems.push(required("params", name, &need.about));
        }
    }
    for (name, need) in spec.secrets.iter().filter(|_| asks) {
        if need.required && !connection.secrets.contains_key(name) {
            problems.push(required("secrets", name, &format!("{}; as env:NAME or file:PATH", need.about)));
        }
    }
    let set = |name: &String| connection.params.contains_key(name) || connection.secrets.contains_key(name);
    if asks && !spec.any_of.is_empty() && !spec.any_of.iter().any(set) {
        let message = format!("{} needs at least one of {}", spec.name, spec.any_of.join(", "));
        let abouts: Vec<String> = spec
            .any_of
            .iter()
            .filter_map(|name| Some(format!("{name}: {}", spec.params.get(name).or_else(|| spec.secrets.get(name))?.about)))
            .collect();
        problems.push(connection.problem("params", message).with_hint(abouts.join("; ")));
    }
    if connection.kind.is_some() {
        problems.push(connection.problem("kind", "belongs to connector = \"file\""));
    }
    problems
}

fn check_file(config: &Config, connection: &Connection) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (table, empty) in [("params", connection.params.is_empty()), ("secrets", connection.secrets.is_empty())] {
        if !empty {
            problems.push(connection.problem(table, format!("connector file takes no {table}")));
        }
    }
    if connection.base_url.is_some() {
        problems.push(connection.problem("base_url", "connector file asks nobody"));
    }
    check_mapping(config, connection, &mut problems);
    if connection.mapping.is_none() && connection.path.is_some() {
        let hint = "a mapping file says which column is what";
        problems.push(connection.problem("mapping", "is needed to read the files of `path`").with_hint(hint));
    }
    problems
}

/// Reads the connection's mapping, if it names one, and compares it with its `kind`.
fn check_mapping(config: &Config, connection: &Connection, problems: &mut Vec<Problem>) -> Option<Stream> {
    let kind = connection.kind.as_deref().map(str::parse::<Kind>);
    if let Some(Err(message)) = &kind {
        problems.push(connection.problem("kind", message.clone()));
    }
    match read_mapping(&config.resolve(connection.mapping.as_ref()?)) {
        Err(error) => {
            let problem = connection.problem("mapping", error.message);
            problems.push(Problem { hint: error.hint, ..problem });
            None
        }
        Ok(stream) => {
            if let Some(Ok(kind)) = kind
                && kind != stream.kind
            {
                problems.push(connection.problem("kind", format!("is {kind}, but the mapping is for {}", stream.kind)));
            }
            Some(stream)
        }
    }
}

fn check_webhook(config: &Config, connection: &Connection) -> Vec<Problem> {
    let mut problems = Vec::new();
    let never = [
        ("base_url", connection.base_url.is_some()),
        ("schedule", connection.schedule.is_some()),
        ("budget", !connection.budget.is_empty()),
        ("path", connection.path.is_some()),
    ];
    for (key, _) in never.into_iter().filter(|(_, set)| *set) {
        problems.push(connection.problem(key, "has no meaning for a webhook, which is sent to and never asks"));
    }
    let named = connection.params.keys().map(|name| ("params", name, &WEBHOOK_PARAMS[..]));
    for (table, name, accepted) in named.chain(connection.secrets.keys().map(|name| ("secrets", name, &WEBHOOK_SECRETS[..]))) {
        if !accepted.contains(&name.as_str()) {
            let message = format!("a webhook does not know it, accepted: {}", accepted.join(", "));
            let problem = connection.problem(&format!("{table}.{name}"), message);
            problems.push(Problem { hint: did_you_mean(name, accepted.iter().copied()), ..problem });
        }
    }
    if !connection.secrets.contains_key("signing_key") {
        let hint = "the sender signs with the same key; as env:NAME or file:PATH";
        problems.push(connection.problem("secrets.signing_key", "a webhook needs it").with_hint(hint));
    }
    if let Err((key, message)) = WebhookScheme::of(&connection.params) {
        problems.push(connection.problem(&format!("params.{key}"), message));
    }
    let stream = check_mapping(config, connection, &mut problems);
    if connection.mapping.is_none() {
        problems.push(connection.problem("mapping", "is needed to read what is sent").with_hint("a mapping file says which field is what"));
    }
    let Some(stream) = stream else { return problems };
    if stream.complete {
        let message = "its mapping says complete = true, and a delivery is never the whole list";
        problems.push(connection.problem("mapping", message).with_hint("leave `complete` out of the mapping"));
    }
    if stream.id.is_empty() && stream.id_else.is_empty() && stream.entry_key.is_empty() {
        let message = "its mapping names no `id`, and a record that is sent again could not be told from a new one";
        problems.push(connection.problem("mapping", message).with_hint("name the field that holds the record's id"));
    }
    problems
}
