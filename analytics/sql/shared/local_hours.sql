-- How often each hour of the week began in the local days {from}..{to} up to {as_of}, by zone in use: {tz}, else those of the channels,
-- and UTC.
--
-- On most days each hour comes once. Those near a change of the clocks and those at {as_of} are counted quarter-hour by quarter-hour.
WITH
    days AS
    (
        SELECT
            zone, day,
            -- Whatever changes a local day's clock lies between these instants.
            formatDateTime(toDateTime(day, 'UTC') - toIntervalHour(14), '%z', zone) != formatDateTime(toDateTime(day, 'UTC') + toIntervalHour(38), '%z', zone)
                OR toDateTime(day, 'UTC') + toIntervalHour(38) > {as_of:DateTime64(3, 'UTC')} AS odd
        FROM (SELECT DISTINCT if({tz:String} != '', {tz:String}, toString(arrayJoin([timezone, 'UTC']))) AS zone FROM inflow.channels) AS z
        CROSS JOIN
        (
            SELECT arrayJoin(arrayMap(i -> {from:Date} + i, range(0, greatest(0, dateDiff('day', {from:Date}, {to:Date}) + 1)))) AS day
        ) AS d
        WHERE toDateTime(day, 'UTC') - toIntervalHour(14) <= {as_of:DateTime64(3, 'UTC')}
    )
SELECT zone, weekday, hour, sum(quarters) / 4 AS times
FROM
(
    SELECT zone, toUInt8(toDayOfWeek(day)) AS weekday, toUInt8(arrayJoin(range(24))) AS hour, 4 * count() AS quarters
    FROM days
    WHERE NOT odd
    GROUP BY zone, weekday
    UNION ALL
    SELECT zone, toUInt8(toDayOfWeek(day)), toUInt8(splitByChar(' ', clock)[2]), count()
    FROM
    (
        SELECT zone, day, arrayJoin(arrayMap(i -> toDateTime(day, 'UTC') + toIntervalMinute(15 * i - 840), range(208))) AS quarter,
            formatDateTime(quarter, '%F %H', zone) AS clock
        FROM days
        WHERE odd
    )
    WHERE startsWith(clock, toString(day)) AND quarter <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY 1, 2, 3
)
GROUP BY zone, weekday, hour
