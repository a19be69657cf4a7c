//! The example that `inflow init` writes must itself be good.

use std::collections::BTreeSet;
use std::path::PathBuf;

use inflow_config::{Lang, Settings, TEMPLATES, example, template};

use crate::Folder;

#[test]
fn loads_without_errors_and_pulls_nothing_yet() {
    let config = Folder::new(example()).load(&[]).unwrap_or_else(|error| panic!("{error}"));
    let connections: Vec<&str> = config.connections.iter().map(|c| c.connector.as_str()).collect();
    assert_eq!(connections, ["boss", "greenhouse", "lever", "mailbox", "moka", "file"]);
    assert!(config.connections.iter().all(|connection| !connection.enabled));
    assert_eq!(config.check_secrets(), [], "secrets of disabled connections are not asked for");
    assert_eq!(config.channels.len(), 12);
    assert_eq!(config.channel("boss").unwrap().name.get(Lang::Zh), "BOSS直聘");
    assert_eq!(config.channel("wuba58").unwrap().name.get(Lang::En), "58.com");
}

#[test]
fn what_is_commented_out_is_right_as_well() {
    let files: Vec<(&str, String)> = example().iter().map(|(path, text)| (*path, uncomment(text))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let config = Folder::new(&files).load(&[]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(config.settings.rates.len(), 1);
    assert_eq!(config.settings.store.threads, Some(4));
    assert_eq!(config.channel("boss").unwrap().terms.len(), 1);
    assert!(config.settings.clock.fixed.is_some());
    // They show the defaults, wherever there is one.
    let default = Settings::default();
    assert_eq!(config.settings.serve.page, default.serve.page);
    assert_eq!(config.settings.serve.clickhouse, default.serve.clickhouse);
    assert_eq!(config.settings.identity, default.identity);
    assert_eq!(config.settings.landing, default.landing);
    let http = &config.settings.http;
    assert_eq!(
        (http.connect_timeout, http.timeout, http.max_answer),
        (default.http.connect_timeout, default.http.timeout, default.http.max_answer)
    );
    assert_eq!(config.settings.store.max_memory, default.store.max_memory);
}

/// Turns `# key = value` and `# [table]` into TOML, and leaves sentences alone.
fn uncomment(text: &str) -> String {
    let is_toml = |line: &&str| toml::from_str::<toml::Table>(line).is_ok();
    text.lines().map(|line| line.strip_prefix("# ").filter(is_toml).unwrap_or(line)).fold(String::new(), |text, line| text + line + "\n")
}

#[test]
fn the_workbook_template_loads_with_and_without_its_comments() {
    let files = template("zh-sme").unwrap();
    let config = Folder::new(files).load(&[]).unwrap_or_else(|error| panic!("{error}"));
    let connection = config.connection("ledger").unwrap();
    assert!(connection.enabled && connection.path.is_some());
    assert!(connection.source_map.values().all(|channel| config.channel(channel).is_some()));
    let files: Vec<(&str, String)> = files.iter().map(|(path, text)| (*path, uncomment(text))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let config = Folder::new(&files).load(&[]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(config.settings.identity, Settings::default().identity);
    assert_eq!(config.settings.serve.page, Settings::default().serve.page);
    assert_eq!(config.channel("boss").unwrap().terms.len(), 1);
}

#[test]
fn holds_every_file_of_the_folder() {
    for (name, files) in TEMPLATES {
        holds_every_file_of(name, files);
    }
}

fn holds_every_file_of(name: &str, files: &[(&str, &str)]) {
    let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("examples").join(name);
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.clone()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(&folder).expect("below the folder").to_str().expect("UTF-8").to_owned());
            }
        }
    }
    let listed: BTreeSet<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(listed, found);
}
