//! The store and the reports against what the generator knows.

use super::company::Company;
use super::pairs::{Agreement, agreement};
use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Persons may differ by this share: some people's applications have nothing in common.
const PERSONS_WITHIN: f64 = 0.005;

/// Stages as the truth calls them, and as reports do.
const STAGES: [(&str, &str); 4] = [("screen", "screened"), ("interview", "attended"), ("offer", "offered"), ("hire", "onboarded")];

/// What was compared.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// Postings put together.
    pub postings: Agreement,
    /// Applications of one person put together.
    pub candidates: Agreement,
    /// Figures of the reports.
    pub figures: Vec<Figure>,
}

/// One figure over all channels.
#[derive(Debug, Serialize)]
pub struct Figure {
    /// What it counts.
    pub name: String,
    /// Channels compared, or 1 for all together.
    pub compared: usize,
    /// Where it is off most: channel, what was reported, what is true.
    pub worst: Option<(String, f64, f64)>,
    /// Whether all are within what is allowed.
    pub agrees: bool,
}

/// Compares everything.
pub fn check(company: &Company, truth: &Path) -> Result<Checked> {
    let postings = company.query("SELECT connection, source_id, cluster_id FROM inflow.posting_clusters FINAL")?;
    let candidates = company.query(
        "SELECT a.connection, a.source_id, l.person_id FROM inflow.applications AS a FINAL \
         LEFT JOIN inflow.candidate_links AS l ON l.connection = a.connection AND l.source_id = a.candidate_source_id WHERE a.deleted = 0",
    )?;
    Ok(Checked {
        postings: grouped(&postings, &truth.join("posting_cluster_truth.csv"), ("posting_id", "cluster"))?,
        candidates: grouped(&candidates, &truth.join("candidate_truth.csv"), ("application_id", "candidate"))?,
        figures: figures(company, truth)?,
    })
}

/// Lines of connection, id and group against a file of channel, id and true group.
fn grouped(lines: &str, file: &Path, (id, of): (&str, &str)) -> Result<Agreement> {
    let mut made: HashMap<(&str, &str), &str> = HashMap::new();
    for line in lines.lines() {
        let mut cells = line.split('\t');
        if let (Some(connection), Some(id), Some(group)) = (cells.next(), cells.next(), cells.next()) {
            made.insert((connection, id), group);
        }
    }
    let mut reader = csv::Reader::from_path(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let headers = reader.headers()?.clone();
    let column = |name: &str| headers.iter().position(|header| header == name).with_context(|| format!("{} has no {name}", file.display()));
    let (channel, id, of) = (column("channel")?, column(id)?, column(of)?);
    let mut members: Vec<(&str, String)> = Vec::with_capacity(made.len());
    for record in reader.records() {
        let record = record?;
        let cell = |at: usize| record.get(at).unwrap_or_default();
        let Some(group) = made.get(&(cell(channel), cell(id))) else {
            bail!("{} {} of {} is not in the store", cell(channel), cell(id), file.display());
        };
        members.push((group, cell(of).to_owned()));
    }
    if members.len() != made.len() {
        bail!("the store has {} rows and {} has {}", made.len(), file.display(), members.len());
    }
    Ok(agreement(members.iter().map(|(group, of)| (group, of))))
}

/// The channels of a report: what it says of each.
type Channels = BTreeMap<String, f64>;

fn figures(company: &Company, truth: &Path) -> Result<Vec<Figure>> {
    let file = truth.join("expected_metrics.json");
    let expected: Value =
        serde_json::from_str(&std::fs::read_to_string(&file)?).with_context(|| format!("{} is no JSON", file.display()))?;
    let channels = expected["channels"].as_object().context("the truth names no channels")?;
    let of = |key: &str| -> Channels { channels.iter().map(|(name, figures)| (name.clone(), number(&figures[key]))).collect() };

    let volume = company.report("volume", "channel")?;
    let mut figures = vec![
        compare("postings", &column(&volume, "postings"), &of("postings"), |_, _| 0.0),
        compare("applications", &column(&volume, "applications"), &of("applications"), |_, _| 0.0),
    ];
    let conversion = company.report("conversion", "channel")?;
    for (theirs, stage) in STAGES {
        let rows: Vec<Value> =
            conversion.iter().filter(|row| row["from_stage"] == "applied" && row["to_stage"] == stage).cloned().collect();
        figures.push(compare(&format!("reached {stage}"), &column(&rows, "numerator"), &of(theirs), |_, _| 0.0));
    }
    figures.push(compare("rejected", &rejected(company)?, &of("rejected"), |_, _| 0.0));

    let spend = company.report("spend", "channel")?;
    let entries = column(&spend, "entries");
    let foreign = foreign(company)?;
    // The ledger is converted line by line, each rounded to a cent; the truth multiplies the sum.
    let rounding =
        |channel: &str| if foreign.contains_key(channel) { 0.005 * entries.get(channel).copied().unwrap_or_default() } else { 0.0 };
    figures.push(compare("spend", &column(&spend, "amount"), &of("spend_cny"), |channel, _| rounding(channel) + 0.0051));
    let resumes = of("applications");
    let each = |channel: &str, _: f64| 0.0051 + rounding(channel) / resumes.get(channel).copied().unwrap_or(1.0).max(1.0);
    let cost = company.report("cost_per_resume", "channel")?;
    figures.push(compare("cost per resume", &column(&cost, "value"), &of("cost_per_resume_cny"), each));

    figures
        .push(compare("persons by channel", &column(&volume, "candidates"), &of("unique_candidates"), |_, truth| truth * PERSONS_WITHIN));
    let together = company.report("volume", "none")?;
    let all = |value: f64| -> Channels { [("all".to_owned(), value)].into() };
    let (reported, true_persons) =
        (number(&together.first().cloned().unwrap_or_default()["candidates"]), number(&expected["totals"]["candidates"]));
    figures.push(compare("persons", &all(reported), &all(true_persons), |_, truth| truth * PERSONS_WITHIN));
    Ok(figures)
}

/// Compares channel by channel; `allowed` says how far off a channel may be.
fn compare(name: &str, reported: &Channels, truth: &Channels, allowed: impl Fn(&str, f64) -> f64) -> Figure {
    let off = |channel: &String, truth: &f64| (reported.get(channel).copied().unwrap_or(f64::NAN) - truth).abs();
    let within = |(channel, truth): (&String, &f64)| off(channel, truth) <= allowed(channel, *truth) + 1e-9;
    let share = |channel: &String, truth: &f64| off(channel, truth) / truth.abs().max(1e-9);
    let most = truth.iter().filter(|(channel, truth)| off(channel, truth) > 1e-9 || off(channel, truth).is_nan());
    let worst = most.max_by(|a, b| share(a.0, a.1).total_cmp(&share(b.0, b.1)));
    Figure {
        name: name.to_owned(),
        compared: truth.len(),
        worst: worst.map(|(channel, truth)| (channel.clone(), reported.get(channel).copied().unwrap_or(f64::NAN), *truth)),
        agrees: !truth.is_empty() && truth.iter().all(within),
    }
}

/// A column of a report by channel; channels that the truth does not know are left to show as missing there.
fn column(rows: &[Value], name: &str) -> Channels {
    let channel = |row: &Map<String, Value>| row.get("channel").and_then(Value::as_str).map(str::to_owned);
    rows.iter().filter_map(Value::as_object).filter_map(|row| Some((channel(row)?, number(row.get(name)?)))).collect()
}

/// Numbers come as such, or as text where they are money.
fn number(value: &Value) -> f64 {
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).unwrap_or(f64::NAN)
}

fn rejected(company: &Company) -> Result<Channels> {
    by_channel(
        company,
        "SELECT channel, uniqExact(connection, source_id) FROM inflow.application_stages WHERE stage_rank = 101 GROUP BY channel",
    )
}

/// Channels with ledger lines in another currency than the company's.
fn foreign(company: &Company) -> Result<Channels> {
    by_channel(company, "SELECT channel, count() FROM inflow.spend FINAL WHERE deleted = 0 AND currency != 'CNY' GROUP BY channel")
}

fn by_channel(company: &Company, sql: &str) -> Result<Channels> {
    let pair = |line: &str| -> Option<(String, f64)> {
        let (channel, count) = line.split_once('\t')?;
        Some((channel.to_owned(), count.parse().ok()?))
    };
    Ok(company.query(sql)?.lines().filter_map(pair).collect())
}

#[cfg(test)]
mod tests {
    use super::{Channels, column, compare, grouped};
    use serde_json::json;

    fn channels(pairs: &[(&str, f64)]) -> Channels {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
    }

    #[test]
    fn a_channel_that_is_missing_or_off_does_not_agree() {
        let truth = channels(&[("a", 100.0), ("b", 10.0)]);
        let exact = compare("x", &truth, &truth, |_, _| 0.0);
        assert!(exact.agrees && exact.worst.is_none());
        let off = compare("x", &channels(&[("a", 101.0), ("b", 11.0)]), &truth, |_, truth| truth * 0.02);
        assert!(!off.agrees);
        assert_eq!(off.worst, Some(("b".to_owned(), 11.0, 10.0)));
        assert!(compare("x", &channels(&[("a", 101.0), ("b", 10.0)]), &truth, |_, truth| truth * 0.02).agrees);
        assert!(!compare("x", &channels(&[("a", 100.0)]), &truth, |_, _| 5.0).agrees);
        assert!(!compare("x", &channels(&[]), &channels(&[]), |_, _| 5.0).agrees);
    }

    #[test]
    fn money_is_read_from_text() {
        let rows = [json!({"channel": "a", "amount": "12.50"}), json!({"channel": "b", "amount": 3})];
        assert_eq!(column(&rows, "amount"), channels(&[("a", 12.5), ("b", 3.0)]));
    }

    #[test]
    fn groups_are_compared_by_channel_and_id() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "channel,posting_id,cluster,more\na,1,10,x\nb,1,10,x\nb,2,11,x\n").unwrap();
        let read = |lines: &str| grouped(lines, file.path(), ("posting_id", "cluster"));
        let told = read("a\t1\tk\nb\t1\tk\nb\t2\tm\n").unwrap();
        assert!((told.f1 - 1.0).abs() < 1e-9);
        assert!(read("a\t1\tk\nb\t1\tk\n").unwrap_err().to_string().contains("b 2 of"));
        assert!(read("a\t1\tk\nb\t1\tk\nb\t2\tm\nc\t9\tm\n").unwrap_err().to_string().contains("has 4 rows"));
    }
}
