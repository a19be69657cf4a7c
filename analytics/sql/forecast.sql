-- id: forecast
-- version: 1
-- title.en: Forecast
-- title.zh: 预测
-- numerator: people who are expected to apply and to be onboarded in the 28 days after the last whole day before the analysis; beside it, what the last week repeated would say (naive)
-- denominator: none; backtest_ratio is the root mean squared error on past days over that of naive
-- clock: the instant of entering the stage, in local days; the forecast is made at the last analysis (made_on is the last day it knew)
-- exclusions: days for which a channel's connections did not deliver are unknown, not zero; a channel with fewer than two weeks of history has no forecast. By store applications alone, of all channels together (channel stays empty, and a channel filter leaves nothing); the twenty largest stores with ten weeks of history and 100 applications in 400 days are forecast each by itself, of the others the 200 largest get their share of the last eight weeks of what is forecast of all others together (method pooled, status few)
-- dimensions: channel, store, day
-- default_by: channel
-- keys: stage
-- columns: value, naive, low80, high80, low95, high95, days, method, backtest_ratio, made_on, status, covered
-- meaning.en: How many people will apply and start in the next 28 days, with the ranges that hold with 80 and 95 %; by day those of the period, or all 28 when it ends before them. Without channel: forecast from the sum, so it is not exactly the sum of the channels. By store: the largest by their own history, small ones as a share of the small ones together (pooled).
-- meaning.zh: 未来28天预计多少人投递、多少人入职,附80%与95%区间(区间来自回测误差);按天时取所选期间内的日子,期间早于预测时给出全部28天;不分渠道时由合计序列直接预测,与各渠道之和略有出入。按门店时,大店各自预测,小店按近八周占比分摊小店合计的预测(pooled)。历史不足十周只给朴素预测(few),不足两周不预测。
WITH
    has({by:Array(String)}, 'day') AS by_day,
    has({by:Array(String)}, 'channel') AS by_channel,
    has({by:Array(String)}, 'store') AS by_store,
    -- A store that is asked for, as a group or alone.
    by_store OR length({store:Array(String)}) = 1 AS of_stores,
    chosen AS
    (
        SELECT *, toUInt8(1) AS found
        FROM inflow.forecasts
        WHERE days = if(by_day, 1, 28)
          AND (store != '') = of_stores
          AND (of_stores OR if(by_channel, channel != '', if(length({channel:Array(String)}) = 1, has({channel:Array(String)}, channel), channel = '')))
          AND (empty({channel:Array(String)}) OR channel = '' OR has({channel:Array(String)}, channel))
          -- Nothing is known of a channel's stores, of some stores together, and of some channels together.
          AND if(of_stores, empty({channel:Array(String)}) AND (empty({store:Array(String)}) OR has({store:Array(String)}, store)),
            empty({store:Array(String)}) AND (by_channel OR length({channel:Array(String)}) < 2))
          AND (NOT by_day OR {to:Date} <= made_as_of OR day BETWEEN {from:Date} AND {to:Date})
    ),
    wanted AS
    (
        SELECT DISTINCT if(by_channel AND NOT of_stores, toString(channel), '') AS channel, stage
        FROM inflow.channels ARRAY JOIN if(of_stores, ['applied'], ['applied', 'onboarded']) AS stage
        WHERE position < 1000000 AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, channel))
    )
SELECT
    if(c.found = 1, if(by_channel, toString(c.channel), ''), w.channel) AS channel,
    if(by_store, toString(c.store), '') AS store,
    if(c.found = 1, toString(c.stage), w.stage) AS stage,
    if(by_day AND c.found = 1, c.day, {from:Date}) AS period,
    if(c.found = 1, c.value, NULL) AS value,
    if(c.found = 1, c.naive, NULL) AS naive,
    if(c.found = 1, c.low80, NULL) AS low80,
    if(c.found = 1, c.high80, NULL) AS high80,
    if(c.found = 1, c.low95, NULL) AS low95,
    if(c.found = 1, c.high95, NULL) AS high95,
    if(c.found = 1, c.days, NULL) AS days,
    if(c.found = 1, toString(c.method), NULL) AS method,
    c.backtest_ratio AS backtest_ratio,
    if(c.found = 1, toString(c.made_as_of), NULL) AS made_on,
    if(c.found = 1, toString(c.status), 'no_data') AS status,
    if(c.found = 1, c.covered, 0) AS covered
FROM wanted AS w
FULL JOIN (SELECT *, if(by_channel, toString(channel), '') AS joined FROM chosen) AS c ON c.joined = w.channel AND toString(c.stage) = w.stage
