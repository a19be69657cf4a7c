-- What lines cost (`spend_days`), added up by all that a report of cost looks at: some ten thousand rows where lines are millions. Of how many lines the
-- cost is cannot be added up, since one may cost on many days: `lines` counts those that stand in one row alone, `spread` holds
-- the others by a hash of 128 bits, as the engine counts distinct texts itself.
SELECT
    day, channel, store, department, job_family, requisition, kind, sum(amount) AS amount,
    countIf(NOT apart) AS lines, arraySort(groupUniqArrayIf(line, apart)) AS spread
FROM
(
    SELECT
        day, channel, store, department, job_family, requisition, kind, amount,
        reinterpretAsUInt128(sipHash128(connection, source_id)) AS line,
        line IN (SELECT reinterpretAsUInt128(sipHash128(connection, source_id)) AS one FROM inflow.spend_days GROUP BY one HAVING count() > 1) AS apart
    FROM inflow.spend_days
)
GROUP BY day, channel, store, department, job_family, requisition, kind
