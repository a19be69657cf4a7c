-- id: time_to_fill
-- version: 1
-- until: 2026-11-26
-- changed.en: Hires are those of the fill rate: also who is told by employment alone, by the posting's requisition, or by another connection where the id is the only one; who was hired before the period fills a head too.
-- changed.zh: 录用口径与招聘完成率一致:仅由在职名单、职位所属需求或其他连接(编号唯一时)告知的录用也计入;期间之前的录用同样占用编制。
-- title.en: Time to fill
-- title.zh: 职位填补周期
-- numerator: days from opening a requisition by which a quarter, half and three quarters of its heads are filled (Kaplan-Meier; heads still open are followed up to as_of, those of a closed requisition up to its closing)
-- denominator: heads planned by the requisitions opened in the period (one where the plan is not said, and as many as were filled where that is more)
-- clock: the day of opening; the filling is the local day on which the case entered onboarded, or accepted (filled_by)
-- exclusions: requisitions without a day of opening; a filter by channel does not apply, since an open head has none
-- dimensions: store, department, city, recruiter, job_family, requisition, day, week, month
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
            $sliced(toString(r.*)),
            greatest(1, ifNull(heads, 1)) AS planned, assumeNotNull(opened_on) AS opened,
            -- Nothing is known of a day after as_of.
            least(seen_to, ifNull(closed_on, seen_to)) AS until,
            multiIf(
                has({by:Array(String)}, 'day'), opened, has({by:Array(String)}, 'week'), toMonday(opened),
                has({by:Array(String)}, 'month'), toStartOfMonth(opened), {from:Date}) AS period
        FROM
        (
            SELECT o.*, '' AS channel, concat(o.connection, '/', o.source_id) AS requisition, arrayFirst(t -> t.1 = o.connection, q.told).3 AS job_family
            FROM (SELECT * FROM inflow.requisitions FINAL WHERE deleted = 0) AS o
            LEFT JOIN inflow.requisition_jobs AS q ON q.source_id = o.source_id
        ) AS r
        WHERE isNotNull(opened_on) AND opened_on BETWEEN {from:Date} AND {to:Date} AND opened_on <= seen_to
          $placed(r.*)
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
            $slices(w.* AS *), w.period AS period, w.way AS key,
            arrayMap(d -> (toInt64(greatest(0, d - w.opened)) * 24, 1), arraySort(groupArrayIf(f.on_day, f.of_requisition != ''))) AS hired,
            any(w.planned) AS planned, any(w.until - w.opened) AS days_open,
            -- Who is beyond the plan fills no head of it, but was hired for it.
            arrayConcat(hired, arrayMap(i -> (toInt64(greatest(0, days_open)) * 24, 0), range(toUInt64(greatest(0, toInt64(planned) - toInt64(length(hired))))))) AS followed
        FROM (SELECT *, arrayJoin(keys) AS way FROM wanted) AS w
        LEFT JOIN filled AS f ON f.by_connection = w.connection AND f.of_requisition = w.source_id AND f.filled_by = w.way
        GROUP BY w.connection, w.source_id, w.opened, $slices(*), period, key
    ),
    spells AS
    (
        SELECT $slices(*), '' AS kind, period, key, head.2 AS outcome, head.1 AS hours, count() AS cases
        FROM heads
        ARRAY JOIN followed AS head
        GROUP BY $slices(*), period, key, outcome, hours
    ),
$product_limit
$quartiles
SELECT $slices(*), period, key AS filled_by, cases AS heads, events AS filled, open, p25, median, p75, low, high, status, covered
FROM quartiles
