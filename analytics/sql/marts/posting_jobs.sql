-- Each posting, whatever its state, with the job that it is of: its cluster, its job family and the requisition that it names. All, or those that
-- changed ($of_these restricts the keys, before versions are told apart).
SELECT
    p.connection AS connection, p.source_id AS source_id, p.store AS store, p.department AS department, p.city AS city,
    p.requisition_source_id AS requisition_source_id,
    if(c.cluster_id = '', concat(p.connection, '/', p.source_id), c.cluster_id) AS posting_cluster,
    multiIf(p.family != '', p.family, f.title != '', f.title, p.title_normal) AS job_family
FROM
(
    SELECT connection, source_id, store, department, city, requisition_source_id, title_normal, $family_of(title_normal) AS family
    FROM inflow.postings FINAL $of_these
    WHERE deleted = 0
) AS p
LEFT JOIN (SELECT connection, source_id, cluster_id FROM inflow.posting_clusters FINAL $of_these) AS c
    ON c.connection = p.connection AND c.source_id = p.source_id
LEFT JOIN
(
    SELECT f.connection AS connection, f.source_id AS source_id, b.title AS title
    FROM (SELECT connection, source_id, form FROM inflow.posting_forms FINAL $of_these) AS f
    INNER JOIN (SELECT form, title FROM inflow.posting_bands FINAL $of_their_forms) AS b ON b.form = f.form
) AS f ON f.connection = p.connection AND f.source_id = p.source_id
