-- id: assessment_pass
-- version: 1
-- title.en: Assessment pass rate
-- title.zh: 测评通过率
-- numerator: assessments passed; a health certificate that is valid
-- denominator: assessments with a result; certificates that are valid, expired or missing
-- clock: when it was taken, else sent; a certificate without a time at the beginning of its case
-- exclusions: pending, missed and taken without a result stand apart; each attempt counts
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, name, day, week, month
-- default_by: channel
-- keys: kind
-- columns: assessments, pending, missed, numerator, denominator, value, low, high, mean_score, pooled_numerator, pooled_denominator, pooled_value, status, covered
-- shares: mean_score
-- meaning.en: Of the assessments of the period that have a result, the share that was passed, by kind, with a 95 % Wilson interval; mean_score is the mean share of the greatest score.
-- meaning.zh: 期间有结果的测评中通过的比例(按类型),附 95 % Wilson 区间;mean_score 为得分占满分的平均比例;健康证有效视为通过。
WITH
$wilson
    -- The kinds that the company uses; one empty row where it uses none.
    (SELECT if(empty(groupUniqArray(toString(kind))), [''], arraySort(groupUniqArray(toString(kind)))) FROM inflow.assessed) AS kinds,
    counted AS
    (
        SELECT *, g.1.1 AS channel, toUInt8(1) AS found, sum(pool_n) OVER (PARTITION BY g, kind) AS pooled_n, sum(pool_k) OVER (PARTITION BY g, kind) AS pooled_k
        FROM
        (
            SELECT
                g, toString(kind) AS kind, if(day BETWEEN {from:Date} AND {to:Date}, period_of(day), toDate(0)) AS period,
                count() AS assessments, countIf(status = 'pending') AS pending, countIf(status = 'missed') AS missed,
                countIf(outcome != '') AS n, countIf(outcome = 'passed') AS k, avg(share) AS mean_score,
                countIf(outcome != '' AND day BETWEEN least({to:Date}, known_on) - 89 AND {to:Date}) AS pool_n,
                countIf(outcome = 'passed' AND day BETWEEN least({to:Date}, known_on) - 89 AND {to:Date}) AS pool_k
            FROM $local_assessed()
            GROUP BY g, kind, period
        )
    ),
    joined AS
    (
        SELECT
            if(c.found = 1, c.g, (tuple(w.channel$others('')), '')) AS g, if(c.found = 1, c.kind, w.kind) AS kind, if(c.found = 1, c.period, w.period) AS period,
            c.assessments AS assessments, c.pending AS pending, c.missed AS missed, c.n AS n, c.k AS k, c.mean_score AS mean_score,
            max(c.pooled_n) OVER (PARTITION BY g, kind) AS pool_n, max(c.pooled_k) OVER (PARTITION BY g, kind) AS pool_k,
            if(w.expected = 1, w.covered, 1) AS covered,
            multiIf(covered = 0 AND c.found = 0, 'no_data', covered < 1, 'partial', n < 20, 'few', 'ok') AS status
        FROM
        (
            SELECT channel, period, covered, expected, kind
            FROM $channel_periods(of = 'people')
            ARRAY JOIN kinds AS kind
        ) AS w
        FULL JOIN counted AS c ON c.channel = w.channel AND c.period = w.period AND c.kind = w.kind
    )
SELECT
    $slices(j.g.1.# AS *), j.g.2 AS name, j.period AS period, j.kind AS kind,
    if(j.status = 'no_data', NULL, j.assessments) AS assessments,
    if(j.status = 'no_data', NULL, j.pending) AS pending,
    if(j.status = 'no_data', NULL, j.missed) AS missed,
$share
    round(j.mean_score, 6) AS mean_score,
$pooled
FROM joined AS j
WHERE j.period != toDate(0)
