-- The lines of the ledger that no other line supersedes, in the order of their keys. Amounts and units in ten-thousandths, days since 1970.
SELECT
    toString(connection), source_id, toString(channel), account, toString(store), toString(department), requisition_source_id, toString(project),
    document, package, toString(item), toString(kind), toString(currency), toString(invoice_type), payer,
    toInt32(toUInt16(booked_on)), toInt32(toUInt16(service_from)), toInt32(toUInt16(greatest(service_from, service_to))),
    CAST(units * 10000, 'Nullable(Int64)'), CAST(bonus_units * 10000, 'Nullable(Int64)'), CAST(balance * 10000, 'Nullable(Int64)'),
    toInt64(gross * 10000), toInt64(net * 10000)
FROM inflow.spend FINAL
WHERE deleted = 0 AND (connection, source_id) NOT IN (SELECT connection, supersedes FROM inflow.spend FINAL WHERE deleted = 0 AND supersedes != '')
ORDER BY connection, source_id
SETTINGS final = 0
