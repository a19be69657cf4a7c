-- What the budget advice says as it stands; made anew by every analysis.
CREATE TABLE budget_moves
(
    people LowCardinality(String) COMMENT 'whom the money is to bring: attended or onboarded',
    channel LowCardinality(String),
    spend Decimal(18, 2) COMMENT 'of the four weeks that end on last_day',
    advised_from Decimal(18, 2) COMMENT 'the same, at the total that is given out',
    advised Decimal(18, 2) COMMENT 'for the next four weeks; adds up to the total to the cent',
    least Decimal(18, 2) COMMENT 'a bounded move stays between these',
    most Decimal(18, 2),
    next_cost_before Nullable(Decimal(18, 2)) COMMENT 'what the next person costs',
    next_cost_after Nullable(Decimal(18, 2)) COMMENT 'and after the move',
    gain Float64 COMMENT 'people in four weeks that the move brings, negative where it takes them',
    probability Nullable(Float64) COMMENT 'that this channel''s money brings more where the plan puts it',
    basis LowCardinality(String) COMMENT 'response or rule_of_thumb',
    obstacle LowCardinality(String) COMMENT 'why it is a rule of thumb: few_weeks, few_people, same_spend',
    reason LowCardinality(String) COMMENT 'cheaper_here, dearer_here, even, only_channel, no_spend, no_data',
    spend_90 Decimal(18, 2) COMMENT 'of the last 13 weeks that are ripe',
    attended_90 UInt64 COMMENT 'who applied in them and came to an interview',
    onboarded_90 UInt64 COMMENT 'who applied in them and were onboarded',
    status LowCardinality(String),
    covered Float64,
    plan_probability Nullable(Float64) COMMENT 'that the whole plan brings more people than the same total does now',
    plan_gain Float64 COMMENT 'people in four weeks, expected',
    plan_low Float64 COMMENT '95 % interval of the gain',
    plan_high Float64,
    plan_worst Float64 COMMENT 'one draw in twenty is under it',
    plan_expected Float64 COMMENT 'people in four weeks as money is spent now',
    currency LowCardinality(String),
    last_day Date COMMENT 'last day whose spend is known',
    made_as_of DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (people, channel);
