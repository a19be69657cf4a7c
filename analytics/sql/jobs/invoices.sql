-- Invoices, each once: the items of one are added up, and one that several connections deliver is the first connection's. Amounts gross in
-- ten-thousandths, days since 1970.
SELECT
    from_connection, first_id, to_channel, toInt32(toUInt16(issued)), toInt32(toYear(issued) * 12 + toMonth(issued)), units, in_currency,
    number, type, buyer, covered, remarks, taken_back, standing,
    toInt32(ifNull(toUInt16(starts), 65535)), toInt32(ifNull(toUInt16(ends), 0)),
    toUInt8(match(buyer, '^p-[0-9a-f]{10}$') OR buyer IN ('个人', '个人消费者'))
FROM
(
    SELECT
        toString(i.connection) AS from_connection, min(i.source_id) AS first_id, toString(max(i.channel)) AS to_channel, max(i.issued_on) AS issued,
        toInt64(sum(i.gross) * 10000) AS units, toString(i.currency) AS in_currency, i.number AS number,
        toString(max(i.invoice_type)) AS type, max(i.payer) AS buyer,
        arraySort(arrayDistinct(arrayFlatten(groupArray(arrayMap(d -> toString(d), i.documents))))) AS covered,
        arrayStringConcat(arraySort(groupArray(i.note)), ' ') AS remarks, max(i.original) AS taken_back,
        toUInt8(multiIf(max(i.status IN ('voided', 'reversed')), 1, max(i.status = 'red_letter'), 2, 0)) AS standing,
        min(i.service_from) AS starts, max(i.service_to) AS ends
    FROM inflow.invoices AS i FINAL
    WHERE i.deleted = 0
    GROUP BY i.connection, i.number, i.seller, i.currency
)
ORDER BY from_connection, first_id
LIMIT 1 BY number, in_currency, units
SETTINGS final = 0
