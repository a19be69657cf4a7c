-- Counts and exposure of the 168 local hours of a week. `of` is posting or application.
--
-- exposure_hours: hours that postings were live in the cell (two postings live for an hour are two).
-- calendar_hours: how often the hour came round in the period (2 or 0 on the days that change the clocks).
-- rate: count / exposure_hours.
-- shrunk: posterior mean of the rate under a Gamma prior of shape 5 and mean (overall rate of the row's group) x
-- (rate of the cell over all channels / overall rate of all channels): each channel keeps its level and borrows
-- the shape of the week. Shape 5 says that a cell's rate differs between channels by about 45 % (1 / sqrt(5));
-- shrunk = (count + 5) / (exposure_hours + 5 / mean).
-- count_low, count_high: 95 % interval of the count that the cell has in such a period (Poisson); low, high: the same over the exposure, of the rate.
-- left_out: events of the group whose time of day is unknown.
WITH
$poisson
    5 AS shape,
    if({tz:String} = '', 'UTC', {tz:String}) AS zone,
    -- Cells of exposure and of events per channel and store, still unfiltered: the shape of all channels needs them.
    hours AS
    (
        SELECT
            toString(q.channel) AS channel, toString(q.store) AS store, toUInt8(toDayOfWeek(q.day)) AS weekday, q.hour AS hour,
            sum(q.live) AS live, sum(q.exact) AS events, sum(q.dated) AS left_out
        FROM
        (
            SELECT channel, store,
                if({tz:String} = '', local_day, toDate(quarter, zone)) AS day, if({tz:String} = '', local_hour, toUInt8(toHour(quarter, zone))) AS hour,
                live_seconds AS live, if({of:String} = 'posting', toUInt64(posted), 0) AS exact,
                if({of:String} = 'posting', toUInt64(posted_day_only), 0) AS dated
            FROM inflow.posting_quarters
            WHERE quarter >= toDateTime({from:Date}, 'UTC') - toIntervalHour(14) AND quarter < toDateTime({to:Date}, 'UTC') + toIntervalHour(38)
              AND quarter <= {as_of:DateTime64(3, 'UTC')}
            UNION ALL
            SELECT channel, store, day, toUInt8(local_hour), 0, toUInt64(precision = 'exact'), toUInt64(precision != 'exact')
            FROM $local_stages(by = ['channel', 'store'], channel = [], store = [])
            WHERE {of:String} = 'application' AND stage_rank = 3
        ) AS q
        WHERE q.day BETWEEN {from:Date} AND {to:Date}
        GROUP BY channel, store, weekday, hour
    ),
    -- One row for each group, its cells in a map: hour of the week from 0 -> (live, events, all channels' seconds and events).
    found AS
    (
        SELECT
            channel, store, toUInt8(1) AS found, sum(cell_events) AS n, sum(cell_left_out) AS left_out,
            if(sum(cell_live) = 0, 0, sum(cell_events) / sum(cell_live)) AS pace, any(all_pace) AS all_pace,
            mapFromArrays(groupArray(toUInt32((weekday - 1) * 24 + hour)), groupArray((cell_live, cell_events, all_cell_live, all_cell_events))) AS cells
        FROM
        (
            SELECT
                if(has({by:Array(String)}, 'channel'), h.channel, '') AS channel,
                if(has({by:Array(String)}, 'store'), h.store, '') AS store,
                h.weekday AS weekday, h.hour AS hour,
                sum(h.live) AS cell_live, sum(h.events) AS cell_events, sum(h.left_out) AS cell_left_out,
                any(h.all_live) AS all_cell_live, any(h.all_events) AS all_cell_events, any(h.all_pace) AS all_pace
            FROM
            (
                SELECT
                    *,
                    sum(live) OVER (PARTITION BY weekday, hour) AS all_live,
                    sum(events) OVER (PARTITION BY weekday, hour) AS all_events,
                    if(sum(live) OVER () = 0, 0, sum(events) OVER () / sum(live) OVER ()) AS all_pace
                FROM hours
            ) AS h
            WHERE (empty({channel:Array(String)}) OR has({channel:Array(String)}, h.channel))
              AND (empty({store:Array(String)}) OR has({store:Array(String)}, h.store))
            GROUP BY channel, store, weekday, hour
        )
        GROUP BY channel, store
    ),
    calendar AS
    (
        -- Averaged over zones when a row joins channels of several.
        SELECT if(has({by:Array(String)}, 'channel'), z.channel, '') AS channel, k.weekday AS weekday, k.hour AS hour, avg(k.times) AS times
        FROM
        (
            SELECT DISTINCT if(has({by:Array(String)}, 'channel'), toString(channel), '') AS channel,
                if({tz:String} != '', {tz:String}, toString(timezone)) AS zone
            FROM inflow.channels
        ) AS z
        INNER JOIN $local_hours() AS k ON k.zone = z.zone
        GROUP BY channel, weekday, hour
    ),
    wanted AS
    (
        SELECT
            if(f.found = 1, f.channel, w.channel) AS channel, f.store AS store, f.n AS n, f.left_out AS left_out,
            f.pace AS pace, f.all_pace AS all_pace, if(w.expected = 1, w.covered, 1) AS covered,
            multiIf(covered = 0 AND f.found = 0, 'no_data', covered < 1, 'partial', f.n < 20, 'few', 'ok') AS status,
            toUInt32(arrayJoin(range(168))) AS cell, toUInt8(intDiv(cell, 24) + 1) AS weekday, toUInt8(cell % 24) AS hour,
            f.cells[cell] AS here, here.1 / 3600 AS live_hours, here.2 AS events,
            -- What the prior expects of the cell, per live posting hour.
            if(here.3 = 0 OR all_pace = 0, 0, pace * (here.4 / here.3) / all_pace * 3600) AS mean
        FROM $channel_periods(of = 'people') AS w
        FULL JOIN found AS f ON f.channel = w.channel
    )
SELECT
    g.channel AS channel, g.store AS store, g.weekday AS weekday, g.hour AS hour,
    if(g.status = 'no_data', NULL, g.events) AS count,
    if(g.status = 'no_data', NULL, round(poisson_low(g.events), 4)) AS count_low,
    if(g.status = 'no_data', NULL, round(poisson_high(g.events), 4)) AS count_high,
    round(g.live_hours, 4) AS exposure_hours,
    k.times AS calendar_hours,
    if(g.live_hours = 0, NULL, round(g.events / g.live_hours, 6)) AS rate,
    if(g.live_hours = 0, NULL, round(poisson_low(g.events) / g.live_hours, 6)) AS low,
    if(g.live_hours = 0, NULL, round(poisson_high(g.events) / g.live_hours, 6)) AS high,
    if(g.live_hours = 0 OR g.all_pace = 0, NULL, if(g.mean = 0, 0, round((g.events + shape) / (g.live_hours + shape / g.mean), 6))) AS shrunk,
    if(g.status = 'no_data', NULL, g.n) AS total,
    if(g.status = 'no_data', NULL, g.left_out) AS left_out,
    g.status AS status,
    round(g.covered, 6) AS covered
FROM wanted AS g
LEFT JOIN calendar AS k ON k.channel = g.channel AND k.weekday = g.weekday AND k.hour = g.hour
