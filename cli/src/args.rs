//! The command line. Names are fixed by the design; help texts are the reference.

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

mod alerts;
mod brief;
mod close;
mod export;
mod feed;
mod plan;
mod process;
mod token;

pub use alerts::{AlertsAckArgs, AlertsCommand, AlertsSilenceArgs};
pub use brief::{BriefArgs, BriefCommand, MessageCommand, MessageSendArgs};
pub use close::CloseArgs;
pub use export::{ExportCommand, ExportFormat, ExportMonthArgs, ExportVouchersArgs};
pub use feed::{FeedArgs, FeedFormat};
pub use plan::{
    PlanBudgetArgs, PlanBudgetCommand, PlanBy, PlanCommand, PlanDecideArgs, PlanDemandArgs, PlanFormat, PlanRecommendArgs, PlanRepostArgs,
    RepostFormat,
};
pub use process::{DecisionArgs, ListFormat, OptOutArgs, ProcessCommand, ProcessRunArgs, ProcessShowArgs, ScheduleArgs};
pub use token::{TokenAddArgs, TokenCommand, TokenFormat, TokenListArgs};

/// Recruiting-channel analytics: which channel brings people, at what price, at which hour.
#[derive(Debug, Parser)]
#[command(name = "inflow", version, max_term_width = 110, arg_required_else_help = true, disable_help_subcommand = true)]
pub struct Cli {
    /// Options that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Settings file; channels.toml and connections/ are read beside it
    #[arg(long, global = true, value_name = "FILE", default_value = "inflow.toml")]
    pub config: PathBuf,
    /// Folder of landing and store [default: ./inflow-data, for demo ./inflow-demo]
    #[arg(long, global = true, value_name = "D")]
    pub data_dir: Option<PathBuf>,
    /// Language of words for people [default: from the locale]
    #[arg(long, global = true, value_enum)]
    pub lang: Option<LangArg>,
    /// No progress and no notes, only results and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// No colours (the variable NO_COLOR does the same)
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Log lines on stderr
    #[arg(long, global = true, value_enum, default_value = "warn", value_name = "LEVEL")]
    pub log: LogLevel,
    /// Write what each stage took to this file, as JSON
    #[arg(long, global = true, value_name = "FILE")]
    pub timings: Option<PathBuf>,
}

/// Languages for people.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LangArg {
    /// Chinese
    Zh,
    /// English
    En,
}

/// Log levels.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LogLevel {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Pull a simulated company's twelve channels on loopback, print the channel report, serve the page
    Demo(DemoArgs),
    /// Write a commented configuration to start from
    Init(InitArgs),
    /// Check configuration, specs and secrets, and that what messages leave by can be reached; every error at once
    Validate(ValidateArgs),
    /// Pull on schedule, analyse and serve until stopped; with --once, pull every connection and exit
    Run(RunArgs),
    /// Read files into a connection
    Import(ImportArgs),
    /// Recompute marts from what is in the store
    Analyze(AnalyzeArgs),
    /// Print metrics; with no METRIC, the list; a day, week or month for people
    Report(ReportArgs),
    /// Send reports for people: messages.toml says what, when and to whom
    #[command(subcommand)]
    Message(MessageCommand),
    /// What finance takes away: the month-end workbook, vouchers for accounting programs
    #[command(subcommand)]
    Export(ExportCommand),
    /// Recommendations with their reasons
    #[command(subcommand)]
    Plan(PlanCommand),
    /// Lead cases by process.toml: reminders, tasks, gates, proposals that a person confirms
    #[command(subcommand)]
    Process(ProcessCommand),
    /// Alerts: what stands and its likely causes, who sees to it, silence
    #[command(subcommand)]
    Alerts(AlertsCommand),
    /// The next runs of everything on a schedule, and what came of the last
    Schedule(ScheduleArgs),
    /// The company's own openings for job search sites: Indeed's XML, RSS, pages with JSON-LD
    Feed(FeedArgs),
    /// Run ClickHouse SQL, read-only unless --write
    Query(QueryArgs),
    /// Serve the page, the API and the ClickHouse endpoint without pulling
    Serve,
    /// Close a month, so that its figures stay whatever comes later; list, check and reopen closings
    Close(CloseArgs),
    /// Rebuild derived tables from landing
    Replay(ReplayArgs),
    /// Forget a person and print a receipt
    Erase(EraseArgs),
    /// Say why a posting is in its cluster
    #[command(subcommand)]
    Explain(ExplainCommand),
    /// Say what engine, disk, clock, connections and credentials are missing
    Doctor,
    /// Connectors: list, write a new one, check a spec, try a connection
    #[command(subcommand)]
    Connector(ConnectorCommand),
    /// The embedded engine
    #[command(subcommand)]
    Engine(EngineCommand),
    /// Write the dashboards of Grafana, in English and Chinese, with data source and alert rules
    Dashboards(DashboardsArgs),
    /// Tokens of the page and the API: add, list, revoke
    #[command(subcommand)]
    Token(TokenCommand),
    /// Print the JSON Schema of the configuration files, or the OpenAPI description of the API
    Schema {
        /// What to describe
        #[arg(value_enum, default_value = "config")]
        of: SchemaOf,
    },
    /// Print a completion script
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

impl Cli {
    /// Every path that was typed, also the folders that have a default.
    pub fn paths(&self) -> Vec<&PathBuf> {
        let mut paths: Vec<&PathBuf> = [&self.global.config].into_iter().chain(&self.global.data_dir).collect();
        if let Command::Import(args) = &self.command {
            paths.extend(args.files.iter().chain(&args.mapping).chain(&args.suggest_mapping));
        }
        paths
    }

    /// The same, to be changed: a job's are made whole before another process reads them.
    pub fn paths_mut(&mut self) -> Vec<&mut PathBuf> {
        let mut paths: Vec<&mut PathBuf> = [&mut self.global.config].into_iter().chain(&mut self.global.data_dir).collect();
        if let Command::Import(args) = &mut self.command {
            paths.extend(args.files.iter_mut().chain(&mut args.mapping).chain(&mut args.suggest_mapping));
        }
        paths
    }
}

impl Command {
    /// The word it is called by.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Demo(_) => "demo",
            Self::Init(_) => "init",
            Self::Validate(_) => "validate",
            Self::Run(_) => "run",
            Self::Import(_) => "import",
            Self::Analyze(_) => "analyze",
            Self::Report(_) => "report",
            Self::Message(_) => "message",
            Self::Export(_) => "export",
            Self::Plan(_) => "plan",
            Self::Process(_) => "process",
            Self::Alerts(_) => "alerts",
            Self::Schedule(_) => "schedule",
            Self::Feed(_) => "feed",
            Self::Query(_) => "query",
            Self::Serve => "serve",
            Self::Close(_) => "close",
            Self::Replay(_) => "replay",
            Self::Erase(_) => "erase",
            Self::Explain(_) => "explain",
            Self::Doctor => "doctor",
            Self::Connector(_) => "connector",
            Self::Engine(_) => "engine",
            Self::Dashboards(_) => "dashboards",
            Self::Token(_) => "token",
            Self::Schema { .. } => "schema",
            Self::Completions { .. } => "completions",
        }
    }

    /// Whether it writes to the store and then ends: such a command runs in the process that holds the data folder, if
    /// there is one.
    pub fn is_job(&self) -> bool {
        match self {
            Self::Import(args) => args.suggest_mapping.is_empty(),
            Self::Analyze(_) | Self::Replay(_) | Self::Erase(_) => true,
            Self::Run(args) => args.once,
            Self::Query(args) => args.write,
            Self::Close(args) => args.month.is_some(),
            Self::Message(MessageCommand::Send(args)) => !args.dry_run,
            Self::Plan(PlanCommand::Repost(args)) => !args.dry_run,
            Self::Plan(PlanCommand::Budget(args)) => {
                args.keep.is_some() || matches!(args.command, Some(PlanBudgetCommand::Accept(_) | PlanBudgetCommand::Reject(_)))
            }
            Self::Process(command) => !matches!(command, ProcessCommand::Show(_) | ProcessCommand::Run(ProcessRunArgs { dry_run: true })),
            Self::Alerts(command) => !matches!(command, AlertsCommand::List(_)),
            Self::Token(command) => !matches!(command, TokenCommand::List(_)),
            _ => false,
        }
    }
}

/// What `inflow schema` describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// The configuration files (JSON Schema)
    Config,
    /// The API (OpenAPI 3.1)
    Openapi,
}

/// `inflow demo`
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// The simulated company
    #[arg(long, default_value = "seed", value_name = "NAME")]
    pub scenario: String,
    /// Exit after the report instead of serving the page
    #[arg(long)]
    pub once: bool,
}

/// `inflow init`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Which example to write: default, or zh-sme (a recruiting workbook, 招聘台账.xlsx, and what reads it)
    #[arg(long, default_value = "default", value_name = "T")]
    pub template: String,
}

/// `inflow validate`
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// Ask nobody whether gateways, receivers and the mail server can be reached
    #[arg(long)]
    pub offline: bool,
}

/// `inflow run`
#[derive(Debug, Args)]
pub struct RunArgs {
    /// One pass over all connections, then exit
    #[arg(long)]
    pub once: bool,
    /// Only this connection (may be given again)
    #[arg(long = "connection", value_name = "C")]
    pub connections: Vec<String>,
}

/// `inflow import`
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// What the files hold
    #[arg(value_enum, required_unless_present = "suggest_mapping")]
    pub kind: Option<ImportKind>,
    /// csv, workbook, ndjson, json, page or mail files
    #[arg(required_unless_present = "suggest_mapping", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The connection that the rows belong to
    #[arg(long, required_unless_present = "suggest_mapping", value_name = "C")]
    pub connection: Option<String>,
    /// Mapping file [default: the connection's]
    #[arg(long, value_name = "M")]
    pub mapping: Option<PathBuf>,
    /// Import nothing: print a mapping proposed from the header row of these files (csv, xlsx, xls, ods)
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["files", "connection", "mapping"])]
    pub suggest_mapping: Vec<PathBuf>,
    /// With --suggest-mapping: what the files hold [default: guessed]
    #[arg(long = "kind", value_name = "KIND", value_enum, requires = "suggest_mapping", conflicts_with = "kind")]
    pub suggest_kind: Option<ImportKind>,
}

/// What an imported file holds.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ImportKind {
    /// Openings inside the company
    Requisitions,
    /// Advertisements
    Postings,
    /// Candidates' cases
    Applications,
    /// Stage events
    Events,
    /// Counts that a board publishes by day
    ChannelDaily,
    /// Ledger lines
    Spend,
    /// Movements of bank accounts
    BankLines,
    /// Invoices of suppliers
    Invoices,
    /// Who came, stayed and left
    Employment,
    /// Tests, AI interviews, certificates
    Assessments,
    /// Invitations to interviews and what became of them
    Invitations,
}

/// `inflow analyze`
#[derive(Debug, Args)]
pub struct AnalyzeArgs {
    /// Marts to recompute [default: all]
    #[arg(value_name = "JOB")]
    pub jobs: Vec<String>,
    /// Recompute everything, whatever changed
    #[arg(long)]
    pub full: bool,
}

/// `inflow report`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ReportArgs {
    /// A report for people
    #[command(subcommand)]
    pub brief: Option<BriefCommand>,
    /// The metrics, printed one after the other; JSON of more than one is a list
    #[arg(value_name = "METRIC")]
    pub metrics: Vec<String>,
    /// Dimensions, separated by commas [default: the metric's own]
    #[arg(long, value_delimiter = ',', value_name = "DIMENSIONS")]
    pub by: Vec<String>,
    /// First local day [default: 29 days before the last]
    #[arg(long, value_name = "D")]
    pub from: Option<NaiveDate>,
    /// Last local day, included [default: today]
    #[arg(long, value_name = "D")]
    pub to: Option<NaiveDate>,
    /// Zone that days and hours are cut in [default: each channel's own]
    #[arg(long, value_name = "Z")]
    pub tz: Option<String>,
    /// Only what had happened by then: a day or an RFC 3339 instant [default: now]
    #[arg(long, value_name = "T")]
    pub as_of: Option<String>,
    /// Count only what has one of these values, e.g. channel=boss,zhaopin or job_family=sales (may be given again)
    #[arg(long, value_name = "DIMENSION=VALUES")]
    pub filter: Vec<String>,
    /// An earlier definition of the one metric [default: the current one]
    #[arg(long, value_name = "N")]
    pub version: Option<u32>,
    /// How to print
    #[arg(long, value_enum, default_value = "table")]
    pub format: ReportFormat,
}

/// Forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For eyes
    Table,
    /// One JSON document
    Json,
    /// Comma-separated, with a header
    Csv,
    /// A workbook, with a sheet of definitions: redirect it to a file
    Xlsx,
}

/// `inflow query`
#[derive(Debug, Args)]
pub struct QueryArgs {
    /// One statement
    pub sql: String,
    /// Any output format of ClickHouse
    #[arg(long, default_value = "PrettyCompact", value_name = "F")]
    pub format: String,
    /// Allow statements that write
    #[arg(long)]
    pub write: bool,
}

/// `inflow explain`
#[derive(Debug, Subcommand)]
pub enum ExplainCommand {
    /// The postings of the same job, and what each pair of them stands on
    Posting(ExplainPostingArgs),
}

/// `inflow explain posting`
#[derive(Debug, Args)]
pub struct ExplainPostingArgs {
    /// The posting: connection/source_id, or its id alone where no other posting has it
    pub id: String,
    /// Another posting, to say how the two compare
    pub other: Option<String>,
    /// text or json
    #[arg(long, value_enum, default_value = "text", value_name = "F")]
    pub format: ExplainFormat,
}

/// How an explanation is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// For eyes
    Text,
    /// One JSON document
    Json,
}

/// `inflow replay`
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// Only this connection; the others' rows are kept
    #[arg(long, value_name = "C")]
    pub connection: Option<String>,
    /// Only what was fetched on or after this day (UTC); earlier rows are kept
    #[arg(long, value_name = "D")]
    pub from: Option<NaiveDate>,
    /// Put the new tables in place although rows are missing in them
    #[arg(long)]
    pub force: bool,
}

/// `inflow erase`
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct EraseArgs {
    /// A phone number of the person
    #[arg(long, value_name = "P")]
    pub phone: Option<String>,
    /// A mail address of the person
    #[arg(long, value_name = "E")]
    pub email: Option<String>,
    /// A candidate, CONNECTION:ID
    #[arg(long, value_name = "KEY")]
    pub candidate: Option<String>,
    /// An application, CONNECTION:ID
    #[arg(long, value_name = "CONNECTION:ID")]
    pub application: Option<String>,
}

/// `inflow connector`
#[derive(Debug, Subcommand)]
pub enum ConnectorCommand {
    /// Every connector, its lawful way in and what it delivers
    List,
    /// Write a commented spec and fixtures into connectors/ beside the settings file
    New {
        /// Its name: lower-case letters, digits and _
        name: String,
    },
    /// Read a spec against its fixtures and show what each field finds
    Check(ConnectorCheck),
    /// Try a connection's address and credential with one small call
    Test {
        /// The connection
        connection: String,
    },
}

/// `inflow connector check`
#[derive(Debug, Args)]
pub struct ConnectorCheck {
    /// A connector, or a spec file (.toml) [default: all of your own]
    #[arg(value_name = "NAME|FILE")]
    pub spec: Option<String>,
    /// Folder of the fixtures [default: fixtures/NAME beside the spec]
    #[arg(long, value_name = "D")]
    pub fixtures: Option<PathBuf>,
    /// Instead of fixtures: an answer of the board, as a file (may be given again)
    #[arg(long = "answer", value_name = "FILE")]
    pub answers: Vec<PathBuf>,
    /// The stream that the answers are of [default: the first]
    #[arg(long, value_name = "STREAM", requires = "answers")]
    pub stream: Option<String>,
    /// An answer to a second call, as KEY=FILE (may be given again)
    #[arg(long = "detail", value_name = "KEY=FILE", requires = "answers")]
    pub details: Vec<String>,
    /// An answer to a list that others look up, as STREAM=FILE (may be given again)
    #[arg(long = "reference", value_name = "STREAM=FILE", requires = "answers")]
    pub references: Vec<String>,
}

/// `inflow dashboards`
#[derive(Debug, Args)]
pub struct DashboardsArgs {
    /// Folder to write them to; files of the same names are replaced
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}

/// `inflow engine`
#[derive(Debug, Subcommand)]
pub enum EngineCommand {
    /// Fetch the engine into the cache folder, or say where it is
    Install,
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    /// A path argument that [`Cli::paths`] does not know would be read in the wrong folder by a job.
    #[test]
    fn every_path_of_a_job_is_known() {
        for name in ["import", "analyze", "replay", "erase", "run", "query", "close", "token", "process"] {
            let line = Cli::command();
            let command = line.find_subcommand(name).unwrap();
            let typed = |argument: &&clap::Arg| argument.get_value_parser().type_id() == clap::builder::ValueParser::path_buf().type_id();
            let paths: Vec<&str> = command.get_arguments().filter(typed).map(|argument| argument.get_id().as_str()).collect();
            let known: &[&str] = if name == "import" { &["files", "mapping", "suggest_mapping"] } else { &[] };
            assert_eq!(paths, known, "{name}");
        }
        let mut cli =
            Cli::parse_from(["inflow", "import", "spend", "a.csv", "--connection", "c", "--mapping", "m.toml", "--data-dir", "d"]);
        let typed: Vec<String> = cli.paths().iter().map(|path| path.display().to_string()).collect();
        assert_eq!(typed, ["inflow.toml", "d", "a.csv", "m.toml"]);
        assert_eq!(cli.paths_mut().len(), 4);
    }

    #[test]
    fn a_mapping_is_suggested_without_a_connection() {
        let parse = |line: &[&str]| Cli::try_parse_from([&["inflow", "import"], line].concat()).is_ok();
        assert!(parse(&["--suggest-mapping", "a.xlsx", "b.xlsx", "--kind", "spend"]) && parse(&["spend", "--suggest-mapping", "a.xlsx"]));
        assert!(!parse(&["--suggest-mapping"]) && !parse(&["spend", "a.csv", "--suggest-mapping", "b.csv"]));
        assert!(
            !parse(&["spend", "a.csv"])
                && !parse(&["spend", "--connection", "c"])
                && !parse(&["spend", "a.csv", "--connection", "c", "--kind", "spend"])
        );
    }

    #[test]
    fn reports_for_people_stand_beside_metrics() {
        let parse = |line: &[&str]| match Cli::try_parse_from([&["inflow", "report"], line].concat()).map(|cli| cli.command) {
            Ok(super::Command::Report(args)) => Some((args.metrics, args.brief.is_some())),
            _ => None,
        };
        assert_eq!(parse(&["volume", "spend", "--by", "none"]), Some((vec!["volume".to_owned(), "spend".to_owned()], false)));
        assert_eq!(parse(&["week", "--html", "week.html", "--on", "2026-11-27"]), Some((vec![], true)));
        assert_eq!(parse(&[]), Some((vec![], false)));
        // After a metric it is the name of one, and there is none of it.
        assert_eq!(parse(&["volume", "day"]), Some((vec!["volume".to_owned(), "day".to_owned()], false)));
        assert_eq!((parse(&["day", "--by", "store"]), parse(&["month", "--html", "a"])), (None, None));
    }

    #[test]
    fn commands_that_write_are_jobs() {
        let job = |line: &[&str]| Cli::parse_from([&["inflow"], line].concat()).command.is_job();
        assert!(job(&["run", "--once"]) && job(&["query", "OPTIMIZE TABLE t", "--write"]) && job(&["replay"]));
        assert!(job(&["message", "send", "day"]) && !job(&["message", "send", "day", "--dry-run"]) && !job(&["message", "test", "group"]));
        assert!(job(&["plan", "repost"]) && !job(&["plan", "repost", "--dry-run"]) && !job(&["plan", "budget"]));
        assert!(job(&["process", "run"]) && !job(&["process", "run", "--dry-run"]) && !job(&["process", "show"]) && !job(&["schedule"]));
        assert!(job(&["process", "confirm", "abcdef12", "--reason", "r"]) && job(&["process", "opt-out", "--email", "a@b.example"]));
        assert!(job(&["import", "spend", "a.csv", "--connection", "c"]) && !job(&["import", "--suggest-mapping", "a.csv"]));
        assert!(!job(&["run"]) && !job(&["query", "SELECT 1"]) && !job(&["serve"]) && !job(&["report"]));
    }
}
