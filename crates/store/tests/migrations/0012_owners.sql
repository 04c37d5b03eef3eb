INSERT INTO owners (id, address, person, language, told_at, unsubscribed_at)
VALUES (1, 'ada@example.ac.uk', 't1', 'de', 200, NULL), (2, 'bea@example.ac.uk', NULL, NULL, NULL, 210);
INSERT INTO owner_courses (owner, course, told_at) VALUES (1, 101, 200), (0, 102, 200);
INSERT INTO owner_links (hash, owner, made_at) VALUES ('0f', 1, 200);
