//! Messages of an mbox file, one after the other, whatever the file's size.
//!
//! A message begins with a line `From ` that follows an empty line (or begins the file). `>From ` inside a message is a
//! quoted `From ` (mboxrd; of mboxo's ambiguous quoting the same is assumed). mail-parser splits on every `From ` and
//! holds whole messages, attachments included, in memory.

use std::io::{self, BufRead, Read};

/// Of a message only so much is kept: the text stands before the attachments.
pub(crate) const LARGEST_MESSAGE: usize = 10 << 20;

/// Longer lines are read in pieces.
const LONGEST_LINE: u64 = 1 << 20;

/// Iterates over the messages of an mbox.
pub(crate) struct Mbox<R> {
    reader: R,
    line: Vec<u8>,
    /// The separator of the next message was read.
    begun: bool,
    /// The line before was empty, or there was none.
    after_blank: bool,
}

impl<R: BufRead> Mbox<R> {
    pub(crate) fn new(reader: R) -> Mbox<R> {
        Mbox { reader, line: Vec::new(), begun: false, after_blank: true }
    }

    /// Reads the next line; false at the end. An endless line comes in pieces.
    fn next_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        let mut piece = self.reader.by_ref().take(LONGEST_LINE);
        Ok(piece.read_until(b'\n', &mut self.line)? > 0)
    }
}

impl<R: BufRead> Iterator for Mbox<R> {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        let mut message = Vec::new();
        loop {
            match self.next_line() {
                Ok(true) => {}
                Ok(false) => {
                    let last = std::mem::take(&mut self.begun);
                    return last.then_some(Ok(message));
                }
                Err(error) => return Some(Err(error)),
            }
            let separates = self.after_blank && self.line.starts_with(b"From ");
            self.after_blank = matches!(self.line.as_slice(), b"\n" | b"\r\n");
            if separates {
                if std::mem::replace(&mut self.begun, true) {
                    return Some(Ok(message));
                }
                continue;
            }
            // Text before the first separator belongs to no message.
            if !self.begun || message.len() + self.line.len() > LARGEST_MESSAGE {
                continue;
            }
            let quotes = self.line.iter().take_while(|byte| **byte == b'>').count();
            let quoted = quotes > 0 && self.line.get(quotes..).is_some_and(|rest| rest.starts_with(b"From "));
            message.extend_from_slice(self.line.get(usize::from(quoted)..).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(text: &str) -> Vec<String> {
        Mbox::new(text.as_bytes()).map(|message| String::from_utf8(message.unwrap()).unwrap()).collect()
    }

    #[test]
    fn messages_quoting_and_lines_that_only_look_like_separators() {
        let mbox = "From a@example.com Tue Sep  1 10:00:00 2026\nSubject: 1\n\nDear all,\nFrom here on\n>From there\n>>From deeper\n\n\
                    From b@example.com Tue Sep  1 11:00:00 2026\r\nSubject: 2\r\n\r\nx\r\n";
        assert_eq!(split(mbox), ["Subject: 1\n\nDear all,\nFrom here on\nFrom there\n>From deeper\n\n", "Subject: 2\r\n\r\nx\r\n"]);
        assert!(split("").is_empty());
        assert!(split("Subject: no mbox\n\nx\n").is_empty());
    }

    #[test]
    fn of_a_huge_message_the_top_is_kept_and_the_next_is_found() {
        let line = "A".repeat(76) + "\n";
        let mbox = format!("From a\nSubject: 1\n\ntext\n{}\nFrom b\nSubject: 2\n\n", line.repeat(LARGEST_MESSAGE / 77 + 100));
        let found = split(&mbox);
        assert_eq!(found.len(), 2);
        assert!(found[0].len() <= LARGEST_MESSAGE && found[0].starts_with("Subject: 1\n\ntext\n"));
        assert_eq!(found[1], "Subject: 2\n\n");
    }

    proptest! {
        #[test]
        fn what_is_quoted_comes_back(lines in proptest::collection::vec("(>{0,2}From |>|a|)[a-z ]{0,5}", 1..8)) {
            let body = lines.join("\n");
            let quoted: Vec<String> = lines
                .iter()
                .map(|line| if line.trim_start_matches('>').starts_with("From ") { format!(">{line}") } else { line.clone() })
                .collect();
            prop_assert_eq!(split(&format!("From x\n{}", quoted.join("\n"))), [body]);
        }
    }
}
