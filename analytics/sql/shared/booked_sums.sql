-- The same as `booked_costs`, added up by all that a report of cost looks at. Of how many lines rows of now are, `lines` and `spread` say (marts/cost_sums.sql).
SELECT
    channel, store, department, job_family, requisition, day, kind, amount,
    if(day > (SELECT max(to_day) FROM inflow_state.closings FINAL WHERE isNull(reopened_at)), amount, CAST(0, 'Decimal(18, 2)')) AS booked,
    lines, spread
FROM inflow.cost_sums
WHERE day BETWEEN {from:Date} AND {to:Date}
UNION ALL
SELECT
    channel, store, department, job_family, requisition, posted_on, kind,
    CAST(0, 'Decimal(18, 2)'), CAST(sum(amount), 'Decimal(18, 2)'), toUInt64(0), CAST([], 'Array(UInt128)')
FROM inflow_state.closed_costs
WHERE posted_on BETWEEN {from:Date} AND {to:Date}
  AND (month, number) IN (SELECT month, number FROM inflow_state.closings FINAL WHERE isNull(reopened_at))
GROUP BY channel, store, department, job_family, requisition, posted_on, kind
UNION ALL
SELECT
    channel, store, department, job_family, requisition, posted_on, kind,
    CAST(0, 'Decimal(18, 2)'), amount, toUInt64(0), CAST([], 'Array(UInt128)')
FROM inflow.later_costs
WHERE posted_on BETWEEN {from:Date} AND {to:Date}
  AND generation = (SELECT count() + countIf(isNotNull(reopened_at)) FROM inflow_state.closings FINAL)
