//! The written folder is a configuration that the product reads without a complaint.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;

use inflow_config::{Config, Currency};
use inflow_simulator::{Server, World, scenario};

static WORLD: LazyLock<World> = LazyLock::new(|| scenario("seed", 1).unwrap());

#[tokio::test]
async fn the_folder_is_a_valid_configuration() {
    let world = &*WORLD;
    let server = Server::start(world.boards()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    world.write_config(folder.path(), &server).unwrap();
    let config = Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(config.settings.clock.fixed, Some(world.now));
    assert_eq!(config.channels.len(), 12);
    assert!(config.check_secrets().is_empty(), "{:?}", config.check_secrets());
    let usd: Currency = "USD".parse().unwrap();
    assert_eq!(config.settings.rate(usd, world.from).unwrap().to_string(), "7.1234");
    assert_eq!(config.settings.rate(usd, world.to).unwrap().to_string(), "7.0865");
    let connectors: BTreeSet<&str> = config.connections.iter().map(|connection| connection.connector.as_str()).collect();
    assert_eq!(connectors, BTreeSet::from(["file", "greenhouse", "lever", "moka"]));
    for connection in &config.connections {
        if let Some(mapping) = &connection.mapping {
            assert!(folder.path().join(mapping).is_file(), "{}", mapping.display());
        }
        if let Some(base) = &connection.base_url {
            assert_eq!(base, &server.url(&connection.name));
        }
    }
}

#[tokio::test]
async fn writing_twice_writes_the_same() {
    let world = &*WORLD;
    let server = Server::start(world.boards()).await.unwrap();
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    world.write_config(one.path(), &server).unwrap();
    world.write_config(other.path(), &server).unwrap();
    world.write_config(other.path(), &server).unwrap();
    for path in [
        "exports/douyin/投递1-下半年.csv",
        "exports/wuba58/投递2-上半年.csv",
        "exports/kuaishou/cases-a.ndjson",
        "exports/ledger/台账.csv",
        "truth.json",
    ] {
        let bytes = |folder: &tempfile::TempDir| fs::read(folder.path().join(path)).unwrap();
        assert!(bytes(&one).len() > 1_000, "{path}");
        assert_eq!(bytes(&one), bytes(&other), "{path}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn keys_are_for_the_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let world = &*WORLD;
    let server = Server::start(world.boards()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    world.write_config(folder.path(), &server).unwrap();
    for entry in fs::read_dir(folder.path().join("keys")).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn one_sheet_is_gbk_and_one_is_not_in_order() {
    let world = &*WORLD;
    let server = Server::start(world.boards()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    world.write_config(folder.path(), &server).unwrap();
    let gbk = fs::read(folder.path().join("exports/wuba58/职位.csv")).unwrap();
    assert!(std::str::from_utf8(&gbk).is_err());
    let (text, _, wrong) = encoding_rs::GBK.decode(&gbk);
    assert!(!wrong && text.starts_with("职位编号,渠道,"));
    let utf8 = fs::read_to_string(folder.path().join("exports/douyin/投递1-下半年.csv")).unwrap();
    assert!(utf8.starts_with("\u{feff}投递编号,"));
    // A case of July that moved in August stands in both files, its older state in the one that is read last.
    let older = fs::read_to_string(folder.path().join("exports/douyin/投递2-上半年.csv")).unwrap();
    let ids = |text: &str| text.lines().skip(1).filter_map(|line| line.split(',').next().map(ToOwned::to_owned)).collect::<BTreeSet<_>>();
    assert!(ids(&utf8).intersection(&ids(&older)).count() > 20);
}
