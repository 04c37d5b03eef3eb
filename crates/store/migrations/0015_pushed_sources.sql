-- What student systems pushed, as a source of groups.

-- Of a delivery that was read from a site: the site, how many calls had written to it, and the newest change of a key that
-- was known. The next delivery that is accepted follows the later changes. Nothing for other sources.
ALTER TABLE deliveries ADD COLUMN ims_site {int};
ALTER TABLE deliveries ADD COLUMN ims_writes {int};
ALTER TABLE deliveries ADD COLUMN ims_rename {int};
-- What is called by sync keys besides groups: 'modules', 'persons', both with a blank between, or empty.
ALTER TABLE deliveries ADD COLUMN ims_keys {key};

-- Modules that changed since a run carried out what was pushed.
CREATE TABLE touched_modules (
    source {key} NOT NULL,
    module {key} NOT NULL,
    PRIMARY KEY (source, module)
) {end};
