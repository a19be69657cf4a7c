//! What the two processes say to each other: frames with their length before them.
//!
//! A frame is one byte and its content: `{` a [`Message`] as JSON (the brace is its own first byte), `1` bytes for stdout,
//! `2` bytes for stderr. The asker says hello, is welcomed or refused, and then either asks how things stand or has its
//! command run; `cancel` may follow.

use crate::output::Piece;
use bytes::{BufMut, Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures::{SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use tokio::net::UnixStream;
use tokio_util::codec::{Framed, LengthDelimitedCodec};

/// The socket's name in the data folder.
pub const SOCKET: &str = "jobs.sock";
/// The token's.
pub const TOKEN: &str = "jobs.token";
/// This program's version; both sides must have the same.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Longest frame. Output is cut into pieces well below.
const LONGEST: usize = 4 << 20;
const PIECE: usize = 64 << 10;
/// Longest path that a socket's address may have, less some.
const LONGEST_ADDRESS: usize = 100;

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum Message {
    /// First words of who asks.
    Hello {
        /// Of the program.
        version: String,
        /// What the token file holds.
        token: String,
    },
    /// The asker may go on.
    Welcome {
        /// Process id of who holds the folder.
        pid: u32,
    },
    /// It may not.
    Refused {
        /// Why.
        message: String,
        /// What to do.
        hint: String,
    },
    /// A command to run.
    Run(Request),
    /// Its turn has not come.
    Waiting {
        /// Jobs before it.
        ahead: usize,
        /// The one that runs.
        command: String,
        /// Since when.
        since: DateTime<Utc>,
    },
    /// It ended.
    Ended {
        /// Exit code.
        code: u8,
    },
    /// It is to end early.
    Cancel,
    /// How do things stand?
    Ask,
    /// So.
    Standing(Standing),
}

/// A command line, and from where and how it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Arguments as bytes, the program's name first.
    argv: Vec<Vec<u8>>,
    /// Working folder.
    folder: Vec<u8>,
    /// Words in Chinese instead of English.
    pub chinese: bool,
    /// Only results and errors.
    pub quiet: bool,
    /// Colours on stderr.
    pub colour: bool,
    /// `INFLOW__..` variables.
    pub overrides: Vec<(String, String)>,
}

impl Request {
    /// Of this process.
    pub fn new(argv: impl IntoIterator<Item = OsString>, folder: &Path, printer: &crate::output::Printer) -> Self {
        Self {
            argv: argv.into_iter().map(OsString::into_vec).collect(),
            folder: folder.as_os_str().as_bytes().to_vec(),
            chinese: printer.lang == inflow_config::Lang::Zh,
            quiet: printer.quiet,
            colour: printer.colour,
            overrides: inflow_config::process_env().into_iter().filter(|(name, _)| name.starts_with("INFLOW__")).collect(),
        }
    }

    /// The arguments.
    pub fn argv(&self) -> Vec<OsString> {
        self.argv.iter().cloned().map(OsString::from_vec).collect()
    }

    /// The working folder.
    pub fn folder(&self) -> PathBuf {
        OsString::from_vec(self.folder.clone()).into()
    }
}

/// How things stand in the process that holds the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Process id.
    pub pid: u32,
    /// Since when it runs.
    pub since: DateTime<Utc>,
    /// Whether it pulls on schedule.
    pub schedules: bool,
    /// Connections on schedule or watched.
    pub connections: Vec<Planned>,
    /// Jobs: the first one runs, the others wait.
    pub jobs: Vec<String>,
}

/// A connection on schedule or watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// Connection.
    pub name: String,
    /// When it is pulled next.
    pub next: Option<DateTime<Utc>>,
    /// Since when it is being pulled.
    pub pulling_since: Option<DateTime<Utc>>,
    /// Due times left out since the start.
    pub skipped: u64,
    /// Whether its folder is watched.
    pub watched: bool,
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// Something said.
    Message(Message),
    /// Something printed.
    Piece(Piece),
}

/// One end of a connection.
pub struct Line(Framed<UnixStream, LengthDelimitedCodec>);

impl Line {
    /// Over a socket.
    pub fn new(stream: UnixStream) -> Self {
        Self(LengthDelimitedCodec::builder().max_frame_length(LONGEST).new_framed(stream))
    }

    /// Says something.
    pub async fn say(&mut self, message: &Message) -> io::Result<()> {
        self.0.send(Bytes::from(serde_json::to_vec(message)?)).await
    }

    /// Passes on what was printed.
    pub async fn print(&mut self, piece: &Piece) -> io::Result<()> {
        let (kind, bytes) = match piece {
            Piece::Result(bytes) => (b'1', bytes),
            Piece::Words(bytes) => (b'2', bytes),
        };
        for part in bytes.chunks(PIECE) {
            let mut frame = BytesMut::with_capacity(1 + part.len());
            frame.put_u8(kind);
            frame.put_slice(part);
            self.0.send(frame.freeze()).await?;
        }
        Ok(())
    }

    /// The next frame; `None` when the other end is gone. May be dropped and called again.
    pub async fn hear(&mut self) -> io::Result<Option<Frame>> {
        self.0.next().await.map(|frame| read(&frame?.freeze())).transpose()
    }
}

fn read(frame: &Bytes) -> io::Result<Frame> {
    Ok(match frame.split_first() {
        Some((b'1', bytes)) => Frame::Piece(Piece::Result(bytes.to_vec())),
        Some((b'2', bytes)) => Frame::Piece(Piece::Words(bytes.to_vec())),
        _ => Frame::Message(serde_json::from_slice(frame)?),
    })
}

/// A path under which the system takes an address in this folder; longer ones go through the open folder. The file must
/// live until the address was used.
pub fn address(folder: &Path, name: &str) -> io::Result<(PathBuf, Option<File>)> {
    let path = folder.join(name);
    if path.as_os_str().len() <= LONGEST_ADDRESS {
        return Ok((path, None));
    }
    let open = File::open(folder)?;
    Ok((PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd())).join(name), Some(open)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_arrive_as_they_were_sent() {
        let (one, two) = UnixStream::pair().unwrap();
        let (mut one, mut two) = (Line::new(one), Line::new(two));
        let long = Piece::Result(vec![b'{'; PIECE + 1]);
        let sending = async {
            one.say(&Message::Ended { code: 3 }).await.unwrap();
            one.print(&Piece::Words("警告\n".as_bytes().to_vec())).await.unwrap();
            one.print(&long).await.unwrap();
            drop(one);
        };
        let hearing = async {
            let mut heard = Vec::new();
            while let Some(frame) = two.hear().await.unwrap() {
                heard.push(frame);
            }
            heard
        };
        let ((), heard) = tokio::join!(sending, hearing);
        assert_eq!(heard.len(), 4);
        assert_eq!(heard[0], Frame::Message(Message::Ended { code: 3 }));
        assert_eq!(heard[1], Frame::Piece(Piece::Words("警告\n".as_bytes().to_vec())));
        assert_eq!(heard[3], Frame::Piece(Piece::Result(b"{".to_vec())));
    }

    #[tokio::test]
    async fn noise_is_an_error_and_not_a_message() {
        let (one, two) = UnixStream::pair().unwrap();
        one.try_write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        assert!(Line::new(two).hear().await.is_err());
    }

    #[test]
    fn folders_with_long_names_have_an_address_too() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a".repeat(120));
        std::fs::create_dir(&deep).unwrap();
        let (path, open) = address(&deep, SOCKET).unwrap();
        let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        drop(open);
        assert!(deep.join(SOCKET).exists());
    }
}
