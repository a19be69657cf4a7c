-- Scores of open applications from past outcomes, and the model that they come from. Both are empty while [recommendation] names no impact assessment.
CREATE TABLE recommendations
(
    connection LowCardinality(String),
    source_id String COMMENT 'the application; of a case of several connections the member that stands for it',
    channel LowCardinality(String),
    store LowCardinality(String),
    department LowCardinality(String),
    applied_at DateTime64(3, 'UTC'),
    local_day Date COMMENT 'day of applied_at in the zone of the channel',
    basis LowCardinality(String) COMMENT 'model, or tag_rules where there is none',
    score Nullable(Float64) COMMENT 'chance of the outcome; null with tag_rules',
    low Nullable(Float64) COMMENT '95 % interval, of the weights alone',
    high Nullable(Float64),
    carried UInt16 COMMENT 'with tag_rules: tags of the persona that fits best which the application carries',
    wanted UInt16 COMMENT 'with tag_rules: tags of that persona',
    reasons Array(Tuple(trait String, value String, log_odds Float64)) COMMENT 'the greatest first; log_odds beside the mean of past applications, 0 with tag_rules',
    model_version LowCardinality(String),
    fitted_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (connection, source_id);

CREATE TABLE recommendation_model
(
    state LowCardinality(String) COMMENT 'fitted, or why there are no scores: too_few, no_traits, cannot_tell',
    impact_assessment String COMMENT 'reference, as configured',
    model_version LowCardinality(String),
    fitted_at DateTime64(3, 'UTC'),
    outcomes UInt32 COMMENT 'past applications whose outcome is known',
    stayed UInt32 COMMENT 'of them those taken on who stayed',
    first_day Nullable(Date) COMMENT 'when the oldest and the newest of them applied',
    last_day Nullable(Date),
    resolutions Array(Tuple(resolution String, applications UInt32)) COMMENT 'what became of the applications looked at, those left out too',
    ridge Nullable(Float64),
    trained UInt32 COMMENT 'older outcomes that a model was fitted to',
    judged UInt32 COMMENT 'newer ones that it was judged on',
    predicted Nullable(Float64) COMMENT 'of the newer ones: mean chance stated',
    observed Nullable(Float64) COMMENT 'and the share that came true',
    slope Nullable(Float64) COMMENT 'Cox''s calibration slope: 1 is right, less is too sure',
    slope_error Nullable(Float64),
    area_under_curve Nullable(Float64),
    area_error Nullable(Float64),
    brier Nullable(Float64),
    brier_of_share Nullable(Float64) COMMENT 'of the plain share for everybody',
    reliability Array(Tuple(applications UInt32, stayed UInt32, predicted Float64, observed Float64, low Float64, high Float64)) COMMENT 'tenths of the newer ones by the chance stated',
    weights Array(Tuple(trait String, value String, log_odds Float64, error Float64)) COMMENT 'of the fit to all outcomes'
)
ENGINE = MergeTree
ORDER BY model_version;
