-- What a closing freezes: the costs of its days, and the later changes that count in its month.
SELECT
    {month:Date} AS month, {number:UInt32} AS number, day AS posted_on, toStartOfMonth(day) AS from_month,
    channel, store, department, requisition_source_id, job_family, requisition, kind, connection, source_id, amount, currency
FROM inflow.spend_days
WHERE day BETWEEN {from:Date} AND {to:Date}
UNION ALL
SELECT
    {month:Date}, {number:UInt32}, posted_on, from_month,
    channel, store, department, requisition_source_id, job_family, requisition, kind, connection, source_id, amount, currency
FROM inflow.later_costs
WHERE posted_on BETWEEN {from:Date} AND {to:Date} AND generation = {generation:UInt64}
