-- id: ledger_faults
-- version: 1
-- title.en: What the ledger leaves open
-- title.zh: 台账待核事项
-- numerator: lines of the ledger that do not fit together with the rest (reason): no_rate (in no figure), no_wallet (used, never recharged), no_units (money of a wallet that counts in units), below_zero (more used than the wallet held), balance_differs (the board states another balance), no_package, no_item, outside_validity, over_entitlement (units of a package that it does not give), no_accrual (a bonus, fee or clawback that is of nothing which is owed by finance.toml), amount_differs (another amount was paid for a hire than is owed), no_pay (a fee in percent of pay that nobody states), no_leave_day (what is owed depends on a last day of work that nobody knows), no_basis (nobody was counted by whom a rule could divide it)
-- denominator: none
-- clock: booking day; service days for no_rate
-- exclusions: none
-- dimensions: channel
-- default_by: channel
-- keys: reason, entry
-- columns: faults, account, document, day, says, expected, status, covered
-- meaning.en: Lines of the ledger that a controller should look at: what the line says and what was expected, units or money as the reason says.
-- meaning.zh: 需要财务核对的台账行:says 为该行所述,expected 为应有之数,按原因为数量或金额。
SELECT
    if(has({by:Array(String)}, 'channel'), toString(f.channel), '') AS channel, {from:Date} AS period, toString(f.reason) AS reason,
    concat(f.connection, ':', f.source_id) AS entry, count() AS faults, toString(any(f.account)) AS account, any(f.document) AS document, any(f.day) AS day,
    any(f.amount) AS says, any(f.expected) AS expected, 'ok' AS status, toFloat64(1) AS covered
FROM inflow.ledger_faults AS f
WHERE f.day <= {to:Date} AND f.until >= {from:Date} AND f.day <= toDate({as_of:DateTime64(3, 'UTC')}, if({tz:String} = '', 'UTC', {tz:String}))
  AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, f.channel)) AND empty({store:Array(String)})
GROUP BY channel, reason, entry
