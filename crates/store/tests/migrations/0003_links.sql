INSERT INTO courses (course, name, observed_at, input_hash, look_again, gone) VALUES (101, 'ANTH1014_26', 1000, '0f', 0, 0);
INSERT INTO grouping_links (course, source, module, moodle_id, idnumber, name_applied, name_shown, state)
VALUES (101, 'cmis', 'ANTH1014', 7, 'muster:cmis:ANTH1014', 'ANTH1014', 'ANTH1014', 'confirmed');
INSERT INTO group_links (id, course, source, module, group_id, part, moodle_id, idnumber, name_applied, name_shown, term, state)
VALUES (1, 101, 'cmis', 'ANTH1014', '60435', 'everyone', 70, 'muster:cmis:ANTH1014:60435', 'TUT5', 'TUT5', '2026-T1', 'confirmed');
INSERT INTO member_links (group_link, user_id, person, role, state) VALUES (1, 5001, '20000001', 'student', 'confirmed');
INSERT INTO tombstones (kind, course, source, module, group_id, part, moodle_id, idnumber, name, term, dropped_at, run, because)
VALUES ('group', 101, 'cmis', 'ANTH1014', '60436', 'everyone', 71, 'muster:cmis:ANTH1014:60436', 'TUT6', '2026-T1', 1000, 1, 'source_dropped');
