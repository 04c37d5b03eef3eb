INSERT INTO deliveries (id, source, received_at, state, doubts, content_hash, rows_of, terms, module_count,
    group_count, student_count, tutor_count, rejection_count)
VALUES (1, 'cmis', 1000, 'accepted', '', '0a', 1, '["2026-T1"]', 1, 1, 1, 1, 1),
       (2, 'cmis', 2000, 'refused', 'it is empty', '0b', NULL, '[]', 0, 0, 0, 0, 0);
INSERT INTO source_modules (delivery, module, hash) VALUES (1, 'ANTH1014', '0c');
INSERT INTO source_groups (id, delivery, module, group_id, code, name, kind, term)
VALUES (1, 1, 'ANTH1014', '60435', 'TUT5', 'Tutorial 5', 'tutorial', '2026-T1');
INSERT INTO persons (id, person) VALUES (1, '20000001'), (2, '30000001');
INSERT INTO source_members (source_group, person, tutor) VALUES (1, 1, 0), (1, 2, 1);
INSERT INTO rejections (identity, source, source_table, rule, line, times, detail, row_text, first_seen, last_seen,
    last_delivery)
VALUES ('0d', 'cmis', 'members', 'role', 7, 1, 'the role is "boss"', '["60435","20000002","boss"]', 1000, 1000, 1);
