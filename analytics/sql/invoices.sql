-- id: invoices
-- version: 2
-- title.en: Invoices
-- title.zh: 发票
-- numerator: ledger lines that should have an invoice, and invoices, by how they stand (state): matched; late (issued in a later month than booked, or more than 30 days after); personal_paid (the buyer is none of finance.toml's payers); amount_differs; voided (voided or taken back by a red-letter invoice, and no other); missing (30 days after booking); pending (not due yet); stated (the line names a number that was not imported); red_letter; no_ledger_line; no_channel (the seller is no channel)
-- denominator: none
-- clock: booking day of a ledger line, day of issue of an invoice; how they stand is that of now
-- exclusions: ledger lines that a wallet or a package pays for (their recharge has the invoice), referral bonuses, lines that say that they have none, and what came back without a red-letter invoice
-- dimensions: channel, entry, day, week, month
-- default_by: channel
-- keys: side, state, line_currency
-- columns: lines, amount, oldest, due_on, days, difference, examples, kind, document, numbers, issued_on, payer, currency, status, covered
-- money: amount, difference
-- meaning.en: Which invoices are here, late, missing, voided or on somebody else's name: one row for each channel and status, with the oldest day, the first due day and three lines as examples; by entry, each line that is not in order by itself, with its papers. Gross amounts.
-- meaning.zh: 发票是否到齐:按渠道与状态各一行,附最早日期、最早到期日和三笔示例;按 entry 分组则把有问题的逐笔列出并附单据。金额为价税合计。
SELECT
    channel, entry, period, side, state, line_currency,
    lines, amount, oldest, due_on, days, difference, examples, kind, document, numbers, issued_on, payer, line_currency AS currency,
    'ok' AS status, toFloat64(1) AS covered
FROM
(
    SELECT
        if(has({by:Array(String)}, 'channel'), toString(m.channel), '') AS channel,
        multiIf(
            has({by:Array(String)}, 'day'), m.day,
            has({by:Array(String)}, 'week'), toMonday(m.day),
            has({by:Array(String)}, 'month'), toStartOfMonth(m.day),
            {from:Date}) AS period,
        toString(m.side) AS side, toString(m.state) AS state, toString(m.currency) AS line_currency,
        state NOT IN ('matched', 'pending', 'red_letter', 'no_channel') AS alone,
        if(alone AND has({by:Array(String)}, 'entry'), concat(m.connection, ':', m.source_id), '') AS entry,
        count() AS lines, sum(m.amount) AS amount, toString(min(m.day)) AS oldest,
        if(alone, toString(min(m.due_on)), NULL) AS due_on, if(alone, max(m.days), NULL) AS days, if(alone, sum(m.difference), NULL) AS difference,
        if(alone AND entry = '', arrayStringConcat(arrayMap(one -> one.2, groupArraySorted(3)((m.day, concat(m.connection, ':', m.source_id)))), ', '), '') AS examples,
        if(uniqExact(m.kind) = 1, toString(any(m.kind)), '') AS kind,
        -- Papers where a row is one line that is not in order.
        alone AND lines = 1 AS single,
        if(single, any(m.document), '') AS document, if(single, arrayStringConcat(any(m.invoices), ', '), '') AS numbers,
        if(single, toString(any(m.issued_on)), NULL) AS issued_on, if(single, any(m.payer), '') AS payer
    FROM inflow.invoice_matches AS m
    WHERE m.day BETWEEN {from:Date} AND {to:Date} AND m.day <= toDate({as_of:DateTime64(3, 'UTC')}, if({tz:String} = '', 'UTC', {tz:String}))
      AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, m.channel)) AND empty({store:Array(String)})
    GROUP BY channel, period, side, state, line_currency, alone, entry
)
