-- When each posting was live: a span from being put up to being taken down, several for one that was put up again.
--
-- Told is what posting_events say, in the order of time; of postings of which none are there (a store from before they were written
-- down) what the newest state says. Put up or said anew while it is live is a refresh. Of the last span the newest state
-- knows the end best: a corrected time of closing, or an announced end. All postings, or those that changed ($of_these and $of_their_events
-- restrict the keys, before versions are told apart).
WITH
    (event, at, precision) -> (toUnixTimestamp64Milli(assumeNotNull(at)), toUInt8(indexOf(['opened', 'refreshed', 'closed'], event)), toString(precision)) AS telling,
    -- opened, precision, refreshes, last refresh, closed (0: live), precision
    (spans) -> notEmpty(spans) AND spans[-1].5 = 0 AS is_live,
    (spans, last) -> arrayPushBack(arrayPopBack(spans), last) AS with_last,
    number = length(spans) AND isNotNull(end_now) AND toUnixTimestamp64Milli(assumeNotNull(end_now)) >= s.1 AND (s.5 = 0 OR status = 'closed') AS knows_better,
    CAST([], 'Array(Tuple(Int64, String, UInt32, Int64, Int64, String))') AS none,
    postings AS
    (
        SELECT
            p.connection AS connection, p.source_id AS source_id, p.channel AS channel, p.store AS store, p.department AS department,
            p.city AS city, p.status AS status, p.closed_at AS closed_at, toString(p.closed_precision) AS closed_precision,
            if(notEmpty(e.told) OR isNull(p.posted_at) OR p.status IN ('draft', 'internal'), e.told, arrayConcat(
                [telling('opened', p.posted_at, p.posted_precision)],
                if(p.status = 'closed', [telling('closed', coalesce(p.closed_at, p.updated_at, p.posted_at), p.closed_precision)], []))) AS told
        FROM (SELECT * FROM inflow.postings FINAL $of_these WHERE deleted = 0) AS p
        LEFT JOIN
        (
            SELECT connection, posting_source_id, arraySort(groupArray(telling(toString(event), occurred_at, precision))) AS told
            FROM inflow.posting_events FINAL $of_their_events
            WHERE deleted = 0
            GROUP BY connection, posting_source_id
        ) AS e ON e.connection = p.connection AND e.posting_source_id = p.source_id
    ),
    folded AS
    (
        SELECT
            *,
            arrayFold(
                (spans, t) -> multiIf(
                    t.2 != 3 AND NOT is_live(spans), arrayPushBack(spans, (t.1, t.3, toUInt32(0), toInt64(0), toInt64(0), '')),
                    -- The first of equal instants put it up.
                    t.2 != 3 AND t.1 > spans[-1].1, with_last(spans, (spans[-1].1, spans[-1].2, toUInt32(spans[-1].3 + 1), t.1, toInt64(0), '')),
                    t.2 = 3 AND is_live(spans), with_last(spans, (spans[-1].1, spans[-1].2, spans[-1].3, spans[-1].4, t.1, t.3)),
                    spans),
                told, none) AS spans
        FROM postings
    )
SELECT
    connection, source_id, number AS span, channel, store, department, city,
    fromUnixTimestamp64Milli(s.1, 'UTC') AS opened_at, s.2 AS opened_precision,
    s.3 AS refreshes, if(s.4 = 0, NULL, fromUnixTimestamp64Milli(s.4, 'UTC')) AS refreshed_at,
    multiIf(knows_better, end_now, s.5 = 0, NULL, fromUnixTimestamp64Milli(s.5, 'UTC')) AS closed_at,
    if(knows_better, end_precision, s.6) AS closed_precision
FROM
(
    SELECT * EXCEPT (closed_at, closed_precision), closed_at AS end_now, closed_precision AS end_precision FROM folded
)
ARRAY JOIN spans AS s, arrayEnumerate(spans) AS number
