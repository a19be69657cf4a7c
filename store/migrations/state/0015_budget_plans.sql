-- Plans of money that somebody kept, to be compared with later ones and with what was spent since. Rows are only ever added.
CREATE TABLE budget_plans
(
    id String,
    made_at DateTime64(3, 'UTC') COMMENT 'up to which instant the store was read',
    kept_by String COMMENT 'who kept it, by name',
    scenario String COMMENT 'of plans.toml; empty: the plan of all days, or one asked for by options',
    people LowCardinality(String) COMMENT 'attended or onboarded',
    weeks UInt32 COMMENT 'that the money is for',
    last_day Date COMMENT 'last day whose spend was known',
    question String COMMENT 'what was asked, a JSON object',
    plan String COMMENT 'all figures as they were, a JSON object',
    definitions String COMMENT 'versions of the definitions that they stand on, a JSON object',
    program String COMMENT 'version of the program'
)
ENGINE = MergeTree
ORDER BY (made_at, id);
