-- id: budget
-- version: 1
-- title.en: Budget against actual
-- title.zh: 预算执行
-- numerator: accrued cost of a month up to as_of (actual), of what a budget of finance.toml names
-- denominator: the budget; pace divides actual by the part of the budget that has elapsed by days
-- clock: service day
-- exclusions: months without a budget; lines without a rate on their booking day
-- dimensions: month
-- default_by: month
-- keys: budget_of
-- columns: budget, actual, left, pace, committed, expected, expected_low, expected_high, state, days_left, currency, status, covered
-- money: budget, actual, left, committed, expected, expected_low, expected_high
-- meaning.en: Budget, cost so far and what the month will come to: known accruals of its other days (committed) and, for each of them, the mean of the last 28 days' other cost; the interval is 95 %, of independent days. state: within, may_exceed (expected beyond), will_exceed (the whole interval beyond), exceeded.
-- meaning.zh: 预算、已发生费用及月末预计:剩余日已知分摊(committed)加每天按近 28 天其他费用均值推算,95 % 区间。state:within 预算内,may_exceed 预计超出,will_exceed 区间整体超出,exceeded 已超出。
WITH
    toDate({as_of:DateTime64(3, 'UTC')}, if({tz:String} = '', 'UTC', {tz:String})) AS as_of_day,
    judged AS
    (
        SELECT
            m.month AS month, m.channel AS channel, m.store AS store, m.department AS department, any(m.budget) AS planned, toFloat64(planned) AS budget,
            any(m.ends) AS ends, any(m.until) AS until, toInt64(ends) - toInt64(until) AS rest,
            -- Money is printed from decimals: a float that is made one is cut off, not rounded.
            sumIf(m.amount, m.day BETWEEN m.month AND m.until) AS cost, sumIf(m.amount, m.day > m.until AND m.day <= m.ends) AS coming,
            toFloat64(cost) AS spent, toFloat64(coming) AS known,
            -- Days without cost count.
            toFloat64(sumIf(m.amount, m.recent)) / 28 AS mean,
            arraySum(x -> x * x, sumMapIf([m.day], [toFloat64(m.amount)], m.recent).2) AS squares,
            sqrt(greatest(0, (squares - 28 * mean * mean) / 27)) AS deviation
        FROM
        (
            SELECT
                b.month AS month, b.channel AS channel, b.store AS store, b.department AS department, b.amount AS budget,
                toLastDayOfMonth(b.month) AS ends, least(ends, as_of_day) AS until,
                d.day AS day, d.amount AS amount, NOT d.steady AND day > until - 28 AND day <= until AS recent
            FROM inflow.budgets AS b
            CROSS JOIN
            (
                SELECT toString(channel) AS channel, toString(store) AS store, toString(department) AS department, day,
                    kind IN ('subscription', 'package') AS steady, sum(amount) AS amount
                FROM inflow.cost_sums
                WHERE day BETWEEN toStartOfMonth({from:Date}) - 28 AND toLastDayOfMonth({to:Date})
                GROUP BY channel, store, department, day, steady
                -- A budget of which nothing was spent is one too.
                UNION ALL SELECT '', '', '', toDate(0), toUInt8(0), toDecimal128(0, 2)
            ) AS d
            WHERE b.month BETWEEN toStartOfMonth({from:Date}) AND {to:Date} AND b.month <= as_of_day
              AND (d.day = toDate(0) OR (b.channel = '' OR b.channel = d.channel) AND (b.store = '' OR b.store = d.store) AND (b.department = '' OR b.department = d.department))
              AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, b.channel)) AND (empty({store:Array(String)}) OR has({store:Array(String)}, b.store))
        ) AS m
        GROUP BY m.month, m.channel, m.store, m.department
    )
SELECT
    j.month AS period,
    if(j.channel = '' AND j.store = '' AND j.department = '', 'all',
       arrayStringConcat(arrayFilter(word -> word != '', [toString(j.channel), toString(j.store), toString(j.department)]), ' / ')) AS budget_of,
    CAST(j.planned, 'Decimal(18, 2)') AS budget, CAST(j.cost, 'Decimal(18, 2)') AS actual, CAST(j.planned - j.cost, 'Decimal(18, 2)') AS left,
    if(j.budget = 0, NULL, round(j.spent / (j.budget * (toInt64(j.until) - toInt64(j.month) + 1) / (toInt64(j.ends) - toInt64(j.month) + 1)), 4)) AS pace,
    CAST(j.coming, 'Decimal(18, 2)') AS committed,
    j.spent + j.known + j.mean * j.rest AS end, 1.959963984540054 * j.deviation * sqrt(j.rest) AS give,
    -- Days cost nothing at least, unless money came back of late.
    if(j.mean < 0, end - give, greatest(end - give, j.spent + j.known)) AS low,
    toDecimal64(toString(round(end, 2)), 2) AS expected, toDecimal64(toString(round(low, 2)), 2) AS expected_low, toDecimal64(toString(round(end + give, 2)), 2) AS expected_high,
    multiIf(j.spent > j.budget, 'exceeded', low > j.budget, 'will_exceed', end > j.budget, 'may_exceed', 'within') AS state,
    j.rest AS days_left,
    (SELECT toString(any(base)) FROM inflow.fx_rates) AS currency, 'ok' AS status, toFloat64(1) AS covered
FROM judged AS j
WHERE empty({by:Array(String)}) OR NOT empty({by:Array(String)})
