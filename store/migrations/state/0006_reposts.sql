-- Reposts and refreshes that were carried out by plan. Some of their hours are drawn at random: these measure what an hour is worth.
CREATE TABLE reposts
(
    plan String COMMENT 'idempotency key of the planned slot: carried out once',
    connection LowCardinality(String),
    posting_source_id String COMMENT 'the posting that was put up or refreshed',
    channel LowCardinality(String),
    hour UInt8 COMMENT 'hour of the slot in the zone of the channel',
    drawn UInt8 COMMENT '1: the hour was drawn at random among `hours`; 0: advice put it there',
    hours Array(UInt8) COMMENT 'working hours that it could be drawn from; empty when it was not drawn',
    reposted_at DateTime64(3, 'UTC') COMMENT 'when it was carried out',
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY plan;
