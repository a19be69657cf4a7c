-- id: ties
-- version: 1
-- title.en: Ties
-- title.zh: 勾稽
-- numerator: two ways to the same amount: channels (cost by channel with unallocated, and the journal's cost of the period), ledger (what the journal paid in the period, and the lines themselves at their rates), wallets (what the journal holds in wallets at the end, and what the wallets' own moves add up to), prepaid (what is paid ahead or owed at the end, and what is still to be cost of it, less what is open of what is owed for hires), books (what closed and open months hold, of all time, and what it costs now)
-- denominator: none
-- clock: booking day of money, service day of cost
-- exclusions: lines without a rate on their booking day are in neither side and make `ledger` open
-- dimensions: none
-- keys: tie
-- columns: amount, against, difference, open, ties, currency, status, covered
-- money: amount, against, difference
-- meaning.en: Whether figures and ledger agree to the cent; open counts lines that are in neither side.
-- meaning.zh: 报表与台账是否分文不差;open 为两边都未计入的行数。
WITH
    toDate({as_of:DateTime64(3, 'UTC')}, if({tz:String} = '', 'UTC', {tz:String})) AS as_of_day,
    least({to:Date}, as_of_day) AS until,
    (account, debit, credit, amount) -> if(debit = account, amount, 0) - if(credit = account, amount, 0) AS into,
    -- What the journal holds, by its sums; of cost, its lines are asked themselves.
    (
        SELECT tuple(
            sumIf(into('bank', debit, credit, amount), day BETWEEN {from:Date} AND until),
            sumIf(into('bank', debit, credit, amount), day BETWEEN {from:Date} AND until AND contract = 1),
            sumIf(into('wallet', debit, credit, amount), day <= until),
            sumIf(into('prepaid', debit, credit, amount) + into('payable', debit, credit, amount), day <= until),
            sumIf(into('prepaid', debit, credit, amount) + into('payable', debit, credit, amount), day > until))
        FROM inflow.journal_sums
    ) AS held,
    -- What wallets and packages took in is not paid again when it is used. Lines by hashes: two that agree would open the tie, not close it.
    settled AS
    (
        SELECT sipHash64(connection, source_id) AS line FROM inflow.wallet_moves
        GROUP BY line HAVING countIf(kind IN ('recharge', 'refund')) = 0
    ),
    (SELECT arraySort(groupArray((toString(currency), valid_from, rate))) FROM inflow.fx_rates) AS rates,
    (SELECT toString(any(base)) FROM inflow.fx_rates) AS home
SELECT
    {from:Date} AS period, tie,
    CAST(one, 'Decimal(18, 2)') AS amount, CAST(other, 'Decimal(18, 2)') AS against, amount - against AS difference,
    lines AS open, toBool(difference = 0 AND lines = 0) AS ties,
    home AS currency, 'ok' AS status, toFloat64(1) AS covered
FROM
(
    SELECT
        'channels' AS tie, (SELECT sum(amount) FROM inflow.cost_sums WHERE day BETWEEN {from:Date} AND until) AS one, 
        (SELECT sum(into('cost', debit, credit, amount)) FROM inflow.journal WHERE day BETWEEN {from:Date} AND until) AS other, toUInt64(0) AS lines
    UNION ALL
    -- Contracts of channels.toml have no line.
    SELECT 'ledger', -held.1, sumIf(paid, rate != 0) - held.2, countIf(rate = 0)
    FROM
    (
        SELECT
            if(kind IN ('refund', 'rebate', 'clawback'), -abs(gross), gross) AS amount,
            if(currency = home, toDecimal64(1, 8), arrayFilter(r -> r.1 = currency AND r.2 <= booked_on, rates)[-1].3) AS rate,
            round(toDecimal128(amount, 4) * rate, 2) AS paid
        FROM inflow.spend FINAL
        WHERE deleted = 0 AND booked_on BETWEEN {from:Date} AND until AND kind NOT IN ('package_unit', 'bonus_credit')
          AND (connection, source_id) NOT IN
          (
              -- What has no supersedes in any version, which is nearly all, is not read in full.
              SELECT connection, supersedes FROM inflow.spend FINAL
              WHERE deleted = 0 AND supersedes != '' AND (connection, source_id) IN (SELECT connection, source_id FROM inflow.spend WHERE supersedes != '')
          )
          AND sipHash64(connection, source_id) NOT IN (SELECT line FROM settled)
    )
    UNION ALL
    SELECT 'wallets', held.3, sum(kept), 0
    FROM (SELECT argMax(balance_value, number) AS kept FROM inflow.wallet_moves WHERE day <= until GROUP BY channel, account, measure)
    UNION ALL
    SELECT 'prepaid', held.4, -held.5 - (SELECT sum(accrued - reversed - paid + returned) FROM inflow.owed), 0
    UNION ALL
    SELECT 'books', (SELECT sum(booked) FROM $booked_sums(from = '1970-01-01', to = '2149-06-06')), (SELECT sum(amount) FROM inflow.spend_days), 0
)
WHERE empty({by:Array(String)}) OR NOT empty({by:Array(String)})
  AND (empty({channel:Array(String)}) OR 1) AND (empty({store:Array(String)}) OR 1)
