//! How cases are led: stages, gates before them, deadlines in them, and ladders of what follows when nothing happens.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Processes, Tell, distinct, optional_duration, unknown};
use crate::message::Messages;
use crate::problem::{Bad, did_you_mean};
use crate::quantity::{DurationText, parse_duration};
use crate::reader::Section;
use crate::stage::Stage;
use crate::tree::{Node, Value};
use crate::values::{bad, expected, from_str, id, list, one_of, parsed, whole, words};

/// How the cases of some families of jobs are led.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Process {
    /// Stable name: what was done is remembered by it.
    #[schemars(regex(pattern = "^[a-z0-9_]+$"))]
    pub id: String,
    /// Families of jobs as in reports; absent: all that no other process names.
    #[schemars(default)]
    pub job_family: Vec<String>,
    /// Its stages in order.
    #[schemars(default)]
    pub stage: Vec<ProcessStage>,
    /// What must be there before a stage.
    #[schemars(default)]
    pub gate: Vec<Gate>,
    /// What follows when nothing happens.
    #[schemars(default)]
    pub ladder: Vec<Ladder>,
}

/// A stage of a process.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ProcessStage {
    /// A canonical stage, or a name of one's own with `invitation`.
    #[schemars(regex(pattern = "^[a-z0-9_]+$"))]
    pub id: String,
    /// The stage is reached when an invitation of this kind was taken.
    #[schemars(default)]
    pub invitation: Option<InvitationKind>,
    /// A case that stays longer than this becomes a task.
    #[serde(with = "optional_duration")]
    #[schemars(default, with = "Option<DurationText>")]
    pub within: Option<Duration>,
    /// Receivers of messages.toml who are told of the task.
    #[schemars(default)]
    pub notify: Vec<String>,
}

/// What must be there before a stage: it blocks, and says so.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Gate {
    /// Stable name.
    #[schemars(regex(pattern = "^[a-z0-9_]+$"))]
    pub id: String,
    /// The stage that is not reached without it.
    pub before: String,
    /// The assessment that must be valid (a certificate) or passed (all others).
    pub assessment: AssessmentKind,
    /// Which test, where there are several of the kind; absent: any.
    #[schemars(default)]
    pub name: Option<String>,
    /// Days before a certificate ends on which a task warns of it.
    #[schemars(default)]
    pub warn_days: Vec<u16>,
    /// Template that asks the candidate for it when the case comes to the gate; absent: nobody is written to.
    #[schemars(default)]
    pub send: Option<String>,
    /// Receivers of messages.toml who are told of warnings.
    #[schemars(default)]
    pub notify: Vec<String>,
}

/// What follows an invitation, or a stage, when nothing happens.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Ladder {
    /// Stable name.
    #[schemars(regex(pattern = "^[a-z0-9_]+$"))]
    pub id: String,
    /// It begins with an invitation of this kind. Either this or `stage`.
    #[schemars(default)]
    pub invitation: Option<InvitationKind>,
    /// With what of the invitation; absent: sent.
    #[schemars(default)]
    pub from: LadderFrom,
    /// It begins when a case enters this stage.
    #[schemars(default)]
    pub stage: Option<String>,
    /// Its steps.
    #[schemars(default)]
    pub step: Vec<ProcessStep>,
}

/// One step: a message to the candidate, a task for a person, or a proposal that a person confirms.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ProcessStep {
    /// Stable name.
    #[schemars(regex(pattern = "^[a-z0-9_]+$"))]
    pub id: String,
    /// So long after the ladder began; absent: at once.
    #[serde(with = "optional_duration")]
    #[schemars(default, with = "Option<DurationText>")]
    pub after: Option<Duration>,
    /// Not when one of these has happened by then.
    #[schemars(default)]
    pub unless: Vec<Unless>,
    /// It leads to this stage: held back while a gate before it is closed.
    #[schemars(default)]
    pub toward: Option<String>,
    /// Template that is sent to the candidate. One of `send`, `task` and `propose`.
    #[schemars(default)]
    pub send: Option<String>,
    /// What a person is to do.
    #[schemars(default)]
    pub task: Option<String>,
    /// How the case may be ended: nothing happens until a person confirms it with a reason.
    #[schemars(default)]
    pub propose: Option<Ending>,
    /// Receivers of messages.toml who are told.
    #[schemars(default)]
    pub notify: Vec<String>,
}

macro_rules! words_of {
    ($(#[$doc:meta])* $name:ident, $what:literal, $first:ident = $first_word:literal $first_doc:literal, $($variant:ident = $word:literal $variant_doc:literal),+) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            #[doc = $first_doc]
            #[default]
            $first,
            $(#[doc = $variant_doc] $variant),+
        }

        impl $name {
            /// The word used in the file and in the store.
            pub fn as_str(self) -> &'static str {
                match self {
                    Self::$first => $first_word,
                    $(Self::$variant => $word),+
                }
            }
        }

        impl FromStr for $name {
            type Err = Bad;

            fn from_str(text: &str) -> Result<Self, Bad> {
                one_of($what, text, [Self::$first, $(Self::$variant),+], Self::as_str)
            }
        }
    };
}

words_of!(
    /// Kinds of interviews.
    InvitationKind, "kind of invitation",
    Ai = "ai" "With a machine.", Phone = "phone" "By phone.", Video = "video" "By video.", Onsite = "onsite" "On site."
);
words_of!(
    /// Kinds of assessments.
    AssessmentKind, "kind of assessment",
    HealthCertificate = "health_certificate" "Health certificate (健康证): valid until a day.",
    NightShift = "night_shift" "Whether night shifts suit (夜班测评).",
    Test = "test" "A test.",
    AiInterview = "ai_interview" "Scores of an interview with a machine.",
    TrialShift = "trial_shift" "A shift on trial.",
    Performance = "performance" "A judgement of work."
);
words_of!(
    /// With what of an invitation a ladder begins.
    LadderFrom, "beginning",
    Sent = "sent" "It was sent.",
    Taken = "taken" "The interview was taken."
);
words_of!(
    /// What keeps a step from being due.
    Unless, "condition",
    Opened = "opened" "The invitation was opened, answered or taken.",
    Replied = "replied" "It was answered or taken.",
    Taken = "taken" "The interview was taken.",
    Invited = "invited" "Another invitation was sent since.",
    Moved = "moved" "The case reached a later stage of the process."
);
words_of!(
    /// How a case may be ended.
    Ending, "ending",
    Rejected = "rejected" "By the company.",
    Withdrawn = "withdrawn" "By the candidate, who does not answer any more."
);

impl Process {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let process = Self {
            id: section.required("id", String::new(), id),
            job_family: section.optional("job_family", list).unwrap_or_default(),
            stage: distinct(section, "stage", ProcessStage::read, |stage| &stage.id),
            gate: distinct(section, "gate", Gate::read, |gate| &gate.id),
            ladder: distinct(section, "ladder", Ladder::read, |ladder| &ladder.id),
        };
        if process.stage.is_empty() && !section.has("stage") {
            section.complain_here(bad("a process needs its stages", "[[process.stage]] with an id, such as screened"));
        }
        process
    }

    /// Place of a stage in the process.
    pub fn place(&self, stage: &str) -> Option<usize> {
        self.stage.iter().position(|own| own.id == stage)
    }
}

impl ProcessStage {
    fn read(section: &mut Section<'_>) -> Self {
        let stage = Self {
            id: section.required("id", String::new(), id),
            invitation: section.optional("invitation", from_str),
            within: section.optional("within", duration),
            notify: section.optional("notify", list).unwrap_or_default(),
        };
        let canonical = stage.id.parse::<Stage>();
        match canonical {
            Ok(ending) if ending.terminal() => {
                section.complain("id", bad(format!("`{ending}` ends a case and is no stage of a process"), "a step may `propose` it"));
            }
            Err(unknown) if stage.invitation.is_none() && !section.has("invitation") && !stage.id.is_empty() => {
                let hint = unknown.hint.unwrap_or_else(|| "a stage of your own says which `invitation` it stands for".to_owned());
                section.complain("id", Bad::new(unknown.message).hint(Some(hint)));
            }
            _ => {}
        }
        stage
    }
}

impl Gate {
    fn read(section: &mut Section<'_>) -> Self {
        let gate = Self {
            id: section.required("id", String::new(), id),
            before: section.required("before", String::new(), words),
            assessment: section.required("assessment", AssessmentKind::default(), from_str),
            name: section.optional("name", words),
            warn_days: section.optional("warn_days", days).unwrap_or_default(),
            send: section.optional("send", words),
            notify: section.optional("notify", list).unwrap_or_default(),
        };
        if section.has("warn_days") && gate.assessment != AssessmentKind::HealthCertificate {
            section.complain("warn_days", Bad::new(format!("is for certificates, and `{}` does not end", gate.assessment.as_str())));
        }
        gate
    }
}

impl Ladder {
    fn read(section: &mut Section<'_>) -> Self {
        let ladder = Self {
            id: section.required("id", String::new(), id),
            invitation: section.optional("invitation", from_str),
            from: section.optional("from", from_str).unwrap_or_default(),
            stage: section.optional("stage", words),
            step: distinct(section, "step", ProcessStep::read, |step| &step.id),
        };
        match (section.has("invitation"), section.has("stage")) {
            (false, false) => section.complain_here(bad("a ladder begins with an `invitation` or a `stage`", "invitation = \"ai\"")),
            (true, true) => {
                section.complain("stage", bad("a ladder begins with an invitation or a stage, not with both", "write two ladders"));
            }
            (false, true) if section.has("from") => section.complain("from", Bad::new("is for ladders that begin with an invitation")),
            _ => {}
        }
        if !section.has("step") {
            section.complain_here(bad(
                "a ladder without a step does nothing",
                "[[process.ladder.step]] with id, after, and send, task or propose",
            ));
        }
        ladder
    }
}

impl ProcessStep {
    fn read(section: &mut Section<'_>) -> Self {
        let step = Self {
            id: section.required("id", String::new(), id),
            after: section.optional("after", duration),
            unless: section.optional("unless", conditions).unwrap_or_default(),
            toward: section.optional("toward", words),
            send: section.optional("send", words),
            task: section.optional("task", words),
            propose: section.optional("propose", from_str),
            notify: section.optional("notify", list).unwrap_or_default(),
        };
        let does = ["send", "task", "propose"].into_iter().filter(|key| section.has(key)).count();
        if does != 1 {
            section.complain_here(bad(
                "a step does one thing: `send`, `task` or `propose`",
                "send = \"ID\" of a template, task = \"call\", propose = \"rejected\"",
            ));
        }
        if section.has("send") && section.has("notify") {
            section.complain("notify", Bad::new("is for tasks and proposals; a message goes to the candidate alone"));
        }
        step
    }

    /// How long after the beginning it is due.
    pub fn delay(&self) -> Duration {
        self.after.unwrap_or_default()
    }
}

/// Longer than anybody waits for an answer.
const LONGEST: Duration = Duration::from_hours(366 * 24);

pub(crate) fn duration(node: &Node) -> Result<Duration, Bad> {
    let duration = parsed(node, parse_duration)?;
    if duration > LONGEST { Err(Bad::new("must be at most 366d")) } else { Ok(duration) }
}

fn conditions(node: &Node) -> Result<Vec<Unless>, Bad> {
    list(node)?.iter().map(|word| word.parse()).collect()
}

fn days(node: &Node) -> Result<Vec<u16>, Bad> {
    let Value::List(items) = &node.value else { return Err(expected("a list of days", &node.value)) };
    let mut days = items.iter().map(|item| whole(item, 1, 366_u16)).collect::<Result<Vec<_>, _>>()?;
    days.sort_unstable_by(|a, b| b.cmp(a));
    days.dedup();
    Ok(days)
}

impl Processes {
    pub(super) fn check_rules(&self, messages: &Messages, tell: &mut Tell<'_>) {
        let receivers: BTreeSet<&str> = messages.receiver.iter().map(|receiver| receiver.id.as_str()).collect();
        let mut families: BTreeMap<&str, &str> = BTreeMap::new();
        for (at, process) in self.process.iter().enumerate() {
            let own = if process.job_family.is_empty() { vec![""] } else { process.job_family.iter().map(String::as_str).collect() };
            for family in own {
                if let Some(other) = families.insert(family, &process.id) {
                    let what = if family.is_empty() { "without job_family".to_owned() } else { format!("of the family `{family}`") };
                    tell(&format!("process[{at}].job_family"), Bad::new(format!("there is another process {what}, `{other}`")));
                }
            }
            self.check_process(at, process, &receivers, tell);
        }
    }

    fn check_process(&self, at: usize, process: &Process, receivers: &BTreeSet<&str>, tell: &mut Tell<'_>) {
        let stages = || process.stage.iter().map(|stage| stage.id.as_str());
        let stage = |tell: &mut Tell<'_>, key: String, name: &str| {
            if !name.is_empty() && process.place(name).is_none() {
                let known: Vec<&str> = stages().collect();
                let bad = Bad::new(format!("the process `{}` has no stage `{name}`, it has {}", process.id, known.join(", ")));
                tell(&key, bad.hint(did_you_mean(name, known)));
            }
        };
        let notify = |tell: &mut Tell<'_>, key: String, names: &[String]| {
            for name in names.iter().filter(|name| !receivers.contains(name.as_str())) {
                tell(&key, unknown("receiver in messages.toml", name, receivers.iter().copied()));
            }
        };
        let send = |tell: &mut Tell<'_>, key: String, name: &Option<String>| {
            let Some(name) = name else { return };
            if self.template(name).is_none() {
                tell(&key, unknown("template", name, self.template.iter().map(|template| template.id.as_str())));
            } else if self.contacts.is_none() {
                let message = "a message to a candidate needs [contacts]: where phone and mail are asked for";
                tell(&key, bad(message, "[contacts] with url of the ATS, or with vault and identity"));
            }
        };
        for (index, own) in process.stage.iter().enumerate() {
            notify(tell, format!("process[{at}].stage[{index}].notify"), &own.notify);
        }
        for (index, gate) in process.gate.iter().enumerate() {
            let key = format!("process[{at}].gate[{index}]");
            stage(tell, format!("{key}.before"), &gate.before);
            send(tell, format!("{key}.send"), &gate.send);
            notify(tell, format!("{key}.notify"), &gate.notify);
        }
        for (index, ladder) in process.ladder.iter().enumerate() {
            let key = format!("process[{at}].ladder[{index}]");
            stage(tell, format!("{key}.stage"), ladder.stage.as_deref().unwrap_or_default());
            for (index, step) in ladder.step.iter().enumerate() {
                let key = format!("{key}.step[{index}]");
                stage(tell, format!("{key}.toward"), step.toward.as_deref().unwrap_or_default());
                send(tell, format!("{key}.send"), &step.send);
                notify(tell, format!("{key}.notify"), &step.notify);
                let of_invitation = [Unless::Opened, Unless::Replied, Unless::Taken];
                if let Some(word) = step.unless.iter().find(|word| ladder.invitation.is_none() && of_invitation.contains(word)) {
                    let message = format!("`{}` is said of an invitation, and the ladder begins with a stage", word.as_str());
                    tell(&format!("{key}.unless"), bad(message, "accepted here: invited, moved"));
                }
            }
        }
    }
}
