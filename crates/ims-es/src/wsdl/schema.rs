//! XML Schema from the tables of records.
//!
//! Not here: messages, port types and bindings (`document.rs`).
//!
//! Invariant: an element is declared in the schema of its namespace, and every type once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::calls::{Visitor, visit};
use crate::header::{REQUEST_BLOCK, RESPONSE_BLOCK, RequestInfo, ResponseInfo};
use crate::namespace::Namespace;
use crate::operation::{Call, Operation};
use crate::record::{Absent, FieldTable, Kind, Occurs, Record, RecordTable, Tag, WordsTable};
use crate::xml_text::escaped;

/// The schemas of some operations, one for each namespace.
pub(super) struct Schemas {
    by_namespace: BTreeMap<Namespace, Schema>,
}

/// What one namespace declares, as text.
#[derive(Default)]
struct Schema {
    elements: BTreeMap<String, String>,
    types: BTreeMap<String, String>,
    uses: BTreeSet<Namespace>,
}

/// The tables of a request and of its reply.
struct Tables;

impl Visitor for Tables {
    type Out = (&'static RecordTable, &'static RecordTable);

    fn visit<C: Call>(self) -> Self::Out {
        (C::TABLE, C::Reply::TABLE)
    }
}

impl Schemas {
    /// Collects all that the operations need.
    pub(super) fn of(operations: impl Iterator<Item = Operation>) -> Schemas {
        let mut schemas = Schemas { by_namespace: BTreeMap::new() };
        schemas.global_record(Namespace::MessageBinding, REQUEST_BLOCK, RequestInfo::TABLE);
        schemas.global_record(Namespace::MessageBinding, RESPONSE_BLOCK, ResponseInfo::TABLE);
        for operation in operations {
            let (request, reply) = visit(operation, Tables);
            let namespace = operation.service().namespace();
            schemas.global_record(namespace, &operation.request_element(), request);
            schemas.global_record(namespace, &operation.response_element(), reply);
        }
        schemas
    }

    /// The namespaces, in the order of their numbers.
    pub(super) fn namespaces(&self) -> impl Iterator<Item = Namespace> {
        self.by_namespace.keys().copied()
    }

    /// The document of one number, which tells where the others are.
    pub(super) fn document(&self, number: usize, address: &str) -> Option<String> {
        let (namespace, _) = self.by_namespace.iter().nth(number)?;
        let location = |other: Namespace| {
            let number = self.namespaces().position(|known| known == other).unwrap_or_default();
            format!(" schemaLocation=\"{}?xsd=xsd{number}\"", escaped(address))
        };
        let text = self.text(*namespace, location)?;
        Some(format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{text}"))
    }

    /// All schemas, to stand in one document.
    pub(super) fn inline(&self) -> String {
        self.namespaces().filter_map(|namespace| self.text(namespace, |_| String::new())).collect()
    }

    fn text(&self, namespace: Namespace, location: impl Fn(Namespace) -> String) -> Option<String> {
        let schema = self.by_namespace.get(&namespace)?;
        let mut text = format!(
            "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" elementFormDefault=\"qualified\" targetNamespace=\"{}\"",
            namespace.uri()
        );
        for used in schema.uses.iter().chain([&namespace]) {
            let _ = write!(text, " xmlns:{}=\"{}\"", used.prefix(), used.uri());
        }
        text.push_str(">\n");
        for used in &schema.uses {
            let _ = writeln!(text, "  <xs:import namespace=\"{}\"{}/>", used.uri(), location(*used));
        }
        for declared in schema.elements.values().chain(schema.types.values()) {
            text.push_str(declared);
        }
        text.push_str("</xs:schema>\n");
        Some(text)
    }

    fn schema(&mut self, namespace: Namespace) -> &mut Schema {
        self.by_namespace.entry(namespace).or_default()
    }

    fn uses(&mut self, namespace: Namespace, other: Namespace) {
        if namespace != other {
            self.schema(namespace).uses.insert(other);
        }
    }

    /// Declares a global element that holds a record.
    fn global_record(&mut self, namespace: Namespace, element: &str, table: &'static RecordTable) {
        let text = if table.fields.is_empty() {
            format!(
                "  <xs:element name=\"{element}\"><xs:complexType><xs:sequence/></xs:complexType></xs:element>\n"
            )
        } else {
            let type_name = self.record(table);
            format!("  <xs:element name=\"{element}\" type=\"{type_name}\"/>\n")
        };
        self.schema(namespace).elements.insert(element.to_owned(), text);
    }

    /// The qualified name of a type, which is declared if it was not.
    fn kind(&mut self, kind: Kind, from: Namespace) -> String {
        match kind {
            Kind::Schema(name) => format!("xs:{name}"),
            Kind::Words(table) => {
                self.uses(from, table.namespace);
                self.words(table)
            }
            Kind::Record(table) => {
                self.uses(from, table.namespace);
                self.record(table)
            }
        }
    }

    fn words(&mut self, table: &WordsTable) -> String {
        let mut text =
            format!("  <xs:simpleType name=\"{}\">\n    <xs:restriction base=\"xs:string\">\n", table.name);
        for word in table.words {
            let _ = writeln!(text, "      <xs:enumeration value=\"{}\"/>", escaped(word));
        }
        text.push_str("    </xs:restriction>\n  </xs:simpleType>\n");
        self.schema(table.namespace).types.insert(table.name.to_owned(), text);
        format!("{}:{}", table.namespace.prefix(), table.name)
    }

    fn record(&mut self, table: &'static RecordTable) -> String {
        let name = format!("{}:{}", table.namespace.prefix(), table.name);
        if self.schema(table.namespace).types.contains_key(table.name) {
            return name;
        }
        let mut text = format!("  <xs:complexType name=\"{}\">\n    <xs:sequence>\n", table.name);
        for field in table.fields {
            text.push_str(&self.field(table.namespace, field));
        }
        text.push_str("    </xs:sequence>\n  </xs:complexType>\n");
        self.schema(table.namespace).types.insert(table.name.to_owned(), text);
        name
    }

    fn field(&mut self, namespace: Namespace, field: &FieldTable) -> String {
        let place = field.place;
        let tag = place.tag;
        let (type_name, occurs) = match place.inner {
            Some(inner) => (self.wrapper(inner, field, tag.namespace), Occurs::AtMostOnce),
            None => (self.kind((field.kind)(), tag.namespace), field.occurs),
        };
        let how_often = match (occurs, place.absent) {
            (_, Absent::Nil) => " nillable=\"true\"",
            (Occurs::Once, _) => "",
            (Occurs::AtMostOnce, _) => " minOccurs=\"0\"",
            (Occurs::Many, _) => " minOccurs=\"0\" maxOccurs=\"unbounded\"",
        };
        if tag.namespace == namespace {
            return format!("      <xs:element name=\"{}\" type=\"{type_name}\"{how_often}/>\n", tag.name);
        }
        let global = format!("  <xs:element name=\"{}\" type=\"{type_name}\"/>\n", tag.name);
        self.schema(tag.namespace).elements.insert(tag.name.to_owned(), global);
        self.uses(namespace, tag.namespace);
        format!("      <xs:element ref=\"{}:{}\"{how_often}/>\n", tag.namespace.prefix(), tag.name)
    }

    /// Declares the type of a wrapper. It stands in the namespace of what it wraps, so that its child is one of that namespace.
    fn wrapper(&mut self, inner: Tag, field: &FieldTable, from: Namespace) -> String {
        let (name, how_often) = match field.occurs {
            Occurs::Many => (format!("ArrayOf{}", capitalised(inner.name)), " maxOccurs=\"unbounded\""),
            Occurs::Once | Occurs::AtMostOnce if inner.name == "identifier" => ("SourcedId".to_owned(), ""),
            Occurs::Once | Occurs::AtMostOnce => (format!("{}Holder", capitalised(inner.name)), ""),
        };
        let type_name = self.kind((field.kind)(), inner.namespace);
        self.uses(from, inner.namespace);
        let text = format!(
            "  <xs:complexType name=\"{name}\">\n    <xs:sequence>\n      <xs:element name=\"{}\" type=\"{type_name}\" minOccurs=\"0\"{how_often}/>\n    </xs:sequence>\n  </xs:complexType>\n",
            inner.name
        );
        let qualified = format!("{}:{name}", inner.namespace.prefix());
        self.schema(inner.namespace).types.insert(name, text);
        qualified
    }
}

fn capitalised(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters).collect()
}
