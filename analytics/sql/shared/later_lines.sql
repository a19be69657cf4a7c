-- What became known of closed months after they were closed: rows that count in a later month, closed by now (`posted_closed`) or open.
SELECT
    channel, store, department, requisition_source_id, job_family, requisition, posted_on, from_month, toUInt8(1) AS posted_closed, kind, connection, source_id,
    amount, currency
FROM inflow_state.closed_costs
WHERE from_month < toStartOfMonth(posted_on)
  AND (month, number) IN (SELECT month, number FROM inflow_state.closings FINAL WHERE isNull(reopened_at))
UNION ALL
SELECT
    channel, store, department, requisition_source_id, job_family, requisition, posted_on, from_month, toUInt8(0), kind, connection, source_id,
    amount, currency
FROM inflow.later_costs
WHERE generation = (SELECT count() + countIf(isNotNull(reopened_at)) FROM inflow_state.closings FINAL)
