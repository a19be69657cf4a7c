-- What each service day of each ledger line cost, in the base currency.
--
-- Accrual of daily, cpc, subscription, refresh and refund lines (see ledger_lines.sql); recharges and other kinds are
-- never cost.
-- A line is converted at the rate in force on its booking day and rounded once, half up (away from zero), to
-- whole cents. The cents of day k of n are round(cents * k / n) - round(cents * (k - 1) / n), so the days add
-- up to the line to the cent. All of it is integer arithmetic. A line whose currency has no rate on that day
-- cannot be added up: it stays out here and is counted by `spend_tie`.
WITH
    -- Half up of a / b for a of either sign.
    (a, b) -> sign(a) * intDiv(2 * abs(a) + b, 2 * b) AS rounded,
    lines AS
    (
        SELECT *, toInt256(toDecimal256(net, 4) * 10000) AS net_units
        FROM
        (
$ledger_lines
        )
    ),
    converted AS
    (
        -- rate has 8 decimals and net 4: 10 of the product's 12 go.
        SELECT l.*, rounded(l.net_units * toInt256(toDecimal256(r.rate, 8) * 100000000), toInt256('10000000000')) AS cents, r.base AS base
        FROM lines AS l
        ASOF INNER JOIN (SELECT toString(currency) AS currency, toString(base) AS base, valid_from, rate FROM inflow.fx_rates) AS r
            ON r.currency = l.currency AND r.valid_from <= l.booked_on
    )
SELECT
    if(channel = '', 'unallocated', channel) AS channel, store, department, requisition_source_id,
    ($opening(c.connection, q.told) AS opening).3 AS job_family, opening.2 AS requisition,
    service_from + (day_of.1 - 1) AS day,
    kind, c.connection AS connection, c.source_id AS source_id,
    CAST(toDecimal128(toInt128(day_of.2), 2) / 100, 'Decimal(18, 2)') AS amount,
    base AS currency
FROM converted AS c
LEFT JOIN inflow.requisition_jobs AS q ON q.source_id = c.requisition_source_id
ARRAY JOIN arrayFilter(
    d -> d.2 != 0,
    arrayMap(
        k -> (k, rounded(cents * k, toInt256(dateDiff('day', service_from, service_until) + 1))
               - rounded(cents * (k - 1), toInt256(dateDiff('day', service_from, service_until) + 1))),
        range(1, toUInt32(dateDiff('day', service_from, service_until) + 2)))) AS day_of
