-- What the sources say, delivery by delivery. The words in braces are types; src/dialect.rs spells them.

-- One line for each delivery that arrived, also for one that was refused or said the same as the one before.
CREATE TABLE deliveries (
    id {id},
    source {key} NOT NULL,
    received_at {int} NOT NULL,
    -- 'accepted', or 'refused' because it was not complete enough to be believed.
    state {key} NOT NULL,
    -- Why it was refused, in words; stays when a person accepts it after all.
    doubts {text} NOT NULL,
    -- Hash of all rows in any order.
    content_hash {key} NOT NULL,
    -- The delivery whose rows say what this one says: itself, or an earlier one with the same content.
    -- Nothing once those rows were pruned.
    rows_of {int},
    -- The terms about which it speaks, as a JSON list.
    terms {text} NOT NULL,
    module_count {int} NOT NULL,
    group_count {int} NOT NULL,
    student_count {int} NOT NULL,
    tutor_count {int} NOT NULL,
    rejection_count {int} NOT NULL,
    -- The person who accepted a refused delivery, why and when.
    accepted_by {text},
    accepted_reason {text},
    accepted_at {int}
);
CREATE INDEX deliveries_by_source ON deliveries (source, state, id);

-- The modules that a delivery names. One without groups stands here as well: that is how "no groups" differs from
-- "nothing was said".
CREATE TABLE source_modules (
    delivery {int} NOT NULL,
    module {key} NOT NULL,
    -- Hash of the module's groups and members in any order.
    hash {key} NOT NULL,
    PRIMARY KEY (delivery, module),
    FOREIGN KEY (delivery) REFERENCES deliveries (id)
) {end};

-- The groups of a delivery.
CREATE TABLE source_groups (
    id {id},
    delivery {int} NOT NULL,
    module {key} NOT NULL,
    group_id {key} NOT NULL,
    code {text} NOT NULL,
    name {text} NOT NULL,
    kind {text} NOT NULL,
    term {text} NOT NULL,
    UNIQUE (delivery, module, group_id),
    FOREIGN KEY (delivery) REFERENCES deliveries (id)
);

-- People as the sources name them, once each.
CREATE TABLE persons (
    id {id},
    person {key} NOT NULL UNIQUE
);

-- Who is in a group. Both numbers point at rows of this file; there are millions of these rows, and they are only
-- ever written and removed together with their delivery, so no foreign key looks at each of them.
CREATE TABLE source_members (
    source_group {int} NOT NULL,
    person {int} NOT NULL,
    -- 1 for a tutor, 0 for a student.
    tutor {int} NOT NULL,
    PRIMARY KEY (source_group, person)
) {end};

-- Rows that were not accepted. The same row on two nights is one line here.
CREATE TABLE rejections (
    id {id},
    -- Hash of source, table, rule and the row itself.
    identity {key} NOT NULL UNIQUE,
    source {key} NOT NULL,
    -- The file or query: groups, members or modules.
    source_table {key} NOT NULL,
    rule {key} NOT NULL,
    -- The line where it was seen last; the first of them where the delivery has it several times.
    line {int} NOT NULL,
    -- How often the last delivery has it.
    times {int} NOT NULL,
    detail {text} NOT NULL,
    -- The row as it was read, as a JSON list.
    row_text {text} NOT NULL,
    -- What it blocks, where that could be told; the key may be what is wrong.
    module {text},
    group_id {text},
    person {text},
    first_seen {int} NOT NULL,
    last_seen {int} NOT NULL,
    last_delivery {int} NOT NULL,
    -- When an accepted delivery came without it.
    healed_at {int}
);
CREATE INDEX rejections_by_source ON rejections (source, healed_at);
