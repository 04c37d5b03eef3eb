//! What can go wrong in a chore itself: a program that cannot be started, a file that cannot be read.
//!
//! Not for what a chore finds: a failed test or a tidy complaint is a result, not an error.

use std::path::PathBuf;

/// Says why a chore could not be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChoreError {
    /// The program is missing or may not be run.
    #[error("cannot start `{program}`; is it installed and on the PATH?")]
    Start {
        /// The program's name or path.
        program: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file or folder could not be read, made or changed.
    #[error("cannot {attempt} {}", path.display())]
    File {
        /// The verb, for example "read".
        attempt: &'static str,
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Cargo's description of the workspace is not what it documents.
    #[error("cannot read `cargo metadata`'s answer; run it by hand to see it")]
    Metadata(#[source] serde_json::Error),
    /// Cargo could not describe the workspace, most likely for a mistake in a Cargo.toml.
    #[error("cannot describe the workspace; `cargo metadata` said: {0}")]
    Workspace(String),
    /// A step of a chore went wrong for a reason that its sentence tells.
    #[error("cannot {0}")]
    Step(String),
}

impl ChoreError {
    /// Names the file or folder that an input or output error was about.
    pub(crate) fn file(
        attempt: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> ChoreError {
        let path = path.into();
        move |source| ChoreError::File { attempt, path, source }
    }

    /// Names the program that could not be started.
    pub(crate) fn start(command: &std::process::Command) -> impl FnOnce(std::io::Error) -> ChoreError {
        let program = command.get_program().to_string_lossy().into_owned();
        move |source| ChoreError::Start { program, source }
    }
}
