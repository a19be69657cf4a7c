-- What service days cost now (`amount`), and what counts in the books (`booked`): closed months as they were frozen, by service day; what
-- changed in them since on the first day of the month that was open then; days of open months as they are now. The two are equal in
-- total, always. `from_month` is the month of the service days. The view `booked_costs` is made of it; reports read its sums (`booked_sums`).
SELECT
    channel, store, department, requisition_source_id, job_family, requisition, day, toStartOfMonth(day) AS from_month, kind, connection, source_id, currency,
    amount,
    if(day > (SELECT max(to_day) FROM inflow_state.closings FINAL WHERE isNull(reopened_at)), amount, CAST(0, 'Decimal(18, 2)')) AS booked
FROM inflow.spend_days
WHERE day BETWEEN {from:Date} AND {to:Date}
UNION ALL
SELECT
    channel, store, department, requisition_source_id, job_family, requisition, posted_on, from_month, kind, connection, source_id, currency,
    CAST(0, 'Decimal(18, 2)'), amount
FROM inflow_state.closed_costs
WHERE posted_on BETWEEN {from:Date} AND {to:Date}
  AND (month, number) IN (SELECT month, number FROM inflow_state.closings FINAL WHERE isNull(reopened_at))
UNION ALL
SELECT
    channel, store, department, requisition_source_id, job_family, requisition, posted_on, from_month, kind, connection, source_id, currency,
    CAST(0, 'Decimal(18, 2)'), amount
FROM inflow.later_costs
WHERE posted_on BETWEEN {from:Date} AND {to:Date}
  AND generation = (SELECT count() + countIf(isNotNull(reopened_at)) FROM inflow_state.closings FINAL)
