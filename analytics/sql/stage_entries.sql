-- id: stage_entries
-- version: 1
-- title.en: Who is behind a figure
-- title.zh: 明细下钻
-- numerator: cases that entered the stage in the period: one row each, by the connection and id of the application that stands for the case (application)
-- denominator: none; as many rows of a stage as volume, conversion, cost per resume and activity count for the same period and filters
-- clock: the instant of entering the stage (entered_at, UTC)
-- exclusions: none; ids and codes only, never a name, phone or mail: look an id up in the system that gave it
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, day, week, month
-- default_by: channel, day
-- keys: stage, application
-- columns: entered_at, precision, status, covered
-- meaning.en: The applications behind the figures of a period, stage by stage, as ids; with by none and the filters of the figure, its list.
-- meaning.zh: 期间各阶段数字背后的申请清单(仅编号,不含姓名等身份信息);分组与筛选条件同被下钻的数字。
SELECT
    $slices(s.* AS *), s.period AS period,
    transform(
        s.stage_rank, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 101, 102],
        ['viewed', 'contacted', 'applied', 'screened', 'invited', 'attended', 'offered', 'accepted', 'onboarded', 'passed_probation', 'rejected', 'withdrawn'],
        '') AS stage,
    concat(s.connection, '/', s.source_id) AS application,
    formatDateTime(s.entered_at, '%FT%TZ', 'UTC') AS entered_at,
    toString(s.precision) AS precision,
    if(w.expected = 1 AND w.covered < 1, 'partial', 'ok') AS status,
    if(w.expected = 1, round(w.covered, 6), 1) AS covered
FROM $local_stages() AS s
LEFT JOIN $channel_periods(of = 'people') AS w
    ON w.channel = s.channel AND w.period = s.period
