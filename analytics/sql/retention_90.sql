-- id: retention_90
-- version: 1
-- title.en: Retention
-- title.zh: 留存率
-- numerator: hires still employed at the day (the last day is that day or later)
-- denominator: hires whose day 30, 90 or 180 (after_days) has passed; pending are those whose day has not
-- clock: the first day; a last day counts once it has come by as_of
-- exclusions: hires that no employment row tells of (untold); those who left on a day that nobody knows (unknown); who was transferred is followed up to then
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, day, week, month
-- default_by: channel
-- keys: after_days
-- columns: numerator, denominator, value, low, high, estimate, estimate_low, estimate_high, pending, untold, unknown, pooled_numerator, pooled_denominator, pooled_value, status, covered
-- meaning.en: Of the people who started in the period, the share still employed 30, 90 and 180 days later, with a 95 % Wilson interval; estimate is Kaplan-Meier over all of them, those still on the way included. The pool is the last 90 days of starts whose day has passed.
-- meaning.zh: 期间入职者中,入职满 30、90、180 天时仍在职的比例,附 95 % Wilson 区间;estimate 为 Kaplan-Meier 估计,未满期者按删失计入。样本不足 20 时另附最近 90 天已满期入职者的合并值。
WITH
    [30, 90, 180] AS horizons,
$wilson
    followed AS
    (
        SELECT
            g, assumeNotNull(started_on) AS day, after_days, told, left_unknown, known_on,
            day BETWEEN {from:Date} AND {to:Date} AS in_period,
            least({to:Date}, known_on) AS pool_end,
            day BETWEEN pool_end - after_days - 89 AND pool_end - after_days AS in_pool,
            -- How long the person could be followed, and was employed, in days after the first.
            if(leave_type = 'transferred' AND isNotNull(left_on), assumeNotNull(left_on), known_on) - day AS followed_days,
            leave_type != 'transferred' AND isNotNull(left_on) AS gone,
            if(gone, assumeNotNull(left_on) - day, followed_days) AS employed_days,
            told = 1 AND NOT left_unknown AS counts,
            counts AND followed_days >= after_days AS due,
            due AND employed_days >= after_days AS stayed
        FROM $local_hires()
        ARRAY JOIN horizons AS after_days
        WHERE isNotNull(started_on)
    ),
    counted AS
    (
        SELECT *, sum(pool_n) OVER (PARTITION BY g, after_days) AS pooled_n, sum(pool_k) OVER (PARTITION BY g, after_days) AS pooled_k
        FROM
        (
            SELECT
                g, after_days, if(in_period, period_of(day), toDate(0)) AS period,
                countIf(in_period AND due) AS n, countIf(in_period AND stayed) AS k,
                countIf(in_period AND counts AND NOT due) AS pending,
                countIf(in_period AND told = 0) AS untold, countIf(in_period AND told = 1 AND left_unknown) AS unknown,
                countIf(in_pool AND due) AS pool_n, countIf(in_pool AND stayed) AS pool_k
            FROM followed
            GROUP BY g, after_days, period
        )
    ),
    -- Kaplan-Meier (1958): the product over the days before the horizon of 1 - leavers / people at risk; who left on the day that
    -- somebody else was followed to the end had that one at risk.
    survival AS
    (
        SELECT
            g, after_days, period,
            if(countIf(d = at_risk) > 0, 0, exp(sumIf(log(1 - d / at_risk), d < at_risk))) AS s,
            sumIf(d / (at_risk * (at_risk - d)), d < at_risk) AS greenwood,
            sum(d) AS events, argMax(at_risk, t) AS last_at_risk, max(t) >= after_days OR s = 0 AS known,
            -- Wilson's interval of the number of people who, all followed to the end, would be as uncertain (Rothman 1978).
            if(s > 0 AND greenwood > 0, (1 - s) / (s * greenwood), if(s = 0, events, last_at_risk)) AS n
        FROM
        (
            SELECT *, sum(m) OVER (PARTITION BY g, after_days, period ORDER BY t ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS at_risk
            FROM
            (
                SELECT g, after_days, period_of(day) AS period, least(employed_days, after_days) AS t, count() AS m,
                    countIf(gone AND employed_days < after_days) AS d
                FROM followed
                WHERE in_period AND counts
                GROUP BY g, after_days, period, t
            )
        )
        GROUP BY g, after_days, period
    ),
    joined AS
    (
        SELECT
            if(c.found = 1, c.g, tuple(w.channel$others(''))) AS g, if(c.found = 1, c.period, w.period) AS period,
            if(c.found = 1, c.after_days, w.after_days) AS after_days,
            c.k AS k, c.n AS n, c.pending AS pending, c.untold AS untold, c.unknown AS unknown,
            c.known AS known, c.s AS s, c.n_effective AS n_effective,
            max(c.pooled_n) OVER (PARTITION BY g, after_days) AS pool_n, max(c.pooled_k) OVER (PARTITION BY g, after_days) AS pool_k,
            if(w.expected = 1, w.covered, 1) AS covered,
            multiIf(covered = 0 AND c.found = 0, 'no_data', covered < 1, 'partial', n < 20, 'few', 'ok') AS status
        FROM
        (
            SELECT channel, period, covered, expected, after_days FROM $channel_periods(of = 'people')
            ARRAY JOIN horizons AS after_days
        ) AS w
        FULL JOIN
        (
            SELECT c.*, c.g.1 AS channel, toUInt8(1) AS found, v.known AS known, v.s AS s, v.n AS n_effective
            FROM counted AS c
            LEFT JOIN survival AS v ON v.g = c.g AND v.after_days = c.after_days AND v.period = c.period
        ) AS c ON c.channel = w.channel AND c.period = w.period AND c.after_days = w.after_days
    )
SELECT
    $slices(j.g.# AS *), j.period AS period,
    toUInt16(j.after_days) AS after_days,
$share
    if(j.known = 0, NULL, round(j.s, 6)) AS estimate,
    if(j.known = 0, NULL, round(greatest(0, middle(j.s * j.n_effective, j.n_effective) - half(j.s * j.n_effective, j.n_effective)), 6)) AS estimate_low,
    if(j.known = 0, NULL, round(least(1, middle(j.s * j.n_effective, j.n_effective) + half(j.s * j.n_effective, j.n_effective)), 6)) AS estimate_high,
    if(j.status = 'no_data', NULL, j.pending) AS pending,
    if(j.status = 'no_data', NULL, j.untold) AS untold,
    if(j.status = 'no_data', NULL, j.unknown) AS unknown,
$pooled
FROM joined AS j
WHERE j.period != toDate(0)
