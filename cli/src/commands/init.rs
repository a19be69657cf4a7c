//! `inflow init`

use crate::app::{App, shown};
use crate::args::InitArgs;
use crate::failure::Failure;
use crate::workbook::{WORKBOOK_FILE, workbook};
use inflow_config::{Config, Lang, TEMPLATES, ZH_SME_TEMPLATE, template};
use std::path::{Path, PathBuf};

/// Writes a template beside the settings file; never over a file that is there.
pub fn run(app: &App, args: &InitArgs) -> Result<u8, Failure> {
    let files = template(&args.template).ok_or_else(|| {
        let known: Vec<&str> = TEMPLATES.iter().map(|(name, _)| *name).collect();
        Failure::user(format!("there is no template {:?}", args.template), format!("the templates are {}", known.join(", ")))
    })?;
    let with_workbook = args.template == ZH_SME_TEMPLATE;
    let folder = app.config_file.parent().unwrap_or(Path::new(""));
    let mut files: Vec<(PathBuf, Vec<u8>)> = files
        .iter()
        .map(|(name, text)| (if *name == "inflow.toml" { app.config_file.clone() } else { folder.join(name) }, text.as_bytes().to_vec()))
        .collect();
    let book = folder.join(WORKBOOK_FILE);
    let taken = files.iter().map(|(path, _)| path).chain(with_workbook.then_some(&book)).find(|path| path.exists());
    if let Some(taken) = taken {
        return Err(Failure::user(
            format!("{} is there already and stays as it is", shown(taken)),
            "move it away, or give --config with another folder",
        ));
    }
    for (path, bytes) in &files {
        write(path, bytes)?;
    }
    if with_workbook {
        // Its dropdowns hold the channels as they were written just now.
        let config = Config::load(&app.config_file, &inflow_config::process_env)?;
        let channels: Vec<String> = config.channels.iter().map(|channel| channel.name.get(Lang::Zh).to_owned()).collect();
        let today = config.clock().now().with_timezone(&config.settings.company.timezone).date_naive();
        let bytes = workbook(&channels, today).map_err(|error| Failure::user(format!("{WORKBOOK_FILE} cannot be written: {error}"), ""))?;
        write(&book, &bytes)?;
        files.push((book, bytes));
    }
    for (path, _) in &files {
        app.printer.result(&shown(path));
    }
    if with_workbook {
        app.printer.note(
            "next: fill in 招聘台账.xlsx (the sheet 说明 says how), then `inflow run --once` and `inflow report volume`",
            "下一步:填写招聘台账.xlsx(写法见“说明”表),然后运行 inflow run --once 与 inflow report volume",
        );
    } else {
        app.printer.note(
            "next: fill in a connection under connections/ and set enabled = true, then `inflow validate` and `inflow run --once`",
            "下一步:填写 connections/ 里的一个连接并设 enabled = true,然后运行 inflow validate 与 inflow run --once",
        );
    }
    Ok(0)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    Ok(std::fs::write(path, bytes)?)
}
