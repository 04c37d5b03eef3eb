//! The group service: its object, its rules, and one file for each operation (facts/ims-es.md §2, §3).
//!
//! Not here: the objects of the other services.

pub mod change_group_identifier;
pub mod change_groups_identifier;
pub mod create_group;
pub mod create_groups;
pub mod delete_group;
pub mod delete_groups;
pub mod object;
pub mod read_group;
pub mod read_groups;
pub mod read_groups_for_person;
pub mod replace_group;
pub mod replace_groups;
pub mod rules;
pub mod update_group;
pub mod update_groups;
