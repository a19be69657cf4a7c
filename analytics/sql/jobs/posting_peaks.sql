-- Applications of the last {days} days by channel and local hour, their time of day known.
SELECT toString(channel) AS channel, local_hour AS hour, toUInt32(count()) AS applications
FROM inflow.application_stages
WHERE stage_rank = 3 AND precision = 'exact' AND entered_at <= {as_of:DateTime64(3, 'UTC')} AND entered_at > {as_of:DateTime64(3, 'UTC')} - toIntervalDay({days:UInt16})
GROUP BY channel, hour
ORDER BY channel, hour
