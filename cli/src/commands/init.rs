//! `inflow init`

use crate::app::{App, shown};
use crate::args::InitArgs;
use crate::failure::Failure;
use std::path::Path;

/// Writes the example beside the settings file; never over a file that is there.
pub fn run(app: &App, args: &InitArgs) -> Result<u8, Failure> {
    if args.template != "default" {
        return Err(Failure::user(format!("there is no template {:?}", args.template), "the one template so far is `default`"));
    }
    let folder = app.config_file.parent().unwrap_or(Path::new(""));
    let files: Vec<_> = inflow_config::example()
        .iter()
        .map(|(name, text)| (if *name == "inflow.toml" { app.config_file.clone() } else { folder.join(name) }, *text))
        .collect();
    if let Some((taken, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(Failure::user(
            format!("{} is there already and stays as it is", shown(taken)),
            "move it away, or give --config with another folder",
        ));
    }
    for (path, text) in &files {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, text)?;
        app.printer.result(&shown(path));
    }
    app.printer.note(
        "next: fill in a connection under connections/ and set enabled = true, then `inflow validate` and `inflow run --once`",
        "下一步:填写 connections/ 里的一个连接并设 enabled = true,然后运行 inflow validate 与 inflow run --once",
    );
    Ok(0)
}
