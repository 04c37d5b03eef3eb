//! The person service: its object, its rules, and one file for each operation (facts/ims-es.md §5.2).
//!
//! Not here: the objects of the other services.

pub mod change_person_identifier;
pub mod change_persons_identifier;
pub mod create_person;
pub mod create_persons;
pub mod delete_person;
pub mod delete_persons;
pub mod object;
pub mod read_all_persons;
pub mod read_person;
pub mod read_persons;
pub mod read_persons_for_group;
pub mod replace_person;
pub mod replace_persons;
pub mod rules;
pub mod update_person;
pub mod update_persons;
