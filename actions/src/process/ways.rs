//! How a message reaches a candidate: mail, a webhook, the SMS services of Aliyun and Tencent Cloud.

use std::time::Duration;

use inflow_config::{Gateway, GatewayShape, Receiver, SecretRef, Shape};
use inflow_connectors::http::Redactor;
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::contacts::{Contact, hidden};
use super::message::{Filled, fill};
use super::runner::Ways;
use super::sms::{self, Keys};
use crate::send::{Letter, Outbox, Outgoing, SendError, cause};

/// A gateway answers in a second.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of an answer that are looked at.
const ANSWER: usize = 64 << 10;

/// The gateways of `process.toml`, and the receivers of `messages.toml`.
#[derive(Debug)]
pub struct Gateways<'o, 'c> {
    outbox: &'o Outbox<'c>,
}

impl<'o, 'c> Gateways<'o, 'c> {
    /// Through the one client that messages leave by.
    pub fn new(outbox: &'o Outbox<'c>) -> Self {
        Self { outbox }
    }

    async fn by_mail(&self, contact: &Contact, message: &Filled) -> Result<(), SendError> {
        let receiver =
            Receiver { id: "candidate".to_owned(), shape: Shape::Email, to: vec![contact.email.clone()], url: None, secret: None };
        let letter =
            Letter { subject: message.subject.clone(), text: message.text.clone(), attachments: Vec::new(), key: message.key.clone() };
        let redactor = Redactor::new(&hidden(contact));
        self.outbox
            .send(&receiver, &letter)
            .await
            .map_err(|error| SendError { message: redactor.text(&error.message).into_owned(), ..error })
    }

    async fn by_http(&self, gateway: &Gateway, contact: &Contact, message: &Filled) -> Result<(), SendError> {
        let (request, secrets) = self.request(gateway, contact, message)?;
        let hidden = hidden(contact);
        let redactor = Redactor::new(secrets.iter().chain(&hidden));
        let failed = |error: reqwest::Error| {
            SendError::later(format!("gateway {} cannot be reached: {}", gateway.id, redactor.text(&cause(&error.without_url()))))
        };
        let mut answer = request.timeout(PATIENCE).send().await.map_err(failed)?;
        let status = answer.status().as_u16();
        let after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok()).map(Duration::from_secs);
        let mut said = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(failed)? {
            said.extend_from_slice(&part);
            if said.len() > ANSWER {
                break;
            }
        }
        accepted(gateway.shape, status, &said).map_err(|error| {
            let message = format!("gateway {} {}", gateway.id, redactor.text(&error.message));
            SendError { message, after: after.filter(|_| error.transient), ..error }
        })
    }

    fn request(&self, gateway: &Gateway, contact: &Contact, message: &Filled) -> Result<(RequestBuilder, Vec<SecretString>), SendError> {
        let Some(url) = gateway.address() else { return Err(SendError::refused(format!("gateway {} has no address", gateway.id))) };
        let (client, now) = (&self.outbox.client, self.outbox.clock.now());
        if gateway.shape == GatewayShape::Webhook {
            let body = webhook_body(gateway.body.as_deref().unwrap_or("{}"), contact, message)?;
            let token = gateway.token.as_ref().map(|token| self.outbox.secret(token)).transpose()?;
            let mut request = client.post(url).header("idempotency-key", &message.key).json(&body);
            if let Some(token) = &token {
                request = request.bearer_auth(token.expose_secret());
            }
            return Ok((request, token.into_iter().collect()));
        }
        let secret = |reference: &Option<SecretRef>, what: &str| match reference {
            Some(reference) => self.outbox.secret(reference),
            None => Err(SendError::refused(format!("gateway {} has no {what}", gateway.id))),
        };
        let (id, key) = (secret(&gateway.key_id, "key_id")?, secret(&gateway.key_secret, "key_secret")?);
        let keys = Keys { id: id.expose_secret(), secret: key.expose_secret() };
        let signed = match gateway.shape {
            GatewayShape::AliyunSms => sms::aliyun(gateway, &url, keys, contact, message, now),
            _ => sms::tencent(gateway, &url, keys, contact, message, now),
        };
        let mut request = client.post(signed.url).body(signed.body);
        for (name, value) in signed.headers {
            request = request.header(name, value);
        }
        Ok((request, vec![id, key]))
    }
}

impl Ways for Gateways<'_, '_> {
    async fn send(&self, gateway: &Gateway, contact: &Contact, message: &Filled) -> Result<(), SendError> {
        match gateway.shape {
            GatewayShape::Email => self.by_mail(contact, message).await,
            _ => self.by_http(gateway, contact, message).await,
        }
    }

    async fn tell(&self, receiver: &Receiver, letter: &Letter) -> Result<(), SendError> {
        self.outbox.send(receiver, letter).await
    }
}

/// The body of a webhook: its template's texts filled in, so that no value can break out of its place in the JSON.
fn webhook_body(template: &str, contact: &Contact, message: &Filled) -> Result<Value, SendError> {
    let mut body: Value = serde_json::from_str(template).map_err(|error| SendError::refused(format!("its body is not JSON: {error}")))?;
    fill_texts(&mut body, contact, message)?;
    Ok(body)
}

fn fill_texts(value: &mut Value, contact: &Contact, message: &Filled) -> Result<(), SendError> {
    match value {
        Value::String(text) => {
            *text = fill(text, |field| {
                Ok(match field {
                    "phone" => contact.phone.clone(),
                    "email" => contact.email.clone(),
                    "text" => message.text.clone(),
                    "code" => message.code.clone(),
                    "key" => message.key.clone(),
                    other => message.fields.iter().find(|(name, _)| *name == other).map(|(_, value)| value.clone()).unwrap_or_default(),
                })
            })?;
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| fill_texts(item, contact, message)),
        Value::Object(table) => table.values_mut().try_for_each(|item| fill_texts(item, contact, message)),
        _ => Ok(()),
    }
}

/// What an answer means.
fn accepted(shape: GatewayShape, status: u16, body: &[u8]) -> Result<(), SendError> {
    if status == 429 || status >= 500 {
        return Err(SendError::later(format!("answered with HTTP status {status}")));
    }
    match shape {
        GatewayShape::AliyunSms => sms::aliyun_accepted(status, body),
        GatewayShape::TencentSms => sms::tencent_accepted(status, body),
        // 409 is what is answered to a key that was seen before.
        _ if (200..300).contains(&status) || status == 409 => Ok(()),
        _ => Err(SendError::refused(format!("answered with HTTP status {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_filled_in_stays_in_its_place() {
        let contact = Contact { phone: "19900000001".to_owned(), name: "测试\"甲{key}".to_owned(), ..Contact::default() };
        let message = Filled {
            key: "k1".to_owned(),
            text: "a \"quoted\" text {phone}".to_owned(),
            fields: vec![("name", contact.name.clone())],
            ..Filled::default()
        };
        let body = webhook_body(r#"{"to": ["+86{phone}"], "text": "{text}", "who": "{name}", "key": "{key}", "n": 3}"#, &contact, &message)
            .unwrap();
        assert_eq!(
            body,
            json!({"to": ["+8619900000001"], "text": "a \"quoted\" text {phone}", "who": "测试\"甲{key}", "key": "k1", "n": 3}),
            "fields of what is filled in are not fields"
        );
    }

    #[test]
    fn answers_of_a_webhook_are_understood() {
        let said = |status| accepted(GatewayShape::Webhook, status, b"").map_err(|error| error.transient);
        assert_eq!([said(200), said(202), said(409)], [Ok(()); 3]);
        assert_eq!([said(400), said(301)], [Err(false); 2]);
        assert_eq!([said(429), said(503)], [Err(true); 2]);
    }
}
