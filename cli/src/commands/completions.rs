//! `inflow completions SHELL`

use crate::app::App;
use crate::args::Cli;
use crate::failure::Failure;
use clap::CommandFactory;

/// Prints the script.
#[expect(clippy::unnecessary_wraps, reason = "every command has this shape")]
pub fn run(app: &App, shell: clap_complete::Shell) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "inflow", &mut script);
    app.printer.raw(&script);
    Ok(0)
}
