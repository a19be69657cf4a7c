-- id: cost_per_contact
-- version: 2
-- title.en: Cost per contact
-- title.zh: 单次沟通成本
-- numerator: external cost in the base currency, accrued by service day (or paid by booking day, where finance.toml says basis = "cash"): every ledger line as the journal makes it cost (recharges never are, units of wallets and packages as they are used or expire), without tax that is claimed back
-- denominator: applications that entered contacted in the period (who applied has been in contact)
-- clock: cost by service day; applications by the instant of entering contacted
-- exclusions: lines without a rate on their booking day; internal cost (ANSI/SHRM 06001.2012 and ISO/TS 30407 also hold it); chats are never the denominator; as_closed (books of closed months over the people they were closed with) is empty on the basis cash
-- dimensions: channel, store, department, job_family, requisition, day, week, month
-- default_by: channel
-- columns: numerator, denominator, value, low, high, pooled_numerator, pooled_denominator, pooled_value, as_closed_numerator, as_closed_denominator, as_closed, currency, basis, status, covered
-- money: numerator, value, low, high, pooled_numerator, pooled_value, as_closed_numerator, as_closed
-- reconciles: spend_tie
-- meaning.en: Net external cost of a channel and period over the people it brought into contact in the same period. Beside it the same as closed.
-- meaning.zh: 同一渠道、同一期间的外部净成本 ÷ 建立沟通的人数(申请数)。另列关账数。
SELECT *
FROM $cost_per_stage(stage_rank = 2, kinds = [])
