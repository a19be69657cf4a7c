//! `inflow erase`

use crate::app::App;
use crate::args::EraseArgs;
use crate::failure::Failure;
use inflow_pipeline::erase::{Target, erase};
use inflow_pipeline::replay::Scope;

/// Forgets one person and prints the receipt, which names nobody.
pub async fn run(app: &App, args: &EraseArgs) -> Result<u8, Failure> {
    let target = match (&args.phone, &args.email, &args.candidate, &args.application) {
        (Some(phone), ..) => Target::Phone(phone.clone()),
        (_, Some(email), ..) => Target::Email(email.clone()),
        (_, _, Some(key), _) => Target::candidate(key)?,
        (_, _, _, Some(key)) => Target::application(key)?,
        _ => return Err(Failure::user("nobody is named", "give --phone, --email, --candidate or --application")),
    };
    let opened = app.open().await?;
    let keys = opened.keys()?;
    // Who is sending has cases in hand: a step noted after this would keep the person's ids. The turn comes first, as everywhere.
    let turn = app.unless_stopped(opened.host.sending.lock()).await?;
    // A pull under way would land the person again from what it has in hand. From here on it is seen through.
    let alone = app.unless_stopped(opened.host.gate.alone()).await?;
    let receipt = erase(&opened.store, &opened.config, &opened.clock, &opened.data_dir, &keys, &target).await?;
    super::replay::fill_shadow(&opened, &Scope { connections: receipt.connections.clone(), from: None }).await?;
    opened.store.exchange_shadow().await?;
    inflow_pipeline::erase::done(&opened.store, &receipt).await?;
    drop(alone);
    drop(turn);
    opened.close().await;
    app.printer.result(&serde_json::to_string_pretty(&receipt).map_err(Failure::ours)?);
    Ok(0)
}
