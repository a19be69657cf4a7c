//! The `inflow` command: reads the command line, calls the crates, prints. No logic of its own.

mod app;
mod args;
mod commands;
mod daemon;
mod failure;
mod host;
mod jobs;
mod month_end;
mod output;
mod progress;
mod table;
mod timings;
mod vouchers;
mod workbook;

use app::App;
use args::{Cli, Command, LogLevel};
use clap::Parser;
use failure::Failure;
use std::io::Write;
use timings::Timings;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Rows of text are made and dropped by the million on every core, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let code = run();
    // A closed pipe is nobody's fault any more.
    let _closed = std::io::stdout().flush();
    inflow_store::end_process(code)
}

fn run() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are results; everything else the person can fix.
            let code = if error.use_stderr() { failure::exit::USER } else { 0 };
            let _closed = error.print();
            return code;
        }
    };
    let timings = cli.global.timings.as_ref().map(|file| (Timings::new(), file.clone(), cli.command.name()));
    log(cli.global.log, timings.as_ref().map(|(timings, ..)| timings));
    let app = App::new(&cli.global);
    // One TLS provider for all outbound HTTP.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return end(&app, Err(Failure::ours(error))),
    };
    let outcome = runtime.block_on(dispatch(&app, cli.command));
    let code = end(&app, outcome);
    // What still runs on a thread of its own is as safe as it would be at a power cut.
    runtime.shutdown_timeout(std::time::Duration::from_millis(300));
    match timings.map(|(timings, file, command)| (timings.write(&file, command), file)) {
        Some((Err(error), file)) => {
            end(&app, Err(Failure::user(format!("{}: cannot be written: {error}", file.display()), "name another file for --timings")))
        }
        _ => code,
    }
}

async fn dispatch(app: &App, command: Command) -> Result<u8, Failure> {
    if command.is_job() {
        return jobs::write(app, &command).await;
    }
    match &command {
        Command::Demo(args) => commands::demo::run(app, args).await,
        Command::Init(args) => commands::init::run(app, args),
        Command::Validate(args) => commands::validate::run(app, args).await,
        Command::Run(args) => daemon::run(app, &args.connections).await,
        Command::Report(args) => match &args.brief {
            Some(brief) => Box::pin(commands::brief::run(app, brief)).await,
            None => commands::report::run(app, args).await,
        },
        Command::Message(args::MessageCommand::Send(args)) => Box::pin(commands::message::send(app, args)).await,
        Command::Message(args::MessageCommand::Test { receiver }) => commands::message::test(app, receiver).await,
        Command::Export(args::ExportCommand::Month(args)) => Box::pin(commands::export::month(app, args)).await,
        Command::Export(args::ExportCommand::Vouchers(args)) => commands::export::vouchers(app, args).await,
        Command::Plan(args::PlanCommand::Budget(args)) => Box::pin(commands::plan::budget(app, args)).await,
        Command::Plan(args::PlanCommand::Demand(args)) => commands::plan::demand(app, args).await,
        Command::Plan(args::PlanCommand::Recommend(args)) => commands::plan::recommend(app, args).await,
        Command::Plan(args::PlanCommand::Repost(args)) => Box::pin(commands::plan::repost(app, args)).await,
        Command::Process(command) => Box::pin(commands::process::look(app, command)).await,
        Command::Alerts(command) => Box::pin(commands::alerts::look(app, command)).await,
        Command::Schedule(args) => commands::schedule::run(app, args).await,
        Command::Feed(args) => commands::feed::run(app, args).await,
        Command::Query(args) => commands::query::run(app, args).await,
        Command::Serve => commands::serve::run(app).await,
        Command::Close(args) => commands::close::look(app, args).await,
        Command::Explain(command) => commands::explain::run(app, command).await,
        Command::Doctor => commands::doctor::run(app).await,
        Command::Connector(command) => commands::connector::run(app, command).await,
        Command::Engine(args::EngineCommand::Install) => commands::engine::install(app).await,
        Command::Dashboards(args) => commands::dashboards::run(app, args),
        Command::Token(args::TokenCommand::List(args)) => commands::token::list(app, args).await,
        Command::Schema { of } => commands::schema::run(app, *of),
        Command::Completions { shell } => commands::completions::run(app, *shell),
        Command::Import(args) if !args.suggest_mapping.is_empty() => commands::import::suggest(app, args),
        Command::Import(_) | Command::Analyze(_) | Command::Replay(_) | Command::Erase(_) | Command::Token(_) => {
            commands::write(app, &command).await
        }
    }
}

fn end(app: &App, outcome: Result<u8, Failure>) -> u8 {
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            failure.say(&app.printer);
            failure.code
        }
    }
}

fn log(level: LogLevel, timings: Option<&Timings>) {
    let directive = match level {
        LogLevel::Off => "off",
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    // Our own crates speak at the chosen level, the libraries below only when something is wrong.
    let filter = if matches!(level, LogLevel::Off | LogLevel::Error) {
        directive.to_owned()
    } else {
        format!(
            "warn,inflow={directive},inflow_store={directive},inflow_connectors={directive},inflow_pipeline={directive},inflow_analytics={directive},inflow_actions={directive},inflow_dashboards={directive}"
        )
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false).with_filter(EnvFilter::new(filter));
    let stages = timings.map(|timings| timings.layer().with_filter(filter_fn(|meta| meta.target() == timings::TARGET)));
    let _already_set = tracing_subscriber::registry().with(lines).with(stages).try_init();
}
