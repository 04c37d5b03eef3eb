//! The commented configuration that `muster init` writes.
//!
//! Not here: asking people and writing files.
//!
//! Invariant: every key stands in it with its explanation; a key without a given value is commented out.

use super::document::Value;
use super::schema::{Default, KEYS, Key, Kind, SECTIONS, Section};

/// The width at which a comment is broken, in characters.
const WIDTH: usize = 100;

/// Writes a configuration with one source.
///
/// `given` holds paths such as `moodle.url` or `source.cmis.groups` with their values as TOML; keys that are not
/// given are comments that show the default. A section without a given key is a comment too.
pub(crate) fn init_text(source: &str, given: &[(&str, &str)]) -> String {
    let mut text = String::from(
        "# The configuration of Muster. `muster config explain KEY` says more; `muster check` tries it.\n",
    );
    for section in SECTIONS {
        write_section(&mut text, section, source, given);
    }
    text.push_str("\n# A profile overlays what it names; choose it with --profile uat.\n");
    text.push_str("# [profile.uat.moodle]\n# url = \"https://uat.example.ac.uk\"\n");
    text
}

fn write_section(text: &mut String, section: &Section, source: &str, given: &[(&str, &str)]) {
    let value_of = |key: &Key| {
        let path = named(key.path, source);
        given.iter().find(|(given, _)| *given == path).map(|(_, value)| *value)
    };
    let kind = given.iter().find(|(path, _)| *path == format!("source.{source}.kind"));
    let kind = kind.map(|(_, kind)| kind.trim_matches('"'));
    let belongs = |key: &&Key| key.section() == section.path && key.belongs_to(kind);
    let keys: Vec<&Key> = KEYS.iter().filter(belongs).collect();
    if keys.is_empty() {
        return;
    }
    let used = keys.iter().any(|key| value_of(key).is_some());
    if !section.path.is_empty() {
        text.push('\n');
        write_comment(text, section.about);
        let mark = if used { "" } else { "# " };
        text.push_str(&format!("{mark}[{}]\n", named(section.path, source)));
    }
    for key in keys {
        write_comment(text, key.about);
        match value_of(key) {
            Some(value) => text.push_str(&format!("{} = {value}\n", key.name())),
            None => text.push_str(&format!("# {} = {}\n", key.name(), example(key))),
        }
    }
}

/// A path with a name in the place of the star: that of the source, or one that shows the form.
fn named(path: &str, source: &str) -> String {
    path.replace('*', if path.starts_with("source.") { source } else { "NAME" })
}

/// A value to begin with: the default, or something that shows the form.
fn example(key: &Key) -> String {
    match (key.default, key.kind) {
        (Default::Required | Default::Nothing, Kind::Secret) => "{ env = \"NAME\" }".into(),
        (Default::Required | Default::Nothing, Kind::List | Kind::Numbers) => "[]".into(),
        (Default::Required | Default::Nothing, Kind::Schedule) => "\"17 2 * * *\"".into(),
        (Default::Required | Default::Nothing, Kind::WebUrl) if key.section() == "itslearning" => {
            "\"https://enterprise.example.com/WCFServiceLibrary/ImsEnterpriseServicesPort.svc\"".into()
        }
        (Default::Required | Default::Nothing, Kind::WebUrl) => "\"https://moodle.example.ac.uk\"".into(),
        (Default::Required | Default::Nothing, _) => "\"\"".into(),
        (default, _) => Value::default_of(default).map(|value| value.to_string()).unwrap_or_default(),
    }
}

/// Writes a comment, broken between words.
fn write_comment(text: &mut String, comment: &str) {
    let mut line = String::from("#");
    for word in comment.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(&line);
    text.push('\n');
}
