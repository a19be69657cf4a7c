-- The segments that the last analysis saw, and how they had been read: the next one looks at what others changed.
CREATE TABLE analysed_segments
(
    segment String,
    reading UInt64 COMMENT 'hash of rows, pipeline version and generation'
)
ENGINE = ReplacingMergeTree
ORDER BY segment;
