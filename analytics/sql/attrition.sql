-- id: attrition
-- version: 1
-- title.en: Attrition
-- title.zh: 离职
-- numerator: of those who started in the period, who left by as_of (for the reason of the row)
-- denominator: hires that started in the period, of all reasons together; leavers and share are of everybody whose last day lies in the period, whenever they started
-- clock: the first day (numerator, denominator); the last day (leavers, share, median_days)
-- exclusions: hires that no employment row tells of; transfers; leavers whose last day nobody knows count in the cohort alone
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, leave_type, reason, day, week, month
-- default_by: channel, leave_type, reason
-- columns: leavers, share, median_days, numerator, denominator, value, low, high, pooled_numerator, pooled_denominator, pooled_value, status, covered
-- sensitive: leave_type, reason
-- people: leavers, numerator
-- meaning.en: Who left in the period and why: leavers, the share of each reason among the leavers of the same channel (or store), and how long they had stayed; beside it the share of those who started in the period and have left since, with a 95 % Wilson interval.
-- meaning.zh: 期间离职人数及原因:leavers 为人数,share 为该原因占同渠道(或门店)离职者的比例,median_days 为在职天数中位数;另列期间入职者中至今离职的比例,附 95 % Wilson 区间。导出时少于 5 人的格不显示。
WITH
$wilson
    people AS
    (
        SELECT
            g, (if(has({by:Array(String)}, 'leave_type'), toString(leave_type), ''), if(has({by:Array(String)}, 'reason'), leave_reason, '')) AS why,
            assumeNotNull(started_on) AS started_day, left_on, isNotNull(left_on) OR left_unknown AS gone,
            started_day BETWEEN {from:Date} AND {to:Date} AS in_cohort,
            started_day BETWEEN least({to:Date}, known_on) - 89 AND {to:Date} AS in_pool
        FROM $local_hires()
        WHERE told = 1 AND isNotNull(started_on) AND leave_type != 'transferred'
    ),
    -- Each person once for having started and, of who left, once for that.
    told AS
    (
        SELECT
            g, why, period,
            countIf(what = 'left') AS leavers, quantileExactInclusiveIf(0.5)(days, what = 'left') AS median_days,
            countIf(what = 'gone') AS k, countIf(what = 'pool_gone') AS pool_k
        FROM
        (
            SELECT g, why, toInt64(if(isNull(left_on), 0, assumeNotNull(left_on) - started_day)) AS days,
                arrayJoin(arrayFilter(x -> x.1 != '', [
                    (if(ifNull(left_on BETWEEN {from:Date} AND {to:Date}, 0), 'left', ''), ifNull(left_on, toDate(0))),
                    (if(gone AND in_cohort, 'gone', ''), started_day),
                    (if(gone AND in_pool, 'pool_gone', ''), toDate(0))])) AS one,
                one.1 AS what, if(one.2 = toDate(0), toDate(0), period_of(one.2)) AS period
            FROM people
        )
        GROUP BY g, why, period
    ),
    cohorts AS
    (
        SELECT g, period_of(started_day) AS period, count() AS n FROM people WHERE in_cohort GROUP BY g, period
    ),
    pools AS
    (
        SELECT g, count() AS n FROM people WHERE in_pool GROUP BY g
    ),
    counted AS
    (
        SELECT
            g, g.1 AS channel, why, period, toUInt8(1) AS found, leavers, median_days, k,
            sum(pool_k) OVER (PARTITION BY g, why) AS pooled_k,
            sum(leavers) OVER (PARTITION BY g, period) AS together
        FROM
        (
            SELECT g, why, period, sum(leavers) AS leavers, max(median_days) AS median_days, sum(k) AS k, sum(pool_k) AS pool_k
            FROM
            (
                SELECT g, why, period, leavers, if(leavers = 0, NULL, median_days) AS median_days, k, pool_k FROM told
                UNION ALL
                -- A cohort of which nobody has left.
                SELECT g, ('', ''), period, 0, NULL, 0, 0 FROM cohorts
                WHERE empty(arrayIntersect({by:Array(String)}, ['leave_type', 'reason'])) OR (g, period) NOT IN (SELECT g, period FROM told)
            )
            GROUP BY g, why, period
        )
    ),
    joined AS
    (
        SELECT
            if(c.found = 1, c.g, tuple(w.channel$others(''))) AS g, c.why AS why, if(c.found = 1, c.period, w.period) AS period,
            c.leavers AS leavers, c.together AS together, c.median_days AS median_days, c.k AS k, c.cohort AS n, c.pool AS pool_n, c.pooled_k AS pool_k,
            if(w.expected = 1, w.covered, 1) AS covered,
            multiIf(covered = 0 AND c.found = 0, 'no_data', covered < 1, 'partial', n < 20, 'few', 'ok') AS status
        FROM $channel_periods(of = 'people') AS w
        FULL JOIN
        (
            SELECT c.*, n.n AS cohort, p.n AS pool
            FROM counted AS c
            LEFT JOIN cohorts AS n ON n.g = c.g AND n.period = c.period
            LEFT JOIN pools AS p ON p.g = c.g
            WHERE c.period != toDate(0)
        ) AS c ON c.channel = w.channel AND c.period = w.period
    )
SELECT
    $slices(j.g.# AS *), j.why.1 AS leave_type, j.why.2 AS reason,
    j.period AS period,
    if(j.status = 'no_data', NULL, j.leavers) AS leavers,
    if(j.together = 0, NULL, round(j.leavers / j.together, 6)) AS share,
    j.median_days AS median_days,
$share
$pooled
FROM joined AS j
