-- id: closings
-- version: 1
-- title.en: Closed months
-- title.zh: 关账记录
-- numerator: cost that a closing froze (as_closed; part of it, carried, are later changes of months closed before), and what the same service days cost now (as_now)
-- denominator: none; difference is what changed since the closing, as_now - (as_closed - carried): it counts in the months after, in later_lines ledger lines
-- clock: the day on which a frozen cost counts; the service day of what it costs now
-- exclusions: months that are not closed; of a closing that was reopened, difference and later_lines
-- dimensions: channel, store, month
-- default_by: month
-- keys: closing
-- columns: closed_at, closed_by, despite, as_closed, carried, as_now, difference, later_lines, currency, reopened_at, reopened_by, reopen_reason, hash, status, covered
-- money: as_closed, carried, as_now, difference
-- reconciles: spend_tie
-- meaning.en: Each closing (month/how often): who closed it when, what it froze, what that costs now, and who reopened it why. The first closing also froze the months before it.
-- meaning.zh: 每次关账(月份/第几次):何人何时关账、冻结金额、当前金额与差额,以及何人因何重新打开。首次关账一并冻结此前各月。
SELECT
    $slices(t.* AS *), t.period AS period,
    concat(formatDateTime(t.month, '%Y-%m'), '/', toString(t.number)) AS closing,
    formatDateTime(c.closed_at, '%FT%TZ', 'UTC') AS closed_at, c.closed_by AS closed_by, c.despite AS despite,
    CAST(t.frozen, 'Decimal(18, 2)') AS as_closed,
    CAST(t.carried_in, 'Decimal(18, 2)') AS carried,
    CAST(t.of_now, 'Decimal(18, 2)') AS as_now,
    if(isNull(c.reopened_at), CAST(t.of_now - t.frozen + t.carried_in, 'Decimal(18, 2)'), NULL) AS difference,
    if(isNull(c.reopened_at), t.changed_lines, NULL) AS later_lines,
    toString(c.base) AS currency,
    if(isNull(c.reopened_at), '', formatDateTime(assumeNotNull(c.reopened_at), '%FT%TZ', 'UTC')) AS reopened_at,
    c.reopened_by AS reopened_by, c.reopen_reason AS reopen_reason, c.hash AS hash,
    'ok' AS status, toFloat64(1) AS covered
FROM
(
    SELECT
        month, number, $slices(*), if(has({by:Array(String)}, 'month'), in_month, {from:Date}) AS period,
        sum(part_frozen) AS frozen, sum(part_carried) AS carried_in, sum(part_now) AS of_now, uniqExactIf(line, line != '') AS changed_lines
    FROM
    (
        SELECT
            f.month AS month, f.number AS number, $sliced(toString(f.*)), toStartOfMonth(f.posted_on) AS in_month,
            f.amount AS part_frozen, if(f.from_month < in_month, f.amount, CAST(0, 'Decimal(18, 2)')) AS part_carried, CAST(0, 'Decimal(38, 2)') AS part_now,
            '' AS line
        FROM inflow_state.closed_costs AS f
        WHERE (f.month, f.number) IN (SELECT month, number FROM inflow_state.closings FINAL) $narrowed(f.*)
        UNION ALL
        SELECT k.month, k.number, $slices(d.*), d.in_month, CAST(0, 'Decimal(18, 2)'), CAST(0, 'Decimal(18, 2)'), d.costs, ''
        FROM
        (
            SELECT $sliced(toString(s.*)), toStartOfMonth(s.day) AS in_month, sum(s.amount) AS costs
            FROM inflow.spend_days AS s
            WHERE s.day <= (SELECT max(to_day) FROM inflow_state.closings FINAL) $narrowed(s.*)
            GROUP BY $slices(*), in_month
        ) AS d
        CROSS JOIN (SELECT month, number, from_day FROM inflow_state.closings FINAL) AS k
        WHERE d.in_month BETWEEN k.from_day AND k.month
        UNION ALL
        SELECT k.month, k.number, $slices(d.*), d.in_month, CAST(0, 'Decimal(18, 2)'), CAST(0, 'Decimal(18, 2)'), CAST(0, 'Decimal(38, 2)'), d.line
        FROM
        (
            SELECT $sliced(toString(l.*)), l.from_month AS in_month, concat(toString(l.connection), '/', l.source_id) AS line
            FROM $later_lines() AS l
            WHERE 1 $narrowed(l.*)
            GROUP BY $slices(*), in_month, line
        ) AS d
        CROSS JOIN (SELECT month, number, from_day FROM inflow_state.closings FINAL WHERE isNull(reopened_at)) AS k
        WHERE d.in_month BETWEEN k.from_day AND k.month
        UNION ALL
        -- One that froze nothing is a closing too.
        SELECT
            k.month, k.number, $slices('' AS *), k.month, CAST(0, 'Decimal(18, 2)'), CAST(0, 'Decimal(18, 2)'), CAST(0, 'Decimal(38, 2)'), ''
        FROM inflow_state.closings AS k FINAL
        WHERE NOT has({by:Array(String)}, 'channel') AND NOT has({by:Array(String)}, 'store')
    )
    WHERE in_month BETWEEN toStartOfMonth({from:Date}) AND {to:Date} AND {tz:String} = {tz:String} AND {as_of:DateTime64(3, 'UTC')} = {as_of:DateTime64(3, 'UTC')}
    GROUP BY month, number, $slices(*), period
) AS t
INNER JOIN (SELECT * FROM inflow_state.closings FINAL) AS c ON c.month = t.month AND c.number = t.number
