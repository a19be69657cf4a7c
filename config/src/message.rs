//! `messages.toml`: reports that are sent, when, in which language and to whom.

use std::collections::BTreeSet;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::places::Places;
use crate::problem::{Bad, Problem, did_you_mean};
use crate::reader::Section;
use crate::schedule::Cron;
use crate::secret::SecretRef;
use crate::stage::Lang;
use crate::tree::Node;
use crate::values::{bad, boolean, from_str, id, list, one_of, parsed, whole, words};

/// Hosts of the services whose shapes are known.
const KNOWN_HOSTS: [&str; 5] = ["qyapi.weixin.qq.com", "oapi.dingtalk.com", "open.feishu.cn", "open.larksuite.com", "hooks.slack.com"];

/// `messages.toml`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct Messages {
    /// Hosts beside those of WeCom, DingTalk, Feishu and Slack that webhooks may be sent to, such as a gateway of the company. This machine
    /// itself is always allowed.
    pub allow_hosts: Vec<String>,
    /// The server that takes mail.
    pub smtp: Option<Smtp>,
    /// Whom messages go to.
    pub receiver: Vec<Receiver>,
    /// What is sent.
    pub message: Vec<MessageRule>,
    /// What a month is planned to bring; the plan of cost is the budget in finance.toml.
    pub plan: Vec<MonthPlan>,
    /// Where the keys of the file stand.
    #[serde(skip)]
    #[schemars(skip)]
    pub places: Places,
}

/// The server that takes mail.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    /// Its port; absent: 465 for tls, 587 for starttls, 25 for none.
    #[schemars(default, range(min = 1, max = 65_535))]
    pub port: Option<u16>,
    /// How the connection is secured; absent: tls.
    #[schemars(default)]
    pub security: SmtpSecurity,
    /// User; absent: mail is handed over without signing in.
    #[schemars(default)]
    pub user: Option<String>,
    /// Password or authorisation code of the user.
    #[schemars(default)]
    pub password: Option<SecretRef>,
    /// Sender: `reports@company.example` or `招聘日报 <reports@company.example>`.
    pub from: String,
}

/// How the connection to the mail server is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SmtpSecurity {
    /// TLS from the first byte.
    #[default]
    Tls,
    /// TLS after STARTTLS, which the server must offer.
    Starttls,
    /// Not at all: a server on this machine only.
    None,
}

/// Whom messages go to.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Receiver {
    /// Stable name: what was sent is remembered by it.
    #[schemars(regex(pattern = "^[a-z0-9_]+$"))]
    pub id: String,
    /// How it is reached.
    pub shape: Shape,
    /// Mail addresses; for shape email.
    #[schemars(default)]
    pub to: Vec<String>,
    /// Where the webhook's address is kept: it holds a key, so it is a secret as a whole.
    #[schemars(default)]
    pub url: Option<SecretRef>,
    /// Key that DingTalk (加签) and Feishu (签名校验) requests are signed with.
    #[schemars(default)]
    pub secret: Option<SecretRef>,
}

/// How a receiver is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Mail, with the report attached.
    Email,
    /// A group robot of WeCom (企业微信群机器人).
    Wecom,
    /// A custom robot of DingTalk (钉钉自定义机器人).
    Dingtalk,
    /// A custom bot of Feishu or Lark (飞书自定义机器人).
    Feishu,
    /// An incoming webhook of Slack.
    Slack,
}

/// Which report it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BriefKind {
    /// 日报: a day, as text.
    Day,
    /// 周报: a week from Monday to Sunday, as a page.
    Week,
    /// 月度渠道分析表: a month, as a workbook.
    Month,
}

/// What is sent.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MessageRule {
    /// Stable name: what was sent is remembered by it.
    #[schemars(regex(pattern = "^[a-z0-9_]+$"))]
    pub id: String,
    /// Which report.
    pub kind: BriefKind,
    /// When, in the company's zone; absent: 18:30 every day, 09:00 on Mondays, 09:00 on the first of the month.
    #[schemars(default)]
    pub at: Option<Cron>,
    /// Its language; absent: Chinese where the company's country is CN, else English.
    #[schemars(default)]
    pub lang: Option<Lang>,
    /// Only these channels; absent: all.
    #[schemars(default)]
    pub channel: Vec<String>,
    /// Ids of receivers.
    pub to: Vec<String>,
    /// Whether it is sent on its schedule; absent: true.
    #[schemars(default)]
    pub enabled: Option<bool>,
}

/// What a month is planned to bring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MonthPlan {
    /// First month for which it holds, until the next one of the same channel; written 2026-10.
    #[schemars(with = "String", regex(pattern = "^[0-9]{4}-[0-9]{2}$"))]
    pub from: chrono::NaiveDate,
    /// Channel; absent: the company as a whole.
    #[schemars(default)]
    pub channel: Option<String>,
    /// Resumes received in a month.
    #[schemars(default)]
    pub applications: Option<u32>,
    /// Interviews attended in a month.
    #[schemars(default)]
    pub attended: Option<u32>,
    /// People who start work in a month.
    #[schemars(default)]
    pub onboarded: Option<u32>,
}

impl SmtpSecurity {
    /// The word used in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::Starttls => "starttls",
            Self::None => "none",
        }
    }
}

impl Shape {
    /// The word used in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Wecom => "wecom",
            Self::Dingtalk => "dingtalk",
            Self::Feishu => "feishu",
            Self::Slack => "slack",
        }
    }
}

impl BriefKind {
    /// The word used in the file and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// When it is sent unless the message says so.
    pub fn default_at(self) -> &'static str {
        match self {
            Self::Day => "0 30 18 * * *",
            Self::Week => "0 0 9 * * MON",
            Self::Month => "0 0 9 1 * *",
        }
    }
}

impl FromStr for SmtpSecurity {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        one_of("security", text, [Self::Tls, Self::Starttls, Self::None], Self::as_str)
    }
}

impl FromStr for Shape {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        one_of("shape", text, [Self::Email, Self::Wecom, Self::Dingtalk, Self::Feishu, Self::Slack], Self::as_str)
    }
}

impl FromStr for BriefKind {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        one_of("kind", text, [Self::Day, Self::Week, Self::Month], Self::as_str)
    }
}

impl Messages {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let has_smtp = section.has("smtp");
        let smtp = section.section("smtp", |section| has_smtp.then(|| Smtp::read(section)));
        let mut receivers: BTreeSet<String> = BTreeSet::new();
        let receiver = section.sections("receiver", |section| {
            let receiver = Receiver::read(section, has_smtp);
            if !receiver.id.is_empty() && !receivers.insert(receiver.id.clone()) {
                section.complain("id", Bad::new(format!("there are two receivers `{}`", receiver.id)));
            }
            receiver
        });
        let mut messages: BTreeSet<String> = BTreeSet::new();
        let message = section.sections("message", |section| {
            let message = MessageRule::read(section, &receivers);
            if !message.id.is_empty() && !messages.insert(message.id.clone()) {
                section.complain("id", Bad::new(format!("there are two messages `{}`", message.id)));
            }
            message
        });
        let mut plans = BTreeSet::new();
        let plan = section.sections("plan", |section| {
            let plan = MonthPlan::read(section);
            if !plans.insert((plan.channel.clone(), plan.from)) {
                section.complain_here(Bad::new("there is another plan of the same channel from the same month"));
            }
            plan
        });
        let allow_hosts = section.optional("allow_hosts", hosts).unwrap_or_default();
        Self { allow_hosts, smtp, receiver, message, plan, places: Places::default() }
    }

    /// The receiver with an id.
    pub fn receiver(&self, id: &str) -> Option<&Receiver> {
        self.receiver.iter().find(|receiver| receiver.id == id)
    }

    /// Whether webhooks may be sent to a host of another machine.
    pub fn allows(&self, host: &str) -> bool {
        KNOWN_HOSTS.contains(&host) || self.allow_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
    }

    /// What a month is planned to bring: of a channel, or with `None` as a whole.
    pub fn plan_of(&self, channel: Option<&str>, month: chrono::NaiveDate) -> Option<&MonthPlan> {
        self.plan.iter().filter(|plan| plan.channel.as_deref() == channel && plan.from <= month).max_by_key(|plan| plan.from)
    }

    /// The channels that are named, each with its key.
    pub(crate) fn channels(&self) -> impl Iterator<Item = (String, &str)> {
        let of_messages = self
            .message
            .iter()
            .enumerate()
            .flat_map(|(at, message)| message.channel.iter().map(move |channel| (format!("message[{at}].channel"), channel.as_str())));
        let of_plans =
            self.plan.iter().enumerate().filter_map(|(at, plan)| Some((format!("plan[{at}].channel"), plan.channel.as_deref()?)));
        of_messages.chain(of_plans)
    }

    /// The secrets of what is sent on a schedule, each with its key.
    ///
    /// `also` are receivers of what is not on a schedule.
    pub(crate) fn secrets(&self, also: &[&str]) -> impl Iterator<Item = (String, &SecretRef)> {
        let of_messages =
            self.message.iter().filter(|message| message.is_enabled()).flat_map(|message| message.to.iter().map(String::as_str));
        let used: BTreeSet<String> = of_messages.chain(also.iter().copied()).map(str::to_owned).collect();
        let by_mail = self.receiver.iter().any(|receiver| receiver.shape == Shape::Email && used.contains(&receiver.id));
        let of_smtp = self.smtp.iter().filter(move |_| by_mail);
        let of_smtp = of_smtp.filter_map(|smtp| Some(("smtp.password".to_owned(), smtp.password.as_ref()?)));
        let receivers = self.receiver.iter().enumerate().filter(move |(_, receiver)| used.contains(&receiver.id));
        let of_receivers = receivers.flat_map(|(at, receiver)| {
            [("url", &receiver.url), ("secret", &receiver.secret)]
                .into_iter()
                .filter_map(move |(key, secret)| Some((format!("receiver[{at}].{key}"), secret.as_ref()?)))
        });
        of_smtp.chain(of_receivers)
    }

    /// A problem with a key, such as `receiver[0].url`.
    pub fn problem(&self, key: &str, bad: Bad) -> Problem {
        let problem = self.places.problem(key, bad.message);
        Problem { hint: bad.hint, ..problem }
    }
}

impl Smtp {
    fn read(section: &mut Section<'_>) -> Self {
        let smtp = Self {
            host: section.required("host", String::new(), words),
            port: section.optional("port", |node| whole(node, 1, u16::MAX)),
            security: section.optional("security", from_str).unwrap_or_default(),
            user: section.optional("user", words),
            password: section.optional("password", from_str),
            from: section.required("from", String::new(), |node| parsed(node, |text| mailbox(text).map(|()| text.to_owned()))),
        };
        match (section.has("user"), section.has("password")) {
            (true, false) => section.complain("user", bad("a user needs a `password`", "password = \"env:SMTP_PASSWORD\"")),
            (false, true) => section.complain("password", Bad::new("a password needs a `user`")),
            _ => {}
        }
        if smtp.security == SmtpSecurity::None && !is_loopback(&smtp.host) && !smtp.host.is_empty() {
            section
                .complain("security", bad("mail in clear is for a server on this machine only", "accepted for other hosts: tls, starttls"));
        }
        smtp
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            SmtpSecurity::Tls => 465,
            SmtpSecurity::Starttls => 587,
            SmtpSecurity::None => 25,
        })
    }
}

impl Receiver {
    fn read(section: &mut Section<'_>, smtp: bool) -> Self {
        let mut understood = false;
        let receiver = Self {
            id: section.required("id", String::new(), id),
            shape: section.required("shape", Shape::Email, |node| from_str(node).inspect(|_| understood = true)),
            to: section.optional("to", addresses).unwrap_or_default(),
            url: section.optional("url", |node| parsed(node, webhook)),
            secret: section.optional("secret", from_str),
        };
        if !understood {
            return receiver;
        }
        let name = receiver.shape.as_str();
        if receiver.shape == Shape::Email {
            if !section.has("to") {
                section.complain_here(bad("an email receiver needs `to`", "to = [\"hr@company.example\"]"));
            }
            if !smtp {
                section
                    .complain("shape", bad("mail needs a server: there is no [smtp] in the file", "[smtp] has host, from, user, password"));
            }
            for key in ["url", "secret"] {
                if section.has(key) {
                    section.complain(key, Bad::new("is for webhooks, and this receiver is reached by mail"));
                }
            }
        } else {
            if !section.has("url") {
                section
                    .complain_here(bad(format!("a {name} receiver needs `url`"), "url = \"env:HR_GROUP_HOOK\": the address holds a key"));
            }
            if section.has("to") {
                section.complain("to", Bad::new(format!("is for mail, and this receiver is a {name} webhook")));
            }
            if section.has("secret") && !matches!(receiver.shape, Shape::Dingtalk | Shape::Feishu) {
                section.complain("secret", Bad::new(format!("{name} webhooks are not signed; DingTalk's and Feishu's are")));
            }
        }
        receiver
    }
}

impl MessageRule {
    fn read(section: &mut Section<'_>, receivers: &BTreeSet<String>) -> Self {
        let rule = Self {
            id: section.required("id", String::new(), id),
            kind: section.required("kind", BriefKind::Day, from_str),
            at: section.optional("at", from_str),
            lang: section.optional("lang", from_str),
            channel: section.optional("channel", list).unwrap_or_default(),
            to: section.required("to", Vec::new(), list),
            enabled: section.optional("enabled", boolean),
        };
        if section.has("to") && rule.to.is_empty() {
            section.complain("to", Bad::new("names no receiver"));
        }
        if let Some(name) = rule.to.iter().find(|name| !receivers.contains(*name)) {
            let known: Vec<&str> = receivers.iter().map(String::as_str).collect();
            let accepted = if known.is_empty() { "the file has none".to_owned() } else { format!("accepted: {}", known.join(", ")) };
            section.complain("to", Bad::new(format!("there is no receiver `{name}`, {accepted}")).hint(did_you_mean(name, known)));
        }
        rule
    }

    /// Whether it is sent on its schedule.
    pub fn is_enabled(&self) -> bool {
        self.enabled.unwrap_or(true)
    }

    /// When it is due.
    pub fn cron(&self) -> Result<Cron, Bad> {
        self.at.clone().map_or_else(|| self.kind.default_at().parse(), Ok)
    }
}

impl MonthPlan {
    fn read(section: &mut Section<'_>) -> Self {
        let heads = |node: &Node| whole(node, 0, 10_000_000_u32);
        let plan = Self {
            from: section.required("from", chrono::NaiveDate::MIN, |node| parsed(node, month)),
            channel: section.optional("channel", words),
            applications: section.optional("applications", heads),
            attended: section.optional("attended", heads),
            onboarded: section.optional("onboarded", heads),
        };
        if ["applications", "attended", "onboarded"].iter().all(|key| !section.has(key)) {
            section.complain_here(bad(
                "a plan says at least one of applications, attended and onboarded",
                "the plan of cost is a budget in finance.toml",
            ));
        }
        plan
    }

    /// One of its figures by the stage that it counts.
    pub fn of(&self, stage: &str) -> Option<Decimal> {
        match stage {
            "applied" => self.applications,
            "attended" => self.attended,
            "onboarded" => self.onboarded,
            _ => None,
        }
        .map(Decimal::from)
    }
}

fn month(text: &str) -> Result<chrono::NaiveDate, Bad> {
    let day = if text.len() == 7 { format!("{text}-01").parse().ok() } else { None };
    day.ok_or_else(|| Bad::new(format!("`{text}` is not a month such as 2026-10")))
}

/// The text is not repeated: it may be the address itself, which holds a key.
fn webhook(text: &str) -> Result<SecretRef, Bad> {
    text.parse().map_err(|_| {
        bad(
            "a webhook's address holds a key and must be env:NAME or file:PATH",
            "export HR_GROUP_HOOK=https://.. and write \"env:HR_GROUP_HOOK\"",
        )
    })
}

/// Host names only: what else an address holds does not decide who gets the message.
fn hosts(node: &Node) -> Result<Vec<String>, Bad> {
    let hosts = list(node)?;
    match hosts.iter().find(|host| host.is_empty() || !host.chars().all(|c| c.is_ascii_alphanumeric() || "-.:[]".contains(c))) {
        Some(host) => Err(bad(format!("`{host}` is not a host"), "write its name alone, such as \"gateway.company.example\"")),
        None => Ok(hosts),
    }
}

fn addresses(node: &Node) -> Result<Vec<String>, Bad> {
    let addresses = list(node)?;
    if addresses.is_empty() {
        return Err(Bad::new("names no address"));
    }
    addresses.iter().try_for_each(|address| mailbox(address))?;
    Ok(addresses)
}

/// `a@b.example` or `Name <a@b.example>`; the mail library looks closer when it is sent.
fn mailbox(text: &str) -> Result<(), Bad> {
    let address = match (text.rsplit_once('<'), text.trim_end().strip_suffix('>')) {
        (Some((_, address)), Some(_)) => address.trim_end().trim_end_matches('>'),
        _ => text,
    };
    let fits = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control() || ",;<>\"@".contains(c));
    match address.trim().split_once('@') {
        Some((local, domain)) if fits(local) && fits(domain) && !text.contains(['\r', '\n']) => Ok(()),
        _ => Err(bad(format!("`{text}` is not a mail address"), "such as hr@company.example, or Name <hr@company.example>")),
    }
}

/// Whether a host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
