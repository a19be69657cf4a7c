-- Drops at one store of a channel, which the days of the whole channel dilute.
ALTER TABLE channel_drops
    ADD COLUMN IF NOT EXISTS store LowCardinality(String) COMMENT 'empty: all of the channel' AFTER channel,
    ADD COLUMN IF NOT EXISTS stores Array(String) COMMENT 'of a whole channel: its stores with an alarm on the day';
