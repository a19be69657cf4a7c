-- Applications with a resume of the last two years: what became of each by {as_of}, whether it is still open, and what its source told of the
-- person, in order of time. Of those whose outcome is known and of those open the newest {most} each, of the others one a resolution, for
-- the sake of `of_resolution`, which counts them all.
--
-- resolution, the first that holds:
--   young          the resume came less than {ripe_days} days ago: quick refusals would outnumber the hires that take longer
--   untold         nobody was ever taken on through the connection, as far as it tells, so that its silence says nothing
--   never_started, left_early (within {stay_days} days of the first day), stayed
--   pending        taken on less than {stay_days} days ago, or gone on a day that nobody knows
--   rejected, withdrawn
--   silent         nothing was heard of it for {silent_days} days
--   pending        still open
-- `open`: neither taken on nor ended, and heard of within {silent_days} days.
WITH
    {as_of:DateTime64(3, 'UTC')} AS known_at,
$profiles,
    cases AS
    (
        SELECT
            case_key, any(toString(s.connection)) AS connection, any(s.source_id) AS source_id, any(toString(s.channel)) AS channel,
            any(toString(s.store)) AS store, any(toString(s.department)) AS department, any(s.posting_source_id) AS posting_source_id,
            any(s.requisition_source_id) AS requisition_source_id,
            minIf(s.entered_at, s.stage_rank = 3) AS applied_at, minIf(s.local_day, s.stage_rank = 3) AS local_day,
            max(s.entered_at) AS heard_at, minIf(toNullable(toDate(s.entered_at)), s.stage_rank = 9) AS onboarded_on,
            countIf(s.stage_rank = 101) AS rejected, countIf(s.stage_rank = 102) AS withdrawn
        FROM inflow.application_stages AS s
        WHERE s.entered_at <= known_at AND s.case_key IN
        (
            SELECT case_key FROM inflow.application_stages
            WHERE stage_rank = 3 AND entered_at <= known_at AND entered_at > known_at - toIntervalDay(730)
        )
        GROUP BY case_key
    ),
    taken AS
    (
        SELECT case_key, min(coalesce(onboard_on, toDate(onboarded_at))) AS started_on, min(left_on) AS left_on, max(has_left) AS has_left,
            min(not_started) AS not_started
        FROM inflow.hires
        WHERE case_key != 0 AND spell = 1
        GROUP BY case_key
    ),
    -- A connection that tells of nobody's first day is silent about everybody's.
    telling AS
    (
        SELECT DISTINCT toString(connection) AS connection FROM inflow.application_stages WHERE stage_rank = 9
        UNION DISTINCT
        SELECT DISTINCT toString(connection) FROM inflow.hires WHERE told = 1 AND connection != ''
    ),
    month_of AS
    (
        SELECT mapFromArrays(['hour', 'day', 'week', 'month', '', 'year'], [174.0, 21.75, 4.35, 1.0, 1.0, 0.0833])
    ),
    offers AS
    (
        SELECT toString(connection) AS connection, source_id, toFloat64(any(coalesce(pay_max, pay_min))) * (SELECT * FROM month_of)[toString(any(pay_period))] AS pay
        FROM (SELECT * FROM inflow.postings FINAL WHERE deleted = 0)
        GROUP BY connection, source_id
    ),
    openings AS
    (
        SELECT toString(connection) AS connection, source_id, toFloat64(any(coalesce(pay_max, pay_min))) * (SELECT * FROM month_of)[toString(any(pay_period))] AS pay
        FROM (SELECT * FROM inflow.requisitions FINAL WHERE deleted = 0)
        GROUP BY connection, source_id
    ),
    families AS
    (
        SELECT toString(connection) AS connection, source_id, any(toString(job_family)) AS job_family
        FROM inflow.published_postings GROUP BY connection, source_id
    ),
    tagged AS (SELECT toString(connection) AS connection, source_id, groupArray(toString(tag)) AS carried FROM inflow.application_tags GROUP BY connection, source_id),
    resolved AS
    (
        SELECT
            c.*,
            coalesce(h.started_on, c.onboarded_on) AS first_day,
            h.case_key != 0 AND h.not_started = 1 AS never_started,
            isNotNull(first_day) AND NOT never_started AS onboarded,
            dateDiff('day', first_day, if(h.has_left = 1, h.left_on, NULL)) AS days_stayed,
            dateDiff('day', first_day, toDate(known_at)) AS days_since,
            multiIf(
                c.applied_at > known_at - toIntervalDay({ripe_days:UInt16}), 'young',
                c.connection NOT IN (SELECT connection FROM telling), 'untold',
                never_started, 'never_started',
                onboarded AND h.has_left = 1 AND isNull(h.left_on), 'pending',
                onboarded AND ifNull(days_stayed, 99999) < {stay_days:UInt16}, 'left_early',
                onboarded AND days_since >= {stay_days:UInt16}, 'stayed',
                onboarded, 'pending',
                c.rejected > 0, 'rejected',
                c.withdrawn > 0, 'withdrawn',
                c.heard_at < known_at - toIntervalDay({silent_days:UInt16}), 'silent',
                'pending') AS resolution,
            toUInt8(NOT onboarded AND NOT never_started AND c.rejected = 0 AND c.withdrawn = 0
                AND c.heard_at >= known_at - toIntervalDay({silent_days:UInt16})) AS open
        FROM cases AS c
        LEFT JOIN taken AS h ON h.case_key = c.case_key
    ),
    chosen AS
    (
        SELECT
            *, multiIf(open = 1, 'open', resolution IN ('young', 'untold', 'pending'), 'neither', 'known') AS use,
            count() OVER (PARTITION BY resolution) AS of_resolution,
            row_number() OVER (PARTITION BY use ORDER BY applied_at DESC, connection, source_id) AS place,
            row_number() OVER (PARTITION BY resolution ORDER BY applied_at DESC, connection, source_id) AS place_in_resolution
        FROM resolved
    ),
    sought AS (SELECT toString(connection) AS connection, source_id, groupArray(toString(persona)) AS personas FROM inflow.application_personas GROUP BY connection, source_id)
SELECT
    c.connection AS connection, c.source_id AS source_id, c.channel AS channel, c.store AS store, c.department AS department,
    c.applied_at AS applied_at, toString(c.local_day) AS local_day, c.resolution AS resolution, c.open AS open, toUInt64(c.of_resolution) AS of_resolution,
    p.education AS education, toFloat64(p.experience) AS experience, toFloat64(p.pay) AS expected_pay,
    coalesce(nullIf(o.pay, 0), nullIf(r.pay, 0)) AS offered_pay, p.night_shift AS night_shift, f.job_family AS job_family, t.carried AS tags,
    w.personas AS personas
FROM chosen AS c
LEFT JOIN profiles AS p ON p.connection = c.connection AND p.source_id = c.source_id
LEFT JOIN offers AS o ON o.connection = c.connection AND o.source_id = c.posting_source_id
LEFT JOIN openings AS r ON r.connection = c.connection AND r.source_id = c.requisition_source_id
LEFT JOIN families AS f ON f.connection = c.connection AND f.source_id = c.posting_source_id
LEFT JOIN tagged AS t ON t.connection = c.connection AND t.source_id = c.source_id
LEFT JOIN sought AS w ON w.connection = c.connection AND w.source_id = c.source_id
WHERE (c.use != 'neither' AND c.place <= {most:UInt32}) OR c.place_in_resolution = 1
ORDER BY applied_at, connection, source_id
