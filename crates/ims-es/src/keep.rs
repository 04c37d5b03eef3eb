//! One object as a text of its own, for those who keep objects or compare them.
//!
//! Not here: where it is kept, and whole messages (`envelope.rs`).
//!
//! Invariant: what is written reads back as the same, whatever its sender wrote it like.
//! Invariant: two requests that say the same have the same text, whatever prefixes and order they came with.

use crate::error::MessageError;
use crate::limits::Limits;
use crate::namespace::Namespace;
use crate::record::Record;
use crate::xml::{Prefixes, XmlReader, XmlWriter};

/// What was taken once is taken again: no limit but that of memory.
const UNLIMITED: Limits = Limits {
    message_bytes_max: usize::MAX,
    token_bytes_max: usize::MAX,
    value_bytes_max: usize::MAX,
    depth_max: 64,
    elements_max: usize::MAX,
    attributes_max: 64,
};

/// Writes an object as a text.
pub fn keep<T: Record>(object: &T) -> Result<String, MessageError> {
    let mut bytes = Vec::new();
    let mut writer = XmlWriter::new(&mut bytes, Prefixes::OnRoot(declared(T::TABLE.namespace)));
    writer.start(T::TABLE.namespace, T::TABLE.name)?;
    object.write(&mut writer)?;
    writer.end()?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads what [`keep`] wrote.
pub fn take<T: Record>(text: &str) -> Result<T, MessageError> {
    let mut reader = XmlReader::new(text.as_bytes(), UNLIMITED);
    if !reader.child()? || !reader.name().is(T::TABLE.namespace, T::TABLE.name) {
        let expected = format!("{}:{}", T::TABLE.namespace.prefix(), T::TABLE.name);
        return Err(MessageError::WrongBody { found: reader.name().to_string(), expected });
    }
    let object = T::read(&mut reader)?;
    reader.finish()?;
    Ok(object)
}

/// The namespaces in which a record of this namespace and all below it are.
fn declared(namespace: Namespace) -> &'static [Namespace] {
    match namespace {
        Namespace::GroupMessages | Namespace::GroupData => {
            &[Namespace::GroupMessages, Namespace::GroupData, Namespace::Common, Namespace::SchemaInstance]
        }
        Namespace::MembershipMessages | Namespace::MembershipData => &[
            Namespace::MembershipMessages,
            Namespace::MembershipData,
            Namespace::Common,
            Namespace::SchemaInstance,
        ],
        Namespace::PersonMessages | Namespace::PersonData => {
            &[Namespace::PersonMessages, Namespace::PersonData, Namespace::Common, Namespace::SchemaInstance]
        }
        _ => &[Namespace::MessageBinding, Namespace::Common, Namespace::SchemaInstance],
    }
}

#[cfg(test)]
mod tests {
    use super::{keep, take};
    use crate::calls::{Visitor, visit};
    use crate::operation::{Call, Operation};
    use crate::record::Content;
    use crate::sample::Dice;
    use crate::status_info::{StatusInfo, StatusInfoSet};

    struct ReadsBack(Dice);

    impl Visitor for ReadsBack {
        type Out = ();

        fn visit<C: Call>(mut self) {
            let call = C::draw(&mut self.0);
            let text = keep(&call).unwrap();
            assert_eq!(keep(&take::<C>(&text).unwrap()).unwrap(), text);
        }
    }

    #[test]
    fn every_request_reads_back() {
        for operation in Operation::ALL {
            for seed in 0..50_u32 {
                let bytes = (0..600_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> (seed % 24)) as u8);
                visit(*operation, ReadsBack(Dice::new(bytes.collect())));
            }
        }
    }

    #[test]
    fn statuses_read_back() {
        let set = StatusInfoSet { statuses: vec![StatusInfo::success(), StatusInfo::unsupported()] };
        assert_eq!(take::<StatusInfoSet>(&keep(&set).unwrap()).unwrap(), set);
    }

    #[test]
    fn a_text_of_another_object_is_refused() {
        let text = keep(&StatusInfoSet::default()).unwrap();
        assert!(take::<StatusInfo>(&text).is_err());
    }

    #[test]
    fn a_long_object_reads_back() {
        let mut group = crate::group::object::Group::draw(&mut Dice::new(vec![7; 100]));
        group.url = Some("u".repeat(1 << 20));
        assert_eq!(take::<crate::group::object::Group>(&keep(&group).unwrap()).unwrap(), group);
    }
}
