-- id: onboard_rate
-- version: 1
-- title.en: Onboard rate
-- title.zh: 入职率
-- numerator: hires that started by as_of
-- denominator: accepted offers whose first day has passed: the agreed day, else 30 days after the acceptance (assumed)
-- clock: the day due; pending is by the day of the acceptance: accepted in the period, not started and not due yet
-- exclusions: none; who withdrew after accepting stays in the denominator
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, day, week, month
-- default_by: channel
-- columns: numerator, denominator, value, low, high, assumed, pending, pooled_numerator, pooled_denominator, pooled_value, status, covered
-- meaning.en: Of the accepted offers whose agreed first day lies in the period and has passed, the share that started, with a 95 % Wilson interval; those still to come are shown as pending and not counted.
-- meaning.zh: 约定入职日落在期间内且已过的录用者中,实际入职的比例,附 95 % Wilson 区间;未到约定日者列为 pending,不计入;无约定日者按录用后 30 天推定(assumed)。
WITH
$wilson
    taken AS
    (
        SELECT
            g, accepted_on, assumeNotNull(due_on) AS due_day, isNotNull(started_on) AS started, assumed, known_on,
            due_day <= known_on AND due_day BETWEEN {from:Date} AND {to:Date} AS in_period,
            due_day <= known_on AND due_day BETWEEN least({to:Date}, known_on) - 89 AND {to:Date} AS in_pool,
            due_day > known_on AND NOT started AND ifNull(accepted_on BETWEEN {from:Date} AND {to:Date}, 0) AS is_pending
        FROM $local_hires()
        WHERE isNotNull(due_on) AND (isNotNull(accepted_on) OR due_day <= known_on)
    ),
    counted AS
    (
        SELECT *, toUInt8(1) AS found, g.1 AS channel, sum(pool_n) OVER (PARTITION BY g) AS pooled_n, sum(pool_k) OVER (PARTITION BY g) AS pooled_k
        FROM
        (
            SELECT
                g, multiIf(in_period, period_of(due_day), is_pending, period_of(assumeNotNull(accepted_on)), toDate(0)) AS period,
                countIf(in_period) AS n, countIf(in_period AND started) AS k, countIf(in_period AND assumed) AS by_assumption,
                countIf(is_pending) AS pending,
                countIf(in_pool) AS pool_n, countIf(in_pool AND started) AS pool_k
            FROM taken
            GROUP BY g, period
        )
    ),
    joined AS
    (
        SELECT
            if(c.found = 1, c.g, tuple(w.channel$others(''))) AS g, if(c.found = 1, c.period, w.period) AS period,
            c.k AS k, c.n AS n, c.by_assumption AS by_assumption, c.pending AS pending,
            max(c.pooled_n) OVER (PARTITION BY g) AS pool_n, max(c.pooled_k) OVER (PARTITION BY g) AS pool_k,
            if(w.expected = 1, w.covered, 1) AS covered,
            multiIf(covered = 0 AND c.found = 0, 'no_data', covered < 1, 'partial', n < 20, 'few', 'ok') AS status
        FROM $channel_periods(of = 'people') AS w
        FULL JOIN counted AS c ON c.channel = w.channel AND c.period = w.period
    )
SELECT
    $slices(j.g.# AS *), j.period AS period,
$share
    if(j.status = 'no_data', NULL, j.by_assumption) AS assumed,
    if(j.status = 'no_data', NULL, j.pending) AS pending,
$pooled
FROM joined AS j
WHERE j.period != toDate(0)
