-- Who was taken on, as the rules of bonuses and fees read it: one row a hire of their channels.
CREATE TABLE IF NOT EXISTS ledger_hires
(
    hire String COMMENT 'connection/source_id of the case, else of the first row of employment; #spell follows from the second on',
    names Array(String) COMMENT 'documents by which lines of the ledger name it',
    channel LowCardinality(String) COMMENT 'the official source',
    store LowCardinality(String),
    department LowCardinality(String),
    requisition_source_id String,
    job_family LowCardinality(String),
    started Date COMMENT 'first day of work, in the zone of the channel',
    passed Nullable(Date),
    probation_until Nullable(Date),
    left_on Nullable(Date) COMMENT 'last day of work',
    left_unknown UInt8 COMMENT '1 when the person has left and nobody knows the day'
)
ENGINE = MergeTree
ORDER BY hire;

-- How many people there are of whom by month: what allocations by people divide by.
CREATE TABLE IF NOT EXISTS allocation_bases
(
    basis LowCardinality(String) COMMENT 'headcount, applications or hires',
    month Date COMMENT 'first day',
    channel LowCardinality(String) COMMENT 'of applications their own, else the official source',
    store LowCardinality(String),
    department LowCardinality(String),
    requisition_source_id String,
    people UInt64
)
ENGINE = MergeTree
ORDER BY (basis, month, channel, store, department, requisition_source_id);

-- What is owed for hires by finance.toml, and how lines of the ledger settled it.
CREATE TABLE IF NOT EXISTS owed
(
    kind LowCardinality(String) COMMENT 'referral_bonus or headhunter_fee',
    rule LowCardinality(String) COMMENT 'its id in finance.toml',
    channel LowCardinality(String),
    store LowCardinality(String),
    department LowCardinality(String),
    requisition_source_id String,
    hire String COMMENT 'as in ledger_hires',
    source_id String COMMENT 'of its rows in the journal, whose connection is finance.toml',
    started Date COMMENT 'first day of work: it accrues then',
    due_on Nullable(Date) COMMENT 'null while nobody knows, and when it was lost before',
    reversed_on Nullable(Date) COMMENT 'day on which some of it was lost',
    unclear UInt8 COMMENT '1 when its amount, or the day on which the person left, is not known',
    amount Decimal(18, 4),
    currency LowCardinality(String) COMMENT 'of the amount',
    accrued Decimal(18, 2) COMMENT 'in the base currency, as what follows',
    reversed Decimal(18, 2),
    paid Decimal(18, 2) COMMENT 'what lines settled of what accrued',
    returned Decimal(18, 2) COMMENT 'what lines brought back of what was reversed',
    extra Decimal(18, 2) COMMENT 'what lines paid beyond that, or less: cost of their booking day'
)
ENGINE = MergeTree
ORDER BY (started, channel, source_id);
