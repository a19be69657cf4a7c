-- id: packages
-- version: 1
-- title.en: Packages
-- title.zh: 套餐
-- numerator: what a package entitles to, what was used of it and what was lost, in its own units and in what they cost; a package by the day counts days
-- denominator: none
-- clock: day of use, all of them that the ledger tells up to the end of the period; the rest is lost on the last day of validity
-- exclusions: packages that were not valid in the period; lines without a rate on their booking day
-- dimensions: channel
-- default_by: channel
-- keys: document, item
-- columns: rule, valid_from, valid_to, entitled, used, left, expired, cost, cost_used, cost_left, cost_expired, currency, status, covered
-- money: cost, cost_used, cost_left, cost_expired
-- meaning.en: Packages by what they entitle to: what is used becomes cost as it is used, what is left on the last day is lost and is cost of that day.
-- meaning.zh: 套餐各项权益:用掉多少计多少费用,到期未用的部分在最后一天计入费用。
WITH
    toDate({as_of:DateTime64(3, 'UTC')}, if({tz:String} = '', 'UTC', {tz:String})) AS as_of_day,
    least({to:Date}, as_of_day) AS until
SELECT
    channel, {from:Date} AS period, document, item, rule, valid_from, valid_to, entitled, used,
    if(valid_to <= until, 0, entitled - used) AS left, if(valid_to <= until, entitled - used, 0) AS expired,
    cost, cost_used, if(valid_to <= until, 0, cost - cost_used) AS cost_left, if(valid_to <= until, cost - cost_used, 0) AS cost_expired,
    (SELECT toString(any(base)) FROM inflow.fx_rates) AS currency, 'ok' AS status, toFloat64(1) AS covered
FROM
(
    SELECT
        if(has({by:Array(String)}, 'channel'), toString(p.channel), '') AS channel, p.document AS document, toString(p.item) AS item, toString(p.rule) AS rule,
        min(p.valid_from) AS valid_from, max(p.valid_to) AS valid_to, sum(p.entitled) AS entitled, sum(p.used) AS used,
        sum(p.cost) AS cost, sum(p.cost_used) AS cost_used
    FROM inflow.package_items AS p
    WHERE p.valid_from <= until AND p.valid_to >= {from:Date}
      AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, p.channel)) AND empty({store:Array(String)})
    GROUP BY channel, document, item, rule
    UNION ALL
    SELECT
        channel, document, '' AS item, 'day' AS rule, min(first_day) AS valid_from, max(last_day) AS valid_to,
        toDecimal64(sum(last_day - first_day + 1), 4) AS entitled,
        toDecimal64(sum(greatest(0, least(last_day, until) - first_day + 1)), 4) AS used,
        CAST(sum(cost), 'Decimal(18, 2)') AS cost, CAST(sum(cost_used), 'Decimal(18, 2)') AS cost_used
    FROM
    (
        SELECT
            if(has({by:Array(String)}, 'channel'), toString(any(j.channel)), '') AS channel, j.document AS document,
            min(j.day) AS first_day, max(j.day) AS last_day, sum(j.amount) AS cost, sumIf(j.amount, j.day <= until) AS cost_used
        FROM inflow.journal AS j
        WHERE j.kind = 'package' AND j.debit = 'cost'
          AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, j.channel)) AND empty({store:Array(String)})
        GROUP BY j.connection, j.source_id, j.document
        HAVING first_day <= until AND last_day >= {from:Date}
    )
    GROUP BY channel, document
)
