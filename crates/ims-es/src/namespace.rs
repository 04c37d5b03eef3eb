//! The namespaces of the protocol (facts/ims-es.md §1.1).
//!
//! Not here: prefixes that others choose. A prefix never says anything; only the address behind it counts.

/// A namespace that the protocol knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Namespace {
    /// The SOAP 1.1 envelope.
    Soap,
    /// Header blocks.
    MessageBinding,
    /// What all three services share: identifiers, extension fields.
    Common,
    /// Requests and replies of the group service.
    GroupMessages,
    /// The group object.
    GroupData,
    /// Requests and replies of the membership service.
    MembershipMessages,
    /// The membership object.
    MembershipData,
    /// Requests and replies of the person service.
    PersonMessages,
    /// The person object.
    PersonData,
    /// WS-Security: tokens.
    Security,
    /// WS-Security: times.
    SecurityUtility,
    /// XML Schema's attributes for instances: `xsi:nil`.
    SchemaInstance,
}

impl Namespace {
    /// Every namespace.
    pub const ALL: [Namespace; 12] = [
        Namespace::Soap,
        Namespace::MessageBinding,
        Namespace::Common,
        Namespace::GroupMessages,
        Namespace::GroupData,
        Namespace::MembershipMessages,
        Namespace::MembershipData,
        Namespace::PersonMessages,
        Namespace::PersonData,
        Namespace::Security,
        Namespace::SecurityUtility,
        Namespace::SchemaInstance,
    ];

    /// The address that names the namespace.
    pub fn uri(self) -> &'static str {
        match self {
            Namespace::Soap => "http://schemas.xmlsoap.org/soap/envelope/",
            Namespace::MessageBinding => "http://www.imsglobal.org/services/common/imsMessBindSchema_v1p0",
            Namespace::Common => "http://www.imsglobal.org/services/common/imsCommonSchema_v1p0",
            Namespace::GroupMessages => {
                "http://www.imsglobal.org/services/gms/xsd/imsGroupManMessSchema_v1p0"
            }
            Namespace::GroupData => "http://www.imsglobal.org/services/gms/xsd/imsGroupManDataSchema_v1p0",
            Namespace::MembershipMessages => {
                "http://www.imsglobal.org/services/mms/xsd/imsMemberManMessSchema_v1p0"
            }
            Namespace::MembershipData => {
                "http://www.imsglobal.org/services/mms/xsd/imsMemberManDataSchema_v1p0"
            }
            Namespace::PersonMessages => {
                "http://www.imsglobal.org/services/pms/xsd/imsPersonManMessSchema_v1p0"
            }
            Namespace::PersonData => "http://www.imsglobal.org/services/pms/xsd/imsPersonManDataSchema_v1p0",
            Namespace::Security => {
                "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
            }
            Namespace::SecurityUtility => {
                "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
            }
            Namespace::SchemaInstance => "http://www.w3.org/2001/XMLSchema-instance",
        }
    }

    /// The prefix that we use where we use one.
    pub fn prefix(self) -> &'static str {
        match self {
            Namespace::Soap => "s",
            Namespace::MessageBinding => "b",
            Namespace::Common => "c",
            Namespace::GroupMessages => "gm",
            Namespace::GroupData => "gd",
            Namespace::MembershipMessages => "mm",
            Namespace::MembershipData => "md",
            Namespace::PersonMessages => "pm",
            Namespace::PersonData => "pd",
            Namespace::Security => "o",
            Namespace::SecurityUtility => "u",
            Namespace::SchemaInstance => "xsi",
        }
    }

    /// Finds the namespace of an address. `None` for a foreign one.
    pub fn from_uri(uri: &str) -> Option<Namespace> {
        Namespace::ALL.into_iter().find(|known| known.uri() == uri)
    }
}

#[cfg(test)]
mod tests {
    use super::Namespace;

    #[test]
    fn every_address_leads_back_and_no_prefix_is_used_twice() {
        for namespace in Namespace::ALL {
            assert_eq!(Namespace::from_uri(namespace.uri()), Some(namespace));
            let same = Namespace::ALL.iter().filter(|other| other.prefix() == namespace.prefix());
            assert_eq!(same.count(), 1, "{namespace:?}");
        }
    }
}
