//! `inflow import KIND FILE...`

use super::run::summary;
use crate::app::{App, Pulling};
use crate::args::{ImportArgs, ImportKind};
use crate::failure::{Failure, exit};
use crate::host::Feeding;
use inflow_connectors::spec::Kind;

impl From<ImportKind> for Kind {
    fn from(kind: ImportKind) -> Self {
        match kind {
            ImportKind::Requisitions => Kind::Requisitions,
            ImportKind::Postings => Kind::Postings,
            ImportKind::Applications => Kind::Applications,
            ImportKind::Events => Kind::Events,
            ImportKind::ChannelDaily => Kind::ChannelDaily,
            ImportKind::Spend => Kind::Spend,
            ImportKind::Employment => Kind::Employment,
            ImportKind::Assessments => Kind::Assessments,
            ImportKind::Invitations => Kind::Invitations,
        }
    }
}

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
    let kind = Kind::from(args.kind);
    let pulling = Pulling::new(&opened)?;
    let feeding = opened.host.gate.feed(&connection.name, Feeding::Delivery, &app.stop, || opened.clock.now());
    let pass = app.unless_stopped(feeding).await?;
    let context = pulling.context(&opened, &pass.stop);
    let outcome = inflow_connectors::import(&context, connection, kind, &args.files, args.mapping.as_deref()).await;
    drop(pass);
    let failed = outcome.error.is_some();
    app.unless_stopped(opened.analyse(&[])).await??;
    summary(&app.printer, &[outcome]);
    opened.close().await;
    Ok(if failed { exit::USER } else { 0 })
}
