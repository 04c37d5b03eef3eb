//! Reads and writes XML. The only file that names the XML library.
//!
//! Not here: any element of the protocol, and the text of characters (`xml_text.rs`).
//!
//! Invariant: a name is compared by namespace address and local name, never by prefix.
//! Invariant: document types are refused, and no entity is expanded but the five of XML.
//! Invariant: memory is bounded by the limits and does not grow with the message.

use std::io::{BufRead, Write};

use quick_xml::XmlVersion;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::name::{Namespace as RawNamespace, PrefixDeclaration, ResolveResult};
use quick_xml::reader::NsReader;
use quick_xml::writer::Writer;

use crate::error::{Measure, MessageError, shortened};
use crate::limits::Limits;
use crate::metered::Metered;
use crate::name::{Name, Origin, Remark};
use crate::namespace::Namespace;
use crate::xml_text::{disallowed, escaped};

/// At most so many remarks are kept for one message.
const REMARKS_MAX: usize = 200;

/// Pulls elements out of a message.
///
/// After [`child`](XmlReader::child) said that an element opened, the caller takes it to its end by [`text`](XmlReader::text),
/// [`skip`](XmlReader::skip), or by asking for its children until there are none left.
pub struct XmlReader<'a> {
    source: NsReader<Metered<'a>>,
    buffer: Vec<u8>,
    limits: Limits,
    depth: usize,
    elements: usize,
    name: Name,
    attributes: Vec<(Name, String)>,
    remarks: Vec<Remark>,
}

/// What happens to text on the way.
enum OnText<'t> {
    /// It is the value that is read.
    Keep(&'t mut String),
    /// It belongs to something that is passed over.
    Drop,
    /// It stands between elements, where only white space belongs.
    Remark,
}

/// What the next piece of the document is.
enum Step {
    Start,
    End,
    Finished,
}

impl<'a> XmlReader<'a> {
    /// Begins to read. Nothing is read yet.
    pub fn new(source: impl BufRead + Send + 'a, limits: Limits) -> XmlReader<'a> {
        let mut source = NsReader::from_reader(Metered::new(Box::new(source), limits));
        source.config_mut().expand_empty_elements = true;
        source.resolver_mut().set_max_namespace_bindings(limits.attributes_max.saturating_mul(4));
        let name = Name { origin: Origin::Nowhere, local: String::new() };
        XmlReader {
            source,
            buffer: Vec::new(),
            limits,
            depth: 0,
            elements: 0,
            name,
            attributes: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Goes to the next child of the element that is open, or says that the element has ended.
    pub fn child(&mut self) -> Result<bool, MessageError> {
        match self.step(OnText::Remark)? {
            Step::Start => Ok(true),
            Step::End | Step::Finished => Ok(false),
        }
    }

    /// Takes the text of the element that just opened, and closes it. Children in it are passed over.
    pub fn text(&mut self) -> Result<String, MessageError> {
        let mut text = String::new();
        while let Step::Start = self.step(OnText::Keep(&mut text))? {
            self.remark("stands where only text belongs and was passed over", "send the value as plain text");
            self.skip()?;
        }
        Ok(text)
    }

    /// Passes over the element that just opened.
    pub fn skip(&mut self) -> Result<(), MessageError> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            self.step(OnText::Drop)?;
        }
        Ok(())
    }

    /// Makes sure that nothing follows the root, and gives what was passed over.
    pub fn finish(mut self) -> Result<Vec<Remark>, MessageError> {
        while self.depth > 0 {
            self.step(OnText::Drop)?;
        }
        while let Step::Start = self.step(OnText::Drop)? {
            self.skip()?;
        }
        Ok(self.remarks)
    }

    /// The element that opened last.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// An attribute of the element that opened last; `None` for the namespace means an attribute without one.
    pub fn attribute(&self, namespace: Option<Namespace>, local: &str) -> Option<&str> {
        let wanted = namespace.map_or(Origin::Nowhere, Origin::Known);
        let same = |(name, _): &&(Name, String)| name.local == local && name.origin == wanted;
        self.attributes.iter().find(same).map(|(_, value)| value.as_str())
    }

    /// Whether the element that opened last says `xsi:nil="true"`.
    pub fn is_nil(&self) -> bool {
        matches!(self.attribute(Some(Namespace::SchemaInstance), "nil").map(str::trim), Some("true" | "1"))
    }

    /// How far the message was read, in bytes.
    pub fn position(&self) -> u64 {
        self.source.buffer_position()
    }

    /// Notes something about the element that opened last.
    pub fn remark(&mut self, what: &str, how_to_mend: &'static str) {
        if self.remarks.len() < REMARKS_MAX {
            let text = format!("{} {what}", self.name);
            self.remarks.push(Remark { at: self.position(), text, how_to_mend });
        }
    }

    /// What was passed over so far.
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    /// Reads on to the next start or end of an element.
    fn step(&mut self, mut text: OnText<'_>) -> Result<Step, MessageError> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let step = loop {
            buffer.clear();
            self.source.get_mut().next_token();
            let event = match self.source.read_event_into(&mut buffer) {
                Ok(event) => event,
                Err(error) => break Err(self.failure(error)),
            };
            match self.take(event, &mut text) {
                Ok(None) => {}
                Ok(Some(step)) => break Ok(step),
                Err(error) => break Err(error),
            }
        };
        self.buffer = buffer;
        step
    }

    /// Deals with one event of the library. `None` to go on.
    fn take(&mut self, event: Event<'_>, text: &mut OnText<'_>) -> Result<Option<Step>, MessageError> {
        let at = self.source.buffer_position();
        match event {
            Event::Start(start) | Event::Empty(start) => self.open(&start, at).map(|()| Some(Step::Start)),
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                Ok(Some(Step::End))
            }
            Event::Text(piece) => self.add(text, &piece.xml10_content(), at),
            Event::CData(piece) => self.add(text, &piece.xml10_content(), at),
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|source| not_well_formed(at, source))?;
                let mut bytes = [0; 4];
                match (character, &*reference) {
                    (Some(character), _) => self.add(text, character.encode_utf8(&mut bytes), at),
                    (None, "lt") => self.add(text, "<", at),
                    (None, "gt") => self.add(text, ">", at),
                    (None, "amp") => self.add(text, "&", at),
                    (None, "quot") => self.add(text, "\"", at),
                    (None, "apos") => self.add(text, "'", at),
                    (None, name) => Err(MessageError::Entity { at, name: shortened(name) }),
                }
            }
            Event::Decl(declaration) => match declaration.encoding() {
                Some(Ok(encoding)) if !is_utf8(&encoding) => {
                    Err(MessageError::Encoding { encoding: shortened(&encoding) })
                }
                Some(Err(source)) => Err(not_well_formed(at, source)),
                Some(Ok(_)) | None => Ok(None),
            },
            Event::DocType(_) => Err(MessageError::DocumentType { at }),
            Event::Comment(_) | Event::PI(_) => Ok(None),

            Event::Eof if self.depth > 0 => Err(MessageError::EndsEarly { at, open: self.depth }),
            Event::Eof if self.elements == 0 => Err(MessageError::NoElement),
            Event::Eof => Ok(Some(Step::Finished)),
        }
    }

    /// Opens an element: counts it, resolves its name, and keeps its attributes.
    fn open(&mut self, start: &BytesStart<'_>, at: u64) -> Result<(), MessageError> {
        if self.depth == 0 && self.elements > 0 {
            return Err(MessageError::OutsideRoot { at });
        }
        self.depth += 1;
        self.elements += 1;
        within(self.depth, self.limits.depth_max, Measure::Depth, at)?;
        within(self.elements, self.limits.elements_max, Measure::Elements, at)?;
        self.attributes.clear();
        let mut count = 0;
        // The library looks for repeated names in time that grows with the square of their number; stop before that hurts.
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|source| not_well_formed(at, source))?;
            count += 1;
            within(count, self.limits.attributes_max, Measure::Attributes, at)?;
            if attribute.key.as_namespace_binding().is_some_and(|binding| is_declaration(&binding)) {
                continue;
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|source| not_well_formed(at, source))?.into_owned();
            allowed(&value, at)?;
            let (resolved, local) = self.source.resolver().resolve_attribute(attribute.key);
            let name = Name { origin: origin(resolved, at)?, local: local.as_ref().to_owned() };
            self.attributes.push((name, value));
        }
        let (resolved, local) = self.source.resolver().resolve_element(start.name());
        self.name.origin = origin(resolved, at)?;
        self.name.local.clear();
        self.name.local.push_str(local.as_ref());
        Ok(())
    }

    /// Deals with a piece of text.
    fn add(&mut self, text: &mut OnText<'_>, piece: &str, at: u64) -> Result<Option<Step>, MessageError> {
        allowed(piece, at)?;
        let is_blank = piece.bytes().all(|byte| byte.is_ascii_whitespace());
        match text {
            _ if self.depth == 0 && !is_blank && self.elements == 0 => return Err(MessageError::NoElement),
            _ if self.depth == 0 && !is_blank => return Err(MessageError::OutsideRoot { at }),
            OnText::Keep(text) => {
                let size = text.len() + piece.len();
                within(size, self.limits.value_bytes_max, Measure::ValueBytes, at)?;
                text.push_str(piece);
            }
            OnText::Remark if !is_blank => {
                self.remark("is followed by text that belongs to no element", "leave the text out");
            }
            OnText::Remark | OnText::Drop => {}
        }
        Ok(None)
    }

    /// Says in our words why the library stopped.
    fn failure(&mut self, error: quick_xml::Error) -> MessageError {
        let at = self.source.error_position();
        if let Some((what, max)) = self.source.get_mut().exceeded() {
            return MessageError::OverLimit { at: self.source.buffer_position(), what, max };
        }
        match error {
            quick_xml::Error::Io(source) => MessageError::Arriving { at, source: source.kind().into() },
            other => not_well_formed(at, other),
        }
    }
}

fn not_well_formed(at: u64, source: impl std::error::Error + Send + Sync + 'static) -> MessageError {
    MessageError::NotWellFormed { at, source: Box::new(source) }
}

fn within(count: usize, max: usize, what: Measure, at: u64) -> Result<(), MessageError> {
    if count > max { Err(MessageError::OverLimit { at, what, max }) } else { Ok(()) }
}

fn allowed(text: &str, at: u64) -> Result<(), MessageError> {
    disallowed(text).map_or(Ok(()), |character| Err(MessageError::Character { at, code: character.into() }))
}

fn is_utf8(encoding: &str) -> bool {
    ["utf-8", "utf8", "us-ascii", "ascii"].iter().any(|known| known.eq_ignore_ascii_case(encoding.trim()))
}

fn is_declaration(binding: &PrefixDeclaration<'_>) -> bool {
    matches!(binding, PrefixDeclaration::Default | PrefixDeclaration::Named(_))
}

fn origin(resolved: ResolveResult<'_>, at: u64) -> Result<Origin, MessageError> {
    match resolved {
        ResolveResult::Bound(RawNamespace(uri)) => Ok(match Namespace::from_uri(uri) {
            Some(known) => Origin::Known(known),
            None => Origin::Foreign(uri.to_owned()),
        }),
        ResolveResult::Unbound => Ok(Origin::Nowhere),
        ResolveResult::Unknown(prefix) => {
            Err(MessageError::UndeclaredPrefix { at, prefix: shortened(&prefix) })
        }
    }
}

/// How names are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefixes {
    /// Each namespace is declared once, on the root, with one prefix. For requests.
    OnRoot(&'static [Namespace]),
    /// SOAP and WS-Security have prefixes; the rest is written without and declared where it changes. For replies: clients that
    /// look at prefixes find those that itslearning sends (facts/ims-es.md §1.6).
    WhereUsed,
}

/// Puts elements into a message.
pub struct XmlWriter<'a> {
    out: Writer<&'a mut dyn Write>,
    prefixes: Prefixes,
    /// Open elements: the name as written and the default namespace around them.
    open: Vec<(String, Option<Namespace>)>,
    /// A start tag that is not written yet, for it may turn out to be empty.
    pending: Option<BytesStart<'static>>,
    default: Option<Namespace>,
}

impl<'a> XmlWriter<'a> {
    /// Begins to write.
    pub fn new(out: &'a mut dyn Write, prefixes: Prefixes) -> XmlWriter<'a> {
        XmlWriter { out: Writer::new(out), prefixes, open: Vec::new(), pending: None, default: None }
    }

    /// Begins to write what an element of a reply will hold.
    pub fn inside(out: &'a mut dyn Write, namespace: Namespace) -> XmlWriter<'a> {
        let outside = vec![(String::new(), None)];
        XmlWriter { open: outside, default: Some(namespace), ..XmlWriter::new(out, Prefixes::WhereUsed) }
    }

    /// Inserts what was written by itself into the element that is open.
    pub fn insert(&mut self, content: &[u8]) -> Result<(), MessageError> {
        if content.is_empty() {
            return Ok(());
        }
        self.flush()?;
        self.out.get_mut().write_all(content).map_err(MessageError::Writing)
    }

    /// Opens an element.
    pub fn start(&mut self, namespace: Namespace, local: &str) -> Result<(), MessageError> {
        let is_prefixed = match self.prefixes {
            Prefixes::OnRoot(_) => true,
            Prefixes::WhereUsed => has_prefix_in_replies(namespace),
        };
        if is_prefixed {
            return self.start_named(format!("{}:{local}", namespace.prefix()), self.default);
        }
        self.start_named(local.to_owned(), Some(namespace))
    }

    /// Opens an element with a prefix that it declares itself; its children are written without.
    pub fn start_prefixed(
        &mut self,
        prefix: &str,
        namespace: Namespace,
        local: &str,
    ) -> Result<(), MessageError> {
        if let Prefixes::OnRoot(_) = self.prefixes {
            return self.start(namespace, local);
        }
        self.start_named(format!("{prefix}:{local}"), Some(namespace))?;
        self.push(&format!("xmlns:{prefix}"), namespace.uri());
        Ok(())
    }

    /// Opens an element that is in no namespace.
    pub fn start_bare(&mut self, local: &str) -> Result<(), MessageError> {
        self.start_named(local.to_owned(), None)
    }

    /// Begins the document with a declaration of XML 1.0 in UTF-8.
    pub fn declaration(&mut self) -> Result<(), MessageError> {
        self.write(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))
    }

    /// Adds an attribute to the element that just opened.
    pub fn attribute(
        &mut self,
        namespace: Option<Namespace>,
        local: &str,
        value: &str,
    ) -> Result<(), MessageError> {
        if let Some(character) = disallowed(value) {
            return Err(MessageError::Unwritable { element: local.to_owned(), code: character.into() });
        }
        match namespace {
            None => self.push(local, value),
            Some(namespace) => self.push(&format!("{}:{local}", namespace.prefix()), value),
        }
        Ok(())
    }

    /// Writes `xsi:nil="true"` on the element that just opened.
    pub fn nil(&mut self) -> Result<(), MessageError> {
        if self.prefixes == Prefixes::WhereUsed {
            self.push("xmlns:xsi", Namespace::SchemaInstance.uri());
        }
        self.attribute(Some(Namespace::SchemaInstance), "nil", "true")
    }

    /// Writes text into the element that is open.
    pub fn text(&mut self, text: &str) -> Result<(), MessageError> {
        if let Some(character) = disallowed(text) {
            let element = self.open.last().map(|(name, _)| name.clone()).unwrap_or_default();
            return Err(MessageError::Unwritable { element, code: character.into() });
        }
        if text.is_empty() {
            return Ok(());
        }
        self.flush()?;
        self.write(Event::Text(BytesText::from_escaped(escaped(text))))
    }

    /// Closes the element that is open.
    pub fn end(&mut self) -> Result<(), MessageError> {
        let Some((name, around)) = self.open.pop() else { return Ok(()) };
        self.default = around;
        match self.pending.take() {
            Some(start) => self.write(Event::Empty(start)),
            None => self.write(Event::End(BytesEnd::new(name))),
        }
    }

    fn start_named(&mut self, name: String, default: Option<Namespace>) -> Result<(), MessageError> {
        self.flush()?;
        self.pending = Some(BytesStart::new(name.clone()));
        if self.open.is_empty() {
            self.declare_on_root();
        }
        self.open.push((name, self.default));
        if let Some(namespace) = default.filter(|_| default != self.default) {
            self.push("xmlns", namespace.uri());
        }
        self.default = default;
        Ok(())
    }

    fn declare_on_root(&mut self) {
        let namespaces: &[Namespace] = match self.prefixes {
            Prefixes::OnRoot(namespaces) => namespaces,
            Prefixes::WhereUsed => &REPLY_PREFIXES,
        };
        for namespace in namespaces {
            self.push(&format!("xmlns:{}", namespace.prefix()), namespace.uri());
        }
    }

    fn push(&mut self, name: &str, value: &str) {
        if let Some(start) = &mut self.pending {
            start.push_attribute((name, escaped(value).as_ref()));
        }
    }

    fn flush(&mut self) -> Result<(), MessageError> {
        match self.pending.take() {
            Some(start) => self.write(Event::Start(start)),
            None => Ok(()),
        }
    }

    fn write(&mut self, event: Event<'_>) -> Result<(), MessageError> {
        self.out.write_event(event).map_err(MessageError::Writing)
    }
}

/// The namespaces that a reply declares on its root.
const REPLY_PREFIXES: [Namespace; 3] = [Namespace::Soap, Namespace::SecurityUtility, Namespace::Security];

fn has_prefix_in_replies(namespace: Namespace) -> bool {
    REPLY_PREFIXES.contains(&namespace)
}
