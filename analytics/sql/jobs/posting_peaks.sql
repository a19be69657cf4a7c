-- Applications of the {days} whole days that end on {last} by channel and local hour, their time of day known.
SELECT toString(channel) AS channel, local_hour AS hour, toUInt32(count()) AS applications
FROM inflow.application_stages
WHERE stage_rank = 3 AND precision = 'exact' AND entered_at <= {as_of:DateTime64(3, 'UTC')}
  AND local_day <= {last:Date} AND local_day > {last:Date} - {days:UInt16}
GROUP BY channel, hour
ORDER BY channel, hour
