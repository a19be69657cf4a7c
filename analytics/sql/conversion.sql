-- id: conversion
-- version: 1
-- title.en: Conversion
-- title.zh: 转化率
-- numerator: applications of the cohort that ever reached the later stage (by as_of)
-- denominator: applications that entered the earlier stage in the period (cohort); skipped stages count as passed
-- clock: the instant of entering the earlier stage
-- exclusions: none (of more than 60 comparisons, pairs of stages in periods, stores and the like, no ranks are made); open applications stay in the denominator, open counts them and maturity is the share of the cohort that is decided
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, day, week, month
-- default_by: channel
-- columns: numerator, denominator, value, low, high, shrunk, rank, better, open, maturity, pooled_numerator, pooled_denominator, pooled_value, status, covered
-- keys: from_stage, to_stage
-- shares: shrunk, better
-- meaning.en: Of the applications that entered one stage in the period, the share that ever reached the next one (from applied: every later one); with a 95 % Wilson interval. By channel: the rate shrunk towards the other channels' (beta-binomial), the rank by it, and the probability of being better than the next in rank; under 20 cases no rank.
-- meaning.zh: 期间进入某一阶段的申请中,最终到达下一阶段(从投递起:任一后续阶段)的比例(同期群口径),附 95 % Wilson 区间。按渠道时:向其他渠道收缩后的比例(beta-binomial)、名次,以及优于下一名的概率;不足 20 例不排名。
WITH
    ['viewed', 'contacted', 'applied', 'screened', 'invited', 'attended', 'offered', 'accepted', 'onboarded', 'passed_probation'] AS names,
    -- Each stage to the next, and the two long steps.
    [(1, 2), (2, 3), (3, 4), (3, 5), (3, 6), (3, 7), (3, 8), (3, 9), (3, 10), (4, 5), (5, 6), (6, 7), (7, 8), (8, 9), (9, 10)] AS steps,
    toDate({to:Date}) - 89 AS pool_from,
    1.959963984540054 AS z,
    least({from:Date}, pool_from) AS earliest,
    if({tz:String} = '', 'UTC', {tz:String}) AS zone,
    -- The stages that a case ever reached are bits (bit = rank; bit 0 = decided). Sums by day and channel have them as of the last of all
    -- stages; a report as of an instant before, in other zones or by more has to go to the cases.
    $summable AND hasAll(['channel', 'store', 'day', 'week', 'month'], {by:Array(String)})
        AND {as_of:DateTime64(3, 'UTC')} >= (SELECT max(settled_at) FROM inflow.stage_days)
        AND ({tz:String} = '' OR (SELECT arrayAll(z -> z = {tz:String}, groupUniqArray(zone)) FROM inflow.stage_days)) AS summed,
    -- Of most cases the row says what they reached; of those that have entered stages since {as_of} it has to be found what they had by then.
    since AS
    (
        SELECT case_key, groupBitOr(bitShiftLeft(toUInt16(1), if(stage_rank <= 10, stage_rank, 0))) AS reached
        FROM inflow.application_stages
        WHERE NOT summed AND settled_at > {as_of:DateTime64(3, 'UTC')} AND entered_at <= {as_of:DateTime64(3, 'UTC')}
        GROUP BY case_key
    ),
    cells AS
    (
        SELECT $needed(*), local_day AS day, stage_rank, reached, applications
        FROM (SELECT *, '' AS department, '' AS city, '' AS recruiter, '' AS job_family, '' AS requisition, '' AS posting_cluster FROM inflow.stage_days)
        WHERE summed AND generation = (SELECT max(generation) FROM inflow.stage_days)
          AND stage_rank <= 9 AND local_day BETWEEN earliest AND {to:Date}
        UNION ALL
        SELECT
            $needed(s.*), if({tz:String} = '', s.local_day, toDate(s.entered_at, zone)), s.stage_rank,
            if(s.settled_at > {as_of:DateTime64(3, 'UTC')}, a.reached, toUInt16(bitOr(bitShiftLeft(toUInt16(2), s.furthest) - 2, s.decided))),
            toInt64(1)
        FROM
        (
            SELECT $needed(*), local_day, entered_at, stage_rank, settled_at, furthest, decided, case_key
            FROM inflow.application_stages
            WHERE NOT summed AND entered_at <= {as_of:DateTime64(3, 'UTC')} AND stage_rank <= 9
              AND entered_at >= toDateTime64(earliest, 3, 'UTC') - toIntervalHour(14)
              AND entered_at < toDateTime64({to:Date}, 3, 'UTC') + toIntervalHour(38)
        ) AS s
        LEFT JOIN since AS a ON a.case_key = s.case_key
    ),
    cohorts AS
    (
        SELECT
            $sliced(c.*),
            reached, stage_rank,
            day BETWEEN {from:Date} AND {to:Date} AS in_period,
            day BETWEEN pool_from AND {to:Date} AS in_pool,
            multiIf(
                empty(arrayIntersect({by:Array(String)}, ['day', 'week', 'month'])), {from:Date},
                NOT in_period, toDate(0),
                has({by:Array(String)}, 'day'), day,
                has({by:Array(String)}, 'week'), toMonday(day),
                toStartOfMonth(day)) AS period,
            sum(applications) AS cases
        FROM cells AS c
        WHERE (in_period OR in_pool)
          $narrowed(c.*)
        GROUP BY $slices(*), reached, stage_rank, in_period, in_pool, period
        -- What a change took away leaves a sum of nothing.
        HAVING cases != 0
    ),
    counted AS
    (
        SELECT
            *,
            sum(pool_n) OVER (PARTITION BY $slices(*), step) AS pooled_n,
            sum(pool_k) OVER (PARTITION BY $slices(*), step) AS pooled_k
        FROM
        (
            SELECT
                $slices(*), step, period, toUInt8(1) AS found,
                sumIf(cases, in_period) AS n,
                sumIf(cases, in_period AND bitTest(reached, step.2)) AS k,
                sumIf(cases, in_period AND NOT bitTest(reached, step.2) AND NOT bitTest(reached, 0)) AS open,
                sumIf(cases, in_pool) AS pool_n,
                sumIf(cases, in_pool AND bitTest(reached, step.2)) AS pool_k
            FROM cohorts
            ARRAY JOIN arrayFilter(s -> s.1 = stage_rank, steps) AS step
            GROUP BY $slices(*), step, period
        )
    ),
    expected AS
    (
        SELECT channel, period, covered, expected, step
        FROM $channel_periods(of = 'people')
        ARRAY JOIN steps AS step
    ),
    joined AS
    (
        SELECT
            if(c.found = 1, c.channel, w.channel) AS channel$others(c.* AS *),
            if(c.found = 1, c.period, w.period) AS period, if(c.found = 1, c.step, w.step) AS step,
            c.k AS k, c.n AS n, c.open AS open, if(w.expected = 1, w.covered, 1) AS covered,
            multiIf(covered = 0 AND n = 0, 'no_data', covered < 1, 'partial', n < 20, 'few', 'ok') AS status,
            -- Wilson score interval (Wilson 1927; Newcombe 1998, method 3) of k in n.
            (k / n + z * z / (2 * n)) / (1 + z * z / n) AS middle,
            z * sqrt(k / n * (1 - k / n) / n + z * z / (4 * n * n)) / (1 + z * z / n) AS half,
            max(c.pooled_k) OVER (PARTITION BY $slices(*), step) AS pool_k,
            max(c.pooled_n) OVER (PARTITION BY $slices(*), step) AS pool_n
        FROM expected AS w
        FULL JOIN counted AS c ON c.channel = w.channel AND c.period = w.period AND c.step = w.step
    )
SELECT
    $slices(*), period,
    names[j.step.1] AS from_stage,
    names[j.step.2] AS to_stage,
    if(j.status = 'no_data', NULL, j.k) AS numerator,
    if(j.status = 'no_data', NULL, j.n) AS denominator,
    if(j.n = 0, NULL, round(j.k / j.n, 6)) AS value,
    if(j.n = 0, NULL, round(greatest(0, j.middle - j.half), 6)) AS low,
    if(j.n = 0, NULL, round(least(1, j.middle + j.half), 6)) AS high,
    -- Channels are compared when the rows are read (src/ranks.rs).
    CAST(NULL, 'Nullable(Float64)') AS shrunk, CAST(NULL, 'Nullable(UInt64)') AS rank, CAST(NULL, 'Nullable(Float64)') AS better,
    if(j.status = 'no_data', NULL, j.open) AS open,
    if(j.n = 0, NULL, round(1 - j.open / j.n, 6)) AS maturity,
    if(j.n >= 20, NULL, j.pool_k) AS pooled_numerator,
    if(j.n >= 20, NULL, j.pool_n) AS pooled_denominator,
    if(j.n >= 20 OR j.pool_n = 0, NULL, round(j.pool_k / j.pool_n, 6)) AS pooled_value,
    j.status AS status,
    round(j.covered, 6) AS covered
FROM joined AS j
WHERE period != toDate(0)
