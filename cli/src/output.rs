//! The one place that prints: results to stdout, words to stderr, of this process or of the one that asked for a job.

use inflow_config::Lang;
use std::io::{IsTerminal, Write};
use tokio::sync::mpsc::UnboundedSender;

/// Something printed, on its way to the process that asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// For stdout.
    Result(Vec<u8>),
    /// For stderr.
    Words(Vec<u8>),
}

/// Where what is printed goes.
#[derive(Debug, Clone)]
enum Sink {
    /// stdout and stderr of this process.
    Own,
    /// The process that asked for a job. Who went away hears nothing, and the job goes on.
    Asker {
        to: UnboundedSender<Piece>,
        /// Folder in which it was asked, with its slash: messages name files as they were typed, relative to it.
        folder: Option<String>,
    },
}

/// How to speak to the person who asked.
#[derive(Debug, Clone)]
pub struct Printer {
    /// Language of words.
    pub lang: Lang,
    /// Only results and errors.
    pub quiet: bool,
    /// Colours on stderr.
    pub colour: bool,
    sink: Sink,
}

impl Printer {
    /// From the options and the environment (`NO_COLOR`, `LC_ALL`, `LC_MESSAGES`, `LANG`).
    pub fn new(lang: Option<Lang>, quiet: bool, no_color: bool) -> Self {
        let colour = !no_color && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()) && std::io::stderr().is_terminal();
        Self { lang: lang.unwrap_or_else(locale), quiet, colour, sink: Sink::Own }
    }

    /// Speaks to another process, the way that it said. `folder` is left out of the paths that are named.
    pub fn to_asker(lang: Lang, quiet: bool, colour: bool, to: UnboundedSender<Piece>, folder: Option<&str>) -> Self {
        Self { lang, quiet, colour, sink: Sink::Asker { to, folder: folder.map(|folder| format!("{folder}/")) } }
    }

    /// Progress bars only on a terminal of this process.
    pub fn progress(&self) -> bool {
        !self.quiet && matches!(self.sink, Sink::Own) && std::io::stderr().is_terminal()
    }

    /// The sentence in the person's language.
    pub fn pick<'t>(&self, en: &'t str, zh: &'t str) -> &'t str {
        match self.lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    /// A result, ended by a line break. A closed pipe (`| head`) is no error.
    pub fn result(&self, text: &str) {
        let end: &[u8] = if text.ends_with('\n') { b"" } else { b"\n" };
        self.put(Piece::Result([text.as_bytes(), end].concat()));
    }

    /// Bytes of a result as they are.
    pub fn raw(&self, bytes: &[u8]) {
        self.put(Piece::Result(bytes.to_vec()));
    }

    /// A word to the person.
    pub fn note(&self, en: &str, zh: &str) {
        if !self.quiet {
            self.words(self.pick(en, zh));
        }
    }

    /// A warning, said even when quiet.
    pub fn warn(&self, en: &str, zh: &str) {
        let head = self.paint("33", self.pick("warning", "警告"));
        self.words(&format!("{head}: {}", self.pick(en, zh)));
    }

    /// An error sentence and its hint.
    pub fn error(&self, message: &str, hint: Option<&str>) {
        let head = self.paint("31", self.pick("error", "错误"));
        self.words(&format!("{head}: {message}"));
        if let Some(hint) = hint {
            let head = self.paint("36", "hint");
            self.words(&format!("{head}: {hint}"));
        }
    }

    fn words(&self, text: &str) {
        let text = match &self.sink {
            Sink::Asker { folder: Some(folder), .. } => text.replace(folder, ""),
            _ => text.to_owned(),
        };
        self.put(Piece::Words(format!("{text}\n").into_bytes()));
    }

    /// Prints what was printed elsewhere.
    pub fn put(&self, piece: Piece) {
        let _nobody_listens = match (&self.sink, piece) {
            (Sink::Asker { to, .. }, piece) => to.send(piece).map_err(std::io::Error::other),
            (Sink::Own, Piece::Result(bytes)) => {
                let mut out = std::io::stdout().lock();
                out.write_all(&bytes).and_then(|()| out.flush())
            }
            (Sink::Own, Piece::Words(bytes)) => std::io::stderr().lock().write_all(&bytes),
        };
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[1;{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

fn locale() -> Lang {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    if set.is_some_and(|locale| locale.to_lowercase().starts_with("zh")) { Lang::Zh } else { Lang::En }
}

#[cfg(test)]
mod tests {
    use super::{Piece, Printer};
    use inflow_config::Lang;
    use tokio::sync::mpsc::unbounded_channel;

    #[test]
    fn an_asker_reads_what_it_would_have_printed_itself() {
        let (to, mut heard) = unbounded_channel();
        let printer = Printer::to_asker(Lang::Zh, true, false, to, Some("/home/hr"));
        printer.result("42");
        printer.note("not said", "不说");
        printer.warn("late", "晚了");
        printer.error("/home/hr/a.csv: cannot be read", None);
        printer.raw(b"\xff");
        let said: Vec<Piece> = std::iter::from_fn(|| heard.try_recv().ok()).collect();
        let words = |text: &str| Piece::Words(text.as_bytes().to_vec());
        let expected =
            [Piece::Result(b"42\n".to_vec()), words("警告: 晚了\n"), words("错误: a.csv: cannot be read\n"), Piece::Result(vec![0xff])];
        assert_eq!(said, expected);
    }

    #[test]
    fn an_asker_that_went_away_is_no_error() {
        let (to, heard) = unbounded_channel();
        drop(heard);
        Printer::to_asker(Lang::En, false, false, to, None).result("nobody");
    }
}
