-- The dated rates of the configuration, and the base currency at 1.
SELECT r.1 AS currency, r.2 AS base, toDate(r.3) AS valid_from, toDecimal64(r.4, 8) AS rate
FROM (SELECT arrayJoin($rates) AS r)
