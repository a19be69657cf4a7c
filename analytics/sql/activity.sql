-- id: activity
-- version: 1
-- title.en: Activity
-- title.zh: 环节发生量
-- numerator: cases that entered the stage in the period as an event tells it (day_only: of them those whose time is known only to the day); observed and implied stand apart
-- denominator: none: events of a period are of people who came at different times and are never divided by each other
-- clock: the instant of entering the stage
-- exclusions: events that were taken back; a second event of one stage in one case; what a connection's first pull merely found as it was (observed); skipped stages that follow from a later one (implied)
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, day, week, month
-- default_by: channel
-- columns: events, day_only, observed, implied, status, covered
-- keys: stage
-- meaning.en: What happened in the period: how many cases entered each stage, whenever they came; never divided. What a first pull merely found as it was is not the day's activity and stands apart as observed.
-- meaning.zh: 期间各环节发生了多少:进入该阶段的申请数,不论何时来的,不作除法;首次拉取时仅“看到已是如此”的不算当日发生,单列为 observed。
WITH
    ['viewed', 'contacted', 'applied', 'screened', 'invited', 'attended', 'offered', 'accepted', 'onboarded', 'passed_probation'] AS names,
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 101, 102] AS ranks,
    counted AS
    (
        SELECT
            $slices(s.* AS *), s.period AS period,
            toInt64(s.stage_rank) AS stage_rank, toUInt8(1) AS found,
            countIf(s.precision IN ('exact', 'day') OR s.precision = 'observed' AND s.entered_at > l.till) AS events,
            countIf(s.precision = 'day') AS day_only,
            countIf(s.precision = 'observed' AND s.entered_at <= l.till) AS observed,
            countIf(s.precision = 'implied') AS implied
        FROM $local_stages() AS s
        LEFT JOIN $first_looks() AS l ON l.connection = s.connection
        GROUP BY $slices(*), period, stage_rank
    ),
    expected AS
    (
        SELECT channel, period, covered, expected, toInt64(stage_rank) AS stage_rank
        FROM $channel_periods(of = 'people')
        ARRAY JOIN ranks AS stage_rank
    ),
    joined AS
    (
        SELECT
            if(c.found = 1, c.channel, w.channel) AS channel$others(c.* AS *),
            if(c.found = 1, c.period, w.period) AS period, if(c.found = 1, c.stage_rank, w.stage_rank) AS stage_rank,
            c.events AS events, c.day_only AS day_only, c.observed AS observed, c.implied AS implied,
            if(w.expected = 1, w.covered, 1) AS covered,
            multiIf(covered = 0 AND c.found = 0, 'no_data', covered < 1, 'partial', 'ok') AS status
        FROM expected AS w
        FULL JOIN counted AS c ON c.channel = w.channel AND c.period = w.period AND c.stage_rank = w.stage_rank
    )
SELECT
    $slices(*), period,
    multiIf(j.stage_rank = 101, 'rejected', j.stage_rank = 102, 'withdrawn', names[j.stage_rank]) AS stage,
    if(j.status = 'no_data', NULL, j.events) AS events,
    if(j.status = 'no_data', NULL, j.day_only) AS day_only,
    if(j.status = 'no_data', NULL, j.observed) AS observed,
    if(j.status = 'no_data', NULL, j.implied) AS implied,
    j.status AS status,
    round(j.covered, 6) AS covered
FROM joined AS j
