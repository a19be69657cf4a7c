-- What will come: the job `forecast` fills it anew after each analysis.
CREATE TABLE forecasts
(
    channel LowCardinality(String) COMMENT 'empty: all channels together, forecast from their sum',
    stage LowCardinality(String) COMMENT 'applied or onboarded',
    day Date COMMENT 'local day of the channel; of a sum, its first day',
    horizon UInt16 COMMENT 'days after the last whole day of history; of a sum, its last day',
    days UInt16 COMMENT '1, or how many days the row sums',
    value Float64 COMMENT 'people expected',
    naive Float64 COMMENT 'what the last observed day of the same weekday says',
    low80 Float64,
    high80 Float64,
    low95 Float64,
    high95 Float64,
    method LowCardinality(String) COMMENT 'seasonal_naive, ets, theta, mstl or combined',
    backtest_ratio Nullable(Float64) COMMENT 'root mean squared error over that of seasonal_naive on past days',
    status LowCardinality(String) COMMENT 'ok, few (too little history for a backtest) or partial',
    covered Float64 COMMENT 'share of the last four weeks of history that the connections delivered',
    made_as_of Date COMMENT 'last whole day of the history'
)
ENGINE = MergeTree
ORDER BY (channel, stage, days, day);
