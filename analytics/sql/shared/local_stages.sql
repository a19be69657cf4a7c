-- The stages that applications entered on the local days {from}..{to}, by as_of, with the report's grouping:
-- a dimension that is not in `by` is empty, and `period` is the day, week or month asked for, else {from}.
WITH
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones
SELECT
    if(has({by:Array(String)}, 'channel'), toString(s.channel), '') AS channel,
    if(has({by:Array(String)}, 'store'), toString(s.store), '') AS store,
    if(has({by:Array(String)}, 'department'), toString(s.department), '') AS department,
    if(has({by:Array(String)}, 'city'), toString(s.city), '') AS city,
    if(has({by:Array(String)}, 'recruiter'), toString(s.recruiter), '') AS recruiter,
    multiIf(
        has({by:Array(String)}, 'day'), s.day,
        has({by:Array(String)}, 'week'), toMonday(s.day),
        has({by:Array(String)}, 'month'), toStartOfMonth(s.day),
        {from:Date}) AS period,
    s.connection AS connection,
    s.source_id AS source_id,
    s.person_id AS person_id,
    s.linkable AS linkable,
    s.stage_rank AS stage_rank,
    s.entered_at AS entered_at,
    s.precision AS precision,
    s.local_hour AS local_hour,
    s.day AS day
FROM
(
    SELECT
        *,
        multiIf({tz:String} != '', {tz:String}, zones[toString(channel)] != '', zones[toString(channel)], 'UTC') AS zone,
        toDate(formatDateTime(entered_at, '%F', zone)) AS day,
        toUInt8(formatDateTime(entered_at, '%H', zone)) AS local_hour
    FROM inflow.application_stages
    WHERE entered_at <= {as_of:DateTime64(3, 'UTC')}
      AND entered_at >= toDateTime64({from:Date}, 3, 'UTC') - toIntervalHour(14)
      AND entered_at < toDateTime64({to:Date}, 3, 'UTC') + toIntervalHour(38)
      AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, channel))
      AND (empty({store:Array(String)}) OR has({store:Array(String)}, store))
) AS s
WHERE s.day BETWEEN {from:Date} AND {to:Date}
