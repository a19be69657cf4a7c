//! `inflow serve`: page, API and ClickHouse endpoint.

use crate::app::{App, Opened};
use crate::failure::Failure;
use inflow_dashboards::PageState;
use std::sync::Arc;

/// Serves without pulling.
pub async fn run(app: &App) -> Result<u8, Failure> {
    let address = app.config()?.settings.serve.clickhouse;
    let opened = app.open_serving(Some(address)).await?;
    until_stopped(app, &opened).await?;
    opened.store.shutdown().await;
    Ok(0)
}

/// Prints the addresses and serves until Ctrl-C or SIGTERM.
pub async fn until_stopped(app: &App, opened: &Opened) -> Result<(), Failure> {
    let address = opened.config.settings.serve.page;
    let listener = tokio::net::TcpListener::bind(address).await.map_err(|error| {
        Failure::user(
            format!("the page cannot be served on {address}: {error}"),
            "choose another address under [serve] page in inflow.toml",
        )
    })?;
    let page = listener.local_addr()?;
    app.printer.result(&format!("page       http://{page}/"));
    app.printer.result(&format!("ClickHouse {} (user reader)", opened.store.endpoint()));
    app.printer.note("stop with Ctrl-C", "按 Ctrl-C 停止");
    let state = PageState::new(opened.store.clone(), Arc::clone(&opened.config), Arc::clone(&opened.clock));
    inflow_dashboards::serve(listener, state, stopped()).await.map_err(Failure::ours)
}

async fn stopped() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _stopped = interrupt.await;
        }
    }
}
