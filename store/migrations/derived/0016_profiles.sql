-- What a source says that an applicant can do and wants: what personas and recommendations are made of. Never sex, age, marriage, ethnic
-- group, health or anything else that connectors drop before landing.

ALTER TABLE applications ADD COLUMN IF NOT EXISTS education LowCardinality(String) COMMENT 'junior_middle (and below), high_school, vocational, college, bachelor, master, doctor or empty' AFTER outcome_reason;
ALTER TABLE applications ADD COLUMN IF NOT EXISTS experience_years Nullable(Decimal(18, 4)) COMMENT 'years of work, the lower end of a range' AFTER education;
ALTER TABLE applications ADD COLUMN IF NOT EXISTS expected_pay_text String COMMENT 'as the source says it' AFTER experience_years;
ALTER TABLE applications ADD COLUMN IF NOT EXISTS expected_pay_min Nullable(Decimal(18, 4)) AFTER expected_pay_text;
ALTER TABLE applications ADD COLUMN IF NOT EXISTS expected_pay_max Nullable(Decimal(18, 4)) AFTER expected_pay_min;
ALTER TABLE applications ADD COLUMN IF NOT EXISTS expected_pay_currency LowCardinality(String) AFTER expected_pay_max;
ALTER TABLE applications ADD COLUMN IF NOT EXISTS expected_pay_period LowCardinality(String) COMMENT 'hour, day, week, month, year or empty' AFTER expected_pay_currency;
ALTER TABLE applications ADD COLUMN IF NOT EXISTS night_shift LowCardinality(String) COMMENT 'whether the person works at night: yes, no or empty' AFTER expected_pay_period;
ALTER TABLE applications ADD COLUMN IF NOT EXISTS tags Array(LowCardinality(String)) COMMENT 'words that the source keeps for the person' AFTER night_shift;
ALTER TABLE applications ADD COLUMN IF NOT EXISTS reasons Array(LowCardinality(String)) COMMENT 'why a value stays empty, as field: reason' AFTER tags;
