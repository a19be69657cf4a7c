-- id: assessment_outcome
-- version: 1
-- title.en: Outcomes by assessment score
-- title.zh: 测评分段与后续结果
-- numerator: assessed cases that reached the outcome by as_of: offered, accepted, onboarded, or employed at day 90 (retained_90)
-- denominator: cases whose last assessment of that kind fell in the band; for retained_90 those of them that started and whose day 90 has passed
-- clock: when the assessment was taken, else sent
-- exclusions: performance, which comes after the hire; assessments without score and result, and those of no case that is known; retained_90 leaves out hires that no employment row tells of
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, name, day, week, month
-- keys: kind, band, outcome
-- columns: numerator, denominator, value, low, high, pooled_numerator, pooled_denominator, pooled_value, status, covered
-- meaning.en: How far those got who scored so much: per kind of assessment and band of score (percent of the greatest score; passed or failed where only that is told) the share that was offered, accepted, onboarded, and was still employed at day 90, with a 95 % Wilson interval. Whether the score caused it, this does not say: who failed was mostly not taken further.
-- meaning.zh: 各测评类型、分段(占满分百分比;仅有结果者为 passed/failed)的候选人后续获得 offer、录用、入职及满 90 天仍在职的比例,附 95 % Wilson 区间。不代表因果:未通过者多半未继续流程。
WITH
$wilson
    stayed AS
    (
        SELECT
            case_key AS of_case, min(started_on) AS began,
            min(known_on - assumeNotNull(started_on) >= 90 AND NOT left_unknown AND NOT (leave_type = 'transferred' AND ifNull(left_on < started_on + 90, 0))) AS due,
            min(ifNull(left_on >= started_on + 90, 1)) AS stays
        FROM $local_hires(by = [], store = [], department = [], city = [], recruiter = [], job_family = [], requisition = [], posting_cluster = [])
        WHERE told = 1 AND isNotNull(started_on) AND case_key != 0 AND spell = 1
        GROUP BY case_key
    ),
    last_of_case AS
    (
        SELECT
            case_key, toString(kind) AS kind, argMax(g, (at, source_id)) AS g, argMax(day, (at, source_id)) AS day, any(known_on) AS known_on,
            argMax(
                multiIf(
                    isNull(share), toString(outcome), share >= 0.9, '90-100', share >= 0.8, '80-89', share >= 0.7, '70-79', share >= 0.6, '60-69', '0-59'),
                (at, source_id)) AS band,
            any(isNotNull(offered_at)) AS offered, any(isNotNull(accepted_at)) AS accepted, any(isNotNull(onboarded_at)) AS onboarded
        FROM $local_assessed()
        WHERE case_key != 0 AND kind != 'performance' AND (isNotNull(share) OR outcome != '')
        GROUP BY case_key, kind
    ),
    counted AS
    (
        SELECT *, g.1.1 AS channel, toUInt8(1) AS found, sum(pool_n) OVER (PARTITION BY g, kind, band, outcome) AS pooled_n,
            sum(pool_k) OVER (PARTITION BY g, kind, band, outcome) AS pooled_k
        FROM
        (
            SELECT
                g, kind, band, reached.1 AS outcome, if(day BETWEEN {from:Date} AND {to:Date}, period_of(day), toDate(0)) AS period,
                count() AS n, countIf(reached.2) AS k,
                countIf(day BETWEEN least({to:Date}, known_on) - 89 AND {to:Date}) AS pool_n,
                countIf(reached.2 AND day BETWEEN least({to:Date}, known_on) - 89 AND {to:Date}) AS pool_k
            FROM
            (
                SELECT a.*, arrayFilter(x -> x.1 != '', [
                    ('offered', a.offered), ('accepted', a.accepted), ('onboarded', a.onboarded), (if(s.due = 1, 'retained_90', ''), s.stays)]) AS outcomes
                FROM last_of_case AS a
                LEFT JOIN stayed AS s ON s.of_case = a.case_key
            )
            ARRAY JOIN outcomes AS reached
            GROUP BY g, kind, band, outcome, period
        )
    ),
    joined AS
    (
        SELECT
            if(c.found = 1, c.g, (tuple(w.channel$others('')), '')) AS g, c.kind AS kind, c.band AS band, c.outcome AS outcome,
            if(c.found = 1, c.period, w.period) AS period, c.n AS n, c.k AS k, c.pooled_n AS pool_n, c.pooled_k AS pool_k,
            if(w.expected = 1, w.covered, 1) AS covered,
            multiIf(covered = 0 AND c.found = 0, 'no_data', covered < 1, 'partial', n < 20, 'few', 'ok') AS status
        FROM $channel_periods(of = 'people') AS w
        FULL JOIN (SELECT * FROM counted WHERE period != toDate(0)) AS c ON c.channel = w.channel AND c.period = w.period
    )
SELECT
    $slices(j.g.1.# AS *), j.g.2 AS name, j.period AS period,
    j.kind AS kind, j.band AS band, j.outcome AS outcome,
$share
$pooled
FROM joined AS j
