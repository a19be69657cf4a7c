//! `inflow validate`

use inflow_actions::send::Outbox;

use crate::app::App;
use crate::args::ValidateArgs;
use crate::failure::Failure;

/// Checks everything; of the network only whether that is there by which messages leave, and nothing of it `offline`.
pub async fn run(app: &App, args: &ValidateArgs) -> Result<u8, Failure> {
    let config = app.config()?;
    let mut problems = config.check_secrets();
    if problems.is_empty() && !args.offline {
        problems = Outbox::new(&config, config.clock())?.unreachable().await;
    }
    if !problems.is_empty() {
        return Err(inflow_config::ConfigError { problems }.into());
    }
    let enabled = config.connections.iter().filter(|c| c.enabled).count();
    let (en, zh) = (
        format!("ok: {} channels, {} connections ({enabled} enabled)", config.channels.len(), config.connections.len()),
        format!("配置无误:{} 个渠道,{} 个连接({enabled} 个启用)", config.channels.len(), config.connections.len()),
    );
    app.printer.result(app.printer.pick(&en, &zh));
    let names = inflow_connectors::spec::names();
    let (en, zh) =
        (format!("connectors ({}): {}", names.len(), names.join(", ")), format!("可用连接器({} 个):{}", names.len(), names.join("、")));
    app.printer.result(app.printer.pick(&en, &zh));
    Ok(0)
}
