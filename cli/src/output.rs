//! The one place that prints: results to stdout, words to stderr.

#![expect(clippy::unused_self, reason = "only who holds the printer prints")]

use inflow_config::Lang;
use std::io::{IsTerminal, Write};

/// How to speak to the person at the terminal.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    /// Language of words.
    pub lang: Lang,
    /// Only results and errors.
    pub quiet: bool,
    /// Colours on stderr.
    pub colour: bool,
}

impl Printer {
    /// From the options and the environment (`NO_COLOR`, `LC_ALL`, `LC_MESSAGES`, `LANG`).
    pub fn new(lang: Option<Lang>, quiet: bool, no_color: bool) -> Self {
        let colour = !no_color && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()) && std::io::stderr().is_terminal();
        Self { lang: lang.unwrap_or_else(locale), quiet, colour }
    }

    /// Progress bars only on a terminal.
    pub fn progress(self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// The sentence in the person's language.
    pub fn pick<'t>(self, en: &'t str, zh: &'t str) -> &'t str {
        match self.lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    /// A result. A closed pipe (`| head`) is no error.
    pub fn result(self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _closed = out.write_all(text.as_bytes()).and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") });
    }

    /// Bytes of a result as they are.
    pub fn raw(self, bytes: &[u8]) {
        let mut out = std::io::stdout().lock();
        let _closed = out.write_all(bytes).and_then(|()| out.flush());
    }

    /// A word to the person.
    pub fn note(self, en: &str, zh: &str) {
        if !self.quiet {
            self.words(self.pick(en, zh));
        }
    }

    /// A warning, said even when quiet.
    pub fn warn(self, en: &str, zh: &str) {
        let head = self.paint("33", self.pick("warning", "警告"));
        self.words(&format!("{head}: {}", self.pick(en, zh)));
    }

    /// An error sentence and its hint.
    pub fn error(self, message: &str, hint: Option<&str>) {
        let head = self.paint("31", self.pick("error", "错误"));
        self.words(&format!("{head}: {message}"));
        if let Some(hint) = hint {
            let head = self.paint("36", "hint");
            self.words(&format!("{head}: {hint}"));
        }
    }

    fn words(self, text: &str) {
        let mut err = std::io::stderr().lock();
        let _closed = err.write_all(text.as_bytes()).and_then(|()| err.write_all(b"\n"));
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[1;{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

fn locale() -> Lang {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    if set.is_some_and(|locale| locale.to_lowercase().starts_with("zh")) { Lang::Zh } else { Lang::En }
}
