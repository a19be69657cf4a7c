-- Which job a posting or a requisition is of, and with it every application, so that reports can be cut by it.
CREATE TABLE posting_jobs
(
    connection LowCardinality(String),
    source_id String,
    store LowCardinality(String),
    department LowCardinality(String),
    city LowCardinality(String),
    requisition_source_id String COMMENT 'as the posting names it',
    posting_cluster String COMMENT 'connection/source_id of its own when it is in no cluster',
    job_family LowCardinality(String) COMMENT 'of [job_families], else the title without level, marks, places and benefits'
)
ENGINE = MergeTree
ORDER BY (connection, source_id)
SETTINGS old_parts_lifetime = 30;

CREATE TABLE requisition_jobs
(
    source_id String,
    told Array(Tuple(connection String, requisition String, job_family String)) COMMENT 'by each connection that delivers a requisition of this id'
)
ENGINE = MergeTree
ORDER BY source_id;

ALTER TABLE application_stage_tiers
    ADD COLUMN IF NOT EXISTS job_family LowCardinality(String) COMMENT 'of the posting, else of the requisition, else of the title that the application names' AFTER recruiter,
    ADD COLUMN IF NOT EXISTS requisition LowCardinality(String) COMMENT 'connection/source_id of the application''s, else of its posting''s; empty when none is known' AFTER job_family,
    ADD COLUMN IF NOT EXISTS posting_cluster String COMMENT 'empty when no posting is known' AFTER requisition;

DROP TABLE IF EXISTS application_stages SYNC;

CREATE VIEW application_stages AS
SELECT
    connection, source_id, channel, store, department, city, requisition_source_id, posting_source_id, recruiter, job_family, requisition,
    posting_cluster, person_id, linkable, stage, stage_rank, entered_at, quarter, precision, case_key, furthest, decided, settled_at, local_day,
    local_hour, person_key
FROM application_stage_tiers
WHERE generation = (SELECT max(generation) FROM application_stage_tiers)
  AND (tier = 1 OR case_key NOT IN (
    SELECT case_key FROM application_stage_tiers
    WHERE tier = 1 AND generation = (SELECT max(generation) FROM application_stage_tiers)))
  AND stage_rank != 0;

ALTER TABLE published_postings
    ADD COLUMN IF NOT EXISTS requisition LowCardinality(String) COMMENT 'connection/source_id; empty when none is known' AFTER job_family;

ALTER TABLE hires
    ADD COLUMN IF NOT EXISTS job_family LowCardinality(String) COMMENT 'of the case, else of the requisition' AFTER recruiter,
    ADD COLUMN IF NOT EXISTS posting_cluster String COMMENT 'of the case; empty when no posting is known' AFTER job_family;

ALTER TABLE assessed
    ADD COLUMN IF NOT EXISTS job_family LowCardinality(String) COMMENT 'of the case' AFTER recruiter,
    ADD COLUMN IF NOT EXISTS requisition LowCardinality(String) COMMENT 'of the case' AFTER job_family,
    ADD COLUMN IF NOT EXISTS posting_cluster String COMMENT 'of the case' AFTER requisition;

ALTER TABLE spend_days
    ADD COLUMN IF NOT EXISTS job_family LowCardinality(String) COMMENT 'of the requisition' AFTER requisition_source_id,
    ADD COLUMN IF NOT EXISTS requisition LowCardinality(String) COMMENT 'connection/source_id; empty when the line names none that is known' AFTER job_family;
