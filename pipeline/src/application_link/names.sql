-- Names that may join applications of several connections: of those that somebody tells without a phone or mail (`named`), who shares one with
-- another connection (`shared`).
    -- A name is a hash of its digest. Only names that somebody tells without a phone or mail can join anything.
    (kinds, normalisers, key, digests) -> arrayDistinct(arrayFilter(name -> name != 0, arrayMap(
        (kind, normaliser, digest) -> if(kind = 'name_exact', sipHash64(normaliser, key, digest), 0), kinds, normalisers, digests))) AS names_of,
    lone AS
    (
        SELECT DISTINCT arrayJoin(names_of(digest_kind, digest_normaliser, key_id, digest_value)) AS name
        FROM $db.candidates FINAL
        WHERE deleted = 0 AND has(digest_kind, 'name_exact') AND NOT hasAny(digest_kind, [$linking])
    ),
    named AS
    (
        SELECT connection, source_id, arrayFilter(name -> name IN lone, names_of(digest_kind, digest_normaliser, key_id, digest_value)) AS names
        FROM $db.candidates FINAL
        WHERE deleted = 0 AND (SELECT count() FROM lone) > 0 AND has(digest_kind, 'name_exact') AND notEmpty(names)
    ),
    shared AS
    (
        SELECT connection, source_id
        FROM named
        ARRAY JOIN names AS name
        WHERE name IN (SELECT name FROM named ARRAY JOIN names AS name GROUP BY name HAVING uniqExact(connection) > 1)
    ),
