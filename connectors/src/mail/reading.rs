//! A message by the templates: whose it is, what it tells, or that nobody knows it.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use inflow_config::Stage;

use super::forward::{Quoted, Subject};
use super::message::Mail;
use super::pattern::{Slot, Taken, Text, is_name};
use super::person::{is_chinese, looks_like_name};
use super::template::{Board, MailKind, Template};
use crate::pull::Note;

/// Providers of personal mailboxes: two people of such a domain are not colleagues.
const FREE_MAIL: &[&str] = &[
    "qq.com",
    "foxmail.com",
    "163.com",
    "126.com",
    "yeah.net",
    "139.com",
    "189.cn",
    "sina.com",
    "sina.cn",
    "sohu.com",
    "aliyun.com",
    "gmail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "icloud.com",
    "yahoo.com",
];

/// What a message tells.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reading {
    /// Somebody's case.
    Fits(Box<Fit>),
    /// A board's mail about nobody in particular.
    Ignored,
    /// Mail of this sender, a known board, that no template fits.
    Unfit(String),
    /// Not a board's mail.
    Other,
}

/// A case as one message tells it.
#[derive(Clone, PartialEq)]
pub(crate) struct Fit {
    /// The source word.
    pub(crate) board: String,
    pub(crate) kind: MailKind,
    pub(crate) stage: Stage,
    pub(crate) taken: Taken,
    /// When, as far as the message says.
    pub(crate) at: Option<DateTime<Utc>>,
}

impl fmt::Debug for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fit({}, {:?}, {}, {:?})", self.board, self.kind, self.stage.as_str(), self.taken)
    }
}

/// Every template that applies to a mailbox.
#[derive(Debug, Clone)]
pub(crate) struct Templates {
    boards: Vec<Board>,
    zone: Tz,
}

impl Templates {
    /// The company's own boards come before those shipped. `zone` is that of times without one.
    pub(crate) fn new(own: Vec<Board>, zone: Tz) -> Templates {
        let mut boards = own;
        boards.extend(super::template::shipped());
        Templates { boards, zone }
    }

    /// Whether the rest of a message is worth reading, from its header alone.
    pub(crate) fn wants(&self, header: &Mail) -> bool {
        let subject = Subject::of(&header.subject);
        if subject.answer {
            return false;
        }
        subject.forwarded || !self.boards_of(header.domain(), subject.text).is_empty() || self.direct(header, &subject, None).is_some()
    }

    /// Reads a message.
    pub(crate) fn read(&self, mail: &Mail) -> Reading {
        let subject = Subject::of(&mail.subject);
        if subject.answer {
            return Reading::Other;
        }
        // Passed on as an attachment: the message inside is the board's own.
        if let Some(inner) = &mail.attached {
            match self.read(inner) {
                Reading::Other => {}
                told => return told,
            }
        }
        let quoted = if subject.forwarded { Quoted::of(mail, self.zone) } else { Quoted::default() };
        let from = quoted.from.as_deref().unwrap_or(&mail.from);
        let domain = from.rsplit_once('@').map_or("", |(_, domain)| domain);
        let sender = quoted.sender.as_deref().unwrap_or(if subject.forwarded { "" } else { &mail.sender });
        let boards = self.boards_of(domain, subject.text);
        let text = Text::new(subject.text);
        if boards.iter().any(|board| board.ignores(from)) {
            return Reading::Ignored;
        }
        let mut ignored = false;
        for board in &boards {
            for template in &board.templates {
                let Some(taken) = self.fit(board, template, &text, sender, mail) else { continue };
                if template.kind == MailKind::Ignored {
                    ignored = true;
                    break;
                }
                if taken.names_someone() {
                    return Reading::Fits(Box::new(self.told(board, template, taken, mail, &quoted)));
                }
            }
        }
        if ignored {
            return Reading::Ignored;
        }
        if let Some(first) = boards.first() {
            let own = boards.iter().find_map(|board| board.domain_of(domain));
            return Reading::Unfit(own.unwrap_or(&first.name).to_owned());
        }
        self.direct(mail, &subject, Some(&quoted)).map_or(Reading::Other, |fit| Reading::Fits(Box::new(fit)))
    }

    /// The boards whose mail it is, by sender or by a mark in the subject.
    fn boards_of(&self, domain: &str, subject: &str) -> Vec<&Board> {
        let text = Text::new(subject);
        let named = |board: &Board| board.sends_from(domain) || board.marks.iter().any(|mark| text.contains(&Text::new(mark)));
        self.boards.iter().filter(|board| named(board)).collect()
    }

    fn fit(&self, board: &Board, template: &Template, subject: &Text, sender: &str, mail: &Mail) -> Option<Taken> {
        let zone = board.timezone.unwrap_or(self.zone);
        let mut taken = template.subject.iter().find_map(|pattern| pattern.whole(subject, zone))?;
        if !template.sender.is_empty() {
            // Subjects say 张女士 where the sender's name is whole.
            let sender = Text::new(sender);
            let mut whole = template.sender.iter().find_map(|pattern| pattern.whole(&sender, zone)).unwrap_or_default();
            whole.fill(taken);
            taken = whole;
        }
        if !template.body.is_empty() {
            let body = Text::new(&mail.text);
            for pattern in &template.body {
                taken.fill(pattern.anywhere(&body, zone).unwrap_or_default());
            }
        }
        // An address that the board lends, or its own, is not the applicant's.
        let lent = taken.get(Slot::Email).and_then(|email| email.rsplit_once('@')).is_some_and(|(_, domain)| board.sends_from(domain));
        if lent {
            taken.forget(Slot::Email);
        }
        Some(taken)
    }

    fn told(&self, board: &Board, template: &Template, mut taken: Taken, mail: &Mail, quoted: &Quoted) -> Fit {
        let zone = board.timezone.unwrap_or(self.zone);
        let written = taken.get(Slot::Time).and_then(|text| crate::spec::TimeFormat::IsoLocal.read_text(text, zone)).map(|(at, _)| at);
        taken.keep_name_out_of_title();
        Fit { board: board.name.clone(), kind: template.kind, stage: template.stage, taken, at: written.or(quoted.at).or(mail.at) }
    }

    /// Mail that people write themselves.
    fn direct(&self, mail: &Mail, subject: &Subject<'_>, quoted: Option<&Quoted>) -> Option<Fit> {
        let none = Quoted::default();
        // Headers alone do not tell what is attached.
        let header_only = quoted.is_none();
        let quoted = quoted.unwrap_or(&none);
        let text = Text::new(subject.text);
        for board in self.boards.iter().filter(|board| board.from.is_empty() && board.marks.is_empty()) {
            for template in &board.templates {
                let Some(mut taken) = self.fit(board, template, &text, "", mail) else { continue };
                if template.kind == MailKind::Ignored {
                    return None;
                }
                settle_names(&mut taken);
                if board.sender_applies {
                    let (from, sender) = applicant(mail, subject, quoted);
                    if !from.is_empty() {
                        taken.insert(Slot::Email, from.to_owned());
                    }
                    if is_name(sender) {
                        taken.insert(Slot::Name, sender.to_owned());
                    }
                }
                let enclosed = !board.needs_attachment || header_only || mail.attachments > 0 || taken.get(Slot::Phone).is_some();
                if enclosed && taken.names_someone() {
                    return Some(self.told(board, template, taken, mail, quoted));
                }
            }
        }
        None
    }
}

/// Address and name of whoever wrote the mail first; nobody when that was a colleague.
fn applicant<'m>(mail: &'m Mail, subject: &Subject<'_>, quoted: &'m Quoted) -> (&'m str, &'m str) {
    match (&quoted.from, subject.forwarded) {
        (Some(from), _) => (from, quoted.sender.as_deref().unwrap_or_default()),
        (None, false) if !mail.is_internal() => (&mail.from, &mail.sender),
        (None, _) => ("", ""),
    }
}

/// People put name and title in any order: of the two, the one that looks like a name is it.
fn settle_names(taken: &mut Taken) {
    let (name, title) = (taken.get(Slot::Name).map(str::to_owned), taken.get(Slot::Title).map(str::to_owned));
    let no_name = |text: &String| is_chinese(text) && !looks_like_name(text);
    if title.as_ref().is_some_and(|title| looks_like_name(title)) {
        taken.forget(Slot::Title);
        taken.forget(Slot::Name);
        if name.as_ref().is_none_or(no_name) {
            taken.insert(Slot::Name, title.unwrap_or_default());
            if let Some(name) = name {
                taken.insert(Slot::Title, name);
            }
        } else if let Some(name) = name {
            taken.insert(Slot::Name, name);
        }
    } else if name.as_ref().is_some_and(no_name) {
        taken.forget(Slot::Name);
    }
}

impl Mail {
    /// From a colleague: sender and recipient share a domain that is the company's own.
    fn is_internal(&self) -> bool {
        self.to.rsplit_once('@').is_some_and(|(_, to)| to == self.domain() && !FREE_MAIL.contains(&to))
    }
}

/// What became of the messages of a pull, for its report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Messages looked at.
    pub(crate) seen: u64,
    /// Of boards, about nobody in particular.
    pub(crate) ignored: u64,
    /// Of others.
    pub(crate) other: u64,
    /// Told a case, but no time at all.
    pub(crate) undated: u64,
    /// Not to be read as a message.
    pub(crate) unreadable: u64,
    /// Left where they are.
    pub(crate) attachments: u64,
    /// Known boards' mail that fits no template, by sender.
    pub(crate) unfit: BTreeMap<String, u64>,
}

impl Tally {
    /// What people should know, one sentence each.
    pub(crate) fn notes(&self) -> Vec<Note> {
        let mails = |count: u64| if count == 1 { "1 mail".to_owned() } else { format!("{count} mails") };
        let note = |en: String, zh: String| Note { en, zh };
        let mut notes: Vec<Note> = Vec::new();
        for (sender, count) in &self.unfit {
            let verb = if *count == 1 { "fits" } else { "fit" };
            notes.push(note(
                format!("{} of {sender} {verb} no template; say their form in a template file and name it as `mapping`", mails(*count)),
                format!("{sender} 的 {count} 封邮件不符合任何模板;请在模板文件中写明其格式,并用 `mapping` 指定该文件"),
            ));
        }
        if self.undated > 0 {
            notes.push(note(
                format!("{} of applicants carried no date and were left out", mails(self.undated)),
                format!("{} 封应聘邮件没有日期,未计入", self.undated),
            ));
        }
        if self.unreadable > 0 {
            notes.push(note(format!("{} could not be read", mails(self.unreadable)), format!("{} 封邮件无法读取", self.unreadable)));
        }
        if self.ignored + self.other > 0 {
            notes.push(note(
                format!(
                    "passed over: {} of boards about nobody in particular, {} of other senders",
                    mails(self.ignored),
                    mails(self.other)
                ),
                format!("略过:招聘网站的非应聘邮件 {} 封,其他邮件 {} 封", self.ignored, self.other),
            ));
        }
        if self.attachments > 0 {
            notes.push(note(
                format!("{} attachments were left in the mailbox", self.attachments),
                format!("{} 个附件留在邮箱中,未读取", self.attachments),
            ));
        }
        notes
    }
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
