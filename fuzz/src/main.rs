//! The search: libFuzzer changes seeds, keeps what reaches new code, and stops at the first property that breaks.
//!
//! `cargo xtask fuzz` builds and runs it. The environment says which target: `MUSTER_FUZZ_TARGET`; `list` prints them all.
//!
//! Not here: any target or property (`lib.rs`).

#![no_main]

use std::process::exit;
use std::sync::OnceLock;

use fuzz::Target;

/// What this process searches.
static TARGET: OnceLock<Target> = OnceLock::new();

/// Finds the target before the search begins; anything else ends the process.
fn choose() {
    let wanted = std::env::var("MUSTER_FUZZ_TARGET").unwrap_or_default();
    let targets = fuzz::targets();
    if wanted == "list" {
        for target in &targets {
            let Target { name, share, bytes_max, seeds, .. } = target;
            println!("{name}\t{share}\t{bytes_max}\t{}", seeds.join("\t"));
        }
        exit(0);
    }
    let Some(target) = targets.into_iter().find(|target| target.name == wanted) else {
        eprintln!(
            "error: cannot find the target {wanted:?}; set MUSTER_FUZZ_TARGET to one that `list` prints"
        );
        exit(2);
    };
    TARGET.get_or_init(|| target);
}

libfuzzer_sys::fuzz_target!(init: choose(), |bytes: &[u8]| {
    if let Some(target) = TARGET.get() {
        (target.run)(bytes);
    }
});
