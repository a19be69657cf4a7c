-- The stages that applications entered on the local days {from}..{to}, by as_of, with the report's grouping:
-- a dimension that is not in `by` is empty, and `period` is the day, week or month asked for, else {from}.
--
-- Days and hours in the channel's own zone stand in the mart; those of another zone are reckoned from the instant.
WITH
    if({tz:String} = '', 'UTC', {tz:String}) AS zone
SELECT
    $sliced(s.*),
    multiIf(
        has({by:Array(String)}, 'day'), day,
        has({by:Array(String)}, 'week'), toMonday(day),
        has({by:Array(String)}, 'month'), toStartOfMonth(day),
        {from:Date}) AS period,
    s.connection AS connection,
    s.source_id AS source_id,
    s.person_id AS person_id,
    s.person_key AS person_key,
    s.linkable AS linkable,
    s.stage_rank AS stage_rank,
    s.entered_at AS entered_at,
    s.precision AS precision,
    if({tz:String} = '', s.local_hour, toHour(s.entered_at, zone)) AS local_hour,
    if({tz:String} = '', s.local_day, toDate(s.entered_at, zone)) AS day
FROM inflow.application_stages AS s
WHERE entered_at <= {as_of:DateTime64(3, 'UTC')}
  AND entered_at >= toDateTime64({from:Date}, 3, 'UTC') - toIntervalHour(14)
  AND entered_at < toDateTime64({to:Date}, 3, 'UTC') + toIntervalHour(38)
  AND day BETWEEN {from:Date} AND {to:Date}
  $narrowed(s.*)
