-- In which texts a word of personas.toml stands as a word. Rebuilt with application_tags.
CREATE TABLE persona_words
(
    word LowCardinality(String) COMMENT 'of a tag or of the titles of a persona, in lower case; of those that are not Latin alone',
    text UInt64 COMMENT 'sipHash64 of a tag of an application, or of a title, in lower case'
)
ENGINE = MergeTree
ORDER BY (word, text);
