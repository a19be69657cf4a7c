//! ClickHouse: embedded engine, ClickHouse-HTTP endpoint, client, migrations, state.
