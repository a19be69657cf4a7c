-- id: cash
-- version: 1
-- title.en: Cash and accrual
-- title.zh: 现金与权责
-- numerator: money that left the bank by booking day less what came back (paid), and where it went: into cost by service day (accrued), into wallets, into service still to come (prepaid), into tax that is claimed back (input_vat), less service that is not billed yet (payable); in the base currency
-- denominator: none
-- clock: booking day of money, service day of cost
-- exclusions: lines without a rate on their booking day (counted in reconciles)
-- dimensions: channel, store, department, kind, day, week, month
-- default_by: channel
-- columns: paid, accrued, wallets, prepaid, input_vat, payable, currency, status, covered
-- money: paid, accrued, wallets, prepaid, input_vat, payable
-- meaning.en: What was paid and what it cost: paid = accrued + change of wallets + change of prepaid + input VAT - change of payable, in every row to the cent.
-- meaning.zh: 付了多少、耗用多少:付款 = 权责费用 + 钱包增减 + 预付增减 + 进项税 - 应付增减,每一行分文不差。
WITH
    (SELECT toString(any(base)) FROM inflow.fx_rates) AS base,
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    moved AS
    (
        SELECT
            $sliced(toString(j.*)),
            if(has({by:Array(String)}, 'kind'), toString(j.kind), '') AS kind,
            multiIf(
                has({by:Array(String)}, 'day'), j.day,
                has({by:Array(String)}, 'week'), toMonday(j.day),
                has({by:Array(String)}, 'month'), toStartOfMonth(j.day),
                {from:Date}) AS period,
            toUInt8(1) AS found,
            sumIf(j.amount, j.credit = 'bank') - sumIf(j.amount, j.debit = 'bank') AS paid,
            sumIf(j.amount, j.debit = 'cost') - sumIf(j.amount, j.credit = 'cost') AS accrued,
            sumIf(j.amount, j.debit = 'wallet') - sumIf(j.amount, j.credit = 'wallet') AS wallets,
            sumIf(j.amount, j.debit = 'prepaid') - sumIf(j.amount, j.credit = 'prepaid') AS prepaid,
            sumIf(j.amount, j.debit = 'input_vat') - sumIf(j.amount, j.credit = 'input_vat') AS input_vat,
            sumIf(j.amount, j.credit = 'payable') - sumIf(j.amount, j.debit = 'payable') AS payable
        FROM inflow.journal_sums AS j
        WHERE j.day BETWEEN {from:Date} AND {to:Date}
          AND j.day <= toDate(formatDateTime({as_of:DateTime64(3, 'UTC')}, '%F',
                multiIf({tz:String} != '', {tz:String}, zones[toString(j.channel)] != '', zones[toString(j.channel)], 'UTC')))
          $narrowed(j.*)
        GROUP BY $slices(*), kind, period
    )
SELECT
    if(c.found = 1, c.channel, w.channel) AS channel$others(c.* AS *), c.kind AS kind,
    if(c.found = 1, c.period, w.period) AS period,
    if(status = 'no_data', NULL, CAST(c.paid, 'Decimal(18, 2)')) AS paid,
    if(status = 'no_data', NULL, CAST(c.accrued, 'Decimal(18, 2)')) AS accrued,
    if(status = 'no_data', NULL, CAST(c.wallets, 'Decimal(18, 2)')) AS wallets,
    if(status = 'no_data', NULL, CAST(c.prepaid, 'Decimal(18, 2)')) AS prepaid,
    if(status = 'no_data', NULL, CAST(c.input_vat, 'Decimal(18, 2)')) AS input_vat,
    if(status = 'no_data', NULL, CAST(c.payable, 'Decimal(18, 2)')) AS payable,
    base AS currency,
    multiIf(covered = 0 AND c.found = 0, 'no_data', covered < 1, 'partial', 'ok') AS status,
    round(if(w.expected = 1, w.covered, 1), 6) AS covered
FROM $channel_periods(of = 'spend') AS w
FULL JOIN moved AS c ON c.channel = w.channel AND c.period = w.period
