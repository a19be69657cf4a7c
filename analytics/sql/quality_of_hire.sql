-- id: quality_of_hire
-- version: 1
-- title.en: Quality of hire
-- title.zh: 录用质量
-- numerator: per component: performance, the sum of the scores as shares of the greatest one; performance_passed, who was rated passed; retention_90, who was employed at day 90; probation_passed, who passed probation
-- denominator: per component: who was rated with a score; who was rated passed or failed; whose day 90 has passed; whose probation has ended (passed, left before, or its last day is over)
-- clock: the first day
-- exclusions: hires to which a component does not apply yet; of several ratings the last one counts; retention and probation leave out hires that no employment row tells of
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, day, week, month
-- default_by: channel
-- keys: component
-- columns: numerator, denominator, value, low, high, pooled_numerator, pooled_denominator, pooled_value, status, covered
-- meaning.en: How those who started in the period did, component by component and never as one index: mean performance score, performance passed, still employed at day 90, probation passed; with 95 % intervals (Wilson; Student's t for the mean score).
-- meaning.zh: 期间入职者的表现,逐项列出、不合成单一指数:绩效均分、绩效合格率、90 天留存、试用期通过率,附 95 % 区间(比例用 Wilson,均分用 t 区间)。
WITH
    ['performance', 'performance_passed', 'retention_90', 'probation_passed'] AS components,
    1.959963984540054 AS z,
    (k, n) -> (k / n + z * z / (2 * n)) / (1 + z * z / n) AS middle,
    (k, n) -> z * sqrt(k / n * (1 - k / n) / n + z * z / (4 * n * n)) / (1 + z * z / n) AS half,
    -- Student's t, 97.5 %, from the normal quantile (Abramowitz and Stegun 26.7.5): within 1 % from 3 degrees of freedom on.
    (v) -> z + (pow(z, 3) + z) / (4 * v) + (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / (96 * v * v)
        + (3 * pow(z, 7) + 19 * pow(z, 5) + 17 * pow(z, 3) - 15 * z) / (384 * v * v * v) AS student,
    (day) -> multiIf(
        has({by:Array(String)}, 'day'), day,
        has({by:Array(String)}, 'week'), toMonday(day),
        has({by:Array(String)}, 'month'), toStartOfMonth(day),
        {from:Date}) AS period_of,
    people AS
    (
        SELECT person_id, assumeNotNull(started_on) AS day, any(g) AS g, any(known_on) AS known_on, max(told) AS is_told,
            max(passed_on) AS passed_day, max(probation_until) AS probation_end, max(left_on) AS left_day, max(left_unknown) AS unknown,
            max(leave_type = 'transferred') AS transferred
        FROM $local_hires()
        WHERE isNotNull(started_on)
        GROUP BY person_id, day
    ),
    -- A rating is of the last start before it.
    rated AS
    (
        SELECT p.person_id AS person_id, p.day AS day, argMax(a.share, (a.at, a.source_id)) AS share, argMax(a.outcome, (a.at, a.source_id)) AS outcome
        FROM
        (
            SELECT person_id, at, source_id, toFloat64(ifNull(share, -1)) AS share, toString(outcome) AS outcome, toDate(at + toIntervalHour(14)) AS rated_on
            FROM inflow.assessed
            WHERE kind = 'performance' AND at <= {as_of:DateTime64(3, 'UTC')}
        ) AS a
        ASOF INNER JOIN people AS p ON p.person_id = a.person_id AND p.day <= a.rated_on
        GROUP BY person_id, day
    ),
    scored AS
    (
        SELECT
            g, day, known_on, component,
            multiIf(
                component = 'performance', if(is_rated = 1 AND share >= 0, share, NULL),
                component = 'performance_passed', multiIf(outcome = 'passed', 1., outcome = 'failed', 0., NULL),
                component = 'retention_90', multiIf(
                    is_told = 0 OR unknown OR known_on - day < 90 OR (transferred AND ifNull(left_day < day + 90, 0)), NULL,
                    ifNull(left_day >= day + 90, 1), 1., 0.),
                multiIf(
                    is_told = 0 OR unknown, NULL,
                    isNotNull(passed_day), 1.,
                    isNotNull(left_day) AND NOT transferred OR ifNull(probation_end < known_on, 0), 0., NULL)) AS score
        FROM
        (
            SELECT p.*, r.share AS share, r.outcome AS outcome, r.person_id != '' AS is_rated
            FROM people AS p
            LEFT JOIN rated AS r ON r.person_id = p.person_id AND r.day = p.day
        )
        ARRAY JOIN components AS component
        WHERE isNotNull(score)
    ),
    counted AS
    (
        SELECT *, g.1 AS channel, toUInt8(1) AS found, sum(pool_n) OVER (PARTITION BY g, component) AS pooled_n,
            sum(pool_k) OVER (PARTITION BY g, component) AS pooled_k
        FROM
        (
            SELECT
                g, component, if(day BETWEEN {from:Date} AND {to:Date}, period_of(day), toDate(0)) AS period,
                count() AS n, sum(assumeNotNull(score)) AS k, stddevSamp(assumeNotNull(score)) AS spread,
                if(component = 'retention_90', 90, 0) AS age,
                countIf(day BETWEEN least({to:Date}, known_on) - age - 89 AND least({to:Date}, known_on) - age) AS pool_n,
                sumIf(assumeNotNull(score), day BETWEEN least({to:Date}, known_on) - age - 89 AND least({to:Date}, known_on) - age) AS pool_k
            FROM scored
            GROUP BY g, component, period
        )
    ),
    joined AS
    (
        SELECT
            if(c.found = 1, c.g, tuple(w.channel$others(''))) AS g, if(c.found = 1, c.component, w.component) AS component,
            if(c.found = 1, c.period, w.period) AS period, c.n AS n, c.k AS k,
            max(c.pooled_n) OVER (PARTITION BY g, component) AS pool_n, max(c.pooled_k) OVER (PARTITION BY g, component) AS pool_k,
            if(w.expected = 1, w.covered, 1) AS covered,
            multiIf(covered = 0 AND c.found = 0, 'no_data', covered < 1, 'partial', n < 20, 'few', 'ok') AS status,
            component = 'performance' AS is_mean,
            if(is_mean, k / n, middle(k, n)) AS center,
            if(is_mean, student(n - 1) * c.spread / sqrt(n), half(k, n)) AS width
        FROM
        (
            SELECT channel, period, covered, expected, component
            FROM $channel_periods(of = 'people')
            ARRAY JOIN components AS component
        ) AS w
        FULL JOIN counted AS c ON c.channel = w.channel AND c.period = w.period AND c.component = w.component
    )
SELECT
    $slices(j.g.# AS *), j.period AS period,
    j.component AS component,
    if(j.status = 'no_data', NULL, round(j.k, 6)) AS numerator,
    if(j.status = 'no_data', NULL, j.n) AS denominator,
    if(j.n = 0, NULL, round(j.k / j.n, 6)) AS value,
    -- A mean of fewer than 4 scores has no interval worth the name.
    if(j.n = 0 OR (j.is_mean AND j.n < 4), NULL, round(greatest(0, j.center - j.width), 6)) AS low,
    if(j.n = 0 OR (j.is_mean AND j.n < 4), NULL, round(least(1, j.center + j.width), 6)) AS high,
    if(j.n >= 20, NULL, round(j.pool_k, 6)) AS pooled_numerator,
    if(j.n >= 20, NULL, j.pool_n) AS pooled_denominator,
    if(j.n >= 20 OR j.pool_n = 0, NULL, round(j.pool_k / j.pool_n, 6)) AS pooled_value,
    j.status AS status,
    round(j.covered, 6) AS covered
FROM joined AS j
WHERE j.period != toDate(0)
