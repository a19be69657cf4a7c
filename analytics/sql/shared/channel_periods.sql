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
    (day) -> multiIf(
        has({by:Array(String)}, 'day'), day,
        has({by:Array(String)}, 'week'), toMonday(day),
        has({by:Array(String)}, 'month'), toStartOfMonth(day),
        {from:Date}) AS period_of,
    -- Wall clock of the zone, so that whole local days can be compared.
    (at, zone) -> toUnixTimestamp(parseDateTime(formatDateTime(at, '%F %T', zone), '%F %T', 'UTC')) AS wall,
    periods AS
    (
        SELECT period_of(day) AS period, toUnixTimestamp(toDateTime(min(day), 'UTC')) AS starts, toUnixTimestamp(toDateTime(max(day) + 1, 'UTC')) AS ends
        FROM (SELECT arrayJoin(arrayMap(i -> {from:Date} + i, range(0, greatest(0, dateDiff('day', {from:Date}, {to:Date}) + 1)))) AS day)
        GROUP BY period
    ),
    wanted AS
    (
        SELECT toString(channel) AS channel, if({tz:String} != '', {tz:String}, toString(timezone)) AS zone
        FROM inflow.channels
        WHERE position < 1000000 AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, channel))
    ),
    feeds AS
    (
        SELECT toString(fed) AS channel, status != 'failing' AS healthy,
            -- Never: a day that is 1970 in every zone.
            ifNull(last_success_at, toDateTime64('1970-01-03', 3, 'UTC')) AS delivered
        FROM inflow_state.connection_health FINAL
        ARRAY JOIN channels AS fed
        WHERE multiIf(
            {of:String} = 'people',
                connection NOT IN (SELECT connection FROM inflow.delivered_kinds WHERE kind = 'spend')
                OR connection IN (SELECT connection FROM inflow.delivered_kinds WHERE kind != 'spend'),
            {of:String} = 'spend',
                connection IN (SELECT connection FROM inflow.delivered_kinds WHERE kind = 'spend')
                OR fed NOT IN (SELECT channel FROM inflow.delivered_kinds WHERE kind = 'spend'),
            1)
    ),
    with_data AS
    (
        -- Asked of channels without a connection alone.
        SELECT DISTINCT toString(channel) AS channel FROM inflow.stage_days WHERE channel NOT IN (SELECT channel FROM feeds)
        UNION DISTINCT SELECT DISTINCT toString(channel) FROM inflow.posting_quarters WHERE channel NOT IN (SELECT channel FROM feeds)
        UNION DISTINCT SELECT DISTINCT toString(channel) FROM inflow.spend_days WHERE channel NOT IN (SELECT channel FROM feeds)
    )
SELECT
    if(has({by:Array(String)}, 'channel'), each.channel, '') AS channel,
    period,
    avg(covered) AS covered,
    toUInt8(1) AS expected
FROM
(
    SELECT
        w.channel AS channel, p.period AS period,
        avg(multiIf(
            f.channel = '', if(w.channel IN (SELECT channel FROM with_data), 1, 0),
            f.healthy, 1,
            least(p.ends, wall({as_of:DateTime64(3, 'UTC')}, w.zone)) <= p.starts, 0,
            greatest(0, least(1,
                (toInt64(wall(f.delivered, w.zone)) - p.starts)
                / (least(p.ends, wall({as_of:DateTime64(3, 'UTC')}, w.zone)) - p.starts))))) AS covered
    FROM wanted AS w
    CROSS JOIN periods AS p
    LEFT JOIN feeds AS f ON f.channel = w.channel
    GROUP BY channel, period
) AS each
GROUP BY channel, period
