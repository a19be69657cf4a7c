//! `inflow query SQL`

use crate::app::App;
use crate::args::QueryArgs;
use crate::failure::Failure;
use futures::TryStreamExt;
use inflow_store::{Store, User};

/// Prints what the engine answers.
pub async fn run(app: &App, args: &QueryArgs) -> Result<u8, Failure> {
    let opened = if args.write { app.open().await? } else { app.attach().await? };
    let bytes = if args.write { write(&opened.store, args).await? } else { opened.store.bytes(&args.sql, &[], &args.format).await? };
    app.printer.raw(&bytes);
    opened.close().await;
    Ok(0)
}

async fn write(store: &Store, args: &QueryArgs) -> Result<bytes::Bytes, Failure> {
    let parts: Vec<bytes::Bytes> = store.stream(&args.sql, &[], &args.format, User::Writer).await?.try_collect().await?;
    Ok(parts.concat().into())
}
