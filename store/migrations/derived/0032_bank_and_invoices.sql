-- Movements of the company's bank accounts. Who is no enterprise and no channel is a code (`p-..`).
CREATE TABLE IF NOT EXISTS bank_lines
(
    connection LowCardinality(String),
    source_id String,
    account LowCardinality(String) COMMENT 'the own account at the bank',
    booked_on Date,
    amount Decimal(18, 4) COMMENT 'signed: what left the account is negative',
    debit Nullable(Decimal(18, 4)) COMMENT 'as the bank says it, where it has a column for what left',
    credit Nullable(Decimal(18, 4)) COMMENT 'and one for what came',
    direction LowCardinality(String) COMMENT 'out or in, where the bank says so beside an amount',
    currency LowCardinality(String),
    counterparty String COMMENT 'the other side: an enterprise by its name, a person by a code',
    channel LowCardinality(String) COMMENT 'empty: the payment is with no channel',
    document String COMMENT 'what the payment refers to',
    serial String COMMENT 'number of the movement at the bank',
    note String COMMENT 'masked; empty where the other side is a person',
    balance Nullable(Decimal(18, 4)),
    version UInt64,
    deleted UInt8 DEFAULT 0,
    segment String,
    fetched_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (connection, source_id)
SETTINGS non_replicated_deduplication_window = 10000;

-- Invoices that suppliers issued; where a list has a row for each item of an invoice, it has several here.
CREATE TABLE IF NOT EXISTS invoices
(
    connection LowCardinality(String),
    source_id String,
    number String,
    issued_on Date,
    invoice_type LowCardinality(String) COMMENT 'special, ordinary or none',
    seller String COMMENT 'an enterprise by its name, a person by a code',
    channel LowCardinality(String) COMMENT 'empty: the seller is no channel',
    gross Decimal(18, 4),
    tax_rate Nullable(Decimal(9, 6)),
    tax Nullable(Decimal(18, 4)),
    net Nullable(Decimal(18, 4)),
    currency LowCardinality(String),
    payer String COMMENT 'the buyer that it names: an enterprise by its name, a person by a code',
    documents Array(LowCardinality(String)) COMMENT 'orders, contracts and statements that it covers',
    service_from Nullable(Date),
    service_to Nullable(Date) COMMENT 'inclusive',
    status LowCardinality(String) COMMENT 'normal, voided, reversed (cancelled by a red-letter invoice) or red_letter (such a one)',
    original String COMMENT 'of a red-letter invoice: number of the one that it cancels',
    note String,
    version UInt64,
    deleted UInt8 DEFAULT 0,
    segment String,
    fetched_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (connection, source_id)
SETTINGS non_replicated_deduplication_window = 10000;

-- Bank lines and the ledger lines that moved cash, one row each: with what it was matched, or why not.
CREATE TABLE IF NOT EXISTS bank_matches
(
    side LowCardinality(String) COMMENT 'ledger or bank',
    channel LowCardinality(String),
    day Date COMMENT 'booking day',
    connection LowCardinality(String),
    source_id String,
    kind LowCardinality(String) COMMENT 'kind of the ledger line; empty on the bank side',
    account LowCardinality(String) COMMENT 'at the board, or at the bank',
    document String,
    counterparty String COMMENT 'of a bank line',
    amount Decimal(18, 4) COMMENT 'as the bank account sees it: what left it is negative',
    currency LowCardinality(String),
    state LowCardinality(String) COMMENT 'matched or unmatched',
    basis LowCardinality(String) COMMENT 'of a match: document, amount (with channel and nearest day) or sum',
    reason LowCardinality(String) COMMENT 'of no match: no_bank_line, no_ledger_line, no_channel, amount_differs, day_too_far, other_currency or two_candidates',
    match_id String COMMENT 'the same on all lines of a match: connection:source_id of its first ledger line',
    candidate String COMMENT 'of no match: connection:source_id of the line of the other side that comes nearest',
    difference Nullable(Decimal(18, 4)) COMMENT 'bank less ledger, with amount_differs',
    days Nullable(Int32) COMMENT 'between the two, with day_too_far'
)
ENGINE = MergeTree
ORDER BY (side, channel, day, connection, source_id);

-- Ledger lines that should have an invoice, and invoices, one row each.
CREATE TABLE IF NOT EXISTS invoice_matches
(
    side LowCardinality(String) COMMENT 'ledger or invoice',
    channel LowCardinality(String),
    day Date COMMENT 'booking day, or day of issue',
    connection LowCardinality(String),
    source_id String COMMENT 'of an invoice of several rows: the first of them',
    kind LowCardinality(String) COMMENT 'kind of the ledger line; type of the invoice',
    document String,
    invoices Array(String) COMMENT 'numbers of the invoices of the match; of an invoice its own',
    issued_on Nullable(Date) COMMENT 'of the last of them',
    due_on Nullable(Date) COMMENT 'of a ledger line: until when its invoice should be here',
    amount Decimal(18, 4) COMMENT 'gross',
    currency LowCardinality(String),
    payer String COMMENT 'the buyer that the invoice names',
    state LowCardinality(String) COMMENT 'matched, late, personal_paid, amount_differs, voided, missing, pending, stated, red_letter, no_ledger_line or no_channel',
    basis LowCardinality(String) COMMENT 'number, document, amount or sum',
    match_id String COMMENT 'the same on all lines of a match',
    difference Nullable(Decimal(18, 4)) COMMENT 'invoices less ledger lines, with amount_differs',
    days Nullable(Int32) COMMENT 'from booking to issue; of a missing one, from booking to now'
)
ENGINE = MergeTree
ORDER BY (side, channel, day, connection, source_id);
