-- Links are made anew for what a change reaches: a row that changed replaces the one before it, and each tells what it is compared under.
CREATE TABLE candidate_links_by_change
(
    connection LowCardinality(String),
    source_id String,
    person_id String COMMENT 'smallest member key, connection/source_id',
    basis Array(LowCardinality(String)) COMMENT 'what joined this row to others; empty when alone',
    members UInt32 COMMENT 'candidate rows of this person',
    connections UInt16 COMMENT 'connections that know this person',
    linkable UInt8 COMMENT '1 when the row carries a usable key (whole phone or mail)',
    candidate UInt64 DEFAULT cityHash64(connection, source_id) COMMENT 'hash of the key',
    component UInt64 COMMENT 'equal for all rows that any evidence leads to, of one person or not',
    compared Array(UInt64) COMMENT 'hashes of what this row is compared with others under',
    version UInt64,
    deleted UInt8 DEFAULT 0
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (connection, candidate);
INSERT INTO candidate_links_by_change (connection, source_id, person_id, basis, members, connections, linkable)
SELECT connection, source_id, person_id, basis, members, connections, linkable FROM candidate_links;
EXCHANGE TABLES candidate_links AND candidate_links_by_change;
DROP TABLE candidate_links_by_change;

-- Which candidate a case names: a candidate takes part in linking while a case names it.
CREATE TABLE case_candidates
(
    case_hash UInt64 COMMENT 'cityHash64 of table, connection and id',
    candidate UInt64 COMMENT 'cityHash64 of connection and id; 0 when the case is there no more',
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY case_hash;
