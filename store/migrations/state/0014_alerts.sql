-- What people were told of alerts: that one began, that it still stands and others are told too, that it ended. A row is noted before anything leaves, so
-- that none is told twice, whoever stops when. Who has which letter is in `messages`, under the id of the letter.
CREATE TABLE IF NOT EXISTS alert_events
(
    alert String COMMENT 'key of rule, slice and the day on which it began',
    event LowCardinality(String) COMMENT 'begin, escalation or end',
    rule LowCardinality(String) COMMENT 'of alerts.toml, or channel_drop or connection',
    slice String COMMENT 'whose figure; of a connection its name',
    channels Array(LowCardinality(String)),
    raised_on Date,
    at DateTime64(3, 'UTC') COMMENT 'when it was planned',
    letter String COMMENT 'the message that tells it, of several together',
    receivers Array(LowCardinality(String)) COMMENT 'ids in messages.toml',
    text String COMMENT 'what is told: figures and likely causes, nobody by name',
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (alert, event);

-- What people said of alerts: that somebody sees to one (once), and that nobody is to be told for a while.
CREATE TABLE IF NOT EXISTS alert_decisions
(
    id String COMMENT 'of an acknowledgement the key of the alert',
    kind LowCardinality(String) COMMENT 'ack or silence',
    rule LowCardinality(String) COMMENT 'of a silence; empty: any; so the next two',
    slice String,
    channel LowCardinality(String),
    until Nullable(DateTime64(3, 'UTC')) COMMENT 'of a silence',
    reason String,
    decided_by String,
    at DateTime64(3, 'UTC'),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (kind, id);
