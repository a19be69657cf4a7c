-- The invitations that $judged says are judged, by all that they can have in common, with how many of them are bad. `$judged` and `$bad` are the metric's own
-- conditions; what a connection never tells (receipts, openings) is told of none of its invitations.
WITH
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    (SELECT groupUniqArray(toString(connection)) FROM inflow.invitations WHERE isNotNull(delivered_at)) AS with_receipts,
    (SELECT groupUniqArray(toString(connection)) FROM inflow.invitations WHERE isNotNull(opened_at)) AS with_openings,
    own_messages AS
    (
        SELECT
            sipHash64(connection, application) AS of_case, argMax(what, due_at) AS own_template,
            countIf(state IN ('given_up', 'unreachable')) > 0 AND countIf(state = 'sent') = 0 AS failed
        FROM inflow_state.process_steps FINAL
        WHERE kind = 'message' AND application != '' AND state IN ('sent', 'given_up', 'unreachable')
        GROUP BY of_case
    )
SELECT
    $slices(*), kind, link, template, receipt, told_by, hour, weekday,
    toString(count()) AS cases, toString(countIf(bad)) AS bad, countIf(opened) AS opened, countIf(may_open) AS may_open
FROM
(
    SELECT
        $slices(i.* AS *), i.kind AS kind, i.link AS link, if(i.template != '', i.template, m.own_template) AS template,
        multiIf(m.failed, 'failed', NOT has(with_receipts, i.connection), '', isNotNull(i.delivered_at), 'receipt', 'none') AS receipt,
        i.connection AS told_by,
        if(isNull(i.sent_at) OR i.sent_precision = 'day', '', formatDateTime(assumeNotNull(i.sent_at), '%H',
            multiIf(zones[i.channel] != '', zones[i.channel], zones['unallocated'] != '', zones['unallocated'], 'UTC'))) AS hour,
        toString(toDayOfWeek(i.day)) AS weekday,
        has(with_openings, i.connection) AS may_open, may_open AND isNotNull(i.opened_at) AS opened,
        i.bad AS bad
    FROM
    (
        SELECT $slices(*), kind, day, case_key, connection, link, template, sent_at, sent_precision, delivered_at, opened_at, counts, bad
        FROM
        (
            SELECT
                *,
                $judged
            FROM $local_invitations(clock = '$clock')
            WHERE $due <= {as_of:DateTime64(3, 'UTC')}
        )
        WHERE counts
    ) AS i
    LEFT JOIN own_messages AS m ON m.of_case = i.case_key
)
GROUP BY $slices(*), kind, link, template, receipt, told_by, hour, weekday
LIMIT 200000
