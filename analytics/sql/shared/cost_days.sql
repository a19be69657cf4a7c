-- What cost per head divides, by day: cost by its days of service.
SELECT channel, store, department, requisition_source_id, job_family, requisition, day, kind, amount
FROM inflow.spend_days
