-- Does channel spend tie to the ledger? One row.
--
-- `channels` and `unallocated` come from the mart; `ledger` is computed afresh from ledger_lines.sql, in decimal
-- arithmetic and without the mart's days: a line's part of the period is its rounded cumulative cost at the end
-- less that before the start. `unconverted` lines have no rate on their booking day and are in neither.
WITH
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    (SELECT toString(any(base)) FROM inflow.fx_rates) AS base,
    (channel) -> least({to:Date}, toDate(formatDateTime({as_of:DateTime64(3, 'UTC')}, '%F',
        multiIf({tz:String} != '', {tz:String}, zones[toString(channel)] != '', zones[toString(channel)], 'UTC')))) AS settled_to,
    entries AS
    (
        SELECT
            connection, source_id, any(in_channel) AS channel, any(opens) AS first_day, any(closes) AS until,
            countIf(valid_from <= booked_on AND rate > 0) > 0 AS known,
            round(toDecimal256(any(net), 20) * toDecimal256(argMaxIf(rate, valid_from, valid_from <= booked_on), 8), 2) AS cost
        FROM
        (
            SELECT s.connection AS connection, s.source_id AS source_id, s.channel AS in_channel, s.service_from AS opens,
                s.service_until AS closes, s.booked_on AS booked_on, s.net AS net, r.valid_from AS valid_from, r.rate AS rate
            FROM
            (
$ledger_lines
            ) AS s
            LEFT JOIN inflow.fx_rates AS r ON r.currency = s.currency
        )
        WHERE opens <= {to:Date} AND closes >= {from:Date}
        GROUP BY connection, source_id
    ),
    parts AS
    (
        SELECT
            known,
            toInt64(until - first_day + 1) AS days,
            least(days, greatest(0, toInt64({from:Date}) - toInt64(first_day))) AS before,
            least(days, greatest(0, toInt64(settled_to(channel)) - toInt64(first_day) + 1)) AS after,
            round(toDecimal256(cost, 20) * greatest(before, after) / days, 2) - round(toDecimal256(cost, 20) * before / days, 2) AS part
        FROM entries
    ),
    (
        SELECT (sumIf(amount, channel != 'unallocated'), sumIf(amount, channel = 'unallocated'))
        FROM inflow.spend_days
        WHERE day >= {from:Date} AND day <= settled_to(channel)
    ) AS mart
SELECT
    CAST(mart.1, 'Decimal(18, 2)') AS channels,
    CAST(mart.2, 'Decimal(18, 2)') AS unallocated,
    CAST(sumIf(part, known), 'Decimal(18, 2)') AS ledger,
    channels + unallocated - ledger AS difference,
    base AS currency,
    countIf(NOT known) AS unconverted,
    difference = 0 AND unconverted = 0 AS ties
FROM parts
