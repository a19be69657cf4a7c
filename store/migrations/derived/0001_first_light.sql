-- Derived tables: everything here comes from landing alone and is rebuilt by `inflow replay`.
-- Names are unqualified: the runner picks the database (the live one or a replay's shadow).
-- Every table that a pull fills is ReplacingMergeTree(version, deleted) on (connection, source id):
-- the greatest version wins whatever the arrival order. Readers get final=1.

CREATE TABLE postings
(
    connection LowCardinality(String),
    source_id String,
    channel LowCardinality(String),
    requisition_source_id String,
    company String,
    title String,
    title_normal String,
    place String,
    city LowCardinality(String),
    country LowCardinality(String),
    store LowCardinality(String),
    department LowCardinality(String),
    employment_type LowCardinality(String),
    recruiter LowCardinality(String),
    url String,
    status LowCardinality(String) COMMENT 'open, closed, draft, internal',
    pay_text String,
    pay_min Nullable(Decimal(18, 4)),
    pay_max Nullable(Decimal(18, 4)),
    pay_currency LowCardinality(String),
    pay_period LowCardinality(String) COMMENT 'hour, day, week, month, year or empty',
    pay_months Nullable(Decimal(6, 2)) COMMENT 'months paid a year when stated, e.g. 13',
    posted_at Nullable(DateTime64(3, 'UTC')),
    posted_precision LowCardinality(String) COMMENT 'exact, day, observed or empty',
    updated_at Nullable(DateTime64(3, 'UTC')),
    closed_at Nullable(DateTime64(3, 'UTC')),
    closed_precision LowCardinality(String),
    body String COMMENT 'plain text; phones and mails masked' CODEC(ZSTD(3)),
    content_hash UInt64 COMMENT 'of title, company, place, pay and body: equal for a repost',
    cluster_id String COMMENT 'smallest member key of the posting cluster; own key until clustered',
    version UInt64,
    deleted UInt8 DEFAULT 0,
    segment String,
    fetched_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (connection, source_id)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE applications
(
    connection LowCardinality(String),
    source_id String,
    channel LowCardinality(String),
    source_word String COMMENT 'the source as the system said it',
    source_type LowCardinality(String),
    candidate_source_id String,
    posting_source_id String,
    requisition_source_id String,
    store LowCardinality(String),
    department LowCardinality(String),
    city LowCardinality(String),
    recruiter LowCardinality(String) COMMENT 'a pseudonymous code',
    first_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first contact',
    first_precision LowCardinality(String),
    applied_at Nullable(DateTime64(3, 'UTC')) COMMENT 'resume received; null until then',
    applied_precision LowCardinality(String),
    status LowCardinality(String) COMMENT 'open, hired, rejected, withdrawn',
    outcome_reason String,
    version UInt64,
    deleted UInt8 DEFAULT 0,
    segment String,
    fetched_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (connection, source_id)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE stage_events
(
    connection LowCardinality(String),
    application_source_id String,
    source_id String,
    stage LowCardinality(String) COMMENT 'canonical',
    stage_word String COMMENT 'as the system said it',
    occurred_at DateTime64(3, 'UTC'),
    precision LowCardinality(String) COMMENT 'exact, day or observed (seen by then)',
    retracts UInt8 DEFAULT 0 COMMENT '1: takes back earlier events of this stage',
    embedded UInt8 DEFAULT 0 COMMENT '1: told by the application''s own record, and only as long as its newest record tells it',
    reason String,
    recruiter LowCardinality(String),
    version UInt64,
    deleted UInt8 DEFAULT 0,
    segment String,
    fetched_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (connection, application_source_id, source_id)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE candidates
(
    connection LowCardinality(String),
    source_id String,
    digest_kind Array(LowCardinality(String)) COMMENT 'phone_e164, email_exact, email_canonical, email_local, name_exact, name_pinyin, surname, birth_year',
    digest_normaliser Array(UInt16),
    digest_key Array(LowCardinality(String)) COMMENT 'id of the key, never the key',
    digest Array(String) COMMENT '32 hex digits of a keyed BLAKE3',
    flags Array(LowCardinality(String)) COMMENT 'masked_phone, relay_phone, invalid_phone, invalid_email',
    version UInt64,
    deleted UInt8 DEFAULT 0,
    segment String,
    fetched_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (connection, source_id)
SETTINGS non_replicated_deduplication_window = 10000;

-- The person of each candidate row. Rebuilt by linking, so the rows need no version.
CREATE TABLE candidate_links
(
    connection LowCardinality(String),
    source_id String,
    person_id String COMMENT 'smallest member key, connection/source_id',
    basis Array(LowCardinality(String)) COMMENT 'digest kinds that joined this row to others; empty when alone',
    members UInt32 COMMENT 'candidate rows of this person',
    linkable UInt8 COMMENT '1 when the row carries a usable key (whole phone or mail)'
)
ENGINE = MergeTree
ORDER BY (connection, source_id);

CREATE TABLE spend
(
    connection LowCardinality(String),
    source_id String COMMENT 'entry_id: document line, else content and occurrence number',
    channel LowCardinality(String) COMMENT 'or unallocated',
    account String,
    document String,
    booked_on Date,
    service_from Date,
    service_to Date COMMENT 'inclusive',
    kind LowCardinality(String) COMMENT 'recharge, bonus_credit, consumption, package, package_unit, cpc, daily, subscription, refresh, refund, expiry, referral_bonus, headhunter_fee, rebate, clawback, adjustment',
    units Nullable(Decimal(18, 4)),
    gross Decimal(18, 4),
    tax_rate Nullable(Decimal(9, 6)),
    tax Decimal(18, 4),
    net Decimal(18, 4) COMMENT 'signed: a refund is negative',
    currency LowCardinality(String),
    invoice_type LowCardinality(String) COMMENT 'special, ordinary, none or empty',
    invoice_number String,
    invoice_date Nullable(Date),
    payer String,
    requisition_source_id String,
    store LowCardinality(String),
    department LowCardinality(String),
    supersedes String,
    note String,
    version UInt64,
    deleted UInt8 DEFAULT 0,
    segment String,
    fetched_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (connection, source_id)
SETTINGS non_replicated_deduplication_window = 10000;

-- Dimensions written from the configuration at each start.
CREATE TABLE channels
(
    channel LowCardinality(String),
    name_en String,
    name_zh String,
    timezone LowCardinality(String),
    position UInt32 COMMENT 'order of channels.toml'
)
ENGINE = MergeTree
ORDER BY channel;

CREATE TABLE fx_rates
(
    currency LowCardinality(String),
    base LowCardinality(String),
    valid_from Date,
    rate Decimal(18, 8) COMMENT 'base units for one unit of currency'
)
ENGINE = MergeTree
ORDER BY (currency, base, valid_from);

-- Marts: rebuilt by `inflow analyze`.
CREATE TABLE application_stages
(
    connection LowCardinality(String),
    source_id String,
    channel LowCardinality(String),
    store LowCardinality(String),
    department LowCardinality(String),
    city LowCardinality(String),
    requisition_source_id String,
    posting_source_id String,
    recruiter LowCardinality(String),
    person_id String,
    linkable UInt8,
    stage LowCardinality(String),
    stage_rank UInt8 COMMENT '1 viewed .. 10 passed_probation; 101 rejected, 102 withdrawn',
    entered_at DateTime64(3, 'UTC'),
    quarter DateTime('UTC') COMMENT 'start of the UTC quarter-hour of entered_at',
    precision LowCardinality(String) COMMENT 'exact, day, observed or implied'
)
ENGINE = MergeTree
ORDER BY (channel, stage_rank, entered_at, connection, source_id);

CREATE TABLE posting_quarters
(
    channel LowCardinality(String),
    store LowCardinality(String),
    department LowCardinality(String),
    city LowCardinality(String),
    quarter DateTime('UTC'),
    posted UInt32 COMMENT 'postings published in this quarter-hour, time known exactly',
    posted_day_only UInt32 COMMENT 'postings whose time is known only to the day',
    live_seconds UInt64 COMMENT 'exposure: seconds that postings were live in this quarter-hour'
)
ENGINE = MergeTree
ORDER BY (channel, quarter, store, department, city);

CREATE TABLE spend_days
(
    channel LowCardinality(String),
    store LowCardinality(String),
    department LowCardinality(String),
    requisition_source_id String,
    day Date COMMENT 'service day',
    kind LowCardinality(String),
    connection LowCardinality(String),
    source_id String,
    amount Decimal(18, 2) COMMENT 'accrued net cost of the day in the base currency',
    currency LowCardinality(String) COMMENT 'the base currency'
)
ENGINE = MergeTree
ORDER BY (channel, day, connection, source_id);
