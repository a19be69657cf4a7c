-- At which hour to post, channel by channel: what drawn reposts measured, and when people apply, which is a hint and no proof.
CREATE TABLE posting_times
(
    channel LowCardinality(String),
    hour Nullable(UInt8) COMMENT 'suggested, in the zone of the channel',
    basis LowCardinality(String) COMMENT 'experiment, or peak: the hour at which most begin to apply; empty when nothing is known',
    proof LowCardinality(String) COMMENT 'proven, unproven or refuted',
    lift Nullable(Float64) COMMENT 'people at the hour over those at a working hour drawn at random',
    lift_low Nullable(Float64) COMMENT '95 % interval',
    lift_high Nullable(Float64),
    measured UInt32 COMMENT 'reposts at the hour that measured it',
    against UInt32 COMMENT 'reposts at drawn hours that it was measured against',
    drawn UInt32 COMMENT 'reposts at drawn hours, those included that chose the hour',
    left_out UInt32 COMMENT 'reposts too young, or followed too soon by another of the same posting',
    peak_from Nullable(UInt8) COMMENT 'begin of the three hours of the day in which most apply',
    peak_to Nullable(UInt8) COMMENT 'their end, not included',
    peak_share Nullable(Float64) COMMENT 'share of applications in them',
    peak_low Nullable(Float64) COMMENT '95 % Wilson interval',
    peak_high Nullable(Float64),
    applications UInt32 COMMENT 'of the last 91 days, of known time of day',
    status LowCardinality(String),
    covered Float64,
    made_as_of DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY channel;
