-- The views show what the samples before hold; a mistake in a view shows when it is read.
CREATE TABLE sample_of_the_dump AS SELECT * FROM cmis_groups_dump;
CREATE TABLE sample_of_the_groups AS SELECT * FROM cmis_groups;
