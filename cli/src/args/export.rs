//! Arguments of `inflow export`.

use clap::{Args, Subcommand, ValueEnum};
use inflow_analytics::Month;
use std::path::PathBuf;

/// `inflow export`
#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// The month-end workbook (月末费用表): spend by channel, store, department and kind, entries, wallets, packages, ties, definitions
    Month(ExportMonthArgs),
    /// Accounting vouchers (凭证) of a month for Yonyou, Kingdee or a template of your own
    Vouchers(ExportVouchersArgs),
}

/// `inflow export month`
#[derive(Debug, Args)]
pub struct ExportMonthArgs {
    /// The month, e.g. 2026-10
    #[arg(value_name = "MONTH")]
    pub month: Month,
    /// File to write; for csv a folder [default: 月末费用表-MONTH.xlsx, in English month-end-MONTH.xlsx]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// A workbook, or a folder of csv files
    #[arg(long, value_enum, default_value = "xlsx", value_name = "F")]
    pub format: ExportFormat,
    /// Write over a file that is there
    #[arg(long)]
    pub force: bool,
}

/// Forms of the month-end workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One workbook
    Xlsx,
    /// A folder with a csv file for each sheet
    Csv,
}

/// `inflow export vouchers`
#[derive(Debug, Args)]
pub struct ExportVouchersArgs {
    /// The month, e.g. 2026-10
    #[arg(value_name = "MONTH")]
    pub month: Month,
    /// yonyou, kingdee, or a template file (.toml)
    #[arg(long, value_name = "TEMPLATE|FILE")]
    pub template: String,
    /// File to write [default: vouchers-MONTH with the template's extension]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// An entry for each ledger line instead of sums by account, department, project, supplier and invoice
    #[arg(long)]
    pub detail: bool,
    /// Write over a file that is there
    #[arg(long)]
    pub force: bool,
}
