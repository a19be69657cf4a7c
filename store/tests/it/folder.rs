//! One process holds the folder; what it leaves is taken up by the next. Each part runs as a process of its own.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use inflow_config::{Explain, StoreSettings};
use inflow_store::{Store, StoreError, StoreOptions};
use serde_json::json;

use crate::support::{child, given_folder, pass_child, run, run_child};

#[test]
fn a_second_process_reads_and_does_not_write() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    let mut holder = child("folder::child_holds", &folder).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("holding")));
    pass_child("folder::child_is_second", &folder);
    holder.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert!(holder.wait().unwrap().success());
    // The lock goes with the process.
    pass_child("folder::child_opens_again", &folder);
}

#[test]
#[ignore = "run by another test"]
fn child_holds() {
    run(async {
        let store = Store::open(StoreOptions::new(given_folder())).await.unwrap();
        assert!(store.is_holder());
        store.commit_cursor("c", "s", "from the holder").await.unwrap();
        let mut out = std::io::stdout();
        writeln!(out, "holding").unwrap();
        out.flush().unwrap();
        tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await.unwrap().unwrap();
        store.shutdown().await;
    });
}

#[test]
#[ignore = "run by another test"]
fn child_is_second() {
    run(async {
        let error = Store::open(StoreOptions::new(given_folder())).await.unwrap_err();
        assert!(matches!(&error, StoreError::Held { pid: Some(_), url: Some(_), .. }), "{error:?}");
        assert!(error.to_string().contains("is held by another inflow process (process "), "{error}");
        assert_eq!((error.hint().is_some(), error.exit_code()), (true, 1));
        let store = Store::attach(StoreOptions::new(given_folder())).await.unwrap();
        assert!(!store.is_holder());
        assert_eq!(store.cursor("c", "s").await.unwrap().as_deref(), Some("from the holder"));
        assert_eq!(store.bytes("SELECT cursor FROM inflow_state.cursors", &[], "TSV").await.unwrap(), "from the holder\n");
        let writes = [
            store.execute("DROP TABLE postings", &[], &[]).await.unwrap_err(),
            store.commit_cursor("c", "s", "x").await.unwrap_err(),
            store.create_shadow().await.unwrap_err(),
            store.rebuild_table("inflow", "spend_days", &["SELECT 1".to_owned()], &[], &[]).await.unwrap_err(),
        ];
        for error in writes {
            assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
            assert!(error.to_string().starts_with("this command writes, and the data folder "), "{error}");
        }
    });
}

#[test]
#[ignore = "run by another test"]
fn child_opens_again() {
    run(async {
        let store = Store::attach(StoreOptions::new(given_folder())).await.unwrap();
        assert!(store.is_holder());
        assert_eq!(store.cursor("c", "s").await.unwrap().as_deref(), Some("from the holder"));
        for (file, mode) in [("clickhouse.password", 0o600), ("endpoint.json", 0o600)] {
            assert_eq!(std::fs::metadata(given_folder().join(file)).unwrap().permissions().mode() & 0o777, mode, "{file}");
        }
        assert_eq!(std::fs::metadata(given_folder()).unwrap().permissions().mode() & 0o077, 0);
        // Within one process the folder can be opened again; another folder cannot.
        store.shutdown().await;
        let again = Store::open(StoreOptions::new(given_folder())).await.unwrap();
        assert_eq!(again.cursor("c", "s").await.unwrap().as_deref(), Some("from the holder"));
        let elsewhere = Store::open(StoreOptions::new(given_folder().join("elsewhere"))).await.unwrap_err();
        assert!(elsewhere.to_string().contains("cannot also open"), "{elsewhere}");
    });
}

#[test]
fn a_changed_migration_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    pass_child("folder::child_tampers", folder.path());
    pass_child("folder::child_notices", folder.path());
}

#[test]
#[ignore = "run by another test"]
fn child_tampers() {
    run(async {
        let store = Store::open(StoreOptions::new(given_folder())).await.unwrap();
        store
            .execute("ALTER TABLE inflow_state.schema_migrations UPDATE checksum = 'x' WHERE 1", &[], &[("mutations_sync", "2")])
            .await
            .unwrap();
    });
}

#[test]
#[ignore = "run by another test"]
fn child_notices() {
    run(async {
        let error = Store::open(StoreOptions::new(given_folder())).await.unwrap_err();
        assert_eq!(error.to_string(), "migration 0001_first_light of database inflow_state was changed after it had been run");
        assert!(error.hint().is_some());
    });
}

/// Cut off after tables were exchanged and before that was all: what was exchanged is not exchanged back.
#[test]
fn a_migration_that_was_cut_off_after_its_exchange_goes_on_from_there() {
    let folder = tempfile::tempdir().unwrap();
    pass_child("folder::child_is_cut_off", folder.path());
    pass_child("folder::child_goes_on", folder.path());
}

#[test]
#[ignore = "run by another test"]
fn child_is_cut_off() {
    run(async {
        let store = Store::open(StoreOptions::new(given_folder())).await.unwrap();
        for sql in [
            "CREATE TABLE inflow.candidate_links_by_change (connection String, source_id String, person_id String, basis Array(String), members UInt32, \
             connections UInt16, linkable UInt8) ENGINE = MergeTree ORDER BY source_id",
            "ALTER TABLE inflow.schema_migrations DELETE WHERE name = '0012_links_by_change'",
        ] {
            store.execute(sql, &[], &[("mutations_sync", "2")]).await.unwrap();
        }
        store.shutdown().await;
    });
}

#[test]
#[ignore = "run by another test"]
fn child_goes_on() {
    run(async {
        let store = Store::open(StoreOptions::new(given_folder())).await.unwrap();
        let sql = "SELECT countIf(table = 'candidate_links' AND name = 'candidate') AS kept, countIf(table = 'candidate_links_by_change') AS beside \
                   FROM system.columns WHERE database = 'inflow'";
        let rows = store.rows(sql, &[]).await.unwrap();
        assert_eq!((&rows[0]["kept"], &rows[0]["beside"]), (&json!(1), &json!(0)));
    });
}

#[test]
fn a_newer_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    pass_child("folder::child_writes_future", folder.path());
    let output = run_child("folder::child_opens", folder.path());
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("9999_future"), "{text}");
}

#[test]
#[ignore = "run by another test"]
fn child_writes_future() {
    run(async {
        let store = Store::open(StoreOptions::new(given_folder())).await.unwrap();
        let row = json!({"name": "9999_future", "checksum": "x", "applied_at": "2026-01-01T00:00:00Z"}).to_string();
        store.insert("inflow", "schema_migrations", &[], "JSONEachRow", row.into(), "").await.unwrap();
    });
}

#[test]
#[ignore = "run by another test"]
fn child_opens() {
    run(async { Store::open(StoreOptions::new(given_folder())).await.unwrap() });
}

#[test]
fn a_half_done_exchange_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    pass_child("folder::child_breaks_off", folder.path());
    assert!(folder.path().join("exchange.journal").exists());
    pass_child("folder::child_finishes", folder.path());
    assert!(!folder.path().join("exchange.journal").exists());
}

async fn put(store: &Store, database: &str, name: &str) {
    for table in ["channels", "candidate_links"] {
        let row = match table {
            "channels" => json!({"channel": name, "name_en": name}),
            _ => json!({"connection": name, "source_id": name}),
        };
        let columns: &[&str] = if table == "channels" { &["channel", "name_en"] } else { &["connection", "source_id"] };
        store.insert(database, table, columns, "JSONEachRow", row.to_string().into(), "").await.unwrap();
    }
}

/// Every folder of the engine's storage belongs to a table or database that is there.
async fn only_known_folders(store: &Store) {
    let sql = "SELECT toString(uuid) AS uuid FROM system.tables UNION ALL SELECT toString(uuid) FROM system.databases";
    let known: Vec<String> = store.rows(sql, &[]).await.unwrap().iter().map(|row| row["uuid"].as_str().unwrap().to_owned()).collect();
    let mut seen = 0;
    for prefix in std::fs::read_dir(given_folder().join("clickhouse/store")).unwrap() {
        for entry in std::fs::read_dir(prefix.unwrap().path()).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(known.contains(&name), "{name} is left over");
            seen += 1;
        }
    }
    assert!(seen > 10);
}

async fn names(store: &Store) -> String {
    let rows = store
        .rows("SELECT (SELECT groupArray(channel) FROM channels) AS a, (SELECT groupArray(connection) FROM candidate_links) AS b", &[])
        .await
        .unwrap();
    serde_json::to_string(&rows[0]).unwrap()
}

#[test]
#[ignore = "run by another test"]
fn child_breaks_off() {
    run(async {
        let store = Store::open(StoreOptions::new(given_folder())).await.unwrap();
        put(&store, "inflow", "old").await;
        store.execute("CREATE VIEW inflow.a_view AS SELECT count() AS n FROM inflow.channels", &[], &[]).await.unwrap();
        // One that goes through.
        let shadow = store.create_shadow().await.unwrap();
        put(&store, &shadow, "middle").await;
        assert!(store.is_settled());
        let watching = store.clone();
        let watched = tokio::spawn(async move {
            for _ in 0..10_000 {
                if !watching.is_settled() {
                    return true;
                }
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
            false
        });
        store.exchange_shadow().await.unwrap();
        assert!(watched.await.unwrap(), "while tables change places nobody is told that all is well");
        assert!(store.is_settled());
        assert_eq!(names(&store).await, r#"{"a":["middle"],"b":["middle"]}"#);
        assert!(store.rows("SELECT 1 FROM system.databases WHERE name = 'inflow_shadow'", &[]).await.unwrap().is_empty());
        only_known_folders(&store).await;
        // One that breaks off after its first table: what the journal says, and one step of it.
        put(&store, &store.create_shadow().await.unwrap(), "new").await;
        let sql = "SELECT name, toString(uuid) AS uuid FROM system.tables WHERE database = 'inflow_shadow' AND engine NOT LIKE '%View' ORDER BY name";
        let tables: Vec<_> = store.rows(sql, &[]).await.unwrap().iter().map(|row| json!([row["name"], row["uuid"]])).collect();
        std::fs::write(given_folder().join("exchange.journal"), json!({"tables": tables}).to_string()).unwrap();
        store.execute("EXCHANGE TABLES inflow.candidate_links AND inflow_shadow.candidate_links", &[], &[]).await.unwrap();
        assert_eq!(names(&store).await, r#"{"a":["middle"],"b":["new"]}"#);
    });
}

#[test]
#[ignore = "run by another test"]
fn child_finishes() {
    run(async {
        let store = Store::open(StoreOptions::new(given_folder())).await.unwrap();
        assert_eq!(names(&store).await, r#"{"a":["new"],"b":["new"]}"#);
        assert_eq!(store.rows("SELECT n FROM a_view", &[]).await.unwrap()[0]["n"], 1);
        assert!(store.rows("SELECT 1 FROM system.databases WHERE name = 'inflow_shadow'", &[]).await.unwrap().is_empty());
    });
}

#[test]
fn a_server_of_ones_own_takes_the_same_path() {
    // The endpoint of one process is the ClickHouse server of another.
    let (server, client) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut holder = child("folder::child_holds", server.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("holding")));
    let holder_says: serde_json::Value = serde_json::from_slice(&std::fs::read(server.path().join("endpoint.json")).unwrap()).unwrap();
    let settings = StoreSettings {
        url: Some(holder_says["url"].as_str().unwrap().parse().unwrap()),
        user: Some("inflow".to_owned()),
        password: Some(inflow_config::SecretRef::file(server.path().join("clickhouse.password"))),
        ..StoreSettings::default()
    };
    run(async {
        let options = StoreOptions { settings, ..StoreOptions::new(client.path()) };
        let store = Store::open(options.clone()).await.unwrap();
        assert!(store.is_holder());
        assert!(!client.path().join("clickhouse").exists(), "no engine is started");
        store.commit_cursor("c", "s", "from afar").await.unwrap();
        assert_eq!(store.cursor("c", "s").await.unwrap().as_deref(), Some("from afar"));
        store.bytes("SELECT count() FROM postings", &[], "CSV").await.unwrap();
        store.bytes("DROP TABLE postings", &[], "CSV").await.unwrap_err();
        assert!(matches!(Store::open(options).await, Err(StoreError::Held { .. })));
        let nowhere = StoreSettings { url: Some("http://127.0.0.1:1/".parse().unwrap()), ..StoreSettings::default() };
        let error = Store::open(StoreOptions { settings: nowhere, ..StoreOptions::new(client.path().join("other")) }).await.unwrap_err();
        assert!(error.to_string().starts_with("cannot reach ClickHouse at http://127.0.0.1:1/: "), "{error}");
    });
    holder.stdin.take().unwrap().write_all(b"\n").unwrap();
    holder.wait().unwrap();
}

#[test]
fn a_missing_engine_is_said_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = child("folder::child_opens", folder.path());
    let output = command.env("INFLOW_LIBCHDB", "/nowhere/libchdb.so").output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("NotAFile"), "{text}");

    // Neither engine nor npm.
    let output = child("folder::child_opens", folder.path())
        .env_remove("INFLOW_LIBCHDB")
        .env("XDG_CACHE_HOME", folder.path())
        .env("PATH", folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("NoNpm"), "{text}");

    // npm without a network.
    std::fs::write(
        folder.path().join("npm"),
        "#!/bin/sh\necho 'npm error code ENOTFOUND' >&2\necho 'npm error request to https://x.example/y failed' >&2\nexit 1\n",
    )
    .unwrap();
    std::fs::set_permissions(folder.path().join("npm"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let output = child("folder::child_opens", folder.path())
        .env_remove("INFLOW_LIBCHDB")
        .env("XDG_CACHE_HOME", folder.path())
        .env("PATH", format!("{}:/bin:/usr/bin", folder.path().display()))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("request to https://x.example/y failed"), "{text}");
    assert!(!folder.path().join("inflow/engine/fetching").exists());
}

#[test]
fn a_folder_of_an_earlier_version_is_migrated() {
    let folder = tempfile::tempdir().unwrap();
    pass_child("folder::child_is_an_earlier_version", folder.path());
    pass_child("folder::child_knows_the_breaker", folder.path());
}

#[test]
#[ignore = "run by another test"]
fn child_is_an_earlier_version() {
    run(async {
        let store = Store::open(StoreOptions::new(given_folder())).await.unwrap();
        let undo = [
            "ALTER TABLE inflow_state.connection_health DROP COLUMN failures, DROP COLUMN open_until",
            "ALTER TABLE inflow_state.schema_migrations DELETE WHERE name = '0002_connectors'",
            "INSERT INTO inflow_state.connection_health (connection, status, last_attempt_at, failing_since, error_kind, error, version) \
             VALUES ('tea', 'failing', '2026-01-31 08:00:00', '2026-01-31 08:00:00', 'unreachable', 'gone', 1)",
        ];
        for sql in undo {
            store.execute(sql, &[], &[("mutations_sync", "2")]).await.unwrap();
        }
        store.shutdown().await;
    });
}

#[test]
#[ignore = "run by another test"]
fn child_knows_the_breaker() {
    run(async {
        let store = Store::open(StoreOptions::new(given_folder())).await.unwrap();
        let mut health = store.health().await.unwrap();
        assert_eq!((health[0].failures, health[0].open_until, health[0].error.as_str()), (0, None, "gone"));
        health[0].failures = 5;
        health[0].open_until = Some("2026-01-31T08:05:00Z".parse().unwrap());
        store.record_health(&health[0]).await.unwrap();
        assert_eq!(store.health().await.unwrap(), health);
        store.shutdown().await;
    });
}
