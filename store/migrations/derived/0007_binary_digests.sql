-- Digests take half the room as bytes, and one key made all digests of a row. The next migration drops what these replace.
ALTER TABLE candidates ADD COLUMN IF NOT EXISTS digest_value Array(FixedString(16)) COMMENT 'keyed BLAKE3 of the normal form, 16 bytes' AFTER digest_normaliser;
ALTER TABLE candidates ADD COLUMN IF NOT EXISTS key_id LowCardinality(String) COMMENT 'id of the key, never the key' AFTER digest_value;
ALTER TABLE candidates UPDATE digest_value = arrayMap(d -> toFixedString(unhex(d), 16), digest), key_id = arrayElement(digest_key, 1) WHERE notEmpty(digest) SETTINGS mutations_sync = 1;

-- Persons that one connection alone knows cannot be told of twice.
ALTER TABLE candidate_links ADD COLUMN IF NOT EXISTS connections UInt16 COMMENT 'connections that know this person' AFTER members;

-- Texts of postings are long: a lighter compression is enough for them.
ALTER TABLE postings MODIFY COLUMN body String CODEC(ZSTD(1));
