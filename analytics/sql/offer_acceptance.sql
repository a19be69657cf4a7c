-- id: offer_acceptance
-- version: 1
-- title.en: Offer acceptance
-- title.zh: 录用接受率
-- numerator: offers accepted by as_of
-- denominator: offers of the period that are resolved by as_of: accepted, withdrawn by the candidate or ended by the company; pending are the others
-- clock: the instant of the offer
-- exclusions: offers that nobody told of and that only a later stage implies (implied): they are accepted by construction; offers up to the first pull of a connection that found cases as they were without being told when they got there
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, day, week, month
-- default_by: channel
-- columns: numerator, denominator, value, low, high, withdrawn, rejected, pending, implied, pooled_numerator, pooled_denominator, pooled_value, status, covered
-- meaning.en: Of the offers made in the period and resolved since, the share accepted; pending ones are shown and not counted; with a 95 % Wilson interval.
-- meaning.zh: 期间发出且已有结果的录用通知中,被接受的比例;待定者单列(pending),不计入分母;附 95 % Wilson 区间。
WITH
    [''] AS keys,
    offers AS
    (
        SELECT
            $slices(*), zone_key,
            toStartOfFifteenMinutes(toDateTime(intDiv(offered_at, 1000), 'UTC')) AS quarter,
            countIf(outcome = 'accepted') AS k, countIf(outcome NOT IN ('pending', 'implied')) AS n,
            [countIf(outcome = 'withdrawn'), countIf(outcome = 'rejected'), countIf(outcome = 'pending'), countIf(outcome = 'implied')] AS parts
        FROM
        (
            SELECT
                $slices(*), zone_key, known_from, indexOf(ranks, 7) AS place, millis[place] AS offered_at,
                multiIf(
                    vague[place] = 1, 'implied', has(ranks, 8), 'accepted', has(ranks, 102), 'withdrawn', has(ranks, 101), 'rejected',
                    'pending') AS outcome
            FROM $case_paths(from = '2149-01-01', late_from = least({from:Date}, toDate({to:Date}) - 89), to = '2149-01-01')
            WHERE has(ranks, 7)
        )
        WHERE offered_at > known_from
        GROUP BY $slices(*), zone_key, quarter
    ),
    daily AS
    (
        SELECT
            $slices(o.* AS *), '' AS kind, '' AS key,
            q.day AS day, sum(o.k) AS k, sum(o.n) AS n, sumForEach(o.parts) AS parts
        FROM offers AS o
        INNER JOIN $local_quarters(from = least({from:Date}, toDate({to:Date}) - 89)) AS q
            ON q.zone_key = o.zone_key AND q.quarter = o.quarter
        GROUP BY $slices(*), day
    ),
$rated
SELECT
    $slices(*), period, numerator, denominator, value, low, high,
    parts[1] AS withdrawn, parts[2] AS rejected, parts[3] AS pending, parts[4] AS implied,
    pooled_numerator, pooled_denominator, pooled_value, status, covered
FROM rated
