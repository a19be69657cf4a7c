-- What the last analysis stood on: while that is the same, there is nothing to link and to compute anew.
CREATE TABLE analysed
(
    id UInt8,
    inputs String COMMENT 'hash of segments, configuration, decisions and program',
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY id;
