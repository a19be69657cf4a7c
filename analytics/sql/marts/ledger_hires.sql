-- The hires of some channels by their official source, for the rules of bonuses and fees. Who never came is none; what is told of as employment knows the
-- days better than the case.
WITH
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    (at, zone) -> toDate(formatDateTime(at, '%F', zone)) AS day_in,
    if(zones[toString(h.channel)] != '', zones[toString(h.channel)], $company_zone) AS zone
SELECT
    concat(if(h.connection != '', concat(toString(h.connection), '/', h.source_id), h.rows[1]), if(h.spell > 1, concat('#', toString(h.spell)), '')) AS hire,
    -- With their connection and without it.
    arraySort(arrayDistinct(arrayFilter(n -> n != '',
        arrayConcat([h.source_id, if(h.connection = '', '', concat(toString(h.connection), '/', h.source_id))], h.rows,
            arrayMap(r -> substring(r, position(r, '/') + 1), h.rows))))) AS names,
    toString(h.official_source) AS channel, h.store, h.department,
    if(h.requisition = '', '', substring(h.requisition, position(h.requisition, '/') + 1)) AS requisition_source_id,
    h.job_family,
    assumeNotNull(coalesce(h.onboard_on, day_in(h.onboarded_at, zone))) AS started,
    coalesce(h.passed_on, day_in(h.passed_at, zone)) AS passed,
    h.probation_until, h.left_on, toUInt8(h.has_left = 1 AND isNull(h.left_on)) AS left_unknown
FROM inflow.hires AS h
WHERE has($channels, toString(h.official_source)) AND h.not_started = 0 AND isNotNull(coalesce(h.onboard_on, day_in(h.onboarded_at, zone)))
