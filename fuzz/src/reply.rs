//! Any bytes as the reply of any operation: what was read is written and read the same, and never without as many statuses as items.
//!
//! Not here: what a status says (`header.rs`).

use ims_es::calls::{Visitor, visit};
use ims_es::envelope::{ReplyHeader, open, read_reply, write_reply};
use ims_es::limits::Limits;
use ims_es::operation::{Call, Operation};
use ims_es::status_info::StatusBlock;

pub(crate) fn run(bytes: &[u8]) {
    let Ok(opened) = open(bytes, Limits::default()) else { return };
    let set = opened.header.response.as_ref().and_then(|info| info.status_info_set.as_ref());
    let items = set.map_or(1, |set| set.statuses.len());
    let named = |operation: &&Operation| {
        opened.body.is(operation.service().namespace(), &operation.response_element())
    };
    if let Some(operation) = Operation::ALL.iter().find(named) {
        visit(*operation, ReadsBack { bytes, items });
    }
}

/// Reads the bytes as the reply of an operation, writes it and reads it again.
struct ReadsBack<'a> {
    bytes: &'a [u8],
    items: usize,
}

impl Visitor for ReadsBack<'_> {
    type Out = ();

    fn visit<C: Call>(self) {
        let Ok(read) = read_reply::<C>(self.bytes, Limits::default(), self.items) else { return };
        let found = read.status.statuses().len();
        assert!(found == self.items || found == 1, "{found} statuses for {} items", self.items);
        let one_more = read_reply::<C>(self.bytes, Limits::default(), self.items + 1);
        assert!(one_more.is_err() || found == 1, "{found} statuses answer one item more");
        let text = written::<C>(&read.status, &read.body);
        let again = read_reply::<C>(text.as_bytes(), Limits::default(), self.items);
        let Ok(again) = again else { panic!("our own reply cannot be read: {text}") };
        assert_eq!(again.remarks, [], "{text}");
        assert_eq!(written::<C>(&again.status, &again.body), text);
    }
}

fn written<C: Call>(status: &C::Status, reply: &C::Reply) -> String {
    let header =
        ReplyHeader { message_identifier: "msg-1".to_owned(), status: status.clone(), timestamp: None };
    let mut out = Vec::new();
    let result = write_reply::<C>(&mut out, &header, reply);
    assert!(result.is_ok(), "what was read cannot be written: {result:?}");
    String::from_utf8_lossy(&out).into_owned()
}
