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
        SELECT * FROM
        (
$alone
        )
        UNION ALL
        SELECT
            argMin(m.connection, k.place), argMin(m.source_id, k.place), any(k.channel),
            argMinIf(m.store, k.place, m.store != ''), argMinIf(m.department, k.place, m.department != ''), argMinIf(m.city, k.place, m.city != ''),
            argMinIf(m.requisition_source_id, k.place, m.requisition_source_id != ''),
            argMinIf(m.posting_source_id, k.place, m.posting_source_id != ''),
            argMinIf(m.recruiter, k.place, m.recruiter != ''),
            argMin(m.person_id, (1 - m.linkable, m.person_id)), max(m.linkable),
            groupArrayArray(m.told), groupArrayArray(m.own)
        FROM
        (
$members
        ) AS m
        INNER JOIN inflow.application_links AS k ON k.connection = m.connection AND k.source_id = m.source_id
        GROUP BY k.case_id
    ),
    known AS
    (
        SELECT
            * EXCEPT (told, own),
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
