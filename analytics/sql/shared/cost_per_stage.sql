-- Cost of the period (by service day or as it was paid: finance.toml, cost.basis) over the applications that entered one stage (`stage_rank`) in it.
--
-- As closed, a closed month has the cost that counts in its books, later changes of months before it included, and the people it was closed with; an open
-- one has later changes of closed months, and its people as they are now. People who became known after their month was closed are in neither. Cost as it was paid
-- is not frozen.
--
-- low and high divide the same cost by the ends of a 95 % Poisson interval of the count (Byar's approximation,
-- Breslow and Day 1987, p. 69): cost is known, the number of people is chance.
WITH
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    (SELECT toString(any(base)) FROM inflow.fx_rates) AS base,
    toDate({to:Date}) - 89 AS pool_from,
    (SELECT max(to_day) FROM inflow_state.closings FINAL WHERE isNull(reopened_at)) AS closed_to,
    1.959963984540054 AS z,
    (n) -> n * pow(1 - 1 / (9 * n) - z / (3 * sqrt(n)), 3) AS byar_low,
    (n) -> (n + 1) * pow(1 - 1 / (9 * (n + 1)) + z / (3 * sqrt(n + 1)), 3) AS byar_high,
    (a, b) -> sign(a) * intDiv(2 * abs(a) + b, 2 * b) AS half_up,
    (cents) -> CAST(toDecimal128(toInt128(cents), 2) / 100, 'Decimal(18, 2)') AS money,
    (day, in_period) -> multiIf(
        empty(arrayIntersect({by:Array(String)}, ['day', 'week', 'month'])), {from:Date},
        NOT in_period, toDate(0),
        has({by:Array(String)}, 'day'), day,
        has({by:Array(String)}, 'week'), toMonday(day),
        toStartOfMonth(day)) AS period_of,
    counted AS
    (
        SELECT
            *,
            sum(pool_cents) OVER (PARTITION BY $slices(*)) AS pooled_cents,
            sum(pool_n) OVER (PARTITION BY $slices(*)) AS pooled_n
        FROM
        (
            SELECT
                $slices(*), period, toUInt8(1) AS found,
                sumIf(cost, in_period) AS cents, sumIf(people, in_period) AS n,
                sumIf(cost, in_pool) AS pool_cents, sumIf(people, in_pool) AS pool_n,
                sumIf(booked, in_period) AS closed_cents, sumIf(counted_then, in_period) AS closed_n
            FROM
            (
                SELECT
                    $slices(*), day BETWEEN {from:Date} AND {to:Date} AS in_period, day BETWEEN pool_from AND {to:Date} AS in_pool,
                    period_of(day, in_period) AS period, toInt128(0) AS cost, count() AS people,
                    toInt128(0) AS booked, countIf(day > closed_to) AS counted_then
                FROM $local_stages(from = least({from:Date}, toDate({to:Date}) - 89))
                WHERE stage_rank = {stage_rank:UInt8}
                GROUP BY $slices(*), in_period, in_pool, period
                UNION ALL
                SELECT
                    $picked(toString(d.*)),
                    d.day BETWEEN {from:Date} AND {to:Date} AS spent_in_period, d.day BETWEEN pool_from AND {to:Date},
                    period_of(d.day, spent_in_period), toInt128(d.amount * 100), 0,
                    if(closed_to = toDate(0), toInt128(d.amount * 100), toInt128(0)), 0
                FROM $cost_days() AS d
                WHERE d.day <= {to:Date} AND d.day >= least({from:Date}, pool_from)
                  AND (empty({kinds:Array(String)}) OR has({kinds:Array(String)}, d.kind))
                  AND d.day <= toDate(formatDateTime({as_of:DateTime64(3, 'UTC')}, '%F',
                        multiIf({tz:String} != '', {tz:String}, zones[toString(d.channel)] != '', zones[toString(d.channel)], 'UTC')))
                  $narrowed(d.*)
                UNION ALL
                SELECT
                    $picked(toString(b.*)),
                    toUInt8(1), toUInt8(0), period_of(b.day, 1), toInt128(0), 0, toInt128(b.booked * 100), 0
                FROM $booked_sums() AS b
                WHERE closed_to != toDate(0) AND b.day BETWEEN {from:Date} AND {to:Date}
                  AND (empty({kinds:Array(String)}) OR has({kinds:Array(String)}, b.kind))
                  AND b.day <= toDate(formatDateTime({as_of:DateTime64(3, 'UTC')}, '%F',
                        multiIf({tz:String} != '', {tz:String}, zones[toString(b.channel)] != '', zones[toString(b.channel)], 'UTC')))
                  $narrowed(b.*)
                UNION ALL
                SELECT
                    $picked(toString(p.*)),
                    toUInt8(1), toUInt8(0), period_of(p.day, 1), toInt128(0), 0, toInt128(0), p.people
                FROM inflow_state.closed_people AS p
                WHERE p.stage_rank = {stage_rank:UInt8} AND p.day BETWEEN {from:Date} AND {to:Date}
                  AND (p.month, p.number) IN (SELECT month, number FROM inflow_state.closings FINAL WHERE isNull(reopened_at))
                  $narrowed(p.*)
            )
            GROUP BY $slices(*), period
        )
    ),
    joined AS
    (
        SELECT
            if(c.found = 1, c.channel, w.channel) AS channel$others(c.* AS *),
            if(c.found = 1, c.period, w.period) AS period,
            c.cents AS cents, c.n AS n, c.closed_cents AS closed_cents, c.closed_n AS closed_n, if(w.expected = 1, w.covered, 1) AS covered,
            multiIf(covered = 0 AND n = 0, 'no_data', covered < 1, 'partial', n < 20, 'few', 'ok') AS status,
            greatest(n, 1) AS divisor,
            argMax(c.pooled_cents, c.found) OVER (PARTITION BY $slices(*)) AS pool_cents,
            max(c.pooled_n) OVER (PARTITION BY $slices(*)) AS pool_n
        FROM $channel_periods(of = 'all') AS w
        FULL JOIN counted AS c ON c.channel = w.channel AND c.period = w.period
    ),
    priced AS
    (
        SELECT
            *,
            half_up(cents, toInt128(divisor)) AS each_cents,
            half_up(pool_cents, toInt128(greatest(pool_n, 1))) AS pool_each_cents,
            (SELECT any(basis) FROM inflow.cost_basis) = 'cash' AS as_paid,
            half_up(closed_cents, toInt128(greatest(closed_n, 1))) AS closed_each_cents,
            -- More came back than was paid: the more people, the nearer to nothing.
            round(toFloat64(cents) / if(cents < 0, byar_low(divisor), byar_high(divisor))) AS low_cents,
            round(toFloat64(cents) / if(cents < 0, byar_high(divisor), byar_low(divisor))) AS high_cents
        FROM joined
    )
SELECT
    $slices(*), period,
    money(j.cents) AS numerator,
    if(j.status = 'no_data', NULL, j.n) AS denominator,
    if(j.n = 0, NULL, money(j.each_cents)) AS value,
    if(j.n = 0, NULL, money(j.low_cents)) AS low,
    if(j.n = 0, NULL, money(j.high_cents)) AS high,
    if(j.n >= 20, NULL, money(j.pool_cents)) AS pooled_numerator,
    if(j.n >= 20, NULL, j.pool_n) AS pooled_denominator,
    if(j.n >= 20 OR j.pool_n = 0, NULL, money(j.pool_each_cents)) AS pooled_value,
    if(j.as_paid OR j.status = 'no_data', NULL, money(j.closed_cents)) AS as_closed_numerator,
    if(j.as_paid OR j.status = 'no_data', NULL, j.closed_n) AS as_closed_denominator,
    if(j.as_paid OR j.closed_n = 0, NULL, money(j.closed_each_cents)) AS as_closed,
    base AS currency,
    (SELECT any(basis) FROM inflow.cost_basis) AS basis,
    j.status AS status,
    round(j.covered, 6) AS covered
FROM priced AS j
WHERE period != toDate(0)
