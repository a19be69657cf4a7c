//! House rules that neither rustc nor clippy knows. Each finding names file and line.

use anyhow::{Context, Result, bail};
use cargo_metadata::{DependencyKind, MetadataCommand};
use std::path::Path;
use std::process::Command;

/// Data-flow order: a crate may use those before it, never those after it.
const ORDER: &[&str] = &[
    "inflow-config",
    "inflow-store",
    "inflow-connectors",
    "inflow-pipeline",
    "inflow-statistics",
    "inflow-ledger",
    "inflow-analytics",
    "inflow-actions",
    "inflow-dashboards",
    "inflow-simulator",
    "inflow",
    "inflow-tests",
    "xtask",
];

/// (crate, dependency it must not have, why)
const FORBIDDEN: &[(&str, &str, &str)] = &[
    ("inflow-connectors", "clickhouse", "only store talks to a database"),
    ("inflow-pipeline", "clickhouse", "only store talks to a database"),
    ("inflow-analytics", "clickhouse", "only store talks to a database"),
    ("inflow-analytics", "reqwest", "analytics does no input or output but the store's"),
    ("inflow-actions", "clickhouse", "only store talks to a database"),
    ("inflow-dashboards", "clickhouse", "only store talks to a database"),
    ("inflow-dashboards", "reqwest", "messages leave by inflow-actions, boards are asked by connectors"),
    ("inflow-statistics", "inflow-store", "statistics are numbers in, numbers out"),
    ("inflow-ledger", "inflow-store", "the ledger is lines in, lines out"),
    ("inflow-statistics", "chrono", "statistics know no calendar; who calls them does"),
    ("inflow-pipeline", "reqwest", "outbound HTTP to boards goes through connectors"),
    ("inflow", "clickhouse", "only store talks to a database"),
];

/// The one file where `unsafe` is allowed.
const UNSAFE_ROOM: &str = "store/src/ffi.rs";

/// Longest file, in lines, before it wants another room.
const LONGEST: usize = 600;

pub fn run(root: &Path) -> Result<()> {
    let mut findings = graph(root)?;
    for file in tracked(root)? {
        let path = root.join(&file);
        if let Ok(text) = std::fs::read_to_string(&path) {
            files(&file, &text, &mut findings);
        }
    }
    if findings.is_empty() {
        return Ok(());
    }
    bail!("house rules:\n  {}", findings.join("\n  "))
}

fn graph(root: &Path) -> Result<Vec<String>> {
    let metadata = MetadataCommand::new().manifest_path(root.join("Cargo.toml")).exec().context("cargo metadata failed")?;
    let mut findings = Vec::new();
    for package in metadata.workspace_packages() {
        let place = |name: &str| ORDER.iter().position(|known| *known == name);
        let Some(own) = place(&package.name) else {
            findings.push(format!("crate {} has no place in the data-flow order (xtask/src/lint.rs)", package.name));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal) {
            if place(&dependency.name).is_some_and(|other| other >= own) {
                findings.push(format!(
                    "{} must not use {}: dependencies follow the data flow, one direction only",
                    package.name, dependency.name
                ));
            }
            for (from, to, why) in FORBIDDEN {
                if *from == package.name.as_str() && *to == dependency.name {
                    findings.push(format!("{from} must not use {to}: {why}"));
                }
            }
        }
    }
    Ok(findings)
}

fn tracked(root: &Path) -> Result<Vec<String>> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output().context("git ls-files failed")?;
    Ok(String::from_utf8_lossy(&listed.stdout).split('\0').filter(|f| !f.is_empty()).map(str::to_owned).collect())
}

fn files(file: &str, text: &str, findings: &mut Vec<String>) {
    if Path::new(file).extension().is_none_or(|e| e != "rs") {
        return;
    }
    let lines = text.lines().count();
    if lines > LONGEST {
        findings.push(format!("{file}: {lines} lines; a file is read in one sitting (at most {LONGEST})"));
    }
    if ["util.rs", "utils.rs", "common.rs", "helpers.rs"].iter().any(|name| file.ends_with(&format!("/{name}"))) {
        findings.push(format!("{file}: name a module by what it is about"));
    }
    for (at, line) in text.lines().enumerate() {
        let at = at + 1;
        let code = line.split("//").next().unwrap_or("");
        if code.contains("unsafe_code") && file != UNSAFE_ROOM && !file.starts_with("xtask/") {
            findings.push(format!("{file}:{at}: unsafe lives in {UNSAFE_ROOM} only"));
        }
        if code.contains("#[allow(") && !file.starts_with("xtask/") {
            findings.push(format!("{file}:{at}: use #[expect(.., reason = \"..\")]"));
        }
        // The parts of a test that runs itself again as child processes are no tests of their own.
        let is_part = code.contains("run by another test");
        if code.contains("#[ignore") && !is_part && !file.starts_with("xtask/") {
            findings.push(format!("{file}:{at}: an ignored test tests nothing"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::files;

    #[test]
    fn the_rules_find_what_they_forbid() {
        let mut findings = Vec::new();
        files("store/src/util.rs", "#[ignore]\nfn a() {}\n", &mut findings);
        assert_eq!(findings.len(), 2, "{findings:?}");
        findings.clear();
        files("store/src/ffi.rs", "#![expect(unsafe_code, reason = \"ffi\")]\n", &mut findings);
        assert!(findings.is_empty());
    }
}
