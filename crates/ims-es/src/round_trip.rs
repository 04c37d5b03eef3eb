//! Properties over every request and reply: what is written reads back as the same, and no bytes make the reader panic.
//!
//! Not for the program: tests only.

use proptest::prelude::{ProptestConfig, any, proptest};

use crate::calls::{Visitor, visit};
use crate::envelope::{
    CallHeader, ReplyHeader, open, read_reply, reply_content, write_call, write_reply, write_reply_around,
};
use crate::fixtures;
use crate::limits::Limits;
use crate::lint::lint;
use crate::operation::{Call, Operation};
use crate::policy::Policy;
use crate::record::Content;
use crate::sample::Dice;
use crate::status_info::{StatusBlock, StatusInfo};

/// Writes any request and any reply of an operation and reads them back.
struct RoundTrip {
    bytes: Vec<u8>,
}

/// Tells two records apart by what is written of them, for the trait does not ask for more.
fn written<C: Call>(call: &C) -> String {
    let mut out = Vec::new();
    write_call(&mut out, &CallHeader::new("msg-1", "demo", "password-for-tests"), call).unwrap();
    String::from_utf8(out).unwrap()
}

fn written_reply<C: Call>(status: &C::Status, reply: &C::Reply) -> String {
    let mut out = Vec::new();
    let header =
        ReplyHeader { message_identifier: "msg-1".to_owned(), status: status.clone(), timestamp: None };
    write_reply::<C>(&mut out, &header, reply).unwrap();
    let mut in_two = Vec::new();
    write_reply_around::<C>(&mut in_two, &header, &reply_content::<C>(reply).unwrap()).unwrap();
    assert_eq!(in_two, out, "a reply whose content was written before is the same");
    String::from_utf8(out).unwrap()
}

impl Visitor for RoundTrip {
    type Out = ();

    fn visit<C: Call>(self) {
        let mut dice = Dice::new(self.bytes);
        let call = C::draw(&mut dice);
        let text = written(&call);
        let read = open(text.as_bytes(), Limits::default()).unwrap().call::<C>().unwrap();
        assert_eq!(read.remarks, [], "{text}");
        assert_eq!(read.value.items(), call.items(), "{text}");
        assert_eq!(written(&read.value), text);
        let problems = call.problems(&Policy::default());
        assert_eq!(problems.len(), call.items(), "one list of problems for each item: {text}");

        let reply = <C::Reply as Content>::draw(&mut dice);
        let statuses = vec![StatusInfo::success(); call.items()];
        let status = C::Status::gather(statuses).unwrap();
        let text = written_reply::<C>(&status, &reply);
        let read = read_reply::<C>(text.as_bytes(), Limits::default(), call.items()).unwrap();
        assert_eq!(read.remarks, [], "{text}");
        assert_eq!(written_reply::<C>(&read.status, &read.body), text);
    }
}

/// Reads the bytes as a reply, whatever comes of it.
struct ReadReply<'a> {
    bytes: &'a [u8],
}

impl Visitor for ReadReply<'_> {
    type Out = ();

    fn visit<C: Call>(self) {
        let _ = read_reply::<C>(self.bytes, Limits::default(), 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_message_reads_back_as_it_was_written(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for operation in Operation::ALL {
            visit(*operation, RoundTrip { bytes: bytes.clone() });
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = lint(bytes.as_slice(), Limits::default(), &Policy::default());
    }

    /// A fixture with a piece cut out, doubled or overwritten is nearer to a message than noise is.
    #[test]
    fn no_damaged_message_makes_the_reader_panic(
        which in any::<proptest::sample::Index>(),
        from in any::<proptest::sample::Index>(),
        length in 0usize..60,
        noise in proptest::collection::vec(any::<u8>(), 0..20),
    ) {
        let paths = fixtures::all();
        let mut bytes = fixtures::bytes(which.get(paths.as_slice()).as_str());
        let start = from.index(bytes.len());
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, noise);
        let _ = lint(bytes.as_slice(), Limits::default(), &Policy::default());
        visit(Operation::ReadGroups, ReadReply { bytes: &bytes });
    }
}

#[test]
fn every_fixture_is_read_or_says_in_its_name_that_it_is_not() {
    for path in fixtures::all() {
        let bytes = fixtures::bytes(&path);
        let is_request = lint(bytes.as_slice(), Limits::default(), &Policy::default()).is_ok();
        let is_reply = open(bytes.as_slice(), Limits::default())
            .is_ok_and(|opened| opened.header.response.is_some() && opened.finish().is_ok());
        let is_read = is_request || is_reply;
        let is_refused = ["refused_", "as_printed", "reply_fault"].iter().any(|word| path.contains(word));
        assert_ne!(is_read, is_refused, "{path}");
    }
}

/// The notes are only worth something while their fixtures exist and none is left out.
#[test]
fn the_notes_name_fixtures_that_exist_and_every_one_with_a_meaning() {
    let notes = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol-notes.md");
    let notes = std::fs::read_to_string(notes).unwrap();
    let paths = fixtures::all();
    for named in notes.split('`').filter(|word| word.ends_with(".xml") && word.contains('/')) {
        assert!(
            paths.iter().any(|path| path == named),
            "docs/protocol-notes.md names {named}, which is not there"
        );
    }
    let has_meaning = |path: &&String| {
        [
            "request_",
            "refused_",
            "recorded_",
            "reply_with",
            "reply_as_printed",
            "reply_repaired",
            "reply_one_status",
        ]
        .iter()
        .any(|word| path.contains(word))
    };
    for path in paths.iter().filter(has_meaning) {
        assert!(
            notes.contains(&format!("`{path}`")),
            "docs/protocol-notes.md does not tell what {path} shows"
        );
    }
}
