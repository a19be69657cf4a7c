-- Of each channel and local day of the channel's zone, from {from}: cases that entered the stage of rank 3 (applied) or 9 (onboarded), and
-- how many of them were ever attended (6) or onboarded. `known_at` is when the last of all stages was entered: as of an instant
-- before it the sums say too much, and channel_days_by_case.sql is asked instead.
SELECT
    toString(channel) AS channel, toString(local_day) AS day, stage_rank,
    toUInt64(sum(applications)) AS cases,
    toUInt64(sumIf(applications, bitTest(reached, 6))) AS attended,
    toUInt64(sumIf(applications, bitTest(reached, 9))) AS onboarded,
    (SELECT toUnixTimestamp64Milli(max(settled_at)) FROM inflow.stage_days) AS known_at
FROM inflow.stage_days
WHERE generation = (SELECT max(generation) FROM inflow.stage_days) AND stage_rank IN (3, 9) AND local_day >= {from:Date}
GROUP BY channel, local_day, stage_rank
HAVING cases != 0
