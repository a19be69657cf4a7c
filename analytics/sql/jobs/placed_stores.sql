-- Each store, whether its days are looked at by themselves (`own`: one of the {most} largest of those that have {least} cases and began by {began}),
-- and its cases from {recent} on.
SELECT store, lately, row_number() OVER (ORDER BY enough DESC, total DESC, store) <= {most:UInt64} AND enough AS own
FROM
(
    SELECT store, sum(cases) AS total, sumIf(cases, day >= {recent:Date}) AS lately, total >= {least:UInt64} AND min(day) <= {began:Date} AS enough
    FROM ($daily)
    WHERE store != ''
    GROUP BY store
)
