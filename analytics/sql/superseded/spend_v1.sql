-- id: spend
-- version: 1
-- until: 2026-11-27
-- changed.en: Cost is what the whole ledger says: units used from wallets and packages, what expired, fees, bonuses, rebates and corrections too; tax is cost unless a deductible invoice says that it is claimed back (before: never). as_closed stands beside amount: closed months as they were frozen, and what became known of them later in the month that was open then.
-- changed.zh: 费用按整本台账计算:钱包与套餐的耗用、过期、佣金、奖金、返点与调整均计入;没有可抵扣发票的税额计入费用(之前一律按不含税)。新增 as_closed 列:已关账月份按关账时冻结的数,关账后的变动计入当时未关账的月份;amount 仍为当前数。
-- title.en: Spend
-- title.zh: 渠道花费
-- numerator: net external cost in the base currency: daily, cpc, subscription, refresh and refund ledger lines, accrued by service day
-- denominator: none; share is the part of all cost of the same period
-- clock: service day
-- exclusions: recharges and all other kinds of ledger line; lines without a rate on their booking day (counted in reconciles)
-- dimensions: channel, store, department, job_family, requisition, kind, day, week, month
-- default_by: channel
-- columns: amount, currency, share, entries, status, covered
-- money: amount
-- reconciles: spend_tie
-- meaning.en: What each channel cost, spread over its service days; channels and unallocated add up to the ledger to the cent.
-- meaning.zh: 各渠道按服务日分摊的净花费;各渠道与未分摊之和与台账分文不差。
WITH
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    (SELECT toString(any(base)) FROM inflow.fx_rates) AS base,
    spent AS
    (
        SELECT
            $sliced(toString(d.*)),
            if(has({by:Array(String)}, 'kind'), toString(d.kind), '') AS kind,
            multiIf(
                has({by:Array(String)}, 'day'), d.day,
                has({by:Array(String)}, 'week'), toMonday(d.day),
                has({by:Array(String)}, 'month'), toStartOfMonth(d.day),
                {from:Date}) AS period,
            toUInt8(1) AS found,
            sum(d.amount) AS amount,
            uniqExact(d.connection, d.source_id) AS entries
        FROM inflow.spend_days AS d
        WHERE d.day BETWEEN {from:Date} AND {to:Date}
          AND d.kind IN ('daily', 'cpc', 'subscription', 'refresh', 'refund')
          AND d.day <= toDate(formatDateTime({as_of:DateTime64(3, 'UTC')}, '%F',
                multiIf({tz:String} != '', {tz:String}, zones[toString(d.channel)] != '', zones[toString(d.channel)], 'UTC')))
          $narrowed(d.*)
        GROUP BY $slices(*), kind, period
    )
SELECT
    if(c.found = 1, c.channel, w.channel) AS channel$others(c.* AS *), c.kind AS kind,
    if(c.found = 1, c.period, w.period) AS period,
    if(status = 'no_data', NULL, CAST(c.amount, 'Decimal(18, 2)')) AS amount,
    base AS currency,
    if(status = 'no_data' OR sum(c.amount) OVER (PARTITION BY period) = 0, NULL,
       round(toFloat64(c.amount) / toFloat64(sum(c.amount) OVER (PARTITION BY period)), 6)) AS share,
    c.entries AS entries,
    multiIf(covered = 0 AND c.found = 0, 'no_data', covered < 1, 'partial', 'ok') AS status,
    round(if(w.expected = 1, w.covered, 1), 6) AS covered
FROM $channel_periods(of = 'spend') AS w
FULL JOIN spent AS c ON c.channel = w.channel AND c.period = w.period
