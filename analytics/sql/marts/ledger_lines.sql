-- The lines of the ledger that no other line supersedes, in any order. Amounts and units in ten-thousandths, days since 1970.
--
-- An invoice that was imported says more of type, payer and tax than a line: the one of the line's number, else the one alone that covers its
-- document. Its tax is the line's in proportion, where the line states none; one that was voided or taken back is none.
WITH
    (a, b) -> sign(a) * intDiv(2 * abs(a) + b, 2 * b) AS half_up,
    papers AS
    (
        SELECT
            i.number AS number, any(i.invoice_type) AS type, any(i.payer) AS payer, groupUniqArrayArray(i.documents) AS covers,
            toInt256(sum(i.gross) * 10000) AS gross,
            toInt256(sum(coalesce(i.net, i.gross - i.tax, toDecimal64(toFloat64(i.gross) / (1 + toFloat64(i.tax_rate)), 4), i.gross)) * 10000) AS net,
            max(i.status IN ('voided', 'reversed') OR i.number IN (SELECT original FROM inflow.invoices FINAL WHERE deleted = 0 AND original != '')) AS cancelled
        FROM (SELECT * FROM inflow.invoices FINAL WHERE deleted = 0 AND number != '' AND status != 'red_letter') AS i
        GROUP BY i.number
    )
SELECT
    toString(s.connection), s.source_id, toString(s.channel), s.account, toString(s.store), toString(s.department), s.requisition_source_id,
    toString(s.project), s.document, s.package, toString(s.item), toString(s.kind), toString(s.currency),
    multiIf(NOT ((n.known OR d.known) AS found), toString(s.invoice_type), (if(n.known, n.cancelled, d.cancelled) AS gone), '', toString(if(n.known, n.type, d.type))),
    if(found AND (if(n.known, n.payer, d.payer) AS paper_payer) != '', paper_payer, s.payer),
    toInt32(toUInt16(s.booked_on)), toInt32(toUInt16(s.service_from)), toInt32(toUInt16(greatest(s.service_from, s.service_to))),
    CAST(s.units * 10000, 'Nullable(Int64)'), CAST(s.bonus_units * 10000, 'Nullable(Int64)'), CAST(s.balance * 10000, 'Nullable(Int64)'),
    toInt64(s.gross * 10000),
    if(found AND NOT gone AND s.net = s.gross AND (if(n.known, n.gross, d.gross) AS paper_gross) > 0,
       toInt64(half_up(toInt256(s.gross * 10000) * if(n.known, n.net, d.net), greatest(paper_gross, 1))), toInt64(s.net * 10000))
FROM
(
    SELECT *
    FROM inflow.spend FINAL
    WHERE deleted = 0 AND (connection, source_id) NOT IN (SELECT connection, supersedes FROM inflow.spend FINAL WHERE deleted = 0 AND supersedes != '')
) AS s
LEFT JOIN (SELECT *, toUInt8(1) AS known FROM papers) AS n ON n.number = s.invoice_number
LEFT JOIN
(
    SELECT of_document, any(type) AS type, any(payer) AS payer, any(gross) AS gross, any(net) AS net, any(cancelled) AS cancelled, toUInt8(1) AS known
    FROM (SELECT *, toString(arrayJoin(covers)) AS of_document FROM papers)
    WHERE of_document != ''
    GROUP BY of_document
    HAVING uniqExact(number) = 1
) AS d ON d.of_document = s.document
SETTINGS final = 0
