//! `muster init`: writes a commented configuration to begin with.
//!
//! Not here: what stands in it ([`crate::config::init_text`]).

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use crate::cli::InitArgs;
use crate::config::init_text;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// What a new configuration begins with.
const GIVEN: &[(&str, &str)] = &[
    ("database", "\"sqlite:muster.db\""),
    ("source.cmis.kind", "\"csv\""),
    ("source.cmis.groups", "\"cmis/groups.csv\""),
    ("source.cmis.members", "\"cmis/members.csv\""),
    ("moodle.url", "\"https://moodle.example.ac.uk\""),
    ("moodle.token", "{ env = \"MUSTER_MOODLE_TOKEN\" }"),
];

pub(crate) fn run(args: &InitArgs, file: &Path, output: &Output) -> Result<Exit, Failure> {
    let mut options = OpenOptions::new();
    options.write(true);
    if args.force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let failed = |error: std::io::Error| {
        let failure = Failure::new(Exit::Configuration, format!("cannot write {}: {error}", file.display()));
        match error.kind() {
            ErrorKind::AlreadyExists => failure.hint("--force replaces it; --config FILE names another"),
            _ => failure.hint("check that its folder exists and that you may write there"),
        }
    };
    let mut written = options.open(file).map_err(failed)?;
    written.write_all(init_text("cmis", GIVEN).as_bytes()).map_err(failed)?;
    output.answer(&serde_json::json!({ "file": file }), || {
        format!(
            "Wrote {}.\nNext: change the lines that are not comments, then\n  muster check\n  muster map import mappings.csv\n  muster import\n  muster plan",
            file.display()
        )
    })?;
    Ok(Exit::Done)
}
