//! Puts letters into a folder instead of sending them, for a rehearsal: text, HTML and list, counted up.
//!
//! Not here: sending (`send.rs`).

use std::io;
use std::path::Path;

use super::compose::Letter;
use super::send::MailError;

/// What stands before the subject in a file.
const SUBJECT: &str = "Subject: ";

/// Writes a letter as the next one of a folder, which is made if need be.
pub(super) fn put(folder: &Path, letter: &Letter) -> Result<(), MailError> {
    write(folder, letter).map_err(|error| MailError::in_folder(folder, &error))
}

fn write(folder: &Path, letter: &Letter) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let number = subjects_in(folder)?.len() + 1;
    let place = |ending: &str| folder.join(format!("{number:04}{ending}"));
    std::fs::write(place(".html"), &letter.html)?;
    if let Some(attachment) = &letter.attachment {
        std::fs::write(place(&format!("-{}", attachment.name)), &attachment.csv)?;
    }
    std::fs::write(place(".txt"), format!("{SUBJECT}{}\n\n{}", letter.subject, letter.text))
}

/// The subjects of the letters in a folder, in their order; none where there is no folder.
pub(crate) fn subjects_in(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    let subject = |file: &std::path::PathBuf| {
        let text = std::fs::read_to_string(file)?;
        let line = text.lines().next().unwrap_or_default();
        Ok(line.strip_prefix(SUBJECT).unwrap_or(line).to_owned())
    };
    files.iter().map(subject).collect()
}
