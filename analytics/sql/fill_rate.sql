-- id: fill_rate
-- version: 1
-- title.en: Fill rate
-- title.zh: 到岗率
-- numerator: people who started for a requisition by the end of the period, at most its planned heads (more are surplus)
-- denominator: planned heads of the requisitions that were open on a day of the period; gap and overdue are of those still open at its end, vacancy_rate is gap / denominator
-- clock: the end of the period (or as_of, if earlier); a requisition is in every period from its opening day to its closing day
-- exclusions: requisitions that are cancelled or on hold (their heads stand apart); requisitions that state no heads (heads_unknown); hires that name no requisition known (without_requisition, those who started in the period); who left again still counts, the replacement is a requisition of its own. A channel filter counts its hires alone
-- dimensions: requisition, department, store, city, job_family, week, month
-- default_by: store, department
-- columns: requisitions, numerator, denominator, value, low, high, gap, vacancy_rate, overdue, overdue_days, surplus, on_hold, cancelled, heads_unknown, without_requisition, status, covered
-- shares: vacancy_rate
-- meaning.en: Of the heads planned in the requisitions of the period, the share that has started; how many are still missing (gap), and how many of those are past their due date (overdue) and for how many days at most. Heads are counted, not sampled, so low and high are empty.
-- meaning.zh: 期间内有效需求的计划人数中已到岗的比例;gap 为尚缺人数,overdue 为其中已过到岗期限者,overdue_days 为最长逾期天数;暂停、取消的需求单列。计划人数为全数而非抽样,故 low、high 为空。
WITH
    (day) -> multiIf(
        has({by:Array(String)}, 'week'), toMonday(day),
        has({by:Array(String)}, 'month'), toStartOfMonth(day),
        {from:Date}) AS period_of,
    if({tz:String} != '', {tz:String}, ifNull((SELECT toString(any(timezone)) FROM inflow.channels WHERE channel = 'unallocated'), 'UTC')) AS zone,
    toDate(formatDateTime({as_of:DateTime64(3, 'UTC')} - toIntervalMillisecond(1), '%F', if(zone = '', 'UTC', zone))) AS known_on,
    periods AS
    (
        SELECT period, starts, least(last, known_on) AS ends
        FROM
        (
            SELECT period_of(day) AS period, min(day) AS starts, max(day) AS last
            FROM (SELECT arrayJoin(arrayMap(i -> {from:Date} + i, range(0, greatest(0, dateDiff('day', {from:Date}, {to:Date}) + 1)))) AS day)
            GROUP BY period
        )
        WHERE starts <= known_on
    ),
    hired AS
    (
        SELECT
            '' AS in_channel, g.2 AS in_store, g.3 AS in_department, g.4 AS in_city, g.5 AS in_job_family, g.6 AS in_requisition,
            assumeNotNull(started_on) AS day
        FROM $local_hires(by = ['store', 'department', 'city', 'job_family', 'requisition'], store = [], department = [], city = [], job_family = [], requisition = [])
        WHERE isNotNull(started_on)
    ),
    -- One whose closing day nobody tells is taken as closed on its due day, or the day it opened.
    openings AS
    (
        SELECT
            '' AS in_channel, concat(r.connection, '/', r.source_id) AS in_requisition, toString(r.store) AS in_store,
            toString(r.department) AS in_department, toString(r.city) AS in_city,
            arrayFirst(o -> o.1 = r.connection, q.told).3 AS in_job_family, status, toInt64(heads) AS heads, due_on, ifNull(opened_on, toDate(0)) AS since,
            coalesce(closed_on, if(status IN ('filled', 'cancelled', 'closed'), greatest(ifNull(due_on, since), since), NULL)) AS until
        FROM (SELECT * FROM inflow.requisitions FINAL WHERE deleted = 0) AS r
        LEFT JOIN inflow.requisition_jobs AS q ON q.source_id = r.source_id
        WHERE 1
          $placed(in_*)
    ),
    standing AS
    (
        SELECT
            tuple($picked(o.in_*)) AS g, p.period AS period,
            ifNull(o.until > p.ends, 1) AS is_open,
            is_open AND o.status = 'on_hold' AS held, NOT is_open AND o.status = 'cancelled' AS called_off,
            NOT held AND NOT called_off AS counts, o.heads AS heads,
            toInt64(arrayCount(d -> d <= p.ends, h.days)) AS started,
            if(counts AND is_open, greatest(0, ifNull(heads - started, 0)), 0) AS missing,
            if(missing > 0 AND ifNull(o.due_on < p.ends, 0), p.ends - assumeNotNull(o.due_on), 0) AS late_days
        FROM openings AS o
        CROSS JOIN periods AS p
        LEFT JOIN (SELECT in_requisition, groupArray(day) AS days FROM hired WHERE in_requisition != '' GROUP BY in_requisition) AS h
            ON h.in_requisition = o.in_requisition
        WHERE o.since <= p.ends AND ifNull(o.until >= p.starts, 1)
    ),
    counted AS
    (
        SELECT
            g, period, toUInt8(1) AS found, '' AS channel, sum(requisitions) AS requisitions, sum(k) AS k, sum(n) AS n, sum(gap) AS gap,
            sum(overdue) AS overdue, max(overdue_days) AS overdue_days, sum(surplus) AS surplus, sum(on_hold) AS on_hold,
            sum(cancelled) AS cancelled, sum(heads_unknown) AS heads_unknown, sum(without_requisition) AS without_requisition
        FROM
        (
            SELECT
                g, period, countIf(counts) AS requisitions,
                sumIf(least(s.started, assumeNotNull(s.heads)), counts AND isNotNull(s.heads)) AS k, sumIf(ifNull(s.heads, 0), counts) AS n, sum(missing) AS gap,
                sumIf(missing, late_days > 0) AS overdue, max(late_days) AS overdue_days,
                sumIf(greatest(0, ifNull(s.started - s.heads, 0)), counts) AS surplus,
                sumIf(ifNull(s.heads, 0), held) AS on_hold, sumIf(ifNull(s.heads, 0), called_off) AS cancelled,
                countIf(counts AND isNull(s.heads)) AS heads_unknown, 0 AS without_requisition
            FROM standing AS s
            GROUP BY g, period
            UNION ALL
            SELECT tuple($picked(in_*)) AS g, period_of(day) AS period, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, count()
            FROM hired
            WHERE in_requisition = '' AND day BETWEEN {from:Date} AND {to:Date}
              $placed(in_*)
            GROUP BY g, period
        )
        GROUP BY g, period
    ),
    joined AS
    (
        SELECT
            c.* EXCEPT (period, channel), if(c.found = 1, c.period, w.period) AS period, if(w.expected = 1, w.covered, 1) AS covered,
            multiIf(covered = 0 AND c.found = 0, 'no_data', covered < 1, 'partial', 'ok') AS status
        FROM $channel_periods(of = 'people') AS w
        FULL JOIN counted AS c ON c.channel = w.channel AND c.period = w.period
    )
SELECT
    $slices(j.g.# AS *), j.period AS period,
    if(j.status = 'no_data', NULL, j.requisitions) AS requisitions,
    if(j.status = 'no_data', NULL, j.k) AS numerator,
    if(j.status = 'no_data', NULL, j.n) AS denominator,
    if(j.n = 0, NULL, round(j.k / j.n, 6)) AS value,
    CAST(NULL, 'Nullable(Float64)') AS low,
    CAST(NULL, 'Nullable(Float64)') AS high,
    if(j.status = 'no_data', NULL, j.gap) AS gap,
    if(j.n = 0, NULL, round(j.gap / j.n, 6)) AS vacancy_rate,
    if(j.status = 'no_data', NULL, j.overdue) AS overdue,
    if(j.status = 'no_data', NULL, j.overdue_days) AS overdue_days,
    if(j.status = 'no_data', NULL, j.surplus) AS surplus,
    if(j.status = 'no_data', NULL, j.on_hold) AS on_hold,
    if(j.status = 'no_data', NULL, j.cancelled) AS cancelled,
    if(j.status = 'no_data', NULL, j.heads_unknown) AS heads_unknown,
    if(j.status = 'no_data', NULL, j.without_requisition) AS without_requisition,
    j.status AS status,
    round(j.covered, 6) AS covered
FROM joined AS j
