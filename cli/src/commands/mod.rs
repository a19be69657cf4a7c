//! One module a command. Each returns the exit code, or what went wrong.

pub mod alerts;
pub mod analyze;
pub mod brief;
pub mod close;
pub mod completions;
pub mod connector;
pub mod dashboards;
pub mod demo;
pub mod doctor;
pub mod engine;
pub mod erase;
pub mod explain;
pub mod export;
pub mod feed;
pub mod import;
pub mod init;
pub mod message;
pub mod plan;
pub mod process;
pub mod query;
pub mod replay;
pub mod report;
pub mod run;
pub mod schedule;
pub mod schema;
pub mod serve;
pub mod token;
pub mod validate;

use crate::app::App;
use crate::args::{Command, MessageCommand, PlanCommand};
use crate::failure::Failure;

/// Runs a command that writes and then ends ([`Command::is_job`]).
pub async fn write(app: &App, command: &Command) -> Result<u8, Failure> {
    match command {
        Command::Run(args) if args.once => run::once(app, args).await,
        Command::Import(args) => import::run(app, args).await,
        Command::Analyze(args) => analyze::run(app, args).await,
        Command::Replay(args) => replay::run(app, args).await,
        Command::Erase(args) => erase::run(app, args).await,
        Command::Close(args) if args.month.is_some() => close::run(app, args).await,
        Command::Message(MessageCommand::Send(args)) => Box::pin(message::send(app, args)).await,
        Command::Plan(PlanCommand::Budget(args)) => Box::pin(plan::budget(app, args)).await,
        Command::Plan(PlanCommand::Repost(args)) => Box::pin(plan::repost(app, args)).await,
        Command::Alerts(command) => Box::pin(alerts::write(app, command)).await,
        Command::Process(command) => Box::pin(process::write(app, command)).await,
        Command::Token(command) => token::write(app, command).await,
        Command::Query(args) if args.write => query::run(app, args).await,
        other => Err(Failure::ours(format!("`{}` is no job", other.name()))),
    }
}
