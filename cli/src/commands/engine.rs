//! `inflow engine install`

use crate::app::{App, shown};
use crate::failure::Failure;
use crate::progress::TerminalProgress;

/// Fetches the engine once, or says where it is.
pub async fn install(app: &App) -> Result<u8, Failure> {
    let cache = if app.config_file.exists() { app.config()?.settings.store.cache_dir.clone() } else { None };
    let progress = TerminalProgress::new(app.printer.clone());
    let path = tokio::task::spawn_blocking(move || inflow_store::engine::install(cache.as_deref(), &progress))
        .await
        .map_err(Failure::ours)?
        .map_err(|error| Failure::explain(&error))?;
    app.printer.result(&shown(&path));
    Ok(0)
}
