-- Invitations whose `clock` (`appointment`, `deadline`: the appointment, else until when it must be taken, or `sent`) is on the
-- local days {from}..{to}, by as_of, with the report's grouping, the case that each belongs to, and what became of it.
--
-- An invitation names an application of its connection, else a person: then it belongs to that person's newest case that had
-- begun. Channel, store, department and recruiter are the case's, else its own; all else is the case's. What several
-- connections tell of one case and one day counts as the one tells it that knows the outcome.
--
-- `attended` is what the invitation says, or, where it says no outcome, that its case entered attended from twelve hours before the
-- appointment on. A time that is known only to the day is due when the day is over.
WITH
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    toDateTime64({from:Date}, 3, 'UTC') - toIntervalHour(14) AS earliest,
    toDateTime64({to:Date}, 3, 'UTC') + toIntervalHour(38) AS latest,
    told AS
    (
        SELECT
            toString(i.connection) AS connection, i.source_id AS source_id, i.application_source_id AS application, i.candidate_source_id AS candidate,
            toString(i.channel) AS own_channel, toString(i.store) AS own_store, toString(i.department) AS own_department,
            toString(i.recruiter) AS own_recruiter, '' AS own_city, '' AS own_job_family, '' AS own_requisition, '' AS own_posting_cluster,
            toString(i.kind) AS own_kind, toString(i.template) AS template, toString(i.link) AS link, toString(i.result) AS result,
            i.sent_at AS sent_at, i.sent_precision AS sent_precision, i.delivered_at AS delivered_at, i.opened_at AS opened_at,
            i.replied_at AS replied_at, i.attended_at AS attended_at, i.scheduled_at AS scheduled_at, i.deadline_at AS deadline_at,
            if(i.scheduled_precision = 'day', i.scheduled_at + toIntervalDay(1), i.scheduled_at) AS appointment_over,
            multiIf({clock:String} = 'sent', i.sent_at, {clock:String} = 'deadline', coalesce(i.scheduled_at, i.deadline_at), i.scheduled_at) AS maybe_at,
            assumeNotNull(maybe_at) AS at
        FROM inflow.invitations AS i FINAL
        WHERE i.deleted = 0 AND isNotNull(maybe_at) AND maybe_at >= earliest AND maybe_at < latest
    ),
    -- The case that an invitation's application is, where it is a member of one of several.
    members AS
    (
        SELECT toString(connection) AS by_connection, source_id AS of_application, max(if(place = 1, sipHash64(connection, source_id), 0)) OVER (PARTITION BY case_id) AS first
        FROM inflow.application_links
    ),
    persons AS
    (
        SELECT toString(connection) AS by_connection, source_id AS of_candidate, any(person_id) AS person_id
        FROM inflow.candidate_links FINAL
        WHERE deleted = 0 AND source_id IN (SELECT candidate_source_id FROM inflow.invitations WHERE application_source_id = '')
        GROUP BY by_connection, of_candidate
    ),
    named AS
    (
        SELECT
            t.* EXCEPT (application, candidate),
            multiIf(
                t.application != '', if(m.first != 0, m.first, sipHash64(t.connection, t.application)),
                t.candidate != '', sipHash64(if(p.person_id != '', p.person_id, concat(t.connection, '/', t.candidate))),
                0) AS sought
        FROM told AS t
        LEFT JOIN members AS m ON m.by_connection = t.connection AND m.of_application = t.application
        LEFT JOIN persons AS p ON p.by_connection = t.connection AND p.of_candidate = t.candidate
    ),
    -- Each case under its own key, whenever it began, and under its person.
    cases AS
    (
        SELECT
            arrayJoin([(case_key, toDateTime64(0, 3, 'UTC')), (sipHash64(person), began)]) AS found,
            found.1 AS sought, found.2 AS since, case_key, $needed(of_*), entered_attended
        FROM
        (
            SELECT
                case_key, any(person_id) AS person, min(entered_at) AS began, $needed(any(toString(*)) AS of_*),
                maxIf(entered_at, stage_rank = 6) AS entered_attended
            FROM inflow.application_stages
            WHERE stage_rank IN (1, 6) AND entered_at <= {as_of:DateTime64(3, 'UTC')}
              AND (SELECT count() FROM inflow.invitations) > 0
            GROUP BY case_key
        )
    ),
    known AS
    (
        SELECT
            i.* EXCEPT (sought), c.case_key AS case_key,
            $needed(if(c.of_* != '', c.of_*, i.own_*) AS in_*),
            toDate(formatDateTime(i.at, '%F',
                multiIf({tz:String} != '', {tz:String}, zones[in_channel] != '', zones[in_channel], 'UTC'))) AS day,
            toUInt8(i.result IN ('declined', 'no_reply', 'no_show', 'attended', 'cancelled', 'undelivered')) AS says,
            toUInt8(multiIf(
                isNotNull(i.attended_at), i.attended_at <= {as_of:DateTime64(3, 'UTC')},
                says, i.result = 'attended',
                isNotNull(i.scheduled_at), c.entered_attended >= i.scheduled_at - toIntervalHour(12),
                0)) AS attended
        FROM named AS i
        ASOF LEFT JOIN cases AS c ON c.sought = i.sought AND i.at >= c.since
    ),
    once AS
    (
        SELECT
            *,
            first_value(connection) OVER (
                PARTITION BY if(case_key = 0, cityHash64(connection, source_id), case_key), day
                ORDER BY greatest(says, attended) DESC, connection) AS teller
        FROM known
        WHERE day BETWEEN {from:Date} AND {to:Date}
          $narrowed(in_*)
    )
SELECT
    $sliced(in_*),
    if(has({by:Array(String)}, 'kind'), own_kind, '') AS kind,
    day, case_key, at, result, says, attended, connection, template, link,
    sent_at, sent_precision, delivered_at, opened_at, replied_at, attended_at, scheduled_at, deadline_at, appointment_over
FROM once
WHERE teller = connection
