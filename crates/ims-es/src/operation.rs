//! Every operation: its service, its SOAPAction, the elements of its request and reply, and how many statuses answer it
//! (facts/ims-es.md §1.3, §2.1, §5).
//!
//! Not here: what the request holds. Each operation has its own file for that.
//!
//! Invariant: a request type, its reply, its status and its operation are tied together in one place, the [`Call`] of that request.

use crate::name::{Name, Origin};
use crate::namespace::Namespace;
use crate::policy::Policy;
use crate::problem::Problem;
use crate::record::{Content, Place, Record};
use crate::status_info::StatusBlock;

/// A request, tied to what answers it.
pub trait Call: Record {
    /// What the body of the answer holds.
    type Reply: Record;
    /// What the header of the answer holds: one status, or one for each item.
    type Status: StatusBlock;
    /// Which operation it is.
    const OPERATION: Operation;

    /// How many statuses answer it.
    fn items(&self) -> usize;

    /// What is wrong with each item as far as the message alone can tell, in the order of the items.
    fn problems(&self, policy: &Policy) -> Vec<Vec<Problem>>;
}

/// A request or reply that is one list, so that it can be read and written item by item.
pub trait Streamed: Record {
    /// What the list holds.
    type Item: Content;
    /// Where an item stands.
    const PLACE: Place;
}

/// Ties a request to its reply, its status and its rules.
macro_rules! call {
    ($request:ident is $operation:ident, answered by $reply:ident with one status, checked by $check:expr) => {
        $crate::operation::call!(@ $request, $operation, $reply, StatusInfo, |_request| 1, $check);
    };
    ($request:ident is $operation:ident, answered by $reply:ident with a set of one, checked by $check:expr) => {
        $crate::operation::call!(@ $request, $operation, $reply, StatusInfoSet, |_request| 1, $check);
    };
    ($request:ident is $operation:ident, answered by $reply:ident with a status for each of $field:ident,
        checked by $check:expr) => {
        $crate::operation::call!(@ $request, $operation, $reply, StatusInfoSet,
            |request: &$request| request.$field.len(), $check);
    };
    (@ $request:ident, $operation:ident, $reply:ident, $status:ident, $items:expr, $check:expr) => {
        impl $crate::operation::Call for $request {
            type Reply = $reply;
            type Status = $crate::status_info::$status;
            const OPERATION: $crate::operation::Operation = $crate::operation::Operation::$operation;

            fn items(&self) -> usize {
                let count: fn(&$request) -> usize = $items;
                count(self)
            }

            fn problems(&self, policy: &$crate::policy::Policy) -> Vec<Vec<$crate::problem::Problem>> {
                let check: fn(&$request, &$crate::policy::Policy) -> Vec<Vec<$crate::problem::Problem>> = $check;
                check(self, policy)
            }
        }
    };
}

/// Says that a record is one list of items.
macro_rules! streamed {
    ($record:ident of $item:ty = $own:ident [ $($place:tt)+ ]) => {
        impl $crate::operation::Streamed for $record {
            type Item = $item;
            const PLACE: $crate::record::Place = $crate::record::place!($own, $($place)+);
        }
    };
}

pub(crate) use {call, streamed};

/// A service: the half of the SOAPAction, the namespace and the WSDL names that its operations share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Groups.
    Group,
    /// Memberships.
    Membership,
    /// Persons.
    Person,
    /// What itslearning added to persons: reading all of them.
    ExtendedPerson,
}

impl Service {
    /// Every service.
    pub const ALL: [Service; 4] =
        [Service::Group, Service::Membership, Service::Person, Service::ExtendedPerson];

    /// The name of its port type, and of its file before `.svc`.
    pub fn name(self) -> &'static str {
        match self {
            Service::Group => "GroupManagementServiceSync",
            Service::Membership => "MembershipManagementServiceSync",
            Service::Person => "PersonManagementServiceSync",
            Service::ExtendedPerson => "ExtendedPersonManagementServiceSync",
        }
    }

    /// What its minor codes are filed under.
    pub fn code_minor_name(self) -> &'static str {
        match self {
            Service::Group => "groupmanagement",
            Service::Membership => "membershipmanagement",
            Service::Person | Service::ExtendedPerson => "personmanagement",
        }
    }

    /// The namespace of its requests and replies.
    pub fn namespace(self) -> Namespace {
        match self {
            Service::Group => Namespace::GroupMessages,
            Service::Membership => Namespace::MembershipMessages,
            Service::Person | Service::ExtendedPerson => Namespace::PersonMessages,
        }
    }

    /// The namespace of its object.
    pub fn data_namespace(self) -> Namespace {
        match self {
            Service::Group => Namespace::GroupData,
            Service::Membership => Namespace::MembershipData,
            Service::Person | Service::ExtendedPerson => Namespace::PersonData,
        }
    }

    /// The target namespace of its abstract WSDL.
    pub fn wsdl_namespace(self) -> &'static str {
        match self {
            Service::Group => "http://www.imsglobal.org/services/gms/wsdl/imsGroupManAbstractSync_v1p0",
            Service::Membership => "http://www.imsglobal.org/services/mms/wsdl/imsMemberManAbstractSync_v1p0",
            Service::Person | Service::ExtendedPerson => {
                "http://www.imsglobal.org/services/pms/wsdl/imsPersonManAbstractSync_v1p0"
            }
        }
    }

    fn action_folder(self) -> &'static str {
        match self {
            Service::Group => "http://www.imsglobal.org/soap/gms/",
            Service::Membership => "http://www.imsglobal.org/soap/mms/",
            Service::Person | Service::ExtendedPerson => "http://www.imsglobal.org/soap/pms/",
        }
    }
}

/// Declares the operations.
macro_rules! operations {
    ($($(#[$meta:meta])* $variant:ident = $service:ident $name:literal),+ $(,)?) => {
        /// An operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operation { $($(#[$meta])* $variant),+ }

        impl Operation {
            /// Every operation, each service's in the order of its binding.
            pub const ALL: &'static [Operation] = &[$(Operation::$variant),+];

            /// Its name: `createGroups`.
            pub fn name(self) -> &'static str {
                match self { $(Operation::$variant => $name),+ }
            }

            /// The service that offers it.
            pub fn service(self) -> Service {
                match self { $(Operation::$variant => Service::$service),+ }
            }
        }
    };
}

operations! {
    /// Makes or updates several groups.
    CreateGroups = Group "createGroups",
    /// Updates several groups.
    UpdateGroups = Group "updateGroups",
    /// Deletes several groups.
    DeleteGroups = Group "deleteGroups",
    /// Replaces several groups.
    ReplaceGroups = Group "replaceGroups",
    /// Reads several groups.
    ReadGroups = Group "readGroups",
    /// Renames the keys of several groups.
    ChangeGroupsIdentifier = Group "changeGroupsIdentifier",
    /// Makes or updates a group.
    CreateGroup = Group "createGroup",
    /// Deletes a group and all below it.
    DeleteGroup = Group "deleteGroup",
    /// Reads a group.
    ReadGroup = Group "readGroup",
    /// Updates a group.
    UpdateGroup = Group "updateGroup",
    /// Replaces a group.
    ReplaceGroup = Group "replaceGroup",
    /// Renames the key of a group.
    ChangeGroupIdentifier = Group "changeGroupIdentifier",
    /// Reads the groups that somebody is in.
    ReadGroupsForPerson = Group "readGroupsForPerson",
    /// Makes or updates several memberships.
    CreateMemberships = Membership "createMemberships",
    /// Updates several memberships.
    UpdateMemberships = Membership "updateMemberships",
    /// Deletes several memberships.
    DeleteMemberships = Membership "deleteMemberships",
    /// Replaces several memberships.
    ReplaceMemberships = Membership "replaceMemberships",
    /// Reads several memberships.
    ReadMemberships = Membership "readMemberships",
    /// Renames the keys of several memberships.
    ChangeMembershipsIdentifier = Membership "changeMembershipsIdentifier",
    /// Makes or updates a membership.
    CreateMembership = Membership "createMembership",
    /// Deletes a membership.
    DeleteMembership = Membership "deleteMembership",
    /// Reads a membership.
    ReadMembership = Membership "readMembership",
    /// Updates a membership.
    UpdateMembership = Membership "updateMembership",
    /// Replaces a membership.
    ReplaceMembership = Membership "replaceMembership",
    /// Renames the key of a membership.
    ChangeMembershipIdentifier = Membership "changeMembershipIdentifier",
    /// Reads the memberships of a person.
    ReadMembershipsForPerson = Membership "readMembershipsForPerson",
    /// Reads the memberships of a group.
    ReadMembershipsForGroup = Membership "readMembershipsForGroup",
    /// Makes or updates several persons.
    CreatePersons = Person "createPersons",
    /// Updates several persons.
    UpdatePersons = Person "updatePersons",
    /// Deletes several persons.
    DeletePersons = Person "deletePersons",
    /// Replaces several persons.
    ReplacePersons = Person "replacePersons",
    /// Reads several persons.
    ReadPersons = Person "readPersons",
    /// Renames the keys of several persons.
    ChangePersonsIdentifier = Person "changePersonsIdentifier",
    /// Makes or updates a person.
    CreatePerson = Person "createPerson",
    /// Deletes a person.
    DeletePerson = Person "deletePerson",
    /// Reads a person.
    ReadPerson = Person "readPerson",
    /// Updates a person.
    UpdatePerson = Person "updatePerson",
    /// Replaces a person.
    ReplacePerson = Person "replacePerson",
    /// Renames the key of a person.
    ChangePersonIdentifier = Person "changePersonIdentifier",
    /// Reads the persons of a group.
    ReadPersonsForGroup = Person "readPersonsForGroup",
    /// Reads every person, page by page.
    ReadAllPersons = ExtendedPerson "readAllPersons",
}

impl Operation {
    /// The SOAPAction, without quotes.
    pub fn soap_action(self) -> String {
        format!("{}{}", self.service().action_folder(), self.name())
    }

    /// The element in the body of the request.
    pub fn request_element(self) -> String {
        format!("{}Request", self.name())
    }

    /// The element in the body of the reply.
    pub fn response_element(self) -> String {
        format!("{}Response", self.name())
    }

    /// Finds the operation of a SOAPAction header: with quotes or without.
    pub fn from_soap_action(action: &str) -> Option<Operation> {
        let action = action.trim().trim_matches('"').trim();
        let known = |operation: &&Operation| {
            action.strip_prefix(operation.service().action_folder()) == Some(operation.name())
        };
        Operation::ALL.iter().find(known).copied()
    }

    /// Finds the operation of the element in a request's body.
    pub fn from_body(body: &Name) -> Option<Operation> {
        let name = body.local.strip_suffix("Request")?;
        let known = |operation: &&Operation| {
            operation.name() == name && body.origin == Origin::Known(operation.service().namespace())
        };
        Operation::ALL.iter().find(known).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::{Operation, Service};

    fn check(action: &str, expected: Option<Operation>) {
        assert_eq!(Operation::from_soap_action(action), expected, "{action}");
    }

    #[test]
    fn an_action_is_read_with_and_without_quotes() {
        check("http://www.imsglobal.org/soap/gms/createGroup", Some(Operation::CreateGroup));
        check("\"http://www.imsglobal.org/soap/gms/createGroup\"", Some(Operation::CreateGroup));
        check(" \"http://www.imsglobal.org/soap/pms/readAllPersons\" ", Some(Operation::ReadAllPersons));
    }

    #[test]
    fn an_action_of_another_service_or_unknown_is_not_taken() {
        check("http://www.imsglobal.org/soap/pms/createGroup", None);
        check("http://www.imsglobal.org/soap/gms/createByProxyGroup", None);
        check("", None);
    }

    #[test]
    fn each_service_has_its_operations() {
        let count =
            |service| Operation::ALL.iter().filter(|operation| operation.service() == service).count();
        assert_eq!(Service::ALL.map(count), [13, 14, 13, 1]);
    }
}
