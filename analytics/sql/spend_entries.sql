-- id: spend_entries
-- version: 1
-- title.en: Ledger lines behind the cost
-- title.zh: 费用明细
-- numerator: accrued cost of the period in the base currency, by ledger line: its connection and source id (entry), what it says (gross, net, in line_currency) and its papers
-- denominator: none
-- clock: service day
-- exclusions: lines without a rate on their booking day (counted in reconciles); a contract of channels.toml has no papers
-- dimensions: channel, store, department, kind
-- default_by: channel, kind
-- keys: entry
-- columns: document, booked_on, service_from, service_to, gross, net, line_currency, invoice_type, invoice_number, allocation, amount, currency, status, covered
-- money: amount
-- meaning.en: Each line of the ledger that is cost of the period, and how much of it.
-- meaning.zh: 本期费用对应的每一行台账及其金额。
WITH
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    costs AS
    (
        SELECT
            $sliced(toString(j.*)),
            if(has({by:Array(String)}, 'kind'), toString(j.kind), '') AS kind,
            toString(j.connection) AS of_connection, j.source_id AS of_source,
            sumIf(j.amount, j.debit = 'cost') - sumIf(j.amount, j.credit = 'cost') AS amount, anyIf(toString(j.allocation), j.allocation != '') AS allocation
        FROM inflow.journal AS j
        WHERE (j.debit = 'cost' OR j.credit = 'cost') AND j.day BETWEEN {from:Date} AND {to:Date}
          AND j.day <= toDate(formatDateTime({as_of:DateTime64(3, 'UTC')}, '%F',
                multiIf({tz:String} != '', {tz:String}, zones[toString(j.channel)] != '', zones[toString(j.channel)], 'UTC')))
          $narrowed(j.*)
        GROUP BY $slices(*), kind, of_connection, of_source
    )
SELECT
    $slices(c.* AS *), c.kind AS kind, {from:Date} AS period, concat(c.of_connection, ':', c.of_source) AS entry,
    s.document AS document, nullIf(s.booked_on, toDate(0)) AS booked_on, nullIf(s.service_from, toDate(0)) AS service_from, nullIf(s.service_to, toDate(0)) AS service_to,
    s.gross AS gross, s.net AS net, toString(s.currency) AS line_currency, toString(s.invoice_type) AS invoice_type, s.invoice_number AS invoice_number,
    c.allocation AS allocation,
    CAST(c.amount, 'Decimal(18, 2)') AS amount, (SELECT toString(any(base)) FROM inflow.fx_rates) AS currency,
    'ok' AS status, toFloat64(1) AS covered
FROM costs AS c
LEFT JOIN
(
    SELECT toString(connection) AS connection, source_id, document, booked_on, service_from, service_to, gross, net, currency, invoice_type, invoice_number
    FROM inflow.spend FINAL
    WHERE deleted = 0 AND (connection, source_id) IN (SELECT of_connection, of_source FROM costs)
) AS s ON s.connection = c.of_connection AND s.source_id = c.of_source
