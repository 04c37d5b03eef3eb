-- What people wish.

-- Which module fills which course. Other programs write here too and know just the first four columns, so every
-- column of ours can be left out, and two rows about one course and module are possible.
CREATE TABLE mapped_modules (
    moodle_id {int} NOT NULL CHECK (moodle_id BETWEEN 1 AND 9223372036854775807),
    modulecode {key} NOT NULL CHECK (modulecode <> ''),
    -- ADD: bring the groups into the course. RMV: take them away. Nothing: not decided yet.
    group_import {key},
    -- RMV: the mapping itself is removed. ADD or nothing: it stands.
    mapping_action {key},
    -- The source that knows the module; nothing means the only or the default one.
    source {key},
    -- 0 freezes everything that this mapping made.
    active {int} DEFAULT 1,
    owner {text},
    reason {text},
    term {text},
    -- Outside these times (seconds since 1970 UTC, the second one excluded) everything stays as it is.
    valid_from {int},
    valid_until {int},
    -- When and by whom Muster changed the row last; nothing where another program wrote it.
    changed_at {int},
    changed_by {text},
    id {id}
);
CREATE INDEX mapped_modules_by_course ON mapped_modules (moodle_id, modulecode);

-- People who are kept in a group, or out of it, whatever the source says.
CREATE TABLE exceptions (
    id {id},
    source {subkey} NOT NULL,
    module {subkey} NOT NULL,
    group_id {subkey} NOT NULL,
    person {subkey} NOT NULL,
    -- 'include' or 'exclude'.
    kind {key} NOT NULL,
    owner {text} NOT NULL,
    reason {text} NOT NULL,
    created_at {int} NOT NULL,
    -- From this time on it no longer counts; nothing means never.
    expires_at {int},
    UNIQUE (source, module, group_id, person)
);

-- Who changed what, when and why. Rows are only ever added; each holds the hash of the one before it, so that a row
-- that was altered or taken out later shows.
CREATE TABLE audit (
    id {id},
    at {int} NOT NULL,
    who {text} NOT NULL,
    what {text} NOT NULL,
    value_before {text} NOT NULL,
    value_after {text} NOT NULL,
    reason {text} NOT NULL,
    hash_before {key} NOT NULL,
    hash {key} NOT NULL
);
