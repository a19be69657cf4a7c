-- When postings were put up, said anew, taken down and put up again. `postings` holds the newest state of each only, so what happened
-- is written down as it is told.
CREATE TABLE posting_events
(
    connection LowCardinality(String),
    posting_source_id String,
    source_id String COMMENT 'event and instant: what is told twice is one',
    event LowCardinality(String) COMMENT 'opened, refreshed or closed',
    occurred_at DateTime64(3, 'UTC'),
    precision LowCardinality(String) COMMENT 'exact, day or observed (seen by then)',
    version UInt64,
    deleted UInt8 DEFAULT 0,
    segment String,
    fetched_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (connection, posting_source_id, source_id)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE posting_spans
(
    connection LowCardinality(String),
    source_id String COMMENT 'posting',
    span UInt16 COMMENT 'from 1: a posting that was put up again has several',
    channel LowCardinality(String),
    store LowCardinality(String),
    department LowCardinality(String),
    city LowCardinality(String),
    opened_at DateTime64(3, 'UTC'),
    opened_precision LowCardinality(String),
    refreshes UInt32 COMMENT 'how often it was said anew while it was live',
    refreshed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'the last time',
    closed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'end, also an announced one; null: live without an end',
    closed_precision LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY (connection, source_id, span);

-- Every appearance of a person on a channel, in whichever system it shows.
CREATE VIEW touches AS
SELECT
    if(l.person_id != '', l.person_id, concat(a.connection, '/', a.candidate_source_id)) AS person_id,
    a.connection AS connection, a.source_id AS application_source_id, a.channel AS channel, a.posting_source_id AS posting_source_id,
    coalesce(a.first_at, a.applied_at) AS touched_at,
    if(isNull(a.first_at), a.applied_precision, a.first_precision) AS precision,
    toUInt8(isNotNull(a.applied_at)) AS applied
FROM (SELECT * FROM applications FINAL WHERE deleted = 0) AS a
LEFT JOIN candidate_links AS l ON l.connection = a.connection AND l.source_id = a.candidate_source_id;
