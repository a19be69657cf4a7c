-- Postings that were advertisements, each with its cluster, its job family and its local day: all, or those that changed ($of_these restricts the
-- keys, before versions are told apart).
SELECT
    p.connection AS connection, p.source_id AS source_id, p.channel AS channel, p.store AS store, p.department AS department,
    p.city AS city, p.recruiter AS recruiter,
    if(c.cluster_id = '', concat(p.connection, '/', p.source_id), c.cluster_id) AS cluster_id,
    if(f.title = '', p.title_normal, f.title) AS job_family,
    p.posted AS posted_at, $local_day(posted_at) AS local_day
FROM
(
    SELECT connection, source_id, channel, store, department, city, recruiter, title_normal, assumeNotNull(posted_at) AS posted
    FROM inflow.postings FINAL $of_these
    WHERE deleted = 0 AND status NOT IN ('draft', 'internal') AND isNotNull(posted_at)
) AS p
LEFT JOIN (SELECT connection, source_id, cluster_id FROM inflow.posting_clusters FINAL $of_these) AS c
    ON c.connection = p.connection AND c.source_id = p.source_id
LEFT JOIN
(
    SELECT f.connection AS connection, f.source_id AS source_id, b.title AS title
    FROM (SELECT connection, source_id, form FROM inflow.posting_forms FINAL $of_these) AS f
    INNER JOIN (SELECT form, title FROM inflow.posting_bands FINAL $of_their_forms) AS b ON b.form = f.form
) AS f ON f.connection = p.connection AND f.source_id = p.source_id
