//! `inflow connector ..`: what there is, a new one, a spec against its fixtures, a connection tried with one call.

use crate::app::{App, own_specs, shown};
use crate::args::{ConnectorCheck, ConnectorCommand};
use crate::failure::{Failure, exit};
use inflow_config::Lang;
use inflow_connectors::examine::{Entries, Fetched, Found, add_detail, entries_of, examine, examine_fixtures, records_of};
use inflow_connectors::http::{Http, HttpOptions};
use inflow_connectors::spec::{FILE_CONNECTOR, Kind, Spec, WEBHOOK_CONNECTOR, all, parse_spec, spec};
use std::path::{Path, PathBuf};

/// Dispatches.
pub async fn run(app: &App, command: &ConnectorCommand) -> Result<u8, Failure> {
    match command {
        ConnectorCommand::List => list(app),
        ConnectorCommand::New { name } => new(app, name),
        ConnectorCommand::Check(args) => check(app, args),
        ConnectorCommand::Test { connection } => test(app, connection).await,
    }
}

fn list(app: &App) -> Result<u8, Failure> {
    own_specs(&app.config_file)?;
    for spec in all() {
        let title = if app.printer.lang == Lang::Zh { &spec.title.zh } else { &spec.title.en };
        let mut kinds: Vec<&str> =
            spec.streams.iter().map(|stream| stream.kind).filter(|kind| *kind != Kind::Reference).map(Kind::as_str).collect();
        kinds.sort_unstable();
        kinds.dedup();
        app.printer.result(&format!("{:<22} {:<14} {title}: {}", spec.name, spec.way_in.as_str(), kinds.join(", ")));
    }
    app.printer.result(&format!(
        "{FILE_CONNECTOR:<22} {:<14} {}",
        "export",
        app.printer.pick("any csv, xlsx, ndjson or json file by a mapping of your own", "任意表格文件(自写映射)")
    ));
    app.printer.result(&format!(
        "{WEBHOOK_CONNECTOR:<22} {:<14} {}",
        "official_api",
        app.printer.pick("any system that sends signed JSON, by a mapping of your own", "任意发送签名 JSON 的系统(自写映射)")
    ));
    Ok(0)
}

const TEMPLATE: &str = include_str!("../../templates/connector.toml");
const TEMPLATE_FIXTURE: &str = include_str!("../../templates/connector.jobs.json");
const TEMPLATE_PEOPLE: &str = include_str!("../../templates/connector.applications.json");

/// Writes a commented spec and its fixtures beside inflow.toml; they pass `inflow connector check` as they are.
fn new(app: &App, name: &str) -> Result<u8, Failure> {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && name.starts_with(|c: char| c.is_ascii_lowercase());
    if !plain {
        return Err(Failure::user(
            format!("{name:?} is no name for a connector"),
            "use lower-case letters, digits and _, such as `teahouse`",
        ));
    }
    if [FILE_CONNECTOR, WEBHOOK_CONNECTOR].contains(&name) || spec(name).is_some() {
        return Err(Failure::user(
            format!("there is a connector {name} already"),
            "`inflow connector list` shows all; choose another name",
        ));
    }
    let folder = own_folder(&app.config_file);
    let files = [
        (folder.join(format!("{name}.toml")), TEMPLATE.replace("NAME", name)),
        (folder.join("fixtures").join(name).join("jobs.json"), TEMPLATE_FIXTURE.to_owned()),
        (folder.join("fixtures").join(name).join("applications.json"), TEMPLATE_PEOPLE.to_owned()),
    ];
    if let Some((taken, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(Failure::user(format!("{} is there already and stays as it is", shown(taken)), "choose another name, or move it away"));
    }
    for (path, text) in &files {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, text)?;
        app.printer.result(&shown(path));
    }
    let (en, zh) = (
        format!("next: change the spec until `inflow connector check {name}` reads what you want, then name it in a connection"),
        format!("下一步:修改规格,直到 inflow connector check {name} 读出所需内容,再在连接里使用它"),
    );
    app.printer.note(&en, &zh);
    Ok(0)
}

fn own_folder(config_file: &Path) -> PathBuf {
    config_file.parent().unwrap_or(Path::new("")).join("connectors")
}

/// Reads a spec against its fixtures, or one of its streams against an answer.
fn check(app: &App, args: &ConnectorCheck) -> Result<u8, Failure> {
    let folder = own_folder(&app.config_file);
    let (read, fixtures) = match args.spec.as_deref() {
        Some(file) if Path::new(file).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml")) => {
            let text = std::fs::read_to_string(file)
                .map_err(|error| Failure::user(format!("{file}: {error}"), "name a spec file or a connector"))?;
            let spec = parse_spec(&text, file).map_err(|error| Failure::explain(&error))?;
            let beside = Path::new(file).parent().unwrap_or(Path::new("")).join("fixtures").join(&spec.name);
            (vec![spec], beside)
        }
        Some(name) => {
            own_specs(&app.config_file)?;
            let found =
                spec(name).ok_or_else(|| Failure::user(format!("there is no connector {name}"), "`inflow connector list` shows all"))?;
            (vec![found.clone()], folder.join("fixtures").join(name))
        }
        None => {
            own_specs(&app.config_file)?;
            let own: Vec<Spec> =
                all().into_iter().filter(|spec| inflow_connectors::spec::built_in(&spec.name).is_none()).cloned().collect();
            if own.is_empty() {
                return Err(Failure::user("there is no spec of your own to check", "`inflow connector new NAME` writes one"));
            }
            (own, folder.join("fixtures"))
        }
    };
    let mut bad = false;
    for spec in &read {
        let fixtures = match (&args.fixtures, args.spec.is_some()) {
            (Some(folder), _) => folder.clone(),
            (None, true) => fixtures.clone(),
            (None, false) => fixtures.join(&spec.name),
        };
        let all = if args.answers.is_empty() {
            examine_fixtures(spec, &fixtures, fetched())
                .map_err(|reason| Failure::user(reason, "write the fixture: an answer of the board with invented people"))?
        } else {
            answers(spec, args)?
        };
        for found in &all {
            bad |= print(app, spec, found);
        }
    }
    Ok(if bad { exit::USER } else { 0 })
}

fn fetched() -> Fetched {
    Fetched { at: inflow_config::Clock::now(&inflow_config::SystemClock), zone: chrono_tz::Asia::Shanghai }
}

fn answers(spec: &Spec, args: &ConnectorCheck) -> Result<Vec<Found>, Failure> {
    let named = args.stream.as_deref();
    let stream = match named {
        Some(name) => spec.stream(name),
        None => spec.streams.first(),
    };
    let known: Vec<&str> = spec.streams.iter().map(|stream| stream.name.as_str()).collect();
    let stream =
        stream.ok_or_else(|| Failure::user(format!("{} has no stream {}", spec.name, named.unwrap_or_default()), known.join(", ")))?;
    let mut records = Vec::new();
    for file in &args.answers {
        let bytes = std::fs::read(file)?;
        let found = records_of(spec, stream, &bytes, None)
            .map_err(|reason| Failure::user(format!("{}: {reason}", shown(file)), "is it an answer to this list?"))?;
        records.extend(found);
    }
    for (key, file) in args.details.iter().filter_map(|pair| pair.split_once('=')) {
        let bytes = std::fs::read(file)?;
        add_detail(spec, stream, key, &bytes, &mut records)
            .map_err(|reason| Failure::user(format!("{file}: {reason}"), "is it an answer to this second call?"))?;
    }
    let mut references = Entries::new();
    for (name, file) in args.references.iter().filter_map(|pair| pair.split_once('=')) {
        let reference = spec.stream(name).ok_or_else(|| Failure::user(format!("{} has no stream {name}", spec.name), known.join(", ")))?;
        let bytes = std::fs::read(file)?;
        let listed = records_of(spec, reference, &bytes, None)
            .map_err(|reason| Failure::user(format!("{file}: {reason}"), "is it an answer to this list?"))?;
        references.insert(name.to_owned(), entries_of(reference, &listed));
    }
    Ok(vec![examine(spec, stream, &records, &references, fetched())])
}

/// Says what was found; true when something is wrong.
fn print(app: &App, spec: &Spec, found: &Found) -> bool {
    let words = &app.printer;
    words.result(&format!("{}: {}: {} {}", spec.name, found.stream, found.records, words.pick("records", "条记录")));
    for (column, value) in &found.first {
        let short: String = value.chars().take(70).collect::<String>().replace('\n', " ");
        words.result(&format!("  {column:<24} {short}"));
    }
    for event in &found.events {
        words.result(&format!("  {:<24} {event}", words.pick("event", "事件")));
    }
    for what in &found.nothing {
        words.result(&format!("  {}: {what}", words.pick("finds nothing in any record", "任何记录中都找不到")));
    }
    for what in &found.unreadable {
        words.result(&format!("  {}: {what}", words.pick("cannot be read", "无法读取")));
    }
    !found.unreadable.is_empty() || (found.records > 0 && !found.nothing.is_empty())
}

/// Tries a connection with one small call.
async fn test(app: &App, name: &str) -> Result<u8, Failure> {
    let config = app.config()?;
    let Some(connection) = config.connection(name) else {
        let known: Vec<&str> = config.connections.iter().map(|c| c.name.as_str()).collect();
        return Err(Failure::user(format!("there is no connection {name:?}"), format!("the connections are {}", known.join(", "))));
    };
    let clock = config.clock();
    // The data folder may be held by a process that pulls.
    let options = HttpOptions::of(&config, std::sync::Arc::clone(&clock), None);
    let http = Http::new(options).map_err(|error| Failure::explain(&error))?;
    match inflow_connectors::probe(&http, &config, connection, &clock).await {
        Ok(probe) if connection.path.is_some() => {
            let (en, zh) = (
                format!("ok: {}: {} records in its files ({})", probe.place, probe.records, probe.stream),
                format!("正常:{} 的文件中有 {} 条记录({})", probe.place, probe.records, probe.stream),
            );
            app.printer.result(app.printer.pick(&en, &zh));
            Ok(0)
        }
        Ok(probe) => {
            let (en, zh) = (
                format!(
                    "ok: {} answered: {} records of {} on the first page ({} requests)",
                    probe.place, probe.records, probe.stream, probe.requests
                ),
                format!("正常:{} 已应答,{} 首页 {} 条记录(请求 {} 次)", probe.place, probe.stream, probe.records, probe.requests),
            );
            app.printer.result(app.printer.pick(&en, &zh));
            Ok(0)
        }
        Err(error) => {
            let error = error.at(name);
            Err(Failure::explain(&error))
        }
    }
}
