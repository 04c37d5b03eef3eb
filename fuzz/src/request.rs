//! Any bytes as the request of any operation: what was read is written, read and judged the same, and item by item too.
//!
//! Not here: the header (`header.rs`).
//!
//! Invariant: two requests are compared by what is written of them, for the trait does not ask for more.

use ims_es::calls::{Visitor, visit};
use ims_es::envelope::{CallHeader, open, write_call};
use ims_es::limits::Limits;
use ims_es::lint::lint;
use ims_es::operation::Call;
use ims_es::policy::{LongTitle, Policy};

pub(crate) fn run(bytes: &[u8]) {
    let Ok(opened) = open(bytes, Limits::default()) else { return };
    if let Some(operation) = opened.operation() {
        visit(operation, ReadsBack { bytes });
    }
}

/// Reads the bytes as the request of an operation, writes it and reads it again.
struct ReadsBack<'a> {
    bytes: &'a [u8],
}

impl Visitor for ReadsBack<'_> {
    type Out = ();

    fn visit<C: Call>(self) {
        let Ok(read) = open(self.bytes, Limits::default()).and_then(|opened| opened.call::<C>()) else {
            return;
        };
        let text = written(&read.value);
        let again = open(text.as_bytes(), Limits::default()).and_then(|opened| opened.call::<C>());
        let Ok(again) = again else { panic!("our own request cannot be read: {text}") };
        assert_eq!(again.remarks, [], "{text}");
        assert_eq!(written(&again.value), text);
        assert_eq!(again.value.items(), read.value.items(), "{text}");
        for long_title in [LongTitle::Refuse, LongTitle::Shorten] {
            let policy = Policy { long_title };
            let problems = read.value.problems(&policy);
            assert_eq!(again.value.problems(&policy), problems, "{text}");
            assert_eq!(problems.len(), read.value.items(), "one list of problems for each item: {text}");
            let linted = lint(self.bytes, Limits::default(), &policy);
            assert!(linted.is_ok_and(|linted| linted.items == problems), "the lint says otherwise: {text}");
        }
    }
}

fn written<C: Call>(call: &C) -> String {
    let mut out = Vec::new();
    let result = write_call(&mut out, &CallHeader::default(), call);
    assert!(result.is_ok(), "what was read cannot be written: {result:?}");
    String::from_utf8_lossy(&out).into_owned()
}
