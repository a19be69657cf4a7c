-- Reposts that were carried out by plan and what each brought: applications to the posting in the {window} hours after, their time of day known. `usable`: the hours
-- are over, and the posting was not put up again in them.
SELECT
    toString(channel) AS channel, hour, drawn, hours, toString(sipHash64(plan)) AS key,
    toUInt8(reposted_at + toIntervalHour({window:UInt16}) <= {as_of:DateTime64(3, 'UTC')}
        AND (next_at = toDateTime64(0, 3, 'UTC') OR next_at >= reposted_at + toIntervalHour({window:UInt16}))) AS usable,
    toUInt32(people) AS people
FROM
(
    SELECT
        r.plan AS plan, any(r.channel) AS channel, any(r.hour) AS hour, any(r.drawn) AS drawn, any(r.hours) AS hours, any(r.reposted_at) AS reposted_at, any(r.next_at) AS next_at,
        countIf(a.applied_at >= r.reposted_at AND a.applied_at < r.reposted_at + toIntervalHour({window:UInt16})) AS people
    FROM
    (
        SELECT *, leadInFrame(reposted_at, 1, toDateTime64(0, 3, 'UTC')) OVER (
            PARTITION BY connection, posting_source_id ORDER BY reposted_at ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next_at
        FROM inflow_state.reposts FINAL
        WHERE reposted_at <= {as_of:DateTime64(3, 'UTC')}
    ) AS r
    LEFT JOIN
    (
        SELECT toString(connection) AS connection, posting_source_id, assumeNotNull(applied_at) AS applied_at
        FROM inflow.applications FINAL
        WHERE deleted = 0 AND isNotNull(applied_at) AND applied_precision = 'exact'
          AND (connection, posting_source_id) IN (SELECT toString(connection), posting_source_id FROM inflow_state.reposts)
    ) AS a ON a.connection = r.connection AND a.posting_source_id = r.posting_source_id
    GROUP BY r.plan
)
ORDER BY channel, key
