-- Of each channel and store, the local days from {from} on which cases entered applied, and how many: pairs of {least} cases and more, of those the
-- {most} largest, the largest first. What is read is daily_of_stores.sql or daily_of_stores_by_case.sql.
SELECT
    channel, store, sum(cases) AS total,
    arraySort(groupArray((toString(day), cases))) AS days
FROM ($daily)
WHERE store != ''
GROUP BY channel, store
HAVING total >= {least:UInt64}
ORDER BY total DESC, channel, store
LIMIT {most:UInt64}
