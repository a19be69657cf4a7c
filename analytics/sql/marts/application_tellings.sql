-- What each connection tells of its applications, those of cases of several members (`$members` is IN) or of one (NOT IN).
--
-- All applications, or those that changed and nothing else: {everything} is the one switch. Restrictions on the sorting keys may go
-- before FINAL makes one row of several, and ids alone are compared first since that is cheap. `$part(id)` is the part of the applications that the
-- statement is for, and `$connections` the connections of those; of cases of several, $cases are the members.
WITH
    mine AS
    (
        SELECT * FROM $current AND $part(source_id) AND (connection, source_id) $members ($cases)
    )
SELECT
    a.connection AS connection, a.source_id AS source_id, a.channel AS channel,
    if(a.store = '', p.store, a.store) AS store,
    if(a.department = '', p.department, a.department) AS department,
    if(a.city = '', p.city, a.city) AS city,
    a.requisition_source_id AS requisition_source_id, a.posting_source_id AS posting_source_id, a.recruiter AS recruiter,
    multiIf(p.job_family != '', toString(p.job_family), opening.3 != '', opening.3, a.family != '', a.family, lowerUTF8(trim(a.title))) AS job_family,
    ($opening(a.connection, q.told) AS opening).2 AS requisition, p.posting_cluster AS posting_cluster,
    multiIf(l.other != '', l.other,
            a.candidate_source_id != '', concat(a.connection, '/', a.candidate_source_id),
            concat(a.connection, '/application:', a.source_id)) AS person_id,
    l.linkable AS linkable,
    -- A history that the application's own record carries is what its newest version says.
    arrayConcat(t.apart, arrayFilter((e, carrier) -> carrier = a.version, t.within, t.carriers)) AS told,
    arrayConcat(
        if(isNull(a.applied_at), [], [packed(3, assumeNotNull(a.applied_at), a.applied_precision, 0)]),
        if(isNull(a.first_at), [], [packed(1, assumeNotNull(a.first_at), a.first_precision, 0)])) AS own
FROM
(
    SELECT *, sipHash128(connection, source_id) AS key, sipHash128(connection, candidate_source_id) AS candidate_key, $family_of(title) AS family
    FROM mine
) AS a
LEFT JOIN
(
    SELECT sipHash128(connection, application_source_id) AS key, apart, within, carriers
    FROM
    (
        -- In the order of the table, so that nothing but the current application is held.
        SELECT
            connection, application_source_id,
            groupArrayIf(event, embedded = 0) AS apart,
            groupArrayIf(event, embedded = 1) AS within, groupArrayIf(version, embedded = 1) AS carriers
        FROM
        (
            SELECT
                connection, application_source_id, embedded, version,
                packed(
                    multiIf(stage = 'rejected', 101, stage = 'withdrawn', 102, indexOf(names, toString(stage))),
                    occurred_at, precision, retracts) AS event
            FROM inflow.stage_events FINAL
            PREWHERE {everything:UInt8} OR application_source_id IN (SELECT source_id FROM changed)
            WHERE deleted = 0 AND ({everything:UInt8} OR (connection, application_source_id) IN changed)
              AND $part(application_source_id)
              AND (connection, application_source_id) $members ($cases)
        )
        GROUP BY connection, application_source_id
    )
) AS t ON t.key = a.key
LEFT JOIN
(
    SELECT sipHash128(connection, source_id) AS key, store, department, city, requisition_source_id, posting_cluster, job_family
    FROM inflow.posting_jobs
    PREWHERE ({everything:UInt8} AND '$members' = 'NOT IN') OR source_id IN (SELECT posting_source_id FROM mine)
    WHERE $connections
) AS p ON p.key = sipHash128(a.connection, a.posting_source_id)
LEFT JOIN inflow.requisition_jobs AS q ON q.source_id = if(a.requisition_source_id != '', a.requisition_source_id, p.requisition_source_id)
LEFT JOIN
(
    -- Most persons are known by the key of their only row, which need not be carried along.
    SELECT sipHash128(connection, source_id) AS key, if(person_id = concat(connection, '/', source_id), '', person_id) AS other, linkable
    FROM inflow.candidate_links FINAL
    PREWHERE ({everything:UInt8} AND '$members' = 'NOT IN') OR candidate IN (SELECT cityHash64(connection, candidate_source_id) FROM mine)
    WHERE $connections
) AS l ON l.key = a.candidate_key
