//! Any bytes as a message: the reader comes to an end, never takes more than its limits allow, and its limits change nothing else.
//!
//! Not here: what a header or a body means.

use std::io::{self, BufRead, Read};
use std::sync::atomic::{AtomicUsize, Ordering};

use ims_es::envelope::open;
use ims_es::error::MessageError;
use ims_es::limits::Limits;
use ims_es::xml::XmlReader;

/// Limits that seeds and small changes of them come to.
const TIGHT: Limits = Limits {
    message_bytes_max: 2_000,
    token_bytes_max: 160,
    value_bytes_max: 80,
    depth_max: 8,
    elements_max: 24,
    attributes_max: 5,
};

/// What was counted in a document that was read to its end.
#[derive(Debug, PartialEq, Eq)]
struct Counted {
    elements: usize,
    depth: usize,
    longest_value: usize,
}

pub(crate) fn run(bytes: &[u8]) {
    // The header and the remarks of the body come out or do not, but never by a panic.
    if let Ok(opened) = open(bytes, Limits::default()) {
        let _remarks = opened.finish();
    }

    let taken = AtomicUsize::new(0);
    let tight = count(Counting { bytes, taken: &taken }, TIGHT);
    let taken = taken.into_inner();
    assert!(taken <= TIGHT.message_bytes_max, "{taken} bytes were taken");
    let wide = count(bytes, Limits::default());
    match (tight, wide) {
        (Ok(tight), Ok(wide)) => {
            assert_eq!(tight, wide, "a limit that was kept changed what was read");
            assert!(bytes.len() <= TIGHT.message_bytes_max, "a message of {} bytes passed", bytes.len());
            assert!(wide.elements <= TIGHT.elements_max && wide.depth <= TIGHT.depth_max, "{wide:?}");
            assert!(wide.longest_value <= TIGHT.value_bytes_max, "{wide:?}");
        }
        (Ok(_), Err(error)) => panic!("wide limits refuse what tight ones take: {error}"),
        (Err(MessageError::OverLimit { .. }), Ok(_)) | (Err(_), Err(_)) => {}
        (Err(error), Ok(_)) => panic!("tight limits refuse for another reason than a limit: {error}"),
    }
}

/// Walks through a document, and takes the text of whatever holds no element as a value.
fn count<'a>(source: impl BufRead + Send + 'a, limits: Limits) -> Result<Counted, MessageError> {
    let mut reader = XmlReader::new(source, limits);
    let mut counted = Counted { elements: 0, depth: 0, longest_value: 0 };
    let mut depth = 0;
    loop {
        if reader.child()? {
            counted.elements += 1;
            // Every third element is read as a value: what stands in it is passed over by then.
            if counted.elements.is_multiple_of(3) {
                counted.depth = counted.depth.max(depth + 1);
                counted.longest_value = counted.longest_value.max(reader.text()?.len());
                continue;
            }
            depth += 1;
            counted.depth = counted.depth.max(depth);
        } else if depth == 0 {
            reader.finish()?;
            return Ok(counted);
        } else {
            depth -= 1;
        }
    }
}

/// Says how many bytes were taken from it.
struct Counting<'a> {
    bytes: &'a [u8],
    taken: &'a AtomicUsize,
}

impl BufRead for Counting<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.bytes.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.taken.fetch_add(amount, Ordering::Relaxed);
        self.bytes.consume(amount);
    }
}

impl Read for Counting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        self.taken.fetch_add(count, Ordering::Relaxed);
        Ok(count)
    }
}
