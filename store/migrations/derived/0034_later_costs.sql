-- What closed months would hold now less what was frozen for them, by ledger line: it counts in the first month that is open.
CREATE TABLE IF NOT EXISTS later_costs
(
    generation UInt64 COMMENT 'closings and reopenings that it stands on; rows of another number than there are now count nowhere',
    posted_on Date COMMENT 'first day of the first open month',
    from_month Date COMMENT 'the closed month that changed',
    channel LowCardinality(String),
    store LowCardinality(String),
    department LowCardinality(String),
    requisition_source_id String,
    job_family LowCardinality(String),
    requisition LowCardinality(String),
    kind LowCardinality(String),
    connection LowCardinality(String),
    source_id String COMMENT 'the ledger line',
    amount Decimal(18, 2) COMMENT 'in the base currency',
    currency LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY (generation, posted_on, channel, connection, source_id);
