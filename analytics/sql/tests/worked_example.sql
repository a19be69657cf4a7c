-- id: worked_example
-- version: 2
-- title.en: Worked example
-- title.zh: 示例
-- numerator: days of the period
-- denominator: none
-- clock: the calendar
-- exclusions: none; this definition is in tests alone
-- dimensions: channel, day
-- default_by: channel
-- columns: days, status, covered
-- meaning.en: How many days a period has.
-- meaning.zh: 期间的天数。
SELECT
    toString(channel) AS channel, {from:Date} AS period, toUInt32(dateDiff('day', {from:Date}, {to:Date}) + 1) AS days, 'ok' AS status, 1 AS covered
FROM inflow.channels
WHERE channel != 'unallocated' AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, channel))
  AND ({tz:String} = {tz:String} OR empty({store:Array(String)}) OR has({by:Array(String)}, toString({as_of:DateTime64(3, 'UTC')})))
