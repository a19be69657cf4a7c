-- The journal, added up by all that a report of it looks at.
SELECT
    day, debit, credit, kind, channel, store, department, toUInt8(connection = 'channels.toml') AS contract, sum(amount) AS amount
FROM inflow.journal
GROUP BY day, debit, credit, kind, channel, store, department, contract
