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
            sum(pool_n) OVER (PARTITION BY channel, store, department, city, recruiter, step) AS pooled_denominator,
            sum(pool_k) OVER (PARTITION BY channel, store, department, city, recruiter, step) AS pooled_numerator
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
            from = {from:Date}, to = {to:Date}, tz = {tz:String}, as_of = {as_of:DateTime64(3, 'UTC')},
            by = {by:Array(String)}, channel = {channel:Array(String)})
        ARRAY JOIN steps AS step
    )
SELECT
    if(c.found = 1, c.channel, w.channel) AS channel,
    c.store AS store, c.department AS department, c.city AS city, c.recruiter AS recruiter,
    if(c.found = 1, c.period, w.period) AS period,
    names[if(c.found = 1, c.step.1, w.step.1)] AS from_stage,
    names[if(c.found = 1, c.step.2, w.step.2)] AS to_stage,
    if(status = 'no_data', NULL, c.k) AS numerator,
    if(status = 'no_data', NULL, c.n) AS denominator,
    if(c.n = 0, NULL, round(c.k / c.n, 6)) AS value,
    if(c.n = 0, NULL, round(greatest(0, wilson_middle(c.k, c.n) - wilson_half(c.k, c.n)), 6)) AS low,
    if(c.n = 0, NULL, round(least(1, wilson_middle(c.k, c.n) + wilson_half(c.k, c.n)), 6)) AS high,
    if(status = 'no_data', NULL, c.open) AS open,
    if(c.n = 0, NULL, round(1 - c.open / c.n, 6)) AS maturity,
    if(c.n >= 20, NULL, c.pooled_numerator) AS pooled_numerator,
    if(c.n >= 20, NULL, c.pooled_denominator) AS pooled_denominator,
    if(c.n >= 20 OR c.pooled_denominator = 0, NULL, round(c.pooled_numerator / c.pooled_denominator, 6)) AS pooled_value,
    multiIf(covered = 0 AND c.n = 0, 'no_data', covered < 1, 'partial', c.n < 20, 'few', 'ok') AS status,
    round(if(w.expected = 1, w.covered, 1), 6) AS covered
FROM expected AS w
FULL JOIN (SELECT * FROM counted WHERE period != toDate(0)) AS c ON c.channel = w.channel AND c.period = w.period AND c.step = w.step
