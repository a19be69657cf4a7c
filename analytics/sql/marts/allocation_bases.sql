-- People by month, as allocations count them: only what some rule asks for. Months of the head-count go on to the last service day of the ledger, or of a
-- contract: who is known to be employed then.
WITH
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    (at, zone) -> toDate(formatDateTime(at, '%F', zone)) AS day_in,
    $bases AS bases,
    greatest(toDate('$last'), (SELECT max(service_to) FROM inflow.spend), (SELECT max(local_day) FROM inflow.application_stages)) AS last_day,
    hired AS
    (
        SELECT
            toString(h.official_source) AS channel, toString(h.store) AS store, toString(h.department) AS department,
            if(h.requisition = '', '', substring(h.requisition, position(h.requisition, '/') + 1)) AS requisition_source_id,
            assumeNotNull(coalesce(h.onboard_on, day_in(h.onboarded_at, if(zones[toString(h.channel)] != '', zones[toString(h.channel)], $company_zone)))) AS started,
            -- Nobody knows when some left, so nobody knows for which months they count.
            if(h.has_left = 1 AND isNull(h.left_on), started - 1, coalesce(h.left_on, toDate('2149-06-06'))) AS last_on
        FROM inflow.hires AS h
        WHERE hasAny(bases, ['headcount', 'hires']) AND h.not_started = 0 AND (isNotNull(h.onboard_on) OR isNotNull(h.onboarded_at))
    )
SELECT 'headcount' AS basis, month, channel, store, department, requisition_source_id, count() AS people
FROM
(
    SELECT *, arrayJoin(arrayMap(i -> addMonths(toStartOfMonth(started), i), range(toUInt64(greatest(0, dateDiff('month', started, least(last_on, last_day)) + 1))))) AS month
    FROM hired
    WHERE has(bases, 'headcount')
)
WHERE last_on >= toLastDayOfMonth(month)
GROUP BY month, channel, store, department, requisition_source_id
UNION ALL
SELECT 'hires', toStartOfMonth(started), channel, store, department, requisition_source_id, count()
FROM hired
WHERE has(bases, 'hires')
GROUP BY toStartOfMonth(started), channel, store, department, requisition_source_id
UNION ALL
SELECT 'applications', toStartOfMonth(local_day), toString(channel), toString(store), toString(department), requisition_source_id, count()
FROM inflow.application_stages
WHERE has(bases, 'applications') AND stage_rank = 3
GROUP BY toStartOfMonth(local_day), channel, store, department, requisition_source_id
