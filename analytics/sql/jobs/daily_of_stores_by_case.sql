-- What daily_of_stores.sql says, as of {as_of}, from the cases themselves.
SELECT toString(channel) AS channel, toString(store) AS store, local_day AS day, toUInt32(count()) AS cases
FROM inflow.application_stages
WHERE stage_rank = 3 AND entered_at <= {as_of:DateTime64(3, 'UTC')} AND local_day >= {from:Date}
GROUP BY channel, store, local_day
