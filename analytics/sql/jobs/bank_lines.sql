-- Bank lines that moved money. Amounts in ten-thousandths, days since 1970. People stand as `:person`, which is no channel's id.
SELECT
    toString(connection), source_id,
    multiIf(channel != '', toString(channel), match(counterparty, '^p-[0-9a-f]{10}$'), ':person', ''),
    toInt32(toUInt16(booked_on)), toInt32(toYear(booked_on) * 12 + toMonth(booked_on)),
    toInt64(amount * 10000), toString(currency), document, '' AS kind, toString(channel), toString(account), counterparty, serial, note, '' AS number, toUInt8(0)
FROM inflow.bank_lines FINAL
WHERE deleted = 0 AND amount != 0
ORDER BY connection, source_id
SETTINGS final = 0
