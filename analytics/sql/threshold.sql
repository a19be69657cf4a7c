-- id: threshold
-- version: 1
-- title.en: Alerts by threshold
-- title.zh: 阈值告警
-- numerator: the figure that a rule of alerts.toml watches (value, with its interval, of so many cases): of each local day by the days up to it, or of each whole week or month
-- denominator: none; raise is where an alert begins, clear where it ends
-- clock: the watched metric's own, past days by what is known of them now; the last day, week or month of the report's period is shown
-- exclusions: figures of days that a connection did not deliver (state unknown: nothing begins or ends); costs of days that the ledger does not tell yet; under the rule's fewest cases an alert stays as it is (few); what happened before the 180 days that are replayed
-- dimensions: channel, store, department, city, recruiter, day, week, month
-- keys: rule, slice
-- columns: watched, value, low, high, unit, cases, side, raise, clear, mode, state, change, raised_on, certainty, p_value, q_value, days_raised, judged_from, judged_to, status, covered
-- meaning.en: How the rules of alerts.toml stand: an alert begins at its level and ends beyond another one on the quiet side; sure when the whole 95 % interval is beyond, else unsure. In interval mode it begins only then and, of many slices, as a discovery (false-discovery rate 2.5 %, Benjamini-Hochberg).
-- meaning.zh: alerts.toml 各规则的现状:达到 raise 开始告警,回到 clear 以内才解除;整个 95 % 区间越界为 sure,否则为 unsure。interval 模式仅在整个区间越界时开始,多个切片时另控制误报率(Benjamini-Hochberg,2.5 %)。连接中断期间为 unknown,不告警也不解除。
WITH
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    judged AS
    (
        SELECT
            rule, slice,
            if(has({by:Array(String)}, 'channel'), d.in_channel, '') AS channel,
            if(has({by:Array(String)}, 'store'), toString(d.store), '') AS store,
            if(has({by:Array(String)}, 'department'), toString(d.department), '') AS department,
            if(has({by:Array(String)}, 'city'), toString(d.city), '') AS city,
            if(has({by:Array(String)}, 'recruiter'), toString(d.recruiter), '') AS recruiter,
            multiIf(
                has({by:Array(String)}, 'day'), d.day,
                has({by:Array(String)}, 'week'), toMonday(d.day),
                has({by:Array(String)}, 'month'), toStartOfMonth(d.day),
                {from:Date}) AS period,
            countIf(d.state = 'raised') AS days_raised,
            -- As one, since a null is passed over by itself.
            argMax((
                concat(toString(d.metric), if(d.measure = 'value', '', concat('.', toString(d.measure)))), d.value, d.low, d.high, toString(d.unit), d.cases,
                toString(d.side), d.raise, d.clear, toString(d.mode), toString(d.state), toString(d.change), d.raised_on, toString(d.certainty),
                d.p_value, d.q_value, d.since, d.day, toString(d.status), d.covered), d.day) AS last
        FROM
        (
            SELECT
                *, toString(channel) AS in_channel,
                multiIf({tz:String} != '', {tz:String}, zones[in_channel] != '', zones[in_channel], zones['unallocated'] != '', zones['unallocated'], 'UTC') AS zone
            FROM inflow.thresholds
            WHERE day BETWEEN {from:Date} AND {to:Date}
              AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, channel))
              AND (empty({store:Array(String)}) OR has({store:Array(String)}, store))
        ) AS d
        WHERE d.day < toDate(formatDateTime({as_of:DateTime64(3, 'UTC')}, '%F', d.zone))
        GROUP BY rule, slice, channel, store, department, city, recruiter, period
    )
SELECT
    channel, store, department, city, recruiter, period, toString(rule) AS rule, slice,
    last.1 AS watched, last.2 AS value, last.3 AS low, last.4 AS high, last.5 AS unit, last.6 AS cases, last.7 AS side, last.8 AS raise, last.9 AS clear,
    last.10 AS mode, last.11 AS state, last.12 AS change, if(isNull(last.13), NULL, toString(assumeNotNull(last.13))) AS raised_on, last.14 AS certainty,
    last.15 AS p_value, last.16 AS q_value, days_raised, toString(last.17) AS judged_from, toString(last.18) AS judged_to, last.19 AS status,
    round(last.20, 6) AS covered
FROM judged
