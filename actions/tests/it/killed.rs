//! The ladder on the real engine, over real connections, its process killed (SIGKILL) at a random moment of every simulated day.
//!
//! The process is a child of this binary. It is told what the ATS knows at an instant, makes one pass with the store, the HTTP client and the
//! gateways of the product, and says which tasks are open; what a gateway has taken is known to the gateway alone.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use chrono_tz::Asia::Shanghai;
use inflow_actions::process::{Case, Contacts, Gateways, Runner};
use inflow_actions::send::Outbox;
use inflow_config::FixedClock;
use inflow_store::{StepKind, StepRow, StepState, Store, StoreOptions};
use serde::{Deserialize, Serialize};

use crate::interviews::{Candidate, Chance, DAYS, World, config, first, keys};

const FOLDER: &str = "INFLOW_LADDER_FOLDER";
const EVERY: TimeDelta = TimeDelta::hours(1);

/// What the ATS knows of a candidate by now: when the invitation was sent, opened and taken.
#[derive(Serialize, Deserialize)]
struct Known {
    number: usize,
    sent: DateTime<Utc>,
    opened: Option<DateTime<Utc>>,
    taken: Option<DateTime<Utc>>,
}

/// What the child is told.
#[derive(Serialize, Deserialize)]
struct Told {
    now: DateTime<Utc>,
    cases: Vec<Known>,
    /// Keys of tasks that HR has done.
    done: Vec<String>,
}

/// What it answers: everything that is remembered and waits; after the last pass, everything.
#[derive(Serialize, Deserialize)]
struct Answer {
    rows: Vec<StepRow>,
}

/// An ATS that knows everybody, a group, and a gateway that knows a key again and fails three calls of ten, before it has taken the message or after.
#[derive(Default)]
struct Outside {
    calls: usize,
    keys: std::collections::HashSet<String>,
    /// Phones that a message has come to, since somebody looked.
    new: Vec<String>,
    /// What the group was told.
    told: Vec<String>,
}

fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, String, String)> {
    let (mut first, mut key, mut length) = (String::new(), String::new(), 0);
    stream.read_line(&mut first).ok().filter(|&read| read > 0)?;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        match line.trim().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().ok()?,
            Some((name, value)) if name.eq_ignore_ascii_case("idempotency-key") => value.clone_into(&mut key),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((first, key, String::from_utf8(body).ok()?))
}

fn answer(outside: &Mutex<Outside>, chance: &Mutex<Chance>, first: &str, key: String, body: String) -> (u16, String) {
    if let Some(rest) = first.strip_prefix("GET /contacts/a") {
        let number: usize = rest.split(' ').next().unwrap().parse().unwrap();
        return (200, format!(r#"{{"phone": "199{number:08}", "name": "测试{number}"}}"#));
    }
    let mut outside = outside.lock().unwrap();
    let (fails, before) = {
        let mut chance = chance.lock().unwrap();
        (chance.next() < 0.3, chance.next() < 0.5)
    };
    outside.calls += 1;
    if fails && before {
        return (503, "{}".to_owned());
    }
    if first.starts_with("POST /send") {
        let phone = serde_json::from_str::<serde_json::Value>(&body).unwrap()["to"].as_str().unwrap().to_owned();
        if outside.keys.insert(key) {
            outside.new.push(phone);
        }
    } else {
        outside.told.push(body);
    }
    (if fails { 504 } else { 200 }, r#"{"errcode": 0, "errmsg": "ok"}"#.to_owned())
}

fn outside() -> (u16, Arc<Mutex<Outside>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let outside = Arc::new(Mutex::new(Outside::default()));
    let (own, chance) = (Arc::clone(&outside), Arc::new(Mutex::new(Chance(77))));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (outside, chance) = (Arc::clone(&own), Arc::clone(&chance));
            std::thread::spawn(move || {
                let mut stream = BufReader::new(stream.unwrap());
                // Whoever is killed hangs up in the middle.
                while let Some((first, key, body)) = request(&mut stream) {
                    let (status, text) = answer(&outside, &chance, &first, key, body);
                    let head =
                        format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{text}", text.len());
                    if stream.get_mut().write_all(head.as_bytes()).is_err() {
                        break;
                    }
                }
            });
        }
    });
    (port, outside)
}

/// The process that leads the cases.
struct Leader {
    child: Child,
    into: ChildStdin,
    out: BufReader<ChildStdout>,
}

impl Leader {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "killed::child_leads", "--ignored", "--nocapture", "--test-threads=1"]).env(FOLDER, folder);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        Self { into: child.stdin.take().unwrap(), out: BufReader::new(child.stdout.take().unwrap()), child }
    }

    fn tell(&mut self, told: &Told) {
        writeln!(self.into, "{}", serde_json::to_string(told).unwrap()).unwrap();
    }

    fn heard(&mut self) -> Answer {
        loop {
            let mut line = String::new();
            assert!(self.out.read_line(&mut line).unwrap() > 0, "the child ended by itself");
            // The first answer of a child stands behind the name of its test.
            if let Some((_, answer)) = line.split_once("answer ") {
                return serde_json::from_str(answer).unwrap();
            }
        }
    }

    fn kill(mut self) {
        // SIGKILL: nothing of the process runs on.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
#[ignore = "run by another test"]
fn child_leads() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).expect("run by another test"));
    let address = std::fs::read_to_string(folder.join("address")).unwrap();
    let config = config(&folder, &format!("{address}/contacts"), &format!("{address}/send"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(StoreOptions::new(folder.join("data"))).await.unwrap();
        let outbox = Outbox::new(&config, Arc::new(FixedClock(first()))).unwrap();
        let keys = keys();
        for line in std::io::stdin().lines() {
            let told: Told = serde_json::from_str(&line.unwrap()).unwrap();
            let cases: Vec<Case> = told
                .cases
                .iter()
                .map(|&Known { number, sent, opened, taken }| {
                    let mut candidate = Candidate::new(sent, &mut Chance(0));
                    (candidate.opened, candidate.taken) = (opened, taken);
                    candidate.case(number, told.now)
                })
                .collect();
            let waiting = store.steps(told.now - TimeDelta::days(1)).await.unwrap();
            let done = waiting.into_iter().filter(|row| told.done.contains(&row.key) && row.state == StepState::Open);
            let done: Vec<StepRow> = done.map(|row| StepRow { state: StepState::Done, last_at: told.now, ..row }).collect();
            store.note_steps(&done).await.unwrap();
            let (contacts, ways) = (Contacts::new(&outbox), Gateways::new(&outbox));
            let runner = Runner { memory: &store, contacts: &contacts, ways: &ways, config: &config, keys: &keys };
            runner.pass(&cases, told.now).await.unwrap();
            let mut rows = store.steps(if told.now < first() + TimeDelta::days(DAYS + 8) { told.now } else { first() }).await.unwrap();
            rows.retain(|row| row.kind != StepKind::Known);
            println!("answer {}", serde_json::to_string(&Answer { rows }).unwrap());
        }
        store.shutdown().await;
    });
}

/// Ninety days, three calls of ten failing, one SIGKILL on every day: the no-shows fall as the truth of this world says, and everybody gets exactly
/// the steps that are due.
#[test]
fn killed_on_every_day_the_ladder_does_each_step_once() {
    let folder = tempfile::tempdir().unwrap();
    let (port, outside) = outside();
    std::fs::write(folder.path().join("address"), format!("http://127.0.0.1:{port}")).unwrap();
    std::fs::write(folder.path().join("hook"), format!("http://127.0.0.1:{port}/hook?key=k3y-of-the-group\n")).unwrap();
    let mut world = World::new();
    let mut chance = Chance(5);
    let mut leader = Leader::start(folder.path());
    let mut rows;
    let (mut now, end) = (first(), first() + TimeDelta::days(DAYS + 8));
    let (mut done, mut kills, mut under_way) = (Vec::new(), 0, 0);
    let (mut crash, mut usual) = (0, Duration::from_millis(300));
    loop {
        let hour = now.with_timezone(&Shanghai).hour();
        if hour == 0 {
            // One of the passes at which messages leave.
            crash = 9 + (chance.next() * 10.0) as u32;
        }
        let cases = world.recent(now).map(|(number, own)| {
            let case = own.case(number, now);
            Known { number, sent: own.sent, opened: case.invitations[0].opened_at, taken: case.invitations[0].taken_at }
        });
        let told = Told { now, cases: cases.collect(), done: done.clone() };
        let calls = outside.lock().unwrap().calls;
        let asked = Instant::now();
        leader.tell(&told);
        if hour == crash && now < first() + TimeDelta::days(DAYS) {
            std::thread::sleep(usual.mul_f64(1.2 * chance.next()));
            leader.kill();
            under_way += usize::from(outside.lock().unwrap().calls > calls);
            kills += 1;
            leader = Leader::start(folder.path());
        } else {
            let answer = leader.heard();
            // How long a pass takes in which something leaves, so that it is killed on its way.
            if !outside.lock().unwrap().new.is_empty() {
                usual = usual.mul_f64(0.7) + asked.elapsed().mul_f64(0.3);
            }
            rows = answer.rows;
            // HR calls in working hours, an hour after a task has appeared, and says so at the next pass.
            done.retain(|key| rows.iter().any(|row| row.key == *key && row.state == StepState::Open));
            for task in rows.iter().filter(|row| row.kind == StepKind::Task && row.state == StepState::Open) {
                if !done.contains(&task.key) && (9..18).contains(&hour) && task.first_at + TimeDelta::hours(1) <= now {
                    world.call(&task.application, now);
                    done.push(task.key.clone());
                }
            }
            if now >= end {
                break;
            }
        }
        for phone in std::mem::take(&mut outside.lock().unwrap().new) {
            world.remind(&phone, now);
        }
        // At night nothing leaves.
        now += if hour == 20 {
            TimeDelta::hours(4)
        } else if hour == 0 {
            TimeDelta::hours(9)
        } else {
            EVERY
        };
    }
    leader.kill();
    world.judge(&rows, EVERY);
    let outside = outside.lock().unwrap();
    assert_eq!(kills, DAYS, "a kill a day");
    assert!(under_way >= 9, "{under_way} of {kills} while messages were leaving");
    let sent: usize = world.reminded.values().map(Vec::len).sum();
    let tasks = rows.iter().filter(|row| row.kind == StepKind::Task).count();
    assert!(outside.told.len() * 100 >= tasks * 95, "{} of {tasks} before it was done", outside.told.len());
    assert!(outside.calls * 10 >= (sent + outside.told.len()) * 11, "{} calls", outside.calls);
    assert!(outside.told.iter().all(|body| !body.contains("19900") && !body.contains("测试")), "a group is told of no name and no number");
}
