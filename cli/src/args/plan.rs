//! Arguments of `inflow plan`.

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use rust_decimal::Decimal;
use std::path::PathBuf;

/// `inflow plan`
#[derive(Debug, Subcommand)]
pub enum PlanCommand {
    /// Where the money of the next four weeks should go
    Budget(PlanBudgetArgs),
    /// From a business series (orders, sales) to heads, hires, applications and budget
    Demand(PlanDemandArgs),
    /// Which open applications to look at first, with the reasons; it rejects nobody
    Recommend(PlanRecommendArgs),
    /// When to refresh which posting, within the limits of reposts.toml, each with its reason
    Repost(PlanRepostArgs),
}

/// `inflow plan repost`
#[derive(Debug, Args)]
pub struct PlanRepostArgs {
    /// Only this channel; may be repeated
    #[arg(long, value_name = "C")]
    pub channel: Vec<String>,
    /// First local day [default: today]
    #[arg(long, value_name = "D")]
    pub from: Option<NaiveDate>,
    /// Last local day, included
    #[arg(long, value_name = "D", conflicts_with = "days")]
    pub to: Option<NaiveDate>,
    /// How many days [default: 7]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=62))]
    pub days: Option<u64>,
    /// text, json, csv, or ics (a calendar)
    #[arg(long, value_enum, default_value = "text", value_name = "F")]
    pub format: RepostFormat,
    /// Hand the slots as to-dos, with links that answer, to the receivers that reposts.toml names; of channels with mode = "auto", carry out what is due now
    #[arg(long, conflicts_with = "dry_run")]
    pub apply: bool,
    /// Only show the plan: keep nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// How a plan of reposts is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RepostFormat {
    /// For eyes
    Text,
    /// One JSON document
    Json,
    /// A line for each slot
    Csv,
    /// A calendar (RFC 5545)
    Ics,
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

/// `inflow plan budget`; options go before what the scenario says.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct PlanBudgetArgs {
    /// Say what becomes of an advice, or list kept plans
    #[command(subcommand)]
    pub command: Option<PlanBudgetCommand>,
    /// Ask what [[scenario]] of plans.toml asks; several are put side by side
    #[arg(long, value_name = "NAME")]
    pub scenario: Vec<String>,
    /// What the weeks may cost together; with --target the most [default: what as many cost now]
    #[arg(long, value_name = "AMOUNT")]
    pub total: Option<Decimal>,
    /// Weeks that the money is for [default: 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=26))]
    pub weeks: Option<u32>,
    /// The greatest move of a channel, in per cent of its spend [default: 25]
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(0..=100))]
    pub max_move: Option<u32>,
    /// Whom the money is to bring [default: attended]
    #[arg(long, value_enum)]
    pub by: Option<PlanBy>,
    /// A channel gets no less: douyin=2000, or douyin=20% of the total; may be repeated
    #[arg(long, value_name = "C=AMOUNT")]
    pub floor: Vec<String>,
    /// A channel gets no more; may be repeated
    #[arg(long, value_name = "C=AMOUNT")]
    pub cap: Vec<String>,
    /// A channel keeps what it costs now; may be repeated
    #[arg(long, value_name = "C")]
    pub hold: Vec<String>,
    /// The least money that brings so many people
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub target: Option<u32>,
    /// With which probability the target is to be reached, in per cent [default: 80]
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(1..=99))]
    pub probability: Option<u32>,
    /// Keep the plan, in the name of who keeps it
    #[arg(long, value_name = "NAME")]
    pub keep: Option<String>,
    /// Compare with the plan kept by this day, or of this id [default: the newest kept last month]
    #[arg(long, value_name = "DATE|ID")]
    pub against: Option<String>,
    /// table or json
    #[arg(long, value_enum, default_value = "table", value_name = "F")]
    pub format: PlanFormat,
}

/// What is done about advice on money.
#[derive(Debug, Subcommand)]
pub enum PlanBudgetCommand {
    /// The advice on a channel is followed: what is spent there is compared with it from now on
    Accept(PlanDecideArgs),
    /// It is not: the channel keeps what it costs now, for as long as plans.toml says
    Reject(PlanDecideArgs),
    /// List the plans that were kept
    Kept(PlanKeptArgs),
}

/// `inflow plan budget accept` and `reject`
#[derive(Debug, Args)]
pub struct PlanDecideArgs {
    /// The channel
    #[arg(value_name = "CHANNEL")]
    pub channel: String,
    /// Who decides; kept and printed
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// Why; kept and printed
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Of which advice
    #[arg(long, value_enum, default_value = "attended")]
    pub of: PlanBy,
}

/// `inflow plan budget kept`
#[derive(Debug, Args)]
pub struct PlanKeptArgs {
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

/// `inflow plan demand`; what is not given comes from [demand] of the configuration, or from the store.
#[derive(Debug, Args)]
pub struct PlanDemandArgs {
    /// A csv file with a period (date, week or month), maybe a store, and units
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Its column of units [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub column: Option<String>,
    /// Only this store's rows and people
    #[arg(long, value_name = "S")]
    pub store: Option<String>,
    /// Units that a head at work does in a week, or in a month of a monthly series
    #[arg(long, value_name = "UNITS")]
    pub units_per_head: Option<Decimal>,
    /// Share of paid time in which nobody works [default: 0]
    #[arg(long, value_name = "SHARE")]
    pub shrinkage: Option<Decimal>,
    /// Days from asking for people until they start [default: as measured]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(0..=365))]
    pub lead_days: Option<u32>,
    /// Heads of now [default: as employment tells]
    #[arg(long, value_name = "N")]
    pub heads: Option<u32>,
    /// Share of the heads that leaves in a month [default: as employment tells]
    #[arg(long, value_name = "SHARE")]
    pub attrition: Option<Decimal>,
    /// Weeks or months to plan [default: 12 weeks, 4 months]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=52))]
    pub ahead: Option<u32>,
    /// table or json
    #[arg(long, value_enum, default_value = "table", value_name = "F")]
    pub format: PlanFormat,
}
