-- How the rules of alerts.toml stand: each slice of a rule after each day (or whole week or month), the last 60 days replayed from 180.
CREATE TABLE thresholds
(
    rule LowCardinality(String) COMMENT 'of alerts.toml',
    slice String COMMENT 'whose figure it is, as dimension=value; empty: over everything',
    day Date COMMENT 'the last day judged, in the zone of the channel',
    since Date COMMENT 'the first day of those that the figure is of',
    channel LowCardinality(String) COMMENT 'empty where the rule does not cut by it; so the next four',
    store LowCardinality(String),
    department LowCardinality(String),
    city LowCardinality(String),
    recruiter LowCardinality(String),
    metric LowCardinality(String),
    measure LowCardinality(String) COMMENT 'the column of the metric',
    unit LowCardinality(String) COMMENT 'share, cases, days, heads or a currency',
    value Nullable(Float64) COMMENT 'null: unknown, or no case',
    low Nullable(Float64) COMMENT '95 % interval',
    high Nullable(Float64),
    cases Nullable(UInt64) COMMENT 'how many the figure is of; null: a figure that is not of cases',
    p_value Nullable(Float64) COMMENT 'against the true figure not being beyond the level',
    q_value Nullable(Float64) COMMENT 'over the slices of the rule on the day',
    side LowCardinality(String) COMMENT 'above or below: where it is alarming',
    raise Float64 COMMENT 'an alert begins here',
    clear Float64 COMMENT 'and ends on the quiet side of this',
    mode LowCardinality(String) COMMENT 'literal, or interval: the whole of it must be beyond',
    state LowCardinality(String) COMMENT 'raised, clear or unknown',
    change LowCardinality(String) COMMENT 'raised or cleared on this day, or nothing',
    raised_on Nullable(Date) COMMENT 'the day on which the alert began that is on, or was on before the figure became unknown',
    certainty LowCardinality(String) COMMENT 'sure or unsure while the figure is at the level or beyond',
    status LowCardinality(String) COMMENT 'ok, few, partial or no_data',
    covered Float64 COMMENT 'share of the days that the connections delivered'
)
ENGINE = MergeTree
ORDER BY (rule, slice, day);
