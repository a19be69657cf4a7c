//! By what a posting can be refreshed without a person.

use chrono::{DateTime, Utc};
use inflow_config::{Bad, Config, Problem, RefreshWebhook, RepostMode};
use inflow_connectors::spec::{Refresh, RefreshLimits};
use inflow_store::{RepostSlotRow, RepostState};

use super::super::plan::NOTICE;
use super::LATE;

/// How a connection's postings are refreshed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Way<'c> {
    /// By `actions.refresh` of its connector.
    Connector(&'static Refresh),
    /// By a system of the company's own, which `reposts.toml` names.
    Webhook(&'c RefreshWebhook),
}

impl Way<'_> {
    /// What the board allows, as far as its spec says.
    pub fn limits(self) -> RefreshLimits {
        match self {
            Self::Connector(refresh) => refresh.limits,
            Self::Webhook(_) => RefreshLimits::default(),
        }
    }
}

/// The way of a connection. A webhook goes first: whoever names one wants it.
pub fn way<'c>(config: &'c Config, connection: &str) -> Option<Way<'c>> {
    let known = config.connection(connection).filter(|one| one.enabled)?;
    let webhook = config.reposts.webhook_of(connection).map(Way::Webhook);
    webhook.or_else(|| inflow_connectors::refresh_of(known).map(Way::Connector))
}

/// Whether the machine carries a slot out: its channel says so, and its connection has a way. All others are people's.
pub fn is_automatic(config: &Config, slot: &RepostSlotRow) -> bool {
    let auto = config.reposts.of(&slot.channel).is_some_and(|rules| rules.mode == RepostMode::Auto);
    auto && way(config, &slot.connection).is_some()
}

/// Whether the machine is to carry a slot out so soon, or is late with it so little, that no plan moves it any more: nothing can be planned for so soon,
/// and a plan that is made every few minutes would take back each slot before its time.
pub fn is_imminent(config: &Config, slot: &RepostSlotRow, now: DateTime<Utc>) -> bool {
    slot.state == RepostState::Planned && slot.at >= now - LATE && slot.at < now + NOTICE && is_automatic(config, slot)
}

/// Channels of mode auto none of whose connections has a way, each with what is missing.
pub fn check(config: &Config) -> Vec<Problem> {
    let reposts = &config.reposts;
    let auto = reposts.channel.iter().enumerate().filter(|(_, one)| one.mode == RepostMode::Auto && one.enabled.unwrap_or(true));
    let mut problems = Vec::new();
    for (at, rules) in auto {
        let feeds = config.connections.iter().filter(|one| one.enabled && inflow_connectors::channels(one).contains(&rules.id));
        let feeds: Vec<_> = feeds.collect();
        if feeds.iter().any(|one| way(config, &one.name).is_some()) {
            continue;
        }
        let named: Vec<String> = feeds.iter().map(|one| format!("{} ({})", one.name, one.connector)).collect();
        let message = match named.as_slice() {
            [] => format!("no enabled connection feeds `{}`, so nothing could refresh its postings", rules.id),
            _ => format!("no connection of `{}` can refresh a posting: {}", rules.id, named.join(", ")),
        };
        let hint = "it takes [actions.refresh] in the connector's spec, or [[webhook]] here with connection, url and secret; without either, mode = \"todo\"";
        problems.push(reposts.problem(&format!("channel[{at}].mode"), Bad::new(message).hint(Some(hint.to_owned()))));
    }
    problems
}
