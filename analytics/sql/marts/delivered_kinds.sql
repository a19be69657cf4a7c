-- What connections have ever delivered; of spend the channels too. Applications and postings that were taken away were delivered.
SELECT 'applications' AS kind, connection, '' AS channel FROM inflow.applications GROUP BY connection
UNION ALL
SELECT 'postings', connection, '' FROM inflow.postings GROUP BY connection
UNION ALL
SELECT 'spend', connection, channel FROM inflow.spend FINAL WHERE deleted = 0 GROUP BY connection, channel
