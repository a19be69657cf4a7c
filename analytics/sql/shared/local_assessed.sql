-- Assessments by as_of with their local `day` in the zone in use ({tz}, else the channel's). `g` holds the dimensions channel, store,
-- department, city, recruiter and name, each empty unless `by` names it. What the case reached after {as_of} is null.
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
    (
        if(has({by:Array(String)}, 'channel'), toString(channel), ''), if(has({by:Array(String)}, 'store'), toString(store), ''),
        if(has({by:Array(String)}, 'department'), toString(department), ''), if(has({by:Array(String)}, 'city'), toString(city), ''),
        if(has({by:Array(String)}, 'recruiter'), toString(recruiter), ''), if(has({by:Array(String)}, 'name'), name, '')
    ) AS g
FROM inflow.assessed
WHERE at <= {as_of:DateTime64(3, 'UTC')}
  AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, channel))
  AND (empty({store:Array(String)}) OR has({store:Array(String)}, store))
