//! People who look at a dashboard: how long does a refresh take when many do?
//!
//! `cargo xtask bench viewers --statements FILE`. Each viewer sends all statements of the file at once, six at a time as a browser does, in the format and packing of
//! Grafana's plugin, and again after a pause; viewers begin spread over the first pause. `$now` in a statement is the second in which it is sent, so that a period that
//! ends now has another text each time. Only an endpoint on this machine is asked.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Client, Url};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Statements of one viewer that are under way at one time.
const AT_ONCE: usize = 6;

struct Options {
    url: Url,
    user: String,
    password: Option<String>,
    statements: Vec<String>,
    viewers: u32,
    every: Duration,
    lasting: Duration,
    /// What 95 of 100 refreshes shall take at most.
    most: Duration,
}

#[derive(Debug, Default)]
struct Seen {
    /// By statement, in its place in the file.
    statements: BTreeMap<usize, Vec<Duration>>,
    refreshes: Vec<Duration>,
    /// By `Cache-Status`.
    answers: BTreeMap<String, usize>,
    bytes: usize,
    failures: BTreeMap<String, usize>,
}

impl Seen {
    fn add(&mut self, other: Seen) {
        for (place, times) in other.statements {
            self.statements.entry(place).or_default().extend(times);
        }
        self.refreshes.extend(other.refreshes);
        self.bytes += other.bytes;
        for (all, one) in [(&mut self.answers, other.answers), (&mut self.failures, other.failures)] {
            for (what, count) in one {
                *all.entry(what).or_default() += count;
            }
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match bench(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench(arguments: &[String]) -> Result<bool, Box<dyn Error>> {
    // Run together with the other benchmarks, there is nothing to ask.
    let Some(options) = options(arguments)? else { return Ok(true) };
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    tokio::runtime::Runtime::new()?.block_on(look(options))
}

fn options(arguments: &[String]) -> Result<Option<Options>, Box<dyn Error>> {
    let given =
        |name: &str| arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1)).map(String::as_str);
    let Some(file) = given("--statements") else { return Ok(None) };
    let seconds = |name: &str, default: f64| -> Result<Duration, Box<dyn Error>> {
        Ok(Duration::try_from_secs_f64(given(name).map_or(Ok(default), str::parse)?)?)
    };
    let url: Url = given("--url").unwrap_or("http://127.0.0.1:8123/").parse()?;
    if !matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")) {
        return Err(format!("{url} is not on this machine").into());
    }
    let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let statements: Vec<String> = text.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()).map(str::to_owned).collect();
    if statements.is_empty() {
        return Err(format!("{file} holds no statement; each ends with a semicolon at the end of its line").into());
    }
    let password = given("--password-file").map(PathBuf::from).map(std::fs::read_to_string).transpose()?;
    Ok(Some(Options {
        url,
        user: given("--user").unwrap_or("reader").to_owned(),
        password: password.map(|text| text.trim().to_owned()),
        statements,
        viewers: given("--viewers").unwrap_or("50").parse()?,
        every: seconds("--every", 10.0)?,
        lasting: seconds("--seconds", 60.0)?,
        most: seconds("--most", 1.0)?,
    }))
}

async fn look(options: Options) -> Result<bool, Box<dyn Error>> {
    let options = Arc::new(options);
    let end = Instant::now() + options.lasting;
    let mut tasks = JoinSet::new();
    for viewer in 0..options.viewers {
        // Each has connections of its own.
        let client = Client::builder().no_proxy().no_gzip().build()?;
        let options = Arc::clone(&options);
        tasks.spawn(async move {
            tokio::time::sleep(options.every * viewer / options.viewers).await;
            let mut seen = Seen::default();
            while Instant::now() < end {
                let begun = Instant::now();
                seen.add(refresh(&client, &options).await);
                seen.refreshes.push(begun.elapsed());
                tokio::time::sleep(options.every.saturating_sub(begun.elapsed())).await;
            }
            seen
        });
    }
    let mut seen = Seen::default();
    while let Some(one) = tasks.join_next().await {
        seen.add(one?);
    }
    Ok(tell(&options, seen))
}

async fn refresh(client: &Client, options: &Arc<Options>) -> Seen {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    for (place, statement) in options.statements.iter().enumerate() {
        let (client, options, turns, statement) = (client.clone(), Arc::clone(options), Arc::clone(&turns), at_now(statement));
        tasks.spawn(async move {
            let _turn = turns.acquire_owned().await;
            let begun = Instant::now();
            let answer = ask(&client, &options, statement).await;
            (place, begun.elapsed(), answer)
        });
    }
    let mut seen = Seen::default();
    while let Some(done) = tasks.join_next().await {
        let Ok((place, took, answer)) = done else { continue };
        seen.statements.entry(place).or_default().push(took);
        match answer {
            Ok((status, bytes)) => {
                *seen.answers.entry(status).or_default() += 1;
                seen.bytes += bytes;
            }
            Err(error) => *seen.failures.entry(format!("statement {}: {error}", place + 1)).or_default() += 1,
        }
    }
    seen
}

#[expect(clippy::disallowed_methods, reason = "what Grafana writes into a statement is the time of day")]
fn at_now(statement: &str) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    statement.replace("$now", &now.as_secs().to_string())
}

/// What the answer says of the cache, and its bytes.
async fn ask(client: &Client, options: &Options, statement: String) -> Result<(String, usize), String> {
    let params = [("default_format", "Native"), ("client_protocol_version", "54460"), ("database", "inflow"), ("max_execution_time", "60")];
    let request = client.post(options.url.clone()).query(&params).basic_auth(&options.user, options.password.as_deref());
    let response = request.header("Accept-Encoding", "gzip").body(statement).send().await.map_err(|error| error.to_string())?;
    let status = response.headers().get("cache-status").and_then(|value| value.to_str().ok()).unwrap_or("no Cache-Status").to_owned();
    let good = response.status().is_success();
    let body = response.bytes().await.map_err(|error| error.to_string())?;
    if good { Ok((status, body.len())) } else { Err(String::from_utf8_lossy(&body).chars().take(200).collect()) }
}

/// The milliseconds within which so many of a hundred were done.
fn within(times: &mut [Duration], hundredths: usize) -> f64 {
    times.sort_unstable();
    let place = (times.len() * hundredths).div_ceil(100).saturating_sub(1);
    times.get(place).copied().unwrap_or_default().as_secs_f64() * 1e3
}

/// Prints what was seen. True when the promise is kept.
fn tell(options: &Options, mut seen: Seen) -> bool {
    println!("{:>9} {:>8} {:>9} {:>9} {:>9}", "", "asked", "p50 ms", "p95 ms", "most ms");
    let line = |name: &str, times: &mut [Duration]| {
        println!("{name:>9} {:>8} {:>9.1} {:>9.1} {:>9.1}", times.len(), within(times, 50), within(times, 95), within(times, 100));
    };
    for (place, times) in &mut seen.statements {
        line(&format!("#{}", place + 1), times);
    }
    let mut all: Vec<Duration> = seen.statements.values().flatten().copied().collect();
    line("all", &mut all);
    line("refresh", &mut seen.refreshes);
    for (status, count) in &seen.answers {
        println!("{count:>9} {status}");
    }
    println!("{:>9.1} MB received", seen.bytes as f64 / 1e6);
    for (failure, count) in &seen.failures {
        println!("{count:>9} failed: {failure}");
    }
    let (p95, most) = (within(&mut seen.refreshes, 95), options.most.as_secs_f64() * 1e3);
    let kept = seen.failures.is_empty() && !seen.refreshes.is_empty() && p95 <= most;
    println!(
        "{} 95 of 100 refreshes of {} viewers every {} s within {p95:.0} ms, promised {most:.0} ms",
        if kept { "ok    " } else { "FAILED" },
        options.viewers,
        options.every.as_secs_f64()
    );
    kept
}
