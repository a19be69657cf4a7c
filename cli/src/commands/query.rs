//! `inflow query SQL`

use crate::app::App;
use crate::args::QueryArgs;
use crate::failure::Failure;

/// Prints what the engine answers.
pub async fn run(app: &App, args: &QueryArgs) -> Result<u8, Failure> {
    let opened = if args.write { app.open().await? } else { app.attach().await? };
    let bytes = if args.write { opened.store.write_bytes(&args.sql, &args.format).await? } else { opened.store.bytes(&args.sql, &[], &args.format).await? };
    app.printer.raw(&bytes);
    opened.store.shutdown().await;
    Ok(0)
}
