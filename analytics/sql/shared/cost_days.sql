-- What cost per head divides, by day: cost by its days of service, or money by its booking days, tax included, as finance.toml says. The other is not read.
SELECT channel, store, department, job_family, requisition, day, kind, amount
FROM inflow.cost_sums
WHERE (SELECT any(basis) FROM inflow.cost_basis) != 'cash'
UNION ALL
SELECT
    j.channel, j.store, j.department,
    (if(length(q.told) = 1, q.told[1], arrayFirst(o -> o.1 = j.connection, q.told)) AS opening).3, opening.2,
    j.day, j.kind, CAST(if(j.credit = 'bank', j.amount, -j.amount), 'Decimal(18, 2)')
FROM inflow.journal AS j
LEFT JOIN inflow.requisition_jobs AS q ON q.source_id = j.requisition_source_id
WHERE (j.credit = 'bank' OR j.debit = 'bank') AND (SELECT any(basis) FROM inflow.cost_basis) = 'cash'
