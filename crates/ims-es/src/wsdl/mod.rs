//! The description of the services: WSDL 1.1 and XML Schema, made from the tables that the codec reads and writes with.
//!
//! Not here: anything that the program reads at run time. The description is for clients only.
//!
//! Invariant: what the description says is what the codec writes, for both come from the same tables.
//! Invariant: each namespace has one prefix, declared at the top of its document (facts/ims-es.md §6, trap 30).

mod document;
mod schema;

use crate::operation::{Operation, Service};
use document::Names;
use schema::Schemas;

/// An address that offers one service or all of them (facts/ims-es.md §1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// Groups.
    Group,
    /// Memberships.
    Membership,
    /// Persons.
    Person,
    /// What itslearning added to persons.
    ExtendedPerson,
    /// All services on one address.
    Combined,
}

impl Endpoint {
    /// Every endpoint.
    pub const ALL: [Endpoint; 5] = [
        Endpoint::Group,
        Endpoint::Membership,
        Endpoint::Person,
        Endpoint::ExtendedPerson,
        Endpoint::Combined,
    ];

    /// The services that it offers.
    pub fn services(self) -> &'static [Service] {
        match self {
            Endpoint::Group => &[Service::Group],
            Endpoint::Membership => &[Service::Membership],
            Endpoint::Person => &[Service::Person],
            Endpoint::ExtendedPerson => &[Service::ExtendedPerson],
            Endpoint::Combined => &Service::ALL,
        }
    }

    /// The last part of its path.
    pub fn file_name(self) -> &'static str {
        match self {
            Endpoint::Group => "GroupManagementServiceSync.svc",
            Endpoint::Membership => "MembershipManagementServiceSync.svc",
            Endpoint::Person => "PersonManagementServiceSync.svc",
            Endpoint::ExtendedPerson => "ExtendedPersonManagementServiceSync.svc",
            Endpoint::Combined => "ImsEnterpriseServicesPort.svc",
        }
    }

    /// Whether it offers the operation.
    pub fn offers(self, operation: Operation) -> bool {
        self.services().contains(&operation.service())
    }

    /// The operations that it offers, in the order of the bindings.
    pub fn operations(self) -> impl Iterator<Item = Operation> {
        Operation::ALL.iter().copied().filter(move |operation| self.offers(*operation))
    }

    fn service_name(self) -> &'static str {
        self.file_name().trim_end_matches(".svc")
    }
}

/// A document of the description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Document {
    /// `?wsdl`: bindings and service.
    Root,
    /// `?wsdl=wsdl0`: messages and port types, one document for each namespace.
    Abstract(usize),
    /// `?xsd=xsd0`: types, one document for each namespace.
    Schema(usize),
    /// `?singleWsdl`: everything in one.
    Single,
}

impl Document {
    /// Reads the query of an address. Letter case does not count. `None` if it asks for no description.
    pub fn from_query(query: &str) -> Option<Document> {
        let query = query.to_ascii_lowercase();
        let number =
            |text: &str, before: &str| text.strip_prefix(before).and_then(|number| number.parse().ok());
        match query.trim_end_matches('=') {
            "wsdl" => Some(Document::Root),
            "singlewsdl" => Some(Document::Single),
            other => number(other, "wsdl=wsdl")
                .map(Document::Abstract)
                .or_else(|| number(other, "xsd=xsd").map(Document::Schema)),
        }
    }
}

/// Whether the description asks for WS-Security by a policy. There are stacks that refuse a service with one, or stop at what it asks
/// for (facts/ims-es.md §6, trap 15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityPolicy {
    /// It does. Only for an address with `https`.
    Stated,
    /// It does not.
    LeftOut,
}

/// Makes a document of the description. `None` if the endpoint has none of that number. The address is the one that clients send to.
pub fn document(
    endpoint: Endpoint,
    address: &str,
    which: Document,
    policy: SecurityPolicy,
) -> Option<String> {
    let schemas = Schemas::of(endpoint.operations());
    let names = Names { endpoint, address, policy };
    match which {
        Document::Root => Some(names.root()),
        Document::Abstract(number) => {
            let namespace = names.abstract_namespaces().get(number).copied()?;
            Some(names.abstract_document(namespace, &schemas))
        }
        Document::Schema(number) => schemas.document(number, address),
        Document::Single => Some(names.single(&schemas)),
    }
}

#[cfg(test)]
mod tests;
