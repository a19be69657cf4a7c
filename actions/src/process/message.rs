//! A template with its fields filled in for one candidate.

use chrono::{DateTime, Utc};
use inflow_config::{Config, Template, fields};

use super::case::Case;
use super::contacts::Contact;
use super::gate;
use super::words::language;
use crate::send::SendError;

/// A message to one candidate. It is made when it leaves, and written nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filled {
    /// Idempotency key.
    pub key: String,
    /// Subject of mail.
    pub subject: String,
    /// Text; empty where the provider has it.
    pub text: String,
    /// The provider's number of the text.
    pub code: String,
    /// What the provider's text takes, in its order.
    pub params: Vec<(String, String)>,
    /// All fields, for the body of a webhook.
    pub fields: Vec<(&'static str, String)>,
}

impl Filled {
    /// Fills a template; `subject` is the invitation or stage that the step is about.
    ///
    /// # Errors
    /// When a field that the template names is not known of this candidate.
    pub fn new(
        template: &Template,
        config: &Config,
        case: &Case,
        subject: &str,
        contact: &Contact,
        now: DateTime<Utc>,
    ) -> Result<Self, SendError> {
        let known = Self::fields(config, case, subject, contact, now);
        let value = |field: &str| {
            let found = known.iter().find(|(name, _)| *name == field).map(|(_, value)| value.clone()).unwrap_or_default();
            if found.is_empty() {
                let hint = format!("template `{}` names {{{field}}}: deliver it, or leave it out of the text", template.id);
                return Err(SendError::refused(format!("{{{field}}} is not known of this case")).hint(hint));
            }
            Ok(found)
        };
        let filled = |text: &Option<String>| match text {
            Some(text) => fill(text, value),
            None => Ok(String::new()),
        };
        let params = template.params.iter().map(|field| Ok((field.clone(), value(field)?))).collect::<Result<_, SendError>>()?;
        Ok(Self {
            key: String::new(),
            subject: filled(&template.subject)?,
            text: filled(&template.text)?,
            code: template.code.clone().unwrap_or_default(),
            params,
            fields: known,
        })
    }

    fn fields(config: &Config, case: &Case, subject: &str, contact: &Contact, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
        let zone = config.settings.company.timezone;
        let lang = language(config);
        let local =
            |at: Option<DateTime<Utc>>| at.map(|at| at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default();
        let invitation = case.invitations.iter().find(|invitation| invitation.id == subject);
        let process = config.processes.of_family(&case.job_family);
        let missing = process.map(|process| {
            let look = super::Look { process, quiet: None, zone, now };
            let names = look.blocked(case).into_iter().filter_map(|blocked| {
                let gate = process.gate.iter().find(|gate| gate.id == blocked.gate)?;
                Some(gate::name(gate.assessment, lang))
            });
            names.collect::<Vec<_>>().join(", ")
        });
        vec![
            ("name", contact.name.clone()),
            ("company", config.settings.company.name.clone()),
            ("job", case.job_family.clone()),
            ("store", case.store.clone()),
            ("deadline", local(invitation.and_then(|own| own.deadline_at.or(own.scheduled_at)))),
            ("appointment", local(invitation.and_then(|own| own.scheduled_at))),
            ("link", contact.link.clone()),
            ("missing", missing.unwrap_or_default()),
        ]
    }
}

/// A text with its fields filled in, in one pass: what is filled in is not read again.
pub(super) fn fill(text: &str, value: impl Fn(&str) -> Result<String, SendError>) -> Result<String, SendError> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    // The configuration has checked braces and names.
    for field in fields(text).unwrap_or_default() {
        if let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            filled.push_str(&value(field)?);
            rest = after.split_once('}').map_or("", |(_, after)| after);
        }
    }
    filled.push_str(rest);
    Ok(filled)
}
