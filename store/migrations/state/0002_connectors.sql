-- The breaker of a connection: how often it failed in a row, and until when it is left alone.
ALTER TABLE connection_health
    ADD COLUMN IF NOT EXISTS failures UInt32 DEFAULT 0 COMMENT 'failures in a row that the breaker counts' AFTER error,
    ADD COLUMN IF NOT EXISTS open_until Nullable(DateTime64(3, 'UTC')) COMMENT 'no scheduled pull before; null: the breaker is closed' AFTER failures;

ALTER TABLE runs
    COMMENT COLUMN IF EXISTS error_kind 'unreachable, unauthorised, rate_limited, budget_used_up, server_error, bad_response, changed_shape, file, configuration, store or empty';
