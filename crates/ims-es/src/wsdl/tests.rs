//! Tests of the description. That real SOAP stacks can use it is tried outside (`docs/protocol-notes.md`).

use std::collections::BTreeSet;

use super::{Document, Endpoint, SecurityPolicy, document};
use crate::limits::Limits;
use crate::xml::XmlReader;

const ADDRESS: &str = "https://muster.example.ac.uk/ImsEnterpriseServicesPort.svc?a=1&b=2";

fn make(endpoint: Endpoint, which: Document, policy: SecurityPolicy) -> Option<String> {
    document(endpoint, ADDRESS, which, policy)
}

/// Every document of an endpoint.
fn all(endpoint: Endpoint, policy: SecurityPolicy) -> Vec<String> {
    let mut documents = vec![
        make(endpoint, Document::Root, policy).unwrap(),
        make(endpoint, Document::Single, policy).unwrap(),
    ];
    documents.extend((0..20).filter_map(|number| make(endpoint, Document::Abstract(number), policy)));
    documents.extend((0..20).filter_map(|number| make(endpoint, Document::Schema(number), policy)));
    documents
}

#[test]
fn every_document_is_well_formed() {
    for endpoint in Endpoint::ALL {
        for policy in [SecurityPolicy::Stated, SecurityPolicy::LeftOut] {
            for text in all(endpoint, policy) {
                let mut reader = XmlReader::new(text.as_bytes(), Limits::default());
                assert!(reader.child().unwrap());
                reader.skip().unwrap();
                reader.finish().unwrap();
            }
        }
    }
}

#[test]
fn every_name_that_is_used_is_declared_once() {
    for endpoint in Endpoint::ALL {
        let text = make(endpoint, Document::Single, SecurityPolicy::LeftOut).unwrap();
        for schema in text.split("<xs:schema").skip(1) {
            let prefix = schema.split("targetNamespace=\"").nth(1).unwrap().split('"').next().unwrap();
            let declared: Vec<&str> = schema.split("Type name=\"").skip(1).collect();
            let names: BTreeSet<&str> = declared.iter().map(|rest| rest.split('"').next().unwrap()).collect();
            assert_eq!(names.len(), declared.len(), "a type is declared twice in {prefix}");
        }
        for used in text.split(" type=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let (prefix, name) = used.split_once(':').unwrap();
            let is_built_in = prefix == "xs" || used.starts_with("tns:");
            assert!(is_built_in || text.contains(&format!("Type name=\"{name}\"")), "{used} is not declared");
        }
    }
}

#[test]
fn the_combined_address_offers_every_operation() {
    let text = make(Endpoint::Combined, Document::Root, SecurityPolicy::LeftOut).unwrap();
    assert_eq!(text.matches("<soap:operation ").count(), 41);
    assert_eq!(text.matches("<wsdl:port ").count(), 4);
    assert!(!text.contains("Policy"));
}

#[test]
fn an_address_is_escaped() {
    let text = make(Endpoint::Group, Document::Root, SecurityPolicy::Stated).unwrap();
    assert!(text.contains("?a=1&amp;b=2?wsdl=wsdl0"));
    assert!(text.contains("<wsp:PolicyReference URI=\"#UserNameOverTransport\"/>"));
}

#[test]
fn a_query_names_a_document() {
    let check = |query: &str, expected| assert_eq!(Document::from_query(query), expected, "{query}");
    check("wsdl", Some(Document::Root));
    check("WSDL", Some(Document::Root));
    check("singleWsdl", Some(Document::Single));
    check("wsdl=wsdl1", Some(Document::Abstract(1)));
    check("xsd=xsd12", Some(Document::Schema(12)));
    check("", None);
    check("xsd=xsd", None);
    check("wsdl=wsdl99999999999999999999999", None);
}
