//! Records: structs whose fields are elements. One declaration gives the reader, the writer and the schema.
//!
//! Not here: any record of the protocol, and the schema's text (`wsdl/`).
//!
//! Invariant: a record is read by name, in any order, and written in the order of its fields.
//! Invariant: what a record does not know is passed over with a remark, never silently.

use crate::error::MessageError;
use crate::name::Name;
use crate::namespace::Namespace;
use crate::xml::{XmlReader, XmlWriter};

/// The name of an element of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its namespace.
    pub namespace: Namespace,
    /// Its name.
    pub name: &'static str,
}

/// Where a field stands in its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The child of the record.
    pub tag: Tag,
    /// What stands in that child, if the child is only a wrapper: `sourcedId` around `identifier`, `groupSet` around many `group`.
    pub inner: Option<Tag>,
    /// What is written when there is no value.
    pub absent: Absent,
}

/// What is written when there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// Nothing.
    Nothing,
    /// The element with `xsi:nil="true"`, for it is mandatory and nillable.
    Nil,
    /// The empty wrapper, for there are clients that do not look before they reach into it (facts/ims-es.md §6, trap 6).
    EmptyWrapper,
}

/// How the schema shows the content of an element.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A type of XML Schema.
    Schema(&'static str),
    /// A closed list of words.
    Words(&'static WordsTable),
    /// A record.
    Record(&'static RecordTable),
}

/// A closed list of words, as the schema shows it.
#[derive(Debug)]
pub struct WordsTable {
    /// Where the type is declared.
    pub namespace: Namespace,
    /// The type's name.
    pub name: &'static str,
    /// Every word that may be sent.
    pub words: &'static [&'static str],
}

/// A record, as the schema shows it.
pub struct RecordTable {
    /// Where the type is declared.
    pub namespace: Namespace,
    /// The type's name.
    pub name: &'static str,
    /// Its fields, in order.
    pub fields: &'static [FieldTable],
}

/// A field, as the schema shows it.
pub struct FieldTable {
    /// Where it stands.
    pub place: Place,
    /// How often it may stand there.
    pub occurs: Occurs,
    /// What it holds.
    pub kind: fn() -> Kind,
}

/// How often an element may stand in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occurs {
    /// Exactly once.
    Once,
    /// Once or not at all.
    AtMostOnce,
    /// Any number of times.
    Many,
}

/// What can stand in an element.
pub trait Content: Default {
    /// Reads the element that just opened, to its end.
    fn read(reader: &mut XmlReader<'_>) -> Result<Self, MessageError>;
    /// Writes into the element that is open.
    fn write(&self, writer: &mut XmlWriter<'_>) -> Result<(), MessageError>;
    /// How the schema shows it.
    fn kind() -> Kind;
    /// Any value.
    #[cfg(test)]
    fn draw(dice: &mut crate::sample::Dice) -> Self;
}

/// A struct whose fields are elements.
pub trait Record: Content {
    /// The table of its fields.
    const TABLE: &'static RecordTable;
    /// Reads the element that just opened into the field with this index.
    fn accept(&mut self, index: usize, reader: &mut XmlReader<'_>) -> Result<(), MessageError>;
    /// Writes the fields in order.
    fn write_fields(&self, writer: &mut XmlWriter<'_>) -> Result<(), MessageError>;

    /// Which field the name belongs to.
    fn field(name: &Name) -> Option<usize> {
        Self::TABLE.fields.iter().position(|field| name.is(field.place.tag.namespace, field.place.tag.name))
    }
}

/// A field of a record: it knows how often it may stand there.
pub trait Field: Default {
    /// How often.
    const OCCURS: Occurs;
    /// Reads the element that just opened.
    fn accept(&mut self, place: &Place, reader: &mut XmlReader<'_>) -> Result<(), MessageError>;
    /// Writes all of it.
    fn put(&self, place: &Place, writer: &mut XmlWriter<'_>) -> Result<(), MessageError>;
    /// What it holds.
    fn kind() -> Kind;
    /// Any value.
    #[cfg(test)]
    fn draw(dice: &mut crate::sample::Dice) -> Self;
}

impl Place {
    /// An element directly in the record.
    pub const fn element(namespace: Namespace, name: &'static str) -> Place {
        Place { tag: Tag { namespace, name }, inner: None, absent: Absent::Nothing }
    }

    /// An element in a wrapper.
    pub const fn wrapped(
        outer: Namespace,
        wrapper: &'static str,
        inner: Namespace,
        name: &'static str,
    ) -> Place {
        let inner = Some(Tag { namespace: inner, name });
        Place { tag: Tag { namespace: outer, name: wrapper }, inner, absent: Absent::Nothing }
    }

    /// The same place, with something written when there is no value.
    pub const fn when_absent(self, absent: Absent) -> Place {
        Place { absent, ..self }
    }
}

/// Reads the children of the element that just opened into a record.
pub fn read_record<T: Record>(reader: &mut XmlReader<'_>) -> Result<T, MessageError> {
    let mut record = T::default();
    while reader.child()? {
        match T::field(reader.name()) {
            Some(index) => record.accept(index, reader)?,
            None => pass_over(reader)?,
        }
    }
    Ok(record)
}

/// Passes over an element that has no place here.
pub(crate) fn pass_over(reader: &mut XmlReader<'_>) -> Result<(), MessageError> {
    reader.remark(
        "has no place here and was passed over",
        "check its spelling and its namespace against the schema at ?wsdl",
    );
    reader.skip()
}

/// Gives each value that stands at a place to `take`, whether the place is wrapped or not.
fn each_value<T: Content>(
    place: &Place,
    reader: &mut XmlReader<'_>,
    mut take: impl FnMut(T, &mut XmlReader<'_>),
) -> Result<(), MessageError> {
    let Some(inner) = place.inner else {
        let value = read_value(reader)?;
        take(value, reader);
        return Ok(());
    };
    while reader.child()? {
        if reader.name().is(inner.namespace, inner.name) {
            let value = read_value(reader)?;
            take(value, reader);
        } else {
            pass_over(reader)?;
        }
    }
    Ok(())
}

/// Reads the value of the element that just opened. A nil element is empty, and reads like that where its place must be kept.
pub(crate) fn read_value<T: Content>(reader: &mut XmlReader<'_>) -> Result<T, MessageError> {
    // To take a reference for an empty element would lose its value without a word.
    if reader.attribute(None, "href").is_some_and(|target| target.starts_with('#')) {
        return Err(MessageError::Reference { at: reader.position(), element: reader.name().to_string() });
    }
    T::read(reader)
}

fn write_value<T: Content>(tag: Tag, value: &T, writer: &mut XmlWriter<'_>) -> Result<(), MessageError> {
    writer.start(tag.namespace, tag.name)?;
    value.write(writer)?;
    writer.end()
}

impl<T: Content> Field for Option<T> {
    const OCCURS: Occurs = Occurs::AtMostOnce;

    fn accept(&mut self, place: &Place, reader: &mut XmlReader<'_>) -> Result<(), MessageError> {
        if reader.is_nil() {
            return reader.skip();
        }
        each_value(place, reader, |value: T, reader| match self {
            None => *self = Some(value),
            Some(_) => reader.remark("stands here a second time; the first counts", "send it once"),
        })
    }

    fn put(&self, place: &Place, writer: &mut XmlWriter<'_>) -> Result<(), MessageError> {
        match (self, place.inner) {
            (Some(value), None) => write_value(place.tag, value, writer),
            (Some(value), Some(inner)) => {
                writer.start(place.tag.namespace, place.tag.name)?;
                write_value(inner, value, writer)?;
                writer.end()
            }
            (None, _) => match place.absent {
                Absent::Nothing => Ok(()),
                Absent::Nil => {
                    writer.start(place.tag.namespace, place.tag.name)?;
                    writer.nil()?;
                    writer.end()
                }
                Absent::EmptyWrapper => {
                    writer.start(place.tag.namespace, place.tag.name)?;
                    writer.end()
                }
            },
        }
    }

    fn kind() -> Kind {
        T::kind()
    }

    #[cfg(test)]
    fn draw(dice: &mut crate::sample::Dice) -> Option<T> {
        if dice.below(3) == 0 { None } else { Some(T::draw(dice)) }
    }
}

impl<T: Content> Field for Vec<T> {
    const OCCURS: Occurs = Occurs::Many;

    fn accept(&mut self, place: &Place, reader: &mut XmlReader<'_>) -> Result<(), MessageError> {
        each_value(place, reader, |value, _| self.push(value))
    }

    fn put(&self, place: &Place, writer: &mut XmlWriter<'_>) -> Result<(), MessageError> {
        let Some(inner) = place.inner else {
            return self.iter().try_for_each(|value| write_value(place.tag, value, writer));
        };
        if self.is_empty() && place.absent == Absent::Nothing {
            return Ok(());
        }
        writer.start(place.tag.namespace, place.tag.name)?;
        self.iter().try_for_each(|value| write_value(inner, value, writer))?;
        writer.end()
    }

    fn kind() -> Kind {
        T::kind()
    }

    #[cfg(test)]
    fn draw(dice: &mut crate::sample::Dice) -> Vec<T> {
        (0..dice.below(3)).map(|_| T::draw(dice)).collect()
    }
}

/// A mandatory value. If it is missing it reads as empty text, and empty text is left out: an empty element would be no value either, and
/// there are stacks that stop at one.
impl<T: crate::lexical::Lexicon> Field for crate::lexical::Lexical<T> {
    const OCCURS: Occurs = Occurs::Once;

    fn accept(&mut self, place: &Place, reader: &mut XmlReader<'_>) -> Result<(), MessageError> {
        each_value(place, reader, |value, _| *self = value)
    }

    fn put(&self, place: &Place, writer: &mut XmlWriter<'_>) -> Result<(), MessageError> {
        match self {
            crate::lexical::Lexical::Text(text) if text.is_empty() => Ok(()),
            _ => write_value(place.tag, self, writer),
        }
    }

    fn kind() -> Kind {
        T::kind()
    }

    #[cfg(test)]
    fn draw(dice: &mut crate::sample::Dice) -> crate::lexical::Lexical<T> {
        Content::draw(dice)
    }
}

/// Text as it was sent, white space included (facts/ims-es.md §3.1).
impl Content for String {
    fn read(reader: &mut XmlReader<'_>) -> Result<String, MessageError> {
        reader.text()
    }

    fn write(&self, writer: &mut XmlWriter<'_>) -> Result<(), MessageError> {
        writer.text(self)
    }

    fn kind() -> Kind {
        Kind::Schema("string")
    }

    #[cfg(test)]
    fn draw(dice: &mut crate::sample::Dice) -> String {
        dice.text()
    }
}

/// Where a field stands, in short.
///
/// `["scheme"]` an element of the record's own namespace · `[Common "email"]` an element of another · `[nil "begin"]` mandatory and nillable ·
/// `["sourceId" / Common "identifier"]` inside a wrapper · `[always "groupSet" / "group"]` with the wrapper even when it is empty.
macro_rules! place {
    ($own:ident, $name:literal) => {
        $crate::record::Place::element($crate::namespace::Namespace::$own, $name)
    };
    ($own:ident, nil $name:literal) => {
        $crate::record::place!($own, $name).when_absent($crate::record::Absent::Nil)
    };
    ($own:ident, $namespace:ident $name:literal) => {
        $crate::record::place!($namespace, $name)
    };
    ($own:ident, always $($rest:tt)+) => {
        $crate::record::place!($own, $($rest)+).when_absent($crate::record::Absent::EmptyWrapper)
    };
    ($own:ident, $wrapper:literal / $name:literal) => {
        $crate::record::place!($own, $wrapper / $own $name)
    };
    ($own:ident, $wrapper:literal / $inner:ident $name:literal) => {
        $crate::record::Place::wrapped(
            $crate::namespace::Namespace::$own, $wrapper, $crate::namespace::Namespace::$inner, $name)
    };
}

/// Declares a record: its fields and where each stands. `struct Name = Namespace "TypeName" { field: Type = [place], … }`.
macro_rules! record {
    ($(#[$meta:meta])* pub struct $name:ident = $namespace:ident $type_name:literal {
        $($(#[$fmeta:meta])* pub $field:ident : $type:ty = [ $($place:tt)+ ]),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name { $($(#[$fmeta])* pub $field: $type),* }

        impl $crate::record::Record for $name {
            const TABLE: &'static $crate::record::RecordTable = &$crate::record::RecordTable {
                namespace: $crate::namespace::Namespace::$namespace,
                name: $type_name,
                fields: &[$($crate::record::FieldTable {
                    place: $crate::record::place!($namespace, $($place)+),
                    occurs: <$type as $crate::record::Field>::OCCURS,
                    kind: <$type as $crate::record::Field>::kind,
                }),*],
            };
            fn accept(
                &mut self, index: usize, reader: &mut $crate::xml::XmlReader<'_>,
            ) -> Result<(), $crate::error::MessageError> {
                let mut fields = 0usize..;
                $(if fields.next() == Some(index) {
                    let place = $crate::record::place!($namespace, $($place)+);
                    return $crate::record::Field::accept(&mut self.$field, &place, reader);
                })*
                reader.skip()
            }
            fn write_fields(
                &self, writer: &mut $crate::xml::XmlWriter<'_>,
            ) -> Result<(), $crate::error::MessageError> {
                $($crate::record::Field::put(
                    &self.$field, &$crate::record::place!($namespace, $($place)+), writer)?;)*
                Ok(())
            }
        }

        impl $crate::record::Content for $name {
            fn read(reader: &mut $crate::xml::XmlReader<'_>) -> Result<$name, $crate::error::MessageError> {
                $crate::record::read_record(reader)
            }

            fn write(
                &self, writer: &mut $crate::xml::XmlWriter<'_>,
            ) -> Result<(), $crate::error::MessageError> {
                $crate::record::Record::write_fields(self, writer)
            }

            fn kind() -> $crate::record::Kind {
                $crate::record::Kind::Record(<$name as $crate::record::Record>::TABLE)
            }

            #[cfg(test)]
            fn draw(dice: &mut $crate::sample::Dice) -> $name {
                $name { $($field: $crate::record::Field::draw(dice)),* }
            }
        }
    };
}

pub(crate) use {place, record};
