-- id: spend
-- version: 2
-- title.en: Spend
-- title.zh: 渠道花费
-- numerator: external cost in the base currency, accrued by service day: every ledger line as the journal makes it cost (recharges never are, units of wallets and packages as they are used or expire), without tax that is claimed back
-- denominator: none; share is the part of all cost of the same period
-- clock: service day; of as_closed, the first day of the month that was open when a closed month changed
-- exclusions: lines without a rate on their booking day (counted in reconciles)
-- dimensions: channel, store, department, job_family, requisition, kind, day, week, month
-- default_by: channel
-- columns: amount, as_closed, currency, share, entries, status, covered
-- money: amount, as_closed
-- reconciles: spend_tie
-- meaning.en: What each channel cost, spread over its service days; channels and unallocated add up to the ledger to the cent. Beside it the cost as closed: closed months as they were closed, what changed in them in the month that was open then.
-- meaning.zh: 各渠道按服务日分摊的花费;各渠道与未分摊之和与台账分文不差。另列关账数:已关账月份保持关账时的数,其后变动计入当时未关账的月份。
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
            sum(d.booked) AS as_closed,
            sum(d.lines) + uniqExactArray(d.spread) AS entries
        FROM $booked_sums() AS d
        WHERE d.day BETWEEN {from:Date} AND {to:Date}
          AND d.day <= toDate(formatDateTime({as_of:DateTime64(3, 'UTC')}, '%F',
                multiIf({tz:String} != '', {tz:String}, zones[toString(d.channel)] != '', zones[toString(d.channel)], 'UTC')))
          $narrowed(d.*)
        GROUP BY $slices(*), kind, period
    )
SELECT
    if(c.found = 1, c.channel, w.channel) AS channel$others(c.* AS *), c.kind AS kind,
    if(c.found = 1, c.period, w.period) AS period,
    if(status = 'no_data', NULL, CAST(c.amount, 'Decimal(18, 2)')) AS amount,
    if(status = 'no_data', NULL, CAST(c.as_closed, 'Decimal(18, 2)')) AS as_closed,
    base AS currency,
    if(status = 'no_data' OR sum(c.amount) OVER (PARTITION BY period) = 0, NULL,
       round(toFloat64(c.amount) / toFloat64(sum(c.amount) OVER (PARTITION BY period)), 6)) AS share,
    c.entries AS entries,
    multiIf(covered = 0 AND c.found = 0, 'no_data', covered < 1, 'partial', 'ok') AS status,
    round(if(w.expected = 1, w.covered, 1), 6) AS covered
FROM $channel_periods(of = 'spend') AS w
FULL JOIN spent AS c ON c.channel = w.channel AND c.period = w.period
