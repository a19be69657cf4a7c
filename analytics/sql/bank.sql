-- id: bank
-- version: 1
-- title.en: Bank and ledger
-- title.zh: 银行流水与台账核对
-- numerator: bank lines, and the ledger lines that moved cash, by what became of them: matched (by document, by amount with channel and nearest day within 5 days, or as a sum), or why not: no_bank_line, no_ledger_line, amount_differs, day_too_far, other_currency, two_candidates; no_channel are bank lines of other business
-- denominator: none
-- clock: booking day of each line at its own side; matches are those of now
-- exclusions: ledger lines that a wallet or a package pays for, and contracts without a line; everything until a bank line was imported
-- dimensions: channel, day, week, month
-- default_by: channel
-- keys: side, outcome, entry
-- columns: lines, amount, currency, day_booked, kind, account, document, counterparty, candidate, difference, days, status, covered
-- money: amount, difference
-- meaning.en: Every movement of cash on both sides: what is matched and what is other business as one row each, and each unmatched line by itself with the line that comes nearest. Amounts as the account sees them: paid is negative.
-- meaning.zh: 两边的每笔资金收付:已匹配与非招聘业务各汇总一行,未匹配的逐笔列出,并给出最接近的对方记录。金额按银行账户方向,付出为负。
SELECT
    channel, period, side, outcome, entry,
    lines, amount, currency, day_booked, kind, account, document, counterparty, candidate, difference, days,
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
        toString(m.side) AS side, if(m.state = 'matched', 'matched', toString(m.reason)) AS outcome,
        -- Of other business, such as salaries, nobody is shown line by line.
        outcome NOT IN ('matched', 'no_channel') AS alone,
        if(alone, concat(m.connection, ':', m.source_id), toString(m.currency)) AS entry,
        count() AS lines, sum(m.amount) AS amount, toString(any(m.currency)) AS currency,
        if(alone, toString(any(m.day)), '') AS day_booked, if(alone, toString(any(m.kind)), '') AS kind,
        if(alone, toString(any(m.account)), '') AS account, if(alone, any(m.document), '') AS document,
        if(alone, any(m.counterparty), '') AS counterparty, if(alone, any(m.candidate), '') AS candidate,
        if(alone, any(m.difference), NULL) AS difference, if(alone, any(m.days), NULL) AS days
    FROM inflow.bank_matches AS m
    WHERE m.day BETWEEN {from:Date} AND {to:Date} AND m.day <= toDate({as_of:DateTime64(3, 'UTC')}, if({tz:String} = '', 'UTC', {tz:String}))
      AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, m.channel)) AND empty({store:Array(String)})
    GROUP BY channel, period, side, outcome, alone, entry
)
