-- Cases that several connections tell of.
        SELECT
            toLowCardinality(members[1].connection) AS connection, members[1].source_id AS source_id,
            toLowCardinality(members[1].counts_for) AS channel,
            toLowCardinality(arrayFirst(x -> x.store != '', members).store) AS store,
            toLowCardinality(arrayFirst(x -> x.department != '', members).department) AS department,
            toLowCardinality(arrayFirst(x -> x.city != '', members).city) AS city,
            arrayFirst(x -> x.requisition_source_id != '', members).requisition_source_id AS requisition_source_id,
            arrayFirst(x -> x.posting_source_id != '', members).posting_source_id AS posting_source_id,
            toLowCardinality(arrayFirst(x -> x.recruiter != '', members).recruiter) AS recruiter,
            arrayFirst(x -> x.job_family != '', members).job_family AS job_family,
            arrayFirst(x -> x.requisition != '', members).requisition AS requisition,
            arrayFirst(x -> x.posting_cluster != '', members).posting_cluster AS posting_cluster,
            (arrayMin(x -> (1 - x.linkable, x.person_id), members) AS who).2 AS person_id, toUInt8(1 - who.1) AS linkable,
            arrayFlatten(members.told) AS told, arrayFlatten(members.own) AS own
        FROM
        (
            SELECT arraySort(x -> x.place, groupArray(CAST(
                (k.place, connection, source_id, k.channel, store, department, city, requisition_source_id, posting_source_id, recruiter, job_family, requisition, posting_cluster, person_id, linkable, told, own),
                'Tuple(place UInt16, connection String, source_id String, counts_for String, store String, department String, city String, requisition_source_id String, posting_source_id String, recruiter String, job_family String, requisition String, posting_cluster String, person_id String, linkable UInt8, told Array(UInt64), own Array(UInt64))'))) AS members
            FROM
            (
$tellings
            ) AS m
            INNER JOIN (SELECT * FROM inflow.application_links WHERE $of_cases) AS k ON k.connection = m.connection AND k.source_id = m.source_id
            GROUP BY k.case_id
        )
