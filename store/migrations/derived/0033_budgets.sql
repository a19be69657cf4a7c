-- What may be spent by month, as finance.toml says; an empty channel, store or department means all of them.
CREATE TABLE IF NOT EXISTS budgets
(
    month Date COMMENT 'first day',
    channel LowCardinality(String),
    store LowCardinality(String),
    department LowCardinality(String),
    amount Decimal(18, 2) COMMENT 'in the base currency'
)
ENGINE = MergeTree
ORDER BY (month, channel, store, department);

-- What cost per head divides, as finance.toml says: accrual or cash. One row.
CREATE TABLE IF NOT EXISTS cost_basis
(
    basis LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY basis;
