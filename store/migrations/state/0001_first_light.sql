-- State: what survives a replay. Written by the engine of connectors and by commands, never from landing.

CREATE TABLE cursors
(
    connection LowCardinality(String),
    stream LowCardinality(String),
    cursor String,
    committed_at DateTime64(3, 'UTC'),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (connection, stream);

-- What was landed last for each source id, so that unchanged content is not landed again.
CREATE TABLE landed
(
    connection LowCardinality(String),
    stream LowCardinality(String),
    key_hash UInt64 COMMENT 'keyed hash of the source id',
    content_hash UInt64,
    gone UInt8 DEFAULT 0 COMMENT '1: missing from the last complete listing',
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (connection, stream, key_hash)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE segments
(
    segment String,
    connection LowCardinality(String),
    stream LowCardinality(String),
    kind LowCardinality(String),
    fetched_at DateTime64(3, 'UTC'),
    records UInt64,
    rows UInt64,
    quarantined UInt64,
    pipeline_version UInt32,
    generation UInt32,
    stored_at DateTime64(3, 'UTC'),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY segment;

CREATE TABLE runs
(
    run_id String,
    connection LowCardinality(String),
    started_at DateTime64(3, 'UTC'),
    finished_at DateTime64(3, 'UTC'),
    status LowCardinality(String) COMMENT 'ok, failed',
    requests UInt64,
    fetched UInt64 COMMENT 'records that the board delivered',
    landed UInt64 COMMENT 'records new or changed',
    rows UInt64,
    quarantined UInt64,
    error_kind LowCardinality(String) COMMENT 'unreachable, unauthorised, rate_limited, server_error, bad_response, changed_shape, file, configuration or empty',
    error String
)
ENGINE = ReplacingMergeTree(finished_at)
ORDER BY (connection, started_at, run_id);

CREATE TABLE connection_health
(
    connection LowCardinality(String),
    channels Array(LowCardinality(String)) COMMENT 'channels that this connection feeds',
    status LowCardinality(String) COMMENT 'ok or failing',
    last_attempt_at DateTime64(3, 'UTC'),
    last_success_at Nullable(DateTime64(3, 'UTC')),
    failing_since Nullable(DateTime64(3, 'UTC')),
    error_kind LowCardinality(String),
    error String,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY connection;

-- The record itself stays in landing; this points to it.
CREATE TABLE quarantine
(
    connection LowCardinality(String),
    stream LowCardinality(String),
    segment String,
    line UInt64 COMMENT 'from 1, the header not counted',
    field String,
    reason String,
    seen_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(seen_at)
ORDER BY (segment, line, field);

CREATE TABLE tombstones
(
    digest String COMMENT 'H(erase key, identity digest) or H(erase key, connection + source id)',
    erased_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(erased_at)
ORDER BY digest;

CREATE TABLE audit
(
    at DateTime64(3, 'UTC'),
    action LowCardinality(String),
    detail String
)
ENGINE = MergeTree
ORDER BY at;
