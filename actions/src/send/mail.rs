//! Mail: the text, with the report attached.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use inflow_config::{Config, Receiver, Smtp, SmtpSecurity};
use inflow_connectors::http::Redactor;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

use super::error::SendError;
use super::letter::Letter;

const PATIENCE: Duration = Duration::from_secs(30);

/// Hands the letter to the mail server.
pub async fn send(
    config: &Config,
    smtp: &Smtp,
    password: Option<SecretString>,
    receiver: &Receiver,
    letter: &Letter,
    now: DateTime<Utc>,
) -> Result<(), SendError> {
    let message = message(smtp, receiver, letter, now)?;
    // Servers repeat what they refuse.
    let hidden: Vec<SecretString> = receiver.to.iter().chain(&smtp.user).map(|text| text.as_str().into()).chain(password.clone()).collect();
    let redactor = Redactor::new(&hidden);
    let transport = transport(config, smtp, password, PATIENCE).map_err(|error| {
        let message = redactor.text(&error.message).into_owned();
        SendError { message, ..error }
    })?;
    match transport.send(message).await {
        Ok(_) => Ok(()),
        Err(error) => {
            let why = super::outbox::cause(&error);
            let status = error.status().map_or_else(String::new, |code| format!(" with {code}"));
            let message = format!(
                "the mail server {}{status}: {}",
                if error.is_permanent() { "refused it" } else { "did not take it" },
                redactor.text(&why)
            );
            let refused = error.is_permanent() || error.is_client();
            let told = if refused { SendError::refused(message) } else { SendError::later(message) };
            // 530, 534, 535 and 538 are about signing in (RFC 4954).
            let signing_in = error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538));
            Err(if signing_in {
                told.hint("check user and password under [smtp]; many servers want an authorisation code (授权码) instead")
            } else {
                told
            })
        }
    }
}

/// Greets the mail server as a letter would, without signing in.
pub async fn greet(config: &Config, smtp: &Smtp, patience: Duration) -> Result<(), SendError> {
    let greeted = transport(config, smtp, None, patience)?.test_connection().await;
    let said = |why: &str| SendError::later(format!("the mail server {} cannot be reached: {why}", smtp.host));
    match greeted {
        Ok(true) => Ok(()),
        Ok(false) => Err(said("it does not answer as a mail server does")),
        Err(error) => Err(said(&super::outbox::cause(&error))),
    }
}

fn transport(
    config: &Config,
    smtp: &Smtp,
    password: Option<SecretString>,
    patience: Duration,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, SendError> {
    let wrong = |error: lettre::transport::smtp::Error| SendError::refused(format!("the mail server cannot be reached securely: {error}"));
    let tls = || -> Result<TlsParameters, SendError> {
        let mut parameters = TlsParameters::builder(smtp.host.clone());
        if let Some(file) = &config.settings.http.ca_file {
            let pem =
                std::fs::read(config.resolve(file)).map_err(|error| SendError::refused(format!("http.ca_file cannot be read: {error}")))?;
            parameters = parameters.add_root_certificate(Certificate::from_pem(&pem).map_err(wrong)?);
        }
        parameters.build().map_err(wrong)
    };
    let tls = match smtp.security {
        SmtpSecurity::Tls => Tls::Wrapper(tls()?),
        SmtpSecurity::Starttls => Tls::Required(tls()?),
        SmtpSecurity::None => Tls::None,
    };
    let mut builder =
        AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host).port(smtp.port()).tls(tls).timeout(Some(patience));
    if let (Some(user), Some(password)) = (&smtp.user, password) {
        builder = builder.credentials(Credentials::new(user.clone(), password.expose_secret().to_owned()));
    }
    Ok(builder.build())
}

/// The message. Its `Message-ID` is the letter's key, so that a server that has it already can tell.
fn message(smtp: &Smtp, receiver: &Receiver, letter: &Letter, now: DateTime<Utc>) -> Result<Message, SendError> {
    let mailbox = |address: &str| {
        address.parse::<Mailbox>().map_err(|error| SendError::refused(format!("an address in messages.toml is none: {error}")))
    };
    let from = mailbox(&smtp.from)?;
    let id = format!("<inflow-{}@{}>", letter.key, from.email.domain());
    let mut builder =
        Message::builder().from(from).subject(&letter.subject).message_id(Some(id)).date(SystemTime::from(now)).raw_header(automatic());
    for address in &receiver.to {
        builder = builder.to(mailbox(address)?);
    }
    let text = SinglePart::plain(letter.text.clone());
    let made = if letter.attachments.is_empty() {
        builder.singlepart(text)
    } else {
        let mut parts = MultiPart::mixed().singlepart(text);
        for file in &letter.attachments {
            let media = ContentType::parse(file.media).map_err(|error| SendError::refused(error.to_string()))?;
            parts = parts.singlepart(Attachment::new(file.name.clone()).body(file.bytes.clone(), media));
        }
        builder.multipart(parts)
    };
    made.map_err(|error| SendError::refused(format!("the mail cannot be written: {error}")))
}

/// So that nobody's absence note answers (RFC 3834).
fn automatic() -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned())
}

#[cfg(test)]
mod tests {
    use inflow_config::Shape;

    use super::*;

    #[test]
    fn a_mail_can_be_told_again_and_keeps_its_letters() {
        let smtp = Smtp {
            host: "localhost".to_owned(),
            port: None,
            security: SmtpSecurity::None,
            user: None,
            password: None,
            from: "招聘日报 <reports@company.example>".to_owned(),
        };
        let receiver = Receiver {
            id: "managers".to_owned(),
            shape: Shape::Email,
            to: vec!["a@company.example".to_owned(), "张三 <b@company.example>".to_owned()],
            url: None,
            secret: None,
        };
        let attachments =
            vec![super::super::Attachment { name: "招聘周报-2026-11-23.html".to_owned(), media: "text/html", bytes: b"<p>".to_vec() }];
        let letter =
            Letter { subject: "【招聘周报】".to_owned(), text: "简历 65\n".to_owned(), attachments, key: "abc".to_owned() };
        let formatted = || {
            let message = message(&smtp, &receiver, &letter, "2026-11-27T10:30:00Z".parse().unwrap()).unwrap();
            let text = String::from_utf8(message.formatted()).unwrap();
            text.lines().filter(|line| !line.contains("boundary") && !line.starts_with("--")).collect::<Vec<_>>().join("\n")
        };
        let text = formatted();
        for line in [
            "Message-ID: <inflow-abc@company.example>",
            "Auto-Submitted: auto-generated",
            "Date: Fri, 27 Nov 2026 10:30:00 +0000",
            "Content-Type: text/html",
        ] {
            assert!(text.contains(line), "{line} in\n{text}");
        }
        assert!(text.is_ascii(), "what is not ASCII is encoded");
        assert_eq!(text, formatted(), "the same again");
    }
}
