-- What Muster made or took over on the platform: "ours" of the three-way comparison.

-- Courses that a run has looked at.
CREATE TABLE courses (
    course {int} NOT NULL PRIMARY KEY,
    -- The name that the platform showed last; empty where it was never asked for.
    name {text} NOT NULL,
    -- When the course was read last.
    observed_at {int},
    -- What the last settled run was made from; nothing where the last run did not settle.
    input_hash {key},
    -- 1: the next run reads the course whatever the hash says.
    look_again {int} NOT NULL,
    -- 1: the platform said that the course does not exist.
    gone {int} NOT NULL
);

-- Groupings that are ours.
CREATE TABLE grouping_links (
    course {int} NOT NULL,
    source {key} NOT NULL,
    module {key} NOT NULL,
    -- The platform's id; nothing while the creation is only intended.
    moodle_id {int},
    idnumber {key} NOT NULL,
    -- The name that we wrote last, and the one that the platform showed last.
    name_applied {text} NOT NULL,
    name_shown {text} NOT NULL,
    -- 'intended', 'confirmed' or 'removing'.
    state {key} NOT NULL,
    PRIMARY KEY (course, source, module)
) {end};

-- Groups that are ours.
CREATE TABLE group_links (
    id {id},
    course {int} NOT NULL,
    source {subkey} NOT NULL,
    module {subkey} NOT NULL,
    group_id {subkey} NOT NULL,
    -- 'everyone' or 'tutors'.
    part {subkey} NOT NULL,
    moodle_id {int},
    idnumber {key} NOT NULL,
    name_applied {text} NOT NULL,
    name_shown {text} NOT NULL,
    term {text} NOT NULL,
    -- As above, or 'archived'.
    state {key} NOT NULL,
    UNIQUE (course, source, module, group_id, part)
);

-- Memberships that are ours; they go with their group. Without an index by person, on purpose: each new member would
-- touch a page of its own, and a first run writes hundreds of thousands; looking through all of them is quick enough.
CREATE TABLE member_links (
    group_link {int} NOT NULL,
    -- The platform's user.
    user_id {int} NOT NULL,
    -- The person as the source names them; a text, because a link outlives the deliveries.
    person {key} NOT NULL,
    -- 'student' or 'tutor'.
    role {key} NOT NULL,
    state {key} NOT NULL,
    PRIMARY KEY (group_link, user_id),
    FOREIGN KEY (group_link) REFERENCES group_links (id) ON DELETE CASCADE
) {end};

-- What was ours and is no more: for explaining, and for undoing a run.
CREATE TABLE tombstones (
    id {id},
    -- 'group', 'grouping' or 'member'.
    kind {key} NOT NULL,
    course {int} NOT NULL,
    source {key} NOT NULL,
    module {key} NOT NULL,
    -- Nothing for a grouping.
    group_id {key},
    part {key},
    -- Of the group or grouping.
    moodle_id {int},
    idnumber {key} NOT NULL,
    name {text} NOT NULL,
    term {text} NOT NULL,
    -- Of a member.
    user_id {int},
    person {key},
    -- Nothing where the membership was never ours.
    role {key},
    dropped_at {int} NOT NULL,
    run {int} NOT NULL,
    -- The reason code of the operation.
    because {key} NOT NULL
);
CREATE INDEX tombstones_by_course ON tombstones (course, module);
CREATE INDEX tombstones_by_run ON tombstones (run);
