//! Any bytes as a header: who sends, the name of the message, and the statuses are the same after they were written and read again.
//!
//! Not here: bodies (`request.rs`, `reply.rs`).

use ims_es::envelope::{CallHeader, ReplyHeader, open, read_reply, write_call, write_reply};
use ims_es::group::create_groups::CreateGroups;
use ims_es::header::{Header, ResponseInfo};
use ims_es::limits::Limits;
use ims_es::security::Timestamp;
use ims_es::status_info::{StatusBlock, StatusInfo};

pub(crate) fn run(bytes: &[u8]) {
    let Ok(opened) = open(bytes, Limits::default()) else { return };
    let header = opened.header;
    sender_reads_back(&header);
    if let Some(info) = header.response {
        statuses_read_back(info);
    }
}

/// The name of the message and its sender, written in a request of ours.
fn sender_reads_back(header: &Header) {
    let token = header.security.as_ref().and_then(|security| security.token.clone());
    let message_identifier = header.request.as_ref().and_then(|request| request.message_identifier.clone());
    let written = CallHeader { message_identifier, token };
    let mut out = Vec::new();
    let result = write_call(&mut out, &written, &CreateGroups::default());
    assert!(result.is_ok(), "what was read cannot be written: {result:?}");
    let read = open(out.as_slice(), Limits::default()).map(|opened| opened.header);
    let Ok(read) = read else { panic!("our own header cannot be read: {}", String::from_utf8_lossy(&out)) };
    assert_eq!(read.message_identifier(), header.message_identifier());
    assert_eq!(read.security.and_then(|security| security.token), written.token);
    assert!(read.not_understood.is_empty(), "{:?}", read.not_understood);
}

/// The statuses, written in a reply of ours: each is the same, but that it refers to the message.
fn statuses_read_back(mut info: ResponseInfo) {
    let message_identifier = info.message_identifier.clone().unwrap_or_default();
    let items = info.status_info_set.as_ref().map_or(1, |set| set.statuses.len());
    let Ok(status) = <CreateGroups as ims_es::operation::Call>::Status::take(&mut info, items) else {
        return;
    };
    let now = Timestamp { created: Some("2026-01-01T12:00:00.000Z".to_owned()), expires: None };
    let header = ReplyHeader { message_identifier, status, timestamp: Some(now) };
    let mut out = Vec::new();
    let result = write_reply::<CreateGroups>(&mut out, &header, &Default::default());
    assert!(result.is_ok(), "what was read cannot be written: {result:?}");
    let read = read_reply::<CreateGroups>(out.as_slice(), Limits::default(), items);
    let Ok(read) = read else { panic!("our own reply cannot be read: {}", String::from_utf8_lossy(&out)) };
    assert_eq!(read.remarks, []);
    assert_eq!(read.message_identifier.unwrap_or_default(), header.message_identifier);
    let endings = |statuses: &[StatusInfo]| -> Vec<_> {
        statuses.iter().map(|status| (status.ending(), status.code(), status.text().to_owned())).collect()
    };
    assert_eq!(endings(read.status.statuses()), endings(header.status.statuses()));
}
