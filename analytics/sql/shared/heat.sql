-- Counts and exposure of the 168 local hours of a week. `of` is posting or application.
--
-- exposure_hours: hours that postings were live in the cell (two postings live for an hour are two).
-- calendar_hours: how often the hour came round in the period (2 or 0 on the days that change the clocks).
-- rate: count / exposure_hours.
-- shrunk: posterior mean of the rate under a Gamma prior of shape 5 and mean (overall rate of the row's group) x
-- (rate of the cell over all channels / overall rate of all channels): each channel keeps its level and borrows
-- the shape of the week. Shape 5 says that a cell's rate differs between channels by about 45 % (1 / sqrt(5));
-- shrunk = (count + 5) / (exposure_hours + 5 / mean).
-- left_out: events of the group whose time of day is unknown.
WITH
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    5 AS shape,
    toDateTime({from:Date}, 'UTC') - toIntervalHour(14) AS earliest,
    toDateTime({to:Date}, 'UTC') + toIntervalHour(38) AS latest,
    (channel) -> multiIf({tz:String} != '', {tz:String}, zones[channel] != '', zones[channel], 'UTC') AS zone_of,
    -- Per channel and store: cells of exposure and of events, still unfiltered, for the shape of all channels.
    hours AS
    (
        SELECT
            channel, store,
            toUInt8(formatDateTime(quarter, '%u', zone_of(channel))) AS weekday,
            toUInt8(formatDateTime(quarter, '%H', zone_of(channel))) AS hour,
            sum(live) AS live, sum(exact) AS events, sum(dated) AS left_out
        FROM
        (
            SELECT toString(channel) AS channel, toString(store) AS store, quarter, sum(live_seconds) AS live,
                if({of:String} = 'posting', sum(posted), 0) AS exact, if({of:String} = 'posting', sum(posted_day_only), 0) AS dated
            FROM inflow.posting_quarters
            WHERE quarter >= earliest AND quarter < latest AND quarter <= {as_of:DateTime64(3, 'UTC')}
            GROUP BY channel, store, quarter
            UNION ALL
            SELECT toString(channel) AS channel, toString(store) AS store, quarter, 0,
                countIf(precision = 'exact'), countIf(precision != 'exact')
            FROM inflow.application_stages
            WHERE {of:String} = 'application' AND stage_rank = 3
              AND quarter >= earliest AND quarter < latest AND entered_at <= {as_of:DateTime64(3, 'UTC')}
            GROUP BY channel, store, quarter
        )
        WHERE toDate(formatDateTime(quarter, '%F', zone_of(channel))) BETWEEN {from:Date} AND {to:Date}
        GROUP BY channel, store, weekday, hour
    ),
    all_cells AS
    (
        SELECT weekday, hour, sum(events) / sum(live) AS pace FROM hours GROUP BY weekday, hour HAVING sum(live) > 0
    ),
    (SELECT if(sum(live) = 0, 0, sum(events) / sum(live)) FROM hours) AS all_pace,
    cells AS
    (
        SELECT
            if(has({by:Array(String)}, 'channel'), hours.channel, '') AS channel,
            if(has({by:Array(String)}, 'store'), hours.store, '') AS store,
            weekday, hour, sum(live) AS live, sum(events) AS events, sum(left_out) AS left_out
        FROM hours
        WHERE (empty({channel:Array(String)}) OR has({channel:Array(String)}, hours.channel))
          AND (empty({store:Array(String)}) OR has({store:Array(String)}, hours.store))
        GROUP BY channel, store, weekday, hour
    ),
    found AS
    (
        SELECT channel, store, toUInt8(1) AS found, sum(events) AS n, sum(left_out) AS left_out, if(sum(live) = 0, 0, sum(events) / sum(live)) AS pace
        FROM cells
        GROUP BY channel, store
    ),
    calendar AS
    (
        -- Averaged over zones when a row joins channels of several.
        SELECT channel, weekday, hour, avg(quarters) / 4 AS times
        FROM
        (
            SELECT
                if(has({by:Array(String)}, 'channel'), c.channel, '') AS channel, c.zone AS zone,
                toUInt8(formatDateTime(q.at, '%u', c.zone)) AS weekday, toUInt8(formatDateTime(q.at, '%H', c.zone)) AS hour,
                uniqExact(q.at) AS quarters
            FROM (SELECT toString(channel) AS channel, zone_of(toString(channel)) AS zone FROM inflow.channels) AS c
            CROSS JOIN (SELECT toDateTime(arrayJoin(range(toUInt32(earliest), toUInt32(latest), 900)), 'UTC') AS at) AS q
            WHERE toDate(formatDateTime(q.at, '%F', c.zone)) BETWEEN {from:Date} AND {to:Date} AND q.at <= {as_of:DateTime64(3, 'UTC')}
            GROUP BY channel, zone, weekday, hour
        )
        GROUP BY channel, weekday, hour
    ),
    wanted AS
    (
        SELECT
            if(f.found = 1, f.channel, w.channel) AS channel, f.store AS store, f.found AS found, f.n AS n, f.left_out AS left_out, f.pace AS pace,
            if(w.expected = 1, w.covered, 1) AS covered,
            arrayJoin(range(168)) AS cell, toUInt8(intDiv(cell, 24) + 1) AS weekday, toUInt8(cell % 24) AS hour
        FROM inflow.channel_periods_v1(
            of = 'people', from = {from:Date}, to = {to:Date}, tz = {tz:String}, as_of = {as_of:DateTime64(3, 'UTC')},
            by = {by:Array(String)}, channel = {channel:Array(String)}) AS w
        FULL JOIN found AS f ON f.channel = w.channel
    )
SELECT
    g.channel AS channel, g.store AS store, g.weekday AS weekday, g.hour AS hour,
    if(status = 'no_data', NULL, x.events) AS count,
    round(x.live / 3600, 4) AS exposure_hours,
    k.times AS calendar_hours,
    if(x.live = 0, NULL, round(x.events / x.live * 3600, 6)) AS rate,
    if(x.live = 0 OR all_pace = 0, NULL,
       if(g.pace = 0 OR a.pace = 0, 0, round((x.events + shape) / (x.live / 3600 + shape / (g.pace * a.pace / all_pace * 3600)), 6))) AS shrunk,
    if(status = 'no_data', NULL, g.n) AS total,
    if(status = 'no_data', NULL, g.left_out) AS left_out,
    multiIf(g.covered = 0 AND g.found = 0, 'no_data', g.covered < 1, 'partial', g.n < 20, 'few', 'ok') AS status,
    round(g.covered, 6) AS covered
FROM wanted AS g
LEFT JOIN cells AS x ON x.channel = g.channel AND x.store = g.store AND x.weekday = g.weekday AND x.hour = g.hour
LEFT JOIN all_cells AS a ON a.weekday = g.weekday AND a.hour = g.hour
LEFT JOIN calendar AS k ON k.channel = g.channel AND k.weekday = g.weekday AND k.hour = g.hour
