-- Reports that were sent to people, one row for each message, period and receiver: so that none is sent twice, and a failing receiver shows.
-- A row without period and receiver says since when a message is known: what was due before is not sent.
CREATE TABLE messages
(
    message LowCardinality(String) COMMENT 'id in messages.toml',
    period Date COMMENT 'first day of what it reports; 1970-01-01: none',
    receiver LowCardinality(String) COMMENT 'id in messages.toml; empty: none',
    kind LowCardinality(String) COMMENT 'day, week, month',
    state LowCardinality(String) COMMENT 'known, begun (handed over, the answer not seen yet), sent, failed (tried again at next_at), given_up',
    attempts UInt32,
    first_at DateTime64(3, 'UTC') COMMENT 'first attempt',
    last_at DateTime64(3, 'UTC') COMMENT 'last attempt, or its answer',
    next_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when it is tried again',
    error String COMMENT 'what the last attempt met; no address, key or text of a message',
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (message, period, receiver);
