//! A process that holds a company's data folder and stays.

use inflow_tests::Company;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// A process that stays, killed at the end of the test if it still runs.
pub struct Holder<'c> {
    company: &'c Company,
    /// The process.
    pub child: Child,
    log: PathBuf,
    patience: Duration,
}

impl<'c> Holder<'c> {
    /// Starts it and waits until it serves.
    pub fn start(company: &'c Company, arguments: &[&str]) -> Self {
        Self::start_with(company, arguments, &[], Duration::from_mins(1))
    }

    /// [`Holder::start`] with variables of the environment, and longer to wait for what takes longer.
    pub fn start_with(company: &'c Company, arguments: &[&str], variables: &[(&str, &str)], patience: Duration) -> Self {
        let log = company.path().join(format!("holder-{}.log", arguments.join("-").replace('/', "-")));
        let out = std::fs::File::create(&log).unwrap();
        let mut command = company.command(arguments);
        command.envs(variables.iter().copied());
        let child = command.stdout(out.try_clone().unwrap()).stderr(out).spawn().unwrap();
        let holder = Self { company, child, log, patience };
        holder.until("it serves", || holder.said().contains("page       http://"));
        holder
    }

    /// All that it printed.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until something is so.
    pub fn until(&self, what: &str, so: impl Fn() -> bool) {
        let begun = Instant::now();
        while !so() {
            assert!(begun.elapsed() < self.patience, "{what}: not within {} s; it said\n{}", self.patience.as_secs(), self.said());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// Ends it with SIGTERM: the exit code, and how long it took.
    pub fn end(mut self) -> (i32, Duration) {
        self.signal("TERM");
        let begun = Instant::now();
        let status = self.child.wait().unwrap();
        (status.code().unwrap_or(-1), begun.elapsed())
    }

    /// Host and port of its page.
    pub fn page(&self) -> String {
        let said = self.said();
        let rest = said.split_once("page       http://").unwrap().1;
        rest.split_once('/').unwrap().0.to_owned()
    }

    /// What its page's port answers to a GET, head and body.
    pub fn get(&self, path: &str) -> String {
        let page = self.page();
        let mut stream = TcpStream::connect(&page).unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {page}\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// The one value of a query.
    pub fn count(&self, sql: &str) -> String {
        self.company.query(sql).trim().to_owned()
    }
}

impl Drop for Holder<'_> {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped_already = self.child.wait();
    }
}

/// Sends a signal, by its short name.
pub fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap().success());
}
