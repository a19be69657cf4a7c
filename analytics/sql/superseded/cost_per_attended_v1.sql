-- id: cost_per_attended
-- version: 1
-- until: 2026-11-27
-- changed.en: Cost is what the whole ledger says: units used from wallets and packages, what expired, fees, bonuses, rebates and corrections too; tax is cost unless a deductible invoice says that it is claimed back (before: never).
-- changed.zh: 费用按整本台账计算:钱包与套餐的耗用、过期、佣金、奖金、返点与调整均计入;没有可抵扣发票的税额计入费用(之前一律按不含税)。
-- title.en: Cost per interview attended
-- title.zh: 单次到面成本
-- numerator: net external cost in the base currency: daily, cpc, subscription, refresh and refund ledger lines, accrued by service day
-- denominator: applications that entered attended in the period
-- clock: cost by service day; applications by the instant of entering attended
-- exclusions: recharges and all other kinds of ledger line; internal cost (ANSI/SHRM 06001.2012 and ISO/TS 30407 also hold it); chats are never the denominator
-- dimensions: channel, store, department, job_family, requisition, day, week, month
-- default_by: channel
-- columns: numerator, denominator, value, low, high, pooled_numerator, pooled_denominator, pooled_value, currency, status, covered
-- money: numerator, value, low, high, pooled_numerator, pooled_value
-- reconciles: spend_tie
-- meaning.en: Net external cost of a channel and period over the interviews attended in the same period.
-- meaning.zh: 同一渠道、同一期间的外部净成本 ÷ 到面人数(申请数)。
SELECT *
FROM $cost_per_stage(stage_rank = 6, kinds = ['daily', 'cpc', 'subscription', 'refresh', 'refund'])
