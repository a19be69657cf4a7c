-- Partitions of this table are replaced as a whole and written in blocks of a quarter million rows: merging their parts costs as much as
-- a third of making them, and gains nothing.
ALTER TABLE application_stage_tiers MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 1;
