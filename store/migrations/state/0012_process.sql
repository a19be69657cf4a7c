-- What is done for a case: messages to the candidate, tasks for people, proposals that a person decides. Planned here before it leaves, so that
-- none is lost or made twice. No name, number or address is in it: they are asked for when a message leaves.
-- A row of kind `known` says since when a process is known: what was due before is not done.
CREATE TABLE process_steps
(
    key String COMMENT 'idempotency key: of process, rule, step, case and what it is about; receivers are given it',
    process LowCardinality(String) COMMENT 'id in process.toml',
    rule LowCardinality(String) COMMENT 'ladder, gate or stage of it',
    step LowCardinality(String),
    kind LowCardinality(String) COMMENT 'known, message (to the candidate), task, proposal, notice (to a receiver, of a task or proposal)',
    connection LowCardinality(String),
    application String COMMENT 'source_id of the application; until the person is erased',
    subject String COMMENT 'what of the case it is about: an invitation, an assessment, a stage',
    what String COMMENT 'template, words of the task, ending that is proposed, key of the task that a notice tells of',
    receiver LowCardinality(String) COMMENT 'of a notice: id in messages.toml',
    state LowCardinality(String) COMMENT 'planned, begun (handed over, the answer not seen yet), sent, failed (tried again at next_at), given_up, opted_out, unreachable (no contact data), lapsed (too late), obsolete (no longer due); of tasks and proposals open, done, confirmed, dismissed, obsolete',
    attempts UInt32,
    due_at DateTime64(3, 'UTC'),
    first_at DateTime64(3, 'UTC') COMMENT 'when it was planned',
    last_at DateTime64(3, 'UTC') COMMENT 'when its state last changed',
    next_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when it is tried again',
    error String COMMENT 'what the last attempt met; no address, key or text of a message',
    decided_by String COMMENT 'who did, confirmed or dismissed it',
    reason String COMMENT 'why',
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY key;

-- Who wants no messages any more: H(erase key, digest of the phone or mail), from which nobody can be found.
CREATE TABLE process_opt_outs
(
    digest String,
    at DateTime64(3, 'UTC'),
    withdrawn UInt8 COMMENT '1: taken back',
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY digest;
