-- What runs planned, what people decided about it, and what came of it.

-- Runs, also those that only planned.
CREATE TABLE runs (
    id {id},
    -- 'plan', 'apply' or 'run'.
    kind {key} NOT NULL,
    profile {text} NOT NULL,
    site {text} NOT NULL,
    -- What it was confined to, in words; empty for everything.
    scope {text} NOT NULL,
    started_at {int} NOT NULL,
    finished_at {int},
    -- 'running', 'planned', 'done', 'waiting', 'attention', 'failed' or 'interrupted'.
    status {key} NOT NULL,
    -- The story for people, as JSON.
    report {text} NOT NULL,
    -- Figures, written when the run ends.
    course_count {int} NOT NULL,
    operation_count {int} NOT NULL,
    done_count {int} NOT NULL,
    refused_count {int} NOT NULL,
    unknown_count {int} NOT NULL,
    not_tried_count {int} NOT NULL,
    waiting_count {int} NOT NULL,
    finding_count {int} NOT NULL
);

-- The operations of a run, and the journal of what became of them.
CREATE TABLE operations (
    run {int} NOT NULL,
    -- The operation's number in its run, from 1.
    number {int} NOT NULL,
    course {int} NOT NULL,
    kind {key} NOT NULL,
    -- Of the group or grouping.
    idnumber {key} NOT NULL,
    name {text} NOT NULL,
    -- The platform's id of the group or grouping; a creation learns it from the answer.
    target_id {int},
    person {key} NOT NULL,
    user_id {int},
    value_before {text} NOT NULL,
    value_after {text} NOT NULL,
    because {key} NOT NULL,
    -- Stands for exactly this operation; approvals name it. 32 hexadecimal digits.
    fingerprint {key} NOT NULL,
    -- 'planned', 'waiting' for approval, 'sent', 'done', 'already_so', 'refused', 'unknown' or 'not_tried'.
    state {key} NOT NULL,
    detail {text} NOT NULL,
    -- How often it was sent.
    attempts {int} NOT NULL,
    PRIMARY KEY (run, number),
    FOREIGN KEY (run) REFERENCES runs (id)
) {end};
CREATE INDEX operations_by_course ON operations (course, run);
CREATE INDEX operations_by_state ON operations (state, run);

-- Why operations of a run wait.
CREATE TABLE objections (
    id {id},
    run {int} NOT NULL,
    scope {text} NOT NULL,
    kind {key} NOT NULL,
    sentence {text} NOT NULL,
    FOREIGN KEY (run) REFERENCES runs (id)
);
CREATE INDEX objections_by_run ON objections (run);

-- Which operations an objection holds.
CREATE TABLE objection_operations (
    objection {int} NOT NULL,
    number {int} NOT NULL,
    PRIMARY KEY (objection, number),
    FOREIGN KEY (objection) REFERENCES objections (id)
) {end};

-- What people decided about operations. The newest decision about a fingerprint counts.
CREATE TABLE approvals (
    id {id},
    fingerprint {key} NOT NULL,
    -- The run in which the operation waited.
    run {int} NOT NULL,
    -- 'approved' or 'refused'.
    decision {key} NOT NULL,
    who {text} NOT NULL,
    reason {text} NOT NULL,
    decided_at {int} NOT NULL,
    expires_at {int} NOT NULL,
    -- The run that carried the operation out: an approval serves once.
    used_by {int},
    FOREIGN KEY (run) REFERENCES runs (id)
);
CREATE INDEX approvals_by_fingerprint ON approvals (fingerprint);

-- What a person should know about a course. The same finding on two nights is one row.
CREATE TABLE findings (
    id {id},
    -- Hash of course, reason, module, group and person.
    identity {key} NOT NULL UNIQUE,
    course {int} NOT NULL,
    reason {key} NOT NULL,
    severity {key} NOT NULL,
    module {key},
    -- The group, where it is about one.
    group_source {key},
    group_module {key},
    group_id {key},
    group_part {key},
    person {key},
    detail {text} NOT NULL,
    first_seen {int} NOT NULL,
    last_seen {int} NOT NULL,
    last_run {int} NOT NULL,
    -- When a run planned the course without it.
    healed_at {int}
);
CREATE INDEX findings_by_course ON findings (course, healed_at);

-- Answers of the platform that were not what was hoped for. The name is that of the old table.
CREATE TABLE rest_error_logs (
    id {id},
    at {int} NOT NULL,
    run {int} NOT NULL,
    -- The web service function.
    function_name {key} NOT NULL,
    -- The parameters without secrets.
    parameters {text} NOT NULL,
    answer {text} NOT NULL,
    course {int},
    -- What was done about it, in words.
    what_happened {text} NOT NULL,
    FOREIGN KEY (run) REFERENCES runs (id)
);
CREATE INDEX rest_error_logs_by_run ON rest_error_logs (run);
