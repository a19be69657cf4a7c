//! `inflow import KIND FILE...` and `inflow import --suggest-mapping FILE...`

use super::run::summary;
use crate::app::{App, Pulling, own_specs};
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
            ImportKind::BankLines => Kind::BankLines,
            ImportKind::Invoices => Kind::Invoices,
            ImportKind::Employment => Kind::Employment,
            ImportKind::Assessments => Kind::Assessments,
            ImportKind::Invitations => Kind::Invitations,
        }
    }
}

/// Reads the files into the connection, then marts.
pub async fn run(app: &App, args: &ImportArgs) -> Result<u8, Failure> {
    let (Some(kind), Some(name)) = (args.kind, &args.connection) else {
        return Err(Failure::user("KIND or --connection is missing", "inflow import KIND FILE... --connection C"));
    };
    let opened = app.open().await?;
    let Some(connection) = opened.config.connection(name) else {
        let known: Vec<&str> = opened.config.connections.iter().map(|c| c.name.as_str()).collect();
        return Err(Failure::user(format!("there is no connection {name:?}"), format!("the connections are {}", known.join(", "))));
    };
    let kind = Kind::from(kind);
    let pulling = Pulling::new(&opened)?;
    let feeding = opened.host.gate.feed(&connection.name, Feeding::Delivery, &app.stop, || opened.clock.now());
    let pass = app.unless_stopped(feeding).await?;
    let context = pulling.context(&opened, &pass.stop);
    let outcome = inflow_connectors::import(&context, connection, kind, &args.files, args.mapping.as_deref()).await;
    drop(pass);
    let failed = outcome.error.is_some();
    app.unless_stopped(opened.analyse_changes()).await??;
    summary(&app.printer, &[outcome]);
    opened.close().await;
    Ok(if failed { exit::USER } else { 0 })
}

/// Prints a mapping proposed from the headers of the files; words about it go to stderr.
pub fn suggest(app: &App, args: &ImportArgs) -> Result<u8, Failure> {
    own_specs(&app.config_file)?;
    let kind = args.suggest_kind.or(args.kind).map(Kind::from);
    let proposed =
        inflow_connectors::suggest_mapping(&args.suggest_mapping, kind, app.printer.lang).map_err(|error| Failure::explain(&error))?;
    app.printer.raw(proposed.mapping.as_bytes());
    let (understood, all) = proposed.understood;
    let rows = proposed.rows.map_or_else(|| "-".to_owned(), |rows| rows.to_string());
    app.printer.note(
        &format!("{}: {understood} of {all} headers understood, {rows} rows read with this mapping", proposed.kind),
        &format!("{}: 理解了 {all} 个表头中的 {understood} 个, 用此映射可读 {rows} 行", proposed.kind),
    );
    if let Some(connector) = proposed.connectors.first() {
        app.printer.note(
            &format!("the connector {connector} reads these files without a mapping"),
            &format!("连接器 {connector} 无需映射即可读取这些文件"),
        );
    }
    for remark in &proposed.remarks {
        app.printer.warn(remark, remark);
    }
    if proposed.lacks.is_empty() {
        return Ok(0);
    }
    Err(Failure::user(
        format!("the proposal cannot be used yet: no header is understood as {}", proposed.lacks.join("; nor as ")),
        "fill in the lines marked NEEDED (必填), or name another kind with --kind",
    ))
}
