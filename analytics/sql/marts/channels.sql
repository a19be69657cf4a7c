-- The configured channels in their order, then the ones that turned up in the data (`unknown:<word>`, and
-- `unallocated` of the ledger), in the company's zone and from position 1,000,000. Made after the marts that tell of which there is data.
WITH
    $configured AS configured,
    $company_zone AS company_zone,
    arrayMap(c -> c.1, configured) AS known
SELECT
    c.1 AS channel, c.2 AS name_en, c.3 AS name_zh, c.4 AS timezone, toUInt32(c.5) AS position,
    channel IN
    (
        -- What a change took away leaves a sum of nothing.
        SELECT toString(channel) FROM inflow.stage_days GROUP BY channel HAVING sum(applications) > 0
        UNION DISTINCT SELECT DISTINCT toString(channel) FROM inflow.posting_quarters
        UNION DISTINCT SELECT DISTINCT toString(channel) FROM inflow.spend_days
    ) AS has_data,
    channel IN (SELECT toString(channel) FROM inflow.delivered_kinds WHERE kind = 'spend') AS has_spend
FROM (SELECT arrayJoin(configured) AS c)
UNION ALL
SELECT
    channel,
    if(channel = 'unallocated', 'Unallocated', channel) AS name_en,
    multiIf(
        channel = 'unallocated', '未分摊',
        startsWith(channel, 'unknown:'), concat('未识别:', substring(channel, 9)),
        channel) AS name_zh,
    company_zone AS timezone,
    toUInt32(999999 + row_number() OVER (ORDER BY channel)) AS position,
    1 AS has_data, 0 AS has_spend
FROM
(
    -- Only rows that were of such a channel in any version need FINAL.
    SELECT DISTINCT toString(channel) AS channel FROM inflow.applications FINAL
    PREWHERE (connection, source_id) IN (SELECT connection, source_id FROM inflow.applications WHERE NOT has(known, toString(channel)))
    WHERE deleted = 0
    UNION DISTINCT SELECT DISTINCT toString(channel) FROM inflow.postings FINAL
    PREWHERE (connection, source_id) IN (SELECT connection, source_id FROM inflow.postings WHERE NOT has(known, toString(channel)))
    WHERE deleted = 0
    UNION DISTINCT SELECT DISTINCT toString(channel) FROM inflow.spend FINAL
    PREWHERE (connection, source_id) IN (SELECT connection, source_id FROM inflow.spend WHERE NOT has(known, toString(channel)))
    WHERE deleted = 0
    UNION DISTINCT SELECT 'unallocated'
)
WHERE channel != '' AND NOT has(known, channel)
