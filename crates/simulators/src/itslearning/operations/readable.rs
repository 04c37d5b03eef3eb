//! Values that WCF cannot read: it answers a fault for the whole message (facts/ims-es.md §1.5).
//!
//! Not here: values that are read and then refused; that is a status of the item.

use ims_es::group::object::GroupIdPair;
use ims_es::lexical::{Lexical, Lexicon};
use ims_es::membership::object::MembershipIdPair;
use ims_es::person::object::PersonIdPair;
use ims_es::person::read_all_persons::ReadAllPersons;

use super::Pair;

/// An item, as far as reading its values goes.
pub(super) trait Readable {
    /// Whether each value is of its type.
    fn is_readable(&self) -> bool;
}

/// A word outside its list, or a number or Boolean that is none. A missing or blank one is no value.
fn is_fine<T: Lexicon>(value: Option<&Lexical<T>>) -> bool {
    value.is_none_or(|value| value.unreadable().is_none())
}

impl Readable for Option<String> {
    fn is_readable(&self) -> bool {
        true
    }
}

impl Readable for Pair {
    fn is_readable(&self) -> bool {
        true
    }
}

impl Readable for ReadAllPersons {
    fn is_readable(&self) -> bool {
        is_fine(self.page_index.as_ref())
            && is_fine(self.page_size.as_ref())
            && is_fine(self.created_from.as_ref())
    }
}

impl Readable for GroupIdPair {
    fn is_readable(&self) -> bool {
        let relationships = self.group.iter().flat_map(|group| &group.relationships);
        relationships.map(|relationship| &relationship.relation).all(|relation| is_fine(Some(relation)))
    }
}

impl Readable for MembershipIdPair {
    fn is_readable(&self) -> bool {
        let members = || self.membership.iter().filter_map(|membership| membership.member.as_ref());
        let roles = || members().flat_map(|member| &member.roles);
        members().all(|member| is_fine(member.id_type.as_ref()))
            && roles().all(|role| is_fine(Some(&role.role_type)) && is_fine(role.status.as_ref()))
    }
}

impl Readable for PersonIdPair {
    /// An empty birthday is no day either (§1.5). A role may be any text: there are clients that send their own (§5.2).
    fn is_readable(&self) -> bool {
        self.person.iter().all(|person| {
            let demographics = person.demographics.as_ref();
            let birthday = demographics.and_then(|demographics| demographics.bday.as_ref());
            let names = || person.name.iter().flat_map(|name| &name.part_names);
            birthday.is_none_or(|day| day.value().is_some())
                && is_fine(demographics.map(|demographics| &demographics.gender))
                && is_fine(person.system_role.as_ref())
                && names().all(|name| is_fine(name.name_part_type.as_ref()))
                && person.tels.iter().all(|tel| is_fine(tel.tel_type.as_ref()))
                && person.institution_roles.iter().all(|role| is_fine(Some(&role.primary_role_type)))
        })
    }
}
