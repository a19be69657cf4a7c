//! The side that asks: has a writing command run where the folder is held, or runs it here.

use super::wire::{Frame, Line, Message, Request, SOCKET, Standing, TOKEN, VERSION, address};
use crate::app::App;
use crate::args::Command;
use crate::commands;
use crate::failure::{Failure, exit};
use std::io;
use std::path::Path;
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep};

/// How long a process that took the folder may be starting before it is taken for one that hangs.
const STARTING: Duration = Duration::from_mins(1);
/// How long it may take from being reachable to taking jobs; one that takes none is refused after that.
const REACHABLE: Duration = Duration::from_secs(2);

/// Runs a command that writes: here, or as a job in the process that holds the folder.
pub async fn write(app: &App, command: &Command) -> Result<u8, Failure> {
    let begun = Instant::now();
    let mut reachable_since = None;
    loop {
        if let Some((line, pid)) = reach(&app.data_dir()).await? {
            return run(app, line, pid).await;
        }
        let failure = match commands::write(app, command).await {
            Err(failure) if failure.held => failure,
            done => return done,
        };
        // Somebody took the folder: a daemon that is starting, which will take jobs, or a command, which will not.
        if reachable_since.is_none() && app.data_dir().join("endpoint.json").exists() {
            reachable_since = Some(Instant::now());
        }
        if begun.elapsed() > STARTING || reachable_since.is_some_and(|since| since.elapsed() > REACHABLE) {
            return Err(failure);
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// How things stand in the process that holds the folder and takes jobs; `None` when there is none.
pub async fn standing(data_dir: &Path) -> Result<Option<Standing>, Failure> {
    let Some((mut line, _)) = reach(data_dir).await? else { return Ok(None) };
    line.say(&Message::Ask).await?;
    match line.hear().await? {
        Some(Frame::Message(Message::Standing(standing))) => Ok(Some(standing)),
        _ => Ok(None),
    }
}

/// A line to the process that holds the folder, and its id.
async fn reach(data_dir: &Path) -> Result<Option<(Line, u32)>, Failure> {
    // A token that is replaced between reading it and saying it is read once more.
    for last in [false, true] {
        let Ok(token) = std::fs::read_to_string(data_dir.join(TOKEN)) else { return Ok(None) };
        let Ok(stream) = connect(data_dir).await else { return Ok(None) };
        let mut line = Line::new(stream);
        if line.say(&Message::Hello { version: VERSION.to_owned(), token }).await.is_err() {
            continue;
        }
        match line.hear().await {
            Ok(Some(Frame::Message(Message::Welcome { pid }))) => return Ok(Some((line, pid))),
            Ok(Some(Frame::Message(Message::Refused { message, hint }))) if last => return Err(Failure::user(message, hint)),
            _ => {}
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(None)
}

async fn connect(data_dir: &Path) -> io::Result<UnixStream> {
    let (path, open) = address(data_dir, SOCKET)?;
    let stream = UnixStream::connect(path).await;
    drop(open);
    stream
}

async fn run(app: &App, mut line: Line, pid: u32) -> Result<u8, Failure> {
    let request = Request::new(std::env::args_os(), &std::env::current_dir()?, &app.printer);
    line.say(&Message::Run(request)).await?;
    let mut asked_to_end = false;
    loop {
        let heard = tokio::select! {
            heard = line.hear() => heard,
            pressed = tokio::signal::ctrl_c() => {
                if asked_to_end || pressed.is_err() {
                    return Ok(exit::STOPPED);
                }
                asked_to_end = true;
                line.say(&Message::Cancel).await?;
                continue;
            }
        };
        match heard {
            Ok(Some(Frame::Piece(piece))) => app.printer.put(piece),
            Ok(Some(Frame::Message(Message::Ended { code }))) => return Ok(code),
            Ok(Some(Frame::Message(Message::Waiting { ahead, command, since }))) => {
                let since = since.format("%H:%M:%S");
                app.printer.note(
                    &format!("waiting for {ahead} jobs in process {pid}; `{command}` runs since {since} UTC"),
                    &format!("进程 {pid} 中前面还有 {ahead} 个任务;{command} 自 {since} UTC 起运行"),
                );
            }
            Ok(Some(Frame::Message(_))) => {}
            Ok(None) | Err(_) => {
                return Err(Failure::user(
                    format!("process {pid}, which ran this command, ended before it was done"),
                    "nothing is half done; run it again",
                ));
            }
        }
    }
}
