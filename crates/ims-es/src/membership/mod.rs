//! The membership service: its object, its rules, and one file for each operation (facts/ims-es.md §5.1).
//!
//! Not here: the objects of the other services.

pub mod change_membership_identifier;
pub mod change_memberships_identifier;
pub mod create_membership;
pub mod create_memberships;
pub mod delete_membership;
pub mod delete_memberships;
pub mod object;
pub mod read_membership;
pub mod read_memberships;
pub mod read_memberships_for_group;
pub mod read_memberships_for_person;
pub mod replace_membership;
pub mod replace_memberships;
pub mod rules;
pub mod update_membership;
pub mod update_memberships;
