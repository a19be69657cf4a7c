-- The applications that can be one with another connection's: of persons that several connections know, and of names that
-- several connections tell, at least once without a phone or mail (names.sql). $db is the database, $applications and $links where applications
-- and persons are read from (all, or those that a change reaches), $postings narrows the postings to those.
WITH
$names
    able AS
    (
        SELECT *
        FROM $applications
        -- By hash: texts of a million candidates would take their time.
        WHERE deleted = 0 AND cityHash64(connection, candidate_source_id) IN
        (
            SELECT cityHash64(connection, source_id) FROM $links WHERE connections > 1
            UNION ALL
            SELECT cityHash64(connection, source_id) FROM shared
        )
    )
SELECT
    toString(a.connection), a.source_id,
    sipHash64(if(l.person_id != '', l.person_id, concat(a.connection, '/', a.candidate_source_id))), toUInt8(l.linkable), n.names,
    toString(a.channel), toUInt8(a.source_word != ''),
    if(a.requisition_source_id != '', a.requisition_source_id, p.requisition_source_id),
    (a.title, if(p.title != '', p.title, b.only_title), a.posting_source_id),
    toString(if(a.store != '', a.store, p.store)),
    (toUnixTimestamp64Milli(a.applied_at), toString(a.applied_precision)),
    -- An instant that is only an upper bound is not told.
    toUnixTimestamp64Milli(coalesce(
        if(a.applied_precision = 'observed', NULL, a.applied_at), if(a.first_precision = 'observed', NULL, a.first_at), e.told_at)),
    toUnixTimestamp64Milli(coalesce(a.applied_at, a.first_at, e.seen_at)),
    toString(a.status)
FROM able AS a
LEFT JOIN
(
    SELECT connection, source_id, person_id, linkable FROM $links WHERE (connections > 1 OR (connection, source_id) IN (SELECT connection, source_id FROM shared))
) AS l ON l.connection = a.connection AND l.source_id = a.candidate_source_id
LEFT JOIN named AS n ON n.connection = a.connection AND n.source_id = a.candidate_source_id
LEFT JOIN
(
    SELECT connection, source_id, requisition_source_id, title, store FROM $db.postings FINAL $postings WHERE deleted = 0
) AS p ON p.connection = a.connection AND p.source_id = a.posting_source_id
LEFT JOIN
(
    -- A board's postings may come by another connection than its applications.
    SELECT channel, source_id, any(title) AS only_title
    FROM $db.postings FINAL $postings
    WHERE deleted = 0 AND NOT startsWith(channel, 'unknown:')
    GROUP BY channel, source_id
    HAVING uniqExact(title) = 1
) AS b ON b.channel = a.channel AND b.source_id = a.posting_source_id
LEFT JOIN
(
    SELECT
        connection, application_source_id,
        minIf(toNullable(occurred_at), precision != 'observed') AS told_at, minIf(toNullable(occurred_at), precision = 'observed') AS seen_at
    FROM $db.stage_events FINAL
    -- Columns of the sorting key may be asked before versions are told apart.
    PREWHERE (connection, application_source_id) IN
    (
        SELECT connection, source_id FROM $applications WHERE deleted = 0 AND isNull(applied_at) AND isNull(first_at)
    )
    WHERE deleted = 0 AND retracts = 0
    GROUP BY connection, application_source_id
) AS e ON e.connection = a.connection AND e.application_source_id = a.source_id
ORDER BY a.connection, a.source_id
