-- Openings, boards' daily counts, and what became of people. Rows like those of 0001: the greatest version wins.
--
-- employment, assessments and invitations tell of a case that another stream delivers. `application_source_id` is that
-- case's id at the same connection, where the source names it; `candidate_source_id` is a row of `candidates` of the same
-- connection (of this row alone where the source names the person and no id), and through `candidate_links` the person.

CREATE TABLE requisitions
(
    connection LowCardinality(String),
    source_id String,
    title String,
    title_normal String,
    department LowCardinality(String),
    store LowCardinality(String),
    city LowCardinality(String),
    heads Nullable(UInt64) COMMENT 'planned; null when not said',
    reason LowCardinality(String) COMMENT 'new, replacement, expansion, seasonal, other or empty',
    employment_type LowCardinality(String),
    owner LowCardinality(String) COMMENT 'who asked for the people; a pseudonymous code',
    recruiter LowCardinality(String) COMMENT 'a pseudonymous code',
    priority LowCardinality(String),
    status LowCardinality(String) COMMENT 'open, on_hold, filled, cancelled, closed (not said which)',
    opened_on Nullable(Date),
    due_on Nullable(Date),
    closed_on Nullable(Date),
    pay_text String,
    pay_min Nullable(Decimal(18, 4)) COMMENT 'approved pay',
    pay_max Nullable(Decimal(18, 4)),
    pay_period LowCardinality(String) COMMENT 'hour, day, week, month, year or empty',
    budget Nullable(Decimal(18, 4)) COMMENT 'what may be spent on filling it',
    currency LowCardinality(String) COMMENT 'of the budget',
    note String,
    version UInt64,
    deleted UInt8 DEFAULT 0,
    segment String,
    fetched_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (connection, source_id)
SETTINGS non_replicated_deduplication_window = 10000;

-- Counts that a board publishes, never added to people. BOSS shows the same day by recruiter and by job: two cuts of one
-- sum, so only rows of one `cut` may be added. A count that the board does not publish is null, not 0.
CREATE TABLE channel_daily
(
    connection LowCardinality(String),
    source_id String,
    channel LowCardinality(String),
    account LowCardinality(String),
    recruiter LowCardinality(String) COMMENT 'a pseudonymous code',
    posting_source_id String,
    title String COMMENT 'the job where the board has no id for it',
    store LowCardinality(String),
    department LowCardinality(String),
    day Date COMMENT 'local day of the channel',
    cut LowCardinality(String) COMMENT 'account, recruiter, posting or recruiter_posting: what the row counts for',
    viewed_by_us Nullable(UInt64) COMMENT 'BOSS查看牛人',
    contacted_by_us Nullable(UInt64) COMMENT 'BOSS发起聊天',
    chats Nullable(UInt64) COMMENT 'BOSS沟通',
    viewed_by_candidates Nullable(UInt64) COMMENT '牛人查看BOSS',
    contacted_by_candidates Nullable(UInt64) COMMENT '牛人发起聊天',
    resumes Nullable(UInt64) COMMENT '收获简历',
    contacts_exchanged Nullable(UInt64) COMMENT '交换电话微信',
    interviews_accepted Nullable(UInt64) COMMENT '接受面试',
    impressions Nullable(UInt64) COMMENT '职位曝光',
    version UInt64,
    deleted UInt8 DEFAULT 0,
    segment String,
    fetched_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (connection, source_id)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE employment
(
    connection LowCardinality(String),
    source_id String,
    application_source_id String,
    candidate_source_id String,
    employee String COMMENT 'employee number as a pseudonymous code',
    channel LowCardinality(String) COMMENT 'empty when the row says no source',
    source_word String COMMENT 'the official source as the sheet says it',
    self_reported_source String COMMENT 'what the person said',
    posting_source_id String,
    requisition_source_id String,
    title String,
    department LowCardinality(String),
    store LowCardinality(String),
    city LowCardinality(String),
    recruiter LowCardinality(String) COMMENT 'a pseudonymous code',
    agreed_on Nullable(Date) COMMENT 'agreed first day',
    onboard_on Nullable(Date) COMMENT 'first day',
    probation_until Nullable(Date),
    passed_on Nullable(Date) COMMENT 'probation passed',
    left_on Nullable(Date) COMMENT 'last day',
    leave_type LowCardinality(String) COMMENT 'resigned, dismissed, expired, retired, transferred, other or empty',
    leave_reason String,
    status LowCardinality(String) COMMENT 'agreed, not_started, employed (not said whether on probation), probation, regular, left',
    version UInt64,
    deleted UInt8 DEFAULT 0,
    segment String,
    fetched_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (connection, source_id)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE assessments
(
    connection LowCardinality(String),
    source_id String,
    application_source_id String,
    candidate_source_id String,
    kind LowCardinality(String) COMMENT 'test, ai_interview, trial_shift, night_shift, performance, health_certificate',
    name String COMMENT 'which test',
    assessor LowCardinality(String) COMMENT 'a pseudonymous code',
    sent_at Nullable(DateTime64(3, 'UTC')),
    sent_precision LowCardinality(String),
    taken_at Nullable(DateTime64(3, 'UTC')),
    taken_precision LowCardinality(String),
    score Nullable(Decimal(18, 4)),
    max_score Nullable(Decimal(18, 4)),
    result LowCardinality(String) COMMENT 'passed, failed or empty',
    status LowCardinality(String) COMMENT 'pending, taken, missed; of certificates valid, expired, missing',
    valid_until Nullable(Date),
    version UInt64,
    deleted UInt8 DEFAULT 0,
    segment String,
    fetched_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (connection, source_id)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE invitations
(
    connection LowCardinality(String),
    source_id String,
    application_source_id String,
    candidate_source_id String,
    channel LowCardinality(String) COMMENT 'empty when the row says none',
    posting_source_id String,
    requisition_source_id String,
    department LowCardinality(String),
    store LowCardinality(String),
    kind LowCardinality(String) COMMENT 'phone, onsite, video, ai or empty',
    round String,
    recruiter LowCardinality(String) COMMENT 'a pseudonymous code',
    interviewer LowCardinality(String) COMMENT 'a pseudonymous code',
    sent_at Nullable(DateTime64(3, 'UTC')),
    sent_precision LowCardinality(String),
    delivered_at Nullable(DateTime64(3, 'UTC')),
    opened_at Nullable(DateTime64(3, 'UTC')),
    replied_at Nullable(DateTime64(3, 'UTC')),
    scheduled_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when it is due now: a moved interview counts on its new date',
    scheduled_precision LowCardinality(String),
    deadline_at Nullable(DateTime64(3, 'UTC')) COMMENT 'until when one without an appointment must be taken',
    attended_at Nullable(DateTime64(3, 'UTC')),
    attended_precision LowCardinality(String),
    result LowCardinality(String) COMMENT 'invited, confirmed, declined, no_reply, no_show, attended, cancelled (by the company), undelivered',
    reason String,
    version UInt64,
    deleted UInt8 DEFAULT 0,
    segment String,
    fetched_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (connection, source_id)
SETTINGS non_replicated_deduplication_window = 10000;
