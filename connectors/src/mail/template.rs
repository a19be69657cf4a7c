//! Mail templates: one small TOML file a board (`connectors/mail/*.toml`), and a company's own.
//!
//! ```toml
//! board = "BOSS直聘"
//! from = ["bosszhipin.com"]
//! marks = ["【BOSS直聘】"]
//!
//! [[mail]]
//! kind = "resume"
//! subject = ["{name} | {years}，应聘 {title} | {city}{pay}【BOSS直聘】"]
//! body = ["手机： {phone}"]
//! ```

use std::collections::BTreeSet;

use chrono_tz::Tz;
use inflow_config::Stage;
use serde::Deserialize;

use super::pattern::{Pattern, Slot};
use crate::spec::SpecError;

/// Boards whose mail is known, in the order tried; one that takes mail of any sender comes last.
const SOURCES: &[(&str, &str)] = &[
    ("boss", include_str!("../../mail/boss.toml")),
    ("zhaopin", include_str!("../../mail/zhaopin.toml")),
    ("liepin", include_str!("../../mail/liepin.toml")),
    ("job51", include_str!("../../mail/job51.toml")),
    ("lagou", include_str!("../../mail/lagou.toml")),
    ("wuba58", include_str!("../../mail/wuba58.toml")),
    ("ganji", include_str!("../../mail/ganji.toml")),
    ("maimai", include_str!("../../mail/maimai.toml")),
    ("douyin", include_str!("../../mail/douyin.toml")),
    ("kuaishou", include_str!("../../mail/kuaishou.toml")),
    ("linkedin", include_str!("../../mail/linkedin.toml")),
    ("indeed", include_str!("../../mail/indeed.toml")),
    ("direct", include_str!("../../mail/direct.toml")),
];

/// What a kind of mail tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MailKind {
    /// The resume itself.
    Resume,
    /// That somebody applied.
    Notification,
    /// That an application reached another stage.
    Status,
    /// Nothing about a person: advertisements, digests. Known, so that it is not reported.
    Ignored,
}

/// One kind of mail of a board.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template {
    pub(crate) kind: MailKind,
    /// The stage that the mail tells.
    pub(crate) stage: Stage,
    /// Each stands for a whole subject; the first that fits counts.
    pub(crate) subject: Vec<Pattern>,
    /// Each stands for the sender's whole display name; what the first that fits takes goes before the subject's.
    pub(crate) sender: Vec<Pattern>,
    /// Each stands for the end of some line of the body and adds what it takes.
    pub(crate) body: Vec<Pattern>,
}

/// The mail of one board.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Board {
    /// The source word.
    pub(crate) name: String,
    /// Domains of senders, subdomains included; any sender when empty.
    pub(crate) from: Vec<String>,
    /// Addresses and domains that send nothing about applicants.
    pub(crate) ignore_from: Vec<String>,
    /// Text of subjects that names the board even when somebody forwarded the mail.
    pub(crate) marks: Vec<String>,
    /// Zone of times in the text.
    pub(crate) timezone: Option<Tz>,
    /// The sender is the applicant.
    pub(crate) sender_applies: bool,
    /// Only mail with something attached, or a phone number in its text, counts.
    pub(crate) needs_attachment: bool,
    pub(crate) templates: Vec<Template>,
}

impl Board {
    /// Whether mail of that domain is the board's.
    pub(crate) fn sends_from(&self, domain: &str) -> bool {
        self.domain_of(domain).is_some()
    }

    /// The board's domain that the given one is, or is part of.
    pub(crate) fn domain_of(&self, domain: &str) -> Option<&str> {
        let domain = domain.to_lowercase();
        let own = self.from.iter().find(|own| domain.strip_suffix(own.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
        own.map(String::as_str)
    }

    /// Whether the address is known to send nothing about applicants.
    pub(crate) fn ignores(&self, address: &str) -> bool {
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        self.ignore_from.iter().any(|known| known == address || known == domain)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BoardFile {
    board: String,
    #[serde(default)]
    from: Vec<String>,
    #[serde(default)]
    ignore_from: Vec<String>,
    #[serde(default)]
    marks: Vec<String>,
    timezone: Option<Tz>,
    #[serde(default)]
    sender_applies: bool,
    #[serde(default)]
    needs_attachment: bool,
    #[serde(default)]
    mail: Vec<MailTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MailTable {
    kind: MailKind,
    stage: Option<Stage>,
    subject: Vec<String>,
    #[serde(default)]
    sender: Vec<String>,
    #[serde(default)]
    body: Vec<String>,
}

/// The boards that come with the program. A test reads each, so none is broken.
pub(crate) fn shipped() -> Vec<Board> {
    let read = |(name, text): &(&str, &str)| match parse(text, &format!("mail/{name}.toml")) {
        Ok(board) => Some(board),
        Err(error) => {
            tracing::error!(%error, "a built-in mail template is broken");
            None
        }
    };
    SOURCES.iter().filter_map(read).collect()
}

/// Reads a template file; the error names every problem.
pub(crate) fn parse(text: &str, file: &str) -> Result<Board, SpecError> {
    let fail = |problems: Vec<String>| SpecError { file: file.to_owned(), problems };
    let read: BoardFile = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1);
        fail(vec![format!("line {line}: {}", error.message().trim().replace('\n', " "))])
    })?;
    let mut problems = Vec::new();
    if read.board.trim().is_empty() {
        problems.push("board: the source word is empty".to_owned());
    }
    if let Some(odd) =
        read.from.iter().find(|domain| domain.contains(['@', '*']) || !domain.contains('.') || **domain != domain.to_lowercase())
    {
        problems.push(format!("from: {odd:?} is not a domain in small letters, such as \"example.com\""));
    }
    if read.mail.is_empty() {
        problems.push("mail: at least one [[mail]] is needed".to_owned());
    }
    let mut templates = Vec::new();
    for (number, table) in read.mail.into_iter().enumerate() {
        match template(table, read.sender_applies) {
            Ok(template) => templates.push(template),
            Err(found) => problems.extend(found.into_iter().map(|problem| format!("mail {}: {problem}", number + 1))),
        }
    }
    if !problems.is_empty() {
        return Err(fail(problems));
    }
    Ok(Board {
        name: read.board.trim().to_owned(),
        from: read.from,
        ignore_from: read.ignore_from,
        marks: read.marks,
        timezone: read.timezone,
        sender_applies: read.sender_applies,
        needs_attachment: read.needs_attachment,
        templates,
    })
}

fn template(table: MailTable, sender_applies: bool) -> Result<Template, Vec<String>> {
    let mut problems = Vec::new();
    let mut read = |texts: Vec<String>, key: &str| -> Vec<Pattern> {
        let mut patterns = Vec::new();
        for text in texts {
            match Pattern::read(&text) {
                Ok(pattern) if key == "body" && !pattern.begins_with_text() => {
                    problems.push(format!("body: {text:?}: a pattern that is searched for begins with text"));
                }
                Ok(pattern) => patterns.push(pattern),
                Err(error) => problems.push(format!("{key}: {error}")),
            }
        }
        patterns
    };
    let (subject, sender, body) = (read(table.subject, "subject"), read(table.sender, "sender"), read(table.body, "body"));
    if subject.is_empty() && problems.is_empty() {
        problems.push("subject: at least one pattern is needed".to_owned());
    }
    let slots: BTreeSet<Slot> = subject.iter().chain(&sender).chain(&body).flat_map(Pattern::slots).collect();
    let names_someone = sender_applies || [Slot::Name, Slot::Phone, Slot::Email].iter().any(|slot| slots.contains(slot));
    if table.kind != MailKind::Ignored && !names_someone && problems.is_empty() {
        problems.push("nothing says who applied: {name}, {phone} or {email} is needed".to_owned());
    }
    let stage = match (table.kind, table.stage) {
        (MailKind::Status, None) => {
            problems.push("stage: a mail of kind status tells a stage".to_owned());
            Stage::Applied
        }
        (_, stage) => stage.unwrap_or(Stage::Applied),
    };
    if problems.is_empty() { Ok(Template { kind: table.kind, stage, subject, sender, body }) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn every_shipped_template_reads_and_says_what_it_is_based_on() {
        for (name, text) in SOURCES {
            parse(text, name).unwrap_or_else(|error| panic!("{error}"));
            assert!(text.starts_with('#') && text.contains("Based on"), "{name}: say in a comment what the forms are based on");
        }
        assert_eq!(shipped().len(), SOURCES.len());
    }

    #[test]
    fn domains_include_their_subdomains_only() {
        let board =
            parse("board = \"茶\"\nfrom = [\"tea.example\"]\n[[mail]]\nkind = \"resume\"\nsubject = [\"简历 {name}\"]\n", "t").unwrap();
        assert!(board.sends_from("tea.example") && board.sends_from("mail.tea.example"));
        assert!(!board.sends_from("greentea.example") && !board.sends_from("tea.example.org"));
    }

    #[rstest]
    #[case("[[mail]]\nkind = \"resume\"\nsubject = [\"{nam}\"]", "t.toml: mail 1: subject: \"{nam}\": there is no placeholder {nam}")]
    #[case("[[mail]]\nkind = \"resume\"\nsubject = [\"应聘{title}\"]", "mail 1: nothing says who applied")]
    #[case("[[mail]]\nkind = \"status\"\nsubject = [\"{name}接受了\"]", "mail 1: stage: a mail of kind status tells a stage")]
    #[case("[[mail]]\nkind = \"resume\"\nsubject = [\"x {name}\"]\nbody = [\"{phone}\"]", "begins with text")]
    #[case("[[mail]]\nkind = \"resumes\"\nsubject = []", "line 4: unknown variant `resumes`")]
    #[case("colour = 1", "line 3: unknown field `colour`")]
    #[case("", "mail: at least one [[mail]] is needed")]
    fn a_template_that_means_nothing_is_refused(#[case] extra: &str, #[case] expected: &str) {
        let error = parse(&format!("board = \"茶\"\nfrom = [\"tea.example\"]\n{extra}\n"), "t.toml").unwrap_err().to_string();
        assert!(error.contains(expected), "{error}\nshould contain: {expected}");
    }

    #[test]
    fn a_sender_is_a_domain() {
        let error =
            parse("board = \"茶\"\nfrom = [\"hr@tea.example\"]\n[[mail]]\nkind = \"ignored\"\nsubject = [\"x{*}\"]\n", "t").unwrap_err();
        assert!(error.to_string().contains("is not a domain in small letters"), "{error}");
    }
}
