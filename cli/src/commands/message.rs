//! `inflow message`

use super::brief::period;
use crate::app::{App, Opened};
use crate::args::MessageSendArgs;
use crate::failure::{Failure, exit};
use crate::output::Printer;
use chrono::{DateTime, Utc};
use inflow_actions::brief::{Asked, Facts, Period};
use inflow_actions::send::{Compose, Courier, Letter, Outbox, Outgoing, Round, SendError, letter, test_letter};
use inflow_config::{BriefKind, Config, Lang, MessageRule};
use std::sync::Arc;

/// Sends the messages of a kind, or shows them.
pub async fn send(app: &App, args: &MessageSendArgs) -> Result<u8, Failure> {
    let opened = if args.dry_run { app.attach().await? } else { app.open().await? };
    let sent = of_kind(app, &opened, args).await;
    opened.close().await;
    sent
}

async fn of_kind(app: &App, opened: &Opened, args: &MessageSendArgs) -> Result<u8, Failure> {
    let kind: BriefKind = args.kind.into();
    let rules: Vec<&MessageRule> = opened.config.messages.message.iter().filter(|rule| rule.is_enabled() && rule.kind == kind).collect();
    if rules.is_empty() {
        let hint = format!("messages.toml: [[message]] with id, kind = \"{}\" and to", kind.as_str());
        return Err(Failure::user(format!("no message of kind `{}` is enabled", kind.as_str()), hint));
    }
    let now = opened.clock.now();
    let today = now.with_timezone(&opened.config.settings.company.timezone).date_naive();
    let period = period(app, kind, args.on, today)?;
    let composer = Composer { opened, now };
    if args.dry_run {
        for rule in rules {
            let letter =
                composer.compose(rule, period).await.map_err(|error| Failure::user(error, "`inflow doctor` says what is missing"))?;
            show(&app.printer, rule, &letter);
        }
        return Ok(0);
    }
    let _turn = opened.host.sending.lock().await;
    let outbox = outbox(opened)?;
    let courier = Courier { notes: &opened.store, outgoing: &outbox, composer: &composer, config: &opened.config };
    let rounds = courier.now(period, args.again, now).await?;
    let mut failed = false;
    for round in &rounds {
        failed |= round.outcome.is_err();
        say(&app.printer, "", round);
    }
    Ok(if failed { exit::USER } else { 0 })
}

/// Sends one line to a receiver.
pub async fn test(app: &App, receiver: &str) -> Result<u8, Failure> {
    let config = app.config()?;
    let Some(to) = config.messages.receiver(receiver) else {
        let known: Vec<&str> = config.messages.receiver.iter().map(|receiver| receiver.id.as_str()).collect();
        let hint = if known.is_empty() {
            "messages.toml has no [[receiver]] yet".to_owned()
        } else {
            format!("the receivers are {}", known.join(", "))
        };
        return Err(Failure::user(format!("there is no receiver {receiver:?}"), hint));
    };
    let clock = config.clock();
    let outbox = Outbox::new(&config, Arc::clone(&clock)).map_err(|error| Failure::explain(&error))?;
    outbox.send(to, &test_letter(&config, app.printer.lang, clock.now())).await.map_err(|error| {
        let hint = error.hint.clone();
        Failure { messages: vec![(format!("{receiver} {error}"), hint)], code: exit::USER, ..Failure::default() }
    })?;
    app.printer.result(app.printer.pick(&format!("{receiver}: sent"), &format!("{receiver}:已发送")));
    Ok(0)
}

/// The client that messages leave by.
pub fn outbox(opened: &Opened) -> Result<Outbox<'_>, SendError> {
    Outbox::new(&opened.config, Arc::clone(&opened.clock))
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        Self::explain(&error)
    }
}

/// Makes the letters of messages.
pub struct Composer<'o> {
    /// Whose figures.
    pub opened: &'o Opened,
    /// Up to when events count.
    pub now: DateTime<Utc>,
}

impl Compose for Composer<'_> {
    /// Reads while nobody exchanges tables.
    async fn compose(&self, rule: &MessageRule, period: Period) -> Result<Letter, String> {
        let _nothing_exchanged = self.opened.host.gate.read().await;
        let config: &Config = &self.opened.config;
        let asked = Asked { period, now: self.now, channels: rule.channel.clone() };
        let facts = Facts::read(&self.opened.store, config, asked).await.map_err(|error| error.to_string())?;
        letter(rule, &facts, config).await.map_err(|error| error.to_string())
    }
}

fn show(printer: &Printer, rule: &MessageRule, letter: &Letter) {
    let to = rule.to.join(", ");
    printer.note(&format!("{} to {to}:", rule.id), &format!("{} 发给 {to}:", rule.id));
    printer.result(&letter.text);
    for file in &letter.attachments {
        let (name, size) = (&file.name, file.bytes.len().div_ceil(1024));
        printer.note(&format!("with mail: {name}, {size} kB"), &format!("邮件附件:{name},{size} kB"));
    }
}

/// What became of a message, in a line; `time` stands before it.
pub fn say(printer: &Printer, time: &str, round: &Round) {
    let Round { message, receiver, period, .. } = round;
    let of = period.title(printer.lang);
    match &round.outcome {
        Ok(true) => printer.note(
            &format!("{time}message {message} to {receiver}: sent, {of}"),
            &format!("{time}消息 {message} → {receiver}:已发送({of})"),
        ),
        Ok(false) => printer.note(
            &format!("{time}message {message} to {receiver}: sent before, {of}; --again sends it once more"),
            &format!("{time}消息 {message} → {receiver}:此前已发送({of});--again 可再发一次"),
        ),
        Err(error) => {
            let again = round.next_at.map(|at| at.format("%H:%M UTC").to_string());
            let line = match (printer.lang, again) {
                (Lang::En, Some(at)) => format!("{time}message {message} to {receiver}: {error}; tried again {at}"),
                (Lang::En, None) => format!("{time}message {message} to {receiver}: {error}"),
                (Lang::Zh, Some(at)) => format!("{time}消息 {message} → {receiver}:{error};{at} 重试"),
                (Lang::Zh, None) => format!("{time}消息 {message} → {receiver}:{error}"),
            };
            printer.error(&line, error.hint.as_deref());
        }
    }
}

/// Whether anything is sent on a schedule.
pub fn is_any(config: &Config) -> bool {
    config.messages.message.iter().any(MessageRule::is_enabled)
}
