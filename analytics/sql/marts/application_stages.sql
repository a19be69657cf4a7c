-- One row for each case and canonical stage that it reached. A case is an application, or several that connections tell
-- of the same one (`application_links`).
--
-- A stage is reached when an event says so and no later event took it back, or when the application itself
-- carries the instant (`applied_at`; `first_at` is a first view, the least that it can be). Of several instants the earliest counts, but a
-- time of day beats a mere day on that same day. Who reached a later stage has reached the skipped ones at
-- the earliest later instant, precision `implied`. Rejected (101) and withdrawn (102) imply nothing.
-- Store, department and city are the application's, else its posting's. The requisition is the application's, else its posting's; the job
-- family is the posting's, else the requisition's, else that of the title that the application names; the cluster is the posting's.
--
-- A case of several connections has the events of all of them, the channel that linking chose, and is known by the member
-- that knows the channel best; what that member does not say the next one does. Its person is one with a usable key if any has one.
-- Most applications are a case alone, and spare themselves being gathered.
--
-- With {everything} this is a base (tier 0). Else it is what replaces the base's rows of changed cases (tier 1): their rows as they are
-- now, a mark (stage_rank 0) for each changed application, so that what the base says of it does not count even if it has
-- no stage any more, and what tier 1 has held of other cases. A case is as old as its members: `changed_applications` holds all members,
-- of now and before, of a case of which it holds one.
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
    changed AS (SELECT connection, source_id FROM inflow.changed_applications),
    cases AS
    (
        SELECT connection, source_id, channel, store, department, city, requisition_source_id, posting_source_id, recruiter, job_family, requisition, posting_cluster,
            person_id, linkable, told, own
        FROM
        (
$told
        )
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
            arrayFilter(r -> NOT has(reached, r), range(1, if(empty(reached), 1, reached[-1]))) AS skipped
        SELECT
            * EXCEPT (kept, ordered),
            toUInt8(if(empty(reached), 0, reached[-1])) AS furthest,
            toUInt8(length(firsts) > length(steps)) AS decided,
            if(empty(firsts), 0, arrayMax(e -> at_of(e), firsts)) AS settled,
            arrayJoin(arrayConcat(
                arrayMap(e -> (toUInt8(rank_of(e)), at_of(e), precision_of(e)), firsts),
                arrayMap(r -> (toUInt8(r), arrayMin(e -> at_of(e), arrayFilter(e -> rank_of(e) > r, steps)), toUInt64(4)), skipped))) AS entry
        FROM known
    )
SELECT
    connection, source_id, channel, store, department, city, requisition_source_id, posting_source_id, recruiter, job_family, requisition,
    posting_cluster, person_id, linkable,
    multiIf(entry.1 = 101, 'rejected', entry.1 = 102, 'withdrawn', names[entry.1]) AS stage,
    entry.1 AS stage_rank,
    fromUnixTimestamp64Milli(entry.2, 'UTC') AS entered_at,
    toStartOfFifteenMinutes(toDateTime(entered_at, 'UTC')) AS quarter,
    precisions[entry.3] AS precision,
    sipHash64(connection, source_id) AS case_key, furthest, decided, fromUnixTimestamp64Milli(settled, 'UTC') AS settled_at,
    $local_day(entered_at) AS local_day, $local_hour(entered_at) AS local_hour, sipHash64(person_id) AS person_key,
    toUInt8(NOT {everything:UInt8}) AS tier, {generation:UInt32} AS generation
FROM entered
UNION ALL
SELECT
    connection, source_id, '', '', '', '', '', '', '', '', '', '', '', 0, '', 0, toDateTime64(0, 3, 'UTC'), toDateTime(0, 'UTC'), '',
    sipHash64(connection, source_id), 0, 0, toDateTime64(0, 3, 'UTC'), toDate(0), 0, 0, 1, {generation:UInt32}
FROM changed
WHERE NOT {everything:UInt8}
UNION ALL
SELECT *
FROM inflow.application_stage_tiers
WHERE NOT {everything:UInt8} AND tier = 1 AND generation = {generation:UInt32}
  AND case_key NOT IN (SELECT sipHash64(connection, source_id) FROM changed)
