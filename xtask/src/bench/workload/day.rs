//! One more day on top of a loaded store.
//!
//! The generator makes two years at once, so the deliveries are cut by the time of each line's version: what is older than the
//! last full day is loaded, then what changed on that day comes as files of its own, as a board's next export would.

use super::Workload;
use super::company::{Company, Measured, copy_tree, remove};
use super::deliveries::{Deliveries, files};
use anyhow::{Context, Result, bail};
use chrono::{DateTime, Duration, NaiveDateTime, TimeZone, Utc};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// What the day took, and the load before it.
#[derive(Debug, Serialize)]
pub struct Day {
    /// The load of all that is older, once.
    pub load: Measured,
    /// The day: files to marts, median.
    pub total: Measured,
    /// Lines of the day.
    pub lines: u64,
}

/// The day that is cut off: 2026-02-28 in the zone of the deliveries.
fn the_day() -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let start = Utc.with_ymd_and_hms(2026, 2, 27, 16, 0, 0).single()?;
    Some((start, start + Duration::days(1)))
}

/// Cuts, loads, and times the day.
pub fn measure(asked: &Workload, deliveries: &Deliveries, company: &Company) -> Result<Day> {
    let (before, day) = (deliveries.folder.join("before"), deliveries.folder.join("day"));
    let lines = cut(deliveries, &before, &day)?;
    company.read_from(&before)?;
    remove(&company.data())?;
    let load = company.load()?;
    let loaded = company.data().with_file_name("loaded");
    remove(&loaded)?;
    std::fs::rename(company.data(), &loaded)?;
    company.read_from(&day)?;
    let runs = (0..asked.runs.max(1)).map(|_| {
        remove(&company.data())?;
        copy_tree(&loaded, &company.data())?;
        company.load()
    });
    let runs = runs.collect::<Result<Vec<_>>>()?;
    company.read_from(&deliveries.raw())?;
    for folder in [&loaded, &before, &day] {
        remove(folder)?;
    }
    Ok(Day { load, total: Measured::median(&runs), lines })
}

/// Writes the two parts of every file; returns the number of lines of the day.
fn cut(deliveries: &Deliveries, before: &Path, day: &Path) -> Result<u64> {
    let (start, end) = the_day().context("the day is none")?;
    let keys = version_keys(&crate::root()?.join("tests/workload/connectors"))?;
    for folder in [before, day] {
        remove(folder)?;
        std::fs::create_dir_all(folder)?;
    }
    let mut count = 0;
    for file in deliveries.files()? {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let mut parts = name.split('.');
        let (channel, stream) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let Some(key) = keys.get(&(channel.to_owned(), stream.to_owned())) else { bail!("no spec says how {name} is read") };
        let (mut older, mut newer) = (writer(&before.join(&name))?, writer(&day.join(&name))?);
        for line in BufReader::new(std::fs::File::open(&file)?).lines() {
            let line = line?;
            let at = value(&line, key).and_then(instant).with_context(|| format!("{name}: a line without a time at {key}"))?;
            if at < start {
                writeln!(older, "{line}")?;
            } else if at < end {
                writeln!(newer, "{line}")?;
                count += 1;
            }
        }
        older.flush()?;
        newer.flush()?;
    }
    Ok(count)
}

fn writer(path: &Path) -> Result<BufWriter<std::fs::File>> {
    Ok(BufWriter::new(std::fs::File::create(path).with_context(|| format!("{} cannot be written", path.display()))?))
}

/// By channel and stream the key that holds a line's version, from the specs.
fn version_keys(folder: &Path) -> Result<BTreeMap<(String, String), String>> {
    let mut keys = BTreeMap::new();
    let specs: Vec<PathBuf> = files(folder)?.into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "toml")).collect();
    for file in specs {
        let spec: toml::Table = std::fs::read_to_string(&file)?.parse().with_context(|| format!("{} is no TOML", file.display()))?;
        let text = |table: &toml::Table, key: &str| table.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        let channel = text(&spec, "name").trim_end_matches("_raw").to_owned();
        let streams =
            spec.get("stream").and_then(|streams| streams.as_array()).into_iter().flatten().filter_map(|stream| stream.as_table());
        keys.extend(streams.map(|stream| ((channel.clone(), text(stream, "name")), text(stream, "version"))));
    }
    Ok(keys)
}

/// The scalar behind a key of a line. A quote inside of a text is escaped, so the key is found where it is one.
fn value<'l>(line: &'l str, key: &str) -> Option<&'l str> {
    let (_, rest) = line.split_once(&format!("\"{key}\":"))?;
    match rest.strip_prefix('"') {
        Some(text) => text.split('"').next(),
        None => rest.split([',', '}']).next(),
    }
}

/// Milliseconds, an instant with its offset, or local time in the zone of the deliveries.
fn instant(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(ms) = text.parse::<i64>() {
        return DateTime::from_timestamp_millis(ms);
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.with_timezone(&Utc));
    }
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok()?;
    Some(local.and_utc() - Duration::hours(8))
}

#[cfg(test)]
mod tests {
    use super::{instant, value, version_keys};

    #[test]
    fn times_of_all_forms_are_one_instant() {
        let forms =
            ["1772208000000", "2026-02-28T00:00:00+08:00", "2026-02-27T16:00:00Z", "2026-02-28 00:00:00", "2026-02-27T11:00:00-05:00"];
        let read: Vec<_> = forms.iter().map(|form| instant(form).map(|at| at.timestamp())).collect();
        assert!(read.iter().all(|at| *at == Some(1_772_208_000)), "{read:?}");
        assert_eq!(instant("yesterday"), None);
    }

    #[test]
    fn a_value_is_found_by_its_key_and_not_in_a_text() {
        let line = r#"{"text":"say \"at\":5","at":12,"name":"x","last":{"on":7}}"#;
        assert_eq!(
            (value(line, "at"), value(line, "name"), value(line, "on"), value(line, "no")),
            (Some("12"), Some("x"), Some("7"), None)
        );
    }

    #[test]
    fn every_stream_of_every_channel_has_a_version() {
        let keys = version_keys(&crate::root().unwrap().join("tests/workload/connectors")).unwrap();
        assert_eq!(keys.len(), 48);
        assert!(keys.values().all(|key| !key.is_empty() && !key.contains('.')), "{keys:?}");
    }
}
