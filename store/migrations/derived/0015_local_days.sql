-- Days and hours in the channel's own zone stand in the marts, so that a report does not look each instant up in a calendar.
ALTER TABLE application_stage_tiers
    ADD COLUMN IF NOT EXISTS local_day Date COMMENT 'day of entered_at in the zone of the channel' AFTER settled_at,
    ADD COLUMN IF NOT EXISTS local_hour UInt8 COMMENT 'hour of entered_at in the zone of the channel' AFTER local_day,
    ADD COLUMN IF NOT EXISTS person_key UInt64 COMMENT 'sipHash64 of person_id' AFTER local_hour;

DROP TABLE IF EXISTS application_stages SYNC;

CREATE VIEW application_stages AS
SELECT
    connection, source_id, channel, store, department, city, requisition_source_id, posting_source_id, recruiter, person_id, linkable,
    stage, stage_rank, entered_at, quarter, precision, case_key, furthest, decided, settled_at, local_day, local_hour, person_key
FROM application_stage_tiers
WHERE generation = (SELECT max(generation) FROM application_stage_tiers)
  AND (tier = 1 OR case_key NOT IN (
    SELECT case_key FROM application_stage_tiers
    WHERE tier = 1 AND generation = (SELECT max(generation) FROM application_stage_tiers)))
  AND stage_rank != 0;

-- Its tiers and generations are those of application_stage_tiers.
CREATE TABLE stage_days
(
    channel LowCardinality(String),
    store LowCardinality(String),
    local_day Date COMMENT 'in the zone',
    stage_rank UInt8,
    reached UInt16 COMMENT 'stages that the cases ever reached: bit r for rank r, bit 0 for rejected or withdrawn',
    zone LowCardinality(String) COMMENT 'of the channel, when the row was made',
    applications Int64 COMMENT 'cases that entered the stage; those of the base that tier 1 replaces stand in tier 1 once more, below zero',
    settled_at DateTime64(3, 'UTC') COMMENT 'greatest of the cases; the row says what is known as of then',
    tier UInt8,
    generation UInt32
)
ENGINE = MergeTree
PARTITION BY (generation, tier)
ORDER BY (channel, local_day, stage_rank)
SETTINGS old_parts_lifetime = 30;

ALTER TABLE posting_quarters
    ADD COLUMN IF NOT EXISTS local_day Date COMMENT 'day of quarter in the zone of the channel',
    ADD COLUMN IF NOT EXISTS local_hour UInt8 COMMENT 'hour of quarter in the zone of the channel';

CREATE TABLE published_postings
(
    connection LowCardinality(String),
    source_id String,
    channel LowCardinality(String),
    store LowCardinality(String),
    department LowCardinality(String),
    city LowCardinality(String),
    recruiter LowCardinality(String),
    cluster_id String COMMENT 'connection/source_id of its own when it is in no cluster',
    job_family LowCardinality(String) COMMENT 'title without level, marks, places and benefits',
    posted_at DateTime64(3, 'UTC'),
    local_day Date COMMENT 'day of posted_at in the zone of the channel'
)
ENGINE = MergeTree
ORDER BY (channel, posted_at)
SETTINGS old_parts_lifetime = 30
COMMENT 'postings that were advertisements: neither drafts nor internal, with a time of publication';

CREATE TABLE delivered_kinds
(
    kind LowCardinality(String) COMMENT 'applications, postings or spend',
    connection LowCardinality(String),
    channel LowCardinality(String) COMMENT 'of spend; else empty'
)
ENGINE = MergeTree
ORDER BY (kind, connection, channel)
COMMENT 'what connections have ever delivered';
