-- One row for each case and canonical stage that it reached. A case is an application, or several that connections tell
-- of the same one (`application_links`).
--
-- A stage is reached when an event says so and no later event took it back, or when the application itself
-- carries the instant (`applied_at`; `first_at` is a first view, the least that it can be). Of several instants the earliest counts, but a
-- time of day beats a mere day on that same day. Who reached a later stage has reached the skipped ones at
-- the earliest later instant, precision `implied`. Rejected (101) and withdrawn (102) imply nothing.
-- Store, department and city are the application's, else its posting's.
--
-- A case of several connections has the events of all of them, the channel that linking chose, and is known by the member
-- that knows the channel best; what that member does not say the next one does. Its person is one with a usable key if any has one.
--
-- Tellings are gathered by a 128-bit hash of their case, one state a case: that spills to disk, where sets of all linked keys or a state
-- for each column would not fit into the engine's memory at a million applications.
--
-- For memory's sake an event travels as one number whose natural order is the order above: rank (7 bits), the
-- latest millisecond that it can mean (42), precision (1 exact, 2 day, 3 observed, 4 implied) and whether it
-- retracts. A day means up to 23 hours later: the shortest local day, so that the next day's time stays out.
WITH
    ['viewed', 'contacted', 'applied', 'screened', 'invited', 'attended', 'offered', 'accepted', 'onboarded', 'passed_probation'] AS names,
    ['exact', 'day', 'observed', 'implied'] AS precisions,
    82800000 AS shortest_day,
    (rank, at, precision, retracts) -> bitOr(bitOr(bitOr(
        bitShiftLeft(toUInt64(rank), 57),
        bitShiftLeft(toUInt64(greatest(0, toUnixTimestamp64Milli(at) + if(precision = 'day', shortest_day, 0))), 15)),
        bitShiftLeft(toUInt64(multiIf(precision = 'exact', 1, precision = 'day', 2, 3)), 1)),
        toUInt64(retracts)) AS packed,
    (event) -> bitShiftRight(event, 57) AS rank_of,
    (event) -> bitAnd(bitShiftRight(event, 1), 7) AS precision_of,
    (event) -> bitAnd(event, 1) = 1 AS retracts_of,
    (event) -> toInt64(bitAnd(bitShiftRight(event, 15), 4398046511103)) - if(precision_of(event) = 2, shortest_day, 0) AS at_of,
    cases AS
    (
        SELECT
            if(length(tellings) = 1, tellings, arraySort(x -> x.place, tellings)) AS members,
            members[1].connection AS connection, members[1].source_id AS source_id, members[1].counts_for AS channel,
            arrayFirst(x -> x.store != '', members).store AS store,
            arrayFirst(x -> x.department != '', members).department AS department,
            arrayFirst(x -> x.city != '', members).city AS city,
            arrayFirst(x -> x.requisition_source_id != '', members).requisition_source_id AS requisition_source_id,
            arrayFirst(x -> x.posting_source_id != '', members).posting_source_id AS posting_source_id,
            arrayFirst(x -> x.recruiter != '', members).recruiter AS recruiter,
            arrayMin(x -> (1 - x.linkable, x.person_id), members) AS who, who.2 AS person_id, toUInt8(1 - who.1) AS linkable,
            arrayFlatten(members.told) AS told, arrayFlatten(members.own) AS own
        FROM
        (
            SELECT groupArray(CAST(
                (place, connection, source_id, counts_for, store, department, city, requisition_source_id, posting_source_id, recruiter, person_id, linkable, told, own),
                'Tuple(place UInt16, connection String, source_id String, counts_for String, store String, department String, city String, requisition_source_id String, posting_source_id String, recruiter String, person_id String, linkable UInt8, told Array(UInt64), own Array(UInt64))')) AS tellings
            FROM
            (
                -- Each application with what its own connection tells of it.
                SELECT
                    a.connection AS connection, a.source_id AS source_id, a.channel AS channel,
                    if(a.store = '', p.store, a.store) AS store,
                    if(a.department = '', p.department, a.department) AS department,
                    if(a.city = '', p.city, a.city) AS city,
                    a.requisition_source_id AS requisition_source_id, a.posting_source_id AS posting_source_id, a.recruiter AS recruiter,
                    multiIf(l.person_id != '', l.person_id,
                            a.candidate_source_id != '', concat(a.connection, '/', a.candidate_source_id),
                            concat(a.connection, '/application:', a.source_id)) AS person_id,
                    l.linkable AS linkable, k.place AS place, if(k.place = 0, a.channel, k.channel) AS counts_for,
                    if(k.place = 0, sipHash128(a.connection, a.source_id), sipHash128(k.case_id)) AS case_key,
                    -- A history that the application's own record carries is what its newest version says.
                    arrayConcat(t.apart, arrayMap(e -> e.2, arrayFilter(e -> e.1 = a.version, t.within))) AS told,
                    arrayConcat(
                        if(isNull(a.applied_at), [], [packed(3, assumeNotNull(a.applied_at), a.applied_precision, 0)]),
                        if(isNull(a.first_at), [], [packed(1, assumeNotNull(a.first_at), a.first_precision, 0)])) AS own
                FROM (SELECT * FROM inflow.applications FINAL WHERE deleted = 0) AS a
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
                        WHERE deleted = 0
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
                LEFT JOIN inflow.application_links AS k ON k.connection = a.connection AND k.source_id = a.source_id
            ) AS m
            GROUP BY m.case_key
        )
    ),
    known AS
    (
        SELECT
            * EXCEPT (told, own, members, who),
            if(arrayExists(e -> retracts_of(e), told), arrayFilter(
                e -> NOT retracts_of(e) AND NOT arrayExists(x -> retracts_of(x) AND rank_of(x) = rank_of(e) AND at_of(x) >= at_of(e), told),
                told), told) AS kept,
            arraySort(arrayConcat(kept, own)) AS ordered
        FROM cases
    ),
    entered AS
    (
        WITH
            arrayFilter((e, before) -> rank_of(e) != 0 AND rank_of(e) != rank_of(before), ordered, arrayPopBack(arrayPushFront(ordered, toUInt64(0)))) AS firsts,
            arrayFilter(e -> rank_of(e) <= 10, firsts) AS steps,
            arrayMap(e -> rank_of(e), steps) AS reached,
            arrayFilter(r -> NOT has(reached, r), range(1, if(empty(reached), 1, arrayMax(reached)))) AS skipped
        SELECT
            * EXCEPT (kept, ordered),
            arrayJoin(arrayConcat(
                arrayMap(e -> (toUInt8(rank_of(e)), at_of(e), precision_of(e)), firsts),
                arrayMap(r -> (toUInt8(r), arrayMin(e -> at_of(e), arrayFilter(e -> rank_of(e) > r, steps)), toUInt64(4)), skipped))) AS entry
        FROM known
    )
SELECT
    connection, source_id, channel, store, department, city, requisition_source_id, posting_source_id, recruiter, person_id, linkable,
    multiIf(entry.1 = 101, 'rejected', entry.1 = 102, 'withdrawn', names[entry.1]) AS stage,
    entry.1 AS stage_rank,
    fromUnixTimestamp64Milli(entry.2, 'UTC') AS entered_at,
    toStartOfFifteenMinutes(toDateTime(entered_at, 'UTC')) AS quarter,
    precisions[entry.3] AS precision
FROM entered
