-- id: spend_later
-- version: 1
-- title.en: Later changes of closed months
-- title.zh: 关账后的变动
-- numerator: what a ledger line costs now in a closed month less what was frozen of it
-- denominator: none
-- clock: the month of the service days; posted_in is the month in which the change counts
-- exclusions: months that are not closed; lines that cost the same as when their month was closed
-- dimensions: channel, store, department, job_family, requisition, kind, month
-- default_by: month, channel, kind
-- keys: posted_in, line
-- columns: amount, currency, document, status, covered
-- money: amount
-- reconciles: spend_tie
-- meaning.en: The ledger lines that came, changed or vanished after their month had been closed, with the month to which the difference was posted: the list behind the difference of closings.
-- meaning.zh: 关账后新增、修改或消失的台账行及差额所计入的月份(posted_in),即关账记录中差额的明细。
SELECT
    $slices(l.* AS *), l.kind AS kind, l.period AS period, l.posted_in AS posted_in, l.line AS line,
    CAST(l.changed, 'Decimal(18, 2)') AS amount, l.in_currency AS currency, s.document AS document,
    'ok' AS status, toFloat64(1) AS covered
FROM
(
    SELECT
        $sliced(toString(d.*)), if(has({by:Array(String)}, 'kind'), toString(d.kind), '') AS kind,
        if(has({by:Array(String)}, 'month'), d.from_month, {from:Date}) AS period,
        formatDateTime(d.posted_on, '%Y-%m') AS posted_in, concat(toString(d.connection), '/', d.source_id) AS line,
        sum(d.amount) AS changed, toString(any(d.currency)) AS in_currency
    FROM $later_lines() AS d
    WHERE d.from_month BETWEEN toStartOfMonth({from:Date}) AND {to:Date}
      AND {tz:String} = {tz:String} AND {as_of:DateTime64(3, 'UTC')} = {as_of:DateTime64(3, 'UTC')} $narrowed(d.*)
    GROUP BY $slices(*), kind, period, posted_in, line
    HAVING changed != 0
) AS l
LEFT JOIN
(
    SELECT concat(toString(connection), '/', source_id) AS line, any(document) AS document
    FROM inflow.spend FINAL
    WHERE (connection, source_id) IN (SELECT connection, source_id FROM $later_lines())
    GROUP BY line
) AS s ON s.line = l.line
