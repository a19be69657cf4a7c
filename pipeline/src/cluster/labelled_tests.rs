//! Real postings that people compared: docs/near-duplicates.tsv has the labels, the recordings have the postings.

use super::compare::compare;
use super::form::{Form, Posting};
use super::tests::clusters;
use crate::normalise::place;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

const LABELS: &str = include_str!("../../../docs/near-duplicates.tsv");

/// The folder of recorded third-party payloads, when this machine has it. Asked at run time: clones that share a target folder
/// share this binary too.
fn payloads() -> Option<PathBuf> {
    let beside = || std::env::var_os("CARGO_MANIFEST_DIR").map(|own| PathBuf::from(own).join("../../shared/payloads"));
    let folder = std::env::var_os("INFLOW_PAYLOADS").map(PathBuf::from).or_else(beside)?;
    folder.is_dir().then_some(folder)
}

fn text(record: &Value, key: &str) -> String {
    match &record[key] {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | "),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// City and country as the pipeline fills them.
fn placed(posting: Posting) -> Posting {
    let read = place::read(&posting.place);
    Posting { city: read.city, country: read.country, ..posting }
}

fn postings(folder: &std::path::Path) -> Vec<Posting> {
    let read = |name: &str| -> Value { serde_json::from_slice(&std::fs::read(folder.join("bench").join(name)).unwrap()).unwrap() };
    let several = read("bsdevda_multi_source_2026.json");
    let uber = read("stapply_uber_2025-12-24.json");
    let of_several = several.as_array().unwrap().iter().map(|record| Posting {
        key: format!("bsdevda/{}", text(record, "job_key")),
        title: text(record, "title"),
        company: text(record, "company"),
        place: text(record, "location"),
        body: text(record, "description"),
        ..Posting::default()
    });
    let of_uber = uber["jobs"].as_array().unwrap().iter().map(|record| Posting {
        key: format!("stapply/{}", text(record, "id")),
        title: text(record, "title"),
        company: "Uber".to_owned(),
        place: text(record, "locations"),
        body: text(record, "description"),
        ..Posting::default()
    });
    of_several.chain(of_uber).map(placed).collect()
}

/// Pairs found and wanted.
#[derive(Default)]
struct Score {
    right: f64,
    found: f64,
    wanted: f64,
}

impl Score {
    fn count(&mut self, wanted: bool, found: bool) {
        let one = |holds: bool| f64::from(u8::from(holds));
        self.right += one(wanted && found);
        self.found += one(found);
        self.wanted += one(wanted);
    }

    fn precision(&self) -> f64 {
        self.right / self.found
    }

    fn recall(&self) -> f64 {
        self.right / self.wanted
    }

    fn f1(&self) -> f64 {
        2.0 * self.right / (self.found + self.wanted)
    }
}

/// Pairs that were labelled first.
const FIRST: usize = 370;

/// Holds what docs/near-duplicates.md says. The goal is 0.95 for pairs as compared.
#[test]
fn labelled_pairs_of_real_postings() {
    let Some(folder) = payloads() else {
        eprintln!("no recorded payloads at hand: set INFLOW_PAYLOADS to compare with the labels");
        return;
    };
    let postings = postings(&folder);
    let clusters = clusters(&postings);
    let forms: BTreeMap<&str, Form> = postings.iter().map(|posting| (posting.key.as_str(), Form::of(posting))).collect();
    let (mut pairs, mut joined) = (Score::default(), Score::default());
    // Of the pairs that were labelled first.
    let (mut first, mut first_joined) = (Score::default(), Score::default());
    for (at, line) in LABELS.lines().skip(2).enumerate() {
        let [a, b, label] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (wanted, found, together) = (label == "same", compare(&forms[a], &forms[b]).same, clusters[a] == clusters[b]);
        pairs.count(wanted, found);
        joined.count(wanted, together);
        if at < FIRST {
            first.count(wanted, found);
            first_joined.count(wanted, together);
        }
        if [found, together] != [wanted; 2] {
            eprintln!("{label}; compared: {found}, in one cluster: {together}: {a} {b}");
        }
    }
    let all = [("compared", &pairs), ("first", &first), ("clusters", &joined), ("first in clusters", &first_joined)];
    for (name, score) in all {
        eprintln!(
            "{name}: {} of one job, precision {:.3}, recall {:.3}, F1 {:.3}",
            score.wanted,
            score.precision(),
            score.recall(),
            score.f1()
        );
    }
    assert!(pairs.f1() > 0.94 && pairs.precision() > 0.96 && joined.precision() > 0.95 && joined.f1() > 0.90);
    assert!(first.f1() > 0.95 && first_joined.precision() > 0.99 && first_joined.f1() > 0.90);
}
