-- Postings published in each UTC quarter-hour, and for how long postings were live in it.
--
-- Live is what posting_spans say; a span without an end goes on to {as_of}. Published are postings whose time of publication is told;
-- drafts and internal postings are not advertisements. Exposure is summed from changes at the ends of each span (four a span), kept per
-- channel and store (department and city empty, in rows of its own), and reaches 400 days back, so that the number of rows is
-- bounded by channels x stores x 38,400, whatever the number of postings.
WITH
    (t) -> intDiv(t, 900) * 900 AS quarter_of,
    toUnixTimestamp({as_of:DateTime64(3, 'UTC')}) AS until,
    advertised AS
    (
        SELECT channel, store, department, city, posted_precision, assumeNotNull(posted_at) AS opened_at
        FROM inflow.postings FINAL
        WHERE deleted = 0 AND isNotNull(posted_at) AND status NOT IN ('draft', 'internal')
    )
SELECT *, $local_day(quarter) AS local_day, $local_hour(quarter) AS local_hour
FROM
(
    SELECT
        toString(channel) AS channel, toString(store) AS store, toString(department) AS department, toString(city) AS city,
        toStartOfFifteenMinutes(toDateTime(opened_at, 'UTC')) AS quarter,
        toUInt32(countIf(posted_precision = 'exact')) AS posted,
        toUInt32(countIf(posted_precision != 'exact')) AS posted_day_only,
        toUInt64(0) AS live_seconds
    FROM advertised
    GROUP BY channel, store, department, city, quarter
    UNION ALL
    SELECT
        channel, store, '' AS department, '' AS city,
        toDateTime(arrayJoin(range(at, next, 900)), 'UTC') AS quarter,
        toUInt32(0) AS posted, toUInt32(0) AS posted_day_only, toUInt64(level) AS live_seconds
    FROM
    (
        SELECT
            channel, store, at,
            sum(change) OVER (PARTITION BY channel, store ORDER BY at) AS level,
            leadInFrame(at, 1, at) OVER (PARTITION BY channel, store ORDER BY at ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next
        FROM
        (
            -- The change of live seconds against the quarter-hour before: a part of one, then the whole.
            SELECT channel, store, step.1 AS at, sum(step.2) AS change
            FROM
            (
                SELECT toString(channel) AS channel, toString(store) AS store,
                    greatest(toInt64(toUnixTimestamp64Second(opened_at)), 0, until - 400 * 86400) AS opened,
                    least(if(isNull(closed_at), until, toInt64(toUnixTimestamp64Second(assumeNotNull(closed_at)))), until) AS closed
                FROM inflow.posting_spans
                WHERE closed > opened
            )
            ARRAY JOIN [
                (quarter_of(opened), quarter_of(opened) + 900 - opened),
                (quarter_of(opened) + 900, opened - quarter_of(opened)),
                (quarter_of(closed), closed - quarter_of(closed) - 900),
                (quarter_of(closed) + 900, quarter_of(closed) - closed)] AS step
            GROUP BY channel, store, at
        )
    )
    WHERE level > 0
)
