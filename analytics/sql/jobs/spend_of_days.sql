-- Cents of each channel and day of the {days} days that end on the last day whose spend is known by {yesterday}. That day stands in a row of
-- its own, of no channel.
WITH
    -- A contract accrues into the future; what is billed day by day says how far the ledger was told.
    (SELECT (countIf(kind != 'subscription'), maxIf(day, kind != 'subscription')) FROM inflow.spend_days WHERE day <= {yesterday:Date}) AS told,
    if(told.1 = 0, {yesterday:Date}, toDate(told.2)) AS last
SELECT '' AS channel, toString(last) AS day, toInt64(0) AS cents
UNION ALL
SELECT toString(channel), toString(day), sum(toInt64(amount * 100))
FROM inflow.spend_days
WHERE channel != 'unallocated' AND spend_days.day <= last AND spend_days.day > last - {days:UInt16}
GROUP BY spend_days.channel, spend_days.day
