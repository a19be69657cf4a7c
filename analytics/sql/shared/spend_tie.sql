-- Does channel spend tie to the ledger? One row.
--
-- `channels` and `unallocated` come from the mart that every figure of cost reads, `ledger` from the journal's sums; that both are those of the lines, the report `ties` says. `unconverted` lines have no rate on their
-- booking day and are in neither.
WITH
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    (SELECT toString(any(base)) FROM inflow.fx_rates) AS base,
    (channel) -> least({to:Date}, toDate(formatDateTime({as_of:DateTime64(3, 'UTC')}, '%F',
        multiIf({tz:String} != '', {tz:String}, zones[toString(channel)] != '', zones[toString(channel)], 'UTC')))) AS settled_to,
    (
        SELECT (sumIf(amount, channel != 'unallocated'), sumIf(amount, channel = 'unallocated'))
        FROM inflow.cost_sums
        WHERE day >= {from:Date} AND day <= settled_to(channel)
    ) AS mart,
    (
        SELECT sumIf(amount, debit = 'cost') - sumIf(amount, credit = 'cost')
        FROM inflow.journal_sums
        WHERE day >= {from:Date} AND day <= settled_to(channel)
    ) AS costs,
    (SELECT count() FROM inflow.ledger_faults WHERE reason = 'no_rate' AND day <= {to:Date} AND until >= {from:Date}) AS without_rate
SELECT
    CAST(mart.1, 'Decimal(18, 2)') AS channels,
    CAST(mart.2, 'Decimal(18, 2)') AS unallocated,
    CAST(costs, 'Decimal(18, 2)') AS ledger,
    channels + unallocated - ledger AS difference,
    base AS currency,
    without_rate AS unconverted,
    difference = 0 AND unconverted = 0 AS ties
