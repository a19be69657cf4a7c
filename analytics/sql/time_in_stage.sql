-- id: time_in_stage
-- version: 1
-- title.en: Time in stage
-- title.zh: 阶段停留时长
-- numerator: days by which a quarter, half and three quarters have left the stage for a later one, rejection or withdrawal (Kaplan-Meier; who is still in it is followed up to as_of)
-- denominator: cases that entered the stage in the period (entries); left of them have left it
-- clock: the instant of entering the stage; times are whole hours, shown as days
-- exclusions: skipped stages, of which no time is known; who has started work; entries up to the first pull of a connection that found cases as they were without being told when they got there
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, day, week, month
-- default_by: channel
-- columns: entries, left, open, p25, median, p75, low, high, status, covered
-- keys: stage
-- meaning.en: How many days the cases that entered a stage in the period stay in it: median and quartiles, those still in it counted as long as they have been; low and high are the 95 % interval of the median, empty where it has not come yet.
-- meaning.zh: 期间进入某一阶段的申请在该阶段停留多少天:中位数与四分位数(Kaplan-Meier,仍在该阶段者按删失处理);low、high 为中位数的 95 % 区间,尚未到达者为空。
WITH
    ['viewed', 'contacted', 'applied', 'screened', 'invited', 'attended', 'offered', 'accepted'] AS names,
    range(1, 9) AS keys,
    1 AS of_all,
    toUnixTimestamp64Milli({as_of:DateTime64(3, 'UTC')}) AS seen_to,
    stays AS
    (
        SELECT
            $slices(*), zone_key, entry.1 AS rank, entry.2 AS at,
            toStartOfFifteenMinutes(toDateTime(intDiv(at, 1000), 'UTC')) AS quarter,
            arrayFilter((t, r) -> r > rank AND (r <= 10 OR t >= at), millis, ranks) AS later,
            toUInt8(notEmpty(later)) AS outcome,
            intDiv(greatest(0, if(outcome, arrayMin(later), seen_to) - at), 3600000) AS hours
        FROM $case_paths(late_from = {from:Date}, to = '2149-01-01')
        ARRAY JOIN arrayZip(ranks, millis, vague) AS entry
        WHERE entry.1 <= 8 AND entry.3 != 1 AND entry.2 > known_from
    ),
    spells AS
    (
        SELECT
            $slices(s.* AS *), '' AS kind,
            multiIf(
                has({by:Array(String)}, 'day'), q.day, has({by:Array(String)}, 'week'), toMonday(q.day),
                has({by:Array(String)}, 'month'), toStartOfMonth(q.day), {from:Date}) AS period,
            s.rank AS key, s.outcome AS outcome, s.hours AS hours, count() AS cases
        FROM stays AS s
        INNER JOIN $local_quarters() AS q
            ON q.zone_key = s.zone_key AND q.quarter = s.quarter
        GROUP BY $slices(*), period, key, outcome, hours
    ),
$product_limit
$quartiles
SELECT
    $slices(*), period, names[key] AS stage,
    cases AS entries, events AS left, open, p25, median, p75, low, high, status, covered
FROM quartiles
