-- After 0010.
DROP TABLE IF EXISTS application_stages SYNC SETTINGS max_table_size_to_drop = 0, max_partition_size_to_drop = 0;

CREATE VIEW application_stages AS
SELECT
    connection, source_id, channel, store, department, city, requisition_source_id, posting_source_id, recruiter, person_id, linkable,
    stage, stage_rank, entered_at, quarter, precision, case_key, furthest, decided, settled_at
FROM application_stage_tiers
WHERE tier = 0 AND generation = (SELECT max(generation) FROM application_stage_tiers)
  AND case_key NOT IN (
    SELECT case_key FROM application_stage_tiers
    WHERE tier = 1 AND generation = (SELECT max(generation) FROM application_stage_tiers))
UNION ALL
SELECT
    connection, source_id, channel, store, department, city, requisition_source_id, posting_source_id, recruiter, person_id, linkable,
    stage, stage_rank, entered_at, quarter, precision, case_key, furthest, decided, settled_at
FROM application_stage_tiers
WHERE tier = 1 AND generation = (SELECT max(generation) FROM application_stage_tiers) AND stage_rank != 0;
