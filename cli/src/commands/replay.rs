//! `inflow replay`

use crate::app::{App, Opened};
use crate::args::ReplayArgs;
use crate::failure::Failure;
use inflow_pipeline::replay::{Replayed, Scope, rebuild};

/// Rebuilds derived tables and marts from landing and swaps them in.
pub async fn run(app: &App, args: &ReplayArgs) -> Result<u8, Failure> {
    let opened = app.open().await?;
    let scope = Scope { connections: args.connection.iter().cloned().collect(), from: args.from };
    let alone = app.unless_stopped(opened.host.gate.alone()).await?;
    // Until the exchange the live tables are untouched; once it began it is seen through.
    let replayed = app.unless_stopped(fill_shadow(&opened, &scope)).await??;
    opened.store.exchange_shadow().await?;
    drop(alone);
    opened.close().await;
    app.printer.note(
        &format!("replayed {} segments: {} rows, {} quarantined", replayed.segments, replayed.rows, replayed.quarantined),
        &format!("已重放 {} 个分段:{} 行,隔离 {} 条", replayed.segments, replayed.rows, replayed.quarantined),
    );
    Ok(0)
}

/// Shadow and marts. `Store::exchange_shadow` puts them in place.
pub async fn fill_shadow(opened: &Opened, scope: &Scope) -> Result<Replayed, Failure> {
    let (shadow, replayed) = rebuild(&opened.store, &opened.config, &opened.clock, &opened.data_dir, scope).await?;
    inflow_analytics::analyze_into(&opened.store, &shadow, &opened.config, &opened.clock).await?;
    Ok(replayed)
}
