-- What closed months would hold now less what was frozen for them, by ledger line and all that it is reported by. The closings
-- that it stands on are written in, since it is made for those there will be before they are noted (src/closing).
SELECT
    toUInt64($generation) AS generation, toDate('$open_day') AS posted_on, from_month,
    channel, store, department, requisition_source_id, job_family, requisition, kind, connection, source_id,
    CAST(sum(part), 'Decimal(18, 2)') AS changed, currency
FROM
(
    SELECT
        channel, store, department, requisition_source_id, job_family, requisition, kind, connection, source_id, currency, toStartOfMonth(day) AS from_month,
        amount AS part
    FROM inflow.spend_days
    WHERE day < toDate('$open_day')
    UNION ALL
    SELECT channel, store, department, requisition_source_id, job_family, requisition, kind, connection, source_id, currency, from_month, -amount
    FROM inflow_state.closed_costs
    WHERE (month, number) IN ($in_force)
)
GROUP BY from_month, channel, store, department, requisition_source_id, job_family, requisition, kind, connection, source_id, currency
HAVING changed != 0
