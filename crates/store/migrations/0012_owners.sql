-- Who gets letters about the groups of their courses.

-- Everybody who was written to, or who asked not to be (feature H7).
CREATE TABLE owners (
    id {id},
    -- The mail address, in lower case.
    address {key} NOT NULL,
    -- The key by which the source names the person, where the platform told it.
    person {key},
    -- The language of the last letter; nothing before there was one.
    language {key},
    -- When the last letter went out; nothing before there was one.
    told_at {int},
    -- Since when they want no letters; nothing where they may be written to.
    unsubscribed_at {int},
    UNIQUE (address)
);

-- What owners were told of their courses. The owner 0 is nobody: somebody looked, and the course has no owner with an
-- address.
CREATE TABLE owner_courses (
    owner {int} NOT NULL,
    course {int} NOT NULL,
    -- What is newer than this, the owner does not know yet.
    told_at {int} NOT NULL,
    PRIMARY KEY (owner, course)
) {end};

-- The links in letters by which an owner gets no more of them. Of the secret in a link only its hash is kept.
CREATE TABLE owner_links (
    hash {key} NOT NULL PRIMARY KEY,
    owner {int} NOT NULL,
    made_at {int} NOT NULL
) {end};
