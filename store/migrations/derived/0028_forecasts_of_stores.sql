-- Applications of single stores ahead.
ALTER TABLE forecasts
    ADD COLUMN IF NOT EXISTS store LowCardinality(String) COMMENT 'empty: not of a store; else of all channels together, channel being empty' AFTER channel,
    MODIFY COLUMN method LowCardinality(String) COMMENT 'seasonal_naive, ets, theta, mstl or combined; pooled: a share of what is forecast of small stores together';
