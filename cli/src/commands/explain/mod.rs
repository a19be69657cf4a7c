//! `inflow explain`: what a decision of ours stands on.

mod posting;

use crate::app::App;
use crate::args::ExplainCommand;
use crate::failure::Failure;

/// Explains one decision.
pub async fn run(app: &App, command: &ExplainCommand) -> Result<u8, Failure> {
    match command {
        ExplainCommand::Posting(args) => posting::run(app, args).await,
    }
}
