//! What is sent: a subject, a text, and for mail the report itself.

use inflow_config::{BriefKind, Config, Lang, MessageRule};

use crate::brief::{Facts, Period, month, page, text};
use crate::words::pick;
use crate::{pdf, workbook};

/// A message before it has a shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// Files that go with mail.
    pub attachments: Vec<Attachment>,
    /// The same whenever it is sent again, of no other message: a mail server that has it already can tell.
    pub key: String,
}

/// A file that goes with mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media: &'static str,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Language of a message: its own, else Chinese for a company in China.
pub fn language(rule: &MessageRule, config: &Config) -> Lang {
    rule.lang.unwrap_or(if config.settings.company.country == "CN" { Lang::Zh } else { Lang::En })
}

/// The message of a period. A week has its page with it, and where the machine has a Chromium as PDF too; a month its workbook.
///
/// # Errors
/// When the workbook cannot be written; a PDF that cannot be printed is left out, with a word in the log.
pub async fn letter(rule: &MessageRule, facts: &Facts, config: &Config) -> Result<Letter, rust_xlsxwriter::XlsxError> {
    let lang = language(rule, config);
    let period = facts.asked.period;
    let text = text(facts, config, lang);
    let subject = text.lines().next().unwrap_or_default().to_owned();
    let attachments = match period.kind {
        BriefKind::Day => Vec::new(),
        BriefKind::Week => weekly(period, lang, page(facts, config, lang)).await,
        BriefKind::Month => {
            let book = month(facts, config, lang, facts.asked.now).book;
            let media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            vec![Attachment { name: name(period, lang, "xlsx"), media, bytes: workbook::workbook(&book)? }]
        }
    };
    Ok(Letter { subject, text, attachments, key: String::new() })
}

async fn weekly(period: Period, lang: Lang, page: String) -> Vec<Attachment> {
    let printed = match pdf::chromium() {
        Ok(program) => pdf::print(&program, &page).await,
        Err(absent) => Err(absent),
    };
    let pdf = match printed {
        Ok(bytes) => Some(Attachment { name: name(period, lang, "pdf"), media: "application/pdf", bytes }),
        Err(error) => {
            tracing::info!(%error, "the week goes out as a page, without a PDF");
            None
        }
    };
    let html = Attachment { name: name(period, lang, "html"), media: "text/html", bytes: page.into_bytes() };
    pdf.into_iter().chain([html]).collect()
}

/// `招聘周报-2026-11-23.html`; in English without letters that a file's name might lose.
fn name(period: Period, lang: Lang, extension: &str) -> String {
    let of = match period.kind {
        BriefKind::Month => period.from.format("%Y-%m").to_string(),
        _ => period.from.to_string(),
    };
    let what = match period.kind {
        BriefKind::Day => pick(lang, "recruiting-day", "招聘日报"),
        BriefKind::Week => pick(lang, "recruiting-week", "招聘周报"),
        BriefKind::Month => pick(lang, "recruiting-channels", "月度渠道分析表"),
    };
    format!("{what}-{of}.{extension}")
}

/// One line that says that messages arrive.
pub fn test_letter(config: &Config, lang: Lang, at: chrono::DateTime<chrono::Utc>) -> Letter {
    let company = &config.settings.company;
    let time = at.with_timezone(&company.timezone).format("%Y-%m-%d %H:%M").to_string();
    let subject = pick(lang, "Inflow: test message", "Inflow 测试消息").to_owned();
    let text = match lang {
        Lang::En => format!("Test message of Inflow, {time}. Reports of {} will arrive here.", or(&company.name, "the company")),
        Lang::Zh => format!("Inflow 测试消息,{time}。{}的招聘报表将发送到这里。", or(&company.name, "本公司")),
    };
    Letter { subject, text, attachments: Vec::new(), key: format!("test-{}", at.timestamp_millis()) }
}

fn or<'t>(text: &'t str, other: &'t str) -> &'t str {
    if text.is_empty() { other } else { text }
}
