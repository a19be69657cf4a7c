//! `inflow feed`: the company's own openings for job search sites.

use crate::app::{App, shown};
use crate::args::{FeedArgs, FeedFormat};
use crate::failure::Failure;
use inflow_actions::feed::{LeftOut, Openings, indeed, is_id, json_ld, page, rss};
use std::io::Write;
use std::path::Path;

/// Prints a feed or writes it, and says what is not in it and why.
pub async fn run(app: &App, args: &FeedArgs) -> Result<u8, Failure> {
    let opened = app.attach().await?;
    let read = {
        let _nothing_exchanged = opened.host.gate.read().await;
        Openings::read(&opened.store, &opened.config, opened.clock.now()).await
    };
    opened.close().await;
    let openings = read.map_err(|error| Failure::explain(&error))?;
    let (count, left) = match args.format {
        FeedFormat::Indeed => {
            let written = indeed(&openings);
            put(app, args.out.as_deref(), &written.text)?;
            (written.count, written.left)
        }
        FeedFormat::Rss => {
            let no_site = || {
                Failure::user("an RSS feed needs the company's site", "`site = \"https://www.example.com/\"` under [feed] in inflow.toml")
            };
            let written = rss(&openings).ok_or_else(no_site)?;
            put(app, args.out.as_deref(), &written.text)?;
            (written.count, written.left)
        }
        FeedFormat::Jsonld => pages(app, args.out.as_deref(), &openings)?,
    };
    told(app, count, &left);
    Ok(0)
}

/// The document to a file, or to stdout.
fn put(app: &App, out: Option<&Path>, text: &str) -> Result<(), Failure> {
    if let Some(file) = out {
        return write(file, text);
    }
    app.printer.raw(text.as_bytes());
    Ok(())
}

/// A file is whole or not there: a site may read it meanwhile.
fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut aside| {
        aside.write_all(text.as_bytes())?;
        // Whoever serves it is another user than we are, as a rule.
        #[cfg(unix)]
        std::fs::set_permissions(aside.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        aside.persist(file).map(drop).map_err(|error| error.error)
    });
    written.map_err(|error| Failure::user(format!("{} cannot be written: {error}", shown(file)), "--out names a file, for jsonld a folder"))
}

/// A page of each opening in a folder, or one JSON document. Pages of openings that are closed now are removed.
fn pages(app: &App, out: Option<&Path>, openings: &Openings) -> Result<(usize, Vec<LeftOut>), Failure> {
    let (objects, left) = json_ld(openings);
    let Some(folder) = out else {
        let all: Vec<_> = objects.iter().map(|(_, object)| object).collect();
        app.printer.result(&serde_json::to_string_pretty(&all).map_err(Failure::ours)?);
        return Ok((objects.len(), left));
    };
    let failed = |error: std::io::Error| Failure::user(format!("{}: {error}", shown(folder)), "for jsonld, --out names a folder");
    std::fs::create_dir_all(folder).map_err(failed)?;
    for (id, _) in &objects {
        if let Some(text) = openings.get(id).and_then(|opening| page(openings, opening)) {
            write(&folder.join(format!("{id}.html")), &text)?;
        }
    }
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        // Only what this command wrote: sixteen hex digits and .html.
        let id = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".html"));
        let own = id.filter(|id| is_id(id));
        if own.is_some_and(|id| objects.iter().all(|(one, _)| one != id)) {
            std::fs::remove_file(&path).map_err(failed)?;
        }
    }
    Ok((objects.len(), left))
}

fn told(app: &App, count: usize, left: &[LeftOut]) {
    for one in left {
        app.printer.warn(&format!("left out: {}: {}", one.title, one.en), &format!("未列入:{}:{}", one.title, one.zh));
    }
    let without = left.len();
    app.printer.note(&format!("{count} openings, {without} left out"), &format!("{count} 个职位,{without} 个未列入"));
}
