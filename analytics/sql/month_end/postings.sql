-- The journal of a month with the invoice of each ledger line, for vouchers.
SELECT
    toInt32(toRelativeDayNum(j.day)) AS day, toString(j.debit) AS debit, toString(j.credit) AS credit, toInt64(j.amount * 100) AS cents, toString(j.kind) AS kind,
    toString(j.channel) AS channel, toString(j.store) AS store, toString(j.department) AS department, toString(j.project) AS project,
    toString(j.connection) AS connection, j.source_id AS source_id, j.document AS document, s.invoice_number AS invoice
FROM inflow.journal AS j
LEFT JOIN
(
    SELECT toString(connection) AS connection, source_id, invoice_number FROM inflow.spend FINAL WHERE deleted = 0
) AS s ON s.connection = toString(j.connection) AND s.source_id = j.source_id
WHERE j.day BETWEEN {from:Date} AND settled_to(j.channel)
ORDER BY day, channel, connection, source_id, debit, credit, amount
