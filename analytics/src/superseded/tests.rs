use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use super::*;
use crate::catalogue::catalogue;

fn folder() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("sql")
}

/// The statement, whatever its lines: a hash of what it asks.
fn fingerprint(metric: &Metric) -> String {
    let words = metric.statement().split_whitespace().collect::<Vec<_>>().join(" ");
    blake3::hash(words.as_bytes()).to_hex().as_str().chars().take(32).collect()
}

/// `sql/versions.tsv`: the hash of each version's statement, all that it shares with others included.
type Committed = BTreeMap<(String, u32), String>;

fn committed() -> Committed {
    let text = std::fs::read_to_string(folder().join("versions.tsv")).unwrap();
    let line = |line: &str| {
        let mut cells = line.split('\t');
        let mut next = || cells.next().unwrap_or_else(|| panic!("a short line: {line}")).to_owned();
        ((next(), next().parse().unwrap()), next())
    };
    text.lines().filter(|text| !text.starts_with('#')).map(line).collect()
}

/// What is wrong with the definitions beside what was committed of them.
fn changed(metrics: &[&Metric], committed: &Committed) -> Vec<String> {
    let mut wrong = Vec::new();
    for metric in metrics {
        match committed.get(&(metric.id.to_owned(), metric.version)) {
            None => wrong.push(format!("{} version {} is not in sql/versions.tsv", metric.id, metric.version)),
            Some(hash) if *hash != fingerprint(metric) => wrong.push(format!("{} version {} has another text", metric.id, metric.version)),
            Some(_) => {}
        }
    }
    let known = |id: &str, version: u32| metrics.iter().any(|metric| metric.id == id && metric.version == version);
    wrong.extend(
        committed.keys().filter(|(id, version)| !known(id, *version)).map(|(id, version)| format!("{id} version {version} is gone")),
    );
    wrong
}

fn all() -> Vec<&'static Metric> {
    catalogue().iter().chain(superseded()).collect()
}

/// `INFLOW_SAME_FIGURES=id,..` (or `all`) says of metrics whose text changed that no figure did: their hashes are written anew. `cargo xtask gen` does not.
#[test]
fn a_definition_whose_text_changes_is_a_new_version() {
    let mut known = committed();
    if let Ok(named) = std::env::var("INFLOW_SAME_FIGURES") {
        for metric in all().into_iter().filter(|metric| named == "all" || named.split(',').any(|id| id == metric.id)) {
            known.insert((metric.id.to_owned(), metric.version), fingerprint(metric));
        }
        let mut text = "# metric, version, hash of its statement: see src/superseded.rs\n".to_owned();
        for ((id, version), hash) in &known {
            writeln!(text, "{id}\t{version}\t{hash}").unwrap();
        }
        std::fs::write(folder().join("versions.tsv"), text).unwrap();
    }
    let wrong = changed(&all(), &known);
    assert!(
        wrong.is_empty(),
        "{}: if a figure can change, the definition is a new version (src/superseded.rs says how); if none can, run this test with INFLOW_SAME_FIGURES=<id>",
        wrong.join(", ")
    );
}

#[test]
fn another_text_is_found_and_another_layout_is_none() {
    let known = committed();
    let mut volume = metric("volume").unwrap().clone();
    assert!(changed(&[&volume], &known).iter().all(|wrong| wrong.ends_with("is gone")));
    volume.sql = Box::leak(volume.sql.replace("\n    ", "\n  -- a comment\n        ").into_boxed_str());
    assert!(changed(&[&volume], &known).iter().all(|wrong| wrong.ends_with("is gone")));
    volume.sql = Box::leak(volume.sql.replace("count() AS applications", "count() + 1 AS applications").into_boxed_str());
    assert_eq!(changed(&[&volume], &known)[0], "volume version 1 has another text");
    volume.version = 2;
    assert_eq!(changed(&[&volume], &known)[0], "volume version 2 is not in sql/versions.tsv");
    assert!(changed(&[&volume], &known).contains(&"volume version 1 is gone".to_owned()), "it belongs to sql/superseded");
}

#[test]
fn an_earlier_definition_says_until_when_and_what_changed() {
    for metric in superseded() {
        let place = format!("{} version {}", metric.id, metric.version);
        let until = metric.superseded.as_ref().unwrap_or_else(|| panic!("{place} has no `until`"));
        assert!(until.until.parse::<chrono::NaiveDate>().is_ok(), "{place}: {}", until.until);
        assert!(!until.changed.en.is_empty() && !until.changed.zh.is_empty(), "{place} does not say what changed");
        let current = crate::catalogue::metric(metric.id).unwrap();
        assert!(current.superseded.is_none() && metric.version < current.version, "{place} is not earlier");
    }
    for metric in catalogue() {
        let versions: Vec<u32> = metric.earlier().map(|metric| metric.version).chain([metric.version]).collect();
        assert_eq!(versions, (1..=metric.version).collect::<Vec<_>>(), "{} lacks a version", metric.id);
    }
    let files = std::fs::read_dir(folder().join("superseded")).map(Iterator::count).unwrap_or_default();
    assert_eq!(files, superseded().len(), "every file of sql/superseded is listed");
}
