-- What cost per head divides, by day: money by its booking days, tax included.
SELECT
    j.channel AS channel, j.store AS store, j.department AS department, j.requisition_source_id AS requisition_source_id,
    ($opening(j.connection, q.told) AS opening).3 AS job_family, opening.2 AS requisition, j.day AS day, j.kind AS kind,
    CAST(if(j.credit = 'bank', j.amount, -j.amount), 'Decimal(18, 2)') AS amount
FROM inflow.journal AS j
LEFT JOIN inflow.requisition_jobs AS q ON q.source_id = j.requisition_source_id
WHERE j.credit = 'bank' OR j.debit = 'bank'
