-- Slots that the machine carries out. A call is written down before it is made: `sent` means that it was, or may have been, and that its outcome is
-- not known yet; the same key is sent again then.
ALTER TABLE repost_plan ADD COLUMN IF NOT EXISTS attempts UInt32 COMMENT 'calls that were made for it' AFTER decided_by;
ALTER TABLE repost_plan ADD COLUMN IF NOT EXISTS called_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first call' AFTER attempts;
ALTER TABLE repost_plan ADD COLUMN IF NOT EXISTS next_at Nullable(DateTime64(3, 'UTC')) COMMENT 'not called again before' AFTER called_at;
ALTER TABLE repost_plan ADD COLUMN IF NOT EXISTS outcome LowCardinality(String) COMMENT 'done, already, unknown, refused, not_allowed, gone, quota_spent; why it was not called: late, closed_hours, not_live, or the limit; empty: a matter of people' AFTER next_at;
ALTER TABLE repost_plan ADD COLUMN IF NOT EXISTS said String COMMENT 'what was answered, in one line' AFTER outcome;
ALTER TABLE repost_plan MODIFY COLUMN state LowCardinality(String) COMMENT 'planned, sent (called, outcome not known yet), told (a person was asked), done, failed (the machine gave up; a person is to be asked), skipped, missed (not carried out, and no longer to be), withdrawn (a later plan has it no more)';
