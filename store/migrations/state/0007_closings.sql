-- Months that were closed. No row is ever deleted: whoever reopens a month fills the last columns of its last closing.
CREATE TABLE closings
(
    month Date COMMENT 'first day of the month',
    number UInt32 COMMENT 'how often the month was closed, this time included',
    sequence UInt32 COMMENT 'running number of all closings, from 1',
    from_day Date COMMENT 'first service day that it froze: that of the month; 1970-01-01 when no month before it was closed',
    to_day Date COMMENT 'last day of the month',
    closed_at DateTime64(3, 'UTC'),
    closed_by String,
    despite String COMMENT 'why it was closed although spend did not tie to the ledger; empty: it tied',
    base LowCardinality(String) COMMENT 'the base currency',
    total Decimal(18, 2) COMMENT 'what it froze, in the base currency',
    carried Decimal(18, 2) COMMENT 'part of it: later changes of months that had been closed before',
    lines UInt64 COMMENT 'rows of closed_costs',
    versions String COMMENT 'versions of all definitions, a JSON object',
    program LowCardinality(String) COMMENT 'version of the program',
    previous String COMMENT 'hash of the closing made before, of whatever month; empty: there was none',
    hash String COMMENT 'BLAKE3 of the lines of closing_text, in hexadecimal',
    reopened_at Nullable(DateTime64(3, 'UTC')),
    reopened_by String,
    reopen_reason String,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (month, number);

-- What closings froze: the cost of their days, and the later changes that were posted to them. Rows of a closing that is not (or no longer) in
-- `closings` count nowhere.
CREATE TABLE closed_costs
(
    month Date COMMENT 'of the closing',
    number UInt32 COMMENT 'of the closing',
    posted_on Date COMMENT 'day on which it counts: the service day; the first of the month for a later change',
    from_month Date COMMENT 'month of the service days; a later change is of a month before that of posted_on',
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
    currency LowCardinality(String) COMMENT 'the base currency'
)
ENGINE = MergeTree
PARTITION BY (month, number)
ORDER BY (posted_on, channel, connection, source_id);

-- Figures as they were reported for the month when it was closed.
CREATE TABLE closed_figures
(
    month Date COMMENT 'of the closing',
    number UInt32 COMMENT 'of the closing',
    metric LowCardinality(String),
    version UInt32 COMMENT 'of its definition',
    by LowCardinality(String) COMMENT 'dimensions, parted by commas',
    row String COMMENT 'a row of the report, a JSON object with its keys in order'
)
ENGINE = MergeTree
PARTITION BY (month, number)
ORDER BY (metric, by, row);
