-- Times as boards tell them to people, beside the instant that was made of them.

ALTER TABLE postings ADD COLUMN IF NOT EXISTS posted_text String COMMENT 'the time as the board says it (3 days ago), where it is no date' AFTER posted_precision;
