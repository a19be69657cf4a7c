-- Assessments by as_of with their local `day` in the zone in use ({tz}, else the channel's). `g` holds the
-- shared dimensions and name, each empty unless `by` names it. What the case reached after {as_of} is null.
WITH
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    (at, zone) -> toDate(formatDateTime(at, '%F', zone)) AS day_in,
    (at) -> if(at <= {as_of:DateTime64(3, 'UTC')}, at, NULL) AS by_then
SELECT
    connection, source_id, case_key, case_id, person_id, kind, name, at, status, outcome, share,
    by_then(offered_at) AS offered_at, by_then(accepted_at) AS accepted_at, by_then(onboarded_at) AS onboarded_at,
    multiIf({tz:String} != '', {tz:String}, zones[toString(channel)] != '', zones[toString(channel)], 'UTC') AS zone,
    day_in(at, zone) AS day,
    day_in({as_of:DateTime64(3, 'UTC')} - toIntervalMillisecond(1), zone) AS known_on,
    (tuple($picked(toString(*))), if(has({by:Array(String)}, 'name'), name, '')) AS g
FROM inflow.assessed
WHERE at <= {as_of:DateTime64(3, 'UTC')}
  $narrowed(*)
