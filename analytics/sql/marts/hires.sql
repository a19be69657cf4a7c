-- One row for each time that a person was taken on: a case that was accepted, or employment that somebody tells of, or both.
--
-- Rows of employment are one hire when they tell of one case (else of one person) and their first days lie within 14 days of each
-- other; 60 where one of them tells an agreed day alone. A later first day is another spell: whoever left and came back. The dates of the
-- case belong to its first spell. Two cases of one person that both say onboarded within 14 days are one hire, since nobody starts
-- twice; the one that employment tells of stands for both, else the earlier.
--
-- The requisition is the one that employment names (see requisition_jobs), else the case's; the job family is the case's, else that of the
-- requisition.
--
-- Touches are the beginnings of the person's cases up to the acceptance. The official source is what was frozen when the month of the first day of work
-- was closed, else what a person decided, else
-- the first touch of a protected channel within {protect_days}, else the first touch within {window_days}, else the last touch, else what
-- employment says, else what the person said.
--
-- The table of stages holds the stages of all persons who were taken on, from the acceptance on, and the beginnings of their cases.
WITH
    $overrides AS overrides,
    $protected AS protected,
    $words AS words,
    -- By what people call a channel: the company's words, its id, its names.
    (
        SELECT arrayConcat(groupArray((toString(channel), toString(channel))), groupArray((lowerUTF8(name_en), toString(channel))),
            groupArray((lowerUTF8(name_zh), toString(channel))))
        FROM (SELECT * FROM inflow.channels ORDER BY position)
    ) AS names,
    -- What closed months say, by case or first row of employment.
    frozen AS
    (
        SELECT
            hire AS of_hire, spell AS of_spell,
            argMin((toString(official_source), toString(official_basis), official_reason), month) AS said_then
        FROM inflow_state.closed_sources
        WHERE (month, number) IN (SELECT month, number FROM inflow_state.closings FINAL WHERE isNull(reopened_at))
        GROUP BY hire, spell
    ),
    entries AS
    (
        SELECT case_key, stage_rank, entered_at, precision FROM $stages WHERE stage_rank BETWEEN 8 AND 10
    ),
    taken AS
    (
        SELECT
            case_key,
            minIf(toNullable(entered_at), stage_rank = 8) AS accepted_at,
            toUInt8(countIf(stage_rank = 8 AND precision = 'implied')) AS accepted_implied,
            minIf(toNullable(entered_at), stage_rank = 9) AS onboarded_at,
            minIf(toNullable(entered_at), stage_rank = 10) AS passed_at
        FROM entries
        GROUP BY case_key
    ),
    told AS
    (
        SELECT
            e.*, r.case_key AS case_key, r.person_id AS person_id, coalesce(onboard_on, agreed_on, passed_on, left_on, toDate(0)) AS day,
            concat(connection, '/', source_id) AS row_key,
            if(r.case_key = 0, r.person_id, toString(r.case_key)) AS hire_of
        FROM
        (
            SELECT * REPLACE (toString(connection) AS connection) FROM inflow.employment FINAL WHERE deleted = 0
        ) AS e
        INNER JOIN $case_rows AS r ON r.connection = e.connection AND r.source_id = e.source_id
    ),
    numbered AS
    (
        SELECT *, sum(begins) OVER (PARTITION BY hire_of ORDER BY day, row_key) + 1 AS spell
        FROM
        (
            SELECT *,
                lagInFrame(day, 1, toDate(0)) OVER same AS day_before,
                lagInFrame(isNotNull(onboard_on), 1, 0) OVER same AS started_before,
                toUInt16(day_before != toDate(0) AND day - day_before > if(started_before AND isNotNull(onboard_on), 14, 60)) AS begins
            FROM told
            WINDOW same AS (PARTITION BY hire_of ORDER BY day, row_key ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
        )
    ),
    spells AS
    (
        SELECT
            * EXCEPT (said),
            -- Of several rows the first that says it.
            arrayFirst(r -> r.2 != '', said).2 AS said_channel,
            lowerUTF8(trim(arrayFirst(r -> r.3 != '', said).3)) AS said_self,
            arrayFirst(r -> r.5 != '', said).4 AS requisition_connection, arrayFirst(r -> r.5 != '', said).5 AS requisition_id,
            arrayFirst(r -> r.6 != '', said).6 AS said_store, arrayFirst(r -> r.7 != '', said).7 AS said_department,
            arrayFirst(r -> r.8 != '', said).8 AS said_city, arrayFirst(r -> r.9 != '', said).9 AS said_recruiter,
            arrayFirst(r -> r.10 != '', said).10 AS leave_type, arrayFirst(r -> r.11 != '', said).11 AS leave_reason
        FROM
        (
            SELECT
                any(n.case_key) AS case_key, toUInt16(n.spell) AS spell, min(n.person_id) AS person_id,
                arraySort(groupArray(row_key)) AS rows,
                arraySort(groupArray((row_key, toString(channel), self_reported_source, connection, requisition_source_id, toString(store),
                    toString(department), toString(city), toString(recruiter), toString(leave_type), leave_reason))) AS said,
                min(n.agreed_on) AS agreed_on, min(n.onboard_on) AS onboard_on,
                toUInt8(countIf(isNotNull(n.onboard_on)) = 0 AND countIf(n.status = 'not_started') > 0) AS not_started,
                max(n.probation_until) AS probation_until, min(n.passed_on) AS passed_on, max(n.left_on) AS left_on,
                toUInt8(countIf(isNotNull(n.left_on) OR n.status = 'left') > 0) AS has_left
            FROM numbered AS n
            GROUP BY n.hire_of, n.spell
        )
    ),
    known AS
    (
        SELECT case_key, connection, source_id, channel, store, department, city, posting_source_id, recruiter, job_family, requisition,
            posting_cluster, person_id, entered_at AS began_at
        FROM $stages
        WHERE stage_rank = 1 AND case_key IN (SELECT case_key FROM entries UNION DISTINCT SELECT case_key FROM $case_rows)
    ),
    joined AS
    (
        SELECT
            toString(k.connection) AS connection, k.source_id AS source_id, h.case_key AS case_key, h.spell AS spell,
            if(k.case_key = 0, h.person_id, k.person_id) AS person_id,
            toString(k.channel) AS case_channel, k.posting_source_id AS posting_source_id,
            if(h.said_store = '', toString(k.store), h.said_store) AS store,
            if(h.said_department = '', toString(k.department), h.said_department) AS department,
            if(h.said_city = '', toString(k.city), h.said_city) AS city,
            if(k.recruiter = '', h.said_recruiter, toString(k.recruiter)) AS recruiter,
            h.requisition_connection AS asked_connection, h.requisition_id AS asked,
            k.job_family AS case_family, k.requisition AS case_requisition, k.posting_cluster AS posting_cluster,
            if(k.case_key = 0, NULL, k.began_at) AS began_at,
            if(h.spell = 1, t.accepted_at, NULL) AS accepted_at,
            if(h.spell = 1, t.accepted_implied, 0) AS accepted_implied,
            if(h.spell = 1, t.onboarded_at, NULL) AS onboarded_at,
            if(h.spell = 1, t.passed_at, NULL) AS passed_at,
            h.* EXCEPT (case_key, spell, person_id, said_store, said_department, said_city, said_recruiter)
        FROM
        (
            SELECT case_key, spell, person_id, toUInt8(1) AS told, rows, said_channel, said_self, requisition_connection, requisition_id,
                said_store, said_department, said_city, said_recruiter, leave_type, leave_reason, agreed_on, onboard_on, not_started,
                probation_until, passed_on, left_on, has_left
            FROM spells
            UNION ALL
            SELECT case_key, 1, '', 0, [], '', '', '', '', '', '', '', '', '', '', NULL, NULL, 0, NULL, NULL, NULL, 0
            FROM taken
            WHERE case_key NOT IN (SELECT case_key FROM $case_rows)
        ) AS h
        LEFT JOIN known AS k ON k.case_key = h.case_key
        LEFT JOIN taken AS t ON t.case_key = h.case_key
    ),
    -- Without those cases that say what another hire of the person says.
    once AS
    (
        SELECT * EXCEPT (started, order_of, first_near, told_near)
        FROM
        (
            SELECT *,
                toInt32(coalesce(onboard_on, toDate(onboarded_at), toDate(0))) AS started,
                (1 - told, started, case_key) AS order_of,
                min(order_of) OVER (PARTITION BY person_id ORDER BY started RANGE BETWEEN 14 PRECEDING AND 14 FOLLOWING) AS first_near,
                max(told) OVER (PARTITION BY person_id ORDER BY started RANGE BETWEEN 14 PRECEDING AND 14 FOLLOWING) AS told_near
            FROM joined
        )
        WHERE told = 1 OR started = 0 OR first_near = order_of
    ),
    touched AS
    (
        SELECT person_id AS of_person, arraySort(groupArray((entered_at, toString(channel)))) AS touches
        FROM $stages
        WHERE stage_rank = 1
        GROUP BY person_id
    ),
    sourced AS
    (
        SELECT
            *,
            coalesce(
                accepted_at,
                toDateTime64(coalesce(onboard_on, agreed_on), 3, 'UTC') + toIntervalHour(36),
                began_at, toDateTime64('2100-01-01', 3, 'UTC')) AS decided_at,
            arrayFilter(x -> x.1 <= decided_at, touches) AS before,
            if(empty(before), '', before[1].2) AS first_touch,
            if(empty(before), '', before[-1].2) AS last_touch,
            arrayFirst(x -> x.1 = said_self, arrayConcat(words, names)).2 AS called,
            multiIf(said_self = '', '', called != '', called, concat('unknown:', said_self)) AS self_source,
            arrayFirst(x -> has(protected, x.2) AND x.1 >= decided_at - toIntervalDay({protect_days:UInt32}), before).2 AS protecting,
            arrayFirst(x -> x.1 >= decided_at - toIntervalDay({window_days:UInt32}), before).2 AS within,
            arrayFirst(x -> x.1 = concat(connection, '/', source_id) OR has(rows, x.1) OR has(of_case, x.1), overrides) AS decision
        FROM
        (
            SELECT o.*, t.touches AS touches, m.of_case AS of_case, if(f.said_then.1 != '', f.said_then, g.said_then) AS closed
            FROM once AS o
            LEFT JOIN frozen AS f ON f.of_hire = sipHash64(concat(o.connection, '/', o.source_id)) AND f.of_spell = o.spell
            LEFT JOIN frozen AS g ON g.of_hire = sipHash64(o.rows[1]) AND g.of_spell = o.spell
            LEFT JOIN touched AS t ON t.of_person = o.person_id
            LEFT JOIN
            (
                SELECT sipHash64(argMin(toString(connection), place), argMin(source_id, place)) AS of_key, groupArray(concat(connection, '/', source_id)) AS of_case
                FROM inflow.application_links
                WHERE notEmpty(overrides)
                GROUP BY case_id
            ) AS m ON m.of_key = o.case_key
        )
    )
SELECT
    s.connection AS connection, s.source_id AS source_id, case_key, spell, person_id,
    multiIf(case_channel != '', case_channel, said_channel != '', said_channel, 'unallocated') AS channel,
    first_touch, last_touch, said_channel AS recorded_source, self_source AS self_reported_source,
    multiIf(closed.1 != '', closed.1, decision.1 != '', decision.2, protecting != '', protecting, within != '', within, last_touch != '', last_touch, said_channel != '', said_channel, self_source) AS official_source,
    multiIf(closed.1 != '', closed.2, decision.1 != '', 'override', protecting != '', 'protected', within != '', 'first_touch', last_touch != '', 'last_touch', said_channel != '', 'recorded',
        self_source != '', 'self_reported', '') AS official_basis,
    if(closed.1 != '', closed.3, decision.3) AS official_reason,
    if(asked != '', ($opening(s.asked_connection, q.told) AS opening).2, toString(case_requisition)) AS requisition, posting_source_id, store, department, city, recruiter,
    if(case_family != '', toString(case_family), opening.3) AS job_family, posting_cluster,
    began_at, accepted_at, accepted_implied, onboarded_at, passed_at,
    told, agreed_on, onboard_on, not_started, probation_until, passed_on, left_on, has_left, leave_type, leave_reason, rows
FROM sourced AS s
LEFT JOIN inflow.requisition_jobs AS q ON q.source_id = s.asked
