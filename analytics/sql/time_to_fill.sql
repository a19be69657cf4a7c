-- id: time_to_fill
-- version: 1
-- title.en: Time to fill
-- title.zh: 职位填补周期
-- numerator: days from opening a requisition by which a quarter, half and three quarters of its heads are filled (Kaplan-Meier; heads still open are followed up to as_of, those of a closed requisition up to its closing)
-- denominator: heads planned by the requisitions opened in the period (one where the plan is not said, and as many as were filled where that is more)
-- clock: the day of opening; the filling is the local day on which the case entered onboarded, or accepted (filled_by)
-- exclusions: requisitions without a day of opening; a filter by channel does not apply, since an open head has none
-- dimensions: store, department, city, recruiter, day, week, month
-- default_by: department
-- columns: heads, filled, open, p25, median, p75, low, high, status, covered
-- keys: filled_by
-- meaning.en: Days from opening a requisition to the first day of work (or acceptance) of the person who fills it, by head: median and quartiles, heads still open counted as long as they have been; low and high are the 95 % interval of the median.
-- meaning.zh: 从需求开放到到岗(或接受录用)的天数,按编制人头计:中位数与四分位数,未填补者按删失处理;low、high 为中位数的 95 % 区间。
WITH
    ['onboarded', 'accepted'] AS keys,
    1 AS of_all,
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    toDate({as_of:DateTime64(3, 'UTC')}) AS seen_to,
    wanted AS
    (
        SELECT
            connection, source_id,
            if(has({by:Array(String)}, 'store'), toString(r.store), '') AS store,
            if(has({by:Array(String)}, 'department'), toString(r.department), '') AS department,
            if(has({by:Array(String)}, 'city'), toString(r.city), '') AS city,
            if(has({by:Array(String)}, 'recruiter'), toString(r.recruiter), '') AS recruiter,
            greatest(1, ifNull(heads, 1)) AS planned, assumeNotNull(opened_on) AS opened,
            -- Nothing is known of a day after as_of.
            least(seen_to, ifNull(closed_on, seen_to)) AS until,
            multiIf(
                has({by:Array(String)}, 'day'), opened, has({by:Array(String)}, 'week'), toMonday(opened),
                has({by:Array(String)}, 'month'), toStartOfMonth(opened), {from:Date}) AS period
        FROM inflow.requisitions AS r FINAL
        WHERE deleted = 0 AND isNotNull(opened_on) AND opened_on BETWEEN {from:Date} AND {to:Date} AND opened_on <= seen_to
          AND (empty({store:Array(String)}) OR has({store:Array(String)}, r.store))
    ),
    filled AS
    (
        SELECT
            toString(connection) AS by_connection, requisition_source_id AS of_requisition, if(stage_rank = 9, 'onboarded', 'accepted') AS filled_by,
            toDate(formatDateTime(entered_at, '%F',
                multiIf({tz:String} != '', {tz:String}, zones[toString(channel)] != '', zones[toString(channel)], 'UTC'))) AS on_day
        FROM inflow.application_stages
        WHERE stage_rank IN (8, 9) AND requisition_source_id != '' AND entered_at <= {as_of:DateTime64(3, 'UTC')}
          AND entered_at >= toDateTime64({from:Date}, 3, 'UTC') - toIntervalHour(14)
    ),
    heads AS
    (
        SELECT
            w.store AS store, w.department AS department, w.city AS city, w.recruiter AS recruiter, w.period AS period, w.way AS key,
            arrayMap(d -> (toInt64(greatest(0, d - w.opened)) * 24, 1), arraySort(groupArrayIf(f.on_day, f.of_requisition != ''))) AS hired,
            any(w.planned) AS planned, any(w.until - w.opened) AS days_open,
            -- Who is beyond the plan fills no head of it, but was hired for it.
            arrayConcat(hired, arrayMap(i -> (toInt64(greatest(0, days_open)) * 24, 0), range(toUInt64(greatest(0, toInt64(planned) - toInt64(length(hired))))))) AS followed
        FROM (SELECT *, arrayJoin(keys) AS way FROM wanted) AS w
        LEFT JOIN filled AS f ON f.by_connection = w.connection AND f.of_requisition = w.source_id AND f.filled_by = w.way
        GROUP BY w.connection, w.source_id, w.opened, store, department, city, recruiter, period, key
    ),
    spells AS
    (
        SELECT '' AS channel, store, department, city, recruiter, '' AS kind, period, key, head.2 AS outcome, head.1 AS hours, count() AS cases
        FROM heads
        ARRAY JOIN followed AS head
        GROUP BY store, department, city, recruiter, period, key, outcome, hours
    ),
$product_limit
$quartiles
SELECT channel, store, department, city, recruiter, period, key AS filled_by, cases AS heads, events AS filled, open, p25, median, p75, low, high, status, covered
FROM quartiles
