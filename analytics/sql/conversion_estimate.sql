-- id: conversion_estimate
-- version: 1
-- title.en: Conversion, estimated
-- title.zh: 转化率估计(含未决申请)
-- numerator: the estimated share of the cohort that reaches the later stage by so many days after entering the earlier one (Aalen-Johansen: rejection and withdrawal compete, open applications are followed up to as_of and no further)
-- denominator: applications that entered the earlier stage in the period (entries); skipped stages count as passed
-- clock: the instant of entering the earlier stage; times are whole hours
-- exclusions: entries up to the first pull of a connection that found cases as they were without being told when they got there; a value beyond the longest follow-up is not made up
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, day, week, month
-- default_by: channel
-- columns: entries, value, low, high, at_risk, reached, observed, maturity, status, covered
-- keys: from_stage, to_stage, days
-- shares: value, low, high, observed
-- meaning.en: What share of the applications that entered a stage in the period reaches a later one within so many days, young ones neither dropped nor counted as failures; with a 95 % log(-log) interval, and beside it what has been observed so far (reached of entries) and how many of the cohort are decided (maturity).
-- meaning.zh: 期间进入某一阶段的申请在若干天内到达后续阶段的估计比例(Aalen-Johansen,淘汰与退出为竞争事件,未决申请按删失处理),附 95 % log(-log) 区间;旁列目前已观察到的比例与已定比例(maturity)。
WITH
    ['viewed', 'contacted', 'applied', 'screened', 'invited', 'attended', 'offered', 'accepted', 'onboarded', 'passed_probation'] AS names,
    [(1, 2), (2, 3), (3, 4), (3, 5), (3, 6), (3, 7), (3, 8), (3, 9), (3, 10), (4, 5), (5, 6), (6, 7), (7, 8), (8, 9), (9, 10)] AS pairs,
    [7, 14, 30, 60, 90] AS by_days,
    toUnixTimestamp64Milli({as_of:DateTime64(3, 'UTC')}) AS seen_to,
    entries AS
    (
        SELECT
            $slices(*), zone_key, entry.1 AS rank, entry.2 AS at,
            toStartOfFifteenMinutes(toDateTime(intDiv(at, 1000), 'UTC')) AS quarter, ranks, millis,
            arrayMin(arrayConcat([9000000000000], arrayFilter((t, r) -> r > 10, millis, ranks))) AS decided_at
        FROM $case_paths(late_from = {from:Date}, to = '2149-01-01')
        ARRAY JOIN arrayZip(ranks, millis) AS entry
        WHERE entry.1 <= 9 AND entry.2 > known_from
    ),
    placed AS
    (
        SELECT
            $slices(e.* AS *), e.rank AS rank, e.at AS at,
            e.ranks AS ranks, e.millis AS millis, e.decided_at AS decided_at,
            multiIf(
                has({by:Array(String)}, 'day'), q.day, has({by:Array(String)}, 'week'), toMonday(q.day),
                has({by:Array(String)}, 'month'), toStartOfMonth(q.day), {from:Date}) AS period
        FROM entries AS e
        INNER JOIN $local_quarters() AS q
            ON q.zone_key = e.zone_key AND q.quarter = e.quarter
    ),
    paired AS
    (
        SELECT
            $slices(*), period, step AS key,
            if(has(ranks, step.2), millis[indexOf(ranks, step.2)], 9000000000000) AS reached_at,
            multiIf(reached_at <= decided_at AND reached_at < 9000000000000, 1, decided_at < 9000000000000, 2, 0) AS outcome,
            intDiv(greatest(0, least(reached_at, decided_at, seen_to) - at), 3600000) AS hours
        FROM placed
        ARRAY JOIN arrayFilter(p -> p.1 = rank, pairs) AS step
    ),
    spells AS
    (
        SELECT $slices(*), '' AS kind, period, key, outcome, hours, count() AS cases
        FROM paired
        GROUP BY $slices(*), period, key, outcome, hours
    ),
$product_limit
    read AS
    (
        SELECT
            $slices(*), period, (key.1, key.2, days) AS key, toUInt8(1) AS found, 24 * days AS until,
            sum(c.followed) AS entries, sum(c.e) AS reached, sum(c.d) AS decided,
            sumIf(c.followed, c.hours >= until) AS at_risk, sumIf(c.d, c.hours < until) + at_risk AS known,
            argMaxIf(c.share, c.hours, c.hours <= until) AS share, argMaxIf(c.error, c.hours, c.hours <= until) AS error,
            if(countIf(c.hours <= until) = 0, 1, argMaxIf(c.open, c.hours, c.hours <= until)) AS open
        FROM limit_curve AS c
        ARRAY JOIN by_days AS days
        GROUP BY $slices(*), period, key, days
    ),
    expected AS
    (
        SELECT channel, period, covered, expected, (pair.1, pair.2, days) AS key
        FROM $channel_periods(of = 'people')
        ARRAY JOIN pairs AS pair
        ARRAY JOIN by_days AS days
    ),
    joined AS
    (
        SELECT
            if(c.found = 1, c.channel, w.channel) AS channel$others(c.* AS *),
            if(c.found = 1, c.period, w.period) AS period, if(c.found = 1, c.key, w.key) AS key,
            c.entries AS n, c.reached AS reached, c.decided AS decided, c.at_risk AS at_risk, c.share AS share, c.error AS error,
            greatest(c.known, 1) AS known, c.open AS open, if(w.expected = 1, w.covered, 1) AS covered
        FROM expected AS w
        FULL JOIN read AS c ON c.channel = w.channel AND c.period = w.period AND c.key = w.key
    ),
    -- log(-log) has no interval at the ends: there the Wilson one of none or all of those of whom it is known. In steps, since a name that
    -- stands for an expression is resolved anew wherever it is read.
    reaches AS
    (
        SELECT
            *,
            multiIf(covered = 0 AND n = 0, 'no_data', covered < 1, 'partial', n < 20, 'few', 'ok') AS status,
            n > 0 AND (at_risk > 0 OR open <= 1e-12) AS followed,
            share > 1e-12 AND share < 1 - 1e-12 AND error > 0 AS inside,
            exp(1.959963984540054 * error / abs(share * log(share))) AS reach,
            3.841458820694124 / known AS zz, if(share >= 0.5, 1, 0) AS p
        FROM joined
    ),
    bounded AS
    (
        SELECT
            *,
            if(inside, pow(share, reach), greatest(0, (p + zz / 2) / (1 + zz) - sqrt(zz * (p * (1 - p) + zz / 4)) / (1 + zz))) AS low,
            if(inside, pow(share, 1 / reach), least(1, (p + zz / 2) / (1 + zz) + sqrt(zz * (p * (1 - p) + zz / 4)) / (1 + zz))) AS high
        FROM reaches
    )
SELECT
    $slices(*), period,
    names[j.key.1] AS from_stage, names[j.key.2] AS to_stage, j.key.3 AS days,
    if(j.status = 'no_data', NULL, toUInt64(j.n)) AS entries,
    if(j.followed, round(j.share, 9), NULL) AS value,
    if(j.followed, round(j.low, 9), NULL) AS low,
    if(j.followed, round(j.high, 9), NULL) AS high,
    if(j.status = 'no_data', NULL, toUInt64(j.at_risk)) AS at_risk,
    if(j.status = 'no_data', NULL, toUInt64(j.reached)) AS reached,
    if(j.n = 0, NULL, round(j.reached / j.n, 6)) AS observed,
    if(j.n = 0, NULL, round(j.decided / j.n, 6)) AS maturity,
    j.status AS status,
    round(j.covered, 6) AS covered
FROM bounded AS j
