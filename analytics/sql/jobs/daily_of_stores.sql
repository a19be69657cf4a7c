-- Cases that entered applied, by channel, store and local day of the channel's zone, from {from}; see channel_days.sql.
SELECT toString(channel) AS channel, toString(store) AS store, local_day AS day, toUInt32(sum(applications)) AS cases
FROM inflow.stage_days
WHERE generation = (SELECT max(generation) FROM inflow.stage_days) AND stage_rank = 3 AND local_day >= {from:Date}
GROUP BY channel, store, local_day
HAVING sum(applications) > 0
