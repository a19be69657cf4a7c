-- Of each channel and each store that is looked at by itself, and of all other stores together (no name), the local days and their cases.
SELECT channel, own_store, arraySort(groupArray((toString(day), cases))) AS days
FROM
(
    SELECT channel, if(p.own, d.store, '') AS own_store, day, sum(d.cases) AS cases
    FROM ($daily) AS d
    INNER JOIN ($placed) AS p ON p.store = d.store
    GROUP BY channel, own_store, day
)
GROUP BY channel, own_store
ORDER BY channel, own_store
