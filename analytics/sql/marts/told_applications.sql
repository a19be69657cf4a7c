-- Each application with what its own connection tells of it; goes into application_stages twice: for those that are cases of
-- their own ($of is NOT IN) and for members of cases that have several ($of is IN).
SELECT
    a.connection AS connection, a.source_id AS source_id, a.channel AS channel,
    if(a.store = '', p.store, a.store) AS store,
    if(a.department = '', p.department, a.department) AS department,
    if(a.city = '', p.city, a.city) AS city,
    a.requisition_source_id AS requisition_source_id, a.posting_source_id AS posting_source_id, a.recruiter AS recruiter,
    multiIf(l.person_id != '', l.person_id,
            a.candidate_source_id != '', concat(a.connection, '/', a.candidate_source_id),
            concat(a.connection, '/application:', a.source_id)) AS person_id,
    l.linkable AS linkable,
    -- A history that the application's own record carries is what its newest version says.
    arrayConcat(t.apart, arrayMap(e -> e.2, arrayFilter(e -> e.1 = a.version, t.within))) AS told,
    arrayConcat(
        if(isNull(a.applied_at), [], [packed(3, assumeNotNull(a.applied_at), a.applied_precision, 0)]),
        if(isNull(a.first_at), [], [packed(1, assumeNotNull(a.first_at), a.first_precision, 0)])) AS own
FROM
(
    SELECT *
    FROM inflow.applications FINAL
    WHERE deleted = 0 AND (connection, source_id) $of (SELECT connection, source_id FROM inflow.application_links)
) AS a
LEFT JOIN
(
    -- In the order of the table, so that nothing but the current application is held.
    SELECT
        connection, application_source_id,
        groupArrayIf(event, embedded = 0) AS apart,
        groupArrayIf((version, event), embedded = 1) AS within
    FROM
    (
        SELECT
            connection, application_source_id, embedded, version,
            packed(
                multiIf(stage = 'rejected', 101, stage = 'withdrawn', 102, indexOf(names, toString(stage))),
                occurred_at, precision, retracts) AS event
        FROM inflow.stage_events FINAL
        WHERE deleted = 0 AND (connection, application_source_id) $of (SELECT connection, source_id FROM inflow.application_links)
    )
    GROUP BY connection, application_source_id
) AS t ON t.connection = a.connection AND t.application_source_id = a.source_id
LEFT JOIN
(
    SELECT connection, source_id, store, department, city
    FROM inflow.postings FINAL
    WHERE deleted = 0 AND (store != '' OR department != '' OR city != '')
) AS p ON p.connection = a.connection AND p.source_id = a.posting_source_id
LEFT JOIN inflow.candidate_links AS l ON l.connection = a.connection AND l.source_id = a.candidate_source_id
