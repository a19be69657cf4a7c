//! Migrations: numbered SQL files, each run once on a database, in order, and never changed after.

use inflow_config::Clock;

use crate::client::Connection;
use crate::error::StoreError;
use crate::sql::{Tokens, quote_name, split};

/// A numbered file.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// File name without `.sql`.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

macro_rules! migrations {
    ($folder:literal: $($name:literal),*) => {
        &[$(Migration { name: $name, sql: include_str!(concat!("../migrations/", $folder, "/", $name, ".sql")) }),*]
    };
}

/// Migrations of a database with derived tables.
pub const DERIVED: &[Migration] = migrations!("derived": "0001_first_light", "0002_more_kinds", "0003_application_links", "0004_posted_text", "0005_normalised_postings", "0006_posting_clusters", "0007_binary_digests", "0008_binary_digests_only", "0009_posting_spans", "0010_stage_tiers", "0011_stage_view", "0012_links_by_change", "0013_stage_tiers_unmerged", "0014_hires", "0015_local_days", "0016_profiles", "0017_personas", "0018_forecasts", "0019_channel_drops", "0020_budget_moves", "0021_channels_with_data", "0022_recommendations", "0023_posting_times", "0024_changed_postings", "0025_thresholds", "0026_persona_words", "0027_drops_of_stores", "0028_forecasts_of_stores", "0029_jobs", "0030_wide_merges", "0031_ledger", "0032_bank_and_invoices", "0033_budgets", "0034_later_costs", "0035_owed", "0036_sums", "0037_causes");
/// Migrations of the database with state.
pub const STATE: &[Migration] = migrations!("state": "0001_first_light", "0002_connectors", "0003_unknown_words", "0004_analysed", "0005_analysed_segments", "0006_reposts", "0007_closings", "0008_access", "0009_closed_people", "0010_messages", "0011_repost_plan", "0012_process", "0013_refreshes", "0014_alerts", "0015_budget_plans");

/// Creates the database if need be and runs what it lacks. A crash in the middle is made good by the next run.
pub async fn migrate(connection: &Connection, database: &str, migrations: &[Migration], clock: &dyn Clock) -> Result<(), StoreError> {
    let anywhere = &[("database", "default")];
    let here = &[("database", database)];
    connection.execute(&format!("CREATE DATABASE IF NOT EXISTS {} ENGINE = Atomic", quote_name(database)), &[], anywhere).await?;
    let table = "CREATE TABLE IF NOT EXISTS schema_migrations (name String, checksum String, applied_at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY name";
    connection.execute(table, &[], here).await?;
    let done = applied(connection, database).await?;
    let is_known = |name: &str| migrations.iter().any(|migration| name == migration.name || name == exchange_of(migration.name));
    if let Some((name, _)) = done.iter().find(|(name, _)| !is_known(name)) {
        return Err(StoreError::Newer { database: database.to_owned(), name: name.clone() });
    }
    for migration in migrations {
        let checksum = checksum(migration.sql);
        match done.iter().find(|(name, _)| name == migration.name) {
            Some((_, found)) if *found == checksum => continue,
            Some(_) => return Err(StoreError::Migration { database: database.to_owned(), name: migration.name.to_owned() }),
            None => {}
        }
        let statements = split(migration.sql);
        for statement in statements.get(begun(connection, database, migration.name, &statements, &done).await?..).unwrap_or_default() {
            if let Some((_, beside)) = exchanged(statement) {
                let uuid = uuid_of(connection, database, &beside).await?;
                note(connection, database, &exchange_of(migration.name), &uuid, clock).await?;
            }
            connection.execute(&repeatable(statement), &[], here).await?;
        }
        note(connection, database, migration.name, &checksum, clock).await?;
        tracing::debug!(database, migration = migration.name, "migrated");
    }
    Ok(())
}

/// Under which name the exchange of a migration is noted: with the table that is to come into the place of another.
fn exchange_of(migration: &str) -> String {
    format!("{migration}/exchange")
}

/// At which statement a migration goes on. One that exchanges tables cannot be repeated from its beginning once they are exchanged, since the same statement
/// would put the old table back; whether they are, the noted identity of the new table says.
async fn begun(
    connection: &Connection,
    database: &str,
    migration: &str,
    statements: &[&str],
    done: &[(String, String)],
) -> Result<usize, StoreError> {
    let mut from = 0;
    for (place, statement) in statements.iter().enumerate() {
        let Some((current, _)) = exchanged(statement) else { continue };
        let notes: Vec<&String> = done.iter().filter(|(name, _)| *name == exchange_of(migration)).map(|(_, uuid)| uuid).collect();
        if !notes.is_empty() && notes.contains(&&uuid_of(connection, database, &current).await?) {
            from = place + 1;
        }
    }
    Ok(from)
}

/// The two tables of `EXCHANGE TABLES current AND beside`.
fn exchanged(statement: &str) -> Option<(String, String)> {
    let tokens: Vec<_> = Tokens::new(statement.as_bytes()).collect();
    let [exchange, _, current, _, beside] = tokens.as_slice() else { return None };
    exchange.is("EXCHANGE").then_some((current.name()?, beside.name()?))
}

/// What tells a table from another one that takes over its name.
async fn uuid_of(connection: &Connection, database: &str, table: &str) -> Result<String, StoreError> {
    let sql = "SELECT toString(uuid) AS uuid FROM system.tables WHERE database = {database:String} AND name = {table:String}";
    let params = [("database", database.to_owned()), ("table", table.to_owned())];
    let rows = connection.rows(sql, &params, &[("database", database)]).await?;
    Ok(rows.first().and_then(|row| row.get("uuid")?.as_str()).unwrap_or_default().to_owned())
}

/// Notes what was run, or is about to be.
async fn note(connection: &Connection, database: &str, name: &str, checksum: &str, clock: &dyn Clock) -> Result<(), StoreError> {
    let row = serde_json::json!({"name": name, "checksum": checksum, "applied_at": clock.now()});
    let into = "INSERT INTO schema_migrations FORMAT JSONEachRow";
    connection.insert(into, row.to_string().into(), &[("database", database), ("date_time_input_format", "best_effort")]).await?;
    Ok(())
}

async fn applied(connection: &Connection, database: &str) -> Result<Vec<(String, String)>, StoreError> {
    let rows = connection.rows("SELECT name, checksum FROM schema_migrations ORDER BY name", &[], &[("database", database)]).await?;
    let text = |row: &serde_json::Map<String, serde_json::Value>, key: &str| {
        row.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
    };
    Ok(rows.iter().map(|row| (text(row, "name"), text(row, "checksum"))).collect())
}

/// Of the statements, not of the comments and blanks between them: a comment may be bettered later.
fn checksum(sql: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    for token in Tokens::new(sql.as_bytes()) {
        hasher.update(token.bytes);
        hasher.update(b"\n");
    }
    hasher.finalize().to_hex().chars().take(32).collect()
}

/// `CREATE TABLE x` becomes `CREATE TABLE IF NOT EXISTS x` and `DROP TABLE x` becomes `DROP TABLE IF EXISTS x`, so that a migration cut off half way can
/// begin again.
fn repeatable(statement: &str) -> String {
    let tokens: Vec<_> = Tokens::new(statement.as_bytes()).take(3).collect();
    if let [create, kind, next] = tokens.as_slice()
        && create.is("CREATE")
        && (kind.is("TABLE") || kind.is("VIEW"))
        && !next.is("IF")
        && let Some((before, after)) = statement.split_at_checked(next.start)
    {
        return format!("{before}IF NOT EXISTS {after}");
    }
    if let [drop, kind, next] = tokens.as_slice()
        && drop.is("DROP")
        && (kind.is("TABLE") || kind.is("VIEW"))
        && !next.is("IF")
        && let Some((before, after)) = statement.split_at_checked(next.start)
    {
        return format!("{before}IF EXISTS {after}");
    }
    statement.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_listed_in_order() {
        for (folder, listed) in [("derived", DERIVED), ("state", STATE)] {
            let path = std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("migrations").join(folder);
            let mut found: Vec<String> = std::fs::read_dir(path)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap().trim_end_matches(".sql").to_owned())
                .collect();
            found.sort();
            assert_eq!(listed.iter().map(|migration| migration.name).collect::<Vec<_>>(), found);
        }
    }

    #[test]
    fn comments_may_change_and_statements_may_not() {
        assert_eq!(checksum("-- a\nCREATE TABLE t (a  Int8);"), checksum("CREATE TABLE t (a Int8);\n-- b"));
        assert_ne!(checksum("CREATE TABLE t (a Int8)"), checksum("CREATE TABLE t (a Int16)"));
    }

    #[test]
    fn creating_can_be_repeated() {
        assert_eq!(repeatable("-- c\nCREATE TABLE t (a Int8)"), "-- c\nCREATE TABLE IF NOT EXISTS t (a Int8)");
        assert_eq!(repeatable("CREATE TABLE IF NOT EXISTS t (a Int8)"), "CREATE TABLE IF NOT EXISTS t (a Int8)");
        assert_eq!(repeatable("DROP TABLE t"), "DROP TABLE IF EXISTS t");
        assert_eq!(repeatable("DROP TABLE IF EXISTS t"), "DROP TABLE IF EXISTS t");
        assert_eq!(repeatable("ALTER TABLE t DROP COLUMN a"), "ALTER TABLE t DROP COLUMN a");
    }
}
