//! `inflow import KIND FILE...`

use super::run::summary;
use crate::app::App;
use crate::args::{ImportArgs, ImportKind};
use crate::failure::{Failure, exit};
use inflow_connectors::http::Http;
use inflow_connectors::spec::Kind;
use inflow_connectors::{NoProgress, PullContext};
use inflow_pipeline::Pipeline;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Reads the files into the connection, then marts.
pub async fn run(app: &App, args: &ImportArgs) -> Result<u8, Failure> {
    let opened = app.open().await?;
    let Some(connection) = opened.config.connection(&args.connection) else {
        let known: Vec<&str> = opened.config.connections.iter().map(|c| c.name.as_str()).collect();
        return Err(Failure::user(
            format!("there is no connection {:?}", args.connection),
            format!("the connections are {}", known.join(", ")),
        ));
    };
    let kind = match args.kind {
        ImportKind::Postings => Kind::Postings,
        ImportKind::Applications => Kind::Applications,
        ImportKind::Events => Kind::Events,
        ImportKind::Spend => Kind::Spend,
    };
    let keys = opened.keys()?;
    let sink = Pipeline::live(opened.store.clone(), Arc::clone(&opened.config), Arc::clone(&opened.clock));
    let http = Http::new(Arc::clone(&opened.clock)).map_err(|error| Failure::explain(&error))?;
    let context = PullContext {
        state: &opened.store,
        config: &opened.config,
        clock: Arc::clone(&opened.clock),
        keys: &keys,
        data_dir: &opened.data_dir,
        sink: &sink,
        http: &http,
        progress: &NoProgress,
        shutdown: CancellationToken::new(),
    };
    let outcome = inflow_connectors::import(&context, connection, kind, &args.files, args.mapping.as_deref()).await;
    let failed = outcome.error.is_some();
    opened.analyse(&[]).await?;
    summary(app.printer, &[outcome]);
    opened.store.shutdown().await;
    Ok(if failed { exit::USER } else { 0 })
}
