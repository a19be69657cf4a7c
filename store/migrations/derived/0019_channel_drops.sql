-- Whether a channel's applications of a day are fewer than they should be.
CREATE TABLE channel_drops
(
    channel LowCardinality(String),
    day Date COMMENT 'in the zone of the channel',
    observed Nullable(UInt32) COMMENT 'applications; null: the day was not covered',
    expected Nullable(Float64) COMMENT 'null: not judged, or learning',
    low Nullable(UInt32) COMMENT 'one day in forty has fewer',
    p_value Nullable(Float64),
    q_value Nullable(Float64) COMMENT 'over the channels of the day',
    alarm LowCardinality(String) COMMENT 'sure, unsure or nothing',
    basis LowCardinality(String) COMMENT 'sum or cusum',
    since Nullable(Date) COMMENT 'where the drop most likely began, if there is one',
    fall Nullable(Float64) COMMENT 'share that is missing since then',
    status LowCardinality(String) COMMENT 'ok, learning, few, special or no_data'
)
ENGINE = MergeTree
ORDER BY (channel, day);
