//! How well candidates are linked, on rows whose persons are known: pairwise precision, recall and F1 of the code that
//! `inflow run` links with, from text to digests to persons.
//!
//! ```text
//! cargo run --release -p inflow-pipeline --example linking_accuracy -- FILE.tsv [MODEL.toml]
//! ```
//!
//! The file has a header and the columns connection, id, name, phone, email, birth, day, posting, person, divided by tabs; an empty
//! cell tells nothing. The last column is the truth and is only compared. `docs/linking.md` says how such files were made.
#![expect(clippy::print_stdout, reason = "the result is what this program prints")]

use inflow_connectors::identity::{Flag, IdentityKeys, Person, digest_person};
use inflow_pipeline::link::decided::Decided;
use inflow_pipeline::link::model::Model;
use inflow_pipeline::link::persons::persons;
use inflow_pipeline::link::rows::{Days, Kind, Rows};
use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::time::Instant;

/// A row of the file.
struct Row {
    connection: String,
    id: String,
    values: Vec<u64>,
    days: Days,
    person: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("name the file of labelled rows")?;
    let model = match arguments.next() {
        Some(model) => Model::read(&std::fs::read_to_string(model)?)?,
        None => Model::shipped()?,
    };
    let text = std::fs::read_to_string(&path)?;
    let begun = Instant::now();
    let keys = IdentityKeys::from_bytes([1; 32], [2; 32]);
    let mut read: Vec<Row> = text.lines().skip(1).filter_map(|line| read_row(&keys, line)).collect();
    read.sort_by(|a, b| (&a.connection, &a.id).cmp(&(&b.connection, &b.id)));
    let digested = begun.elapsed();
    let mut rows = Rows::new(&std::env::temp_dir());
    let truth: Vec<String> = read.iter().map(|row| row.person.clone()).collect();
    for row in read {
        rows.push(&row.connection, &row.id, 0, row.values, row.days)?;
    }
    let begun = Instant::now();
    let found = persons(&mut rows, &model, &Decided::default())?;
    let linked = begun.elapsed();
    let score = Score::of(&found.person, &truth);
    println!("{path}: {score}; digests {digested:.1?}, links {linked:.1?}");
    Ok(())
}

fn read_row(keys: &IdentityKeys, line: &str) -> Option<Row> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [connection, id, name, phone, email, birth, day, posting, person] = cells.try_into().ok()?;
    let told = |text: &str| if text.is_empty() { Vec::new() } else { vec![text.to_owned()] };
    let told = Person { names: told(name), phones: told(phone), emails: told(email), births: told(birth) };
    let identity = digest_person(keys, &told, "CN");
    let latin = identity.flags.contains(&Flag::LatinName);
    let mut values: Vec<u64> = identity
        .digests
        .iter()
        .filter_map(|digest| {
            let kind = Kind::of(digest.kind.as_str(), latin)?;
            Some(kind.value(u64::from_le_bytes(*digest.value.first_chunk()?)))
        })
        .collect();
    if !posting.is_empty() {
        let hash = blake3::hash(format!("{connection}/{posting}").as_bytes());
        values.push(Kind::Posting.value(u64::from_le_bytes(*hash.as_bytes().first_chunk()?)));
    }
    let day = day.parse::<chrono::NaiveDate>().ok().and_then(|day| u16::try_from(day.to_epoch_days()).ok());
    let days = day.map_or(Days::default(), |day| Days { first: day, last: day });
    Some(Row { connection: connection.to_owned(), id: id.to_owned(), values, days, person: person.to_owned() })
}

/// Pairs of rows: of one person in truth, as found, and both.
struct Score {
    rows: usize,
    truth: u64,
    found: u64,
    both: u64,
    persons: (usize, usize),
}

impl Score {
    fn of(found: &[u32], truth: &[String]) -> Self {
        let mut by_found: HashMap<u32, u64> = HashMap::new();
        let mut by_truth: HashMap<&str, u64> = HashMap::new();
        let mut by_both: BTreeMap<(u32, &str), u64> = BTreeMap::new();
        for (found, truth) in found.iter().zip(truth) {
            *by_found.entry(*found).or_default() += 1;
            *by_truth.entry(truth).or_default() += 1;
            *by_both.entry((*found, truth)).or_default() += 1;
        }
        let persons = (by_found.len(), by_truth.len());
        Self {
            rows: found.len(),
            truth: pairs(by_truth.into_values()),
            found: pairs(by_found.into_values()),
            both: pairs(by_both.into_values()),
            persons,
        }
    }
}

fn pairs(sizes: impl Iterator<Item = u64>) -> u64 {
    sizes.map(|size| size * (size - 1) / 2).sum()
}

#[expect(clippy::cast_precision_loss, reason = "counts of pairs are far below 2^52")]
impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let share = |part: u64, whole: u64| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
        let (precision, recall) = (share(self.both, self.found), share(self.both, self.truth));
        let f1 = if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
        let (found, truth) = self.persons;
        let off = 100.0 * (found as f64 / truth as f64 - 1.0);
        write!(f, "{} rows, P {precision:.4} R {recall:.4} F1 {f1:.4}, {found} persons of {truth} ({off:+.2} %)", self.rows)
    }
}
