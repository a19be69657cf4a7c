-- What reports ask of each channel stands beside it, instead of being looked for in every report.
ALTER TABLE channels
    ADD COLUMN IF NOT EXISTS has_data UInt8 DEFAULT 1 COMMENT '1 when there is a stage, a live posting or a cost of it',
    ADD COLUMN IF NOT EXISTS has_spend UInt8 COMMENT '1 when a connection has delivered spend of it';
