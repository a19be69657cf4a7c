-- id: recruiter
-- version: 1
-- title.en: Recruiters' work
-- title.zh: 招聘人员工作量
-- numerator: cases that entered contacted, applied (resumes), invited, attended and onboarded in the period, by the recruiter code of the case; first_reply is the median of hours from a resume to the first later stage or rejection (Kaplan-Meier; who waits is followed up to as_of, who withdraws up to then)
-- denominator: none: these are of people who came at different times, and recruiters differ in jobs and channels, so they are not ranked; waiting of the resumes have had no reply
-- clock: the instant of entering each stage, skipped stages included at the later instant; first_reply by the instant of the resume
-- exclusions: of first_reply: resumes and replies whose time is known only to the day, and resumes up to the first pull of a connection that found cases as they were
-- dimensions: recruiter, channel, store, department, city, job_family, requisition, posting_cluster, day, week, month
-- default_by: recruiter
-- columns: contacted, resumes, invited, attended, onboarded, first_reply, low, high, timed, waiting, status, covered
-- meaning.en: What each recruiter (a code, no name) handled in the period, and how many hours half of the resumes waited for a first reply; low and high are the 95 % interval of that median. Not a ranking.
-- meaning.zh: 期间各招聘人员(代码,非姓名)经手的联系、简历、邀约、到面、入职数,以及简历首次得到处理的中位小时数(附 95 % 区间);不作排名。
WITH
    [''] AS keys,
    1 AS of_all,
    toUnixTimestamp64Milli({as_of:DateTime64(3, 'UTC')}) AS seen_to,
    resumes AS
    (
        SELECT
            $slices(*), zone_key, millis[indexOf(ranks, 3)] AS at,
            toStartOfFifteenMinutes(toDateTime(intDiv(at, 1000), 'UTC')) AS quarter,
            arraySort(arrayFilter(e -> (e.3 > 3 AND e.3 <= 101 OR e.3 = 102 AND e.1 >= at), arrayZip(millis, vague, ranks))) AS later,
            -- A day is no hour.
            empty(later) OR later[1].2 != 2 AS timed,
            toUInt8(notEmpty(later) AND later[1].3 != 102) AS outcome,
            intDiv(greatest(0, if(notEmpty(later), later[1].1, seen_to) - at), 3600000) AS hours
        FROM $case_paths(late_from = {from:Date}, to = '2149-01-01')
        WHERE has(ranks, 3) AND vague[indexOf(ranks, 3)] = 0 AND at > known_from AND timed
    ),
    handled AS
    (
        SELECT
            $slices(*), period, toUInt8(1) AS found,
            countIf(stage_rank = 2) AS contacted, countIf(stage_rank = 3) AS resumes, countIf(stage_rank = 5) AS invited,
            countIf(stage_rank = 6) AS attended, countIf(stage_rank = 9) AS onboarded
        FROM $local_stages()
        GROUP BY $slices(*), period
    ),
    spells AS
    (
        SELECT
            $slices(r.* AS *), '' AS kind, '' AS key,
            multiIf(
                has({by:Array(String)}, 'day'), q.day, has({by:Array(String)}, 'week'), toMonday(q.day),
                has({by:Array(String)}, 'month'), toStartOfMonth(q.day), {from:Date}) AS period,
            r.outcome AS outcome, r.hours AS hours, count() AS cases
        FROM resumes AS r
        INNER JOIN $local_quarters() AS q
            ON q.zone_key = r.zone_key AND q.quarter = r.quarter
        GROUP BY $slices(*), period, outcome, hours
        UNION ALL
        -- Who handled others, and no resume of the period.
        SELECT $slices(*), '', '', period, 0, 0, 0
        FROM handled
    ),
$product_limit
$quartiles
SELECT
    $slices(t.* AS *), t.period AS period,
    if(t.status = 'no_data' AND h.found = 1, 'partial', t.status) AS status,
    if(status = 'no_data', NULL, h.contacted) AS contacted, if(status = 'no_data', NULL, h.resumes) AS resumes,
    if(status = 'no_data', NULL, h.invited) AS invited, if(status = 'no_data', NULL, h.attended) AS attended,
    if(status = 'no_data', NULL, h.onboarded) AS onboarded,
    round(t.median * 24) AS first_reply, round(t.low * 24) AS low, round(t.high * 24) AS high,
    t.cases AS timed, t.open AS waiting, t.covered AS covered
FROM quartiles AS t
LEFT JOIN handled AS h
    ON $alike(h.* = t.*) AND h.period = t.period
