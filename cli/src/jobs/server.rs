//! The side that holds the folder: lets askers in, runs their commands, streams back what they print.

use super::queue::{Place, Position, Queue};
use super::wire::{Frame, Line, Message, Planned, Request, SOCKET, Standing, TOKEN, VERSION, address};
use crate::app::{App, Job};
use crate::args::Cli;
use crate::commands;
use crate::daemon::{Agenda, Analyst};
use crate::failure::{Failure, exit};
use crate::host::Host;
use crate::output::Printer;
use chrono::{DateTime, Utc};
use clap::Parser;
use inflow_config::{Lang, SharedClock};
use inflow_store::Store;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// Time for an asker's first words.
const HELLO: Duration = Duration::from_secs(5);
/// Askers at one time.
const MOST: usize = 64;

/// What the server works with.
pub struct ServerParts {
    /// The store that is held.
    pub store: Store,
    /// What all in this process share.
    pub host: Arc<Host>,
    /// The clock.
    pub clock: SharedClock,
    /// Told when a job was cut off after it may have landed something.
    pub analyst: Arc<Analyst>,
    /// What is planned.
    pub agenda: Arc<Agenda>,
    /// Whether this process pulls on schedule.
    pub schedules: bool,
    /// Ends jobs and the server.
    pub stop: CancellationToken,
}

/// The server, its socket bound.
pub struct Server {
    parts: Arc<ServerParts>,
    listener: UnixListener,
    folder: PathBuf,
    secret: Arc<str>,
    queue: Queue,
    since: DateTime<Utc>,
}

impl Server {
    /// Makes token and socket. The caller holds the folder, so what is there is left over.
    pub fn bind(parts: ServerParts) -> io::Result<Self> {
        let folder = parts.store.data_dir().to_owned();
        let secret = token()?;
        write_private(&folder.join(TOKEN), &secret)?;
        let listener = bind_private(&folder)?;
        let since = parts.clock.now();
        Ok(Self { parts: Arc::new(parts), listener, folder, secret: secret.into(), queue: Queue::default(), since })
    }

    /// Serves until told to stop; jobs under way are cancelled then and waited for.
    pub async fn serve(self) {
        let mut askers = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = self.parts.stop.cancelled() => break,
                Some(_) = askers.join_next() => continue,
                accepted = self.listener.accept(), if askers.len() < MOST => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    let asker = Asker {
                        parts: Arc::clone(&self.parts),
                        secret: Arc::clone(&self.secret),
                        queue: self.queue.clone(),
                        since: self.since,
                    };
                    askers.spawn(async move {
                        if let Err(error) = asker.serve(stream).await {
                            tracing::debug!(%error, "an asker went away");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "no asker can be let in");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
        // Nobody else comes.
        for name in [SOCKET, TOKEN] {
            let _gone_already = fs::remove_file(self.folder.join(name));
        }
        while askers.join_next().await.is_some() {}
    }
}

/// One asker.
struct Asker {
    parts: Arc<ServerParts>,
    secret: Arc<str>,
    queue: Queue,
    since: DateTime<Utc>,
}

impl Asker {
    async fn serve(self, stream: UnixStream) -> io::Result<()> {
        let peer = stream.peer_cred()?.uid();
        let mut line = Line::new(stream);
        let hello = tokio::time::timeout(HELLO, line.hear()).await.map_err(io::Error::other)??;
        let Some(Frame::Message(Message::Hello { version, token })) = hello else { return Ok(()) };
        if let Some((message, hint)) = refusal(&self.secret, peer, &token, &version) {
            return line.say(&Message::Refused { message, hint }).await;
        }
        line.say(&Message::Welcome { pid: std::process::id() }).await?;
        let asked = tokio::time::timeout(HELLO, line.hear()).await.map_err(io::Error::other)??;
        match asked {
            Some(Frame::Message(Message::Ask)) => line.say(&Message::Standing(self.standing())).await,
            Some(Frame::Message(Message::Run(request))) => self.run(&mut line, &request).await,
            _ => Ok(()),
        }
    }

    fn standing(&self) -> Standing {
        let entries = self.parts.agenda.entries();
        let connections = entries.into_iter().map(|(name, entry)| Planned {
            pulling_since: self.parts.host.gate.pulling_since(&name),
            next: entry.next,
            skipped: entry.skipped,
            watched: entry.watched,
            name,
        });
        Standing {
            pid: std::process::id(),
            since: self.since,
            schedules: self.parts.schedules,
            connections: connections.collect(),
            jobs: self.queue.commands().into_iter().map(str::to_owned).collect(),
        }
    }

    async fn run(&self, line: &mut Line, request: &Request) -> io::Result<()> {
        let (cli, folder) = match parse(request) {
            Ok((cli, folder)) if cli.command.is_job() => (cli, folder),
            // The asker has read it with the same definition.
            _ => return line.say(&Message::Ended { code: exit::OURS }).await,
        };
        let mut place = self.queue.join(cli.command.name(), self.parts.clock.now());
        if !self.turn(line, &mut place).await? {
            return Ok(());
        }
        place.began(self.parts.clock.now());
        let stop = self.parts.stop.child_token();
        let (to, mut printed) = mpsc::unbounded_channel();
        let lang = if request.chinese { Lang::Zh } else { Lang::En };
        let app = App {
            printer: Printer::to_asker(lang, request.quiet, request.colour, to, folder.as_deref()),
            config_file: cli.global.config.clone(),
            data_dir: cli.global.data_dir.clone(),
            stop: stop.clone(),
            job: Some(Arc::new(Job {
                store: self.parts.store.clone(),
                host: Arc::clone(&self.parts.host),
                overrides: request.overrides.clone(),
            })),
        };
        let mut job = self.start(app, cli, place);
        let mut there = true;
        let ended = loop {
            tokio::select! {
                ended = &mut job => break ended,
                Some(piece) = printed.recv() => there = there && line.print(&piece).await.is_ok(),
                heard = line.hear(), if there => match heard {
                    Ok(Some(Frame::Message(Message::Cancel))) => stop.cancel(),
                    Ok(Some(_)) => {}
                    // Who has gone away without a word may have lost its terminal: the job is seen through.
                    Ok(None) | Err(_) => there = false,
                },
            }
        };
        if !there {
            return Ok(());
        }
        while let Ok(piece) = printed.try_recv() {
            line.print(&piece).await?;
        }
        line.say(&Message::Ended { code: ended.unwrap_or(exit::OURS) }).await
    }

    /// Waits for its turn; false when the asker went away or thought better of it.
    async fn turn(&self, line: &mut Line, place: &mut Place) -> io::Result<bool> {
        loop {
            let Position::Behind { ahead, running } = place.position() else { return Ok(true) };
            line.say(&Message::Waiting { ahead, command: running.command.to_owned(), since: running.since }).await?;
            tokio::select! {
                () = place.changed() => {}
                () = self.parts.stop.cancelled() => {
                    line.say(&Message::Ended { code: exit::STOPPED }).await?;
                    return Ok(false);
                }
                heard = line.hear() => match heard? {
                    Some(Frame::Message(Message::Cancel)) => {
                        line.say(&Message::Ended { code: exit::STOPPED }).await?;
                        return Ok(false);
                    }
                    Some(_) => {}
                    None => return Ok(false),
                },
            }
        }
    }

    /// The job in a task of its own: it goes on when its asker does not.
    fn start(&self, app: App, cli: Cli, place: Place) -> JoinHandle<u8> {
        let analyst = Arc::clone(&self.parts.analyst);
        tokio::spawn(async move {
            let outcome = commands::write(&app, &cli.command).await;
            if outcome.is_err() || app.stop.is_cancelled() {
                // It may have landed something before it came to analyse.
                analyst.ask();
            }
            drop(place);
            outcome.unwrap_or_else(|failure: Failure| {
                failure.say(&app.printer);
                failure.code
            })
        })
    }
}

/// Why somebody is not let in. The version is told only to who knows the token.
fn refusal(secret: &str, peer: u32, token: &str, version: &str) -> Option<(String, String)> {
    let same_user = peer == rustix::process::geteuid().as_raw();
    if !(same_user && bool::from(token.as_bytes().ct_eq(secret.as_bytes()))) {
        tracing::warn!(peer, "an asker without the right token was turned away");
        let hint = "run the command as the user whose process holds the data folder";
        return Some(("the process that holds the data folder does not know who asks".to_owned(), hint.to_owned()));
    }
    (version != VERSION).then(|| {
        let message = format!("the data folder is held by inflow {VERSION} (process {}), and this is inflow {version}", std::process::id());
        (message, "use the same version for both: stop the other one and start it again with this program".to_owned())
    })
}

/// The command line, its paths made independent of this process's folder; and the folder to leave out of what is printed,
/// so that messages name files as they were typed.
fn parse(request: &Request) -> Result<(Cli, Option<String>), clap::Error> {
    let mut cli = Cli::try_parse_from(request.argv())?;
    let folder = request.folder();
    if std::env::current_dir().is_ok_and(|own| own == folder) {
        return Ok((cli, None));
    }
    let typed_whole = cli.paths().iter().any(|path| path.is_absolute() && path.starts_with(&folder));
    for path in cli.paths_mut() {
        *path = folder.join(&*path);
    }
    Ok((cli, folder.to_str().filter(|_| !typed_whole).map(str::to_owned)))
}

fn token() -> io::Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(blake3::Hash::from_bytes(bytes).to_hex().to_string())
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension("draft");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&draft)?;
    // A file left over keeps the mode that it has.
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())?;
    fs::rename(&draft, path)
}

/// The socket appears under its name when it is private already.
fn bind_private(folder: &Path) -> io::Result<UnixListener> {
    let draft = format!("{SOCKET}.draft");
    let _none_left_over = fs::remove_file(folder.join(&draft));
    let (path, open) = address(folder, &draft)?;
    let listener = UnixListener::bind(path)?;
    drop(open);
    fs::set_permissions(folder.join(&draft), Permissions::from_mode(0o600))?;
    fs::rename(folder.join(&draft), folder.join(SOCKET))?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_user_with_the_token_and_the_same_version_is_let_in() {
        let me = rustix::process::geteuid().as_raw();
        assert_eq!(refusal("secret", me, "secret", VERSION), None);
        for (peer, token) in [(me + 1, "secret"), (me, "secreT"), (me, ""), (me, "secret ")] {
            let (message, _) = refusal("secret", peer, token, "0.0.1").unwrap();
            assert!(!message.contains(VERSION), "strangers are told nothing: {message}");
        }
        let (message, hint) = refusal("secret", me, "secret", "0.0.1").unwrap();
        assert!(message.contains(&format!("inflow {VERSION}")) && message.ends_with("this is inflow 0.0.1"), "{message}");
        assert!(hint.contains("same version"));
    }

    #[tokio::test]
    async fn socket_and_token_are_for_the_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            write_private(&folder.path().join(TOKEN), &token().unwrap()).unwrap();
            let listener = bind_private(folder.path()).unwrap();
            for name in [TOKEN, SOCKET] {
                let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o600, "{name}");
            }
            UnixStream::connect(folder.path().join(SOCKET)).await.unwrap();
            // What a killed process leaves is in nobody's way.
            drop(listener);
        }
        assert_ne!(token().unwrap(), token().unwrap());
    }

    #[test]
    fn paths_are_of_the_folder_in_which_they_were_typed() {
        let printer = Printer::new(Some(Lang::En), false, true);
        let line = |argv: &[&str], folder: &str| {
            let argv = ["inflow"].iter().chain(argv).map(std::ffi::OsString::from);
            parse(&Request::new(argv, Path::new(folder), &printer)).unwrap()
        };
        let typed = ["import", "spend", "a.csv", "/tmp/b.csv", "--connection", "c"];
        let (cli, folder) = line(&typed, "/home/hr");
        let paths: Vec<String> = cli.paths().iter().map(|path| path.display().to_string()).collect();
        assert_eq!(paths, ["/home/hr/inflow.toml", "/home/hr/a.csv", "/tmp/b.csv"]);
        assert_eq!(folder.as_deref(), Some("/home/hr"), "left out of messages");
        let (_, folder) = line(&typed, "/tmp");
        assert_eq!(folder, None, "somebody who types whole paths reads whole paths");
        let own = std::env::current_dir().unwrap();
        let (cli, folder) = line(&typed, own.to_str().unwrap());
        assert_eq!((cli.paths()[0].display().to_string().as_str(), folder), ("inflow.toml", None));
    }
}
