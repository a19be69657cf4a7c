-- The budgets of finance.toml.
SELECT toDate(b.1) AS month, b.2 AS channel, b.3 AS store, b.4 AS department, toDecimal64(b.5, 2) AS amount
FROM (SELECT arrayJoin($budgets) AS b)
