//! How a message reaches a candidate: contact data, processors, gateways, templates.

use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{Processes, Tell, unknown};
use crate::message::{Messages, is_loopback};
use crate::problem::{Bad, did_you_mean};
use crate::reader::Section;
use crate::secret::SecretRef;
use crate::tree::Node;
use crate::values::{bad, boolean, day, from_str, http_url, id, list, one_of, parsed, words};

/// What a text may name in braces: of the candidate, the job, the invitation and the gate.
pub const FIELDS: [&str; 8] = ["name", "company", "job", "store", "deadline", "appointment", "link", "missing"];
/// What the body of a webhook may name beside these.
const BODY_FIELDS: [&str; 5] = ["phone", "email", "text", "code", "key"];

/// Where phone and mail of a candidate are asked for, at the moment of sending; they are written nowhere.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Contacts {
    /// An address of the ATS that answers with JSON of one case, with {application}, {candidate} and {connection} in it. Either this or `vault`.
    #[schemars(default)]
    pub url: Option<String>,
    /// Sent to it as `Authorization: Bearer`.
    #[schemars(default)]
    pub token: Option<SecretRef>,
    /// A file encrypted with age, outside of the data folder, for systems that have no such address; a JSON object from `connection:application`
    /// to what the ATS would answer.
    #[schemars(default)]
    pub vault: Option<String>,
    /// The age identity (`AGE-SECRET-KEY-..`) that opens the vault.
    #[schemars(default)]
    pub identity: Option<SecretRef>,
    /// JSON pointer of the phone number in the answer; absent: /phone.
    #[schemars(default)]
    pub phone: Option<String>,
    /// JSON pointer of the mail address; absent: /email.
    #[schemars(default)]
    pub email: Option<String>,
    /// JSON pointer of the name; absent: /name.
    #[schemars(default)]
    pub name: Option<String>,
    /// JSON pointer of the link to the interview; absent: /link.
    #[schemars(default)]
    pub link: Option<String>,
}

/// Who handles candidates' data for the company (PIPL 21).
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Processor {
    /// Stable name.
    #[schemars(regex(pattern = "^[a-z0-9_]+$"))]
    pub id: String,
    /// Its name for people; absent: the id.
    #[schemars(default)]
    pub name: Option<String>,
    /// ISO 3166 code of the country in which the data is handled.
    #[schemars(regex(pattern = "^[A-Z]{2}$"))]
    pub country: String,
    /// Hosts that it is reached at.
    pub hosts: Vec<String>,
    /// Whether it is the company itself, which needs no contract; absent: no.
    #[schemars(default)]
    pub own: bool,
    /// First day of the contract.
    #[schemars(default)]
    pub contract_from: Option<NaiveDate>,
    /// Last day of the contract: after it nothing is sent.
    #[schemars(default)]
    pub contract_until: Option<NaiveDate>,
    /// On which ground data may leave the country, such as the number of a filed standard contract.
    #[schemars(default)]
    pub transfer: Option<String>,
}

/// A way by which messages reach candidates.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Gateway {
    /// Stable name.
    #[schemars(regex(pattern = "^[a-z0-9_]+$"))]
    pub id: String,
    /// How it is spoken to.
    pub shape: GatewayShape,
    /// Who runs it, of `[[processor]]`; for shape email, whose mail server messages.toml names, it may be absent.
    #[schemars(default)]
    pub processor: Option<String>,
    /// Its address; absent: the maker's, for aliyun_sms and tencent_sms.
    #[schemars(default)]
    pub url: Option<Url>,
    /// Sent to a webhook as `Authorization: Bearer`.
    #[schemars(default)]
    pub token: Option<SecretRef>,
    /// What is posted to a webhook: JSON whose texts may hold {phone}, {email}, {text}, {code}, {key} and the fields of templates.
    #[schemars(default)]
    pub body: Option<String>,
    /// AccessKey ID (Aliyun) or SecretId (Tencent).
    #[schemars(default)]
    pub key_id: Option<SecretRef>,
    /// AccessKey secret or SecretKey.
    #[schemars(default)]
    pub key_secret: Option<SecretRef>,
    /// Signature of the short messages as it was approved (短信签名).
    #[schemars(default)]
    pub sign_name: Option<String>,
    /// Tencent's SmsSdkAppId.
    #[schemars(default)]
    pub app_id: Option<String>,
}

/// How a gateway is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GatewayShape {
    /// Mail by `[smtp]` of messages.toml.
    Email,
    /// A POST of JSON, with `Idempotency-Key`.
    Webhook,
    /// SendSms of Aliyun (阿里云短信).
    AliyunSms,
    /// SendSms of Tencent Cloud (腾讯云短信).
    TencentSms,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Template {
    /// Stable name.
    #[schemars(regex(pattern = "^[a-z0-9_]+$"))]
    pub id: String,
    /// By which gateway it goes.
    pub gateway: String,
    /// Subject of mail, with fields in braces.
    #[schemars(default)]
    pub subject: Option<String>,
    /// Text, with fields in braces: {name}, {company}, {job}, {store}, {deadline}, {appointment}, {link}, {missing}.
    #[schemars(default)]
    pub text: Option<String>,
    /// Number of the template at the SMS provider, which has the text.
    #[schemars(default)]
    pub code: Option<String>,
    /// Fields that the provider's text takes, in its order.
    #[schemars(default)]
    pub params: Vec<String>,
}

impl GatewayShape {
    /// The word used in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Webhook => "webhook",
            Self::AliyunSms => "aliyun_sms",
            Self::TencentSms => "tencent_sms",
        }
    }

    /// The maker's own address.
    pub fn default_url(self) -> Option<&'static str> {
        match self {
            Self::AliyunSms => Some("https://dysmsapi.aliyuncs.com/"),
            Self::TencentSms => Some("https://sms.tencentcloudapi.com/"),
            Self::Email | Self::Webhook => None,
        }
    }
}

impl FromStr for GatewayShape {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        one_of("shape", text, [Self::Email, Self::Webhook, Self::AliyunSms, Self::TencentSms], Self::as_str)
    }
}

/// The fields in braces that a text names, in its order; `None` when a brace is not closed.
pub fn fields(text: &str) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let (field, after) = after.split_once('}')?;
        found.push(field);
        rest = after;
    }
    Some(found)
}

fn text_with(node: &Node, known: &[&str]) -> Result<String, Bad> {
    let text = words(node)?;
    let named = fields(&text).ok_or_else(|| bad("a brace is opened and not closed", "fields are written {name}"))?;
    named.iter().try_for_each(|field| known_field(field, known))?;
    Ok(text)
}

fn known_field(field: &str, known: &[&str]) -> Result<(), Bad> {
    if known.contains(&field) {
        return Ok(());
    }
    let accepted = known.iter().map(|field| format!("{{{field}}}")).collect::<Vec<_>>().join(", ");
    Err(Bad::new(format!("there is no field {{{field}}}, accepted: {accepted}")).hint(did_you_mean(field, known.iter().copied())))
}

impl Contacts {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let pointer = |node: &Node| {
            let text = words(node)?;
            if text.starts_with('/') { Ok(text) } else { Err(bad(format!("`{text}` is not a JSON pointer"), "such as \"/data/mobile\"")) }
        };
        let contacts = Self {
            url: section.optional("url", |node| text_with(node, &["application", "candidate", "connection"])),
            token: section.optional("token", from_str),
            vault: section.optional("vault", words),
            identity: section.optional("identity", from_str),
            phone: section.optional("phone", pointer),
            email: section.optional("email", pointer),
            name: section.optional("name", pointer),
            link: section.optional("link", pointer),
        };
        match (section.has("url"), section.has("vault")) {
            (false, false) => section
                .complain_here(bad("contacts need `url` or `vault`", "url = \"https://ats.company.example/api/contacts/{application}\"")),
            (true, true) => section.complain("vault", bad("contacts come from `url` or from `vault`, not from both", "keep one of them")),
            (false, true) if !section.has("identity") => {
                section
                    .complain("vault", bad("a vault needs the `identity` that opens it", "identity = \"file:~/.config/inflow/vault.key\""));
            }
            _ => {}
        }
        if let Some(url) = &contacts.url
            && !url.contains("{application}")
            && !url.contains("{candidate}")
        {
            section.complain("url", bad("says of no case whose contact is asked for", "put {application} or {candidate} into it"));
        }
        contacts
    }

    /// The address for one case.
    ///
    /// # Errors
    /// When it is none.
    pub fn address(&self, connection: &str, application: &str, candidate: &str) -> Result<Url, Bad> {
        let part = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
        let url = self.url.as_deref().unwrap_or_default();
        let url = url
            .replace("{application}", &part(application))
            .replace("{candidate}", &part(candidate))
            .replace("{connection}", &part(connection));
        Url::parse(&url).map_err(|_| Bad::new("is not an address, accepted: https:// and a host"))
    }
}

impl Processor {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let processor = Self {
            id: section.required("id", String::new(), id),
            name: section.optional("name", words),
            country: section.required("country", String::new(), |node| parsed(node, crate::country::parse)),
            hosts: section.required("hosts", Vec::new(), list),
            own: section.optional("own", boolean).unwrap_or_default(),
            contract_from: section.optional("contract_from", day),
            contract_until: section.optional("contract_until", day),
            transfer: section.optional("transfer", words),
        };
        if let (Some(from), Some(until)) = (processor.contract_from, processor.contract_until)
            && until < from
        {
            section.complain("contract_until", Bad::new("a contract cannot end before it begins"));
        }
        if !processor.own && (processor.contract_from.is_none() || processor.contract_until.is_none()) {
            section.complain_here(bad(
                "a processor needs the first and last day of its contract",
                "contract_from = 2026-01-01 and contract_until = 2026-12-31, or own = true for the company's own server",
            ));
        }
        processor
    }

    /// Whether the contract holds on a day.
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.own || (self.contract_from.is_some_and(|from| from <= day) && self.contract_until.is_some_and(|until| day <= until))
    }

    fn has(&self, host: &str) -> bool {
        self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
    }
}

impl Gateway {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let mut understood = false;
        let all: Vec<&str> = FIELDS.into_iter().chain(BODY_FIELDS).collect();
        let gateway = Self {
            id: section.required("id", String::new(), id),
            shape: section.required("shape", GatewayShape::Email, |node| from_str(node).inspect(|_| understood = true)),
            processor: section.optional("processor", words),
            url: section.optional("url", http_url),
            token: section.optional("token", from_str),
            body: section.optional("body", |node| body(node, &all)),
            key_id: section.optional("key_id", from_str),
            key_secret: section.optional("key_secret", from_str),
            sign_name: section.optional("sign_name", words),
            app_id: section.optional("app_id", words),
        };
        if !understood {
            return gateway;
        }
        let (needed, taken): (&[&str], &[&str]) = match gateway.shape {
            GatewayShape::Email => (&[], &[]),
            GatewayShape::Webhook => (&["processor", "url", "body"], &["token"]),
            GatewayShape::AliyunSms => (&["processor", "key_id", "key_secret", "sign_name"], &["url"]),
            GatewayShape::TencentSms => (&["processor", "key_id", "key_secret", "sign_name", "app_id"], &["url"]),
        };
        let name = gateway.shape.as_str();
        for key in ["processor", "url", "token", "body", "key_id", "key_secret", "sign_name", "app_id"] {
            let wanted = needed.contains(&key);
            if wanted && !section.has(key) {
                section.complain_here(Bad::new(format!("a gateway of shape {name} needs `{key}`")));
            } else if section.has(key) && !wanted && !taken.contains(&key) && key != "processor" {
                section.complain(key, Bad::new(format!("is not for gateways of shape {name}")));
            }
        }
        gateway
    }

    /// Where it is reached; `None` for mail.
    pub fn address(&self) -> Option<Url> {
        self.url.clone().or_else(|| self.shape.default_url().and_then(|url| Url::parse(url).ok()))
    }
}

/// JSON, with known fields in its texts.
fn body(node: &Node, known: &[&str]) -> Result<String, Bad> {
    let text = words(node)?;
    let shape: Value = serde_json::from_str(&text)
        .map_err(|error| bad(format!("is not JSON: {error}"), "such as '{\"to\": \"{phone}\", \"text\": \"{text}\"}'"))?;
    check_texts(&shape, known)?;
    Ok(text)
}

fn check_texts(value: &Value, known: &[&str]) -> Result<(), Bad> {
    match value {
        Value::String(text) => {
            let named = fields(text).ok_or_else(|| bad("a brace is opened and not closed", "fields are written {phone}"))?;
            named.iter().try_for_each(|field| known_field(field, known))
        }
        Value::Array(items) => items.iter().try_for_each(|item| check_texts(item, known)),
        Value::Object(table) => table.values().try_for_each(|item| check_texts(item, known)),
        _ => Ok(()),
    }
}

impl Template {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        Self {
            id: section.required("id", String::new(), id),
            gateway: section.required("gateway", String::new(), words),
            subject: section.optional("subject", |node| text_with(node, &FIELDS)),
            text: section.optional("text", |node| text_with(node, &FIELDS)),
            code: section.optional("code", words),
            params: section
                .optional("params", |node| {
                    let params = list(node)?;
                    params.iter().try_for_each(|field| known_field(field, &FIELDS))?;
                    Ok(params)
                })
                .unwrap_or_default(),
        }
    }
}

impl Processes {
    pub(super) fn check_ways(&self, country: &str, messages: &Messages, tell: &mut Tell<'_>) {
        for (at, processor) in self.processor.iter().enumerate() {
            let abroad = !processor.country.is_empty() && processor.country != country;
            if abroad && !self.allow_abroad {
                let message = format!("handles data in {}, and the company is in {country}", processor.country);
                tell(
                    &format!("processor[{at}].country"),
                    bad(message, "personal data leaves the country only with allow_abroad = true at the top of the file, and a `transfer`"),
                );
            } else if abroad && processor.transfer.is_none() {
                tell(
                    &format!("processor[{at}]"),
                    bad(
                        "data that leaves the country needs the ground for it, `transfer`",
                        "transfer = \"standard contract, filed as ..\"",
                    ),
                );
            }
        }
        for (at, gateway) in self.gateway.iter().enumerate() {
            let key = format!("gateway[{at}]");
            if let Some(name) = &gateway.processor
                && self.processor(name).is_none()
            {
                let known = self.processor.iter().map(|processor| processor.id.as_str());
                tell(&format!("{key}.processor"), unknown("processor", name, known));
            } else if let Some(url) = gateway.address() {
                let processor = gateway.processor.as_deref().and_then(|name| self.processor(name));
                if let Err(bad) = reachable(&url, |host| processor.is_some_and(|processor| processor.has(host))) {
                    tell(&format!("{key}.url"), bad);
                }
            }
            let no_smtp = messages.smtp.is_none();
            if gateway.shape == GatewayShape::Email && no_smtp {
                tell(
                    &format!("{key}.shape"),
                    bad("mail needs a server: there is no [smtp] in messages.toml", "[smtp] has host, from, user, password"),
                );
            }
        }
        if let Some(contacts) = &self.contacts
            && contacts.url.is_some()
        {
            let known = |host: &str| self.processor.iter().any(|processor| processor.has(host));
            if let Err(bad) = contacts.address("c", "a", "p").and_then(|url| reachable(&url, known)) {
                tell("contacts.url", bad);
            }
        }
        for (at, template) in self.template.iter().enumerate() {
            let key = format!("template[{at}]");
            let Some(gateway) = self.gateway(&template.gateway) else {
                let known = self.gateway.iter().map(|gateway| gateway.id.as_str());
                tell(&format!("{key}.gateway"), unknown("gateway", &template.gateway, known));
                continue;
            };
            let needed: &[(&str, bool)] = match gateway.shape {
                GatewayShape::Email => &[("subject", template.subject.is_none()), ("text", template.text.is_none())],
                GatewayShape::Webhook => &[("text", template.text.is_none() && template.code.is_none())],
                GatewayShape::AliyunSms | GatewayShape::TencentSms => &[("code", template.code.is_none())],
            };
            for (name, _) in needed.iter().filter(|(_, lacks)| *lacks) {
                tell(&key, Bad::new(format!("goes by `{}` of shape {} and needs `{name}`", gateway.id, gateway.shape.as_str())));
            }
        }
    }
}

/// Whether messages with personal data may go to an address.
fn reachable(url: &Url, known: impl Fn(&str) -> bool) -> Result<(), Bad> {
    let host = url.host_str().unwrap_or_default();
    match url.scheme() {
        "http" | "https" if is_loopback(host) => Ok(()),
        "https" if known(host) => Ok(()),
        "https" => Err(bad(
            format!("its host {host} is of no processor that it names"),
            "add it to `hosts` of the [[processor]] who runs it, if that is where candidates' data belongs",
        )),
        _ => Err(bad("is not https", "only this machine itself is reached without")),
    }
}
