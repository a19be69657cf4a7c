-- After 0007.
ALTER TABLE candidates DROP COLUMN IF EXISTS digest;
ALTER TABLE candidates DROP COLUMN IF EXISTS digest_key;
