-- Views with the names that the old integration used, so that its queries still run. Both show the delivery of each
-- source that was accepted last.

-- The copy of the source: one row for each membership, and one for a group without members.
CREATE VIEW cmis_groups_dump AS
SELECT g.module AS modulecode, g.group_id AS groupid, g.code AS groupcode, g.name AS groupname, g.kind AS kind,
       g.term AS term, p.person AS person,
       CASE m.tutor WHEN 1 THEN 'tutor' WHEN 0 THEN 'student' END AS role, d.source AS source
FROM deliveries d
JOIN source_groups g ON g.delivery = d.rows_of
LEFT JOIN source_members m ON m.source_group = g.id
LEFT JOIN persons p ON p.id = m.person
WHERE d.id IN (SELECT MAX(id) FROM deliveries WHERE state = 'accepted' GROUP BY source);

-- The registry of groups: one row for each.
CREATE VIEW cmis_groups AS
SELECT g.group_id AS groupid, g.code AS groupcode, g.name AS groupname, g.module AS modulecode, g.kind AS kind,
       g.term AS term, d.source AS source
FROM deliveries d
JOIN source_groups g ON g.delivery = d.rows_of
WHERE d.id IN (SELECT MAX(id) FROM deliveries WHERE state = 'accepted' GROUP BY source);
