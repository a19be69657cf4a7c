//! A mail server on loopback that speaks as much IMAP as the mailbox connector needs, and misbehaves when told to.

use std::sync::{Arc, Mutex};

use base64::Engine;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// The mailbox of the server.
#[derive(Default)]
pub struct Mailbox {
    pub validity: u32,
    /// Number and bytes of each message.
    pub messages: Vec<(u32, Vec<u8>)>,
    /// Break off in the middle of the answer that carries this message whole.
    pub break_at: Option<u32>,
    /// Answer to the next search with this instead.
    pub refuse_search: bool,
    /// A size to claim instead of the real one.
    pub claimed_size: Option<u32>,
    /// Answer with this line to the first command after signing in.
    pub nonsense: Option<String>,
}

/// A mail server.
pub struct MailServer {
    pub port: u16,
    pub mailbox: Arc<Mutex<Mailbox>>,
    commands: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl MailServer {
    pub async fn start(messages: Vec<(u32, Vec<u8>)>) -> MailServer {
        MailServer::serve(messages, None).await
    }

    pub async fn start_tls(messages: Vec<(u32, Vec<u8>)>, tls: TlsAcceptor) -> MailServer {
        MailServer::serve(messages, Some(tls)).await
    }

    async fn serve(messages: Vec<(u32, Vec<u8>)>, tls: Option<TlsAcceptor>) -> MailServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mailbox = Arc::new(Mutex::new(Mailbox { validity: 7, messages, ..Mailbox::default() }));
        let commands: Arc<Mutex<Vec<String>>> = Arc::default();
        let (shared, seen) = (Arc::clone(&mailbox), Arc::clone(&commands));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, seen, tls) = (Arc::clone(&shared), Arc::clone(&seen), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => talk(stream, shared, seen).await,
                            Err(_) => Some(()),
                        },
                        None => talk(stream, shared, seen).await,
                    }
                });
            }
        });
        MailServer { port, mailbox, commands, task }
    }

    /// Commands since the last call, without tags.
    pub fn commands(&self) -> Vec<String> {
        std::mem::take(&mut *self.commands.lock().unwrap())
    }

    pub fn change(&self, change: impl FnOnce(&mut Mailbox)) {
        change(&mut self.mailbox.lock().unwrap());
    }
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(stream: S, mailbox: Arc<Mutex<Mailbox>>, seen: Arc<Mutex<Vec<String>>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"* OK ready\r\n").await.ok()?;
    stream.flush().await.ok()?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let (tag, command) = line.trim_end().split_once(' ')?;
        seen.lock().unwrap().push(command.to_owned());
        if command.starts_with("AUTHENTICATE") {
            stream.write_all(b"+ \r\n").await.ok()?;
            stream.flush().await.ok()?;
            let mut token = String::new();
            stream.read_line(&mut token).await.ok()?;
            let token = base64::engine::general_purpose::STANDARD.decode(token.trim()).ok()?;
            let good = token == b"user=hr@tea.example\x01auth=Bearer s3cret\x01\x01";
            if !good {
                stream.write_all(b"+ eyJzdGF0dXMiOiI0MDAifQ==\r\n").await.ok()?;
                stream.flush().await.ok()?;
                stream.read_line(&mut String::new()).await.ok()?;
            }
            let answer = if good { format!("{tag} OK in\r\n") } else { format!("{tag} NO refused\r\n") };
            stream.write_all(answer.as_bytes()).await.ok()?;
            stream.flush().await.ok()?;
            continue;
        }
        let (answer, broken) = answer(tag, command, &mut mailbox.lock().unwrap());
        stream.write_all(&answer).await.ok()?;
        stream.flush().await.ok()?;
        if broken || command == "LOGOUT" {
            return Some(());
        }
    }
}

/// The bytes of an answer, and whether the connection breaks after them.
fn answer(tag: &str, command: &str, mailbox: &mut Mailbox) -> (Vec<u8>, bool) {
    let line = |untagged: &str, status: &str| (format!("{untagged}{tag} {status}\r\n").into_bytes(), false);
    if let Some(nonsense) = &mailbox.nonsense
        && command == "CAPABILITY"
    {
        return (format!("{nonsense}\r\n").into_bytes(), false);
    }
    match command {
        "LOGIN \"hr@tea.example\" \"s3cret\"" => line("", "OK in"),
        login if login.starts_with("LOGIN") => line("", "NO [AUTHENTICATIONFAILED] wrong password for hr@tea.example"),
        "CAPABILITY" => line("* CAPABILITY IMAP4rev1 ID AUTH=XOAUTH2\r\n", "OK done"),
        id if id.starts_with("ID (") => line("* ID NIL\r\n", "OK done"),
        "EXAMINE \"INBOX\"" => {
            let untagged = format!("* {} EXISTS\r\n* OK [UIDVALIDITY {}] numbers\r\n", mailbox.messages.len(), mailbox.validity);
            line(&untagged, "OK [READ-ONLY] done")
        }
        examine if examine.starts_with("EXAMINE") => line("", "NO no such mailbox"),
        list if list.starts_with("LIST") => line("* LIST () \"/\" \"INBOX\"\r\n* LIST () \"/\" \"&ZTZO9nux-\"\r\n", "OK done"),
        search if search.starts_with("UID SEARCH") => {
            if mailbox.refuse_search {
                return line("", "NO [UNAVAILABLE] try later");
            }
            let first: u32 = search.strip_prefix("UID SEARCH UID ").and_then(|set| set.strip_suffix(":*")?.parse().ok()).unwrap_or(1);
            // As real servers do, `n:*` always names the last one.
            let last = mailbox.messages.last().map(|(uid, _)| *uid);
            let found = mailbox.messages.iter().map(|(uid, _)| *uid).filter(|uid| *uid >= first || Some(*uid) == last);
            let found: Vec<String> = found.map(|uid| uid.to_string()).collect();
            line(&format!("* SEARCH {}\r\n", found.join(" ")), "OK done")
        }
        fetch if fetch.starts_with("UID FETCH ") => fetched(tag, fetch, mailbox),
        "LOGOUT" => line("* BYE bye\r\n", "OK done"),
        _ => line("", "BAD what?"),
    }
}

fn fetched(tag: &str, command: &str, mailbox: &Mailbox) -> (Vec<u8>, bool) {
    let mut words = command.splitn(4, ' ').skip(2);
    let (set, items) = (words.next().unwrap(), words.next().unwrap());
    let wanted = |uid: u32| {
        set.split(',').any(|run| {
            let (first, last) = run.split_once(':').unwrap_or((run, run));
            (first.parse::<u32>().unwrap()..=last.parse::<u32>().unwrap()).contains(&uid)
        })
    };
    let mut bytes = Vec::new();
    for (number, (uid, message)) in mailbox.messages.iter().enumerate().filter(|(_, (uid, _))| wanted(*uid)) {
        let size = mailbox.claimed_size.unwrap_or(message.len() as u32);
        let head = format!("* {} FETCH (UID {uid} ", number + 1);
        bytes.extend(head.as_bytes());
        if items.contains("BODY.PEEK[HEADER]") {
            let end = message.windows(4).position(|window| window == b"\r\n\r\n").map_or(message.len(), |at| at + 4);
            bytes.extend(format!("INTERNALDATE \" 1-Sep-2026 08:00:00 +0800\" RFC822.SIZE {size} BODY[HEADER] {{{end}}}\r\n").as_bytes());
            bytes.extend(&message[..end]);
        } else {
            let limit = items.split_once("<0.").and_then(|(_, rest)| rest.split_once('>')?.0.parse::<usize>().ok());
            let part = &message[..message.len().min(limit.unwrap_or(usize::MAX))];
            let origin = if limit.is_some() { "<0>" } else { "" };
            bytes.extend(format!("BODY[]{origin} {{{}}}\r\n", part.len()).as_bytes());
            if mailbox.break_at == Some(*uid) {
                bytes.extend(&part[..part.len() / 2]);
                return (bytes, true);
            }
            bytes.extend(part);
        }
        bytes.extend(b")\r\n");
    }
    bytes.extend(format!("{tag} OK done\r\n").as_bytes());
    (bytes, false)
}
