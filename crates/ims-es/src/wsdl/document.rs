//! WSDL 1.1: messages, port types, bindings and services (facts/ims-es.md §1.1, §1.3).
//!
//! Not here: the types (`schema.rs`).
//!
//! Invariant: the names of messages, parts, port types, bindings and ports are those of itslearning's own WSDL, so that code generated
//! from it fits.

use std::fmt::Write;

use crate::namespace::Namespace;
use crate::operation::{Operation, Service};
use crate::wsdl::schema::Schemas;
use crate::wsdl::{Endpoint, SecurityPolicy};
use crate::xml_text::escaped;

/// Where WCF puts bindings when it splits a description.
const SPLIT_NAMESPACE: &str = "http://tempuri.org/";
/// The target namespace of itslearning's combined service, in its own spelling.
const COMBINED_NAMESPACE: &str = "http://www.itslearning.com/intergation/imses/v1p0";

/// What the documents of one endpoint have in common.
pub(super) struct Names<'a> {
    pub(super) endpoint: Endpoint,
    pub(super) address: &'a str,
    pub(super) policy: SecurityPolicy,
}

impl Names<'_> {
    /// The namespaces of the abstract documents, each once.
    pub(super) fn abstract_namespaces(&self) -> Vec<&'static str> {
        let mut namespaces: Vec<&'static str> = Vec::new();
        for service in self.endpoint.services() {
            if !namespaces.contains(&service.wsdl_namespace()) {
                namespaces.push(service.wsdl_namespace());
            }
        }
        namespaces
    }

    /// `?wsdl`
    pub(super) fn root(&self) -> String {
        let target = match self.endpoint {
            Endpoint::Combined => COMBINED_NAMESPACE,
            Endpoint::Group | Endpoint::Membership | Endpoint::Person | Endpoint::ExtendedPerson => {
                SPLIT_NAMESPACE
            }
        };
        let mut text = self.begin(target);
        self.put_policy(&mut text);
        for (number, namespace) in self.abstract_namespaces().iter().enumerate() {
            let address = escaped(self.address);
            let _ = writeln!(
                text,
                "  <wsdl:import namespace=\"{namespace}\" location=\"{address}?wsdl=wsdl{number}\"/>"
            );
        }
        self.put_bindings(&mut text, |service| self.abstract_prefix(service));
        self.put_service(&mut text);
        text.push_str("</wsdl:definitions>\n");
        text
    }

    /// `?wsdl=wsdl0`
    pub(super) fn abstract_document(&self, namespace: &str, schemas: &Schemas) -> String {
        let mut text = self.begin(namespace);
        text.push_str("  <wsdl:types>\n<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">\n");
        for (number, schema) in schemas.namespaces().enumerate() {
            let (uri, address) = (schema.uri(), escaped(self.address));
            let _ = writeln!(
                text,
                "  <xs:import namespace=\"{uri}\" schemaLocation=\"{address}?xsd=xsd{number}\"/>"
            );
        }
        text.push_str("</xs:schema>\n  </wsdl:types>\n");
        let here = self.endpoint.services().iter().filter(|service| service.wsdl_namespace() == namespace);
        for service in here.clone() {
            self.put_messages(&mut text, *service);
        }
        for service in here {
            self.put_port_type(&mut text, *service, "tns");
        }
        text.push_str("</wsdl:definitions>\n");
        text
    }

    /// `?singleWsdl`
    pub(super) fn single(&self, schemas: &Schemas) -> String {
        let target = match self.endpoint.services() {
            [service] => service.wsdl_namespace(),
            _ => COMBINED_NAMESPACE,
        };
        let mut text = self.begin(target);
        self.put_policy(&mut text);
        let _ = write!(text, "  <wsdl:types>\n{}  </wsdl:types>\n", schemas.inline());
        for service in self.endpoint.services() {
            self.put_messages(&mut text, *service);
        }
        for service in self.endpoint.services() {
            self.put_port_type(&mut text, *service, "tns");
        }
        self.put_bindings(&mut text, |_| "tns".to_owned());
        self.put_service(&mut text);
        text.push_str("</wsdl:definitions>\n");
        text
    }

    fn abstract_prefix(&self, service: Service) -> String {
        let namespaces = self.abstract_namespaces();
        let number = namespaces.iter().position(|namespace| *namespace == service.wsdl_namespace());
        format!("i{}", number.unwrap_or_default())
    }

    fn begin(&self, target: &str) -> String {
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<wsdl:definitions name=\"{}\" targetNamespace=\"{target}\" xmlns:tns=\"{target}\"",
            self.endpoint.service_name()
        );
        let declared = [
            ("wsdl", "http://schemas.xmlsoap.org/wsdl/"),
            ("soap", "http://schemas.xmlsoap.org/wsdl/soap/"),
            ("wsaw", "http://www.w3.org/2006/05/addressing/wsdl"),
            ("b", Namespace::MessageBinding.uri()),
        ];
        for (prefix, uri) in declared {
            let _ = write!(text, " xmlns:{prefix}=\"{uri}\"");
        }
        if self.policy == SecurityPolicy::Stated {
            let _ = write!(
                text,
                " xmlns:wsp=\"{WS_POLICY}\" xmlns:sp=\"{SECURITY_POLICY}\" xmlns:wsu=\"{}\"",
                Namespace::SecurityUtility.uri()
            );
        }
        let mut messages: Vec<Namespace> =
            self.endpoint.services().iter().map(|service| service.namespace()).collect();
        messages.dedup();
        for namespace in messages {
            let _ = write!(text, " xmlns:{}=\"{}\"", namespace.prefix(), namespace.uri());
        }
        for (number, namespace) in self.abstract_namespaces().iter().enumerate() {
            let _ = write!(text, " xmlns:i{number}=\"{namespace}\"");
        }
        text.push_str(">\n");
        text
    }

    fn put_messages(&self, text: &mut String, service: Service) {
        for operation in operations_of(service) {
            let prefix = service.namespace().prefix();
            let blocks = [("Request", "syncRequestHeaderInfo"), ("Response", "syncResponseHeaderInfo")];
            for (direction, block) in blocks {
                let element = format!("{}{direction}", operation.name());
                let _ = writeln!(
                    text,
                    "  <wsdl:message name=\"{element}1\"><wsdl:part name=\"{element}\" element=\"{prefix}:{element}\"/></wsdl:message>"
                );
                let _ = writeln!(
                    text,
                    "  <wsdl:message name=\"{element}1_Headers\"><wsdl:part name=\"{block}\" element=\"b:{block}\"/></wsdl:message>"
                );
            }
        }
    }

    fn put_port_type(&self, text: &mut String, service: Service, prefix: &str) {
        let _ = writeln!(text, "  <wsdl:portType name=\"{}\">", service.name());
        for operation in operations_of(service) {
            let name = operation.name();
            let action = format!("{}/{}/{name}Response", service.wsdl_namespace(), service.name());
            let _ = writeln!(
                text,
                "    <wsdl:operation name=\"{name}\">\n      <wsdl:input name=\"{name}Request1\" message=\"{prefix}:{name}Request1\"/>\n      <wsdl:output wsaw:Action=\"{action}\" name=\"{name}Response1\" message=\"{prefix}:{name}Response1\"/>\n    </wsdl:operation>"
            );
        }
        text.push_str("  </wsdl:portType>\n");
    }

    fn put_bindings(&self, text: &mut String, prefix_of: impl Fn(Service) -> String) {
        for service in self.endpoint.services() {
            let (name, prefix) = (service.name(), prefix_of(*service));
            let _ =
                writeln!(text, "  <wsdl:binding name=\"BasicHttpBinding_{name}\" type=\"{prefix}:{name}\">");
            if self.policy == SecurityPolicy::Stated {
                text.push_str("    <wsp:PolicyReference URI=\"#UserNameOverTransport\"/>\n");
            }
            text.push_str("    <soap:binding transport=\"http://schemas.xmlsoap.org/soap/http\"/>\n");
            for operation in operations_of(*service) {
                let name = operation.name();
                let _ = writeln!(
                    text,
                    "    <wsdl:operation name=\"{name}\">\n      <soap:operation soapAction=\"{}\" style=\"document\"/>",
                    operation.soap_action()
                );
                let halves = [
                    ("input", "Request", "syncRequestHeaderInfo"),
                    ("output", "Response", "syncResponseHeaderInfo"),
                ];
                for (half, direction, block) in halves {
                    let _ = writeln!(
                        text,
                        "      <wsdl:{half} name=\"{name}{direction}1\"><soap:header message=\"{prefix}:{name}{direction}1_Headers\" part=\"{block}\" use=\"literal\"/><soap:body use=\"literal\"/></wsdl:{half}>"
                    );
                }
                text.push_str("    </wsdl:operation>\n");
            }
            text.push_str("  </wsdl:binding>\n");
        }
    }

    fn put_service(&self, text: &mut String) {
        let _ = writeln!(text, "  <wsdl:service name=\"{}\">", self.endpoint.service_name());
        for service in self.endpoint.services() {
            let (name, address) = (service.name(), escaped(self.address));
            let _ = writeln!(
                text,
                "    <wsdl:port name=\"BasicHttpBinding_{name}\" binding=\"tns:BasicHttpBinding_{name}\"><soap:address location=\"{address}\"/></wsdl:port>"
            );
        }
        text.push_str("  </wsdl:service>\n");
    }

    /// A user name and a password over HTTPS, as itslearning asks for it (facts/ims-es.md §1.5).
    fn put_policy(&self, text: &mut String) {
        if self.policy == SecurityPolicy::Stated {
            text.push_str(POLICY);
        }
    }
}

fn operations_of(service: Service) -> impl Iterator<Item = Operation> {
    Operation::ALL.iter().copied().filter(move |operation| operation.service() == service)
}

const WS_POLICY: &str = "http://schemas.xmlsoap.org/ws/2004/09/policy";
const SECURITY_POLICY: &str = "http://schemas.xmlsoap.org/ws/2005/07/securitypolicy";

const POLICY: &str = r#"  <wsp:Policy wsu:Id="UserNameOverTransport"><wsp:ExactlyOne><wsp:All>
    <sp:TransportBinding><wsp:Policy>
      <sp:TransportToken><wsp:Policy><sp:HttpsToken RequireClientCertificate="false"/></wsp:Policy></sp:TransportToken>
      <sp:AlgorithmSuite><wsp:Policy><sp:Basic256/></wsp:Policy></sp:AlgorithmSuite>
      <sp:Layout><wsp:Policy><sp:Lax/></wsp:Policy></sp:Layout>
      <sp:IncludeTimestamp/>
    </wsp:Policy></sp:TransportBinding>
    <sp:SignedSupportingTokens><wsp:Policy>
      <sp:UsernameToken sp:IncludeToken="http://schemas.xmlsoap.org/ws/2005/07/securitypolicy/IncludeToken/AlwaysToRecipient"><wsp:Policy><sp:WssUsernameToken10/></wsp:Policy></sp:UsernameToken>
    </wsp:Policy></sp:SignedSupportingTokens>
    <sp:Wss10><wsp:Policy/></sp:Wss10>
  </wsp:All></wsp:ExactlyOne></wsp:Policy>
"#;
