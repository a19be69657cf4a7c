-- id: conflicts
-- version: 1
-- title.en: Conflicts between sources
-- title.zh: 来源冲突
-- numerator: cases that several connections tell, and tell differently (field: channel, applied_at, outcome, posting), and groups of one name of which it is unknown who is who (same_name)
-- denominator: none
-- clock: the beginning of the case: the earliest instant that one of its connections tells
-- exclusions: cases of which no time is known; a source word that no map knows, and a channel that stands in for an empty source, contradict nobody
-- dimensions: channel, store, field, case, day, week, month
-- default_by: field, case
-- columns: conflicts, told, taken, reason, applications, status, covered
-- meaning.en: Where connections contradict each other on one case: what each says, what counts (taken) and why (reason: own_channel, that connection carries this channel alone; earliest, the earliest counts; first_told, the member that stands for the case; all_count, both count; ambiguous, one name that may be several people, so all stay apart).
-- meaning.zh: 同一份申请在多个连接中说法不一之处:各方所述(told)、采用哪个(taken)及原因(reason:own_channel 该连接只供这一渠道;earliest 取最早;first_told 取代表该申请的一方;all_count 都计入;ambiguous 同名者无法判断是否同一人,各自计数)。field:channel 渠道,applied_at 投递日,outcome 结果,posting 职位,same_name 同名待定。
WITH
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    counted AS
    (
        SELECT
            channel, store, field, case, period, toUInt8(1) AS found,
            count() AS conflicts, any(told) AS told, any(taken) AS taken, any(reason) AS reason, any(applications) AS applications
        FROM
        (
            SELECT
                if(has({by:Array(String)}, 'channel'), c.in_channel, '') AS channel,
                if(has({by:Array(String)}, 'store'), c.in_store, '') AS store,
                if(has({by:Array(String)}, 'field'), c.of_field, '') AS field,
                has({by:Array(String)}, 'case') AS each,
                if(each, c.case_id, '') AS case,
                multiIf(
                    has({by:Array(String)}, 'day'), c.day,
                    has({by:Array(String)}, 'week'), toMonday(c.day),
                    has({by:Array(String)}, 'month'), toStartOfMonth(c.day),
                    {from:Date}) AS period,
                -- One case may be told differently in several fields: each is a row of its own where the case is.
                if(each, arrayStringConcat(arrayMap((who, what) -> concat(who, ': ', if(what = '', '-', what)), c.connections, c.told), ' | '), '') AS told,
                if(each, c.taken, '') AS taken,
                if(each, toString(c.reason), '') AS reason,
                if(each, arrayStringConcat(arrayMap((who, id) -> concat(who, '/', id), c.connections, c.source_ids), ' | '), '') AS applications,
                c.of_field AS kept_apart
            FROM
            (
                SELECT
                    case_id, toString(field) AS of_field, connections, source_ids, told, taken, reason,
                    toString(channel) AS in_channel, toString(store) AS in_store,
                    toDate(formatDateTime(assumeNotNull(at), '%F',
                        multiIf({tz:String} != '', {tz:String}, zones[in_channel] != '', zones[in_channel], 'UTC'))) AS day
                FROM inflow.application_conflicts
                WHERE isNotNull(at) AND at <= {as_of:DateTime64(3, 'UTC')}
                  AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, channel))
                  AND (empty({store:Array(String)}) OR has({store:Array(String)}, store))
            ) AS c
            WHERE c.day BETWEEN {from:Date} AND {to:Date}
        )
        GROUP BY channel, store, field, case, period, if(each, kept_apart, '')
    )
SELECT
    if(c.found = 1, c.channel, w.channel) AS channel, c.store AS store, c.field AS field, c.case AS case,
    if(c.found = 1, c.period, w.period) AS period,
    if(status = 'no_data', NULL, c.conflicts) AS conflicts,
    c.told AS told, c.taken AS taken, c.reason AS reason, c.applications AS applications,
    multiIf(covered = 0 AND c.found = 0, 'no_data', covered < 1, 'partial', 'ok') AS status,
    round(if(w.expected = 1, w.covered, 1), 6) AS covered
FROM $channel_periods(of = 'people') AS w
FULL JOIN counted AS c ON c.channel = w.channel AND c.period = w.period
