-- Weeks that the postings of each channel were live in each of the {weeks} weeks that end with {last}, the newest numbered 0; added up over the postings.
WITH toDateTime64({last:Date} + 1, 3, 'UTC') AS end
SELECT toString(channel) AS channel, toUInt16(week) AS week,
    sum(greatest(0, dateDiff('second', greatest(opened_at, end - toIntervalDay(7 * (week + 1))), least(closes_at, end - toIntervalDay(7 * week))))) / 604800 AS live
FROM
(
    SELECT channel, opened_at, ifNull(closed_at, {as_of:DateTime64(3, 'UTC')}) AS closes_at, arrayJoin(range({weeks:UInt16})) AS week
    FROM inflow.posting_spans
    WHERE opened_at < end AND (isNull(closed_at) OR closed_at > end - toIntervalDay(7 * {weeks:UInt16}))
)
GROUP BY channel, week
HAVING live > 0
