-- What student systems push by IMS Enterprise Services: sites and who may send to them, the objects of each site, and
-- the log of the messages. Objects are texts of the protocol (`body`); the columns beside them are what is looked for.
-- The parent of a group is no foreign key: a whole branch is deleted at once, and databases differ in the order that they
-- allow for that.

-- A space of sync keys with one root.
CREATE TABLE ims_sites (
    id {id},
    name {key} NOT NULL UNIQUE,
    created_at {int} NOT NULL,
    -- Grows with every call that writes. Changing it first keeps the calls of a site one after the other.
    writes {int} NOT NULL
);

-- Credentials; each belongs to one site.
CREATE TABLE ims_accounts (
    id {id},
    name {key} NOT NULL UNIQUE,
    site {int} NOT NULL,
    -- How many calls may be under way at once, and how many may begin in a minute; 0 for any number.
    calls_at_once_max {int} NOT NULL,
    calls_per_minute_max {int} NOT NULL,
    created_at {int} NOT NULL,
    last_used_at {int},
    FOREIGN KEY (site) REFERENCES ims_sites (id)
);

-- The passwords of an account, as hashes: one, or two while the sender changes over.
CREATE TABLE ims_passwords (
    id {id},
    account {int} NOT NULL,
    hash {text} NOT NULL,
    created_at {int} NOT NULL,
    last_used_at {int},
    FOREIGN KEY (account) REFERENCES ims_accounts (id) ON DELETE CASCADE
);

-- The hierarchy of a site. The root is a row without a parent.
CREATE TABLE ims_groups (
    id {id},
    site {int} NOT NULL,
    sync_key {key} NOT NULL,
    parent {int},
    -- 'site', 'school', 'course', 'course_group' or 'unspecified'.
    kind {key} NOT NULL,
    title {text} NOT NULL,
    body {text} NOT NULL,
    created_at {int} NOT NULL,
    changed_at {int} NOT NULL,
    UNIQUE (site, sync_key)
);
CREATE INDEX ims_groups_by_parent ON ims_groups (parent);

-- Courses whose group was deleted: they stay, and nothing addresses them any more.
CREATE TABLE ims_courses_left (
    id {id},
    site {int} NOT NULL,
    -- Of the group that is gone; it may be in use again.
    sync_key {key} NOT NULL,
    title {text} NOT NULL,
    body {text} NOT NULL,
    left_at {int} NOT NULL
);
CREATE INDEX ims_courses_left_by_site ON ims_courses_left (site);

CREATE TABLE ims_persons (
    id {id},
    site {int} NOT NULL,
    sync_key {key} NOT NULL,
    body {text} NOT NULL,
    -- The group that is the person's home; nothing for the site itself.
    home_group {int},
    created_at {int} NOT NULL,
    changed_at {int} NOT NULL,
    UNIQUE (site, sync_key)
);
CREATE INDEX ims_persons_by_home ON ims_persons (home_group);

-- Who is whose parent or guardian.
CREATE TABLE ims_relatives (
    parent {int} NOT NULL,
    child {int} NOT NULL,
    PRIMARY KEY (parent, child)
) {end};
CREATE INDEX ims_relatives_by_child ON ims_relatives (child);

CREATE TABLE ims_memberships (
    id {id},
    site {int} NOT NULL,
    sync_key {key} NOT NULL,
    group_id {int} NOT NULL,
    person_id {int} NOT NULL,
    body {text} NOT NULL,
    created_at {int} NOT NULL,
    changed_at {int} NOT NULL,
    UNIQUE (site, sync_key),
    -- One person has one membership in a group.
    UNIQUE (group_id, person_id)
);
CREATE INDEX ims_memberships_by_person ON ims_memberships (person_id);

-- Keys that were changed, so that a message with the old one can be answered helpfully.
CREATE TABLE ims_renames (
    id {id},
    site {int} NOT NULL,
    -- 'group', 'person' or 'membership'.
    object {key} NOT NULL,
    key_before {key} NOT NULL,
    key_after {key} NOT NULL,
    renamed_at {int} NOT NULL
);
CREATE INDEX ims_renames_by_key ON ims_renames (site, object, key_before);

-- Every message.
CREATE TABLE ims_messages (
    id {id},
    at {int} NOT NULL,
    -- Nothing where the sender is not known.
    account {int},
    site {int},
    -- The user name as sent.
    sender {text} NOT NULL,
    -- Empty where it could not be read.
    operation {key} NOT NULL,
    message_identifier {text} NOT NULL,
    -- Stands for account and identifier of a message that writes, and for its body: a message that comes again is known by
    -- both. Nothing for others.
    repeat_key {key},
    body_hash {key},
    -- 'done', 'repeated', 'busy', 'fault' or 'http'.
    outcome {key} NOT NULL,
    -- The fault or the HTTP status, in words; else empty.
    detail {text} NOT NULL,
    item_count {int} NOT NULL,
    success_count {int} NOT NULL,
    warning_count {int} NOT NULL,
    failure_count {int} NOT NULL,
    duration_us {int} NOT NULL,
    request_bytes {int} NOT NULL,
    -- The answer for each item, as a text of the protocol. Nothing for a message that read and had no failure.
    statuses {text},
    -- What was wrong with the message, a line each.
    notes {text} NOT NULL,
    -- The message without its passwords, as long as the configuration keeps it.
    body {text}
);
CREATE INDEX ims_messages_by_repeat ON ims_messages (repeat_key);
CREATE INDEX ims_messages_by_time ON ims_messages (at);
CREATE INDEX ims_messages_by_account ON ims_messages (account);

-- How much each account sent, day by day; these stay when the messages are forgotten.
CREATE TABLE ims_counts (
    account {int} NOT NULL,
    -- Days since 1970-01-01, in UTC.
    day {int} NOT NULL,
    requests {int} NOT NULL,
    successes {int} NOT NULL,
    warnings {int} NOT NULL,
    failures {int} NOT NULL,
    faults {int} NOT NULL,
    PRIMARY KEY (account, day)
) {end};
