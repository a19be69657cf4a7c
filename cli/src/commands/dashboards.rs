//! `inflow dashboards DIR`

use crate::app::{App, shown};
use crate::args::DashboardsArgs;
use crate::failure::Failure;
use inflow_dashboards::grafana;

/// Writes what Grafana needs: dashboards, data source, alert rules. They are the program's own, so files of their names are replaced.
pub fn run(app: &App, args: &DashboardsArgs) -> Result<u8, Failure> {
    // The amounts carry the company's currency where there is a company; the dashboards alone need none.
    let currency = if app.config_file.exists() { app.config()?.settings.company.currency.to_string() } else { "CNY".to_owned() };
    let files = grafana::files(&currency).map_err(Failure::ours)?;
    let count = files.len();
    for (path, text) in files {
        let path = args.dir.join(path);
        let written = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, text));
        written.map_err(|error| {
            Failure::user(format!("{} cannot be written: {error}", shown(&path)), "name a folder that you may write to")
        })?;
    }
    app.printer.result(&format!("{count} files in {}: en, zh, provisioning", shown(&args.dir)));
    app.printer.note("next: docs/grafana.md of the project says where Grafana wants them", "下一步:放置位置见项目的 docs/grafana.zh.md");
    Ok(0)
}
