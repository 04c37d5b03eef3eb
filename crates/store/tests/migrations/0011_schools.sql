INSERT INTO pauses (id, scope, subject, owner, reason, begins_at, ends_at, reviewed_by, covered)
VALUES (3, 'school', 'anthropology', 'ada', 'exams', 100, 200, NULL, 'module ANTH*
course 12');
