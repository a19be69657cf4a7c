//! `cargo xtask bench panels`: every statement of Grafana's dashboards against a store that is served, as Grafana sends them: how long each takes.
//!
//! The files of `dashboards/grafana/en` are read as they stand. The range is the last 90 days up to that of the last application, everything chosen, and
//! hidden variables are asked first. With `--uncached` every text is another one, so that no answer can be a remembered one.

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use super::workload::tell::{say, table};

/// `cargo xtask bench panels`
#[derive(Debug, Args)]
pub struct Panels {
    /// ClickHouse endpoint of `inflow serve` (or a server), as user reader without a password
    #[arg(long, default_value = "http://127.0.0.1:8123", value_name = "URL")]
    url: String,
    /// How often each statement runs
    #[arg(long, default_value_t = 20)]
    runs: usize,
    /// Each time another text, so that no answer comes from a cache
    #[arg(long)]
    uncached: bool,
    /// Zone that days are cut in, or `channel` for each channel's own
    #[arg(long, default_value = "channel", value_name = "ZONE")]
    tz: String,
    /// Days, weeks or months of what is drawn over time
    #[arg(long, default_value = "week", value_name = "GRAIN")]
    grain: String,
    /// Fail when the p95 of a statement is over this
    #[arg(long, default_value_t = 300, value_name = "MS")]
    limit_ms: u64,
}

impl Panels {
    /// Runs all, prints the slowest first.
    ///
    /// # Errors
    /// When a statement fails, or is slower than promised.
    pub fn run(&self, root: &Path) -> Result<()> {
        let host = self.url.strip_prefix("http://").context("--url begins with http://")?.trim_end_matches('/');
        let latest = first(
            host,
            "SELECT toUnixTimestamp(toStartOfDay(max(applied_at), 'UTC')) FROM inflow.applications WHERE applied_at < now() + toIntervalDay(90)",
        )?;
        let to: i64 = latest.parse().with_context(|| format!("{latest} is no instant"))?;
        let mut values = BTreeMap::new();
        for (name, value) in
            [("tz", self.tz.as_str()), ("grain", &self.grain), ("known", "now"), ("channel:singlequote", "''"), ("store:singlequote", "''")]
        {
            values.insert(name.to_owned(), value.to_owned());
        }
        let filled = |sql: &str, values: &BTreeMap<String, String>| {
            let sql = values.iter().fold(sql.to_owned(), |sql, (name, value)| sql.replace(&format!("${{{name}}}"), value));
            sql.replace("$__fromTime", &format!("toDateTime({})", to - 89 * 86400)).replace("$__toTime", &format!("toDateTime({to})"))
        };
        let mut measured: Vec<(Duration, Duration, String)> = Vec::new();
        for (file, board) in boards(root)? {
            for variable in list(&board, "/templating/list").filter(|variable| variable["hide"] == 2) {
                let sql = variable.pointer("/query/rawSql").and_then(Value::as_str).unwrap_or_default();
                let value = first(host, &filled(sql, &values))?;
                values.insert(variable["name"].as_str().unwrap_or_default().to_owned(), value);
            }
            for panel in list(&board, "/panels") {
                let Some(sql) = panel.pointer("/targets/0/rawSql").and_then(Value::as_str) else { continue };
                let name = format!("{file}: {}", panel["title"].as_str().unwrap_or_default());
                let mut times = (0..self.runs.max(1))
                    .map(|run| self.time(host, &filled(sql, &values), run))
                    .collect::<Result<Vec<_>>>()
                    .with_context(|| name.clone())?;
                times.sort_unstable();
                measured.push((nearest_rank(&times, 95), nearest_rank(&times, 50), name));
            }
        }
        measured.sort_by(|a, b| b.cmp(a));
        let ms = |time: Duration| format!("{:.0}", time.as_secs_f64() * 1000.0);
        let rows: Vec<Vec<String>> = measured.iter().map(|(p95, p50, name)| vec![name.clone(), ms(*p50), ms(*p95)]).collect();
        table(&["panel", "p50 ms", "p95 ms"], &rows);
        let limit = Duration::from_millis(self.limit_ms);
        let slow = measured.iter().filter(|(p95, ..)| *p95 > limit).count();
        say(&format!("{} statements, {} runs each; {slow} have a p95 over {} ms", measured.len(), self.runs, self.limit_ms));
        if slow > 0 {
            bail!("{slow} of {} statements are slower than promised", measured.len());
        }
        Ok(())
    }

    fn time(&self, host: &str, sql: &str, run: usize) -> Result<Duration> {
        let sql = if self.uncached { format!("{sql}\n-- {} {run}", std::process::id()) } else { sql.to_owned() };
        let begun = Instant::now();
        answer(host, &sql)?;
        Ok(begun.elapsed())
    }
}

/// The least time that so many of a hundred runs do not exceed.
fn nearest_rank(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// The dashboards by file name, in their order.
fn boards(root: &Path) -> Result<Vec<(String, Value)>> {
    let folder = root.join("dashboards/grafana/en");
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))?.collect::<Result<_, _>>()?;
    files.sort_by_key(std::fs::DirEntry::file_name);
    files
        .iter()
        .map(|file| {
            let text = std::fs::read_to_string(file.path())?;
            let name = file.path().file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            Ok((name, serde_json::from_str(&text)?))
        })
        .collect()
}

fn list<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// The first value of an answer.
fn first(host: &str, sql: &str) -> Result<String> {
    Ok(answer(host, sql)?.split(['\t', '\n']).next().unwrap_or_default().to_owned())
}

/// An answer, read to its end. Version 1.0 of HTTP, whose answers end with the connection.
fn answer(host: &str, sql: &str) -> Result<String> {
    let mut stream = TcpStream::connect(host).with_context(|| format!("nothing answers on {host}: is `inflow serve` running?"))?;
    let head = format!("POST /?user=reader&default_format=TSV HTTP/1.0\r\nHost: {host}\r\nContent-Length: {}\r\n\r\n", sql.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(sql.as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").context("no answer")?;
    if head.split(' ').nth(1) != Some("200") {
        bail!("{}\n{sql}", body.trim());
    }
    Ok(body.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Duration, nearest_rank};

    #[test]
    fn a_percentile_is_a_time_that_was_measured() {
        let times: Vec<Duration> = (1..=20).map(Duration::from_millis).collect();
        assert_eq!((nearest_rank(&times, 50), nearest_rank(&times, 95)), (Duration::from_millis(10), Duration::from_millis(19)));
        assert_eq!(nearest_rank(&times[..1], 95), Duration::from_millis(1));
    }
}
