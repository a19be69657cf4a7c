-- Official sources of the hires of a closed month, as they were when it was closed: whatever is told or decided later, they stay. Rows of a closing that is not
-- (or no longer) in `closings` count nowhere.
CREATE TABLE closed_sources
(
    month Date COMMENT 'of the closing',
    number UInt32 COMMENT 'of the closing',
    hire UInt64 COMMENT 'sipHash64 of connection/source_id of its case, and in a row of its own that of its first row of employment',
    spell UInt16 COMMENT 'as in hires',
    official_source LowCardinality(String),
    official_basis LowCardinality(String),
    official_reason String
)
ENGINE = MergeTree
PARTITION BY (month, number)
ORDER BY (hire, spell);

-- How many applications entered which stage on the days of a closed month, as they were when it was closed: what cost per head as closed divides by.
CREATE TABLE closed_people
(
    month Date COMMENT 'of the closing',
    number UInt32 COMMENT 'of the closing',
    day Date COMMENT 'in the zone of the channel',
    stage_rank UInt8,
    channel LowCardinality(String),
    store LowCardinality(String),
    department LowCardinality(String),
    job_family LowCardinality(String),
    requisition LowCardinality(String),
    people UInt64
)
ENGINE = MergeTree
PARTITION BY (month, number)
ORDER BY (stage_rank, channel, day);
