INSERT INTO shares (run, settings, planned_for, leader, stopped, next_step) VALUES (1, 'version = 0.1.0', 1000, 1, NULL, NULL);
INSERT INTO workers (id, run, name, began_at, alive_until, ended_at) VALUES (1, 1, 'muster 0.1.0 (process 1 on host.example.ac.uk)', 1000000, 1060000, NULL);
INSERT INTO work (run, course, name, place, phase, whole, worker, attempts, content) VALUES (1, 101, 'Anthropology', 1, 'plan', 0, 1, 1, '');
INSERT INTO leases (run, course, attempt, phase, worker, taken_at, ended_at, is_held, ended) VALUES (1, 101, 1, 'plan', 1, 1000000, NULL, 1, '');
INSERT INTO work_outcomes (run, number, outcome) VALUES (1, 1, '{}');
INSERT INTO work_calls (id, run, worker, read_calls, write_calls) VALUES (1, 1, 1, 3, 0);
INSERT INTO firings (what, who, fired_at) VALUES ('run 1795573020', 'muster 0.1.0 (process 1 on host.example.ac.uk)', 1795573021);
