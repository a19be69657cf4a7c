-- Which posting is to be refreshed when, and what became of it. A slot is one action: its key is made of channel, connection, posting and instant,
-- so a plan that is made anew says the same slot again and no other.
CREATE TABLE repost_plan
(
    slot String COMMENT 'idempotency key of the action',
    channel LowCardinality(String),
    connection LowCardinality(String),
    posting_source_id String,
    title String COMMENT 'of the posting, when it was planned',
    cluster_id String COMMENT 'job of the posting; may be empty',
    at DateTime64(3, 'UTC') COMMENT 'when it is to be refreshed',
    local String COMMENT 'the same by the clock on the wall, such as 2026-11-30 18:00',
    timezone LowCardinality(String) COMMENT 'of that clock',
    hours Array(UInt8) COMMENT 'working hours that its hour was drawn from at random; empty: advice put it there',
    reason LowCardinality(String) COMMENT 'measured, peak, best_left, drawn, no_figures',
    reason_en String,
    reason_zh String,
    gain Nullable(Float64) COMMENT 'people more than at a working hour at random; null: nothing is known',
    gain_low Nullable(Float64) COMMENT '95 % interval',
    gain_high Nullable(Float64),
    cost Decimal(18, 2),
    currency LowCardinality(String),
    state LowCardinality(String) COMMENT 'planned, told (a person was asked), done, skipped, withdrawn (a later plan has it no more)',
    decided_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when it was done or skipped',
    decided_by String COMMENT 'who said so; no name of a candidate ever stands here',
    made_at DateTime64(3, 'UTC') COMMENT 'when it was planned',
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY slot;

-- Postings that the last plan gave no slot, and why.
CREATE TABLE repost_left
(
    connection LowCardinality(String),
    posting_source_id String,
    channel LowCardinality(String),
    title String,
    reason LowCardinality(String),
    reason_en String,
    reason_zh String,
    made_at DateTime64(3, 'UTC') COMMENT 'rows of the newest plan of a channel count',
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (connection, posting_source_id);
