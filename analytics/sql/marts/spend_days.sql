-- What each service day of each ledger line cost, in the base currency: the lines of the journal that touch cost.
SELECT
    j.channel, j.store, j.department, j.requisition_source_id,
    ($opening(j.connection, q.told) AS opening).3 AS job_family, opening.2 AS requisition,
    j.day AS day, j.kind, j.connection AS connection, j.source_id AS source_id,
    CAST(if(j.debit = 'cost', j.amount, -j.amount), 'Decimal(18, 2)') AS amount,
    $base AS currency
FROM inflow.journal AS j
LEFT JOIN inflow.requisition_jobs AS q ON q.source_id = j.requisition_source_id
WHERE j.debit = 'cost' OR j.credit = 'cost'
