//! Arguments of `inflow feed`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `inflow feed`
#[derive(Debug, Args)]
pub struct FeedArgs {
    /// indeed, rss, or jsonld (schema.org JobPosting)
    #[arg(long, value_enum, default_value = "indeed", value_name = "F")]
    pub format: FeedFormat,
    /// A file; for jsonld a folder that gets a page for each opening [default: stdout]
    #[arg(long, value_name = "PATH")]
    pub out: Option<PathBuf>,
}

/// What openings are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FeedFormat {
    /// XML as Indeed and most job search sites read it
    Indeed,
    /// RSS 2.0
    Rss,
    /// Pages, or one JSON document
    Jsonld,
}
