-- Trial balance of the journal: opening (debit less credit), turnover of the month on both sides.
SELECT
    side.1 AS account,
    CAST(sumIf(side.2 - side.3, day < {from:Date}), 'Decimal(18, 2)') AS opening,
    CAST(sumIf(side.2, day >= {from:Date}), 'Decimal(18, 2)') AS debit,
    CAST(sumIf(side.3, day >= {from:Date}), 'Decimal(18, 2)') AS credit
FROM
(
    SELECT j.day AS day, arrayJoin([(toString(debit), amount, toDecimal64(0, 2)), (toString(credit), toDecimal64(0, 2), amount)]) AS side
    FROM inflow.journal AS j
    WHERE j.day <= settled_to(j.channel)
)
GROUP BY account
ORDER BY account
