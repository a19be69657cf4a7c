//! `inflow analyze`

use crate::app::App;
use crate::args::AnalyzeArgs;
use crate::failure::Failure;

/// Links candidates and recomputes marts. All of a mart is recomputed, so `--full` asks for nothing more.
pub async fn run(app: &App, args: &AnalyzeArgs) -> Result<u8, Failure> {
    let opened = app.open().await?;
    app.unless_stopped(opened.analyse(&args.jobs)).await??;
    opened.close().await;
    app.printer.note("marts are up to date", "汇总表已更新");
    Ok(0)
}
