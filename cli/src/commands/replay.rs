//! `inflow replay`

use crate::app::{App, Opened};
use crate::args::ReplayArgs;
use crate::failure::Failure;
use inflow_pipeline::replay::{Loss, Replayed, Scope, losses, rebuild};

/// Rebuilds derived tables and marts from landing and swaps them in.
pub async fn run(app: &App, args: &ReplayArgs) -> Result<u8, Failure> {
    let opened = app.open().await?;
    let scope = Scope { connections: args.connection.iter().cloned().collect(), from: args.from };
    let alone = app.unless_stopped(opened.host.gate.alone()).await?;
    // Until the exchange the live tables are untouched; once it began it is seen through.
    let (shadow, replayed) = app.unless_stopped(fill_shadow(&opened, &scope)).await??;
    if !args.force {
        let losses = losses(&opened.store, &shadow).await?;
        if !losses.is_empty() {
            opened.store.drop_shadow().await?;
            drop(alone);
            opened.close().await;
            return Err(refused(&losses));
        }
    }
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
pub async fn fill_shadow(opened: &Opened, scope: &Scope) -> Result<(String, Replayed), Failure> {
    let (shadow, replayed) = rebuild(&opened.store, &opened.config, &opened.clock, &opened.data_dir, scope).await?;
    inflow_analytics::analyze_into(&opened.store, &shadow, &opened.config, &opened.clock).await?;
    Ok((shadow, replayed))
}

/// Lines of the message; a store has a few connections and a few tables of each.
const MOST_LOSSES: usize = 12;

fn refused(losses: &[Loss]) -> Failure {
    let each = losses.iter().take(MOST_LOSSES).map(|loss| format!("{} {}: {} -> {}", loss.connection, loss.table, loss.before, loss.after));
    let more = losses.len().saturating_sub(MOST_LOSSES);
    let more = (more > 0).then(|| format!("and {more} more")).into_iter();
    Failure::user(
        format!("the replay would lose rows, so nothing was changed ({})", each.chain(more).collect::<Vec<_>>().join("; ")),
        "look for missing segments under landing/ and for quarantined records (`inflow doctor`); `inflow replay --force` takes what there is",
    )
}
