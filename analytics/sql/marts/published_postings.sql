-- Postings that were advertisements, each with its cluster, its job family, its requisition and its local day: all, or those that changed ($of_these
-- restricts the keys, before versions are told apart).
SELECT
    p.connection AS connection, p.source_id AS source_id, p.channel AS channel, p.store AS store, p.department AS department,
    p.city AS city, p.recruiter AS recruiter, j.posting_cluster AS cluster_id, j.job_family AS job_family,
    $opening(p.connection, q.told).2 AS requisition,
    p.posted AS posted_at, $local_day(posted_at) AS local_day
FROM
(
    SELECT connection, source_id, channel, store, department, city, recruiter, assumeNotNull(posted_at) AS posted
    FROM inflow.postings FINAL $of_these
    WHERE deleted = 0 AND status NOT IN ('draft', 'internal') AND isNotNull(posted_at)
) AS p
LEFT JOIN (SELECT * FROM inflow.posting_jobs $of_these) AS j ON j.connection = p.connection AND j.source_id = p.source_id
LEFT JOIN inflow.requisition_jobs AS q ON q.source_id = j.requisition_source_id
