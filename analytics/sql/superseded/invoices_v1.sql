-- id: invoices
-- version: 1
-- until: 2026-11-27
-- changed.en: version 2 shows a row for each channel and status, with the oldest lines as examples; the lines themselves by `--by entry`
-- changed.zh: 第 2 版按渠道与状态汇总成一行,附最早的几笔为例;逐笔明细用 `--by entry`
-- title.en: Invoices
-- title.zh: 发票
-- numerator: ledger lines that should have an invoice, and invoices, by how they stand (state): matched; late (issued in a later month than booked, or more than 30 days after); personal_paid (the buyer is none of finance.toml's payers); amount_differs; voided (voided or taken back by a red-letter invoice, and no other); missing (30 days after booking); pending (not due yet); stated (the line names a number that was not imported); red_letter; no_ledger_line; no_channel (the seller is no channel)
-- denominator: none
-- clock: booking day of a ledger line, day of issue of an invoice; how they stand is that of now
-- exclusions: ledger lines that a wallet or a package pays for (their recharge has the invoice), referral bonuses, lines that say that they have none, and what came back without a red-letter invoice
-- dimensions: channel, day, week, month
-- default_by: channel
-- keys: side, state, entry
-- columns: lines, amount, currency, booked_or_issued, kind, document, numbers, issued_on, due_on, payer, difference, days, status, covered
-- money: amount, difference
-- meaning.en: Which invoices are here, late, missing, voided or on somebody else's name: what is in order as one row each, everything else line by line. Gross amounts.
-- meaning.zh: 发票是否到齐:无误的汇总一行;迟开、缺票、作废、抬头非本公司、金额不符以及台账中找不到的发票逐笔列出。金额为价税合计。
SELECT
    channel, period, side, state, entry,
    lines, amount, currency, booked_or_issued, kind, document, numbers, issued_on, due_on, payer, difference, days,
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
        toString(m.side) AS side, toString(m.state) AS state,
        state NOT IN ('matched', 'pending', 'red_letter', 'no_channel') AS alone,
        if(alone, concat(m.connection, ':', m.source_id), toString(m.currency)) AS entry,
        count() AS lines, sum(m.amount) AS amount, toString(any(m.currency)) AS currency,
        if(alone, toString(any(m.day)), '') AS booked_or_issued, if(alone, toString(any(m.kind)), '') AS kind,
        if(alone, any(m.document), '') AS document, if(alone, arrayStringConcat(any(m.invoices), ', '), '') AS numbers,
        if(alone, toString(any(m.issued_on)), NULL) AS issued_on, if(alone, toString(any(m.due_on)), NULL) AS due_on,
        if(alone, any(m.payer), '') AS payer, if(alone, any(m.difference), NULL) AS difference, if(alone, any(m.days), NULL) AS days
    FROM inflow.invoice_matches AS m
    WHERE m.day BETWEEN {from:Date} AND {to:Date} AND m.day <= toDate({as_of:DateTime64(3, 'UTC')}, if({tz:String} = '', 'UTC', {tz:String}))
      AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, m.channel)) AND empty({store:Array(String)})
    GROUP BY channel, period, side, state, alone, entry
)
