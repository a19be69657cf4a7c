-- One row for each application and canonical stage that it reached.
--
-- A stage is reached when an event says so and no later event took it back, or when the application itself
-- carries the instant (`applied_at`; `first_at` is contact). Of several instants the earliest counts, but a
-- time of day beats a mere day on that same day. Who reached a later stage has reached the skipped ones at
-- the earliest later instant, precision `implied`. Rejected (101) and withdrawn (102) imply nothing.
-- Store, department and city are the application's, else its posting's.
WITH
    ['viewed', 'contacted', 'applied', 'screened', 'invited', 'attended', 'offered', 'accepted', 'onboarded', 'passed_probation'] AS names,
    (stage) -> toUInt8(multiIf(stage = 'rejected', 101, stage = 'withdrawn', 102, indexOf(names, stage))) AS rank_of,
    (rank) -> multiIf(rank = 101, 'rejected', rank = 102, 'withdrawn', names[rank]) AS name_of,
    -- 23 hours: the shortest local day, so that a time of the next day never stands in for a day.
    (at, precision) -> if(precision = 'day', at + toIntervalHour(23), at) AS latest
SELECT
    a.connection AS connection,
    a.source_id AS source_id,
    a.channel AS channel,
    if(a.store = '', p.store, a.store) AS store,
    if(a.department = '', p.department, a.department) AS department,
    if(a.city = '', p.city, a.city) AS city,
    a.requisition_source_id AS requisition_source_id,
    a.posting_source_id AS posting_source_id,
    a.recruiter AS recruiter,
    multiIf(l.person_id != '', l.person_id,
            a.candidate_source_id != '', concat(a.connection, '/', a.candidate_source_id),
            concat(a.connection, '/application:', a.source_id)) AS person_id,
    l.linkable AS linkable,
    name_of(entry.1) AS stage,
    entry.1 AS stage_rank,
    entry.2 AS entered_at,
    toStartOfFifteenMinutes(toDateTime(entry.2, 'UTC')) AS quarter,
    entry.3 AS precision
FROM
(
    WITH
        -- (rank, at, precision, retracts, from the application itself)
        arrayFilter(
            e -> e.4 = 0 AND (e.5 = 1 OR NOT arrayExists(x -> x.4 = 1 AND x.1 = e.1 AND x.2 >= e.2, events)),
            events) AS valid,
        arraySort(e -> (e.1, latest(e.2, e.3), e.3 != 'exact', e.3), valid) AS ordered,
        arrayFilter((e, before) -> e.1 != before.1, ordered, arrayPopBack(arrayPushFront(ordered, (0, toDateTime64(0, 3, 'UTC'), '', 0, 0)))) AS firsts,
        arrayFilter(e -> e.1 <= 10, firsts) AS steps,
        arrayMap(e -> e.1, steps) AS reached,
        arrayFilter(r -> NOT has(reached, r), range(toUInt8(1), if(empty(reached), toUInt8(1), arrayMax(reached)))) AS skipped
    SELECT
        connection, source_id, channel, store, department, city, requisition_source_id, posting_source_id, recruiter,
        candidate_source_id,
        arrayJoin(arrayConcat(
            arrayMap(e -> (e.1, e.2, e.3), firsts),
            arrayMap(r -> (toUInt8(r), arrayMin(e -> e.2, arrayFilter(e -> e.1 > r, steps)), 'implied'), skipped))) AS entry
    FROM
    (
        SELECT
            connection,
            source_id,
            max(own) AS known,
            maxIf(toString(u.channel), own) AS channel,
            maxIf(toString(u.store), own) AS store,
            maxIf(toString(u.department), own) AS department,
            maxIf(toString(u.city), own) AS city,
            maxIf(u.requisition_source_id, own) AS requisition_source_id,
            maxIf(u.posting_source_id, own) AS posting_source_id,
            maxIf(toString(u.recruiter), own) AS recruiter,
            maxIf(u.candidate_source_id, own) AS candidate_source_id,
            groupArrayIf((rank, at, if(precision = '', 'observed', precision), retracts, sure), rank > 0) AS events
        FROM
        (
            -- The application, with its own instants as events; a row without any keeps its attributes.
            SELECT
                connection, source_id, 1 AS own, channel, store, department, city, requisition_source_id, posting_source_id,
                recruiter, candidate_source_id,
                toUInt8(instant.1) AS rank, assumeNotNull(instant.2) AS at, instant.3 AS precision, toUInt8(0) AS retracts, toUInt8(1) AS sure
            FROM inflow.applications FINAL
            ARRAY JOIN arrayConcat(
                [(0, toNullable(toDateTime64(0, 3, 'UTC')), '')],
                arrayFilter(i -> isNotNull(i.2),
                    [(2, first_at, toString(first_precision)), (3, applied_at, toString(applied_precision))])) AS instant
            WHERE deleted = 0
            UNION ALL
            SELECT
                connection, application_source_id, 0, '', '', '', '', '', '', '', '',
                rank_of(toString(stage)), occurred_at, toString(precision), retracts, toUInt8(0)
            FROM inflow.stage_events FINAL
            WHERE deleted = 0
        ) AS u
        GROUP BY connection, source_id
    )
    WHERE known = 1
) AS a
LEFT JOIN
(
    SELECT connection, source_id, toString(store) AS store, toString(department) AS department, toString(city) AS city
    FROM inflow.postings FINAL
    WHERE deleted = 0 AND (store != '' OR department != '' OR city != '')
) AS p ON p.connection = a.connection AND p.source_id = a.posting_source_id
LEFT JOIN inflow.candidate_links AS l ON l.connection = a.connection AND l.source_id = a.candidate_source_id
