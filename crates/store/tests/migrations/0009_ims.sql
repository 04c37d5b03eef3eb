INSERT INTO ims_sites (id, name, created_at, writes) VALUES (1, 'campus', 100, 0);
INSERT INTO ims_accounts (id, name, site, calls_at_once_max, calls_per_minute_max, created_at, last_used_at)
VALUES (1, 'sis', 1, 10, 0, 100, NULL);
INSERT INTO ims_passwords (id, account, hash, created_at, last_used_at) VALUES (1, 1, '$argon2id$…', 100, 150);
INSERT INTO ims_groups (id, site, sync_key, parent, kind, title, body, created_at, changed_at)
VALUES (1, 1, 'root', NULL, 'site', 'Campus', '<Group/>', 100, 100),
       (2, 1, 'school-1', 1, 'school', 'School one', '<Group/>', 100, 100);
INSERT INTO ims_courses_left (id, site, sync_key, title, body, left_at) VALUES (1, 1, 'course-0', 'Old', '<Group/>', 150);
INSERT INTO ims_persons (id, site, sync_key, body, home_group, created_at, changed_at)
VALUES (1, 1, 'person-1', '<Person/>', 2, 100, 100), (2, 1, 'person-2', '<Person/>', NULL, 100, 100);
INSERT INTO ims_relatives (parent, child) VALUES (2, 1);
INSERT INTO ims_memberships (id, site, sync_key, group_id, person_id, body, created_at, changed_at)
VALUES (1, 1, 'm-1', 2, 1, '<Membership/>', 100, 100);
INSERT INTO ims_renames (id, site, object, key_before, key_after, renamed_at) VALUES (1, 1, 'group', 's1', 'school-1', 120);
INSERT INTO ims_messages (id, at, account, site, sender, operation, message_identifier, repeat_key, body_hash, outcome, detail,
    item_count, success_count, warning_count, failure_count, duration_us, request_bytes, statuses, notes, body)
VALUES (1, 120, 1, 1, 'sis', 'createGroups', 'msg-1', 'abc', 'def', 'done', '', 1, 1, 0, 0, 900, 1200, '<s/>', '', NULL);
INSERT INTO ims_counts (account, day, requests, successes, warnings, failures, faults) VALUES (1, 0, 1, 1, 0, 0, 0);
