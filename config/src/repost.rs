//! `reposts.toml`: when and how often postings may be refreshed, and what that may cost.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{NaiveDate, NaiveTime, Timelike, Weekday};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::places::Places;
use crate::problem::{Bad, Problem};
use crate::quantity::{DurationText, duration_text, parse_duration};
use crate::reader::Section;
use crate::schedule::Cron;
use crate::secret::SecretRef;
use crate::settings::DecimalText;
use crate::tree::Node;
use crate::values::{bad, boolean, day, decimal, expected, from_str, http_url, list, not_negative, one_of, parsed, whole, words};

/// Minutes of a whole day.
const DAY: u16 = 24 * 60;

/// `reposts.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct Reposts {
    /// When `inflow run` plans, and hands out the slots of the next 24 hours: cron of six fields in the company's zone. Absent: `inflow plan repost` alone does.
    #[schemars(with = "Option<String>")]
    pub at: Option<Cron>,
    /// Weekdays on which somebody can refresh a posting.
    #[schemars(with = "Vec<String>")]
    pub working_days: Vec<Weekday>,
    /// Hours of a working day in which somebody can, in the zone of the channel; HH:MM-HH:MM.
    #[schemars(with = "Vec<String>")]
    pub working_hours: Vec<Hours>,
    /// Hours in which nothing is refreshed nevertheless; they may go over midnight.
    #[schemars(with = "Vec<String>")]
    pub quiet_hours: Vec<Hours>,
    /// Public holidays, and weekends that are worked in their place: of China as the State Council announces them, or none.
    pub holidays: Holidays,
    /// Further days on which nobody works: those of the company, or of years that the program does not know yet.
    pub days_off: Vec<NaiveDate>,
    /// Further days that are worked, on weekends too.
    pub workdays: Vec<NaiveDate>,
    /// Postings of one job stay this far apart on whatever channels, so that they do not compete.
    #[serde(with = "duration_text")]
    #[schemars(with = "DurationText")]
    pub between_same_job: Duration,
    /// Receivers of messages.toml that are handed the to-dos by `inflow plan repost --apply`.
    pub to: Vec<String>,
    /// Where people reach page and API, for the links of to-dos; absent: the address of the page on this machine.
    #[schemars(with = "Option<String>")]
    pub link_base: Option<Url>,
    /// Channels whose postings are planned; on others nothing is.
    pub channel: Vec<RepostChannel>,
    /// Systems of the company's own that refresh postings when they are called; for channels of mode auto.
    pub webhook: Vec<RefreshWebhook>,
    /// Where the keys of the file stand.
    #[serde(skip)]
    #[schemars(skip)]
    pub places: Places,
}

/// The rules of a channel.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RepostChannel {
    /// Channel of channels.toml.
    pub id: String,
    /// Whether it is planned; absent: true.
    #[schemars(default)]
    pub enabled: Option<bool>,
    /// Who carries a slot out: a person (todo), or the machine where the posting's connection has a way (auto).
    #[schemars(default)]
    pub mode: RepostMode,
    /// Refreshes a local day.
    #[schemars(range(min = 1, max = 1000))]
    pub per_day: u32,
    /// Refreshes a local day of one account, which is one connection; absent: as many as of the channel.
    #[schemars(default, range(min = 1, max = 1000))]
    pub per_account: Option<u32>,
    /// Time between two refreshes on the channel; absent: 15m.
    #[serde(with = "duration_text")]
    #[schemars(default = "gap", with = "DurationText")]
    pub gap: Duration,
    /// Time between two refreshes of one posting; absent: 3d.
    #[serde(with = "duration_text")]
    #[schemars(default = "rest", with = "DurationText")]
    pub rest: Duration,
    /// Net price of a refresh in the company's currency; absent: the `refresh` terms of channels.toml, else nothing.
    #[schemars(default, with = "Option<DecimalText>")]
    pub price: Option<Decimal>,
    /// What refreshes may cost a local day, in the company's currency.
    #[schemars(default, with = "Option<DecimalText>")]
    pub cost_per_day: Option<Decimal>,
    /// What they may cost a calendar month.
    #[schemars(default, with = "Option<DecimalText>")]
    pub cost_per_month: Option<Decimal>,
    /// Share of the slots whose hour is drawn at random among working hours, which alone measures what an hour is worth; from 0 to 1, absent: 0.
    #[schemars(default, with = "Option<DecimalText>")]
    pub random_share: Option<Decimal>,
    /// Hours of this channel in the place of the company's.
    #[schemars(default, with = "Option<Vec<String>>")]
    pub working_hours: Option<Vec<Hours>>,
}

/// Who carries a slot out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RepostMode {
    /// A person, who is handed a to-do.
    #[default]
    Todo,
    /// The machine, by `actions.refresh` of the connector or by a `[[webhook]]`; a person where neither works.
    Auto,
}

impl RepostMode {
    /// The word used in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::Auto => "auto",
        }
    }
}

impl FromStr for RepostMode {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        one_of("mode", text, [Self::Todo, Self::Auto], Self::as_str)
    }
}

/// A system of the company's own that refreshes the postings of a connection when it is called, signed.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RefreshWebhook {
    /// The connection whose postings it refreshes.
    pub connection: String,
    /// Where its address is kept: it may hold a key, so it is a secret as a whole.
    pub url: SecretRef,
    /// Key that calls are signed with.
    pub secret: SecretRef,
}

fn gap() -> Duration {
    Duration::from_mins(15)
}

fn rest() -> Duration {
    Duration::from_hours(72)
}

/// Which public holidays are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Holidays {
    /// Of the company's country where the program knows them (CN), else none.
    #[default]
    Company,
    /// Those of China, weekends worked in their place included.
    China,
    /// None.
    None,
}

impl Holidays {
    fn as_str(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::China => "china",
            Self::None => "none",
        }
    }
}

impl FromStr for Holidays {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        one_of("calendar", text, [Self::Company, Self::China, Self::None], Self::as_str)
    }
}

/// A stretch of the day by the clock on the wall, its end not included. One that ends before it begins goes over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hours {
    /// Minute of the day at which it begins.
    pub from: u16,
    /// Minute of the day at which it ends, up to 1440.
    pub to: u16,
}

impl Hours {
    /// Whether a time of day lies in it.
    pub fn holds(self, time: NaiveTime) -> bool {
        // A day has 1440 minutes.
        let minute = (time.hour() * 60 + time.minute()) as u16;
        if self.from < self.to { (self.from..self.to).contains(&minute) } else { minute >= self.from || minute < self.to }
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}-{:02}:{:02}", self.from / 60, self.from % 60, self.to / 60, self.to % 60)
    }
}

impl Serialize for Hours {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Hours {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        let shape = || Bad::new(format!("`{text}` is no stretch of a day, accepted: HH:MM-HH:MM, such as \"09:00-18:30\""));
        let (from, to) = text.split_once('-').ok_or_else(shape)?;
        let minute = |text: &str| {
            let (hour, minute) = text.trim().split_once(':')?;
            let number =
                |text: &str| (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse::<u16>().ok())?;
            let (hour, minute) = (number(hour)?, number(minute)?);
            (minute < 60 && hour * 60 + minute <= DAY).then_some(hour * 60 + minute)
        };
        let hours = Self { from: minute(from).ok_or_else(shape)?, to: minute(to).ok_or_else(shape)? };
        if hours.from == hours.to {
            return Err(bad(format!("`{text}` is empty: it ends when it begins"), "a whole day is 00:00-24:00"));
        }
        Ok(hours)
    }
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

impl Default for Reposts {
    fn default() -> Self {
        Self {
            at: None,
            working_days: WEEKDAYS.map(|(_, day)| day)[..5].to_vec(),
            working_hours: vec![Hours { from: 9 * 60, to: 20 * 60 }],
            quiet_hours: Vec::new(),
            holidays: Holidays::default(),
            days_off: Vec::new(),
            workdays: Vec::new(),
            between_same_job: Duration::from_hours(2),
            to: Vec::new(),
            link_base: None,
            channel: Vec::new(),
            webhook: Vec::new(),
            places: Places::default(),
        }
    }
}

impl Reposts {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let (mut seen, mut called) = (BTreeSet::new(), BTreeSet::new());
        let reposts = Self {
            at: section.optional("at", from_str),
            working_days: section.optional("working_days", weekdays).unwrap_or(default.working_days),
            working_hours: section.optional("working_hours", forward).unwrap_or(default.working_hours),
            quiet_hours: section.optional("quiet_hours", stretches).unwrap_or_default(),
            holidays: section.optional("holidays", |node| parsed(node, str::parse)).unwrap_or_default(),
            days_off: section.optional("days_off", days).unwrap_or_default(),
            workdays: section.optional("workdays", days).unwrap_or_default(),
            between_same_job: section.optional("between_same_job", duration).unwrap_or(default.between_same_job),
            to: section.optional("to", list).unwrap_or_default(),
            link_base: section.optional("link_base", http_url),
            channel: section.sections("channel", |section| {
                let channel = RepostChannel::read(section);
                if !channel.id.is_empty() && !seen.insert(channel.id.clone()) {
                    section.complain("id", Bad::new(format!("the channel `{}` has rules twice", channel.id)));
                }
                channel
            }),
            webhook: section.sections("webhook", |section| {
                let webhook = RefreshWebhook::read(section);
                if !webhook.connection.is_empty() && !called.insert(webhook.connection.clone()) {
                    section.complain("connection", Bad::new(format!("the connection `{}` has two webhooks", webhook.connection)));
                }
                webhook
            }),
            places: Places::default(),
        };
        if let Some(both) = reposts.days_off.iter().find(|day| reposts.workdays.contains(day)) {
            section.complain("workdays", bad(format!("{both} is in `days_off` too"), "keep it in one of them"));
        }
        for hours in [&reposts.working_hours].into_iter().chain(reposts.channel.iter().filter_map(|one| one.working_hours.as_ref())) {
            let open = (0..DAY).step_by(15).filter_map(|minute| NaiveTime::from_hms_opt(u32::from(minute) / 60, u32::from(minute) % 60, 0));
            if !open.into_iter().any(|time| is_open(time, hours, &reposts.quiet_hours)) {
                section.complain("quiet_hours", bad("cover all working hours: nothing could ever be planned", "shorten them"));
                break;
            }
        }
        reposts
    }

    /// The rules of a channel that is planned.
    pub fn of(&self, channel: &str) -> Option<&RepostChannel> {
        self.channel.iter().find(|one| one.id == channel && one.enabled.unwrap_or(true))
    }

    /// Whether a time of a working day is one at which this channel's postings can be refreshed: in working hours and in no quiet ones.
    pub fn is_open(&self, channel: &RepostChannel, time: NaiveTime) -> bool {
        is_open(time, channel.working_hours.as_ref().unwrap_or(&self.working_hours), &self.quiet_hours)
    }

    /// The webhook that refreshes the postings of a connection.
    pub fn webhook_of(&self, connection: &str) -> Option<&RefreshWebhook> {
        self.webhook.iter().find(|one| one.connection == connection)
    }

    /// Secrets with the keys that name them.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = (String, &SecretRef)> {
        self.webhook
            .iter()
            .enumerate()
            .flat_map(|(at, one)| [(format!("webhook[{at}].url"), &one.url), (format!("webhook[{at}].secret"), &one.secret)])
    }

    /// Ids of channels with the keys that name them.
    pub(crate) fn channels(&self) -> impl Iterator<Item = (String, &str)> {
        self.channel.iter().enumerate().map(|(index, one)| (format!("channel[{index}].id"), one.id.as_str()))
    }

    /// A problem with a key of the file.
    pub fn problem(&self, key: &str, bad: Bad) -> Problem {
        let problem = self.places.problem(key, bad.message);
        Problem { hint: bad.hint, ..problem }
    }
}

fn is_open(time: NaiveTime, working: &[Hours], quiet: &[Hours]) -> bool {
    working.iter().any(|hours| hours.holds(time)) && !quiet.iter().any(|hours| hours.holds(time))
}

impl RepostChannel {
    fn read(section: &mut Section<'_>) -> Self {
        let money = |node: &Node| decimal(node).and_then(not_negative);
        let channel = Self {
            id: section.required("id", String::new(), words),
            enabled: section.optional("enabled", boolean),
            mode: section.optional("mode", from_str).unwrap_or_default(),
            per_day: section.required("per_day", 1, |node| whole(node, 1_u32, 1000)),
            per_account: section.optional("per_account", |node| whole(node, 1_u32, 1000)),
            gap: section.optional("gap", duration).unwrap_or_else(gap),
            rest: section.optional("rest", duration).unwrap_or_else(rest),
            price: section.optional("price", money),
            cost_per_day: section.optional("cost_per_day", money),
            cost_per_month: section.optional("cost_per_month", money),
            random_share: section.optional("random_share", share),
            working_hours: section.optional("working_hours", forward),
        };
        if let Some(account) = channel.per_account.filter(|account| *account > channel.per_day) {
            section.complain("per_account", bad(format!("{account} is more than the channel's per_day ({})", channel.per_day), "lower it"));
        }
        for (key, most) in [("cost_per_day", channel.cost_per_day), ("cost_per_month", channel.cost_per_month)] {
            if let (Some(price), Some(most)) = (channel.price, most)
                && most < price
            {
                section.complain(key, bad(format!("{most} does not pay one refresh ({price})"), "raise it, or set enabled = false"));
            }
        }
        channel
    }
}

impl RefreshWebhook {
    fn read(section: &mut Section<'_>) -> Self {
        Self {
            connection: section.required("connection", String::new(), words),
            url: section.required("url", SecretRef::env(""), from_str),
            secret: section.required("secret", SecretRef::env(""), from_str),
        }
    }
}

fn share(node: &Node) -> Result<Decimal, Bad> {
    let share = decimal(node)?;
    let fits = share >= Decimal::ZERO && share <= Decimal::ONE;
    fits.then_some(share).ok_or_else(|| bad("must be from 0 to 1", "random_share = \"0.1\" draws the hour of every tenth slot"))
}

fn duration(node: &Node) -> Result<Duration, Bad> {
    parsed(node, parse_duration)
}

fn stretches(node: &Node) -> Result<Vec<Hours>, Bad> {
    list(node)?.iter().map(|text| text.parse()).collect()
}

/// Working hours do not go over midnight: which day they belong to would not be known.
fn forward(node: &Node) -> Result<Vec<Hours>, Bad> {
    let hours = stretches(node)?;
    if hours.is_empty() {
        return Err(bad("must name at least one stretch", "such as [\"09:00-18:30\"]"));
    }
    match hours.iter().find(|hours| hours.from > hours.to) {
        Some(over) => Err(bad(format!("`{over}` ends before it begins"), "write two stretches, one before midnight and one after")),
        None => Ok(hours),
    }
}

fn weekdays(node: &Node) -> Result<Vec<Weekday>, Bad> {
    let known: BTreeMap<&str, Weekday> = WEEKDAYS.into();
    let words = list(node)?;
    if words.is_empty() {
        return Err(bad("must name at least one weekday", "such as [\"mon\", \"tue\"]"));
    }
    let accepted = || WEEKDAYS.map(|(word, _)| word).join(", ");
    let day = |word: &String| {
        known
            .get(word.to_lowercase().as_str())
            .copied()
            .ok_or_else(|| Bad::new(format!("unknown weekday `{word}`, accepted: {}", accepted())))
    };
    words.iter().map(day).collect()
}

fn days(node: &Node) -> Result<Vec<NaiveDate>, Bad> {
    match &node.value {
        crate::tree::Value::List(items) => items.iter().map(day).collect(),
        other => Err(expected("a list of days such as [\"2026-12-24\"]", other)),
    }
}
