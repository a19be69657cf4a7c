-- id: conversion
-- version: 1
-- title.en: Conversion
-- title.zh: 转化率
-- numerator: applications of the cohort that ever reached the later stage (by as_of)
-- denominator: applications that entered the earlier stage in the period (cohort); skipped stages count as passed
-- clock: the instant of entering the earlier stage
-- exclusions: none; open applications stay in the denominator, open counts them and maturity is the share of the cohort that is decided
-- dimensions: channel, store, department, city, recruiter, day, week, month
-- default_by: channel
-- rate: from_stage, to_stage
-- meaning.en: Of the applications that entered one stage in the period, the share that ever reached the next; with a 95 % Wilson interval.
-- meaning.zh: 期间进入某一阶段的申请中,最终到达下一阶段的比例(同期群口径),附 95 % Wilson 区间。
WITH
    ['viewed', 'contacted', 'applied', 'screened', 'invited', 'attended', 'offered', 'accepted', 'onboarded', 'passed_probation'] AS names,
    -- Each stage to the next, and the two long steps.
    [(1, 2), (2, 3), (3, 4), (3, 6), (3, 9), (4, 5), (5, 6), (6, 7), (7, 8), (8, 9), (9, 10)] AS steps,
    toDate({to:Date}) - 89 AS pool_from,
    1.959963984540054 AS z,
    -- Wilson score interval (Wilson 1927; Newcombe 1998, method 3) of k successes in n trials.
    (k, n) -> (k / n + z * z / (2 * n)) / (1 + z * z / n) AS wilson_middle,
    (k, n) -> z * sqrt(k / n * (1 - k / n) / n + z * z / (4 * n * n)) / (1 + z * z / n) AS wilson_half,
    cohorts AS
    (
        -- An application's entry into one stage, and the set of stages that it ever reached (bit = rank; bit 0 = decided).
        SELECT
            channel, store, department, city, recruiter, entry.1 AS stage_rank,
            entry.2 BETWEEN {from:Date} AND {to:Date} AS in_period,
            entry.2 BETWEEN pool_from AND {to:Date} AS in_pool,
            multiIf(
                empty(arrayIntersect({by:Array(String)}, ['day', 'week', 'month'])), {from:Date},
                NOT in_period, toDate(0),
                has({by:Array(String)}, 'day'), entry.2,
                has({by:Array(String)}, 'week'), toMonday(entry.2),
                toStartOfMonth(entry.2)) AS period,
            reached
        FROM
        (
            SELECT
                any(channel) AS channel, any(store) AS store, any(department) AS department, any(city) AS city, any(recruiter) AS recruiter,
                groupBitOr(bitShiftLeft(toUInt16(1), if(stage_rank <= 10, stage_rank, 0))) AS reached,
                groupArrayIf((stage_rank, day), stage_rank <= 9) AS entries
            FROM inflow.local_stages_v1(
                from = '1970-01-02', to = '2149-01-01', tz = {tz:String}, as_of = {as_of:DateTime64(3, 'UTC')},
                by = {by:Array(String)}, channel = {channel:Array(String)}, store = {store:Array(String)})
            GROUP BY connection, source_id
        )
        ARRAY JOIN entries AS entry
        WHERE in_period OR in_pool
    ),
    counted AS
    (
        SELECT
            *,
            sum(pool_n) OVER (PARTITION BY channel, store, department, city, recruiter, step) AS pooled_n,
            sum(pool_k) OVER (PARTITION BY channel, store, department, city, recruiter, step) AS pooled_k
        FROM
        (
            SELECT
                channel, store, department, city, recruiter, step, period, toUInt8(1) AS found,
                countIf(in_period) AS n,
                countIf(in_period AND bitTest(reached, step.2)) AS k,
                countIf(in_period AND NOT bitTest(reached, step.2) AND NOT bitTest(reached, 0)) AS open,
                countIf(in_pool) AS pool_n,
                countIf(in_pool AND bitTest(reached, step.2)) AS pool_k
            FROM cohorts
            ARRAY JOIN arrayFilter(s -> s.1 = stage_rank, steps) AS step
            GROUP BY channel, store, department, city, recruiter, step, period
        )
    ),
    expected AS
    (
        SELECT channel, period, covered, expected, step
        FROM inflow.channel_periods_v1(
            of = 'people', from = {from:Date}, to = {to:Date}, tz = {tz:String}, as_of = {as_of:DateTime64(3, 'UTC')},
            by = {by:Array(String)}, channel = {channel:Array(String)})
        ARRAY JOIN steps AS step
    ),
    joined AS
    (
        SELECT
            if(c.found = 1, c.channel, w.channel) AS channel,
            c.store AS store, c.department AS department, c.city AS city, c.recruiter AS recruiter,
            if(c.found = 1, c.period, w.period) AS period, if(c.found = 1, c.step, w.step) AS step,
            c.k AS k, c.n AS n, c.open AS open, if(w.expected = 1, w.covered, 1) AS covers,
            max(c.pooled_k) OVER (PARTITION BY channel, store, department, city, recruiter, step) AS pool_k,
            max(c.pooled_n) OVER (PARTITION BY channel, store, department, city, recruiter, step) AS pool_n
        FROM expected AS w
        FULL JOIN counted AS c ON c.channel = w.channel AND c.period = w.period AND c.step = w.step
    )
SELECT
    channel, store, department, city, recruiter, period,
    names[step.1] AS from_stage,
    names[step.2] AS to_stage,
    if(status = 'no_data', NULL, k) AS numerator,
    if(status = 'no_data', NULL, n) AS denominator,
    if(n = 0, NULL, round(k / n, 6)) AS value,
    if(n = 0, NULL, round(greatest(0, wilson_middle(k, n) - wilson_half(k, n)), 6)) AS low,
    if(n = 0, NULL, round(least(1, wilson_middle(k, n) + wilson_half(k, n)), 6)) AS high,
    if(status = 'no_data', NULL, open) AS open,
    if(n = 0, NULL, round(1 - open / n, 6)) AS maturity,
    if(n >= 20, NULL, pool_k) AS pooled_numerator,
    if(n >= 20, NULL, pool_n) AS pooled_denominator,
    if(n >= 20 OR pool_n = 0, NULL, round(pool_k / pool_n, 6)) AS pooled_value,
    multiIf(covers = 0 AND n = 0, 'no_data', covers < 1, 'partial', n < 20, 'few', 'ok') AS status,
    round(covers, 6) AS covered
FROM joined
WHERE period != toDate(0)
