-- What the normalisers make of a posting's place, company, title and pay; what they cannot read says why.

ALTER TABLE postings ADD COLUMN IF NOT EXISTS company_normal String COMMENT 'company in simplified characters and lower case, without legal form' AFTER company;
ALTER TABLE postings ADD COLUMN IF NOT EXISTS level LowCardinality(String) COMMENT 'intern, graduate, junior, middle, senior, staff, principal, lead, head or empty' AFTER title_normal;
ALTER TABLE postings ADD COLUMN IF NOT EXISTS place_kind LowCardinality(String) COMMENT 'city, region, several, nationwide, remote, unknown or empty' AFTER place;
ALTER TABLE postings ADD COLUMN IF NOT EXISTS province LowCardinality(String) COMMENT 'province of China without its ending, or the state elsewhere' AFTER place_kind;
ALTER TABLE postings ADD COLUMN IF NOT EXISTS district LowCardinality(String) COMMENT 'district, county or town below the city, without its ending' AFTER city;
ALTER TABLE postings ADD COLUMN IF NOT EXISTS reasons Array(LowCardinality(String)) COMMENT 'why a value stays empty or is not sure, as field: reason' AFTER pay_months;
