INSERT INTO pauses (id, scope, subject, owner, reason, begins_at, ends_at, reviewed_by)
VALUES (1, 'all', '', 'ada', 'exams', 100, 200, 5), (2, 'course', '7', 'ada', 'the teacher asked', 150, 900, NULL);
