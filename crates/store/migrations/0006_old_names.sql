-- The other names of the old integration, so that every query of its troubleshooting page still runs (0005 has
-- cmis_groups_dump and cmis_groups). All are views over the tables of 0001 to 0004: they are read, and commands write.
--
-- Two old names need no view, because a table of ours has them: mapped_modules (0002), where other programs write, and
-- rest_error_logs (0004).
--
-- All times are seconds since 1970 UTC. The views know neither the policy nor the clock: todelete says what the two
-- flags of a mapping wish, also while a pause or on_unmap = "keep" leaves the groups as they are.

-- The old queries look for groups by the platform's id.
CREATE INDEX group_links_by_moodle_id ON group_links (moodle_id);

-- Groups of ours, one row for each course and group. toadd: asked for, and the answer is not known. todelete: its
-- removal was asked for and the answer is not known, or its mapping says RMV and it is still there. Never both.
CREATE VIEW cmis_groups_course AS
SELECT g.id AS id, g.course AS courseid, g.module AS module_code, g.group_id AS groupid,
       -- Nothing in either means: not there yet, as far as we know. A place that makes no groupings has no second one.
       g.moodle_id AS moodlegroupid, s.moodle_id AS moodlegroupingid,
       CASE WHEN g.state = 'intended' THEN 1 ELSE 0 END AS toadd,
       CASE
           WHEN g.state = 'removing' THEN 1
           -- The wish as src/mappings.rs reads it: a frozen row wishes nothing, and where one row wants what another
           -- one removes, nothing is touched.
           WHEN g.state = 'confirmed'
               AND EXISTS (
                   SELECT 1 FROM mapped_modules r
                   WHERE r.moodle_id = g.course AND r.modulecode = g.module AND r.active <> 0
                       AND (r.source = g.source OR COALESCE(r.source, '') = '')
                       AND (UPPER(TRIM(r.group_import)) = 'RMV' OR UPPER(TRIM(r.mapping_action)) = 'RMV'))
               AND NOT EXISTS (
                   SELECT 1 FROM mapped_modules w
                   WHERE w.moodle_id = g.course AND w.modulecode = g.module AND w.active <> 0
                       AND (w.source = g.source OR COALESCE(w.source, '') = '')
                       AND UPPER(TRIM(w.group_import)) = 'ADD'
                       AND UPPER(TRIM(COALESCE(w.mapping_action, ''))) IN ('', 'ADD'))
               THEN 1
           ELSE 0
       END AS todelete,
       g.name_shown AS groupname, g.idnumber AS idnumber, g.part AS part, g.term AS term, g.state AS state,
       g.source AS source,
       -- When the course was read last, and the reason code of what needs a person about the group.
       c.observed_at AS timeread,
       (SELECT MIN(f.reason) FROM findings f
        WHERE f.course = g.course AND f.healed_at IS NULL AND f.severity = 'attention' AND f.group_source = g.source
            AND f.group_module = g.module AND f.group_id = g.group_id AND f.group_part = g.part
            AND f.person IS NULL) AS errorcode
FROM group_links g
LEFT JOIN grouping_links s ON s.course = g.course AND s.source = g.source AND s.module = g.module
LEFT JOIN courses c ON c.course = g.course;

-- Memberships of all roles; the old tables are its two halves. First those that are ours; their id is made of the
-- link's and the user's number, because no number of their own is kept. Then those that wait for an account or an
-- enrolment: with a negative id, without a user, and with the reason as their state.
CREATE VIEW cmis_allgroupmembers AS
SELECT m.group_link * 4294967296 + m.user_id AS id, g.courseid AS courseid, m.user_id AS userid,
       g.moodlegroupid AS moodlegroupid, g.groupid AS groupid, g.module_code AS module_code, m.person AS person,
       CASE WHEN m.state = 'intended' THEN 1 ELSE 0 END AS toadd,
       CASE WHEN m.state = 'removing' OR m.state = 'confirmed' AND g.todelete = 1 THEN 1 ELSE 0 END AS todelete,
       g.groupname AS groupname, g.part AS part, m.state AS state, g.source AS source, m.role AS role
FROM member_links m
JOIN cmis_groups_course g ON g.id = m.group_link
UNION ALL
SELECT -f.id, f.course, NULL, l.moodle_id, f.group_id, f.group_module, f.person, 0, 0,
       COALESCE(l.name_shown, g.name), f.group_part, f.reason, f.group_source,
       CASE m.tutor WHEN 1 THEN 'tutor' ELSE 'student' END
FROM findings f
JOIN deliveries d ON d.source = f.group_source
JOIN source_groups g ON g.delivery = d.rows_of AND g.module = f.group_module AND g.group_id = f.group_id
JOIN persons p ON p.person = f.person
JOIN source_members m ON m.source_group = g.id AND m.person = p.id
LEFT JOIN group_links l ON l.course = f.course AND l.source = f.group_source AND l.module = f.group_module
    AND l.group_id = f.group_id AND l.part = f.group_part
WHERE f.healed_at IS NULL AND f.reason IN ('not_enrolled', 'unknown_person', 'ambiguous_person')
    AND d.id IN (SELECT MAX(id) FROM deliveries WHERE state = 'accepted' GROUP BY source);

-- Students in groups.
CREATE VIEW cmis_groupmembers AS
SELECT id, courseid, userid, moodlegroupid, groupid, module_code, person, toadd, todelete, groupname, part, state, source
FROM cmis_allgroupmembers WHERE role = 'student';

-- Tutors in groups.
CREATE VIEW cmis_tutgroupmembers AS
SELECT id, courseid, userid, moodlegroupid, groupid, module_code, person, toadd, todelete, groupname, part, state, source
FROM cmis_allgroupmembers WHERE role = 'tutor';

-- Groups that were ours: when they went, in which run, and its reason code. A group that was made again later stands
-- here and in cmis_groups_course.
CREATE VIEW cmis_groups_deleted AS
SELECT id, course AS courseid, module AS modcode, group_id AS groupid, moodle_id AS moodlegroupid, name AS groupname,
       idnumber, part, term, source, dropped_at AS timedeleted, run, because
FROM tombstones WHERE kind = 'group';

-- Students who were members: alone, or with their group. A member whom somebody else had added has no role and
-- counts as a student.
CREATE VIEW cmis_groupmembers_deleted AS
SELECT id, course AS courseid, module AS modcode, user_id AS userid, group_id AS groupid, moodle_id AS moodlegroupid,
       name AS groupname, person, source, dropped_at AS timedeleted, run, because
FROM tombstones WHERE kind = 'member' AND COALESCE(role, 'student') = 'student';

-- Tutors who were members.
CREATE VIEW cmis_tutgroupmembers_deleted AS
SELECT id, course AS courseid, module AS modcode, user_id AS userid, group_id AS groupid, moodle_id AS moodlegroupid,
       name AS groupname, person, source, dropped_at AS timedeleted, run, because
FROM tombstones WHERE kind = 'member' AND role = 'tutor';

-- What the platform showed of our groups when the course was last read, with the names that teachers gave them since.
-- Local groups are not kept. A course that is gone shows nothing.
CREATE VIEW cmis_groups_moodle AS
SELECT g.course AS mdlcourseid, c.name AS mdlcoursename, g.moodle_id AS mdlgroupid, g.name_shown AS name,
       g.idnumber AS idnumber, g.module AS modulecode, g.source AS source, c.observed_at AS timeread
FROM group_links g
LEFT JOIN courses c ON c.course = g.course
WHERE g.moodle_id IS NOT NULL AND COALESCE(c.gone, 0) = 0;

-- The same for groupings.
CREATE VIEW cmis_groupings_moodle AS
SELECT s.course AS mdlcourseid, c.name AS mdlcoursename, s.moodle_id AS mdlgroupingid, s.name_shown AS name,
       s.idnumber AS idnumber, s.module AS modulecode, s.source AS source, c.observed_at AS timeread
FROM grouping_links s
LEFT JOIN courses c ON c.course = s.course
WHERE s.moodle_id IS NOT NULL AND COALESCE(c.gone, 0) = 0;

-- Rows of the source that are rejected now; one leaves by itself when an accepted delivery comes without it.
CREATE VIEW cmis_error_data_dump AS
SELECT id, source, source_table AS tablename, line AS linenumber, module AS modulecode, group_id AS groupid, person,
       rule, detail AS error, row_text AS rowdata, times, first_seen, last_seen, last_delivery
FROM rejections WHERE healed_at IS NULL;
