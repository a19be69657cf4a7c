-- The tags of applications and the titles of applications and postings, in lower case, that hold the letters of a word ($letters): as many as there are
-- different ones, not as there are applications. Whether the letters are the word is for the segmenter to say.
SELECT DISTINCT text, sipHash64(text) AS hash
FROM
(
    SELECT lowerUTF8(arrayJoin(arrayConcat(arrayMap(t -> toString(t), tags), [title]))) AS text FROM inflow.applications FINAL WHERE deleted = 0
    UNION ALL
    SELECT lowerUTF8(title) FROM inflow.postings FINAL WHERE deleted = 0
)
WHERE $letters
