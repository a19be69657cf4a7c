-- Assessments with the case that they belong to (see case_rows) and how far it got.
--
-- One that tells no time of its own, as certificates do, stands at the beginning of its case; one of which no time is known is left out.
WITH
    keyed AS (SELECT * FROM inflow.case_rows WHERE kind = 'assessments'),
    cases AS
    (
        SELECT
            case_key, any(concat(connection, '/', source_id)) AS case_id, any(toString(channel)) AS channel, any(toString(store)) AS store,
            any(toString(department)) AS department, any(toString(city)) AS city, any(toString(recruiter)) AS recruiter,
            any(toString(job_family)) AS job_family, any(toString(requisition)) AS requisition, any(posting_cluster) AS posting_cluster,
            minIf(toNullable(entered_at), stage_rank = 1) AS began_at, minIf(toNullable(entered_at), stage_rank = 7) AS offered_at,
            minIf(toNullable(entered_at), stage_rank = 8) AS accepted_at, minIf(toNullable(entered_at), stage_rank = 9) AS onboarded_at
        FROM inflow.application_stages
        WHERE stage_rank IN (1, 7, 8, 9) AND case_key IN (SELECT case_key FROM keyed)
        GROUP BY case_key
    )
SELECT
    a.connection AS connection, a.source_id AS source_id, r.case_key AS case_key, c.case_id AS case_id, r.person_id AS person_id,
    if(c.channel = '', 'unallocated', c.channel) AS channel, c.store AS store, c.department AS department, c.city AS city, c.recruiter AS recruiter,
    c.job_family AS job_family, c.requisition AS requisition, c.posting_cluster AS posting_cluster,
    a.kind AS kind, a.name AS name, assumeNotNull(coalesce(a.taken_at, a.sent_at, c.began_at)) AS at, a.status AS status,
    multiIf(a.result IN ('passed', 'failed'), toString(a.result), a.status = 'valid', 'passed', a.status IN ('expired', 'missing'), 'failed', '') AS outcome,
    if(isNotNull(a.score) AND ifNull(a.max_score, 0) > 0, greatest(0, least(1, toFloat64(a.score) / toFloat64(a.max_score))), NULL) AS share,
    c.offered_at AS offered_at, c.accepted_at AS accepted_at, c.onboarded_at AS onboarded_at
FROM (SELECT * REPLACE (toString(connection) AS connection) FROM inflow.assessments FINAL WHERE deleted = 0) AS a
INNER JOIN keyed AS r ON r.connection = a.connection AND r.source_id = a.source_id
LEFT JOIN cases AS c ON c.case_key = r.case_key
WHERE isNotNull(coalesce(a.taken_at, a.sent_at, c.began_at))
