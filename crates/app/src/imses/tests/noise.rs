//! Messages that no client sends: every request of the fixtures with noise in it. None makes the service fail, and none gets more than
//! one of the answers that the protocol has.

use std::path::{Path, PathBuf};

use ims_es::envelope::open;
use ims_es::error::MessageError;
use ims_es::limits::Limits;
use proptest::prelude::*;

use super::{Campus, cases, settings};
use crate::config::ImsConfig;

/// The requests of the fixtures, sent by the account of these tests, which has the same password.
fn requests() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ims-es/tests/fixtures");
    let mut open = vec![folder];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.file_name().unwrap().to_string_lossy().starts_with("request") {
                files.push(path);
            }
        }
    }
    files.sort();
    files.iter().map(|path| std::fs::read_to_string(path).unwrap().replace(">demo<", ">sis<")).collect()
}

/// A change of some bytes.
#[derive(Clone, Debug)]
enum Noise {
    Cut(usize),
    Put(usize, u8),
    Drop(usize, usize),
    Twice(usize, usize),
    Insert(usize, &'static str),
}

const INSERTS: [&str; 12] =
    ["<", ">", "&", "&#0;", "&lol;", "]]>", "<!--", "<![CDATA[", "\"", " xmlns=\"urn:x\"", "<x/>", "\u{0}"];

fn noise() -> impl Strategy<Value = Noise> {
    let at = 0..4_000_usize;
    prop_oneof![
        at.clone().prop_map(Noise::Cut),
        (at.clone(), any::<u8>()).prop_map(|(at, byte)| Noise::Put(at, byte)),
        (at.clone(), 1..200_usize).prop_map(|(at, count)| Noise::Drop(at, count)),
        (at.clone(), 1..400_usize).prop_map(|(at, count)| Noise::Twice(at, count)),
        (at, 0..INSERTS.len()).prop_map(|(at, which)| Noise::Insert(at, INSERTS[which])),
    ]
}

fn disturb(mut bytes: Vec<u8>, noise: &Noise) -> Vec<u8> {
    let length = bytes.len().max(1);
    let range = |at: usize, count: usize| (at % length)..(at % length + count).min(bytes.len());
    match *noise {
        Noise::Cut(at) => bytes.truncate(at % length),
        Noise::Put(at, byte) => {
            if let Some(place) = bytes.get_mut(at % length) {
                *place = byte;
            }
        }
        Noise::Drop(at, count) => drop(bytes.drain(range(at, count))),
        Noise::Twice(at, count) => {
            let part = bytes[range(at, count)].to_vec();
            bytes.splice(at % length..at % length, part);
        }
        Noise::Insert(at, text) => drop(bytes.splice(at % length..at % length, text.bytes())),
    }
    bytes
}

/// Sends a message, and looks at the form of the answer.
async fn check(campus: &Campus, bytes: Vec<u8>) -> u16 {
    let shown = String::from_utf8_lossy(&bytes).into_owned();
    let answered = campus.raw(None, bytes).await;
    match answered.status {
        200 => {
            let reply = open(&answered.body[..], Limits::default());
            assert!(reply.is_ok_and(|reply| reply.header.response.is_some()), "{shown}");
        }
        500 => {
            let fault = open(&answered.body[..], Limits::default()).map(drop);
            let Err(MessageError::Fault(fault)) = fault else { panic!("no fault: {shown}") };
            assert_ne!(fault.code.word(), "InternalServiceFault", "{shown}");
        }
        status => assert!(matches!(status, 400 | 413), "{status}: {shown}"),
    }
    answered.status
}

#[tokio::test]
async fn every_request_of_the_fixtures_is_carried_out() {
    // Some of them were valid on one day only.
    let campus = Campus::with(ImsConfig { clock_skew_s: 1 << 40, ..settings() }).await;
    let requests = requests();
    let mut refused = Vec::new();
    for request in &requests {
        if check(&campus, request.clone().into_bytes()).await != 200 {
            refused.push(request);
        }
    }
    // Two come without a password, and one with a header block that must be understood and is not.
    assert!(
        refused.len() == 3 && requests.len() > 60,
        "{} of {}: {refused:?}",
        refused.len(),
        requests.len()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(40), failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn noise_in_a_message_harms_nothing(which in any::<prop::sample::Index>(), noises in prop::collection::vec(noise(), 1..12)) {
        let requests = requests();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let campus = Campus::open().await;
            for round in 0..noises.len() {
                let mut bytes = which.get(&requests).clone().into_bytes();
                for noise in &noises[..=round] {
                    bytes = disturb(bytes, noise);
                }
                check(&campus, bytes).await;
            }
        });
    }
}
