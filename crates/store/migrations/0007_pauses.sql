-- When nothing may be changed.

-- Pauses of a source, a module, a course or everything, with a reason and an end (feature B9). While one counts, all
-- that it covers stays as it is.
CREATE TABLE pauses (
    id {id},
    -- 'all', 'source', 'module' or 'course'.
    scope {key} NOT NULL,
    -- The source, the module or the number of the course; empty for 'all'.
    subject {key} NOT NULL,
    owner {text} NOT NULL,
    reason {text} NOT NULL,
    begins_at {int} NOT NULL,
    -- From this time on it no longer counts; somebody who resumes moves it forward.
    ends_at {int} NOT NULL,
    -- The first run after it, which only plans; nothing until then.
    reviewed_by {int}
);
