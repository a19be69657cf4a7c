-- The stages that applications entered on the local days {from}..{to}, by as_of, with the report's grouping:
-- a dimension that is not in `by` is empty, and `period` is the day, week or month asked for, else {from}.
WITH
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones
SELECT
    if(has({by:Array(String)}, 'channel'), s.channel, '') AS channel,
    if(has({by:Array(String)}, 'store'), s.store, '') AS store,
    if(has({by:Array(String)}, 'department'), s.department, '') AS department,
    if(has({by:Array(String)}, 'city'), s.city, '') AS city,
    if(has({by:Array(String)}, 'recruiter'), s.recruiter, '') AS recruiter,
    multiIf(
        has({by:Array(String)}, 'day'), k.day,
        has({by:Array(String)}, 'week'), toMonday(k.day),
        has({by:Array(String)}, 'month'), toStartOfMonth(k.day),
        {from:Date}) AS period,
    s.connection AS connection,
    s.source_id AS source_id,
    s.person_id AS person_id,
    s.linkable AS linkable,
    s.stage_rank AS stage_rank,
    s.entered_at AS entered_at,
    s.precision AS precision,
    k.hour AS local_hour,
    k.day AS day
FROM
(
    SELECT *, cityHash64(multiIf({tz:String} != '', {tz:String}, zones[toString(channel)] != '', zones[toString(channel)], 'UTC')) AS zone_key
    FROM inflow.application_stages
    WHERE entered_at <= {as_of:DateTime64(3, 'UTC')}
      AND entered_at >= toDateTime64({from:Date}, 3, 'UTC') - toIntervalHour(14)
      AND entered_at < toDateTime64({to:Date}, 3, 'UTC') + toIntervalHour(38)
      AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, channel))
      AND (empty({store:Array(String)}) OR has({store:Array(String)}, store))
) AS s
INNER JOIN inflow.local_quarters_v1(from = {from:Date}, to = {to:Date}, tz = {tz:String}) AS k ON k.zone_key = s.zone_key AND k.quarter = s.quarter
