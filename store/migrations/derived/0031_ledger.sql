-- What a ledger line says of wallets, packages and projects.
ALTER TABLE spend ADD COLUMN IF NOT EXISTS bonus_units Nullable(Decimal(18, 4)) COMMENT 'units given on top of those that a recharge pays for' AFTER note;
ALTER TABLE spend ADD COLUMN IF NOT EXISTS package String COMMENT 'of a package_unit: document under which the package was bought' AFTER bonus_units;
ALTER TABLE spend ADD COLUMN IF NOT EXISTS item LowCardinality(String) COMMENT 'of a package_unit: which entitlement was used' AFTER package;
ALTER TABLE spend ADD COLUMN IF NOT EXISTS balance Nullable(Decimal(18, 4)) COMMENT 'what the wallet holds after the line, as its board states it' AFTER item;
ALTER TABLE spend ADD COLUMN IF NOT EXISTS project LowCardinality(String) AFTER balance;

-- The journal: each line moves an amount between two accounts, so it balances. Made of the ledger by the crate `inflow-ledger`.
CREATE TABLE IF NOT EXISTS journal
(
    day Date COMMENT 'booking day of money, service day of cost',
    debit LowCardinality(String) COMMENT 'account that gains: bank, wallet, prepaid, payable, input_vat or cost',
    credit LowCardinality(String),
    amount Decimal(18, 2) COMMENT 'in the base currency; negative for a correction of the same two accounts',
    kind LowCardinality(String) COMMENT 'kind of the ledger line',
    channel LowCardinality(String) COMMENT 'or unallocated',
    account LowCardinality(String) COMMENT 'account at the board',
    store LowCardinality(String),
    department LowCardinality(String),
    requisition_source_id String,
    project LowCardinality(String),
    connection LowCardinality(String),
    source_id String COMMENT 'the ledger line that it comes of',
    document String,
    allocation LowCardinality(String) COMMENT 'id of the rule that gave the line to channel, store, department or requisition; empty: the line itself did'
)
ENGINE = MergeTree
ORDER BY (day, channel, connection, source_id);

-- What wallets held after each of their lines.
CREATE TABLE IF NOT EXISTS wallet_moves
(
    channel LowCardinality(String),
    account LowCardinality(String),
    measure LowCardinality(String) COMMENT 'units, or the currency in which the wallet counts',
    number UInt32 COMMENT 'order of the moves of a wallet, from 1',
    day Date,
    kind LowCardinality(String) COMMENT 'kind of the ledger line; recharge with bonus units makes a second move, bonus_credit',
    connection LowCardinality(String),
    source_id String,
    document String,
    units Decimal(18, 4) COMMENT 'signed, in the measure',
    value Decimal(18, 2) COMMENT 'signed, what they cost, in the base currency',
    balance_units Decimal(18, 4),
    balance_value Decimal(18, 2),
    stated_balance Nullable(Decimal(18, 4)) COMMENT 'what the board says that the wallet holds after the line'
)
ENGINE = MergeTree
ORDER BY (channel, account, number);

-- What packages entitle to, and what became of it.
CREATE TABLE IF NOT EXISTS package_items
(
    channel LowCardinality(String),
    document String,
    connection LowCardinality(String),
    source_id String COMMENT 'the ledger line that bought the package',
    rule LowCardinality(String) COMMENT 'day, unit or price',
    item LowCardinality(String) COMMENT 'empty: the package by the day',
    valid_from Date,
    valid_to Date COMMENT 'inclusive',
    entitled Decimal(18, 4),
    used Decimal(18, 4),
    expired Decimal(18, 4),
    cost Decimal(18, 2) COMMENT 'of the entitlement, in the base currency',
    cost_used Decimal(18, 2),
    cost_expired Decimal(18, 2)
)
ENGINE = MergeTree
ORDER BY (channel, document, source_id, item);

-- What of the ledger does not fit together, and why.
CREATE TABLE IF NOT EXISTS ledger_faults
(
    reason LowCardinality(String) COMMENT 'no_rate, no_wallet, no_units, below_zero, balance_differs, no_package, no_item, outside_validity or over_entitlement',
    channel LowCardinality(String),
    account LowCardinality(String),
    day Date COMMENT 'first day of service, or of booking',
    until Date COMMENT 'last day of service',
    connection LowCardinality(String),
    source_id String,
    document String,
    amount Nullable(Decimal(18, 4)) COMMENT 'money or units, as the reason says',
    expected Nullable(Decimal(18, 4))
)
ENGINE = MergeTree
ORDER BY (reason, day, connection, source_id);
