-- The same case seen through several connections: counted once, for the right channel, disagreements listed.
-- Both tables are rebuilt by linking, like candidate_links, so their rows need no version.

ALTER TABLE applications ADD COLUMN IF NOT EXISTS title String COMMENT 'the job''s title, where the source gives no id of a posting' AFTER requisition_source_id;

-- Members of cases that have several; an application that is not here is a case of its own.
CREATE TABLE application_links
(
    connection LowCardinality(String),
    source_id String,
    case_id String COMMENT 'smallest member key, connection/source_id',
    place UInt16 COMMENT 'order in which the members are asked; the first stands for the case in the marts',
    members UInt16 COMMENT 'applications of this case, each through another connection',
    basis Array(LowCardinality(String)) COMMENT 'what joined this row to others: person_requisition, person_title, person, name_title_day',
    channel LowCardinality(String) COMMENT 'the channel for which the case counts'
)
ENGINE = MergeTree
ORDER BY (connection, source_id);

-- What the members of a case say differently, and whom inflow believed.
CREATE TABLE application_conflicts
(
    case_id String COMMENT 'as in application_links',
    field LowCardinality(String) COMMENT 'channel, applied_at, outcome, posting; same_name: cases that may be one person''s and stay apart',
    connections Array(LowCardinality(String)) COMMENT 'who tells, in the order of place',
    source_ids Array(String) COMMENT 'ids of their applications',
    told Array(String) COMMENT 'what each of them says; empty: nothing',
    taken String COMMENT 'what counts',
    reason LowCardinality(String) COMMENT 'own_channel, earliest, all_count, first_told, ambiguous',
    channel LowCardinality(String) COMMENT 'the channel for which the case counts',
    store LowCardinality(String),
    at Nullable(DateTime64(3, 'UTC')) COMMENT 'when the case began'
)
ENGINE = MergeTree
ORDER BY (field, case_id);
