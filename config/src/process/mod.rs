//! `process.toml`: how cases are led from stage to stage: gates, deadlines, ladders of reminders, and by which ways they leave.

mod rules;
mod ways;

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::NaiveTime;
use serde::Serialize;

pub use rules::{AssessmentKind, Ending, Gate, InvitationKind, Ladder, LadderFrom, Process, ProcessStage, ProcessStep, Unless};
pub use ways::{Contacts, FIELDS, Gateway, GatewayShape, Processor, Template, fields};

use crate::message::Messages;
use crate::places::Places;
use crate::problem::{Bad, Problem, did_you_mean};
use crate::quantity::DurationText;
use crate::reader::Section;
use crate::schedule::Cron;
use crate::secret::SecretRef;
use crate::tree::Node;
use crate::values::{bad, boolean, from_str, list, parsed};

/// `process.toml`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct Processes {
    /// When it is looked whether a step is due, in the company's zone; absent: every five minutes.
    pub at: Option<Cron>,
    /// Messages to candidates that are later than this, after a standstill, are not sent any more; absent: 24h. Tasks are made however late.
    #[serde(with = "optional_duration")]
    #[schemars(with = "Option<DurationText>")]
    pub catch_up: Option<Duration>,
    /// Connections whose applications are led: the ATS, which knows candidates by these ids; absent: all.
    pub connection: Vec<String>,
    /// Whether personal data may go to processors of another country than the company's; absent: no. Of China's law, a transfer abroad needs a
    /// ground of its own (PIPL 38): `transfer` of the processor says which.
    pub allow_abroad: bool,
    /// When candidates are left alone.
    pub quiet: Option<Quiet>,
    /// Where phone and mail of a candidate are asked for, at the moment of sending.
    pub contacts: Option<Contacts>,
    /// Who handles candidates' data for the company.
    pub processor: Vec<Processor>,
    /// Ways by which messages reach candidates.
    pub gateway: Vec<Gateway>,
    /// What messages say.
    pub template: Vec<Template>,
    /// How cases are led, one for each family of jobs.
    pub process: Vec<Process>,
    /// Where the keys of the file stand.
    #[serde(skip)]
    #[schemars(skip)]
    pub places: Places,
}

/// When candidates are left alone: what would go out then waits until `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Quiet {
    /// From this time of day in the company's zone, written 21:00.
    #[schemars(with = "String", regex(pattern = "^[0-9]{2}:[0-9]{2}$"))]
    pub from: NaiveTime,
    /// Until this time of day; before `from`: of the next day.
    #[schemars(with = "String", regex(pattern = "^[0-9]{2}:[0-9]{2}$"))]
    pub to: NaiveTime,
}

pub(crate) use rules::duration;

impl Processes {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let has_quiet = section.has("quiet");
        let has_contacts = section.has("contacts");
        let file = Self {
            at: section.optional("at", from_str),
            catch_up: section.optional("catch_up", rules::duration),
            connection: section.optional("connection", list).unwrap_or_default(),
            allow_abroad: section.optional("allow_abroad", boolean).unwrap_or_default(),
            quiet: section.section("quiet", |section| has_quiet.then(|| Quiet::read(section))),
            processor: distinct(section, "processor", Processor::read, |processor| &processor.id),
            contacts: None,
            gateway: distinct(section, "gateway", Gateway::read, |gateway| &gateway.id),
            template: distinct(section, "template", Template::read, |template| &template.id),
            process: distinct(section, "process", Process::read, |process| &process.id),
            places: Places::default(),
        };
        let contacts = section.section("contacts", |section| has_contacts.then(|| Contacts::read(section)));
        Self { contacts, ..file }
    }

    /// Whether there is anything to do.
    pub fn is_any(&self) -> bool {
        !self.process.is_empty()
    }

    /// When it is looked.
    ///
    /// # Errors
    /// Never for what was read from a file.
    pub fn cron(&self) -> Result<Cron, Bad> {
        self.at.clone().map_or_else(|| "0 */5 * * * *".parse(), Ok)
    }

    /// How late a message may be.
    pub fn patience(&self) -> Duration {
        self.catch_up.unwrap_or(Duration::from_hours(24))
    }

    /// The template with an id.
    pub fn template(&self, id: &str) -> Option<&Template> {
        self.template.iter().find(|template| template.id == id)
    }

    /// The gateway with an id.
    pub fn gateway(&self, id: &str) -> Option<&Gateway> {
        self.gateway.iter().find(|gateway| gateway.id == id)
    }

    /// The processor with an id.
    pub fn processor(&self, id: &str) -> Option<&Processor> {
        self.processor.iter().find(|processor| processor.id == id)
    }

    /// The process of a family of jobs: its own, else the one that names none.
    pub fn of_family(&self, family: &str) -> Option<&Process> {
        let own = self.process.iter().find(|process| process.job_family.iter().any(|name| name == family));
        own.or_else(|| self.process.iter().find(|process| process.job_family.is_empty()))
    }

    /// A problem with a key, such as `gateway[0].url`.
    pub fn problem(&self, key: &str, bad: Bad) -> Problem {
        let problem = self.places.problem(key, bad.message);
        Problem { hint: bad.hint, ..problem }
    }

    /// The secrets of gateways and contacts, each with its key.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = (String, &SecretRef)> {
        let of_contacts = self.contacts.iter().flat_map(|contacts| {
            [("contacts.token", &contacts.token), ("contacts.identity", &contacts.identity)]
                .into_iter()
                .filter_map(|(key, secret)| Some((key.to_owned(), secret.as_ref()?)))
        });
        let of_gateways = self.gateway.iter().enumerate().flat_map(|(at, gateway)| {
            [("token", &gateway.token), ("key_id", &gateway.key_id), ("key_secret", &gateway.key_secret)]
                .into_iter()
                .filter_map(move |(key, secret)| Some((format!("gateway[{at}].{key}"), secret.as_ref()?)))
        });
        of_contacts.chain(of_gateways)
    }

    /// What one part of the file says of another that is not there, and of the company and its messages.
    pub(crate) fn check(&self, country: &str, messages: &Messages, connections: &[&str]) -> Vec<Problem> {
        let mut problems = Vec::new();
        for name in self.connection.iter().filter(|name| !connections.contains(&name.as_str())) {
            problems.push(self.problem("connection", unknown("connection", name, connections.iter().copied())));
        }
        self.check_ways(country, messages, &mut |key, bad| problems.push(self.problem(key, bad)));
        self.check_rules(messages, &mut |key, bad| problems.push(self.problem(key, bad)));
        problems
    }
}

/// What is told of a key.
type Tell<'t> = dyn FnMut(&str, Bad) + 't;

/// That something is named that is not there.
fn unknown<'n>(what: &str, name: &str, known: impl Iterator<Item = &'n str>) -> Bad {
    let known: Vec<&str> = known.filter(|name| !name.is_empty()).collect();
    let accepted = if known.is_empty() { "there is none yet".to_owned() } else { format!("accepted: {}", known.join(", ")) };
    Bad::new(format!("there is no {what} `{name}`, {accepted}")).hint(did_you_mean(name, known))
}

/// A list of tables that have different ids.
fn distinct<T>(
    section: &mut Section<'_>,
    key: &'static str,
    mut read: impl FnMut(&mut Section<'_>) -> T,
    id: impl Fn(&T) -> &String,
) -> Vec<T> {
    let mut ids = BTreeSet::new();
    section.sections(key, |section| {
        let item = read(section);
        let name = id(&item);
        if !name.is_empty() && !ids.insert(name.clone()) {
            section.complain("id", Bad::new(format!("there are two of the name `{name}`")));
        }
        item
    })
}

impl Quiet {
    /// Whether a time of day is in them.
    pub fn holds(&self, time: NaiveTime) -> bool {
        let Self { from, to } = *self;
        if from < to { from <= time && time < to } else { time >= from || time < to }
    }

    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let quiet = Self { from: section.required("from", NaiveTime::MIN, time), to: section.required("to", NaiveTime::MIN, time) };
        if section.has("from") && section.has("to") && quiet.from == quiet.to {
            section.complain("to", bad("quiet hours that end when they begin are none, or all", "from = \"21:00\", to = \"08:30\""));
        }
        quiet
    }
}

fn time(node: &Node) -> Result<NaiveTime, Bad> {
    parsed(node, |text| {
        let read = NaiveTime::parse_from_str(text, "%H:%M").ok().filter(|_| text.len() == 5);
        read.ok_or_else(|| Bad::new(format!("`{text}` is not a time of day such as 08:30")))
    })
}

/// A duration that may be absent, as text.
pub(crate) mod optional_duration {
    use std::time::Duration;

    use serde::Serializer;

    #[expect(clippy::ref_option, reason = "the signature that serde calls")]
    pub fn serialize<S: Serializer>(value: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(duration) => serializer.serialize_str(&crate::quantity::format_duration(*duration)),
            None => serializer.serialize_none(),
        }
    }
}
