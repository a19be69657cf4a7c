//! Arguments of `inflow alerts`.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::ListFormat;

/// `inflow alerts`
#[derive(Debug, Subcommand)]
pub enum AlertsCommand {
    /// What stands, with its likely causes, and who was told
    List(AlertsListArgs),
    /// Say that somebody sees to an alert: others are not told of it
    Ack(AlertsAckArgs),
    /// Tell nobody of some alerts until an instant
    Silence(AlertsSilenceArgs),
    /// Tell what began and ended, once; `inflow run` does it after each analysis
    Tell,
}

/// `inflow alerts list`
#[derive(Debug, Args)]
pub struct AlertsListArgs {
    /// table or json
    #[arg(long, value_enum, default_value = "table", value_name = "F")]
    pub format: ListFormat,
}

/// `inflow alerts ack`
#[derive(Debug, Args)]
pub struct AlertsAckArgs {
    /// Key of the alert, or its first eight digits
    #[arg(value_name = "KEY")]
    pub key: String,
    /// Who sees to it
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// What is done
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
}

/// `inflow alerts silence`
#[derive(Debug, Args)]
pub struct AlertsSilenceArgs {
    /// Only of this rule of alerts.toml, or of channel_drop or connection
    #[arg(long, value_name = "ID")]
    pub rule: Option<String>,
    /// Only of this slice, as the list shows it
    #[arg(long, value_name = "S")]
    pub slice: Option<String>,
    /// Only of this channel
    #[arg(long, value_name = "ID")]
    pub channel: Option<String>,
    /// Until when, with its offset: 2026-11-30T08:00:00+08:00
    #[arg(long, value_name = "T")]
    pub until: DateTime<Utc>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who says so
    #[arg(long, value_name = "NAME")]
    pub by: String,
}
