-- The requisitions of each id: connections have ids of their own, and an id that is not of one's own connection means the only one of that id.
SELECT
    source_id,
    arraySort(groupArray((toString(connection), concat(connection, '/', source_id), if(family != '', family, title_normal)))) AS told
FROM
(
    SELECT connection, source_id, title_normal, $family_of(title_normal) AS family FROM inflow.requisitions FINAL WHERE deleted = 0 AND source_id != ''
)
GROUP BY source_id
