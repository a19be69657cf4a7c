//! The boards' process, from both sides. The engine's side starts this program again with a file of plans; the boards say where
//! they are, note the instant of the start, and leave what they saw in a file.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::boards::Board;
use super::mix::Plan;

/// The argument that makes this program the boards.
pub const BOARDS: &str = "boards";

/// What the boards saw.
#[derive(Debug, Serialize, Deserialize)]
pub struct Log {
    /// The start, in nanoseconds of the boards' clock.
    pub start: u64,
    /// By board, in the order of the plans.
    pub boards: Vec<Seen>,
}

/// What one board saw.
#[derive(Debug, Serialize, Deserialize)]
pub struct Seen {
    /// When requests came, in nanoseconds of the boards' clock, in order.
    pub arrivals: Vec<u64>,
    /// Requests that fit no list of its spec.
    pub strange: Vec<String>,
}

/// The boards, until the words on standard input say that it is over.
pub async fn serve(file: &Path) -> Result<(), Box<dyn Error>> {
    let epoch = Instant::now();
    let plans: Vec<Plan> = serde_json::from_slice(&std::fs::read(file)?)?;
    let mut boards = Vec::new();
    for plan in plans {
        boards.push(Board::open(plan, epoch).await?);
    }
    let urls: Vec<&str> = boards.iter().map(|board| board.url.as_str()).collect();
    tell(&serde_json::to_string(&urls)?)?;
    let start = tokio::task::spawn_blocking(move || -> Result<u64, std::io::Error> {
        let mut words = std::io::stdin().lock().lines();
        words.next().transpose()?;
        let start = u64::try_from(epoch.elapsed().as_nanos()).unwrap_or(u64::MAX);
        tell("started")?;
        words.next().transpose()?;
        Ok(start)
    });
    let start = start.await??;
    let seen = boards.iter().map(|board| Seen { arrivals: board.arrivals(), strange: board.strange() });
    let log = Log { start, boards: seen.collect() };
    std::fs::write(log_file(file), serde_json::to_vec(&log)?)?;
    Ok(())
}

fn tell(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn log_file(plans: &Path) -> PathBuf {
    plans.with_extension("log")
}

/// The boards' process.
pub struct Boards {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    file: PathBuf,
    /// Where each board is, in the order of the plans.
    pub urls: Vec<String>,
}

impl Boards {
    /// Starts it with files in `folder`.
    pub fn open(plans: &[Plan], folder: &Path) -> Result<Boards, Box<dyn Error>> {
        let file = folder.join("boards.json");
        std::fs::write(&file, serde_json::to_vec(plans)?)?;
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg(BOARDS).arg(&file).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let to = child.stdin.take();
        let from = BufReader::new(child.stdout.take().ok_or("the boards have no standard output")?);
        let mut boards = Boards { child, to, from, file, urls: Vec::new() };
        boards.urls = serde_json::from_str(&boards.hear()?)?;
        Ok(boards)
    }

    /// Notes the instant of the start.
    pub fn start(&mut self) -> Result<(), Box<dyn Error>> {
        self.say("start")?;
        self.hear()?;
        Ok(())
    }

    /// Ends it; what the boards saw.
    pub fn end(mut self) -> Result<Log, Box<dyn Error>> {
        self.say("end")?;
        let status = self.child.wait()?;
        if !status.success() {
            return Err(format!("the boards failed ({status})").into());
        }
        Ok(serde_json::from_slice(&std::fs::read(log_file(&self.file))?)?)
    }

    fn say(&mut self, word: &str) -> std::io::Result<()> {
        self.to.as_mut().map_or(Ok(()), |to| writeln!(to, "{word}"))
    }

    fn hear(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        Ok(line)
    }
}

impl Drop for Boards {
    fn drop(&mut self) {
        // Without its standard input it ends by itself.
        self.to.take();
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
