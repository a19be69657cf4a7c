-- What each channel spent and brought in each week, counted back from the last day whose spend is known; week 0 ends on it.
--
-- attended and onboarded are of the people who applied in the week (their cohort), by {as_of}: it is this week's money that brought them, and many
-- systems tell only when a stage was seen.
WITH
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    -- A contract accrues into the future; what is billed day by day says how far the ledger was told.
    (SELECT countIf(kind != 'subscription') FROM inflow.spend_days WHERE day <= {yesterday:Date}) AS billed,
    (SELECT maxIf(day, kind != 'subscription') FROM inflow.spend_days WHERE day <= {yesterday:Date}) AS told,
    if(billed = 0, {yesterday:Date}, toDate(told)) AS last,
    (at, channel) -> toDate(formatDateTime(at, '%F', if(zones[toString(channel)] != '', zones[toString(channel)], 'UTC'))) AS local_day
SELECT
    channel, toInt32(intDiv(dateDiff('day', day, last), 7)) AS week, toString(last - 7 * week) AS last_day,
    sum(cents) AS cents, sum(applied) AS applied, sum(attended) AS attended, sum(onboarded) AS onboarded
FROM
(
    SELECT toString(channel) AS channel, day, toInt64(amount * 100) AS cents,
        toUInt64(0) AS applied, toUInt64(0) AS attended, toUInt64(0) AS onboarded
    FROM inflow.spend_days
    WHERE channel != 'unallocated'
    UNION ALL
    SELECT
        toString(channel), local_day(quarter, channel), 0,
        count(), countIf(reached_6), countIf(reached_9)
    FROM
    (
        SELECT channel, quarter,
            case_key IN (
                SELECT case_key FROM inflow.application_stages WHERE stage_rank = 6 AND entered_at <= {as_of:DateTime64(3, 'UTC')}) AS reached_6,
            case_key IN (
                SELECT case_key FROM inflow.application_stages WHERE stage_rank = 9 AND entered_at <= {as_of:DateTime64(3, 'UTC')}) AS reached_9
        FROM inflow.application_stages
        WHERE stage_rank = 3 AND entered_at <= {as_of:DateTime64(3, 'UTC')}
          AND entered_at >= {as_of:DateTime64(3, 'UTC')} - toIntervalDay(500)
    )
    GROUP BY channel, quarter
)
WHERE day <= last AND day > last - 7 * {weeks:UInt16}
GROUP BY channel, week
ORDER BY channel, week
