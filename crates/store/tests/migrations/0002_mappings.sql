INSERT INTO mapped_modules (moodle_id, modulecode, group_import, mapping_action) VALUES (101, 'ANTH1014', 'ADD', 'ADD');
INSERT INTO mapped_modules (moodle_id, modulecode, group_import, source, active, owner, reason, changed_at, changed_by)
VALUES (102, 'ANTH1014', NULL, 'cmis', 0, 'Ada Invented', 'a test', 1000, 'ada');
INSERT INTO exceptions (source, module, group_id, person, kind, owner, reason, created_at)
VALUES ('cmis', 'ANTH1014', '60435', '20000001', 'exclude', 'Ada Invented', 'asked for it', 1000);
INSERT INTO audit (at, who, what, value_before, value_after, reason, hash_before, hash)
VALUES (1000, 'ada', 'mapping 101 ANTH1014', '', 'ADD', 'a test', '', '0e');
