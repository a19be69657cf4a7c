-- Which postings are of one job. What a decision about two postings stands on is their *form*: fields and text as they are compared.
-- Postings that say the same have one form, so all but the last table here are by form and only ever grow by new forms; a form
-- that no posting has any more is left out by whoever reads.

CREATE TABLE posting_forms
(
    connection LowCardinality(String),
    source_id String,
    content UInt64 COMMENT 'of the posting when its form was taken: another one means that it is to be taken anew',
    form UInt64 COMMENT 'hash of all that is compared'
)
ENGINE = ReplacingMergeTree
ORDER BY (connection, source_id);

CREATE TABLE posting_bands
(
    form UInt64,
    title String COMMENT 'without level, marks, places and benefits',
    level LowCardinality(String),
    company String COMMENT 'without legal form, branch and case',
    cities Array(LowCardinality(String)) COMMENT 'sorted; none when unknown',
    country LowCardinality(String),
    store LowCardinality(String),
    pay_min Nullable(Float64),
    pay_max Nullable(Float64),
    pay_unit LowCardinality(String) COMMENT 'currency and period',
    told UInt8 COMMENT '1 when the text is long enough to tell a job by',
    title_company UInt64 COMMENT 'under which the short bands are looked for; 0: not',
    title_city UInt64 COMMENT 'under which the short bands are looked for; 0: not',
    company_city UInt64 COMMENT 'under which the long bands are looked for; 0: not',
    bands Array(UInt32) COMMENT 'of the text: 32 short ones, then 16 long ones' CODEC(NONE)
)
ENGINE = ReplacingMergeTree
ORDER BY form;

CREATE TABLE posting_pairs
(
    a UInt64 COMMENT 'the smaller form',
    b UInt64 COMMENT 'the greater form',
    score Float64 COMMENT 'share of text less what speaks against one job'
)
ENGINE = ReplacingMergeTree
ORDER BY (a, b);

CREATE TABLE posting_clusters
(
    connection LowCardinality(String),
    source_id String,
    form UInt64,
    cluster_id String COMMENT 'smallest member key, connection/source_id',
    members UInt32 COMMENT 'postings of the cluster',
    decided UInt8 COMMENT '1 when a decision of people names this posting'
)
ENGINE = ReplacingMergeTree
ORDER BY (connection, source_id);

-- The cluster was a column of the posting, which only ever held its own key: a posting whose source said nothing new gets no new version.
ALTER TABLE postings DROP COLUMN IF EXISTS cluster_id;

-- A cluster is named after a member, so an id that was one stays the key of a posting, and leads to the cluster which that posting is in now.
CREATE VIEW posting_aliases AS
SELECT concat(toString(connection), '/', source_id) AS alias, cluster_id
FROM posting_clusters FINAL
WHERE alias != cluster_id;
