//! Messages that mean harm: each is refused early, with the limit that it broke, and without using memory for it.
//!
//! Not for the program: tests only.

use std::io::{self, BufRead, Read};

use crate::error::{Measure, MessageError};
use crate::limits::Limits;
use crate::lint::lint;
use crate::policy::Policy;

/// A message that is made while it is read, so that only the reader can use memory for it. It counts what was taken.
struct Endless {
    start: &'static [u8],
    repeated: &'static [u8],
    given: usize,
    size: usize,
}

impl Endless {
    fn new(start: &'static str, repeated: &'static str, size: usize) -> Endless {
        Endless { start: start.as_bytes(), repeated: repeated.as_bytes(), given: 0, size }
    }
}

impl BufRead for Endless {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.given >= self.size {
            return Ok(&[]);
        }
        match self.given.checked_sub(self.start.len()) {
            None => Ok(&self.start[self.given..]),
            Some(after) => Ok(&self.repeated[after % self.repeated.len()..]),
        }
    }

    fn consume(&mut self, amount: usize) {
        self.given += amount;
    }
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

const HUNDRED_MB: usize = 100 << 20;

const ENVELOPE: &str = "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><g:createGroupRequest xmlns:g='http://www.imsglobal.org/services/gms/xsd/imsGroupManMessSchema_v1p0'>";

/// The message is refused for this limit before so many bytes were taken.
fn check(start: &'static str, repeated: &'static str, what: Measure, taken_max: usize) {
    let mut source = Endless::new(start, repeated, HUNDRED_MB);
    let result = lint(&mut source, Limits::default(), &Policy::default());
    match result {
        Err(MessageError::OverLimit { what: found, .. }) => assert_eq!(found, what),
        other => panic!("{repeated}: {other:?}"),
    }
    assert!(source.given <= taken_max, "{repeated}: {} bytes were taken", source.given);
}

#[test]
fn deep_nesting_is_refused() {
    check(ENVELOPE, "<a>", Measure::Depth, 2000);
}

#[test]
fn an_attribute_of_100_mb_is_refused_after_one_token() {
    check("<s:Envelope a='", "xxxxxxxxxxxxxxxx", Measure::TokenBytes, 140_000);
}

#[test]
fn a_name_of_100_mb_is_refused_after_one_token() {
    check("<", "xxxxxxxxxxxxxxxx", Measure::TokenBytes, 140_000);
}

#[test]
fn a_text_of_100_mb_is_refused_after_one_token() {
    check(ENVELOPE, "xxxxxxxxxxxxxxxx", Measure::TokenBytes, 140_000);
}

#[test]
fn a_comment_of_100_mb_is_refused_after_one_token() {
    check("<!--", "xxxxxxxxxxxxxxxx", Measure::TokenBytes, 140_000);
}

#[test]
fn thousands_of_attributes_are_refused_after_64() {
    let mut tag = String::from("<s:Envelope");
    for number in 0..8000 {
        tag.push_str(&format!(" a{number}=''"));
    }
    tag.push('>');
    let result = lint(tag.as_bytes(), Limits::default(), &Policy::default());
    assert!(matches!(result, Err(MessageError::OverLimit { what: Measure::Attributes, .. })), "{result:?}");
}

#[test]
fn a_value_made_of_many_small_pieces_is_refused() {
    let start = concat!(
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>",
        "<g:readGroupRequest xmlns:g='http://www.imsglobal.org/services/gms/xsd/imsGroupManMessSchema_v1p0'>",
        "<g:sourcedId><i xmlns='http://www.imsglobal.org/services/common/imsCommonSchema_v1p0'/>",
        "<identifier xmlns='http://www.imsglobal.org/services/common/imsCommonSchema_v1p0'>"
    );
    check(start, "&lt;", Measure::ValueBytes, 600_000);
}

#[test]
fn endless_small_elements_are_refused_by_number_or_size() {
    check(ENVELOPE, "<a/>", Measure::Elements, 3_000_000);
    check(ENVELOPE, "<!-- x -->", Measure::MessageBytes, 17 << 20);
}

#[test]
fn a_billion_laughs_are_refused_at_the_document_type() {
    let text = "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;\">]><s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'>&lol2;</s:Envelope>";
    let result = lint(text.as_bytes(), Limits::default(), &Policy::default());
    assert!(matches!(result, Err(MessageError::DocumentType { .. })), "{result:?}");
}

#[test]
fn a_document_type_that_never_ends_is_refused_after_one_token() {
    check("<!DOCTYPE a [", "<!ENTITY a 'b'>", Measure::TokenBytes, 140_000);
}

#[test]
fn what_holds_no_element_is_told_so() {
    for text in ["", " \n", "user = \"sis\"", "<?xml version='1.0'?>"] {
        let result = lint(text.as_bytes(), Limits::default(), &Policy::default());
        assert!(matches!(result, Err(MessageError::NoElement)), "{text:?}: {result:?}");
    }
}

#[test]
fn a_message_that_stops_is_refused() {
    let result = lint(ENVELOPE.as_bytes(), Limits::default(), &Policy::default());
    assert!(matches!(result, Err(MessageError::EndsEarly { open: 3, .. })), "{result:?}");
}

/// Memory is flat because one item is held at a time: a list far longer than the value limit passes.
#[test]
fn thousands_of_items_are_read_one_at_a_time() {
    let start = concat!(
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>",
        "<g:readGroupsRequest xmlns:g='http://www.imsglobal.org/services/gms/xsd/imsGroupManMessSchema_v1p0' ",
        "xmlns:c='http://www.imsglobal.org/services/common/imsCommonSchema_v1p0'><g:sourcedIdSet>"
    );
    let item = "<c:identifier>0123456789</c:identifier>";
    let count = 100_000;
    let mut source = Endless::new(start, item, start.len() + item.len() * count);
    let opened = crate::envelope::open(&mut source, Limits::default()).unwrap();
    let mut items = opened.items::<crate::group::read_groups::ReadGroups>().unwrap();
    for _ in 0..count {
        assert_eq!(items.next_item().unwrap().as_deref(), Some("0123456789"));
    }
    assert!(matches!(items.next_item(), Err(MessageError::EndsEarly { .. })));
}
