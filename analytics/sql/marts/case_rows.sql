-- Which case each row of employment, assessments and invitations tells of.
--
-- The application that the row names, or the case that application is a member of. Else the person's: for employment the last case that
-- was accepted up to 14 days after the first day (a sheet may be dated before the board is told), else, as for the other kinds, the last
-- case that began before the row's own instant; neither older than a year. A person is one as candidate_links say.
WITH
    ['employment', 'assessments', 'invitations'] AS kinds,
    toDateTime64('2100-01-01', 3, 'UTC') AS ever,
    -- The end of a day in every zone.
    (day) -> if(isNull(day), ever, toDateTime64(assumeNotNull(day), 3, 'UTC') + toIntervalHour(36)) AS end_of,
    told AS
    (
        SELECT 'employment' AS kind, toString(connection) AS connection, source_id, application_source_id, candidate_source_id,
            end_of(coalesce(onboard_on, agreed_on, passed_on, left_on)) AS until
        FROM inflow.employment FINAL WHERE deleted = 0
        UNION ALL
        SELECT 'assessments', toString(connection), source_id, application_source_id, candidate_source_id, ifNull(coalesce(taken_at, sent_at), ever)
        FROM inflow.assessments FINAL WHERE deleted = 0
        UNION ALL
        SELECT 'invitations', toString(connection), source_id, application_source_id, candidate_source_id,
            ifNull(coalesce(sent_at, attended_at, scheduled_at), ever)
        FROM inflow.invitations FINAL WHERE deleted = 0
    ),
    -- Applications that are members of a case of several, and the member that stands for it.
    members AS
    (
        SELECT toString(m.connection) AS connection, m.source_id AS source_id, sipHash64(h.connection, h.source_id) AS case_key
        FROM inflow.application_links AS m
        INNER JOIN
        (
            SELECT case_id, argMin(toString(connection), place) AS connection, argMin(source_id, place) AS source_id
            FROM inflow.application_links GROUP BY case_id
        ) AS h ON h.case_id = m.case_id
    ),
    named AS
    (
        SELECT
            t.kind AS kind, t.connection AS connection, t.source_id AS source_id, t.until AS until,
            multiIf(
                t.application_source_id = '', 0,
                m.case_key != 0, m.case_key,
                sipHash64(t.connection, t.application_source_id)) AS named_key,
            multiIf(
                l.person_id != '', l.person_id,
                t.candidate_source_id != '', concat(t.connection, '/', t.candidate_source_id),
                concat(t.connection, '/', t.kind, ':', t.source_id)) AS own_person
        FROM told AS t
        LEFT JOIN members AS m ON m.connection = t.connection AND m.source_id = t.application_source_id
        LEFT JOIN
        (
            SELECT toString(connection) AS connection, source_id, person_id
            FROM inflow.candidate_links FINAL
            PREWHERE source_id IN (SELECT candidate_source_id FROM told)
        ) AS l ON l.connection = t.connection AND l.source_id = t.candidate_source_id
    ),
    -- Who reached any stage reached the first one, so that each case has one row of it.
    begun AS
    (
        SELECT case_key, person_id, entered_at
        FROM inflow.application_stages
        WHERE stage_rank = 1 AND (person_id IN (SELECT own_person FROM named) OR case_key IN (SELECT named_key FROM named))
    ),
    accepted AS
    (
        SELECT person_id, entered_at - toIntervalDay(14) AS known_at, max(case_key) AS case_key
        FROM inflow.application_stages
        WHERE stage_rank = 8 AND person_id IN (SELECT own_person FROM named)
        GROUP BY person_id, known_at
    )
SELECT
    kind, connection, source_id,
    multiIf(
        n_key != 0, n_key,
        kind = 'employment' AND a_key != 0 AND until - a_at < 380 * 86400, a_key,
        b_key != 0 AND (until = ever OR until - b_at < 366 * 86400), b_key,
        0) AS case_key,
    if(n_key != 0, n_person, own_person) AS person_id,
    multiIf(n_key != 0, 'application', case_key != 0, 'person', '') AS basis
FROM
(
    SELECT x.*, a.case_key AS a_key, a.known_at AS a_at
    FROM
    (
        SELECT y.*, b.case_key AS b_key, b.entered_at AS b_at
        FROM
        (
            SELECT n.kind AS kind, n.connection AS connection, n.source_id AS source_id, n.until AS until, n.own_person AS own_person,
                c.case_key AS n_key, c.person_id AS n_person
            FROM named AS n
            LEFT JOIN begun AS c ON c.case_key = n.named_key
        ) AS y
        ASOF LEFT JOIN (SELECT person_id, entered_at, max(case_key) AS case_key FROM begun GROUP BY person_id, entered_at) AS b
            ON b.person_id = y.own_person AND b.entered_at <= y.until
    ) AS x
    ASOF LEFT JOIN accepted AS a ON a.person_id = x.own_person AND a.known_at <= x.until
)
