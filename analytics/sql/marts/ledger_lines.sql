-- The ledger lines that are cost, and the subscriptions that channels.toml states as contracts. Goes into
-- the mart and into the tie alike. A contract counts unless the ledger has a subscription line of the same channel
-- that overlaps it: then it has been invoiced, and the ledger knows better.
SELECT
    connection, source_id, toString(channel) AS channel, toString(store) AS store, toString(department) AS department,
    requisition_source_id, toString(kind) AS kind, booked_on, service_from, greatest(service_from, service_to) AS service_until,
    net, toString(currency) AS currency
FROM inflow.spend FINAL
WHERE deleted = 0 AND kind IN ('daily', 'cpc', 'subscription', 'refresh', 'refund')
UNION ALL
SELECT
    'channels.toml', t.2, t.1, '', '', '', 'subscription', toDate(t.3), toDate(t.3), toDate(t.4), toDecimal64(t.5, 4), t.6
FROM (SELECT arrayJoin($terms) AS t)
WHERE NOT arrayExists(
    line -> line.1 = t.1 AND line.2 <= toDate(t.4) AND line.3 >= toDate(t.3),
    (SELECT groupArray((toString(channel), service_from, service_to)) FROM inflow.spend FINAL WHERE deleted = 0 AND kind = 'subscription'))
