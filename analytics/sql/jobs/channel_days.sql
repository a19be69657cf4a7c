-- Cases that entered the stage of rank {stage_rank} by {as_of}, by channel and local day of the channel's zone; the last {days} days.
WITH (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones
SELECT
    channel,
    toString(toDate(formatDateTime(quarter, '%F', if(zones[channel] != '', zones[channel], 'UTC')))) AS day,
    sum(cases) AS cases
FROM
(
    -- Zones differ by whole quarters, so that only these are put on the calendar.
    SELECT toString(channel) AS channel, quarter, toUInt32(count()) AS cases
    FROM inflow.application_stages
    WHERE stage_rank = {stage_rank:UInt8} AND entered_at <= {as_of:DateTime64(3, 'UTC')}
      AND entered_at >= {as_of:DateTime64(3, 'UTC')} - toIntervalDay({days:UInt32})
    GROUP BY channel, quarter
)
GROUP BY channel, day
ORDER BY channel, day
