-- What an analysis by change looks at of postings, beside changed_applications.
CREATE TABLE changed_postings
(
    connection LowCardinality(String),
    source_id String
)
ENGINE = MergeTree
ORDER BY (connection, source_id)
COMMENT 'postings whose own row, events or cluster changed since the last analysis';
