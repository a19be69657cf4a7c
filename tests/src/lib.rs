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
    #[expect(
        clippy::panic,
        clippy::return_self_not_must_use,
        clippy::use_self,
        reason = "a failed command ends the test; its answer is often of no interest"
    )]
    pub fn ok(self) -> Answer {
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

    /// The canonical export: every derived table and mart, sorted, without lineage. One statement, since each process takes a second to open the store.
    pub fn canonical_export_of(&self, config: &str, data: &str) -> String {
        let tables = DERIVED.iter().enumerate().map(|(place, (table, except))| {
            let columns = if except.is_empty() { String::new() } else { format!(" EXCEPT ({except})") };
            format!(
                "SELECT {} AS place, '== {table}' AS line UNION ALL SELECT {}, formatRowNoNewline('TSV', *{columns}) FROM inflow.{table}",
                2 * place,
                2 * place + 1
            )
        });
        let all = tables.collect::<Vec<_>>().join(" UNION ALL ");
        let sql = format!("SELECT line FROM ({all}) ORDER BY place, line");
        self.run(&["query", &sql, "--format", "TSVRaw", "--config", config, "--data-dir", data]).ok().out
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
    ("posting_events", "segment, fetched_at"),
    ("applications", "segment, fetched_at"),
    ("stage_events", "segment, fetched_at"),
    ("candidates", "segment, fetched_at"),
    ("spend", "segment, fetched_at"),
    ("bank_lines", "segment, fetched_at"),
    ("invoices", "segment, fetched_at"),
    ("requisitions", "segment, fetched_at"),
    ("channel_daily", "segment, fetched_at"),
    ("employment", "segment, fetched_at"),
    ("assessments", "segment, fetched_at"),
    ("invitations", "segment, fetched_at"),
    ("candidate_links", "version"),
    ("posting_clusters", ""),
    ("application_links", ""),
    ("application_conflicts", ""),
    ("channels", ""),
    ("fx_rates", ""),
    ("posting_jobs", ""),
    ("requisition_jobs", ""),
    ("application_stages", ""),
    ("published_postings", ""),
    ("delivered_kinds", ""),
    ("posting_spans", ""),
    ("case_rows", ""),
    ("assessed", ""),
    ("hires", ""),
    ("posting_quarters", ""),
    ("spend_days", ""),
    ("cost_sums", ""),
    ("journal_sums", ""),
    ("bank_matches", ""),
    ("invoice_matches", ""),
    ("later_costs", "generation"),
    ("owed", ""),
    ("persona_words", ""),
    ("application_tags", ""),
    ("application_personas", ""),
    ("forecasts", ""),
    ("channel_drops", ""),
    ("thresholds", ""),
    ("budget_moves", "made_as_of"),
    ("posting_times", "made_as_of"),
    ("recommendations", "fitted_at"),
    ("recommendation_model", "fitted_at"),
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
    // Asked at run time: clones that share a target folder share this binary too.
    let beside = || std::env::var_os("CARGO_MANIFEST_DIR").map(|own| PathBuf::from(own).join("../../shared/payloads"));
    let folder = std::env::var_os("INFLOW_PAYLOADS").map(PathBuf::from).or_else(beside)?;
    folder.is_dir().then_some(folder)
}

/// All lines of all landing segments of a data folder, unpacked.
///
/// # Panics
/// When a segment cannot be unpacked.
#[expect(clippy::expect_used, reason = "a damaged segment ends the test")]
pub fn landing_text(data_dir: &Path) -> String {
    let mut text = String::new();
    let mut folders = vec![data_dir.join("landing")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the landing folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "zst") {
                let bytes = zstd::decode_all(std::fs::File::open(&path).expect("a segment")).expect("a whole segment");
                text.push_str(&String::from_utf8_lossy(&bytes));
            }
        }
    }
    text
}

/// The organic rows of a recorded 51job search page as a csv file.
///
/// # Panics
/// When the payload is not what it was.
#[expect(clippy::expect_used, reason = "without the payload there is nothing to test")]
pub fn job51_csv(payload: &Path) -> Vec<u8> {
    let columns = ["jobid", "job_name", "company_name", "workarea_text", "providesalary_text", "issuedate", "job_href"];
    let page: serde_json::Value = serde_json::from_slice(&std::fs::read(payload).expect("the payload")).expect("JSON");
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns).expect("a header");
    for row in page["engine_search_result"].as_array().expect("rows") {
        writer.write_record(columns.map(|column| row[column].as_str().unwrap_or_default().to_owned())).expect("a row");
    }
    writer.into_inner().expect("a file")
}
