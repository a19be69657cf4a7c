-- id: wallet
-- version: 1
-- title.en: Wallets
-- title.zh: 平台钱包
-- numerator: opening + recharged + granted + credited - used - refunded - expired = closing, in the units of the wallet (measure), and what they cost in the base currency by the moving weighted average (finance.toml, wallets)
-- denominator: none
-- clock: booking day
-- exclusions: lines without a rate on their booking day; accounts that were never recharged
-- dimensions: channel, account
-- default_by: channel, account
-- keys: measure
-- columns: opening, recharged, granted, credited, used, refunded, expired, closing, opening_value, paid_in, cost, refund_value, expired_value, other_value, closing_value, stated, stated_on, difference, moves, currency, status, covered
-- money: opening_value, paid_in, cost, refund_value, expired_value, other_value, closing_value
-- meaning.en: What each prepaid account held, got and used; stated is the last balance that the board itself gives, difference how far it is from ours on that day.
-- meaning.zh: 每个预付账户的期初、充值、赠送、消耗、退款、过期与期末;stated 为平台给出的最近余额,difference 为当日与我们推算之差。
SELECT
    w.channel AS channel, w.account AS account, {from:Date} AS period, w.measure AS measure,
    sum(w.opening) AS opening, sum(w.recharged) AS recharged, sum(w.granted) AS granted, sum(w.credited) AS credited,
    sum(w.used) AS used, sum(w.refunded) AS refunded, sum(w.expired) AS expired, sum(w.closing) AS closing,
    sum(w.opening_value) AS opening_value, sum(w.paid_in) AS paid_in, sum(w.cost) AS cost, sum(w.refund_value) AS refund_value,
    sum(w.expired_value) AS expired_value, sum(w.other_value) AS other_value, sum(w.closing_value) AS closing_value,
    -- Balances of several wallets have no one day.
    if(count() = 1, any(w.last_stated), NULL) AS stated, if(count() = 1 AND isNotNull(any(w.last_stated)), any(w.last_stated_on), NULL) AS stated_on,
    if(count() = 1, any(w.off), NULL) AS difference,
    sum(w.moves) AS moves,
    (SELECT toString(any(base)) FROM inflow.fx_rates) AS currency, 'ok' AS status, toFloat64(1) AS covered
FROM
(
    SELECT
        if(has({by:Array(String)}, 'channel'), toString(m.channel), '') AS channel,
        if(has({by:Array(String)}, 'account'), toString(m.account), '') AS account,
        toString(m.measure) AS measure,
        argMaxIf(m.balance_units, m.number, m.day < {from:Date}) AS opening,
        argMaxIf(m.balance_value, m.number, m.day < {from:Date}) AS opening_value,
        argMax(m.balance_units, m.number) AS closing,
        argMax(m.balance_value, m.number) AS closing_value,
        sumIf(m.units, m.in_period AND m.kind = 'recharge') AS recharged,
        sumIf(m.value, m.in_period AND m.kind = 'recharge') AS paid_in,
        sumIf(m.units, m.in_period AND m.kind = 'bonus_credit') AS granted,
        sumIf(m.units, m.in_period AND m.kind NOT IN ('recharge', 'bonus_credit') AND m.units > 0) AS credited,
        -sumIf(m.units, m.in_period AND m.kind = 'refund') AS refunded,
        -sumIf(m.value, m.in_period AND m.kind = 'refund') AS refund_value,
        -sumIf(m.units, m.in_period AND m.kind = 'expiry') AS expired,
        -sumIf(m.value, m.in_period AND m.kind = 'expiry') AS expired_value,
        -sumIf(m.units, m.in_period AND m.kind NOT IN ('recharge', 'bonus_credit', 'refund', 'expiry') AND m.units <= 0) AS used,
        -sumIf(m.value, m.in_period AND m.kind NOT IN ('recharge', 'bonus_credit', 'refund', 'expiry') AND m.units <= 0) AS cost,
        sumIf(m.value, m.in_period AND m.kind NOT IN ('recharge', 'refund', 'expiry') AND m.units > 0) AS other_value,
        -- The board's balance after a day's lines: of those stated that day, the one nearest to ours, since nobody knows which line was last.
        maxIf(m.day, isNotNull(m.stated_balance)) AS last_stated_on,
        argMaxIf(m.stated_balance, (m.day, -abs(m.stated_balance - m.ends)), isNotNull(m.stated_balance)) AS last_stated,
        argMaxIf(m.stated_balance - m.ends, (m.day, -abs(m.stated_balance - m.ends)), isNotNull(m.stated_balance)) AS off,
        countIf(m.in_period) AS moves
    FROM
    (
        SELECT *, day >= {from:Date} AS in_period,
            last_value(balance_units) OVER (PARTITION BY channel, account, measure, day ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS ends
        FROM inflow.wallet_moves
        WHERE day <= {to:Date} AND day <= toDate({as_of:DateTime64(3, 'UTC')}, if({tz:String} = '', 'UTC', {tz:String}))
          AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, channel)) AND empty({store:Array(String)})
    ) AS m
    GROUP BY m.channel, m.account, m.measure
) AS w
GROUP BY w.channel, w.account, w.measure
