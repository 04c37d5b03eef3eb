INSERT INTO touched_modules (source, module) VALUES ('sis', 'ANTH1014');
UPDATE deliveries SET ims_site = 1, ims_writes = 7, ims_rename = 1, ims_keys = 'modules persons' WHERE id = 1;
