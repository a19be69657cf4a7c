//! Arguments of reports for people (`inflow report day|week|month`) and of sending them (`inflow message`).

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use inflow_config::BriefKind;
use std::path::PathBuf;

/// `inflow report day|week|month`: beside the metrics, which are named as arguments.
#[derive(Debug, Subcommand)]
pub enum BriefCommand {
    /// 日报: a day as text for a phone, against the same weekday before
    Day(BriefArgs),
    /// 周报: a week as text, or as one page of A4 (--html, --pdf), against the week before
    Week(BriefWeekArgs),
    /// 月度渠道分析表: a month as text, or as a workbook (--xlsx) with plan, actual, gap and change
    Month(BriefMonthArgs),
}

/// Of every report for people.
#[derive(Debug, Clone, Args)]
pub struct BriefArgs {
    /// The day, or one of the week or month [default: today, or the last whole week or month]
    #[arg(long, value_name = "DATE")]
    pub on: Option<NaiveDate>,
    /// Only these channels, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "CHANNELS")]
    pub channel: Vec<String>,
}

/// `inflow report week`
#[derive(Debug, Args)]
pub struct BriefWeekArgs {
    /// What it covers
    #[command(flatten)]
    pub brief: BriefArgs,
    /// Write the page to this file: nothing else is needed to read or print it
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write it as PDF, printed by a Chromium of this machine (INFLOW_CHROMIUM names one)
    #[arg(long, value_name = "FILE")]
    pub pdf: Option<PathBuf>,
    /// Write over files that are there
    #[arg(long)]
    pub force: bool,
}

/// `inflow report month`
#[derive(Debug, Args)]
pub struct BriefMonthArgs {
    /// What it covers
    #[command(flatten)]
    pub brief: BriefArgs,
    /// Write the workbook to this file
    #[arg(long, value_name = "FILE")]
    pub xlsx: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long)]
    pub force: bool,
}

/// `inflow message`
#[derive(Debug, Subcommand)]
pub enum MessageCommand {
    /// Send the messages of a kind now, each to whom it was not sent yet
    Send(MessageSendArgs),
    /// Send one line to a receiver, to see whether it arrives
    Test {
        /// Its id in messages.toml
        #[arg(value_name = "NAME")]
        receiver: String,
    },
}

/// `inflow message send`
#[derive(Debug, Args)]
pub struct MessageSendArgs {
    /// Which messages of messages.toml
    #[arg(value_enum)]
    pub kind: BriefKindArg,
    /// The day, or one of the week or month [default: today, or the last whole week or month]
    #[arg(long, value_name = "DATE")]
    pub on: Option<NaiveDate>,
    /// Send nothing: show what would go to whom
    #[arg(long)]
    pub dry_run: bool,
    /// Also to whom it was sent before
    #[arg(long)]
    pub again: bool,
}

/// Kinds of reports for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BriefKindArg {
    /// 日报
    Day,
    /// 周报
    Week,
    /// 月度渠道分析表
    Month,
}

impl From<BriefKindArg> for BriefKind {
    fn from(kind: BriefKindArg) -> Self {
        match kind {
            BriefKindArg::Day => Self::Day,
            BriefKindArg::Week => Self::Week,
            BriefKindArg::Month => Self::Month,
        }
    }
}
