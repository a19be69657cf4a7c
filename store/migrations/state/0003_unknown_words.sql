-- Stage words that nobody mapped yet: the events of these records are set aside until the word is mapped and the segment
-- is replayed. (Source words need no table: they stand in the rows, as channel unknown:<word>.)
CREATE TABLE unknown_words
(
    connection LowCardinality(String),
    stream LowCardinality(String),
    segment String,
    word String COMMENT 'as the system said it',
    records UInt64 COMMENT 'records of the segment that say it',
    seen_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(seen_at)
ORDER BY (segment, word);
