-- What changed since the last analysis, and the largest mart in two tiers, so that a day of changes costs itself and not all that is older.
CREATE TABLE changed_applications
(
    connection LowCardinality(String),
    source_id String
)
ENGINE = MergeTree
ORDER BY (connection, source_id)
COMMENT 'applications whose own row, events, candidate link, case or posting changed since the last analysis, and all members of the cases that they are or were in';

-- Read through the view application_stages. The greatest generation counts: in it a base (tier 0), and what replaces its rows of changed
-- cases (tier 1). A partition is replaced in one step, and a statement sees one state of this table however often it names it.
CREATE TABLE application_stage_tiers
(
    connection LowCardinality(String),
    source_id String,
    channel LowCardinality(String),
    store LowCardinality(String),
    department LowCardinality(String),
    city LowCardinality(String),
    requisition_source_id String,
    posting_source_id String,
    recruiter LowCardinality(String),
    person_id String,
    linkable UInt8,
    stage LowCardinality(String),
    stage_rank UInt8 COMMENT '1 viewed .. 10 passed_probation; 101 rejected, 102 withdrawn; 0: no stage, a mark in tier 1 that the base''s rows of this case do not count',
    entered_at DateTime64(3, 'UTC'),
    quarter DateTime('UTC') COMMENT 'start of the UTC quarter-hour of entered_at',
    precision LowCardinality(String) COMMENT 'exact, day, observed or implied',
    case_key UInt64 COMMENT 'sipHash64 of connection and source_id',
    furthest UInt8 COMMENT 'greatest rank up to 10 that the case reached, and with it all lower ones',
    decided UInt8 COMMENT '1 when the case was rejected or withdrawn',
    settled_at DateTime64(3, 'UTC') COMMENT 'when the case entered the last of its stages',
    tier UInt8,
    generation UInt32
)
ENGINE = MergeTree
PARTITION BY (generation, tier)
ORDER BY (channel, stage_rank, entered_at)
SETTINGS old_parts_lifetime = 30;

TRUNCATE TABLE application_stage_tiers;

INSERT INTO application_stage_tiers
SELECT s.*, c.furthest, c.decided, c.settled_at, 0, 1
FROM (SELECT *, sipHash64(connection, source_id) AS case_key FROM application_stages) AS s
INNER JOIN
(
    SELECT
        sipHash64(connection, source_id) AS case_key, max(if(stage_rank <= 10, stage_rank, 0)) AS furthest,
        max(stage_rank > 10) AS decided, max(entered_at) AS settled_at
    FROM application_stages
    GROUP BY case_key
) AS c ON c.case_key = s.case_key;
