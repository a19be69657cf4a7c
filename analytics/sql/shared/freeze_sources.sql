-- What a closing freezes of official sources: those of who started work on its days, by the case and by the first row of employment.
WITH
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    (at, zone) -> toDate(formatDateTime(at, '%F', zone)) AS day_in
SELECT
    {month:Date} AS month, {number:UInt32} AS number, sipHash64(name) AS hire, spell, official_source, official_basis, official_reason
FROM inflow.hires
ARRAY JOIN arrayFilter(n -> n != '', [if(connection = '', '', concat(toString(connection), '/', source_id)), rows[1]]) AS name
WHERE official_source != '' AND not_started = 0
  AND coalesce(onboard_on, day_in(onboarded_at, if(zones[toString(channel)] != '', zones[toString(channel)], 'UTC'))) BETWEEN {from:Date} AND {to:Date}
