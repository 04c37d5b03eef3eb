-- The views show what the samples before hold; a mistake in a view shows when it is read.
CREATE TABLE sample_of_the_courses AS SELECT * FROM cmis_groups_course;
CREATE TABLE sample_of_the_students AS SELECT * FROM cmis_groupmembers;
CREATE TABLE sample_of_the_tutors AS SELECT * FROM cmis_tutgroupmembers;
CREATE TABLE sample_of_deleted_groups AS SELECT * FROM cmis_groups_deleted;
CREATE TABLE sample_of_deleted_students AS SELECT * FROM cmis_groupmembers_deleted;
CREATE TABLE sample_of_deleted_tutors AS SELECT * FROM cmis_tutgroupmembers_deleted;
CREATE TABLE sample_of_shown_groups AS SELECT * FROM cmis_groups_moodle;
CREATE TABLE sample_of_shown_groupings AS SELECT * FROM cmis_groupings_moodle;
CREATE TABLE sample_of_the_errors AS SELECT * FROM cmis_error_data_dump;
