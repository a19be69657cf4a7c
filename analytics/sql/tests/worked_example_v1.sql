-- id: worked_example
-- version: 1
-- until: 2026-11-20
-- changed.en: The last day counts too.
-- changed.zh: 末日也计入。
-- title.en: Worked example
-- title.zh: 示例
-- numerator: nights of the period
-- denominator: none
-- clock: the calendar
-- exclusions: none; this definition is in tests alone
-- dimensions: channel, day
-- default_by: channel
-- columns: nights, status, covered
-- meaning.en: How many nights a period has.
-- meaning.zh: 期间的夜数。
SELECT
    toString(channel) AS channel, {from:Date} AS period, toUInt32(dateDiff('day', {from:Date}, {to:Date})) AS nights, 'ok' AS status, 1 AS covered
FROM inflow.channels
WHERE channel != 'unallocated' AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, channel))
  AND ({tz:String} = {tz:String} OR empty({store:Array(String)}) OR has({by:Array(String)}, toString({as_of:DateTime64(3, 'UTC')})))
