-- id: step_rate
-- version: 1
-- title.en: Step rate
-- title.zh: 环节通过率(到面率等)
-- numerator: of the denominator, those that had reached the later stage by their due time; of appointments, those attended (from twelve hours before on, where only the case's stage tells)
-- denominator: what was due in the period and is past by as_of. Basis scheduled (invited to attended, 到面率): interviews with an appointment, each by itself. Basis days: entries to the earlier stage whose time for the step is over: 14 days, accepted to onboarded 60, onboarded to passed_probation 183 (the longest lawful probation in China); skipped stages count as passed
-- clock: the due time: the appointment (a moved interview counts on its new date), else entry and the days of the step
-- exclusions: interviews cancelled by the company; undelivered invitations; entries up to the first pull of a connection that found cases as they were without being told when they got there; from invited to attended goes by days only where no appointment of the 90 days up to the end of the period is known
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, day, week, month
-- default_by: channel
-- columns: numerator, denominator, value, low, high, no_show, declined, untold, pooled_numerator, pooled_denominator, pooled_value, status, covered
-- keys: from_stage, to_stage, basis
-- meaning.en: Of what was due in the period, the share that had taken the step by then; interviews by their appointment (no_show: due and neither attended nor moved nor declined; untold: of them those whose source tells no outcome), other steps by 14 days after entering the stage (60 to onboarding, 183 to the end of probation); with a 95 % Wilson interval.
-- meaning.zh: 期间到期应完成该环节者中按期完成的比例:面试按约定时间(到面率;no_show 爽约=到期未到、未改期、未谢绝;untold 为其中来源未填结果者),其他环节按进入后 14 天(录用到入职 60 天、入职到转正 183 天);附 95 % Wilson 区间。
WITH
    ['viewed', 'contacted', 'applied', 'screened', 'invited', 'attended', 'offered', 'accepted', 'onboarded', 'passed_probation'] AS names,
    [14, 14, 14, 14, 14, 14, 14, 60, 183] AS due_days,
    [(1, 'days'), (2, 'days'), (3, 'days'), (4, 'days'), (5, 'days'), (5, 'scheduled'), (6, 'days'), (7, 'days'), (8, 'days'), (9, 'days')] AS keys,
    entries AS
    (
        SELECT
            $slices(*), zone_key, step.1 AS stage_rank,
            toStartOfFifteenMinutes(toDateTime(intDiv(step.2, 1000), 'UTC')) AS quarter,
            count() AS n, countIf(step.3) AS k
        FROM
        (
            SELECT
                $slices(*), zone_key,
                arrayMap(
                    (rank, at) -> (rank, at, has(ranks, rank + 1) AND millis[indexOf(ranks, rank + 1)] <= at + 86400000 * due_days[rank]),
                    arrayFilter((rank, at) -> rank <= 9 AND at > known_from, ranks, millis),
                    arrayFilter((at, rank) -> rank <= 9 AND at > known_from, millis, ranks)) AS steps
            FROM $case_paths(from = least({from:Date}, toDate({to:Date}) - 89) - 15, late_from = least({from:Date}, toDate({to:Date}) - 89) - 184)
        )
        ARRAY JOIN steps AS step
        WHERE step.2 + 86400000 * due_days[step.1] <= toUnixTimestamp64Milli({as_of:DateTime64(3, 'UTC')})
        GROUP BY $slices(*), zone_key, stage_rank, quarter
    ),
    daily AS
    (
        SELECT
            $slices(e.* AS *), '' AS kind,
            (e.stage_rank, 'days') AS key, q.day + due_days[e.stage_rank] AS day,
            sum(e.k) AS k, sum(e.n) AS n, CAST([], 'Array(UInt64)') AS parts
        FROM entries AS e
        INNER JOIN $local_quarters(from = least({from:Date}, toDate({to:Date}) - 89) - 184) AS q
            ON q.zone_key = e.zone_key AND q.quarter = e.quarter
        GROUP BY $slices(*), key, day
        UNION ALL
        SELECT
            $slices(*), '' AS kind, (toUInt8(5), 'scheduled') AS key, day,
            countIf(attended) AS k, count() AS n,
            [countIf(NOT attended AND result != 'declined'), countIf(NOT attended AND result = 'declined'), countIf(NOT attended AND NOT says)] AS parts
        FROM $local_invitations(clock = 'appointment', from = least({from:Date}, toDate({to:Date}) - 89))
        WHERE result NOT IN ('cancelled', 'undelivered') AND appointment_over <= {as_of:DateTime64(3, 'UTC')}
        GROUP BY $slices(*), day
    ),
$rated
SELECT
    $slices(*), period,
    names[key.1] AS from_stage, names[key.1 + 1] AS to_stage, key.2 AS basis,
    numerator, denominator, value, low, high,
    if(key.2 = 'scheduled', parts[1], NULL) AS no_show, if(key.2 = 'scheduled', parts[2], NULL) AS declined,
    if(key.2 = 'scheduled', parts[3], NULL) AS untold,
    pooled_numerator, pooled_denominator, pooled_value, status, covered
FROM
(
    SELECT *, max(key = (5, 'scheduled') AND (denominator > 0 OR pooled_denominator > 0)) OVER (PARTITION BY $slices(*)) AS appointed
    FROM rated
)
WHERE NOT (key = (5, 'days') AND appointed)
