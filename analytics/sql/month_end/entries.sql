-- Ledger lines of a month: what was accrued of each by service day, what of it moved money of the bank by booking day, and every line that
-- was booked in the month though it did neither. A line that a rule gave to several channels, stores or departments has a row for each.
SELECT
    m.channel AS channel, m.store AS store, m.department AS department, m.kind AS kind, m.connection AS connection, m.source_id AS source_id,
    m.accrued AS accrued, m.cash AS cash,
    s.account AS account, s.document AS document, s.booked_on AS booked_on, s.service_from AS service_from, s.service_to AS service_to,
    s.units AS units, s.gross AS gross, s.tax AS tax, s.net AS net, s.currency AS currency,
    s.invoice_type AS invoice_type, s.invoice_number AS invoice_number, s.invoice_date AS invoice_date, s.payer AS payer, s.project AS project
FROM
(
    SELECT
        connection, source_id, channel, store, department, kind,
        CAST(sum(accrued), 'Decimal(18, 2)') AS accrued, CAST(sum(cash), 'Decimal(18, 2)') AS cash
    FROM
    (
        SELECT
            toString(connection) AS connection, source_id, toString(channel) AS channel, toString(store) AS store,
            toString(department) AS department, toString(kind) AS kind, amount AS accrued, toDecimal64(0, 2) AS cash
        FROM inflow.spend_days AS d
        WHERE d.day BETWEEN {from:Date} AND settled_to(d.channel)
        UNION ALL
        SELECT
            toString(connection), source_id, toString(channel), toString(store), toString(department), toString(kind),
            toDecimal64(0, 2), if(credit = 'bank', amount, -amount)
        FROM inflow.journal AS j
        WHERE (credit = 'bank') != (debit = 'bank') AND j.day BETWEEN {from:Date} AND settled_to(j.channel)
        UNION ALL
        -- What did neither, such as units that a board gives.
        SELECT
            toString(connection), source_id, if(channel = '', 'unallocated', toString(channel)), toString(store), toString(department),
            toString(kind), toDecimal64(0, 2), toDecimal64(0, 2)
        FROM inflow.spend FINAL
        WHERE deleted = 0 AND booked_on BETWEEN {from:Date} AND settled_to(channel)
          AND (connection, source_id) NOT IN (SELECT connection, source_id FROM inflow.spend_days WHERE day BETWEEN {from:Date} AND {to:Date})
          AND (connection, source_id) NOT IN
              (SELECT connection, source_id FROM inflow.journal WHERE 'bank' IN (debit, credit) AND day BETWEEN {from:Date} AND {to:Date})
    )
    GROUP BY connection, source_id, channel, store, department, kind
) AS m
LEFT JOIN
(
    SELECT
        toString(connection) AS connection, source_id, toNullable(account) AS account, document, toNullable(booked_on) AS booked_on,
        toNullable(service_from) AS service_from, toNullable(service_to) AS service_to, units, toNullable(gross) AS gross, tax,
        toNullable(net) AS net, toString(currency) AS currency, toString(invoice_type) AS invoice_type, invoice_number, invoice_date, payer,
        toString(project) AS project
    FROM inflow.spend FINAL
    WHERE deleted = 0
) AS s ON s.connection = m.connection AND s.source_id = m.source_id
ORDER BY channel, booked_on, document, connection, source_id, store, department, kind
