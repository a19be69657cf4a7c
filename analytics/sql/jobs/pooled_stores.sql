-- The {members} largest of the stores that are not looked at by themselves; beside each the cases and the number of all of them.
SELECT store, lately, all_lately, pooled
FROM (SELECT store, lately, sum(lately) OVER () AS all_lately, count() OVER () AS pooled FROM ($placed) WHERE NOT own)
ORDER BY lately DESC, store
LIMIT {members:UInt64}
