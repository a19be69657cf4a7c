//! `inflow serve`: page, API and ClickHouse endpoint.

use crate::app::App;
use crate::daemon;
use crate::failure::Failure;

/// Serves without pulling.
pub async fn run(app: &App) -> Result<u8, Failure> {
    let address = app.config()?.settings.serve.clickhouse;
    let opened = app.open_serving(Some(address)).await?;
    daemon::hold(app, opened, None).await?;
    Ok(0)
}
