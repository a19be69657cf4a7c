-- id: channel_drop
-- version: 1
-- title.en: Channel drop
-- title.zh: 渠道骤降
-- numerator: applications (resume received) of a channel's whole local days, or of those of a store of it, of the last 60
-- denominator: none; expected is what the half year before leads to expect (quasi-Poisson by weekday, trend and holidays, past anomalies down-weighted), over the days that were judged
-- clock: instant of entering applied; days are the channel's own whatever zone is asked for
-- exclusions: days that the channel's connections did not deliver; channels with under four weeks of history (learning); stores with under 100 applications on the channel in 300 days, and beyond the largest hundred (of a channel that has no other store: few); what names no store
-- dimensions: channel, store, day, week, month
-- default_by: channel
-- columns: observed, expected, low, p_value, q_value, alarm, alarm_days, last_alarm, basis, since, fall, stores, status, covered
-- shares: fall
-- meaning.en: Applications against what was to be expected; an alarm is sure (under one false alarm in 100 channels and years in simulated worlds, their stores included) or unsure, and says since when how much is missing. Of several days: the strongest evidence. By store, each is judged among all stores, which are allowed a sixth of the false alarms of channels; without, `stores` names those with an alarm.
-- meaning.zh: 每日投递与预期对比;警报分确定(模拟中每百渠道年误报不到一次,含门店)与不确定,并给出自何日起少了多少;多日合计时取最强的一日。按门店时,各门店在所有门店中判断,所容许的误报为渠道的六分之一;不按门店时,stores 列出有警报的门店。
WITH
    -- A store that is asked for, as a group or alone, is judged by its own days.
    has({by:Array(String)}, 'store') OR notEmpty({store:Array(String)}) AS of_stores,
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    judged AS
    (
        SELECT
            if(has({by:Array(String)}, 'channel'), d.in_channel, '') AS channel,
            if(has({by:Array(String)}, 'store'), d.in_store, '') AS store,
            multiIf(
                has({by:Array(String)}, 'day'), d.day,
                has({by:Array(String)}, 'week'), toMonday(d.day),
                has({by:Array(String)}, 'month'), toStartOfMonth(d.day),
                {from:Date}) AS period,
            toUInt8(1) AS found,
            count() AS days,
            sum(d.observed) AS observed,
            sumIf(d.expected, isNotNull(d.observed)) AS expected,
            countIf(isNotNull(d.expected) AND isNotNull(d.observed)) AS with_expectation,
            if(count() = 1, any(d.low), NULL) AS low,
            min(d.p_value) AS p_value,
            min(d.q_value) AS q_value,
            multiIf(countIf(d.alarm = 'sure') > 0, 'sure', countIf(d.alarm = 'unsure') > 0, 'unsure', '') AS alarm,
            countIf(d.alarm != '') AS alarm_days,
            maxIf(d.day, d.alarm != '') AS last_alarm,
            argMin(toString(d.basis), (ifNull(d.p_value, 2), d.day)) AS basis,
            argMin(d.since, (ifNull(d.p_value, 2), d.day)) AS since,
            argMin(d.fall, (ifNull(d.p_value, 2), d.day)) AS fall,
            arrayStringConcat(arraySort(arrayDistinct(groupArrayArray(d.stores))), ', ') AS stores,
            groupUniqArray(toString(d.status)) AS statuses
        FROM
        (
            SELECT *, toString(channel) AS in_channel, toString(store) AS in_store, if(zones[in_channel] != '', zones[in_channel], 'UTC') AS zone
            FROM inflow.channel_drops
            WHERE day BETWEEN {from:Date} AND {to:Date} AND of_stores = (store != '')
              AND (empty({store:Array(String)}) OR has({store:Array(String)}, store))
              AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, channel))
        ) AS d
        WHERE d.day < toDate(formatDateTime({as_of:DateTime64(3, 'UTC')}, '%F', d.zone))
        GROUP BY channel, store, period
    )
SELECT
    if(j.found = 1, j.channel, w.channel) AS channel,
    j.store AS store,
    if(j.found = 1, j.period, w.period) AS period,
    if(j.found = 1, j.observed, NULL) AS observed,
    if(j.with_expectation > 0, round(j.expected, 2), NULL) AS expected,
    j.low AS low,
    j.p_value AS p_value,
    j.q_value AS q_value,
    j.alarm AS alarm,
    j.alarm_days AS alarm_days,
    if(j.alarm_days > 0, toString(j.last_alarm), NULL) AS last_alarm,
    j.basis AS basis,
    if(isNull(j.since), NULL, toString(assumeNotNull(j.since))) AS since,
    j.fall AS fall,
    j.stores AS stores,
    multiIf(
        of_stores AND j.found = 0 AND w.covered > 0, 'few',
        j.found = 0 OR j.statuses = ['no_data'], 'no_data',
        has(j.statuses, 'no_data'), 'partial',
        has(j.statuses, 'ok'), 'ok',
        has(j.statuses, 'few'), 'few',
        has(j.statuses, 'special'), 'special',
        'learning') AS status,
    round(if(w.expected = 1, w.covered, 1), 6) AS covered
FROM $channel_periods(of = 'people') AS w
FULL JOIN judged AS j ON j.channel = w.channel AND j.period = w.period
