#!/bin/sh
# The user that Grafana reads as: Inflow's two databases and nothing else, and always the newest version of each row.
# readonly = 2 lets the client set its own limits, as Grafana's does; final may not be switched off.
set -eu
quoted=$(printf %s "${INFLOW_READER_PASSWORD:-}" | sed "s/[\\\\']/\\\\&/g")
clickhouse-client --user "$CLICKHOUSE_USER" --password "$CLICKHOUSE_PASSWORD" --multiquery <<SQL
CREATE USER IF NOT EXISTS reader IDENTIFIED WITH sha256_password BY '$quoted' SETTINGS readonly = 2, final = 1 CONST, max_execution_time = 60;
GRANT SELECT ON inflow.* TO reader;
GRANT SELECT ON inflow_state.* TO reader;
SQL
