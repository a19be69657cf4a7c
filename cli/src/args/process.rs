//! Arguments of `inflow process` and `inflow schedule`.

use clap::{Args, Subcommand, ValueEnum};

/// `inflow process`
#[derive(Debug, Subcommand)]
pub enum ProcessCommand {
    /// Look once at every case, and do what is due; `inflow run` does it by itself
    Run(ProcessRunArgs),
    /// What is open, waiting, failing and blocked
    Show(ProcessShowArgs),
    /// Note a task as done
    Done(DecisionArgs),
    /// Confirm what is proposed; nobody is rejected before
    Confirm(DecisionArgs),
    /// Turn a task or a proposal down
    Dismiss(DecisionArgs),
    /// Send no more messages to a phone or mail address; only a keyed hash of it is kept
    OptOut(OptOutArgs),
}

/// `inflow process run`
#[derive(Debug, Args)]
pub struct ProcessRunArgs {
    /// Do nothing: list what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// `inflow process show`
#[derive(Debug, Args)]
pub struct ProcessShowArgs {
    /// Only this application, with all that was done for it
    #[arg(long, value_name = "CONNECTION:ID")]
    pub application: Option<String>,
    /// table or json
    #[arg(long, value_enum, default_value = "table", value_name = "F")]
    pub format: ListFormat,
}

/// A decision on a task or a proposal.
#[derive(Debug, Args)]
pub struct DecisionArgs {
    /// Its key, or the first digits of it, from `inflow process show`
    pub key: String,
    /// Why; kept in the audit
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who decides [default: the command line]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// `inflow process opt-out`
#[derive(Debug, Args)]
#[group(required = true, multiple = false, args = ["phone", "email"])]
pub struct OptOutArgs {
    /// A phone number, however it is written
    #[arg(long, value_name = "P")]
    pub phone: Option<String>,
    /// A mail address
    #[arg(long, value_name = "E")]
    pub email: Option<String>,
    /// Take it back: messages may be sent again
    #[arg(long)]
    pub withdraw: bool,
}

/// `inflow schedule`
#[derive(Debug, Args)]
pub struct ScheduleArgs {
    /// How many of the next runs
    #[arg(long, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub next: u16,
    /// table or json
    #[arg(long, value_enum, default_value = "table", value_name = "F")]
    pub format: ListFormat,
}

/// Forms of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For eyes
    Table,
    /// One JSON document
    Json,
}
