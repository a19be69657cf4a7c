-- The rows that a report must show even when nothing came: each configured channel (one row `` when `by` has
-- no channel) and period (day, week or month when `by` has one, else the whole), with `covered`: the share of
-- the period, up to as_of, for which the channel's connections delivered. `expected` is 1 in every row, so that a
-- full join can tell its rows from those of data alone.
--
-- `of` says whose connections count: `people` leaves out those that delivered spend and nothing else, `spend` takes
-- those that delivered spend for as long as the channel has any, `all` takes all.
-- A failing connection covers up to its last success. Several connections of a channel, and several channels of
-- a row, are averaged. A channel that no connection feeds counts as covered when it has data (imports), else 0.
WITH
    -- Wall clock of the zone, so that whole local days can be compared.
    (at, zone) -> toUnixTimestamp(parseDateTime(formatDateTime(at, '%F %T', zone), '%F %T', 'UTC')) AS wall,
    periods AS
    (
        SELECT
            multiIf(
                has({by:Array(String)}, 'day'), day,
                has({by:Array(String)}, 'week'), toMonday(day),
                has({by:Array(String)}, 'month'), toStartOfMonth(day),
                {from:Date}) AS period,
            toUnixTimestamp(toDateTime(min(day), 'UTC')) AS starts, toUnixTimestamp(toDateTime(max(day) + 1, 'UTC')) AS ends
        FROM (SELECT arrayJoin(arrayMap(i -> {from:Date} + i, range(0, greatest(0, dateDiff('day', {from:Date}, {to:Date}) + 1)))) AS day)
        GROUP BY period
    ),
    -- One row for each channel and connection that counts for it.
    fed AS
    (
        SELECT
            w.channel AS channel, w.has_data AS has_data, w.known_to AS known_to, f.healthy AS healthy,
            -- Never is a day that is 1970 in every zone.
            toInt64(wall(greatest(f.delivered, toDateTime64('1970-01-03', 3, 'UTC')), w.zone)) AS delivered,
            toUInt8(f.channel != '' AND multiIf({of:String} = 'people', NOT f.spend OR f.other, {of:String} = 'spend', f.spend OR NOT w.has_spend, 1)) AS counts
        FROM
        (
            SELECT
                toString(channel) AS channel, if({tz:String} != '', {tz:String}, toString(timezone)) AS zone, has_data, has_spend,
                wall({as_of:DateTime64(3, 'UTC')}, zone) AS known_to
            FROM inflow.channels
            WHERE position < 1000000 AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, channel))
        ) AS w
        LEFT JOIN
        (
            SELECT
                toString(arrayJoin(h.channels)) AS channel, h.status != 'failing' AS healthy,
                ifNull(h.last_success_at, toDateTime64(0, 3, 'UTC')) AS delivered,
                d.spend AS spend, d.other AS other
            FROM inflow_state.connection_health AS h FINAL
            LEFT JOIN
            (
                SELECT connection, max(kind = 'spend') AS spend, max(kind != 'spend') AS other
                FROM inflow.delivered_kinds
                GROUP BY connection
            ) AS d ON d.connection = h.connection
        ) AS f ON f.channel = w.channel
    )
SELECT
    if(has({by:Array(String)}, 'channel'), each.channel, '') AS channel,
    period,
    avg(covered) AS covered,
    toUInt8(1) AS expected
FROM
(
    SELECT
        f.channel AS channel, p.period AS period,
        if(
            max(f.counts) = 0,
            toFloat64(any(f.has_data)),
            avgIf(
                multiIf(
                    f.healthy, 1,
                    least(p.ends, f.known_to) <= p.starts, 0,
                    greatest(0, least(1, (f.delivered - p.starts) / (least(p.ends, f.known_to) - p.starts)))),
                f.counts)) AS covered
    FROM fed AS f
    CROSS JOIN periods AS p
    GROUP BY channel, period
) AS each
GROUP BY channel, period
