INSERT INTO runs (id, kind, profile, site, scope, started_at, finished_at, status, report, course_count, operation_count,
    done_count, refused_count, unknown_count, not_tried_count, waiting_count, finding_count)
VALUES (1, 'apply', 'live', 'https://moodle.example.ac.uk', '', 1000, 1100, 'waiting', '{}', 1, 1, 0, 0, 0, 0, 1, 1);
INSERT INTO operations (run, number, course, kind, idnumber, name, target_id, person, user_id, value_before, value_after,
    because, fingerprint, state, detail, attempts)
VALUES (1, 1, 101, 'delete_group', 'muster:cmis:ANTH1014:60435', 'TUT5', 70, '', NULL, 'TUT5 (1 members)', '',
    'unmapped', '00112233445566778899aabbccddeeff', 'waiting', '', 0);
INSERT INTO objections (id, run, scope, kind, sentence) VALUES (1, 1, 'course 101', 'share', 'all groups would go');
INSERT INTO objection_operations (objection, number) VALUES (1, 1);
INSERT INTO approvals (fingerprint, run, decision, who, reason, decided_at, expires_at)
VALUES ('00112233445566778899aabbccddeeff', 1, 'approved', 'ada', 'the module is over', 1200, 9000);
INSERT INTO findings (identity, course, reason, severity, module, detail, first_seen, last_seen, last_run)
VALUES ('1a', 101, 'not_enrolled', 'pending', 'ANTH1014', '20000001 is not enrolled', 1000, 1000, 1);
INSERT INTO rest_error_logs (at, run, function_name, parameters, answer, course, what_happened)
VALUES (1000, 1, 'core_group_delete_groups', 'groupids[0]=70', '{"errorcode":"x"}', 101, 'told in the report');
