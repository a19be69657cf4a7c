//! What end-to-end tests share: a fresh folder, the real `inflow` command, and what it leaves in the store.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A fresh folder with a configuration and a data folder; removed at the end.
#[derive(Debug)]
pub struct Company {
    folder: tempfile::TempDir,
}

/// What a command answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Exit code.
    pub code: i32,
    /// Results.
    pub out: String,
    /// Words.
    pub err: String,
}

impl Answer {
    /// The answer, when the command ended with exit 0.
    ///
    /// # Panics
    /// When it did not: the test ends there with what the command said.
    #[must_use]
    #[expect(clippy::panic, reason = "a failed command ends the test")]
    pub fn ok(self) -> Self {
        if self.code == 0 { self } else { panic!("exit {}\n--- out\n{}\n--- err\n{}", self.code, self.out, self.err) }
    }
}

impl Company {
    /// An empty folder.
    ///
    /// # Panics
    /// When the machine has no room for one.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without a folder cannot go on")]
    pub fn new() -> Self {
        Self { folder: tempfile::Builder::new().prefix("inflow-test-").tempdir().expect("a temporary folder") }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, making its folders.
    ///
    /// # Panics
    /// When it cannot.
    #[expect(clippy::expect_used, reason = "a test without its files cannot go on")]
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(self.path())).expect("a folder");
        std::fs::write(&path, content).expect("a file");
        path
    }

    /// `inflow` with these arguments in the folder, English, no colours, the identity keys inside the folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .current_dir(self.path())
            .env("LANG", "C.UTF-8")
            .env("NO_COLOR", "1")
            .env("XDG_CONFIG_HOME", self.path().join("home"))
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    /// When the binary cannot be started: build the workspace first (`cargo build --workspace`).
    #[expect(clippy::expect_used, reason = "without the binary there is nothing to test")]
    pub fn run(&self, arguments: &[&str]) -> Answer {
        answer(&self.command(arguments).output().expect("the inflow binary; cargo build --workspace makes it"))
    }

    /// Starts a command in the background.
    ///
    /// # Panics
    /// When the binary cannot be started.
    #[expect(clippy::expect_used, reason = "without the binary there is nothing to test")]
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the inflow binary")
    }

    /// Rows of a read-only query as tab-separated lines.
    pub fn query(&self, sql: &str) -> String {
        self.run(&["query", sql, "--format", "TSV"]).ok().out
    }

    /// The canonical export: every derived table and mart, sorted, without lineage.
    pub fn canonical_export(&self) -> String {
        let mut export = String::new();
        for (table, except) in DERIVED {
            let sql = format!("SELECT * {} FROM inflow.{table} ORDER BY ALL", if except.is_empty() { String::new() } else { format!("EXCEPT ({except})") });
            export.push_str(&format!("== {table}\n"));
            export.push_str(&self.run(&["query", &sql, "--format", "TSVWithNames"]).ok().out);
        }
        export
    }
}

impl Default for Company {
    fn default() -> Self {
        Self::new()
    }
}

/// Derived tables with the lineage columns that the canonical export leaves out.
pub const DERIVED: &[(&str, &str)] = &[
    ("postings", "segment, fetched_at"),
    ("applications", "segment, fetched_at"),
    ("stage_events", "segment, fetched_at"),
    ("candidates", "segment, fetched_at"),
    ("spend", "segment, fetched_at"),
    ("candidate_links", ""),
    ("channels", ""),
    ("fx_rates", ""),
    ("application_stages", ""),
    ("posting_quarters", ""),
    ("spend_days", ""),
];

fn answer(output: &Output) -> Answer {
    Answer {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The `inflow` binary beside the test binary.
fn binary() -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    let target = own.ancestors().find(|folder| folder.join("inflow").is_file()).map(Path::to_owned).unwrap_or_default();
    target.join("inflow")
}

/// The folder of recorded third-party payloads, when this machine has it.
pub fn payloads() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/payloads");
    let folder = std::env::var_os("INFLOW_PAYLOADS").map_or(beside, PathBuf::from);
    folder.is_dir().then_some(folder)
}
