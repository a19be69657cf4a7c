-- id: owed
-- version: 1
-- title.en: Owed for hires
-- title.zh: 入职应付(内推奖金与猎头费)
-- numerator: referral bonuses and headhunter fees by finance.toml, one row for each rule and hire: accrued on the first day of work, less what was lost when the person left (reversed), less what ledger lines paid, plus what they brought back (returned), is open; in the base currency. extra is what lines paid beyond that, or less
-- denominator: none
-- clock: first day of work; a row is of the period when it accrued, fell due or was reversed in it, or is open at its end
-- exclusions: who never came; hires of channels without a rule; what is accrued, paid and returned is as known now, reversed as of the end of the period
-- dimensions: channel, store, department, kind
-- default_by: channel, kind
-- keys: rule, hire
-- columns: state, started, due_on, reversed_on, amount, amount_currency, accrued, reversed, paid, returned, open, extra, currency, status, covered
-- money: accrued, reversed, paid, returned, open, extra
-- reconciles: spend_tie
-- meaning.en: What is owed for whom: accrued (not due yet), due, settled, reversed, to_return (was paid, and is owed back), or unclear (pay or the last day of work is not known). The hire is its application or row of employment, never a name.
-- meaning.zh: 每位入职者对应的应付:accrued 未到期、due 已到期、settled 已结清、reversed 已冲回、to_return 已付应退、unclear 金额或离职日不明。以应聘或人事记录的编号指代,不含姓名。
WITH
    least({to:Date}, toDate({as_of:DateTime64(3, 'UTC')}, if({tz:String} = '', 'UTC', {tz:String}))) AS until
SELECT
    $slices(o.* AS *), o.kind AS kind, {from:Date} AS period, o.rule AS rule, o.hire AS hire,
    multiIf(
        o.unclear = 1, 'unclear', o.open < 0, 'to_return', o.open = 0 AND o.reversed = o.accrued, 'reversed', o.open = 0, 'settled',
        o.due_on <= until, 'due', 'accrued') AS state,
    o.started AS started, o.due_on AS due_on, o.reversed_on AS reversed_on,
    o.amount AS amount, o.amount_currency AS amount_currency,
    o.accrued AS accrued, o.reversed AS reversed, o.paid AS paid, o.returned AS returned, o.open AS open, o.extra AS extra,
    (SELECT toString(any(base)) FROM inflow.fx_rates) AS currency, 'ok' AS status, toFloat64(1) AS covered
FROM
(
    SELECT
        $sliced(toString(d.*)), if(has({by:Array(String)}, 'kind'), toString(d.kind), '') AS kind,
        toString(d.rule) AS rule, d.hire AS hire, d.unclear AS unclear, d.started AS started, d.due_on AS due_on,
        if(d.reversed_on <= until, d.reversed_on, NULL) AS reversed_on,
        d.amount AS amount, toString(d.currency) AS amount_currency,
        d.accrued AS accrued, if(isNull(reversed_on), CAST(0, 'Decimal(18, 2)'), d.reversed) AS reversed, d.paid AS paid, d.returned AS returned,
        CAST(accrued - reversed - paid + returned, 'Decimal(18, 2)') AS open, d.extra AS extra
    FROM inflow.owed AS d
    WHERE d.started <= until $narrowed(d.*)
) AS o
WHERE o.open != 0 OR o.unclear = 1 OR o.started >= {from:Date} OR o.due_on BETWEEN {from:Date} AND until OR o.reversed_on >= {from:Date}
