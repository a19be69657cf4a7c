//! Arguments of `inflow plan`.

use clap::{Args, Subcommand, ValueEnum};
use rust_decimal::Decimal;
use std::path::PathBuf;

/// `inflow plan`
#[derive(Debug, Subcommand)]
pub enum PlanCommand {
    /// Where the money of the next four weeks should go
    Budget(PlanBudgetArgs),
    /// Which open applications to look at first, with the reasons; it rejects nobody
    Recommend(PlanRecommendArgs),
}

/// `inflow plan recommend`
#[derive(Debug, Args)]
pub struct PlanRecommendArgs {
    /// Only of this channel; may be repeated
    #[arg(long, value_name = "C")]
    pub channel: Vec<String>,
    /// Only of this store; may be repeated
    #[arg(long, value_name = "S")]
    pub store: Vec<String>,
    /// How many applications
    #[arg(long, value_name = "N", default_value = "20")]
    pub top: usize,
    /// A csv file with the columns application (connection/id, or the id) and group, for the four-fifths rule; it is kept nowhere
    #[arg(long, value_name = "FILE")]
    pub audit: Option<PathBuf>,
    /// table or json
    #[arg(long, value_enum, default_value = "table", value_name = "F")]
    pub format: PlanFormat,
}

/// `inflow plan budget`
#[derive(Debug, Args)]
pub struct PlanBudgetArgs {
    /// What four weeks may cost together [default: what the last four cost]
    #[arg(long, value_name = "AMOUNT")]
    pub total: Option<Decimal>,
    /// The greatest move of a channel, in per cent of its spend
    #[arg(long, value_name = "PERCENT", default_value = "25", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub max_move: u8,
    /// Whom the money is to bring
    #[arg(long, value_enum, default_value = "attended")]
    pub by: PlanBy,
    /// table or json
    #[arg(long, value_enum, default_value = "table", value_name = "F")]
    pub format: PlanFormat,
}

/// Whom money is to bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanBy {
    /// People who came to an interview
    Attended,
    /// People who were onboarded
    Hires,
}

/// How a plan is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For eyes
    Table,
    /// One JSON document
    Json,
}
