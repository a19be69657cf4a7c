-- Who may read the API and the page: tokens, how much they are used, and what people decided on advice.
CREATE TABLE tokens
(
    prefix String COMMENT 'what the token begins with after inflow_, to recognise it by',
    name String COMMENT 'whose it is',
    hash String COMMENT 'BLAKE3 of the token, in hexadecimal; the token itself is kept nowhere',
    role LowCardinality(String) COMMENT 'admin, manager, recruiter, finance or auditor',
    requisitions Array(String) COMMENT 'of a recruiter: what it is narrowed to',
    per_minute UInt32 COMMENT 'requests that it may send in a minute',
    created_at DateTime64(3, 'UTC'),
    expires_at Nullable(DateTime64(3, 'UTC')) COMMENT 'null: never',
    revoked_at Nullable(DateTime64(3, 'UTC')),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY prefix;

-- Added up some times a minute while it serves, not at each request.
CREATE TABLE token_uses
(
    prefix String,
    day Date COMMENT 'in UTC',
    requests SimpleAggregateFunction(sum, UInt64) COMMENT 'answered and refused',
    refused SimpleAggregateFunction(sum, UInt64) COMMENT 'over the limit, or beyond the role',
    last_used_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (prefix, day);

-- What people said to advice. A later decision on the same advice takes the place of an earlier one; all of them stay.
CREATE TABLE decisions
(
    id String,
    decided_at DateTime64(3, 'UTC'),
    advice String COMMENT 'such as budget/attended/boss or posting_time/boss',
    verdict LowCardinality(String) COMMENT 'accepted or rejected',
    decided_by String COMMENT 'who decided, by name',
    token String COMMENT 'prefix of the token that said so',
    reason String,
    stated String COMMENT 'what the advice said when it was decided on, a JSON object'
)
ENGINE = MergeTree
ORDER BY (decided_at, id);

ALTER TABLE audit ADD COLUMN IF NOT EXISTS actor String COMMENT 'who did it; empty: the command line, before this was kept';
ALTER TABLE audit ADD COLUMN IF NOT EXISTS id String COMMENT 'empty in rows of before';
