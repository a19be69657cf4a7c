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
    let now = config.clock().now();
    for silence in config.alerts.silence.iter().filter(|silence| silence.until <= now) {
        let (until, of) = (
            silence.until.format("%Y-%m-%d"),
            [&silence.rule, &silence.slice, &silence.channel].map(|of| of.as_deref().unwrap_or_default()),
        );
        let of = of.into_iter().filter(|of| !of.is_empty()).collect::<Vec<_>>().join(", ");
        app.printer.warn(
            &format!("alerts.toml: the silence of {of} ended on {until} and can go"),
            &format!("alerts.toml:{of} 的静默已于 {until} 结束,可删除"),
        );
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
