-- The local day, weekday (1 Monday to 7) and hour of each quarter-hour of the local days {from}..{to}, by zone in use: {tz}, else those of
-- the channels, and UTC for channels that nobody knows.
--
-- Clocks everywhere are a multiple of a quarter-hour away from UTC, so that what holds for the start of one holds for all of it, and
-- naming a day is done once a quarter-hour instead of once a row.
SELECT
    zone, cityHash64(zone) AS zone_key, quarter, toDate(local) AS day, toUInt8(toDayOfWeek(local)) AS weekday, toUInt8(toHour(local)) AS hour
FROM
(
    SELECT zone, quarter, parseDateTime(formatDateTime(quarter, '%F %T', zone), '%F %T', 'UTC') AS local
    FROM
    (
        SELECT DISTINCT if({tz:String} != '', {tz:String}, toString(arrayJoin([timezone, 'UTC']))) AS zone FROM inflow.channels
    ) AS z
    CROSS JOIN
    (
        SELECT toDateTime(toUInt32(toDateTime({from:Date}, 'UTC') - toIntervalHour(14)) + 900 * number, 'UTC') AS quarter
        FROM numbers(toUInt64(4 * (52 + 24 * greatest(0, dateDiff('day', {from:Date}, {to:Date})))))
    ) AS q
)
WHERE day BETWEEN {from:Date} AND {to:Date}
