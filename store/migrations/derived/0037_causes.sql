-- What an invitation was written by and where its link leads, by which dead links and bad templates are found.
ALTER TABLE invitations ADD COLUMN IF NOT EXISTS template LowCardinality(String) COMMENT 'what the message was written by' AFTER interviewer;
ALTER TABLE invitations ADD COLUMN IF NOT EXISTS link LowCardinality(String) COMMENT 'host of the link in it; what follows the host is never kept' AFTER template;

-- What the bad cases of an alert that stands have in common, or what changed with it: a row each, the one that explains most first.
CREATE TABLE IF NOT EXISTS alert_causes
(
    kind LowCardinality(String) COMMENT 'threshold or channel_drop',
    rule LowCardinality(String) COMMENT 'of alerts.toml; empty: a channel drop',
    slice String COMMENT 'whose figure it is, as in thresholds',
    channel LowCardinality(String) COMMENT 'empty where the slice is not of one; so the next four',
    store LowCardinality(String),
    department LowCardinality(String),
    city LowCardinality(String),
    recruiter LowCardinality(String),
    raised_on Date COMMENT 'the day on which the alert began',
    since Date COMMENT 'first day of the figure',
    day Date COMMENT 'last day of the figure',
    place UInt8 COMMENT 'from 1',
    factor LowCardinality(String) COMMENT 'link, template, receipt, store .., or what changed: undelivered, live_postings, refreshes, impressions',
    value String COMMENT 'which link, template, store ..; a recruiter as a pseudonymous code',
    cases Nullable(UInt64) COMMENT 'cases that have it; of a change, null',
    bad Nullable(Float64) COMMENT 'the bad ones of them, or their cost; of a fall, those of the time before',
    rest_cases Nullable(UInt64),
    rest_bad Nullable(Float64),
    earlier Nullable(Float64) COMMENT 'of a change: what it was before, a day or as a share',
    later Nullable(Float64) COMMENT 'and is since',
    explains Nullable(Float64) COMMENT 'share of what is too many',
    p_value Nullable(Float64),
    q_value Nullable(Float64) COMMENT 'over all candidates of the alert',
    text_en String COMMENT 'in a sentence that names nobody',
    text_zh String
)
ENGINE = MergeTree
ORDER BY (kind, rule, slice, place);
