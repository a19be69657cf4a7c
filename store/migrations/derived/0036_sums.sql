-- What lines cost, added up by all that a report of cost looks at.
CREATE TABLE IF NOT EXISTS cost_sums
(
    day Date COMMENT 'service day',
    channel LowCardinality(String),
    store LowCardinality(String),
    department LowCardinality(String),
    job_family LowCardinality(String),
    requisition LowCardinality(String),
    kind LowCardinality(String),
    amount Decimal(18, 2) COMMENT 'in the base currency',
    lines UInt64 COMMENT 'ledger lines that stand in this row alone',
    spread Array(UInt128) COMMENT 'hashes of the ledger lines that stand in other rows too'
)
ENGINE = MergeTree
ORDER BY (day, channel, store, department, kind);

-- The journal, added up by all that a report of it looks at.
CREATE TABLE IF NOT EXISTS journal_sums
(
    day Date,
    debit LowCardinality(String),
    credit LowCardinality(String),
    kind LowCardinality(String),
    channel LowCardinality(String),
    store LowCardinality(String),
    department LowCardinality(String),
    contract UInt8 COMMENT 'of a contract of channels.toml, which has no ledger line',
    amount Decimal(18, 2) COMMENT 'in the base currency'
)
ENGINE = MergeTree
ORDER BY (day, channel, debit, credit);

-- A store that has lines says the same before its next analysis.
TRUNCATE TABLE cost_sums;
TRUNCATE TABLE journal_sums;
INSERT INTO cost_sums
SELECT
    day, channel, store, department, job_family, requisition, kind, sum(amount),
    countIf(NOT apart), arraySort(groupUniqArrayIf(line, apart))
FROM
(
    SELECT
        day, channel, store, department, job_family, requisition, kind, amount,
        reinterpretAsUInt128(sipHash128(connection, source_id)) AS line,
        line IN (SELECT reinterpretAsUInt128(sipHash128(connection, source_id)) AS one FROM spend_days GROUP BY one HAVING count() > 1) AS apart
    FROM spend_days
)
GROUP BY day, channel, store, department, job_family, requisition, kind;
INSERT INTO journal_sums
SELECT day, debit, credit, kind, channel, store, department, toUInt8(connection = 'channels.toml') AS contract, sum(amount)
FROM journal
GROUP BY day, debit, credit, kind, channel, store, department, contract;
