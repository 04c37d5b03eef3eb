-- Runs that many machines share, and what only one of them does.

-- What a worker has to know before it takes part in a run. Times are milliseconds by the clock of the database.
CREATE TABLE shares (
    run {int} NOT NULL PRIMARY KEY,
    -- The settings that matter, a line each: whoever has others keeps out.
    settings {text} NOT NULL,
    -- The moment for which everybody plans, in seconds.
    planned_for {int} NOT NULL,
    -- The worker that leads.
    leader {int} NOT NULL,
    -- Why a worker stopped the whole run, and what a person can do; nothing while it goes on.
    stopped {text},
    next_step {text},
    FOREIGN KEY (run) REFERENCES runs (id)
);

-- Who takes part. A worker that was lost never comes back under its number: that number is its fence.
CREATE TABLE workers (
    id {id},
    run {int} NOT NULL,
    -- Program, process and machine.
    name {text} NOT NULL,
    began_at {int} NOT NULL,
    -- Until when it counts as alive without another word.
    alive_until {int} NOT NULL,
    -- When it left, or was lost; nothing while it takes part.
    ended_at {int},
    FOREIGN KEY (run) REFERENCES runs (id)
);
CREATE INDEX workers_by_run ON workers (run, ended_at);

-- The courses of the run under way.
CREATE TABLE work (
    run {int} NOT NULL,
    course {int} NOT NULL,
    name {text} NOT NULL,
    -- The order in which courses are taken.
    place {int} NOT NULL,
    -- 'plan', 'planned', 'apply', 'applied', or 'lost': something was sent, and nobody knows what came of it.
    phase {key} NOT NULL,
    -- Whether the course is read whole in any case.
    whole {int} NOT NULL,
    -- Who has it; nothing while nobody does.
    worker {int},
    -- How often it was taken.
    attempts {int} NOT NULL,
    -- Its plan; empty before there is one and after the run.
    content {text} NOT NULL,
    PRIMARY KEY (run, course),
    FOREIGN KEY (run) REFERENCES runs (id)
) {end};
CREATE INDEX work_to_take ON work (run, worker, phase, place);

-- Who had which course, from when until when.
CREATE TABLE leases (
    run {int} NOT NULL,
    course {int} NOT NULL,
    -- How often the course had been taken, this time included.
    attempt {int} NOT NULL,
    -- 'plan' or 'apply'.
    phase {key} NOT NULL,
    worker {int} NOT NULL,
    taken_at {int} NOT NULL,
    ended_at {int},
    -- 1 while it is held, nothing afterwards: so nobody can hold what another one holds.
    is_held {int},
    -- 'done', 'left' or 'lost'; empty while it is held.
    ended {key} NOT NULL,
    PRIMARY KEY (run, course, attempt)
) {end};
CREATE UNIQUE INDEX leases_held ON leases (run, course, is_held);
CREATE INDEX leases_by_worker ON leases (run, worker, is_held);

-- What became of operations that did not end well, whole, for the leader's report.
CREATE TABLE work_outcomes (
    run {int} NOT NULL,
    number {int} NOT NULL,
    outcome {text} NOT NULL,
    PRIMARY KEY (run, number)
) {end};

-- Calls to the platform by workers.
CREATE TABLE work_calls (
    id {id},
    run {int} NOT NULL,
    worker {int} NOT NULL,
    read_calls {int} NOT NULL,
    write_calls {int} NOT NULL
);
CREATE INDEX work_calls_by_run ON work_calls (run);

-- What one of several services did: a run of the schedule, an alarm.
CREATE TABLE firings (
    what {key} NOT NULL PRIMARY KEY,
    -- Program, process and machine.
    who {text} NOT NULL,
    -- When, in seconds.
    fired_at {int} NOT NULL
) {end};
