-- One row for each case that entered a stage on the local days {from}..{to} (stages from offered on: {late_from}..{to}), by as_of: the
-- stages that it entered then, as arrays in one order (vague: 1 implied, 2 known to the day), and the report's grouping.
--
-- `known_from` is until when the case's connection had only looked (see first_looks): what was entered before is left out by whoever asks
-- when a step was taken.
WITH
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    toDateTime64({to:Date}, 3, 'UTC') + toIntervalHour(38) AS latest,
    gathered AS
    (
        SELECT
            case_key, any(s.connection) AS connection, $needed(any(s.*) AS in_*),
            -- In one number each: tuples are gathered at a third of the speed.
            groupArray(toUnixTimestamp64Milli(s.entered_at) * 1024 + 4 * s.stage_rank + multiIf(s.precision = 'implied', 1, s.precision = 'day', 2, 0)) AS steps
        FROM inflow.application_stages AS s
        WHERE s.entered_at <= {as_of:DateTime64(3, 'UTC')} AND s.entered_at < latest
          AND (s.stage_rank >= 7 OR s.entered_at >= toDateTime64({from:Date}, 3, 'UTC') - toIntervalHour(14))
          AND (s.stage_rank < 7 OR s.entered_at >= toDateTime64({late_from:Date}, 3, 'UTC') - toIntervalHour(14))
          $narrowed(s.*)
        GROUP BY case_key
    )
SELECT
    $sliced(toString(in_*)),
    cityHash64(multiIf({tz:String} != '', {tz:String}, zones[toString(in_channel)] != '', zones[toString(in_channel)], 'UTC')) AS zone_key,
    g.case_key AS case_key,
    arrayMap(step -> toUInt8(bitAnd(bitShiftRight(step, 2), 255)), g.steps) AS ranks,
    arrayMap(step -> bitShiftRight(step, 10), g.steps) AS millis,
    arrayMap(step -> toUInt8(bitAnd(step, 3)), g.steps) AS vague,
    toUnixTimestamp64Milli(l.till) AS known_from
FROM gathered AS g
LEFT JOIN $first_looks() AS l ON l.connection = g.connection
