-- Who was taken on, which case each row of employment, assessments and invitations tells of, and what assessments led to: marts.
CREATE TABLE case_rows
(
    kind LowCardinality(String) COMMENT 'employment, assessments or invitations',
    connection LowCardinality(String),
    source_id String COMMENT 'of the row',
    case_key UInt64 COMMENT 'as in application_stages; 0 when the row tells of no case that is known',
    person_id String COMMENT 'of the case, else of the row',
    basis LowCardinality(String) COMMENT 'application: the row names it; person: the case of the same person; empty: no case'
)
ENGINE = MergeTree
ORDER BY (kind, connection, source_id);

CREATE TABLE hires
(
    connection LowCardinality(String) COMMENT 'of the case; empty when no application is known',
    source_id String COMMENT 'of the case',
    case_key UInt64 COMMENT 'as in application_stages; 0 when no application is known',
    spell UInt16 COMMENT 'from 1: who left and came back without a new application was taken on again',
    person_id String,
    channel LowCardinality(String) COMMENT 'the case''s, else the one that employment names, else unallocated',
    first_touch LowCardinality(String) COMMENT 'channel of the person''s first touch up to the acceptance',
    last_touch LowCardinality(String),
    recorded_source LowCardinality(String) COMMENT 'channel that employment names',
    self_reported_source LowCardinality(String) COMMENT 'channel that the person named, unknown:<word> when no channel is called so',
    official_source LowCardinality(String) COMMENT 'by the rule of [sources]',
    official_basis LowCardinality(String) COMMENT 'override, protected, first_touch, last_touch, recorded, self_reported or empty',
    official_reason String COMMENT 'why a person decided otherwise',
    requisition String COMMENT 'connection/source_id; empty when none is known',
    posting_source_id String,
    store LowCardinality(String),
    department LowCardinality(String),
    city LowCardinality(String),
    recruiter LowCardinality(String),
    began_at Nullable(DateTime64(3, 'UTC')) COMMENT 'of the case',
    accepted_at Nullable(DateTime64(3, 'UTC')),
    accepted_implied UInt8 COMMENT '1: nobody tells of the acceptance, only of a later stage',
    onboarded_at Nullable(DateTime64(3, 'UTC')) COMMENT 'as the case tells',
    passed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'as the case tells',
    told UInt8 COMMENT '1 when employment tells of this hire, so that leaving would be known',
    agreed_on Nullable(Date),
    onboard_on Nullable(Date) COMMENT 'as employment tells, which knows better than the case',
    not_started UInt8 COMMENT '1 when employment says that the person never came',
    probation_until Nullable(Date),
    passed_on Nullable(Date),
    left_on Nullable(Date) COMMENT 'last day',
    has_left UInt8 COMMENT '1 also when nobody knows the day',
    leave_type LowCardinality(String),
    leave_reason String,
    rows Array(String) COMMENT 'employment rows, connection/source_id'
)
ENGINE = MergeTree
ORDER BY (channel, connection, source_id, person_id, spell);

CREATE TABLE assessed
(
    connection LowCardinality(String) COMMENT 'of the assessment',
    source_id String COMMENT 'of the assessment',
    case_key UInt64 COMMENT 'as in application_stages; 0 when no application is known',
    case_id String COMMENT 'connection/source_id of the case; empty when none is known',
    person_id String,
    channel LowCardinality(String) COMMENT 'of the case, else unallocated',
    store LowCardinality(String),
    department LowCardinality(String),
    city LowCardinality(String),
    recruiter LowCardinality(String),
    kind LowCardinality(String),
    name String COMMENT 'which test',
    at DateTime64(3, 'UTC') COMMENT 'taken, else sent, else the beginning of the case',
    status LowCardinality(String) COMMENT 'pending, taken, missed; of certificates valid, expired, missing',
    outcome LowCardinality(String) COMMENT 'passed, failed or empty; a valid certificate is passed, an expired or missing one failed',
    share Nullable(Float64) COMMENT 'score as a share of the greatest one; null when either is not told',
    offered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when the case got there',
    accepted_at Nullable(DateTime64(3, 'UTC')),
    onboarded_at Nullable(DateTime64(3, 'UTC'))
)
ENGINE = MergeTree
ORDER BY (kind, channel, at, connection, source_id);
