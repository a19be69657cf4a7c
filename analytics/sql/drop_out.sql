-- id: drop_out
-- version: 1
-- title.en: Drop-out
-- title.zh: 流失率
-- numerator: of the denominator, those that within 14 days of entering the stage withdrew before they went on (withdrawn), or of whom nothing was heard (silent)
-- denominator: cases that entered the stage in the period and whose 14 days are over by as_of; moved_on and rejected are the others; young are those whose days are not over, and do not count
-- clock: the instant of entering the stage
-- exclusions: who has started work; entries up to the first pull of a connection that found cases as they were without being told when they got there
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, day, week, month
-- default_by: channel
-- columns: numerator, denominator, value, low, high, withdrawn, silent, rejected, moved_on, young, pooled_numerator, pooled_denominator, pooled_value, status, covered
-- keys: stage
-- meaning.en: Of the cases that entered a stage in the period, the share that withdrew or fell silent (no event in 14 days); rejected ones stand apart; with a 95 % Wilson interval.
-- meaning.zh: 期间进入某一阶段的申请中,14 天内主动退出(withdrawn)或毫无动静(silent)的比例;被拒者单列;附 95 % Wilson 区间。
WITH
    ['viewed', 'contacted', 'applied', 'screened', 'invited', 'attended', 'offered', 'accepted'] AS names,
    range(1, 9) AS keys,
    14 * 86400000 AS horizon,
    entries AS
    (
        SELECT
            $slices(*), zone_key, entry.1 AS stage_rank,
            toStartOfFifteenMinutes(toDateTime(intDiv(entry.2, 1000), 'UTC')) AS quarter,
            countIf(entry.3 = 'withdrawn') AS withdrawn, countIf(entry.3 = 'silent') AS silent, countIf(entry.3 = 'rejected') AS rejected,
            countIf(entry.3 = 'moved_on') AS moved_on, countIf(entry.3 = 'young') AS young
        FROM
        (
            SELECT
                $slices(*), zone_key,
                arrayMap(
                    (rank, at) -> (rank, at, multiIf(
                        at + horizon > toUnixTimestamp64Milli({as_of:DateTime64(3, 'UTC')}), 'young',
                        arrayExists((r, t) -> r > rank AND r <= 10 AND t <= at + horizon, ranks, millis), 'moved_on',
                        has(ranks, 102) AND millis[indexOf(ranks, 102)] BETWEEN at AND at + horizon, 'withdrawn',
                        has(ranks, 101) AND millis[indexOf(ranks, 101)] BETWEEN at AND at + horizon, 'rejected',
                        'silent')),
                    arrayFilter((rank, at) -> rank <= 8 AND at > known_from, ranks, millis),
                    arrayFilter((at, rank) -> rank <= 8 AND at > known_from, millis, ranks)) AS entered
            FROM $case_paths(from = least({from:Date}, toDate({to:Date}) - 89), late_from = least({from:Date}, toDate({to:Date}) - 89), to = toDate({to:Date}) + 15)
        )
        ARRAY JOIN entered AS entry
        GROUP BY $slices(*), zone_key, stage_rank, quarter
    ),
    daily AS
    (
        SELECT
            $slices(e.* AS *), '' AS kind,
            e.stage_rank AS key, q.day AS day, sum(e.withdrawn + e.silent) AS k, sum(e.withdrawn + e.silent + e.rejected + e.moved_on) AS n,
            [sum(e.withdrawn), sum(e.silent), sum(e.rejected), sum(e.moved_on), sum(e.young)] AS parts
        FROM entries AS e
        INNER JOIN $local_quarters(from = least({from:Date}, toDate({to:Date}) - 89)) AS q
            ON q.zone_key = e.zone_key AND q.quarter = e.quarter
        GROUP BY $slices(*), key, day
    ),
$rated
SELECT
    $slices(*), period, names[key] AS stage, numerator, denominator, value, low, high,
    parts[1] AS withdrawn, parts[2] AS silent, parts[3] AS rejected, parts[4] AS moved_on, parts[5] AS young,
    pooled_numerator, pooled_denominator, pooled_value, status, covered
FROM rated
