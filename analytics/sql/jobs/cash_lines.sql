-- The ledger lines that moved cash: those that the journal paid or took in by bank, and of those without a rate, which it does not hold, the
-- kinds that are not paid otherwise. Amounts gross in ten-thousandths, negative where money came back; days since 1970. Last is whether such a
-- line should have an invoice: bonuses are paid by payroll, and what comes back is booked with or without a red-letter one.
SELECT
    toString(connection), source_id,
    multiIf(kind = 'referral_bonus', ':person', channel = 'unallocated', '', toString(channel)),
    toInt32(toUInt16(booked_on)), toInt32(toYear(booked_on) * 12 + toMonth(booked_on)),
    toInt64(if(kind IN ('refund', 'rebate', 'clawback'), -abs(gross), gross) * 10000) AS units, toString(currency), document, toString(kind),
    toString(channel), account, '' AS counterparty, '' AS serial, '' AS note, invoice_number,
    toUInt8(kind IN ('recharge', 'package', 'cpc', 'daily', 'subscription', 'refresh', 'headhunter_fee') AND invoice_type != 'none' AND units > 0)
FROM inflow.spend FINAL
WHERE deleted = 0 AND gross != 0
  AND (connection, source_id) NOT IN (SELECT connection, supersedes FROM inflow.spend FINAL WHERE deleted = 0 AND supersedes != '')
  AND ((connection, source_id) IN (SELECT toString(connection), source_id FROM inflow.journal WHERE debit = 'bank' OR credit = 'bank')
    OR kind NOT IN ('consumption', 'package_unit', 'bonus_credit', 'expiry')
        AND (connection, source_id) IN (SELECT toString(connection), source_id FROM inflow.ledger_faults WHERE reason = 'no_rate'))
ORDER BY connection, source_id
SETTINGS final = 0
