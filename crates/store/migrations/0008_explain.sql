-- What `muster explain` needs to know things by the words that people use (features Z1, K4, K8, G9).

-- The idnumber of the course; nothing until the platform was asked for it, empty where the course has none.
ALTER TABLE courses ADD COLUMN idnumber {key};

-- A failed call with names as they were then, because ids mean nothing once the thing is gone. A call about several
-- courses has a row for each. Nothing in rows from before this migration.
-- The number of the call among the failed ones of its run; the line in the log has it too.
ALTER TABLE rest_error_logs ADD COLUMN request {int};
-- The platform's code, or ours where it gave none.
ALTER TABLE rest_error_logs ADD COLUMN code {key};
ALTER TABLE rest_error_logs ADD COLUMN course_name {text};
ALTER TABLE rest_error_logs ADD COLUMN group_names {text};
ALTER TABLE rest_error_logs ADD COLUMN person_names {text};
CREATE INDEX rest_error_logs_by_course ON rest_error_logs (course);

-- Groups and groupings that are gone are looked for by the number that the platform had given them.
CREATE INDEX tombstones_by_moodle_id ON tombstones (kind, moodle_id);
-- And people by their keys.
CREATE INDEX tombstones_by_person ON tombstones (person);
