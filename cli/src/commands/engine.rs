//! `inflow engine install`

use crate::app::{App, shown};
use crate::failure::Failure;
use crate::progress::TerminalProgress;
use std::sync::Arc;

/// Fetches the engine once, or says where it is.
pub async fn install(app: &App) -> Result<u8, Failure> {
    let cache = if app.config_file.exists() { app.config()?.settings.store.cache_dir.clone() } else { None };
    let path = inflow_store::engine_install(cache, Arc::new(TerminalProgress::new(app.printer))).await?;
    app.printer.result(&shown(&path));
    Ok(0)
}
