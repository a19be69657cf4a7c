-- What the rules of personas.toml find. Both are rebuilt after each analysis.
CREATE TABLE application_tags
(
    connection LowCardinality(String),
    source_id String COMMENT 'the application; of a case of several connections the member that stands for it',
    tag LowCardinality(String) COMMENT 'of personas.toml'
)
ENGINE = MergeTree
ORDER BY (connection, source_id, tag);

CREATE TABLE application_personas
(
    connection LowCardinality(String),
    source_id String,
    persona LowCardinality(String) COMMENT 'of personas.toml; only of the jobs that it is for',
    matches UInt8 COMMENT '1 when the application carries all tags of the persona',
    told UInt8 COMMENT '1 when the source says anything of the person'
)
ENGINE = MergeTree
ORDER BY (connection, source_id, persona);
