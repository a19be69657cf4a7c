//! `inflow alerts`

use crate::app::{App, Opened};
use crate::args::{AlertsAckArgs, AlertsCommand, AlertsSilenceArgs, ListFormat};
use crate::failure::{Failure, exit};
use crate::output::Printer;
use crate::table;
use inflow_actions::alert::link::AlertSigner;
use inflow_actions::alert::{Now, Standing, Teller, Told, has_arrived, is_silenced, next_key, standing};
use inflow_config::{BUILT_IN_ALERTS, Config, Lang, did_you_mean};
use inflow_store::{Acknowledged, AlertDecision, AlertDecisionRow, AlertEvent, AlertEventRow};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use url::Url;

/// A command that writes.
pub async fn write(app: &App, command: &AlertsCommand) -> Result<u8, Failure> {
    let opened = app.open().await?;
    let done = match command {
        AlertsCommand::Ack(args) => ack(app, &opened, args).await,
        AlertsCommand::Silence(args) => silence(app, &opened, args).await,
        AlertsCommand::Tell => tell(app, &opened).await,
        AlertsCommand::List(_) => Err(Failure::ours("a list is no job")),
    };
    opened.close().await;
    done
}

/// A command that reads.
pub async fn look(app: &App, command: &AlertsCommand) -> Result<u8, Failure> {
    let AlertsCommand::List(args) = command else { return Err(Failure::ours("this alert command is a job")) };
    let opened = app.attach().await?;
    let done = list(app, &opened, args.format).await;
    opened.close().await;
    done
}

/// Language of what people are told.
fn language(config: &Config) -> Lang {
    config.alerts.lang.unwrap_or(if config.settings.company.country == "CN" { Lang::Zh } else { Lang::En })
}

/// Where people reach page and API: what the links of to-dos say too.
fn base(config: &Config) -> Result<Url, Failure> {
    match &config.reposts.link_base {
        Some(base) => Ok(base.clone()),
        None => Url::parse(&format!("http://{}/", config.settings.serve.page)).map_err(Failure::ours),
    }
}

/// Looks at how alerts stand, and tells who is to be told.
pub async fn pass(opened: &Opened) -> Result<Vec<Told>, Failure> {
    let (config, now) = (&opened.config, opened.clock.now());
    let lang = language(config);
    let stand = {
        let _nothing_exchanged = opened.host.gate.read().await;
        Box::pin(standing(&opened.store, config, lang, now)).await?
    };
    // One at a time, as with messages: who is sending is waited for.
    let _turn = opened.host.sending.lock().await;
    let (outbox, signer, base) = (super::message::outbox(opened)?, AlertSigner::of(&opened.store)?, base(config)?);
    let teller = Teller { memory: &opened.store, outgoing: &outbox, config, lang, signer: &signer, base: &base };
    Ok(teller.pass(&stand, now).await?)
}

async fn tell(app: &App, opened: &Opened) -> Result<u8, Failure> {
    if !opened.config.alerts.is_any_told() {
        let hint = "to = [\"hr_group\"] at the top of alerts.toml names a [[receiver]] of messages.toml";
        return Err(Failure::user("nobody is told of alerts", hint));
    }
    let told = pass(opened).await?;
    if told.is_empty() {
        app.printer.note("nothing to tell", "没有需要发送的告警");
    }
    let failed = told.iter().any(|one| one.outcome.is_err());
    for one in &told {
        say(&app.printer, "", one);
    }
    Ok(if failed { exit::PARTLY } else { 0 })
}

/// What became of a letter, in a line; `time` stands before it.
pub fn say(printer: &Printer, time: &str, told: &Told) {
    let Told { subject, receiver, .. } = told;
    match &told.outcome {
        Ok(()) => printer.note(&format!("{time}{receiver}: sent, {subject}"), &format!("{time}{receiver}:已发送,{subject}")),
        Err(error) => {
            let again = told.next_at.map(|at| at.format("%H:%M UTC").to_string());
            let line = match (printer.lang, again) {
                (Lang::En, Some(at)) => format!("{time}alert to {receiver}: {error}; tried again {at}"),
                (Lang::En, None) => format!("{time}alert to {receiver}: {error}"),
                (Lang::Zh, Some(at)) => format!("{time}告警 → {receiver}:{error};{at} 重试"),
                (Lang::Zh, None) => format!("{time}告警 → {receiver}:{error}"),
            };
            printer.error(&line, error.hint.as_deref());
        }
    }
}

/// An alert of the list.
struct Line<'a> {
    key: String,
    one: &'a Standing,
    begun: Option<&'a AlertEventRow>,
    arrived: bool,
    escalated: bool,
    seen_to: Option<&'a AlertDecisionRow>,
    silenced: bool,
}

impl Line<'_> {
    fn state(&self, lang: Lang) -> String {
        let words = match (self.seen_to, self.silenced, self.escalated, self.begun) {
            (Some(row), ..) => [format!("seen to by {}", row.decided_by), format!("{} 处理中", row.decided_by)],
            (_, true, ..) => ["silenced".to_owned(), "已静默".to_owned()],
            (_, _, true, _) => ["others told".to_owned(), "已升级".to_owned()],
            (_, _, _, Some(_)) if !self.arrived => ["could not be sent".to_owned(), "未送达".to_owned()],
            (_, _, _, Some(_)) => ["told".to_owned(), "已通知".to_owned()],
            _ => ["not told".to_owned(), "未通知".to_owned()],
        };
        let [en, zh] = words;
        if lang == Lang::Zh { zh } else { en }
    }

    fn json(&self) -> Value {
        json!({
            "key": self.key, "rule": self.one.rule, "slice": self.one.slice, "channels": self.one.channels, "raised_on": self.one.raised_on,
            "known": self.one.now == Now::On, "text": self.one.text, "told_at": self.begun.filter(|_| self.arrived).map(|row| row.at),
            "could_not_be_sent": self.begun.is_some() && !self.arrived, "escalated": self.escalated,
            "silenced": self.silenced, "acknowledged_by": self.seen_to.map(|row| &row.decided_by), "acknowledged_at": self.seen_to.map(|row| row.at),
        })
    }
}

async fn list(app: &App, opened: &Opened, format: ListFormat) -> Result<u8, Failure> {
    let (config, now, printer) = (&opened.config, opened.clock.now(), &app.printer);
    let stand = Box::pin(standing(&opened.store, config, printer.lang, now)).await?;
    let (events, decisions) = (opened.store.alert_events().await?, opened.store.alert_decisions().await?);
    let messages = opened.store.messages().await?;
    let has = |alert: &str, event: AlertEvent| events.iter().any(|row| row.alert == alert && row.event == event);
    let mut lines: Vec<Line<'_>> = Vec::new();
    for one in &stand {
        let is_of = |row: &&AlertEventRow| row.rule == one.rule && row.slice == one.slice && row.event == AlertEvent::Begin;
        let begun = events.iter().filter(is_of).find(|row| !has(&row.alert, AlertEvent::End));
        // What is not known now stands if it was told of.
        if one.now == Now::Off || (one.now == Now::Unknown && begun.is_none()) {
            continue;
        }
        let alert = begun.map_or_else(|| next_key(&events, &one.rule, &one.slice, one.raised_on), |row| row.alert.clone());
        lines.push(Line {
            escalated: has(&alert, AlertEvent::Escalation),
            seen_to: decisions.iter().find(|row| row.kind == AlertDecision::Ack && row.id == alert),
            silenced: is_silenced(one, &decisions, config, now),
            key: alert,
            one,
            arrived: begun.is_some_and(|row| has_arrived(row, &messages)),
            begun,
        });
    }
    if format == ListFormat::Json {
        let all: Vec<Value> = lines.iter().map(Line::json).collect();
        printer.result(&serde_json::to_string_pretty(&json!({ "alerts": all })).map_err(Failure::ours)?);
        return Ok(0);
    }
    if lines.is_empty() {
        printer.note("no alert stands", "当前没有告警");
        return Ok(0);
    }
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|line| {
            let short = line.key.chars().take(8).collect();
            let mut text = line.one.text.lines();
            let first = text.next().unwrap_or_default().to_owned();
            let cause = text.find_map(|line| line.strip_prefix("- ")).unwrap_or("–").to_owned();
            vec![short, line.one.raised_on.to_string(), first, line.one.slice.clone(), cause, line.state(printer.lang)]
        })
        .collect();
    let heads = [("key", "编号"), ("since", "始于"), ("alert", "告警"), ("slice", "切片"), ("likely", "可能原因"), ("state", "状态")];
    let heads: Vec<String> = heads.iter().map(|(en, zh)| printer.pick(en, zh).to_owned()).collect();
    printer.raw(table::draw(&heads, &rows).as_bytes());
    Ok(0)
}

/// A name and a reason go into the audit: one line each.
fn said(word: &str, text: &str, most: usize) -> Result<String, Failure> {
    let text = text.trim();
    if text.chars().count() > most || text.chars().any(char::is_control) {
        return Err(Failure::user(format!("--{word} must be one line of at most {most} characters"), "shorten it"));
    }
    Ok(text.to_owned())
}

fn needed(word: &str, text: &str, most: usize) -> Result<String, Failure> {
    match said(word, text, most)? {
        text if text.is_empty() => Err(Failure::user(format!("--{word} must not be empty"), "it is kept in the audit")),
        text => Ok(text),
    }
}

async fn ack(app: &App, opened: &Opened, args: &AlertsAckArgs) -> Result<u8, Failure> {
    if args.key.len() < 8 || !args.key.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(Failure::user(
            format!("{:?} is no key of an alert", args.key),
            "`inflow alerts list` shows them; eight digits are enough",
        ));
    }
    let (by, reason) = (needed("by", &args.by, 100)?, said("reason", &args.reason, 500)?);
    match opened.store.acknowledge_alert(&by, &args.key.to_lowercase(), &reason).await? {
        Acknowledged::Kept(told) => {
            let first = told.text.lines().next().unwrap_or_default().to_owned();
            app.printer.note(&format!("noted: {by} sees to it: {first}"), &format!("已记录:{by} 处理:{first}"));
            Ok(0)
        }
        Acknowledged::Before(_, before) => Err(Failure::user(
            format!("{} sees to it since {}", before.decided_by, before.at.format("%Y-%m-%d %H:%M UTC")),
            "nothing was changed",
        )),
        Acknowledged::Unknown => Err(Failure::user(
            format!("nobody was told of an alert {}", args.key),
            "`inflow alerts list` shows what stands and who was told",
        )),
    }
}

/// A silence of a slice that no rule has would silence nothing.
fn known_slice(slice: &str, known: &BTreeSet<&str>) -> Result<(), Failure> {
    if known.contains(slice) {
        return Ok(());
    }
    let hint = did_you_mean(slice, known.iter().copied())
        .unwrap_or_else(|| "`inflow alerts list` shows them: channel=boss, store=North".to_owned());
    Err(Failure::user(format!("no rule has a slice `{slice}`"), hint))
}

async fn silence(app: &App, opened: &Opened, args: &AlertsSilenceArgs) -> Result<u8, Failure> {
    let (config, now) = (&opened.config, opened.clock.now());
    if args.rule.is_none() && args.slice.is_none() && args.channel.is_none() {
        return Err(Failure::user("a silence names a rule, a slice or a channel", "--rule no_show, --channel boss"));
    }
    let rules: Vec<&str> = config.alerts.rule.iter().map(|rule| rule.id.as_str()).chain(BUILT_IN_ALERTS).collect();
    if let Some(rule) = args.rule.as_deref().filter(|rule| !rules.contains(rule)) {
        let hint = did_you_mean(rule, rules.iter().copied()).unwrap_or_else(|| format!("accepted: {}", rules.join(", ")));
        return Err(Failure::user(format!("there is no rule `{rule}`"), hint));
    }
    if let Some(channel) = args.channel.as_deref().filter(|channel| config.channel(channel).is_none()) {
        let known = config.channels.iter().map(|channel| channel.id.as_str());
        let hint = did_you_mean(channel, known).unwrap_or_else(|| "channels.toml lists them".to_owned());
        return Err(Failure::user(format!("there is no channel `{channel}`"), hint));
    }
    if let Some(slice) = args.slice.as_deref() {
        let rules = |rule: &str| args.rule.as_deref().is_none_or(|own| own == rule);
        let (stand, events) = (Box::pin(standing(&opened.store, config, app.printer.lang, now)).await?, opened.store.alert_events().await?);
        let of_now = stand.iter().map(|one| (one.rule.as_str(), one.slice.as_str()));
        let known = of_now.chain(events.iter().map(|row| (row.rule.as_str(), row.slice.as_str())));
        known_slice(slice, &known.filter(|(rule, _)| rules(rule)).map(|(_, slice)| slice).collect())?;
    }
    if args.until <= now {
        return Err(Failure::user("--until is over already", "give an instant to come, with its offset"));
    }
    let of = |text: &Option<String>| text.clone().unwrap_or_default();
    let row = AlertDecisionRow {
        id: format!("{}", now.timestamp_millis()),
        kind: AlertDecision::Silence,
        rule: of(&args.rule),
        slice: of(&args.slice),
        channel: of(&args.channel),
        until: Some(args.until),
        reason: needed("reason", &args.reason, 500)?,
        decided_by: needed("by", &args.by, 100)?,
        at: now,
    };
    opened.store.silence_alerts(&row).await?;
    let until = args.until.with_timezone(&config.settings.company.timezone).format("%Y-%m-%d %H:%M");
    app.printer.note(&format!("nobody is told until {until}"), &format!("{until} 前不再通知"));
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_names_a_slice_that_there_is() {
        let known: BTreeSet<&str> = ["channel=boss, store=North", "channel=boss"].into();
        assert!(known_slice("channel=boss", &known).is_ok() && known_slice("", &known).is_err());
        let failure = known_slice("channel=boss,store=North", &known).unwrap_err();
        let [(message, hint)] = failure.messages.as_slice() else { panic!("{failure:?}") };
        assert_eq!(message, "no rule has a slice `channel=boss,store=North`");
        assert!(hint.as_ref().unwrap().contains("channel=boss, store=North"), "{hint:?}");
    }
}
