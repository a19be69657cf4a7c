-- id: tag_outcome
-- version: 1
-- title.en: Tags of who does well
-- title.zh: 标签与入职后表现
-- numerator: of the denominator, hires whose application carries the tag (personas.toml)
-- denominator: hires that started in the period with the outcome: best_fifth, the last performance score within 120 days of the first day among the best fifth of those rated; left_90, left within 90 days; others_denominator are those with the other outcome
-- clock: the first day
-- exclusions: hires without an application; who was never rated (best_fifth); who is not told of by employment, whose day 90 is still to come, and transfers (left_90); an application of which nothing is told carries no tag
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster
-- default_by: store
-- keys: outcome, tag
-- columns: numerator, denominator, value, low, high, others_numerator, others_denominator, others_value, difference, difference_low, difference_high, q_value, status, covered
-- shares: others_value, difference, difference_low, difference_high
-- meaning.en: Which tags those carry who do best, and those who leave early, beside the others: shares with 95 % Wilson intervals, their difference with Newcombe's, and q, the rate of false discoveries if this tag and all before it are believed. What goes together need not be a cause.
-- meaning.zh: 表现最好者、早离者各带哪些标签,与其余入职者对照:比例附 95 % Wilson 区间,差值附 Newcombe 区间,q 为若采信该标签及其前各标签时的错误发现率。相关不等于因果。
WITH
$wilson
    people AS
    (
        SELECT person_id, assumeNotNull(started_on) AS day, any(g) AS g, any(known_on) AS known_on, max(told) AS is_told,
            argMax((connection, source_id), source_id != '') AS application, max(left_on) AS left_day, max(left_unknown) AS unknown,
            max(leave_type = 'transferred') AS transferred
        FROM $local_hires()
        WHERE isNotNull(started_on) AND assumeNotNull(started_on) BETWEEN {from:Date} AND {to:Date} AND source_id != ''
        GROUP BY person_id, day
    ),
    -- A rating is of the last start before it; of several the last.
    rated AS
    (
        SELECT p.person_id AS person_id, p.day AS day, argMax(a.share, (a.at, a.source_id)) AS score
        FROM
        (
            SELECT person_id, at, source_id, toFloat64(assumeNotNull(share)) AS share, toDate(at + toIntervalHour(14)) AS rated_on
            FROM inflow.assessed
            WHERE kind = 'performance' AND isNotNull(share) AND at <= {as_of:DateTime64(3, 'UTC')}
        ) AS a
        ASOF INNER JOIN people AS p ON p.person_id = a.person_id AND p.day <= a.rated_on
        WHERE a.rated_on <= p.day + 120
        GROUP BY person_id, day
    ),
    known AS
    (
        SELECT g, application, 'best_fifth' AS outcome, toUInt8(score >= quantileExactHigh(0.8)(score) OVER (PARTITION BY g)) AS has_it
        FROM
        (
            SELECT p.g AS g, p.application AS application, r.score AS score
            FROM people AS p
            INNER JOIN rated AS r ON r.person_id = p.person_id AND r.day = p.day
        )
        UNION ALL
        SELECT g, application, 'left_90' AS outcome, early AS has_it
        FROM (SELECT *, toUInt8(ifNull(left_day < day + 90, 0)) AS early FROM people)
        WHERE is_told = 1 AND NOT unknown AND if(early = 1, NOT transferred, known_on - day >= 90)
    ),
    carried AS
    (
        SELECT (toString(connection), source_id) AS application, groupUniqArray(toString(tag)) AS tags
        FROM inflow.application_tags
        GROUP BY application
    ),
    counted AS
    (
        SELECT
            g, outcome, tag,
            countIf(has_it = 1 AND has(c.tags, tag)) AS k, countIf(has_it = 1) AS n,
            countIf(has_it = 0 AND has(c.tags, tag)) AS other_k, countIf(has_it = 0) AS other_n
        FROM known AS o
        LEFT JOIN carried AS c ON c.application = o.application
        ARRAY JOIN (SELECT groupUniqArray(toString(tag)) FROM inflow.application_tags) AS tag
        GROUP BY g, outcome, tag
    ),
    tested AS
    (
        SELECT
            *, k / n AS p, other_k / other_n AS other_p,
            -- Two proportions, pooled; where nobody or everybody carries the tag there is no difference.
            if(n = 0 OR other_n = 0, NULL,
                if(k + other_k IN (0, n + other_n), 1, proportionsZTest(k, other_k, n, other_n, 0.95, 'pooled').2)) AS p_value,
            -- Newcombe 1998 (Statistics in Medicine 17, 873), method 10.
            p - other_p AS difference,
            sqrt(pow(p - (middle(k, n) - half(k, n)), 2) + pow(middle(other_k, other_n) + half(other_k, other_n) - other_p, 2)) AS below,
            sqrt(pow(middle(k, n) + half(k, n) - p, 2) + pow(other_p - (middle(other_k, other_n) - half(other_k, other_n)), 2)) AS above
        FROM counted
    ),
    placed AS
    (
        SELECT *, row_number() OVER (PARTITION BY g, outcome ORDER BY p_value ASC NULLS LAST, tag) AS place,
            countIf(isNotNull(p_value)) OVER (PARTITION BY g, outcome) AS of
        FROM tested
    ),
    -- Benjamini and Hochberg 1995.
    discovered AS
    (
        SELECT *, least(1, min(p_value * of / place) OVER (PARTITION BY g, outcome ORDER BY place DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS q
        FROM placed
    ),
    joined AS
    (
        SELECT
            if(c.found = 1, c.g, tuple(w.channel$others(''))) AS g, c.outcome AS outcome, c.tag AS tag, c.k AS k, c.n AS n, c.p AS p,
            c.other_k AS other_k, c.other_n AS other_n, c.other_p AS other_p, c.p_value AS p_value, c.difference AS difference, c.below AS below,
            c.above AS above, c.q AS q, if(w.expected = 1, w.covered, 1) AS covered,
            multiIf(covered = 0 AND c.found = 0, 'no_data', covered < 1, 'partial', n < 20 OR other_n < 20, 'few', 'ok') AS status
        FROM (SELECT channel, max(expected) AS expected, avg(covered) AS covered FROM $channel_periods(of = 'people') GROUP BY channel) AS w
        FULL JOIN (SELECT *, g.1 AS channel, toUInt8(1) AS found FROM discovered) AS c ON c.channel = w.channel
    )
SELECT
    $slices(d.g.# AS *), {from:Date} AS period, d.outcome AS outcome, d.tag AS tag,
    if(d.status = 'no_data', NULL, d.k) AS numerator, if(d.status = 'no_data', NULL, d.n) AS denominator,
    if(d.n = 0, NULL, round(d.p, 6)) AS value,
    if(d.n = 0, NULL, round(greatest(0, middle(d.k, d.n) - half(d.k, d.n)), 6)) AS low,
    if(d.n = 0, NULL, round(least(1, middle(d.k, d.n) + half(d.k, d.n)), 6)) AS high,
    if(d.status = 'no_data', NULL, d.other_k) AS others_numerator, if(d.status = 'no_data', NULL, d.other_n) AS others_denominator,
    if(d.other_n = 0, NULL, round(d.other_p, 6)) AS others_value,
    if(d.n = 0 OR d.other_n = 0, NULL, round(d.difference, 6)) AS difference,
    if(d.n = 0 OR d.other_n = 0, NULL, round(d.difference - d.below, 6)) AS difference_low,
    if(d.n = 0 OR d.other_n = 0, NULL, round(d.difference + d.above, 6)) AS difference_high,
    if(d.n = 0 OR d.other_n = 0, NULL, round(d.q, 6)) AS q_value,
    d.status AS status, round(d.covered, 6) AS covered
FROM joined AS d
