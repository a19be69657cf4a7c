-- id: time_to_hire
-- version: 1
-- title.en: Time to hire
-- title.zh: 招聘周期(首次接触到录用)
-- numerator: days from the first touch by which a quarter, half and three quarters of those who accept have done so (Aalen-Johansen: rejection and withdrawal compete, open applications are followed up to as_of)
-- denominator: cases first touched in the period (cases); accepted of them have accepted an offer
-- clock: the first touch: the first view, contact or resume of the case; times are whole hours, shown as days
-- exclusions: cases first touched up to the first pull of a connection that found cases as they were without being told when they got there
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, day, week, month
-- default_by: channel
-- columns: cases, accepted, open, p25, median, p75, low, high, status, covered
-- meaning.en: Days from first touch to acceptance of those who accept: median and quartiles, open applications neither dropped nor counted as failures; low and high are the 95 % interval of the median. While many are open (see open) late acceptances are still missing.
-- meaning.zh: 从首次接触到接受录用的天数(仅就最终接受者):中位数与四分位数,未决申请按删失处理;low、high 为中位数的 95 % 区间;未决者(open)多时,较晚的录用尚未计入。
WITH
    [''] AS keys,
    0 AS of_all,
    toUnixTimestamp64Milli({as_of:DateTime64(3, 'UTC')}) AS seen_to,
    touched AS
    (
        SELECT
            $slices(*), zone_key, arrayMin(arrayFilter((t, r) -> r <= 10, millis, ranks)) AS at,
            toStartOfFifteenMinutes(toDateTime(intDiv(at, 1000), 'UTC')) AS quarter,
            arrayMin(arrayConcat([9000000000000], arrayFilter((t, r) -> r = 8, millis, ranks))) AS accepted_at,
            arrayMin(arrayConcat([9000000000000], arrayFilter((t, r) -> r > 10, millis, ranks))) AS decided_at,
            multiIf(accepted_at <= decided_at AND accepted_at < 9000000000000, 1, decided_at < 9000000000000, 2, 0) AS outcome,
            intDiv(greatest(0, least(accepted_at, decided_at, seen_to) - at), 3600000) AS hours
        FROM $case_paths(late_from = {from:Date}, to = '2149-01-01')
        WHERE has(ranks, 1) AND at > known_from
    ),
    spells AS
    (
        SELECT
            $slices(t.* AS *), '' AS kind, '' AS key,
            multiIf(
                has({by:Array(String)}, 'day'), q.day, has({by:Array(String)}, 'week'), toMonday(q.day),
                has({by:Array(String)}, 'month'), toStartOfMonth(q.day), {from:Date}) AS period,
            t.outcome AS outcome, t.hours AS hours, count() AS cases
        FROM touched AS t
        INNER JOIN $local_quarters() AS q
            ON q.zone_key = t.zone_key AND q.quarter = t.quarter
        GROUP BY $slices(*), period, outcome, hours
    ),
$product_limit
$quartiles
SELECT $slices(*), period, cases, events AS accepted, open, p25, median, p75, low, high, status, covered
FROM quartiles
